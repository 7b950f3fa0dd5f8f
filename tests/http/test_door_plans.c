/*
 * Plans over the door: their times, arrows and refusals, statistics and eligibility.
 */
#include "plans.h"

static struct house house;
static int64_t package_id;

static void test_open(void)
{
    house_open(&house, NULL);
    json_decref(rest(&house, "POST", "/api/v1/products", "{\"name\": \"Meter\", \"productKey\": \"pk1\"}", 201));
    package_id = plans_package(&house, "pk1", "App");
}

static void test_close(void)
{
    house_close(&house);
}

static void test_push_period_and_planned_time(void)
{
    int64_t id =
        plans_save(&house, "Times", "pk1", package_id,
                   ", \"pushPeriod\": {\"start\": \"22:00\", \"end\": \"06:00\"}, \"plannedTime\": {\"start\": "
                   "\"2027-03-01T09:00\", \"end\": \"2027-04-01T00:30\"}");
    json_t *plan = plans_get_json(&house, id, "", 200);
    const json_t *period = json_object_get(plan, "pushPeriod");
    CHECK_TEXT(text_of(period, "start"), "22:00");
    CHECK_TEXT(text_of(period, "end"), "06:00");
    const json_t *planned = json_object_get(plan, "plannedTime");
    CHECK_TEXT(text_of(planned, "start"), "2027-03-01T09:00");
    CHECK_TEXT(text_of(planned, "startAt"), "2027-03-01T01:00:00.000Z");
    CHECK_TEXT(text_of(planned, "end"), "2027-04-01T00:30");
    CHECK_TEXT(text_of(planned, "endAt"), "2027-03-31T16:30:00.000Z");
    json_decref(plan);
    char path[64];
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld", (long long)id);
    /* PUT replaces: one of both, and no period any more */
    plan = rest(&house, "PUT", path,
                plans_body("Times", "pk1", package_id, ", \"plannedTime\": {\"end\": \"2027-04-01T00:30\"}"), 200);
    CHECK(json_is_null(json_object_get(plan, "pushPeriod")));
    planned = json_object_get(plan, "plannedTime");
    CHECK(json_is_null(json_object_get(planned, "start")) && json_is_null(json_object_get(planned, "startAt")));
    CHECK_TEXT(text_of(planned, "endAt"), "2027-03-31T16:30:00.000Z");
    json_decref(plan);
    plan = rest(&house, "PUT", path,
                plans_body("Times", "pk1", package_id, ", \"plannedTime\": null, \"pushPeriod\": null"), 200);
    CHECK(json_is_null(json_object_get(plan, "plannedTime")));
    json_decref(plan);
}

static void test_manual_mode_needs_texts(void)
{
    json_t *plan = rest(&house, "POST", "/api/v1/plans",
                        plans_body("Manual", "pk1", package_id,
                                   ", \"mode\": \"manual\", \"upgradeText\": {\"zh\": \"a\", \"en\": \"b\"}"),
                        201);
    CHECK_TEXT(text_of(plan, "mode"), "manual");
    json_decref(plan);
    plan = rest(&house, "POST", "/api/v1/plans", plans_body("Mute", "pk1", package_id, ", \"mode\": \"manual\""), 422);
    CHECK_TEXT(error_pointer(plan, 0), "/upgradeText/zh");
    json_decref(plan);
}

