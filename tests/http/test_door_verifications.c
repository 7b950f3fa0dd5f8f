/*
 * Firmware verifications over the door: started at once, listed by pages, looked at with their log, waited for.
 */
#include "plans.h"

#include "devices.h"

enum { HOUR_S = 3600 };

static struct house house;
static int64_t package_id;

static void test_open(void)
{
    house_open(&house, NULL);
    house.takes_orders = true;
    json_decref(rest(&house, "POST", "/api/v1/products", "{\"name\": \"Meter\", \"productKey\": \"pk1\"}", 201));
    json_decref(rest(&house, "POST", "/api/v1/products", "{\"name\": \"Other\", \"productKey\": \"pk2\"}", 201));
    json_decref(rest(&house, "PUT", "/api/v1/products/pk1/clock",
                     "{\"mode\": \"manual\", \"now\": \"2027-03-01T03:00:00Z\"}", 200));
    package_id = plans_package(&house, "pk1", "App");
}

static void test_close(void)
{
    house_close(&house);
}

/* Of the package: ""; of one of them: "/7", "/7?waitFor=failed". Static memory. */
static const char *path_of(int64_t package, const char *below)
{
    static char path[160];
    (void)snprintf(path, sizeof path, "/api/v1/packages/%lld/verifications%s", (long long)package, below);
    return path;
}

static json_t *start(int64_t package, const char *device_key, long expected)
{
    char body[128];
    (void)snprintf(body, sizeof body, "{\"productKey\": \"pk1\", \"deviceKey\": \"%s\", \"componentNo\": \"MCU1\"}",
                   device_key);
    return rest(&house, "POST", path_of(package, ""), body, expected);
}

static int64_t started(const char *device_key)
{
    json_t *made = start(package_id, device_key, 201);
    int64_t id = json_integer_value(json_object_get(made, "id"));
    json_decref(made);
    return id;
}

static json_t *find(int64_t id, const char *query, long expected)
{
    char below[96];
    (void)snprintf(below, sizeof below, "/%lld%s", (long long)id, query);
    return rest(&house, "GET", path_of(package_id, below), NULL, expected);
}

static void expect_end(int64_t id, const char *status, const char *reason)
{
    json_t *seen = find(id, "", 200);
    CHECK_ROW(reason, strcmp(text_of(seen, "status"), status) == 0);
    CHECK_ROW(reason, strcmp(text_of(seen, "reason"), reason) == 0);
    CHECK_ROW(reason, text_of(seen, "endedAt")[0] != '\0');
    json_decref(seen);
}

static bool has_kinds(const json_t *log, const char *const *kinds)
{
    size_t found = 0;
    size_t i = 0;
    const json_t *entry = NULL;
    json_array_foreach(log, i, entry)
    {
        found += kinds[found] != NULL && strcmp(text_of(entry, "kind"), kinds[found]) == 0;
    }
    if (kinds[found] != NULL) {
        (void)fprintf(stderr, "    no '%s' behind the %zu kinds before it\n", kinds[found], found);
    }
    return kinds[found] == NULL;
}

