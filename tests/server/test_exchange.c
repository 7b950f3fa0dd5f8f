/* Export and import over real sockets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "story.h"
#include "support/suite.h"

static json_t *export_of(const struct server *server, const char *query)
{
    json_t *document = story_get(server, "export%s", query);
    (void)json_object_del(document, "exportedAt");
    return document;
}

static void import(const struct server *server, const char *query, const json_t *document, int expected)
{
    char path[96];
    (void)snprintf(path, sizeof path, "/api/v1/import%s", query);
    char *text = json_dumps(document, JSON_COMPACT);
    CHECK_FATAL(text != NULL);
    json_decref(rest_expect(server, "POST", path, text, expected));
    free(text);
}

static int64_t plan_of(const struct server *server)
{
    json_t *plans = story_get(server, "plans?productKey=pk1");
    int64_t id = json_integer_value(json_object_get(json_array_get(json_object_get(plans, "items"), 0), "id"));
    json_decref(plans);
    return id;
}

/* A device in the middle of its download: exported, deleted, imported, it goes on with the URL that it has. */
static void test_an_upgrade_goes_on(void)
{
    struct server server;
    struct test_device device;
    struct notify_message notify;
    struct firmware_message firmware;
    server_start(&server, NULL);
    (void)rest_simple_plan(&server, 5000, NULL);
    story_go_online(&server, &device);
    CHECK_FATAL(device_expect_notify(&device, 6000, &notify));
    CHECK(device_status(&device, 1, "STM32", 1, NULL, NULL));
    CHECK(device_status(&device, 2, "STM32", 1, NULL, NULL));
    CHECK_FATAL(device_expect_firmware(&device, 3000, &firmware));
    const char *link = strstr(firmware.files[0].url, "/firmware/");
    CHECK(device_status(&device, 4, "STM32", 1, NULL, NULL));
    json_decref(rest_expect(&server, "POST", "/api/v1/faults",
                            "{\"point\":\"ota.notify\",\"action\":{\"type\":\"duplicate\"},\"match\":{\"productKey\":"
                            "\"pk1\"},\"trigger\":{\"times\":3}}",
                            201));
    device_go_offline(&device);
    sleep_ms(200); /* its going is a part of the state */
    json_t *first = export_of(&server, "?productKey=pk1");
    json_decref(rest_expect(&server, "DELETE", "/api/v1/products/pk1", NULL, 204));
    json_decref(rest_expect(&server, "GET", link, NULL, 410));
    import(&server, "", first, 200);
    json_t *second = export_of(&server, "?productKey=pk1");
    CHECK(json_equal(first, second));
    json_decref(rest_expect(&server, "HEAD", link, NULL, 200));
    CHECK(device.secret[0] != '\0');
    CHECK_FATAL(device_go_online(&server, &device, TEST_DK, false)); /* with the secret that it has */
    CHECK(device_report(&device, "MODULE_V1", "STM32:1_0_0"));
    CHECK(device_status(&device, 9, "STM32", 1, NULL, NULL));
    CHECK(device_status(&device, 11, "STM32", 1, NULL, "STM32:2_0_0"));
    CHECK(rest_await_device(&server, plan_of(&server), TEST_DK, "upgraded"));
    device_go_offline(&device);
    json_decref(first);
    json_decref(second);
    server_stop(&server);
}