static void test_bad_times_are_named(void)
{
    static const struct {
        const char *more;
        long status;
        const char *pointer;
    } rows[] = {
        {", \"pushPeriod\": {\"start\": \"22:30\", \"end\": \"06:00\"}", 422, "/pushPeriod/start"},
        {", \"pushPeriod\": {\"start\": \"24:00\", \"end\": \"06:00\"}", 422, "/pushPeriod/start"},
        {", \"pushPeriod\": {\"start\": \"22:00\", \"end\": \"6:00\"}", 422, "/pushPeriod/end"},
        {", \"pushPeriod\": {\"start\": \"22:00\", \"end\": \"22:00\"}", 422, "/pushPeriod/end"},
        {", \"pushPeriod\": {\"start\": \"22:00\"}", 422, "/pushPeriod/end"},
        {", \"pushPeriod\": {\"start\": 22, \"end\": \"06:00\"}", 400, "/pushPeriod/start"},
        {", \"pushPeriod\": {\"start\": \"22:00\", \"end\": \"06:00\", \"zone\": \"UTC\"}", 400, "/pushPeriod/zone"},
        {", \"pushPeriod\": \"22:00\"", 400, "/pushPeriod"},
        {", \"plannedTime\": {}", 422, "/plannedTime"},
        {", \"plannedTime\": {\"start\": null}", 422, "/plannedTime"},
        {", \"plannedTime\": {\"start\": 7}", 400, "/plannedTime/start"},
        {", \"plannedTime\": {\"start\": \"2027-03-01T09:00Z\"}", 422, "/plannedTime/start"},
        {", \"plannedTime\": {\"start\": \"2027-03-01T09:00:00+08:00\"}", 422, "/plannedTime/start"},
        {", \"plannedTime\": {\"end\": \"2027-02-30T09:00\"}", 422, "/plannedTime/end"},
        {", \"plannedTime\": {\"start\": \"2027-03-01T09:00\", \"end\": \"2027-03-01T09:00\"}", 422,
         "/plannedTime/end"},
        {", \"plannedTime\": {\"start\": \"2027-03-01T09:00\", \"until\": 1}", 400, "/plannedTime/until"},
        {", \"mode\": \"loud\"", 422, "/mode"},
        {", \"timeZone\": \"Mars/Olympus\"", 422, "/timeZone"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *problem =
            rest(&house, "POST", "/api/v1/plans", plans_body("Bad", "pk1", package_id, rows[i].more), rows[i].status);
        CHECK_ROW(rows[i].more, strcmp(error_pointer(problem, 0), rows[i].pointer) == 0);
        json_decref(problem);
    }
}

/* Does it; the answer is the plan with its new status, or a 409 that names the present one. */
static void expect_move(int64_t id, const char *act, const char *becomes, const char *refusal)
{
    json_t *answer = plans_act(&house, id, act, refusal == NULL ? 200 : 409);
    if (refusal == NULL) {
        CHECK_ROW(act, strcmp(text_of(answer, "status"), becomes) == 0);
    } else {
        CHECK_ROW(act, strcmp(text_of(answer, "type"), "urn:mockdc:problem:wrong-state") == 0);
        CHECK_ROW(act, strcmp(text_of(answer, "detail"), refusal) == 0);
    }
    json_decref(answer);
}

static void test_life(void)
{
    static const struct {
        const char *act;
        const char *becomes;
        const char *refusal;
    } rows[] = {
        {"suspend", NULL, "the plan is saved: only an activated or upgrading plan becomes suspended"},
        {"resume", NULL, "the plan is saved: only a suspended plan is resumed"},
        {"terminate", NULL, "the plan is saved: only an activated, upgrading or suspended plan becomes terminated"},
        {"activate", "activated", NULL},
        {"activate", NULL, "the plan is activated: only a saved plan becomes activated"},
        {"resume", NULL, "the plan is activated: only a suspended plan is resumed"},
        {"suspend", "suspended", NULL},
        {"suspend", NULL, "the plan is suspended: only an activated or upgrading plan becomes suspended"},
        {"activate", NULL, "the plan is suspended: only a saved plan becomes activated"},
        {"resume", "activated", NULL},
        {"terminate", "terminated", NULL},
        {"terminate", NULL,
         "the plan is terminated: only an activated, upgrading or suspended plan becomes terminated"},
        {"resume", NULL, "the plan is terminated: only a suspended plan is resumed"},
    };
    int64_t id = plans_save(&house, "Life", "pk1", package_id, "");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_move(id, rows[i].act, rows[i].becomes, rows[i].refusal);
    }
    char path[64];
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld", (long long)id);
    json_t *problem = rest(&house, "PUT", path, plans_body("Life", "pk1", package_id, ""), 409);
    CHECK_TEXT(text_of(problem, "detail"), "the plan is terminated: only a saved plan can be changed");
    json_decref(problem);
    problem = rest(&house, "DELETE", path, NULL, 409);
    CHECK_TEXT(text_of(problem, "detail"), "the plan is terminated: only a saved plan can be deleted");
    json_decref(problem);
    json_decref(plans_act(&house, 999999, "suspend", 404));
    json_decref(plans_act(&house, 999999, "activate", 404));
}