/* From the start to the success: what the answers show, and the log with every step. */
static void test_a_success(void)
{
    static const char *const kinds[] = {"planIssued", "planReceived", "confirmed", "urlIssued", "downloading",
                                        "downloaded", "upgrading",    "succeeded", NULL};
    static const int steps[] = {1, 2, 4, 8, 9};
    int64_t device_id = devices_connect(&house, "pk1", "V1", "1_0_0");
    struct reply reply;
    static const char *const headers[] = {"Content-Type: application/json", "Idempotency-Key: v1", NULL};
    static const char body[] = "{\"productKey\": \"pk1\", \"deviceKey\": \"V1\", \"componentNo\": \"MCU1\"}";
    ask(&house, "POST", path_of(package_id, ""), headers, body, &reply);
    CU_ASSERT_EQUAL(reply.status, 201);
    json_t *made = json_loadb((const char *)reply.body.data, reply.body.length, 0, NULL);
    int64_t id = json_integer_value(json_object_get(made, "id"));
    CHECK(id > 0);
    char below[32];
    (void)snprintf(below, sizeof below, "/%lld", (long long)id);
    CHECK_TEXT(reply_header(&reply, "Location"), path_of(package_id, below));
    reply_finish(&reply);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(made, "packageId")), package_id);
    CHECK_TEXT(text_of(made, "deviceKey"), "V1");
    CHECK_TEXT(text_of(made, "componentNo"), "MCU1");
    CHECK_TEXT(text_of(made, "status"), "running");
    CHECK_TEXT(text_of(made, "createdAt"), "2027-03-01T03:00:00.000Z");
    CHECK(json_is_null(json_object_get(made, "reason")) && json_is_null(json_object_get(made, "endedAt")));
    json_t *seen = find(id, "", 200);
    CHECK(json_equal(seen, made));
    json_decref(seen);
    ask(&house, "POST", path_of(package_id, ""), headers, body, &reply); /* the same call again, not another one */
    CU_ASSERT_EQUAL(reply.status, 201);
    seen = json_loadb((const char *)reply.body.data, reply.body.length, 0, NULL);
    CHECK(json_equal(seen, made));
    json_decref(seen);
    reply_finish(&reply);
    json_decref(made);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        devices_status(&house, device_id, steps[i], NULL);
    }
    devices_status(&house, device_id, 11, "2_0_0");
    expect_end(id, "succeeded", "");
    seen = find(id, "", 200);
    CHECK(has_kinds(json_object_get(seen, "log"), kinds));
    json_decref(seen);
}

