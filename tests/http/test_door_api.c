#include "house.h"

#include <stdlib.h>

static struct house house;

static void expect_error(const char *method, const char *path, const char *body, long status, const char *pointer)
{
    json_t *problem = rest(&house, method, path, body, status);
    CHECK_ROW(body == NULL ? path : body, strcmp(error_pointer(problem, 0), pointer) == 0);
    CHECK_ROW(path, json_integer_value(json_object_get(problem, "status")) == status);
    json_decref(problem);
}

static void test_products(void)
{
    json_t *made = rest(&house, "POST", "/api/v1/products", "{\"name\": \"Meter\", \"productKey\": \"pk1\"}", 201);
    CHECK_TEXT(json_string_value(json_object_get(made, "productKey")), "pk1");
    CHECK(json_string_length(json_object_get(made, "productSecret")) >= 16);
    json_t *found = rest(&house, "GET", "/api/v1/products/pk1", NULL, 200);
    CHECK(json_equal(made, found));
    json_decref(rest(&house, "POST", "/api/v1/products", "{\"name\": \"Two\", \"productKey\": \"pk1\"}", 409));
    json_t *generated = rest(&house, "POST", "/api/v1/products", "{\"name\": \"Generated\"}", 201);
    char path[80];
    (void)snprintf(path, sizeof path, "/api/v1/products/%s",
                   json_string_value(json_object_get(generated, "productKey")));
    json_decref(rest(&house, "DELETE", path, NULL, 204));
    json_decref(rest(&house, "GET", path, NULL, 404));
    json_decref(made);
    json_decref(found);
    json_decref(generated);
}

static void test_errors_name_the_member(void)
{
    static const struct {
        const char *method;
        const char *path;
        const char *body;
        long status;
        const char *pointer;
    } rows[] = {
        {"POST", "/api/v1/products", "", 400, ""},
        {"POST", "/api/v1/products", "{", 400, ""},
        {"POST", "/api/v1/products", "[]", 400, ""},
        {"POST", "/api/v1/products", "{\"name\": \"a\", \"name\": \"b\"}", 400, ""},
        {"POST", "/api/v1/products", "{\"name\": \"a\", \"colour\": 1}", 400, "/colour"},
        {"POST", "/api/v1/products", "{\"name\": 7}", 400, "/name"},
        {"POST", "/api/v1/products", "{\"name\": null}", 400, "/name"},
        {"POST", "/api/v1/products", "{}", 422, "/name"},
        {"POST", "/api/v1/products", "{\"name\": \"\"}", 422, "/name"},
        {"POST", "/api/v1/products", "{\"name\": \"a\", \"productKey\": \"p k\"}", 422, "/productKey"},
        {"POST", "/api/v1/products", "{\"name\": \"a\", \"productKey\": \"\"}", 422, "/productKey"},
        {"POST", "/api/v1/products", "{\"name\": \"a\", \"productSecret\": \"a;b\"}", 422, "/productSecret"},
        {"POST", "/api/v1/products/pk1/devices", "{\"deviceKey\": \"12345678901234567\"}", 422, "/deviceKey"},
        {"POST", "/api/v1/products/pk1/devices", "{\"deviceKey\": \"a-b\"}", 422, "/deviceKey"},
        {"POST", "/api/v1/evaluations", "{\"productKey\": \"none\"}", 422, "/productKey"},
        {"GET", "/api/v1/products?limit=0", NULL, 400, "/?limit"},
        {"GET", "/api/v1/products?limit=1001", NULL, 400, "/?limit"},
        {"GET", "/api/v1/products?limit=ten", NULL, 400, "/?limit"},
        {"GET", "/api/v1/products?cursor=%21", NULL, 400, "/?cursor"},
        {"GET", "/api/v1/plans?cursor=cGsx", NULL, 400, "/?cursor"},
        {"GET", "/api/v1/plans?status=sleeping", NULL, 400, "/?status"},
        {"GET", "/api/v1/products/pk1/devices?online=yes", NULL, 400, "/?online"},
        {"GET", "/api/v1/products?offset=3", NULL, 400, "/?offset"},
        {"GET", "/api/v1/products?q=%zz", NULL, 400, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_error(rows[i].method, rows[i].path, rows[i].body, rows[i].status, rows[i].pointer);
    }
}

static void test_every_bad_member_is_named(void)
{
    json_t *problem = rest(&house, "POST", "/api/v1/products",
                           "{\"name\": 1, \"productKey\": 2, \"productSecret\": [], \"x\": 0}", 400);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(problem, "errors")), 4);
    json_decref(problem);
    problem =
        rest(&house, "POST", "/api/v1/products",
             "{\"productKey\": \"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeee\", \"productSecret\": \";\"}", 422);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(problem, "errors")), 3);
    json_decref(problem);
}

