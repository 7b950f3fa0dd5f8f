#include "house.h"

#include <stdlib.h>

#include "crypto/digest.h"

static struct house house;

#define PACKAGE(name)                                                                                                  \
    "{\"name\": \"" name "\", \"productKey\": \"pk1\", \"componentType\": \"module\", \"packageType\": \"full\", "     \
    "\"targetVersion\": \"2.0\"}"

static json_t *expect(const char *package, const struct upload_file *files, size_t count, long status)
{
    struct reply reply;
    upload(&house, package, files, count, NULL, &reply);
    if (reply.status != status) {
        (void)fprintf(stderr, "    %s: %ld %s\n", package, reply.status, buffer_text(&reply.body));
    }
    CU_ASSERT_EQUAL(reply.status, status);
    json_t *json = json_loads(buffer_text(&reply.body), 0, NULL);
    reply_finish(&reply);
    CU_ASSERT_EQUAL(files_in(&house, "tmp"), 0);
    return json;
}

static void test_upload(void)
{
    size_t size = 3000001;
    char *bytes = malloc(size);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (char)("\r\n--mockdc"[i % 9] + (i % 251 == 0));
    }
    struct upload_file files[] = {{"C:\\fw\\a.bin", bytes, size}, {"b.tar.gz", "x", 1}};
    json_t *package = expect(PACKAGE("Two files"), files, 2, 201);
    const json_t *list = json_object_get(package, "files");
    CU_ASSERT_EQUAL(json_array_size(list), 2);
    const json_t *file = json_array_get(list, 0);
    struct digests digests;
    CHECK_OK(digest_bytes(bytes, size, &digests));
    CHECK_TEXT(json_string_value(json_object_get(file, "name")), "a.bin");
    CHECK_TEXT(json_string_value(json_object_get(file, "md5")), digests.md5);
    CHECK_TEXT(json_string_value(json_object_get(file, "sha256")), digests.sha256);
    CHECK_TEXT(json_string_value(json_object_get(file, "crc32")), digests.crc32);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(file, "size")), (json_int_t)size);
    CU_ASSERT_EQUAL(files_in(&house, "files"), 2);
    char path[64];
    (void)snprintf(path, sizeof path, "/api/v1/packages/%lld",
                   (long long)json_integer_value(json_object_get(package, "id")));
    json_t *again = rest(&house, "GET", path, NULL, 200);
    CHECK(json_equal(package, again));
    json_decref(again);
    json_decref(rest(&house, "DELETE", path, NULL, 204));
    CU_ASSERT_EQUAL(files_in(&house, "files"), 0);
    json_decref(package);
    free(bytes);
}

