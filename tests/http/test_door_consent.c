/*
 * Manual mode over the door: the plan that waits and its texts, yes (now, or for a time), no, and what is refused.
 */
#include "plans.h"

#include "devices.h"

#define TEXTS                                                                                                          \
    ", \"mode\": \"manual\", \"upgradeText\": {\"zh\": \"\xe5\x8d\x87\xe7\xba\xa7\", \"en\": \"Better\", \"de\": "     \
    "\"Besser\", \"pt-BR\": \"Melhor\"}"
#define DAY ", \"plannedTime\": {\"start\": \"2027-03-01T09:00\", \"end\": \"2027-03-01T18:00\"}"

static struct house house;
static int64_t package_id;

/* The products' clocks stand at 11:00 in Shanghai, where all plans are. */
static void test_open(void)
{
    house_open(&house, NULL);
    house.takes_orders = true;
    json_decref(rest(&house, "POST", "/api/v1/products", "{\"name\": \"Meter\", \"productKey\": \"pk1\"}", 201));
    json_decref(rest(&house, "PUT", "/api/v1/products/pk1/clock",
                     "{\"mode\": \"manual\", \"now\": \"2027-03-01T03:00:00Z\"}", 200));
    package_id = plans_package(&house, "pk1", "App");
}

static void test_close(void)
{
    house_close(&house);
}

static int64_t active_plan(const char *name, const char *device_key, const char *more)
{
    char members[1024];
    (void)snprintf(members, sizeof members, ", \"whitelist\": [\"%s\"]%s", device_key, more);
    int64_t id = plans_save(&house, name, "pk1", package_id, members);
    json_decref(plans_act(&house, id, "activate", 200));
    return id;
}

/* `act` "": GET of what waits. */
static json_t *answer_of(const char *device_key, const char *act, const char *body, long expected)
{
    char path[128];
    (void)snprintf(path, sizeof path, "/api/v1/products/pk1/devices/%s/upgrade%s", device_key, act);
    return rest(&house, act[0] == '\0' ? "GET" : "POST", path, body, expected);
}

static void expect_device(int64_t plan_id, const char *device_key, const char *status, const char *reason)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/devices/%s", device_key);
    json_t *device = plans_get_json(&house, plan_id, path, 200);
    CHECK_ROW(device_key, strcmp(text_of(device, "status"), status) == 0);
    CHECK_ROW(device_key, strcmp(text_of(device, "reason"), reason) == 0);
    json_decref(device);
}

static void advance_to(const char *to)
{
    char body[64];
    (void)snprintf(body, sizeof body, "{\"to\": \"%s\"}", to);
    json_decref(rest(&house, "POST", "/api/v1/products/pk1/clock/advance", body, 200));
}

static void end_plan(int64_t id)
{
    json_decref(plans_act(&house, id, "terminate", 200));
}