static void test_devices(void)
{
    json_t *made = rest(&house, "POST", "/api/v1/products/pk1/devices",
                        "{\"deviceKey\": \"DK1\", \"deviceSecret\": \"secret\"}", 201);
    static const char *const members[] = {"productKey",       "deviceKey",   "online",       "authMode",
                                          "sessionEncrypted", "firstSeenAt", "lastSeenAt",   "moduleType",
                                          "moduleVersion",    "mcuVersions", "battery",      "voltage",
                                          "signal",           "rsrp",        "rsrq",         "snr",
                                          "flashFree",        "sdkVersion",  "activePlanId", "enabled",
                                          "malformedFrames",  "warnings"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        CHECK_ROW(members[i], json_object_get(made, members[i]) != NULL);
    }
    CU_ASSERT_EQUAL(json_object_size(made), sizeof members / sizeof members[0]);
    CHECK(json_is_null(json_object_get(made, "battery")));
    CHECK(json_is_object(json_object_get(made, "mcuVersions")));
    json_decref(made);
    json_decref(rest(&house, "POST", "/api/v1/products/pk1/devices", "{\"deviceKey\": \"DK1\"}", 409));
    json_decref(rest(&house, "POST", "/api/v1/products/none/devices", "{\"deviceKey\": \"DK1\"}", 404));
    json_t *off = rest(&house, "PUT", "/api/v1/products/pk1/devices/DK1/enabled", "{\"enabled\": false}", 200);
    CHECK(json_is_false(json_object_get(off, "enabled")));
    json_decref(off);
    json_decref(rest(&house, "POST", "/api/v1/products/pk1/devices/DK1/disconnect", NULL, 204));
    json_decref(rest(&house, "POST", "/api/v1/products/pk1/devices/DK1/disconnect", "{}", 204));
    json_decref(rest(&house, "POST", "/api/v1/products/pk1/devices/DK1/disconnect", "{\"now\": true}", 400));
    json_decref(rest(&house, "POST", "/api/v1/products/pk1/devices/none/disconnect", NULL, 404));
    json_decref(rest(&house, "DELETE", "/api/v1/products/pk1/devices/DK1", NULL, 204));
    json_decref(rest(&house, "DELETE", "/api/v1/products/pk1/devices/DK1", NULL, 404));
}

static void test_list_pages(void)
{
    for (int i = 0; i < 7; i++) {
        char body[64];
        (void)snprintf(body, sizeof body, "{\"deviceKey\": \"PAGE%d\"}", i);
        json_decref(rest(&house, "POST", "/api/v1/products/pk1/devices", body, 201));
    }
    char path[160] = "/api/v1/products/pk1/devices?limit=3&q=PAGE";
    size_t seen = 0;
    for (int page = 0; page < 3; page++) {
        json_t *list = rest(&house, "GET", path, NULL, 200);
        seen += json_array_size(json_object_get(list, "items"));
        const char *next = json_string_value(json_object_get(list, "nextCursor"));
        CHECK((next != NULL) == (page < 2));
        (void)snprintf(path, sizeof path, "/api/v1/products/pk1/devices?limit=3&q=PAGE&cursor=%s",
                       next == NULL ? "" : next);
        json_decref(list);
    }
    CU_ASSERT_EQUAL(seen, 7);
    json_t *none = rest(&house, "GET", "/api/v1/products/pk1/devices?online=true", NULL, 200);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(none, "items")), 0);
    json_decref(none);
}