static void test_refused(void)
{
    static const struct upload_file good[] = {{"a.bin", "a", 1}, {"b.bin", "b", 1}, {"c.bin", "c", 1},
                                              {"d.bin", "d", 1}, {"e.bin", "e", 1}, {"f.bin", "f", 1}};
    static const struct upload_file empty[] = {{"a.bin", "", 0}};
    static const struct upload_file text[] = {{"a.txt", "a", 1}};
    static const struct {
        const char *name;
        const char *package;
        const struct upload_file *files;
        size_t count;
        long status;
        const char *pointer;
    } rows[] = {
        {"no file", PACKAGE("x"), good, 0, 422, "/files"},
        {"six files", PACKAGE("x"), good, 6, 422, "/files"},
        {"empty file", PACKAGE("x"), empty, 1, 422, "/files/0"},
        {"extension", PACKAGE("x"), text, 1, 422, "/files/0"},
        {"no package", NULL, good, 1, 422, "/package"},
        {"not JSON", "{", good, 1, 400, ""},
        {"unknown member", "{\"a\": 1}", good, 1, 400, "/a"},
        {"missing members", "{}", good, 1, 422, "/name"},
        {"word",
         "{\"name\": \"n\", \"productKey\": \"pk1\", \"componentType\": \"cpu\", \"packageType\": \"full\", "
         "\"targetVersion\": \"1\"}",
         good, 1, 422, "/componentType"},
        {"unknown product",
         "{\"name\": \"n\", \"productKey\": \"no\", \"componentType\": \"mcu\", \"packageType\": "
         "\"full\", \"targetVersion\": \"1\"}",
         good, 1, 422, "/productKey"},
        {"delta without source",
         "{\"name\": \"n\", \"productKey\": \"pk1\", \"componentType\": \"mcu\", \"packageType\": "
         "\"delta\", \"targetVersion\": \"1\"}",
         good, 1, 422, "/sourceVersions"},
        {"source of wrong type",
         "{\"name\": \"n\", \"productKey\": \"pk1\", \"componentType\": \"mcu\", "
         "\"packageType\": \"delta\", \"sourceVersions\": [\"1\", 2], \"targetVersion\": \"1\"}",
         good, 1, 400, "/sourceVersions/1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *problem = expect(rows[i].package, rows[i].files, rows[i].count, rows[i].status);
        CHECK_ROW(rows[i].name, strcmp(error_pointer(problem, 0), rows[i].pointer) == 0);
        json_decref(problem);
    }
    CU_ASSERT_EQUAL(files_in(&house, "files"), 0);
}

static void test_too_large(void)
{
    size_t size = (size_t)LIMIT_FILE + 1;
    char *bytes = calloc(1, size);
    struct upload_file files[] = {{"a.bin", bytes, size}};
    json_t *problem = expect(PACKAGE("large"), files, 1, 413);
    CHECK_TEXT(error_pointer(problem, 0), "/files/0");
    json_decref(problem);
    free(bytes);
}

static void test_raw_bodies(void)
{
    static const char *const form[] = {"Content-Type: multipart/form-data; boundary=B", NULL};
    static const char *const none[] = {"Content-Type: multipart/form-data", NULL};
    static const char *const json[] = {"Content-Type: application/json", NULL};
    static const struct {
        const char *name;
        const char *const *headers;
        const char *body;
        long status;
    } rows[] = {
        {"no boundary", none, "x", 415},
        {"JSON", json, "{}", 415},
        {"no closing boundary", form,
         "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\nabc", 400},
        {"nothing of it", form, "hello", 400},
        {"no disposition", form, "--B\r\nContent-Type: text/plain\r\n\r\nabc\r\n--B--\r\n", 400},
        {"unknown part", form, "--B\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nabc\r\n--B--\r\n", 400},
        {"file without a name", form, "--B\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nabc\r\n--B--\r\n",
         400},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reply reply;
        ask(&house, "POST", "/api/v1/packages", rows[i].headers, rows[i].body, &reply);
        CHECK_ROW(rows[i].name, reply.status == rows[i].status);
        reply_finish(&reply);
        CHECK_ROW(rows[i].name, files_in(&house, "tmp") == 0);
    }
}

static void test_idempotent_upload(void)
{
    static const struct upload_file file = {"a.bin", "abc", 3};
    struct reply first;
    struct reply second;
    upload(&house, PACKAGE("once"), &file, 1, "key", &first);
    upload(&house, PACKAGE("once"), &file, 1, "key", &second); /* another boundary, the same content */
    CU_ASSERT_EQUAL(first.status, 201);
    CU_ASSERT_EQUAL(second.status, 201);
    CHECK_TEXT(buffer_text(&first.body), buffer_text(&second.body));
    reply_finish(&first);
    reply_finish(&second);
    upload(&house, PACKAGE("once"), &file, 1, NULL, &second);
    CU_ASSERT_EQUAL(second.status, 409);
    reply_finish(&second);
    CU_ASSERT_EQUAL(files_in(&house, "files"), 1);
    CU_ASSERT_EQUAL(files_in(&house, "tmp"), 0);
}

/* A plan with the package, its lists, and what the use cases refuse. */
static void test_plan(void)
{
    static const struct upload_file file = {"p.bin", "abc", 3};
    json_t *package = expect(PACKAGE("for plans"), &file, 1, 201);
    json_t *body = json_loads("{\"name\": \"Plan\", \"productKey\": \"pk1\", \"mode\": \"silent\", \"timeZone\": "
                              "\"Asia/Shanghai\", \"components\": [{\"componentNo\": \"M\", \"name\": \"Module\", "
                              "\"componentType\": \"module\", \"sequence\": 1}], \"pushPeriod\": null, "
                              "\"blacklist\": [\"DKX\"], \"upgradeText\": {\"zh\": \"z\", \"en\": \"e\"}}",
                              0, NULL);
    json_t *component = json_array_get(json_object_get(body, "components"), 0);
    CHECK_FATAL(json_object_set(component, "packageId", json_object_get(package, "id")) == 0);
    char *text = json_dumps(body, 0);
    json_t *plan = rest(&house, "POST", "/api/v1/plans", text, 201);
    CHECK_TEXT(json_string_value(json_object_get(plan, "status")), "saved");
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_object_get(plan, "strategy"), "minSignal")), -113);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(plan, "blacklistCount")), 1);
    json_decref(rest(&house, "POST", "/api/v1/plans", text, 409));
    char path[64];
    char below[96];
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld", (long long)json_integer_value(json_object_get(plan, "id")));
    json_decref(rest(&house, "PUT", path, text, 200));
    (void)snprintf(below, sizeof below, "%s/whitelist", path);
    json_decref(rest(&house, "PUT", below, "[\"DK1\", \"DK2\"]", 204));
    json_t *problem = rest(&house, "PUT", below, "[\"DK1\", 2]", 400);
    CHECK_TEXT(error_pointer(problem, 0), "/1");
    json_decref(problem);
    static const char *const csv[] = {"Content-Type: text/csv", NULL};
    struct reply reply;
    ask(&house, "PUT", below, csv, "DK3\r\n\r\n DK4 \nDK5", &reply);
    CU_ASSERT_EQUAL(reply.status, 204);
    reply_finish(&reply);
    json_t *keys = rest(&house, "GET", below, NULL, 200);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(keys, "items")), 3);
    json_decref(keys);
    ask(&house, "PUT", below, csv, "DK3\nno good\n", &reply);
    CU_ASSERT_EQUAL(reply.status, 422);
    CHECK(strstr(buffer_text(&reply.body), "\"/1\"") != NULL);
    reply_finish(&reply);
    ask(&house, "PUT", below, csv, "deviceKey\nDK3\n\nDK4\nDK3\n", &reply);
    CU_ASSERT_EQUAL(reply.status, 422);
    CHECK(strstr(buffer_text(&reply.body), "\"/4\"") != NULL);
    CHECK(strstr(buffer_text(&reply.body), "line 5: DK3 is in the list already, in line 2") != NULL);
    reply_finish(&reply);
    (void)snprintf(below, sizeof below, "%s/statistics", path);
    json_t *statistics = rest(&house, "GET", below, NULL, 200);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(statistics, "total")), 3);
    CHECK(json_is_array(json_object_get(statistics, "timeline")));
    json_decref(statistics);
    (void)snprintf(below, sizeof below, "%s/activate", path);
    json_t *active = rest(&house, "POST", below, NULL, 200);
    CHECK_TEXT(json_string_value(json_object_get(active, "status")), "activated");
    json_decref(active);
    json_decref(rest(&house, "POST", below, NULL, 409));
    json_decref(rest(&house, "PUT", path, text, 409));
    json_decref(rest(&house, "DELETE", path, NULL, 409));
    (void)snprintf(below, sizeof below, "%s/devices?status=nonUpgraded", path);
    json_t *devices = rest(&house, "GET", below, NULL, 200);
    CHECK(json_is_array(json_object_get(devices, "items")));
    json_decref(devices);
    (void)snprintf(below, sizeof below, "%s/devices/NONE/logs", path);
    json_decref(rest(&house, "GET", below, NULL, 404));
    free(text);
    json_decref(plan);
    json_decref(body);
    json_decref(package);
}