/* Nothing waits: a problem that says so, for GET 404, for the user's answers 409. */
static void expect_nothing_waits(const char *device_key)
{
    static const struct {
        const char *act;
        long status;
        const char *type;
    } rows[] = {{"", 404, "urn:mockdc:problem:not-found"},
                {"/confirm", 409, "urn:mockdc:problem:wrong-state"},
                {"/decline", 409, "urn:mockdc:problem:wrong-state"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *problem = answer_of(device_key, rows[i].act, NULL, rows[i].status);
        CHECK_ROW(device_key, strcmp(text_of(problem, "type"), rows[i].type) == 0);
        CHECK_ROW(device_key, strcmp(text_of(problem, "detail"), "no plan waits for this device") == 0);
        json_decref(problem);
    }
}

static void test_what_waits(void)
{
    int64_t device_id = devices_connect(&house, "pk1", "W1", "1_0_0");
    expect_nothing_waits("W1"); /* no plan */
    int64_t silent = active_plan("Silent", "W1", ", \"plannedTime\": {\"start\": \"2027-03-02T09:00\"}");
    expect_nothing_waits("W1");
    end_plan(silent);
    int64_t id = plans_save(&house, "Spring", "pk1", package_id, TEXTS DAY ", \"whitelist\": [\"W1\", \"W2\"]");
    expect_nothing_waits("W1"); /* only saved */
    json_decref(plans_act(&house, id, "activate", 200));
    devices_leave(&house, device_id); /* the app asks, whether the device is there or not */
    json_t *waiting = answer_of("W1", "", NULL, 200);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(waiting, "planId")), id);
    CHECK_TEXT(text_of(waiting, "name"), "Spring");
    CHECK(json_is_false(json_object_get(waiting, "confirmed")));
    CHECK(json_is_null(json_object_get(waiting, "from")) && json_is_null(json_object_get(waiting, "to")));
    CHECK(json_is_null(json_object_get(waiting, "pushPeriod")));
    CHECK_TEXT(text_of(json_object_get(waiting, "plannedTime"), "endAt"), "2027-03-01T10:00:00.000Z");
    CHECK_TEXT(text_of(json_object_get(waiting, "upgradeText"), "pt-BR"), "Melhor");
    const json_t *component = json_array_get(json_object_get(waiting, "components"), 0);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(waiting, "components")), 1);
    CHECK_TEXT(text_of(component, "componentNo"), "MCU1");
    CHECK_TEXT(text_of(component, "sourceVersion"), "1_0_0");
    CHECK_TEXT(text_of(component, "targetVersion"), "2_0_0");
    CHECK(json_is_false(json_object_get(component, "atTarget")));
    json_decref(waiting);
    json_decref(plans_act(&house, id, "suspend", 200));
    expect_nothing_waits("W1");
    json_decref(plans_act(&house, id, "resume", 200));
    json_decref(answer_of("W1", "", NULL, 200));
    json_decref(rest(&house, "POST", "/api/v1/products/pk1/devices", "{\"deviceKey\": \"W2\"}", 201));
    expect_nothing_waits("W2"); /* its version is not known */
    (void)devices_connect(&house, "pk1", "W3", "1_0_0");
    expect_nothing_waits("W3"); /* not whitelisted */
    end_plan(id);
    expect_nothing_waits("W1");
}

static void test_texts(void)
{
    static const struct {
        const char *query;
        const char *accept;
        const char *language;
        const char *text;
    } rows[] = {
        {"", NULL, "en", "Better"},
        {"", "Accept-Language: zh-CN,zh;q=0.9,en;q=0.8", "zh", "\xe5\x8d\x87\xe7\xba\xa7"},
        {"", "Accept-Language: fr, de;q=0.5, en;q=0.4", "de", "Besser"},
        {"", "Accept-Language: en;q=0.1, DE-at;q=0.2", "de", "Besser"},
        {"", "Accept-Language: zh;q=0, de;q=0.3", "de", "Besser"},
        {"", "Accept-Language: de;q=0.5, zh;q=0.5", "de", "Besser"}, /* the first of equals */
        {"", "Accept-Language: zh;q=0", "en", "Better"},
        {"", "Accept-Language: pt-br", "pt-BR", "Melhor"},
        {"", "Accept-Language: pt", "en", "Better"},
        {"", "Accept-Language: fr, it;q=0.5", "en", "Better"},
        {"", "Accept-Language: *", "en", "Better"},
        {"", "Accept-Language: ;;;q=,,", "en", "Better"},
        {"?language=zh", NULL, "zh", "\xe5\x8d\x87\xe7\xba\xa7"},
        {"?language=zh-Hans-CN", NULL, "zh", "\xe5\x8d\x87\xe7\xba\xa7"},
        {"?language=pt_BR", NULL, "pt-BR", "Melhor"},
        {"?language=de", "Accept-Language: zh", "de", "Besser"},
        {"?language=fr", "Accept-Language: zh", "en", "Better"},
        {"?language=none%20such%22", NULL, "en", "Better"},
    };
    (void)devices_connect(&house, "pk1", "T1", "1_0_0");
    int64_t id = active_plan("Texts", "T1", TEXTS);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *headers[] = {rows[i].accept, NULL};
        const char *row = rows[i].accept == NULL ? rows[i].query : rows[i].accept;
        char path[128];
        (void)snprintf(path, sizeof path, "/api/v1/products/pk1/devices/T1/upgrade%s", rows[i].query);
        struct reply reply;
        ask(&house, "GET", path, headers, NULL, &reply);
        CHECK_ROW(row, reply.status == 200);
        json_t *waiting = json_loadb((const char *)reply.body.data, reply.body.length, 0, NULL);
        CHECK_ROW(row, strcmp(text_of(waiting, "language"), rows[i].language) == 0);
        CHECK_ROW(row, strcmp(text_of(waiting, "text"), rows[i].text) == 0);
        json_decref(waiting);
        reply_finish(&reply);
    }
    json_t *problem = rest(&house, "GET", "/api/v1/products/pk1/devices/T1/upgrade?language=", NULL, 400);
    CHECK_TEXT(error_pointer(problem, 0), "/?language");
    json_decref(problem);
    end_plan(id);
}