/* Into another server, over a kill -9, with and without the contents. */
static void test_another_server(void)
{
    struct server server;
    struct server other;
    server_start(&server, NULL);
    (void)rest_simple_plan(&server, 70000, NULL);
    json_decref(rest_expect(&server, "PUT", "/api/v1/products/pk1/clock",
                            "{\"mode\":\"manual\",\"now\":\"2027-03-01T00:00:00Z\"}", 200));
    json_t *whole = export_of(&server, "");
    json_t *bare = export_of(&server, "?files=none");
    server_stop(&server);
    CHECK(json_object_size(json_object_get(whole, "files")) == 1 && json_object_get(bare, "files") == NULL);
    server_start(&other, NULL);
    import(&other, "", bare, 422); /* the content is nowhere */
    json_decref(rest_expect(&other, "GET", "/api/v1/products/pk1", NULL, 404));
    import(&other, "", whole, 200);
    server_kill(&other);
    server_restart(&other);
    json_t *again = export_of(&other, "");
    CHECK(json_equal(whole, again));
    json_decref(again);
    import(&other, "", bare, 409);
    import(&other, "?replace=true", bare, 200); /* the content is here */
    again = export_of(&other, "");
    CHECK(json_equal(whole, again));
    json_decref(again);
    json_decref(rest_expect(&other, "POST", "/api/v1/packages/2/check", NULL, 200));
    json_decref(whole);
    json_decref(bare);
    server_stop(&other);
}

/* A fixture is told apart by having no "format"; it is whole or nothing too. */
static void test_fixture(void)
{
    static const char fixture[] =
        "{\"products\":[{\"name\":\"F\",\"productKey\":\"fix\",\"devices\":[{\"deviceKey\":\"1\"}]}],\"packages\":[{"
        "\"name\":\"P\",\"productKey\":\"fix\",\"componentType\":\"mcu\",\"packageType\":\"full\",\"targetVersion\":"
        "\"2\","
        "\"files\":[%s]}],\"plans\":[{\"name\":\"plan\",\"productKey\":\"fix\",\"mode\":\"silent\",\"timeZone\":\"%s\","
        "\"components\":[{\"componentNo\":\"C\",\"name\":\"c\",\"componentType\":\"mcu\",\"package\":\"P\","
        "\"sequence\":1}],"
        "\"activate\":true}]}";
    static const struct {
        const char *file;
        const char *zone;
        const char *query;
        int expected;
        const char *pointer;
    } rows[] = {{"{\"path\":\"x.bin\"}", "UTC", "", 422, "/packages/0/files/0/path"},
                {"{\"name\":\"x.bin\",\"content\":\"AAE\"}", "UTC", "", 422, "/packages/0/files/0/content"},
                {"{\"name\":\"x.bin\",\"size\":10,\"seed\":1}", "Mars", "", 422, "/plans/0/timeZone"},
                {"{\"name\":\"x.bin\",\"size\":\"10\"}", "UTC", "", 400, "/packages/0/files/0"},
                {"{\"name\":\"x.bin\",\"content\":\"AAEC\"}", "UTC", "", 200, NULL},
                {"{\"name\":\"x.bin\",\"size\":10,\"seed\":1}", "UTC", "", 409, NULL},
                {"{\"name\":\"x.bin\",\"size\":10,\"seed\":1}", "Mars", "?replace=true", 422, "/plans/0/timeZone"},
                {"{\"name\":\"x.bin\",\"size\":10,\"seed\":1}", "UTC", "?replace=true", 200, NULL}};
    struct server server;
    server_start(&server, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char body[1400];
        char path[64];
        (void)snprintf(body, sizeof body, fixture, rows[i].file, rows[i].zone);
        (void)snprintf(path, sizeof path, "/api/v1/import%s", rows[i].query);
        json_t *answer = rest_expect(&server, "POST", path, body, rows[i].expected);
        if (rows[i].pointer != NULL) {
            CHECK_ROW(rows[i].file, strcmp(json_text_at(answer, "errors.0.pointer"), rows[i].pointer) == 0);
        }
        json_decref(answer);
        int http_status = 0;
        json_decref(rest_call(&server, "GET", "/api/v1/products/fix", NULL, &http_status));
        CHECK_ROW(rows[i].file, http_status == (i < 4 ? 404 : 200));
        char output[64];
        char line[256];
        (void)snprintf(line, sizeof line, "ls %s/files %s/tmp | grep -c bin", server.data_dir, server.data_dir);
        sleep_ms(i < 4 ? 0 : 100); /* files of a product that was replaced go behind the answer */
        (void)shell_run(line, output, sizeof output);
        CHECK_ROW(rows[i].file, strcmp(output, i < 4 ? "0\n" : "1\n") == 0);
    }
    json_t *packages = story_get(&server, "packages");
    CHECK_TEXT(json_text_at(packages, "items.0.files.0.name"), "x.bin");
    CHECK(json_integer_value(json_object_get(
              json_array_get(json_object_get(json_array_get(json_object_get(packages, "items"), 0), "files"), 0),
              "size")) == 10);
    json_decref(packages);
    server_stop(&server);
}

