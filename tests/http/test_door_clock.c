/*
 * Clocks over the door.
 */
#include "plans.h"

#include "base/instant.h"
#include "raw.h"

static struct house house;

static void test_open(void)
{
    house_open(&house, NULL);
    json_decref(rest(&house, "POST", "/api/v1/products", "{\"name\": \"Meter\", \"productKey\": \"pk1\"}", 201));
    json_decref(rest(&house, "POST", "/api/v1/products", "{\"name\": \"Other\", \"productKey\": \"pk2\"}", 201));
}

/* Whether the clock at `path` shows this. `own` NULL: there must be no such member. */
static void expect_clock(const char *path, const char *now, const char *mode, const char *next, const bool *own)
{
    json_t *clock = rest(&house, "GET", path, NULL, 200);
    CHECK_TEXT(text_of(clock, "now"), now);
    CHECK_TEXT(text_of(clock, "mode"), mode);
    CHECK_TEXT(text_of(clock, "nextEvaluationAt"), next);
    const json_t *member = json_object_get(clock, "own");
    CHECK(own == NULL ? member == NULL : json_is_boolean(member) && json_is_true(member) == *own);
    json_decref(clock);
}

static void test_a_product_has_its_own_or_follows(void)
{
    static const bool yes = true;
    static const bool no = false;
    json_t *set =
        rest(&house, "PUT", "/api/v1/clock", "{\"mode\": \"manual\", \"now\": \"2027-01-01T00:03:00Z\"}", 200);
    CHECK_TEXT(text_of(set, "now"), "2027-01-01T00:03:00.000Z");
    json_decref(set);
    expect_clock("/api/v1/clock", "2027-01-01T00:03:00.000Z", "manual", "2027-01-01T00:10:00.000Z", NULL);
    expect_clock("/api/v1/products/pk1/clock", "2027-01-01T00:03:00.000Z", "manual", "2027-01-01T00:10:00.000Z", &no);
    /* with an offset in the text, and a product of its own */
    json_decref(rest(&house, "PUT", "/api/v1/products/pk1/clock",
                     "{\"mode\": \"manual\", \"now\": \"2030-06-01T08:00:00.5+08:00\"}", 200));
    expect_clock("/api/v1/products/pk1/clock", "2030-06-01T00:00:00.500Z", "manual", "2030-06-01T00:10:00.000Z", &yes);
    expect_clock("/api/v1/products/pk2/clock", "2027-01-01T00:03:00.000Z", "manual", "2027-01-01T00:10:00.000Z", &no);
    json_decref(rest(&house, "DELETE", "/api/v1/products/pk1/clock", NULL, 204));
    json_decref(rest(&house, "DELETE", "/api/v1/products/pk1/clock", NULL, 204)); /* it has none: well */
    expect_clock("/api/v1/products/pk1/clock", "2027-01-01T00:03:00.000Z", "manual", "2027-01-01T00:10:00.000Z", &no);
    json_decref(rest(&house, "PUT", "/api/v1/clock", "{\"mode\": \"real\"}", 200));
    json_t *clock = rest(&house, "GET", "/api/v1/clock", NULL, 200);
    int64_t now = 0;
    CHECK_OK(instant_parse(text_of(clock, "now"), &now));
    CHECK(instant_now() - now >= 0 && instant_now() - now < 60000);
    json_decref(clock);
}