/* Each way in which it fails at once: there is no second attempt. */
static void test_failures(void)
{
    static const struct {
        const char *device_key;
        int steps[6];
        const char *version; /* with the last step */
        const char *reason;
    } rows[] = {
        {"F1", {3}, NULL, "refused"},
        {"F2", {1, 3}, NULL, "refused"},
        {"F3", {1, 2, 4, 6}, NULL, "downloadFailed"},
        {"F4", {1, 2, 4, 8, 9, 12}, NULL, "upgradeFailed"},
        {"F5", {1, 2, 8, 9, 11}, "1_5_0", "wrongVersion"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t device_id = devices_connect(&house, "pk1", rows[i].device_key, "1_0_0");
        int64_t id = started(rows[i].device_key);
        for (size_t k = 0; k < 6 && rows[i].steps[k] != 0; k++) {
            bool last = k == 5 || rows[i].steps[k + 1] == 0;
            devices_status(&house, device_id, rows[i].steps[k], last ? rows[i].version : NULL);
        }
        expect_end(id, "failed", rows[i].reason);
        json_decref(find(started(rows[i].device_key), "", 200)); /* the device is free for another one */
    }
}

/* At its target already: succeeded, without a word to the device. */
static void test_nothing_to_do(void)
{
    (void)devices_connect(&house, "pk1", "A1", "2_0_0");
    json_t *made = start(package_id, "A1", 201);
    CHECK_TEXT(text_of(made, "status"), "succeeded");
    CHECK_TEXT(text_of(made, "reason"), "alreadyAtTarget");
    CHECK_TEXT(text_of(made, "endedAt"), "2027-03-01T03:00:00.000Z");
    json_decref(made);
}

/* 60 minutes of the product's clock, to the millisecond, also for a device that has gone meanwhile. */
static void test_time_is_up(void)
{
    int64_t device_id = devices_connect(&house, "pk1", "L1", "1_0_0");
    int64_t id = started("L1");
    devices_leave(&house, device_id);
    json_decref(rest(&house, "POST", "/api/v1/products/pk1/clock/advance", "{\"seconds\": 3599.999}", 200));
    json_t *seen = find(id, "", 200);
    CHECK_TEXT(text_of(seen, "status"), "running");
    json_decref(seen);
    json_t *done = rest(&house, "POST", "/api/v1/products/pk1/clock/advance", "{\"seconds\": 0.001}", 200);
    CHECK(json_array_size(json_object_get(done, "fired")) > 0);
    json_decref(done);
    expect_end(id, "failed", "timeout");
    seen = find(id, "", 200);
    CHECK_TEXT(text_of(seen, "endedAt"), "2027-03-01T04:00:00.000Z");
    json_decref(seen);
}

static int64_t delta_package(const char *name)
{
    char package[256];
    (void)snprintf(package, sizeof package,
                   "{\"name\": \"%s\", \"productKey\": \"pk1\", \"componentType\": \"mcu\", \"packageType\": "
                   "\"delta\", \"sourceVersions\": [\"1_9_0\"], \"targetVersion\": \"2_0_0\"}",
                   name);
    struct upload_file file = {"d.bin", "d", 1};
    struct reply reply;
    upload(&house, package, &file, 1, NULL, &reply);
    CU_ASSERT_EQUAL(reply.status, 201);
    json_t *made = json_loadb((const char *)reply.body.data, reply.body.length, 0, NULL);
    int64_t id = json_integer_value(json_object_get(made, "id"));
    json_decref(made);
    reply_finish(&reply);
    return id;
}

static void expect_conflict(int64_t package, const char *device_key, const char *why)
{
    json_t *problem = start(package, device_key, 409);
    CHECK_TEXT(text_of(problem, "type"), "urn:mockdc:problem:wrong-state");
    CHECK_TEXT(text_of(problem, "detail"), why);
    CHECK(json_object_get(problem, "errors") == NULL);
    json_decref(problem);
}

/* 409 says why the device cannot take it now; nothing is left behind by any of them. */
static void test_not_now(void)
{
    int64_t delta = delta_package("Delta");
    json_decref(rest(&house, "POST", "/api/v1/products/pk1/devices", "{\"deviceKey\": \"O1\"}", 201));
    expect_conflict(delta, "O1", "the device is offline"); /* never seen */
    int64_t device_id = devices_connect(&house, "pk1", "O2", "1_0_0");
    devices_leave(&house, device_id);
    expect_conflict(delta, "O2", "the device is offline"); /* gone */
    device_id = devices_connect(&house, "pk1", "O2", "1_0_0");
    expect_conflict(delta, "O2", "the device's version is none of the source versions of this delta package");
    json_t *list = rest(&house, "GET", path_of(delta, ""), NULL, 200);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(list, "items")), 0);
    CHECK(json_is_null(json_object_get(list, "nextCursor")));
    json_decref(list);
    int64_t id = started("O2");
    expect_conflict(package_id, "O2", "the device is busy with another verification");
    devices_status(&house, device_id, 3, NULL);
    expect_end(id, "failed", "refused");
    int64_t plan = plans_save(&house, "Busy", "pk1", package_id, ", \"whitelist\": [\"O2\"]");
    json_decref(plans_act(&house, plan, "activate", 200));
    json_decref(rest(&house, "POST", "/api/v1/evaluations", "{\"productKey\": \"pk1\"}", 200));
    json_decref(plans_get_json(&house, plan, "/devices/O2?waitFor=inUpgrade&timeout=10", 200));
    expect_conflict(package_id, "O2", "the device is in upgrade by a plan");
    json_t *problem = rest(&house, "POST", path_of(package_id, ""),
                           "{\"productKey\": \"pk1\", \"deviceKey\": \"V1\", \"componentNo\": \"MCU7\"}", 409);
    CHECK_TEXT(text_of(problem, "detail"), "the device has not reported a version of this component");
    json_decref(problem);
}