/* What is wrong is named; nothing is written. */
static void test_wrong_documents(void)
{
    static const struct {
        const char *path; /* of the member in the document, as jq says it */
        const char *value;
        int expected;
        const char *pointer;
    } rows[] = {{".version", "2", 422, "/version"},
                {".format", "\"another\"", 422, "/format"},
                {".products", "{}", 400, "/products"},
                {".products[0].colour", "1", 400, "/products/0/colour"},
                {".products[0].devices[0].battery", "\"full\"", 400, "/products/0/devices/0/battery"},
                {".products[0].devices[0].authMode", "\"none\" | .products[0].devices[0].id = 4", 422,
                 "/products/0/devices/0/id"},
                {".products[0].planComponents[0].package", "2", 422, "/products/0/planComponents/0/package"},
                {".products[0].plans[0].status", "\"odd\"", 422, "/products/0/plans/0/status"},
                {".products[0].plans[0].createdAt", "\"yesterday\"", 400, "/products/0/plans/0/createdAt"},
                {".products[0].packageFiles[0].crc32", "\"00000000\"", 422, "/products/0/packageFiles/0/md5"},
                {".files[.products[0].packageFiles[0].sha256]", "\"AAAA\"", 422, NULL},
                {".products[0].faults", "[{\"point\":\"ota.url\",\"seen\":0}]", 422, "/products/0/faults/0/action"},
                {".products", "(.products + .products)", 422, "/products/1/productKey"}};
    struct server server;
    char line[512];
    char output[4096];
    server_start(&server, NULL);
    (void)rest_simple_plan(&server, 500, NULL);
    json_decref(rest_expect(&server, "POST", "/api/v1/products/pk1/devices", "{\"deviceKey\":\"1\"}", 201));
    (void)snprintf(line, sizeof line, "curl -s %s/api/v1/export > %s/doc.json", server.http, server.folder);
    CHECK(shell_run(line, output, sizeof output) == 0);
    json_t *before = export_of(&server, "");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(line, sizeof line,
                       "jq -c '%s = %s' %s/doc.json | curl -s -w '\\n%%{http_code}' '%s/api/v1/import?replace=true' -H "
                       "'Content-Type: application/json' --data-binary @-",
                       rows[i].path, rows[i].value, server.folder, server.http);
        (void)shell_run(line, output, sizeof output);
        char code[8];
        (void)snprintf(code, sizeof code, "\n%d", rows[i].expected);
        CHECK_ROW(rows[i].path, strstr(output, code) != NULL);
        if (rows[i].pointer != NULL) {
            char pointer[96];
            (void)snprintf(pointer, sizeof pointer, "\"pointer\":\"%s\"", rows[i].pointer);
            CHECK_ROW(output, strstr(output, pointer) != NULL);
        }
    }
    json_t *after = export_of(&server, "");
    CHECK(json_equal(before, after));
    json_decref(before);
    json_decref(after);
    json_decref(rest_expect(&server, "GET", "/api/v1/export?productKey=unknown", NULL, 422));
    json_decref(rest_expect(&server, "GET", "/api/v1/export?files=some", NULL, 400));
    json_decref(rest_expect(&server, "POST", "/api/v1/import?replace=perhaps", "{}", 400));
    server_stop(&server);
}

int main(void)
{
    static const struct test_case cases[] = {{"an upgrade goes on", test_an_upgrade_goes_on},
                                             {"another server", test_another_server},
                                             {"a fixture", test_fixture},
                                             {"wrong documents", test_wrong_documents},
                                             {0}};
    return suite_run("server_exchange", cases);
}