/* Yes, now; said once more; the device is notified at once, and then nothing waits any more. */
static void test_yes_now(void)
{
    static const char *const bodies[] = {NULL, "{}", "{\"from\": null, \"to\": null}"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        char name[16];
        char key[16];
        char path[80];
        (void)snprintf(name, sizeof name, "Now %zu", i);
        (void)snprintf(key, sizeof key, "N%zu", i);
        (void)devices_connect(&house, "pk1", key, "1_0_0");
        int64_t id = active_plan(name, key, TEXTS);
        expect_device(id, key, "nonUpgraded", "");
        json_decref(rest(&house, "POST", "/api/v1/evaluations", "{\"productKey\": \"pk1\"}", 200));
        expect_device(id, key, "nonUpgraded", "userConfirmed");
        CHECK(answer_of(key, "/confirm", bodies[i], 204) == NULL);
        (void)snprintf(path, sizeof path, "/devices/%s?waitFor=inUpgrade&timeout=10", key);
        json_decref(plans_get_json(&house, id, path, 200));
        expect_nothing_waits(key);
        expect_device(id, key, "inUpgrade", "");
        (void)snprintf(path, sizeof path, "/devices/%s/logs", key);
        json_t *log = plans_get_json(&house, id, path, 200);
        bool told = false;
        size_t at = 0;
        const json_t *entry = NULL;
        json_array_foreach(json_object_get(log, "items"), at, entry)
        {
            told |= strcmp(text_of(entry, "kind"), "confirmed") == 0 &&
                    strstr(text_of(entry, "detail"), "its user confirmed") != NULL &&
                    json_is_null(json_object_get(entry, "componentNo"));
        }
        CHECK_ROW(name, told);
        json_decref(log);
    }
}

/* The window begins in an hour: until then its user check says when. A later answer replaces the earlier. */
static void test_yes_for_a_window(void)
{
    (void)devices_connect(&house, "pk1", "F1", "1_0_0");
    int64_t id = active_plan("Window", "F1", TEXTS DAY);
    json_decref(answer_of("F1", "/confirm", "{\"from\": \"2027-03-01T16:00\"}", 204));
    json_decref(answer_of("F1", "/confirm", "{\"from\": \"2027-03-01T12:00:00\", \"to\": \"2027-03-01T13:00\"}", 204));
    json_t *waiting = answer_of("F1", "", NULL, 200);
    CHECK(json_is_true(json_object_get(waiting, "confirmed")));
    CHECK_TEXT(text_of(waiting, "from"), "2027-03-01T04:00:00.000Z");
    CHECK_TEXT(text_of(waiting, "to"), "2027-03-01T05:00:00.000Z");
    json_decref(waiting);
    advance_to("2027-03-01T03:59:59Z");
    expect_device(id, "F1", "nonUpgraded", "userConfirmed");
    json_t *why = plans_get_json(&house, id, "/devices/F1/eligibility", 200);
    const json_t *user = json_array_get(json_object_get(why, "checks"), 12);
    CHECK_TEXT(text_of(user, "check"), "userConfirmed");
    CHECK(json_is_false(json_object_get(user, "ok")));
    CHECK_TEXT(text_of(user, "nextAt"), "2027-03-01T04:00:00.000Z");
    json_decref(why);
    advance_to("2027-03-01T04:00:00Z");
    expect_device(id, "F1", "inUpgrade", "");
}