static void test_advance(void)
{
    json_decref(rest(&house, "PUT", "/api/v1/products/pk1/clock",
                     "{\"mode\": \"manual\", \"now\": \"2027-01-01T00:00:00Z\"}", 200));
    json_t *done = rest(&house, "POST", "/api/v1/products/pk1/clock/advance", "{\"seconds\": 1800.25}", 200);
    CHECK_TEXT(text_of(done, "now"), "2027-01-01T00:30:00.250Z");
    const json_t *fired = json_object_get(done, "fired");
    CU_ASSERT_EQUAL(json_array_size(fired), 3);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(done, "firedTotal")), 3);
    static const char *const ticks[] = {"2027-01-01T00:10:00.000Z", "2027-01-01T00:20:00.000Z",
                                        "2027-01-01T00:30:00.000Z"};
    for (size_t i = 0; i < 3; i++) {
        const json_t *item = json_array_get(fired, i);
        CHECK_TEXT(text_of(item, "at"), ticks[i]);
        CHECK_TEXT(text_of(item, "what"), "evaluation");
        CHECK(json_is_integer(json_object_get(item, "devicesChecked")));
        CHECK(json_is_integer(json_object_get(item, "notified")));
        CHECK(json_object_get(item, "planId") == NULL && json_object_get(item, "deviceKey") == NULL);
    }
    json_decref(done);
    done = rest(&house, "POST", "/api/v1/products/pk1/clock/advance", "{\"to\": \"2027-01-01T08:30:01+08:00\"}", 200);
    CHECK_TEXT(text_of(done, "now"), "2027-01-01T00:30:01.000Z");
    CU_ASSERT_EQUAL(json_array_size(json_object_get(done, "fired")), 0);
    json_decref(done);
    done = rest(&house, "POST", "/api/v1/products/pk1/clock/advance", "{\"seconds\": 0}", 200);
    CHECK_TEXT(text_of(done, "now"), "2027-01-01T00:30:01.000Z");
    json_decref(done);
    /* a product without own clock gets one */
    json_decref(rest(&house, "POST", "/api/v1/products/pk2/clock/advance", "{\"seconds\": 3600}", 200));
    json_t *clock = rest(&house, "GET", "/api/v1/products/pk2/clock", NULL, 200);
    CHECK_TEXT(text_of(clock, "mode"), "offset");
    CHECK(json_is_true(json_object_get(clock, "own")));
    json_decref(clock);
}

static void test_what_fires_names_its_thing(void)
{
    json_decref(rest(&house, "PUT", "/api/v1/products/pk1/clock",
                     "{\"mode\": \"manual\", \"now\": \"2027-03-01T00:00:00Z\"}", 200));
    int64_t package = plans_package(&house, "pk1", "App");
    int64_t id =
        plans_save(&house, "Timed", "pk1", package,
                   ", \"pushPeriod\": {\"start\": \"09:00\", \"end\": \"10:00\"}, \"plannedTime\": {\"start\": "
                   "\"2027-03-01T08:30\", \"end\": \"2027-03-01T11:00\"}");
    json_decref(plans_act(&house, id, "activate", 200));
    json_t *done =
        rest(&house, "POST", "/api/v1/products/pk1/clock/advance", "{\"to\": \"2027-03-01T04:00:00Z\"}", 200);
    static const struct {
        const char *at;
        const char *what;
    } rows[] = {{"2027-03-01T00:30:00.000Z", "plannedStart"},
                {"2027-03-01T01:00:00.000Z", "windowOpened"},
                {"2027-03-01T02:00:00.000Z", "windowClosed"},
                {"2027-03-01T03:00:00.000Z", "plannedEnd"}};
    size_t next = 0;
    size_t i = 0;
    const json_t *item = NULL;
    json_array_foreach(json_object_get(done, "fired"), i, item)
    {
        if (strcmp(text_of(item, "what"), "evaluation") != 0) {
            CHECK_FATAL(next < 4);
            CHECK_TEXT(text_of(item, "at"), rows[next].at);
            CHECK_TEXT(text_of(item, "what"), rows[next].what);
            CU_ASSERT_EQUAL(json_integer_value(json_object_get(item, "planId")), id);
            next++;
        }
    }
    CU_ASSERT_EQUAL(next, 4);
    json_decref(done);
    json_t *plan = plans_get_json(&house, id, "", 200);
    CHECK_TEXT(text_of(plan, "status"), "ended");
    json_decref(plan);
}