static void test_methods_and_paths(void)
{
    static const struct {
        const char *method;
        const char *path;
        long status;
        const char *allow;
    } rows[] = {
        {"PATCH", "/api/v1/products", 405, "POST, GET, HEAD, OPTIONS"},
        {"DELETE", "/api/v1/clock", 405, "GET, HEAD, PUT, OPTIONS"},
        {"OPTIONS", "/api/v1/products/pk1", 204, "GET, HEAD, DELETE, OPTIONS"},
        {"POST", "/firmware/AAAAAAAAAAAAAAAAAAAAAA.bin", 405, "GET, HEAD, OPTIONS"},
        {"HEAD", "/api/v1/products/pk1", 200, ""},
        {"GET", "/api/v1/products/", 404, ""},
        {"GET", "/api/v1/product", 404, ""},
        {"GET", "/api/v1/products/p%6B1", 200, ""},
        {"GET", "/api/v1/products%2Fpk1", 404, ""},
        {"GET", "/api/v1/products/pk1%2Fdevices", 404, ""},
        {"GET", "/api/v1/plans/abc", 404, ""},
        {"GET", "/api/v1/plans/0", 404, ""},
        {"GET", "/api/v1/plans/99999999999999999999", 404, ""},
        {"GET", "/", 200, ""},
        {"GET", "/healthz", 200, ""},
        {"GET", "/readyz", 503, ""},
        {"GET", "/openapi.json", 200, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reply reply;
        ask(&house, rows[i].method, rows[i].path, NULL, NULL, &reply);
        CHECK_ROW(rows[i].path, reply.status == rows[i].status);
        CHECK_ROW(rows[i].path, strcmp(reply_header(&reply, "Allow"), rows[i].allow) == 0);
        CHECK_ROW(rows[i].path, strcmp(reply_header(&reply, "X-Content-Type-Options"), "nosniff") == 0);
        reply_finish(&reply);
    }
}

static void test_headers(void)
{
    struct reply reply;
    static const char *const json[] = {"Content-Type: application/json; charset=utf-8", NULL};
    ask(&house, "POST", "/api/v1/products", json, "{\"name\": \"L\", \"productKey\": \"loc\"}", &reply);
    CU_ASSERT_EQUAL(reply.status, 201);
    CHECK_TEXT(reply_header(&reply, "Location"), "/api/v1/products/loc");
    CHECK_TEXT(reply_header(&reply, "Cache-Control"), "no-store");
    CHECK_TEXT(reply_header(&reply, "Content-Type"), "application/json");
    reply_finish(&reply);
    static const char *const text[] = {"Content-Type: text/plain", NULL};
    ask(&house, "POST", "/api/v1/products", text, "{\"name\": \"L\"}", &reply);
    CU_ASSERT_EQUAL(reply.status, 415);
    CHECK_TEXT(reply_header(&reply, "Content-Type"), "application/problem+json");
    reply_finish(&reply);
}

static void test_ready(void)
{
    house.ready = (struct http_readiness){.broker = true, .store = true, .listener = true};
    json_t *ready = rest(&house, "GET", "/readyz", NULL, 200);
    CHECK(json_is_true(json_object_get(ready, "broker")));
    json_decref(ready);
    house.ready.broker = false;
    ready = rest(&house, "GET", "/readyz", NULL, 503);
    CHECK(json_is_false(json_object_get(ready, "broker")));
    CHECK(json_is_true(json_object_get(ready, "store")));
    json_decref(ready);
}

static void test_idempotency(void)
{
    static const char *const headers[] = {"Content-Type: application/json", "Idempotency-Key: k1", NULL};
    struct reply first;
    struct reply second;
    ask(&house, "POST", "/api/v1/products", headers, "{\"name\": \"Once\"}", &first);
    ask(&house, "POST", "/api/v1/products", headers, "{\"name\": \"Once\"}", &second);
    CU_ASSERT_EQUAL(first.status, 201);
    CU_ASSERT_EQUAL(second.status, 201);
    CHECK_TEXT(buffer_text(&first.body), buffer_text(&second.body));
    CHECK(strlen(reply_header(&second, "Location")) > 0);
    reply_finish(&first);
    reply_finish(&second);
    ask(&house, "POST", "/api/v1/products", headers, "{\"name\": \"Other\"}", &second);
    CU_ASSERT_EQUAL(second.status, 422);
    reply_finish(&second);
    static const char *const bad[] = {"Content-Type: application/json", "Idempotency-Key: k2", NULL};
    ask(&house, "POST", "/api/v1/products", bad, "{\"name\": \"\"}", &first);
    CU_ASSERT_EQUAL(first.status, 422);
    reply_finish(&first);
    ask(&house, "POST", "/api/v1/products", bad, "{\"name\": \"Now right\"}", &first);
    CU_ASSERT_EQUAL(first.status, 201); /* a refusal is not kept */
    reply_finish(&first);
}

static void test_clock_and_evaluation(void)
{
    json_t *clock = rest(&house, "GET", "/api/v1/clock", NULL, 200);
    CHECK_TEXT(json_string_value(json_object_get(clock, "mode")), "real");
    CU_ASSERT_EQUAL(json_string_length(json_object_get(clock, "nextEvaluationAt")), 24);
    json_decref(clock);
    json_t *evaluation = rest(&house, "POST", "/api/v1/evaluations", NULL, 200);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(evaluation, "notified")), 0);
    CHECK(json_is_object(json_object_get(evaluation, "skipped")));
    json_decref(evaluation);
    json_decref(rest(&house, "POST", "/api/v1/evaluations", "{\"productKey\": \"pk1\"}", 200));
}