/* The device is away in its window: what was confirmed for a time is over then, and it waits for another answer. */
static void test_a_window_that_passed(void)
{
    int64_t device_id = devices_connect(&house, "pk1", "P1", "1_0_0");
    devices_leave(&house, device_id);
    int64_t id = active_plan("Passed", "P1", TEXTS DAY);
    json_decref(answer_of("P1", "/confirm", "{\"to\": \"2027-03-01T13:00\"}", 204)); /* it is 12:00 */
    advance_to("2027-03-01T05:00:00Z");
    (void)devices_connect(&house, "pk1", "P1", "1_0_0");
    json_decref(rest(&house, "POST", "/api/v1/evaluations", "{\"productKey\": \"pk1\"}", 200));
    expect_device(id, "P1", "nonUpgraded", "userConfirmed");
    json_decref(answer_of("P1", "", NULL, 200));
    json_decref(answer_of("P1", "/confirm", NULL, 204));
    json_decref(plans_get_json(&house, id, "/devices/P1?waitFor=inUpgrade&timeout=10", 200));
}

static void test_no(void)
{
    (void)devices_connect(&house, "pk1", "D1", "1_0_0");
    int64_t first = active_plan("First", "D1", TEXTS);
    int64_t second = active_plan("Second", "D1", TEXTS);
    CHECK(answer_of("D1", "/decline", NULL, 204) == NULL); /* the first in order of activation */
    expect_device(first, "D1", "failed", "declined");
    expect_device(second, "D1", "nonUpgraded", "");
    json_t *waiting = answer_of("D1", "", NULL, 200);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(waiting, "planId")), second);
    json_decref(waiting);
    json_decref(answer_of("D1", "/confirm", "{\"from\": \"2027-03-01T22:00\"}", 204)); /* yes, then no */
    json_decref(answer_of("D1", "/decline", NULL, 204));
    expect_device(second, "D1", "failed", "declined");
    expect_nothing_waits("D1");
    json_t *figures = plans_get_json(&house, first, "/statistics", 200);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_object_get(figures, "byReason"), "declined")), 1);
    json_decref(figures);
    json_t *log = plans_get_json(&house, first, "/devices/D1/logs", 200);
    const json_t *items = json_object_get(log, "items");
    const json_t *last = json_array_get(items, json_array_size(items) - 1);
    CHECK_TEXT(text_of(last, "kind"), "failed");
    CHECK(strstr(text_of(last, "detail"), "its user declined the upgrade") != NULL);
    json_decref(log);
    json_decref(plans_get_json(&house, first, "?waitFor=ended&timeout=10", 200)); /* all of its whitelist are final */
}