static void test_bad_wishes(void)
{
    static const struct {
        const char *body;
        long status;
        const char *pointer;
    } rows[] = {
        {"{}", 422, "/productKey"},
        {"{\"productKey\": \"pk1\", \"componentNo\": \"MCU1\"}", 422, "/deviceKey"},
        {"{\"productKey\": \"pk1\", \"deviceKey\": \"V1\"}", 422, "/componentNo"},
        {"{\"productKey\": \"pk1\", \"deviceKey\": \"V1\", \"componentNo\": \"\"}", 422, "/componentNo"},
        {"{\"productKey\": \"pk1\", \"deviceKey\": \"V1\", \"componentNo\": \"a;b\"}", 422, "/componentNo"},
        {"{\"productKey\": \"pk1\", \"deviceKey\": \"V1\", \"componentNo\": \"123456789012345678901234567890123\"}",
         422, "/componentNo"},
        {"{\"productKey\": \"pk1\", \"deviceKey\": \"none\", \"componentNo\": \"MCU1\"}", 422, "/deviceKey"},
        {"{\"productKey\": \"pk2\", \"deviceKey\": \"V1\", \"componentNo\": \"MCU1\"}", 422, "/productKey"},
        {"{\"productKey\": \"none\", \"deviceKey\": \"V1\", \"componentNo\": \"MCU1\"}", 422, "/productKey"},
        {"{\"productKey\": \"pk1\", \"deviceKey\": 7, \"componentNo\": \"MCU1\"}", 400, "/deviceKey"},
        {"{\"productKey\": null, \"deviceKey\": \"V1\", \"componentNo\": \"MCU1\"}", 400, "/productKey"},
        {"{\"productKey\": \"pk1\", \"deviceKey\": \"V1\", \"componentNo\": \"MCU1\", \"retries\": 1}", 400,
         "/retries"},
        {"\"V1\"", 400, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *problem = rest(&house, "POST", path_of(package_id, ""), rows[i].body, rows[i].status);
        CHECK_ROW(rows[i].body, strcmp(error_pointer(problem, 0), rows[i].pointer) == 0);
        CHECK_ROW(rows[i].body,
                  json_array_size(json_object_get(problem, "errors")) == (strcmp(rows[i].body, "{}") == 0 ? 3 : 1));
        json_decref(problem);
    }
}

/* Pages of two: all of them once, oldest first, without an end that is one too many. */
static void test_list(void)
{
    int64_t package = plans_package(&house, "pk1", "Listed");
    enum { MANY = 4, A_PAGE = 2 };
    for (int i = 0; i < MANY; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "K%d", i);
        (void)devices_connect(&house, "pk1", key, "1_0_0");
        json_decref(start(package, key, 201));
    }
    char query[160] = "?limit=2";
    int seen = 0;
    int64_t before = 0;
    for (int page = 0; page < MANY; page++) {
        json_t *list = rest(&house, "GET", path_of(package, query), NULL, 200);
        size_t i = 0;
        const json_t *item = NULL;
        json_array_foreach(json_object_get(list, "items"), i, item)
        {
            char key[16];
            int64_t id = json_integer_value(json_object_get(item, "id"));
            (void)snprintf(key, sizeof key, "K%d", seen++);
            CHECK_TEXT(text_of(item, "deviceKey"), key);
            CHECK(id > before && json_array_size(json_object_get(item, "log")) > 0);
            before = id;
        }
        CHECK(i == A_PAGE);
        const char *cursor = json_string_value(json_object_get(list, "nextCursor"));
        CHECK((cursor != NULL) == (seen < MANY));
        (void)snprintf(query, sizeof query, "?limit=2&cursor=%s", cursor == NULL ? "" : cursor);
        json_decref(list);
        if (query[strlen(query) - 1] == '=') {
            break;
        }
    }
    CU_ASSERT_EQUAL(seen, MANY);
    static const struct {
        const char *query;
        const char *pointer;
    } rows[] = {{"?limit=0", "/?limit"}, {"?cursor=x", "/?cursor"}, {"?q=K1", "/?q"}, {"?status=failed", "/?status"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *problem = rest(&house, "GET", path_of(package, rows[i].query), NULL, 400);
        CHECK_ROW(rows[i].query, strcmp(error_pointer(problem, 0), rows[i].pointer) == 0);
        json_decref(problem);
    }
}

/* By its own package only; and no plan shows what carries a verification out. */
static void test_who_sees_it(void)
{
    char below[96];
    int64_t other = plans_package(&house, "pk1", "Another");
    json_t *list = rest(&house, "GET", path_of(package_id, "?limit=1"), NULL, 200);
    int64_t id = json_integer_value(json_object_get(json_array_get(json_object_get(list, "items"), 0), "id"));
    json_decref(list);
    (void)snprintf(below, sizeof below, "/%lld", (long long)id);
    json_decref(rest(&house, "GET", path_of(package_id, below), NULL, 200));
    json_decref(rest(&house, "GET", path_of(other, below), NULL, 404));
    json_decref(rest(&house, "GET", path_of(999999, below), NULL, 404));
    json_decref(rest(&house, "GET", path_of(package_id, "/999999"), NULL, 404));
    json_decref(rest(&house, "GET", path_of(package_id, "/-1"), NULL, 404));
    json_decref(rest(&house, "GET", path_of(package_id, "/one"), NULL, 404));
    json_decref(rest(&house, "GET", path_of(999999, ""), NULL, 404));
    json_decref(start(999999, "V1", 404));
    (void)snprintf(below, sizeof below, "/api/v1/plans/-%lld", (long long)id);
    json_decref(rest(&house, "GET", below, NULL, 404));
    json_t *plans = rest(&house, "GET", "/api/v1/plans", NULL, 200);
    size_t i = 0;
    const json_t *plan = NULL;
    json_array_foreach(json_object_get(plans, "items"), i, plan)
    {
        CHECK(json_integer_value(json_object_get(plan, "id")) > 0);
    }
    CHECK(i == 1); /* "Busy" */
    json_decref(plans);
    /* what it used stays */
    (void)snprintf(below, sizeof below, "/api/v1/packages/%lld", (long long)package_id);
    json_t *problem = rest(&house, "DELETE", below, NULL, 409);
    CHECK_TEXT(text_of(problem, "detail"), "a plan or a verification uses this package");
    json_decref(problem);
}

static void test_waiting(void)
{
    (void)devices_connect(&house, "pk1", "Q1", "1_0_0");
    int64_t id = started("Q1");
    json_t *seen = find(id, "?waitFor=running,failed&timeout=600", 200);
    CHECK_TEXT(text_of(seen, "status"), "running");
    json_decref(seen);
    json_t *problem = find(id, "?waitFor=failed&timeout=0", 409);
    CHECK_TEXT(text_of(problem, "type"), "urn:mockdc:problem:await-timeout");
    CHECK_TEXT(text_of(problem, "detail"), "is running, after 0 s");
    json_decref(problem);
    char body[48];
    (void)snprintf(body, sizeof body, "{\"seconds\": %d}", HOUR_S);
    json_decref(rest(&house, "POST", "/api/v1/products/pk1/clock/advance", body, 200));
    seen = find(id, "?waitFor=failed,succeeded&timeout=600", 200);
    CHECK_TEXT(text_of(seen, "reason"), "timeout");
    json_decref(seen);
    problem = find(id, "?waitFor=upgraded", 400);
    CHECK_TEXT(error_pointer(problem, 0), "/?waitFor");
    json_decref(problem);
}

int main(void)
{
    static const struct test_case cases[] = {{"opens", test_open},
                                             {"a success", test_a_success},
                                             {"failures", test_failures},
                                             {"nothing to do", test_nothing_to_do},
                                             {"not now", test_not_now},
                                             {"bad wishes", test_bad_wishes},
                                             {"list", test_list},
                                             {"who sees it", test_who_sees_it},
                                             {"time is up", test_time_is_up},
                                             {"waiting", test_waiting},
                                             {"closes", test_close},
                                             {0}};
    return suite_run("http door: verifications", cases);
}