static void test_plan_refused(void)
{
    static const struct {
        const char *name;
        const char *body;
        long status;
        const char *pointer;
    } rows[] = {
        {"manual", "{\"mode\": \"manual\", \"name\": \"n\"}", 422, "/upgradeText/zh"},
        {"push period", "{\"pushPeriod\": {\"start\": \"22:30\", \"end\": \"06:00\"}}", 422, "/pushPeriod/start"},
        {"planned time", "{\"plannedTime\": {}}", 422, "/plannedTime"},
        {"strategy of wrong type", "{\"strategy\": {\"retries\": \"5\"}}", 400, "/strategy/retries"},
        {"strategy member", "{\"strategy\": {\"retry\": 5}}", 400, "/strategy/retry"},
        {"half a retry", "{\"strategy\": {\"retries\": 5.0}}", 400, "/strategy/retries"},
        {"component", "{\"components\": [{}, 7]}", 400, "/components/1"},
        {"text", "{\"upgradeText\": {\"a/b\": 1}}", 400, "/upgradeText/a~1b"},
        {"list", "{\"whitelist\": [\"a\", null]}", 400, "/whitelist/1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *problem = rest(&house, "POST", "/api/v1/plans", rows[i].body, rows[i].status);
        bool named = false;
        for (size_t k = 0; k < json_array_size(json_object_get(problem, "errors")); k++) {
            named |= strcmp(error_pointer(problem, k), rows[i].pointer) == 0;
        }
        CHECK_ROW(rows[i].name, named);
        json_decref(problem);
    }
}

/* CUnit checks only within tests: so the house is opened and closed by the first and the last one. */
static void test_open(void)
{
    house_open(&house, NULL);
    json_decref(rest(&house, "POST", "/api/v1/products", "{\"name\": \"P\", \"productKey\": \"pk1\"}", 201));
}

static void test_close(void)
{
    house_close(&house);
}

int main(void)
{
    static const struct test_case cases[] = {{"opens", test_open},
                                             {"an upload", test_upload},
                                             {"refused", test_refused},
                                             {"a file of more than 100 MiB", test_too_large},
                                             {"raw bodies", test_raw_bodies},
                                             {"idempotency", test_idempotent_upload},
                                             {"a plan", test_plan},
                                             {"plans refused", test_plan_refused},
                                             {"closes", test_close},
                                             {0}};
    return suite_run("http door: uploads", cases);
}