/* It is 13:00 in the zone of the plan, which is planned from 09:00 to 18:00. */
static void test_refusals(void)
{
    static const struct {
        const char *body;
        long status;
        const char *pointer;
    } rows[] = {
        {"{\"from\": \"2027-03-01T08:59\"}", 422, "/from"},
        {"{\"from\": \"2027-03-01T18:01\"}", 422, "/from"},
        {"{\"from\": \"2027-03-01T17:01\"}", 422, "/from"},
        {"{\"to\": \"2027-03-01T18:01\"}", 422, "/to"},
        {"{\"to\": \"2027-03-01T13:00\"}", 422, "/to"},
        {"{\"to\": \"2027-03-01T13:59\"}", 422, "/to"},
        {"{\"from\": \"2027-03-01T14:00\", \"to\": \"2027-03-01T14:59\"}", 422, "/to"},
        {"{\"from\": \"2027-03-01T16:00\", \"to\": \"2027-03-01T15:00\"}", 422, "/to"},
        {"{\"from\": \"2027-03-01T14:00Z\"}", 422, "/from"},
        {"{\"from\": \"2027-03-01T14:00:00.000+08:00\"}", 422, "/from"},
        {"{\"from\": \"2027-02-29T14:00\"}", 422, "/from"},
        {"{\"from\": \"\", \"to\": \"\"}", 422, "/from"},
        {"{\"from\": \"2027-03-01T14:00\", \"to\": \"later\"}", 422, "/to"},
        {"{\"from\": 14}", 400, "/from"},
        {"{\"to\": [\"2027-03-01T15:00\"]}", 400, "/to"},
        {"{\"until\": \"2027-03-01T15:00\"}", 400, "/until"},
        {"[]", 400, ""},
        {"{\"from\": ", 400, ""},
    };
    (void)devices_connect(&house, "pk1", "R1", "1_0_0");
    int64_t id = active_plan("Refusals", "R1", TEXTS DAY);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *problem = answer_of("R1", "/confirm", rows[i].body, rows[i].status);
        CHECK_ROW(rows[i].body, strcmp(error_pointer(problem, 0), rows[i].pointer) == 0);
        CHECK_ROW(rows[i].body, json_integer_value(json_object_get(problem, "status")) == rows[i].status);
        CHECK_ROW(rows[i].body,
                  strcmp(text_of(problem, "instance"), "/api/v1/products/pk1/devices/R1/upgrade/confirm") == 0);
        json_decref(problem);
    }
    json_t *problem = answer_of("R1", "/confirm", "{\"from\": \"soon\", \"to\": \"later\"}", 422);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(problem, "errors")), 2);
    json_decref(problem);
    problem = answer_of("R1", "/decline", "{\"why\": \"no\"}", 400);
    CHECK_TEXT(error_pointer(problem, 0), "/why");
    json_decref(problem);
    json_t *waiting = answer_of("R1", "", NULL, 200); /* nothing of all this was taken */
    CHECK(json_is_false(json_object_get(waiting, "confirmed")));
    json_decref(waiting);
    /* the least that is taken: an hour; from the very begin, to the very end */
    json_decref(answer_of("R1", "/confirm", "{\"from\": \"2027-03-01T17:00\", \"to\": \"2027-03-01T18:00\"}", 204));
    json_decref(answer_of("R1", "/confirm", "{\"from\": \"2027-03-01T09:00\", \"to\": \"2027-03-01T14:00\"}", 204));
    json_decref(plans_get_json(&house, id, "/devices/R1?waitFor=inUpgrade&timeout=10", 200));
}

static void test_wrong_paths(void)
{
    static const struct {
        const char *method;
        const char *path;
        long status;
        const char *allow;
    } rows[] = {
        {"GET", "/api/v1/products/none/devices/R1/upgrade", 404, ""},
        {"GET", "/api/v1/products/pk1/devices/none/upgrade", 404, ""},
        {"POST", "/api/v1/products/none/devices/R1/upgrade/confirm", 404, ""},
        {"POST", "/api/v1/products/pk1/devices/none/upgrade/confirm", 404, ""},
        {"POST", "/api/v1/products/pk1/devices/aKeyThatIsMuchTooLong/upgrade/decline", 404, ""},
        {"POST", "/api/v1/products/pk1/devices/R1/upgrade/later", 404, ""},
        {"POST", "/api/v1/products/pk1/devices/R1/upgrade", 405, "GET"},
        {"GET", "/api/v1/products/pk1/devices/R1/upgrade/confirm", 405, "POST"},
        {"DELETE", "/api/v1/products/pk1/devices/R1/upgrade/decline", 405, "POST"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reply reply;
        ask(&house, rows[i].method, rows[i].path, NULL, NULL, &reply);
        CHECK_ROW(rows[i].path, reply.status == rows[i].status);
        CHECK_ROW(rows[i].path, strcmp(reply_header(&reply, "Content-Type"), "application/problem+json") == 0);
        CHECK_ROW(rows[i].path, strncmp(reply_header(&reply, "Allow"), rows[i].allow, strlen(rows[i].allow)) == 0);
        json_t *problem = json_loadb((const char *)reply.body.data, reply.body.length, 0, NULL);
        CHECK_ROW(rows[i].path, json_object_get(problem, "errors") == NULL);
        CHECK_ROW(rows[i].path, text_of(problem, "title")[0] != '\0' && text_of(problem, "type")[0] != '\0');
        json_decref(problem);
        reply_finish(&reply);
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"opens", test_open},
                                             {"what waits", test_what_waits},
                                             {"texts", test_texts},
                                             {"yes, now", test_yes_now},
                                             {"yes, for a window", test_yes_for_a_window},
                                             {"a window that passed", test_a_window_that_passed},
                                             {"no", test_no},
                                             {"refusals name the member", test_refusals},
                                             {"wrong paths", test_wrong_paths},
                                             {"closes", test_close},
                                             {0}};
    return suite_run("http door: consent", cases);
}