static void test_refusals_name_the_member(void)
{
    static const struct {
        const char *method;
        const char *path;
        const char *body;
        long status;
        const char *pointer;
    } rows[] = {
        {"PUT", "/api/v1/clock", "{}", 422, "/mode"},
        {"PUT", "/api/v1/clock", "{\"mode\": \"slow\"}", 422, "/mode"},
        {"PUT", "/api/v1/clock", "{\"mode\": 1}", 400, "/mode"},
        {"PUT", "/api/v1/clock", "{\"mode\": \"offset\", \"now\": \"2027-01-01\"}", 422, "/now"},
        {"PUT", "/api/v1/clock", "{\"mode\": \"offset\", \"now\": 5}", 400, "/now"},
        {"PUT", "/api/v1/clock", "{\"mode\": \"real\", \"now\": \"2027-01-01T00:00:00Z\"}", 422, "/now"},
        {"PUT", "/api/v1/clock", "{\"mode\": \"manual\", \"speed\": 2}", 400, "/speed"},
        {"PUT", "/api/v1/products/none/clock", "{\"mode\": \"manual\"}", 404, "(none)"},
        {"GET", "/api/v1/products/none/clock", NULL, 404, "(none)"},
        {"DELETE", "/api/v1/products/none/clock", NULL, 404, "(none)"},
        {"POST", "/api/v1/products/none/clock/advance", "{\"seconds\": 1}", 404, "(none)"},
        {"POST", "/api/v1/products/pk1/clock/advance", "{}", 422, "/seconds"},
        {"POST", "/api/v1/products/pk1/clock/advance", NULL, 400, ""},
        {"POST", "/api/v1/products/pk1/clock/advance", "{\"seconds\": -0.001}", 422, "/seconds"},
        {"POST", "/api/v1/products/pk1/clock/advance", "{\"seconds\": 1e300}", 422, "/seconds"},
        {"POST", "/api/v1/products/pk1/clock/advance", "{\"seconds\": \"1\"}", 400, "/seconds"},
        {"POST", "/api/v1/products/pk1/clock/advance", "{\"to\": \"soon\"}", 422, "/to"},
        {"POST", "/api/v1/products/pk1/clock/advance", "{\"to\": \"1999-01-01T00:00:00Z\"}", 422, "/to"},
        {"POST", "/api/v1/products/pk1/clock/advance", "{\"to\": \"2099-01-01T00:00:00Z\"}", 422, "/to"},
        {"POST", "/api/v1/products/pk1/clock/advance", "{\"seconds\": 1, \"to\": \"2027-05-01T00:00:00Z\"}", 422,
         "/to"},
        {"POST", "/api/v1/products/pk1/clock/advance", "{\"minutes\": 1, \"seconds\": 1}", 400, "/minutes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *problem = rest(&house, rows[i].method, rows[i].path, rows[i].body, rows[i].status);
        CHECK_ROW(rows[i].body == NULL ? rows[i].path : rows[i].body,
                  strcmp(error_pointer(problem, 0), rows[i].pointer) == 0);
        json_decref(problem);
    }
}

/*
 * Ten years of push periods are on their way, which is more than a slice: other calls have their turn, and the end of
 * the server ends it.
 */
static void test_the_end_of_the_server(void)
{
    static struct raw raw;
    int64_t package = plans_package(&house, "pk2", "App");
    json_decref(rest(&house, "PUT", "/api/v1/products/pk2/clock",
                     "{\"mode\": \"manual\", \"now\": \"2027-01-01T00:00:00Z\"}", 200));
    for (int i = 0; i < 11; i++) {
        char name[16];
        char period[80];
        (void)snprintf(name, sizeof name, "Plan %d", i);
        (void)snprintf(period, sizeof period, ", \"pushPeriod\": {\"start\": \"%02d:00\", \"end\": \"12:00\"}", i);
        json_decref(plans_act(&house, plans_save(&house, name, "pk2", package, period), "activate", 200));
    }
    raw_start(&house, "POST", "/api/v1/products/pk2/clock/advance", "{\"seconds\": 315000000}", &raw);
    for (bool moves = false; !moves;) {
        json_t *clock = rest(&house, "GET", "/api/v1/products/pk2/clock", NULL, 200);
        moves = strcmp(text_of(clock, "now"), "2027-01-01T00:00:00.000Z") != 0;
        json_decref(clock);
    }
    json_decref(rest(&house, "POST", "/api/v1/products/pk2/clock/advance", "{\"seconds\": 1}", 409));
    json_decref(rest(&house, "PUT", "/api/v1/products/pk2/clock", "{\"mode\": \"real\"}", 409));
    json_decref(rest(&house, "DELETE", "/api/v1/products/pk2/clock", NULL, 409));
    house_close(&house);
    raw_finish(&raw);
    CHECK(raw_says(&raw, 503, "urn:mockdc:problem:stopping"));
}

int main(void)
{
    static const struct test_case cases[] = {
        {"opens", test_open},
        {"a product has its own or follows", test_a_product_has_its_own_or_follows},
        {"advance", test_advance},
        {"what fires names its thing", test_what_fires_names_its_thing},
        {"refusals name the member", test_refusals_name_the_member},
        {"the end of the server", test_the_end_of_the_server},
        {0}};
    return suite_run("http door: clock", cases);
}