static void test_token(void)
{
    struct house locked;
    house_open(&locked, "tok");
    struct reply reply;
    ask(&locked, "GET", "/api/v1/products", NULL, NULL, &reply);
    CU_ASSERT_EQUAL(reply.status, 401);
    CHECK(strstr(reply_header(&reply, "WWW-Authenticate"), "Bearer") != NULL);
    reply_finish(&reply);
    static const char *const wrong[] = {"Authorization: Bearer toc", NULL};
    ask(&locked, "GET", "/api/v1/none", wrong, NULL, &reply);
    CU_ASSERT_EQUAL(reply.status, 401);
    reply_finish(&reply);
    static const char *const right[] = {"Authorization: Bearer tok", NULL};
    ask(&locked, "GET", "/api/v1/products", right, NULL, &reply);
    CU_ASSERT_EQUAL(reply.status, 200);
    reply_finish(&reply);
    ask(&locked, "GET", "/healthz", NULL, NULL, &reply);
    CU_ASSERT_EQUAL(reply.status, 200);
    reply_finish(&reply);
    house_close(&locked);
}

/* CUnit checks only within tests: so the house is opened and closed by the first and the last one. */
static void test_open(void)
{
    house_open(&house, NULL);
}

static void test_close(void)
{
    house_close(&house);
}

int main(void)
{
    static const struct test_case cases[] = {{"opens", test_open},
                                             {"products", test_products},
                                             {"errors name the member", test_errors_name_the_member},
                                             {"every bad member is named", test_every_bad_member_is_named},
                                             {"devices", test_devices},
                                             {"lists come in pages", test_list_pages},
                                             {"methods and paths", test_methods_and_paths},
                                             {"headers", test_headers},
                                             {"readiness", test_ready},
                                             {"idempotency", test_idempotency},
                                             {"clock and evaluation", test_clock_and_evaluation},
                                             {"API token", test_token},
                                             {"closes", test_close},
                                             {0}};
    return suite_run("http door: api", cases);
}