static void test_statistics(void)
{
    json_decref(rest(&house, "POST", "/api/v1/products/pk1/devices", "{\"deviceKey\": \"S1\"}", 201));
    int64_t id = plans_save(&house, "Figures", "pk1", package_id, ", \"whitelist\": [\"S1\", \"S2\"]");
    json_t *figures = plans_get_json(&house, id, "/statistics", 200);
    CHECK(json_is_null(json_object_get(figures, "successRate")));
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(figures, "total")), 2);
    json_decref(figures);
    json_decref(plans_act(&house, id, "activate", 200));
    json_decref(plans_act(&house, id, "terminate", 200));
    figures = plans_get_json(&house, id, "/statistics", 200);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(figures, "failed")), 2);
    CHECK(json_is_real(json_object_get(figures, "successRate")));
    CU_ASSERT_EQUAL(json_number_value(json_object_get(figures, "successRate")), 0.0);
    json_decref(figures);
}

static void test_eligibility(void)
{
    static const char *const checks[] = {"online",    "planStatus", "plannedTime",   "pushPeriod", "blacklist",
                                         "whitelist", "notFinal",   "notBusy",       "version",    "battery",
                                         "signal",    "space",      "userConfirmed", "slot"};
    enum { CHECKS = sizeof checks / sizeof checks[0] };
    json_decref(rest(&house, "POST", "/api/v1/products/pk1/devices", "{\"deviceKey\": \"E1\"}", 201));
    json_decref(rest(&house, "PUT", "/api/v1/products/pk1/clock",
                     "{\"mode\": \"manual\", \"now\": \"2027-03-01T00:00:00Z\"}", 200));
    int64_t id =
        plans_save(&house, "Why", "pk1", package_id,
                   ", \"pushPeriod\": {\"start\": \"22:00\", \"end\": \"06:00\"}, \"plannedTime\": {\"start\": "
                   "\"2027-03-01T09:00\"}");
    json_decref(plans_act(&house, id, "activate", 200));
    json_t *why = plans_get_json(&house, id, "/devices/E1/eligibility", 200);
    CHECK(json_is_false(json_object_get(why, "eligible")));
    CHECK(json_is_false(json_object_get(why, "online")));
    CHECK_TEXT(text_of(why, "at"), "2027-03-01T00:00:00.000Z");
    const json_t *items = json_object_get(why, "checks");
    CU_ASSERT_EQUAL(json_array_size(items), CHECKS);
    for (size_t i = 0; i < CHECKS; i++) {
        const json_t *item = json_array_get(items, i);
        CHECK_ROW(checks[i], strcmp(text_of(item, "check"), checks[i]) == 0);
        CHECK_ROW(checks[i], json_is_boolean(json_object_get(item, "ok")));
        CHECK_ROW(checks[i], json_object_get(item, "expected") != NULL && json_object_get(item, "actual") != NULL);
        bool of_time = strcmp(checks[i], "plannedTime") == 0 || strcmp(checks[i], "pushPeriod") == 0;
        CHECK_ROW(checks[i], (json_object_get(item, "nextAt") != NULL) == of_time);
    }
    CHECK_TEXT(text_of(json_array_get(items, 2), "nextAt"), "2027-03-01T01:00:00.000Z");
    CHECK_TEXT(text_of(json_array_get(items, 3), "nextAt"), "2027-03-01T14:00:00.000Z");
    CHECK(json_is_true(json_object_get(json_array_get(items, 9), "warning"))); /* no battery was ever reported */
    CHECK(json_object_get(json_array_get(items, 0), "warning") == NULL);
    json_decref(why);
    json_decref(plans_get_json(&house, id, "/devices/none/eligibility", 404));
    json_decref(plans_get_json(&house, 999999, "/devices/E1/eligibility", 404));
    json_decref(rest(&house, "DELETE", "/api/v1/products/pk1/clock", NULL, 204));
}

int main(void)
{
    static const struct test_case cases[] = {{"opens", test_open},
                                             {"push period and planned time", test_push_period_and_planned_time},
                                             {"manual mode needs texts", test_manual_mode_needs_texts},
                                             {"bad times are named", test_bad_times_are_named},
                                             {"life", test_life},
                                             {"statistics", test_statistics},
                                             {"eligibility", test_eligibility},
                                             {"closes", test_close},
                                             {0}};
    return suite_run("http door: plans", cases);
}
