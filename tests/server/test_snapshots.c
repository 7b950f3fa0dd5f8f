/* Snapshots over real sockets: a state is kept under a name and returned to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "story.h"
#include "support/suite.h"

#define AT "/api/v1/products/pk1/snapshots"

static json_t *export_of(const struct server *server)
{
    json_t *document = story_get(server, "export?productKey=pk1");
    (void)json_object_del(document, "exportedAt");
    return document;
}

static int64_t files_in(const struct server *server, const char *folder)
{
    char line[256];
    char output[64];
    (void)snprintf(line, sizeof line, "find %s/%s -type f | wc -l", server->data_dir, folder);
    CHECK(shell_run(line, output, sizeof output) == 0);
    return strtoll(output, NULL, 10);
}

/* The file behind the answer, too. */
static void await_files(const struct server *server, const char *folder, int64_t wanted)
{
    for (int i = 0; i < 200 && files_in(server, folder) != wanted; i++) {
        sleep_ms(10);
    }
    CHECK(files_in(server, folder) == wanted);
}

static bool is_there(const struct server *server, const char *path)
{
    int http_status = 0;
    json_decref(rest_call(server, "GET", path, NULL, &http_status));
    return http_status == 200;
}

/* In the middle of a download; then everything goes wrong, and is as it was: the device goes on by itself. */
static void test_restore(void)
{
    struct server server;
    struct test_device device;
    struct notify_message notify;
    struct firmware_message firmware;
    char path[96];
    server_start(&server, NULL);
    int64_t plan = rest_simple_plan(&server, 5000, NULL);
    story_go_online(&server, &device);
    CHECK_FATAL(device_expect_notify(&device, 6000, &notify));
    CHECK(device_status(&device, 1, "STM32", 1, NULL, NULL));
    CHECK(device_status(&device, 2, "STM32", 1, NULL, NULL));
    CHECK_FATAL(device_expect_firmware(&device, 3000, &firmware));
    const char *link = strstr(firmware.files[0].url, "/firmware/");
    json_decref(rest_expect(&server, "PUT", "/api/v1/products/pk1/clock", "{\"mode\":\"manual\"}", 200));
    json_decref(rest_expect(&server, "POST", "/api/v1/faults",
                            "{\"point\":\"ota.notify\",\"action\":{\"type\":\"duplicate\"},\"match\":{\"productKey\":"
                            "\"pk1\"}}",
                            201));
    json_t *made = rest_expect(&server, "POST", AT, "{\"name\":\"mid-download\"}", 201);
    CHECK(json_integer_value(json_object_get(made, "devices")) == 1);
    json_decref(made);
    json_t *before = export_of(&server);
    /* the upgrade ends, the product is reset, somebody else makes a plan */
    CHECK(device_status(&device, 9, "STM32", 1, NULL, NULL));
    CHECK(device_status(&device, 11, "STM32", 1, NULL, "STM32:2_0_0"));
    CHECK(rest_await_device(&server, plan, TEST_DK, "upgraded"));
    json_decref(rest_expect(&server, "POST", "/api/v1/products/pk1/reset", NULL, 200));
    CHECK(raw_is_closed(&device.link, 3000));
    device_go_offline(&device);
    await_files(&server, "files", 0);
    json_decref(rest_expect(&server, "POST", "/api/v1/products/pk1/devices", "{\"deviceKey\":\"1\"}", 201));
    for (int i = 0; i < 2; i++) { /* a second time it is the same */
        json_t *restored = rest_expect(&server, "POST", AT "/mid-download/restore", NULL, 200);
        CHECK_TEXT(json_text_at(restored, "name"), "mid-download");
        json_decref(restored);
        json_t *after = export_of(&server);
        CHECK(json_equal(before, after));
        json_decref(after);
    }
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld", (long long)plan);
    CHECK(is_there(&server, path)); /* plans keep their ids */
    await_files(&server, "files", 1);
    json_decref(rest_expect(&server, "HEAD", link, NULL, 200));
    CHECK_FATAL(device_go_online(&server, &device, TEST_DK, false));
    CHECK(device_report(&device, "MODULE_V1", "STM32:1_0_0"));
    CHECK(device_status(&device, 9, "STM32", 1, NULL, NULL));
    CHECK(device_status(&device, 11, "STM32", 1, NULL, "STM32:2_0_0"));
    CHECK(rest_await_device(&server, plan, TEST_DK, "upgraded"));
    device_go_offline(&device);
    json_decref(before);
    server_stop(&server);
}

/* They outlive a kill -9; half a one does not. They go with their product, and another's state is nobody's business. */
static void test_life(void)
{
    struct server server;
    char line[256];
    char output[64];
    server_start(&server, NULL);
    int64_t plan = rest_simple_plan(&server, 5000, NULL);
    (void)plan;
    json_decref(rest_expect(&server, "POST", AT, "{\"name\":\"one\"}", 201));
    json_decref(rest_expect(&server, "POST", AT, "{\"name\":\"two\"}", 201));
    json_t *before = export_of(&server);
    json_decref(rest_expect(&server, "POST", "/api/v1/products", "{\"name\":\"b\",\"productKey\":\"pk2\"}", 201));
    server_kill(&server);
    (void)snprintf(line, sizeof line, "mkdir %s/snapshots/half && touch %s/snapshots/half/state.db", server.data_dir,
                   server.data_dir);
    CHECK(shell_run(line, output, sizeof output) == 0);
    server_restart(&server);
    CHECK(files_in(&server, "snapshots") == 4); /* two databases, two files */
    json_decref(rest_expect(&server, "POST", "/api/v1/products/pk1/reset", NULL, 200));
    json_t *list = story_get(&server, "products/pk1/snapshots?limit=1");
    CHECK_TEXT(json_text_at(list, "items.0.name"), "one");
    CHECK(json_is_string(json_object_get(list, "nextCursor")));
    json_decref(list);
    json_decref(rest_expect(&server, "POST", AT "/two/restore", NULL, 200));
    server_kill(&server); /* right behind the answer */
    server_restart(&server);
    json_t *after = export_of(&server);
    CHECK(json_equal(before, after));
    json_decref(before);
    json_decref(after);
    CHECK(is_there(&server, "/api/v1/products/pk2"));
    json_decref(rest_expect(&server, "DELETE", AT "/one", NULL, 204));
    CHECK(!is_there(&server, AT "/one") && is_there(&server, AT "/two"));
    CHECK(files_in(&server, "snapshots") == 2);
    json_decref(rest_expect(&server, "DELETE", "/api/v1/products/pk1", NULL, 204));
    CHECK(files_in(&server, "snapshots") == 0);
    server_stop(&server);
}

static void test_refused(void)
{
    static const struct {
        const char *method;
        const char *path;
        const char *body;
        int expected;
    } rows[] = {{"POST", AT, "{\"name\":\"same\"}", 201},
                {"POST", AT, "{\"name\":\"same\"}", 409},
                {"POST", AT, "{\"name\":\"not a word\"}", 422},
                {"POST", AT, "{\"name\":\"..\"}", 422},
                {"POST", AT, "{\"name\":1}", 400},
                {"POST", AT, "{}", 422},
                {"POST", AT, "{\"name\":\"x\",\"colour\":1}", 400},
                {"POST", "/api/v1/products/nobody/snapshots", "{\"name\":\"x\"}", 404},
                {"GET", "/api/v1/products/nobody/snapshots", NULL, 404},
                {"GET", AT "/nothing", NULL, 404},
                {"DELETE", AT "/nothing", NULL, 404},
                {"POST", AT "/nothing/restore", NULL, 404}};
    struct server server;
    server_start(&server, NULL);
    (void)rest_simple_plan(&server, 500, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_decref(rest_expect(&server, rows[i].method, rows[i].path, rows[i].body, rows[i].expected));
    }
    for (int i = 1; i < LIMIT_SNAPSHOTS; i++) {
        char body[48];
        (void)snprintf(body, sizeof body, "{\"name\":\"%d\"}", i);
        json_decref(rest_expect(&server, "POST", AT, body, 201));
    }
    json_decref(rest_expect(&server, "POST", AT, "{\"name\":\"one-too-many\"}", 409));
    CHECK(files_in(&server, "snapshots") == 2LL * LIMIT_SNAPSHOTS); /* what was refused left nothing */
    server_stop(&server);
}

/* The commands find the server by themselves. */
static void test_commands(void)
{
    static const char *const fixture =
        "{\"products\":[{\"name\":\"F\",\"productKey\":\"fix\"}],\"packages\":[{\"name\":\"P\","
        "\"productKey\":\"fix\",\"componentType\":\"mcu\",\"packageType\":\"full\","
        "\"targetVersion\":\"2\",\"files\":[{\"path\":\"fw/x.bin\"}]}]}";
    static const struct {
        const char *line;
        int code;
        const char *output;
    } rows[] = {{"import f.json", 0, "imported: 1 products, 1 packages\n"},
                {"import f.json", 1, "a product with this key exists"},
                {"import --replace f.json", 0, "imported: 1 products, 1 packages\n"},
                {"import nothing.json", 2, "nothing.json"},
                {"import", 2, "takes one file"},
                {"import a b", 2, "takes one file"},
                {"export --product-key fix --output state.json", 0, ""},
                {"export --product-key nobody", 1, "no such product"},
                {"export --files some", 2, "content|none"},
                {"reset --product-key fix", 0, "removed: 1 packages\n"},
                {"reset --product-key nobody", 1, "404"},
                {"reset --product-key fix --keep faults", 2, "says nothing with --product"},
                {"reset --keep cats", 1, "must be products, packages or faults"},
                {"import --replace state.json", 0, "imported: 1 products, 1 packages\n"},
                {"reset --keep packages,faults", 0, "removed: nothing\n"},
                {"reset", 0, "removed: 1 products, 1 packages\n"},
                {"export --files none", 0, "\"products\":[]"},
                {"reset --help", 0, "usage: mockdc reset"}};
    struct server server;
    char folder[] = "/tmp/mockdc-state-XXXXXX";
    char line[1400];
    char output[8192];
    server_start(&server, NULL);
    CHECK_FATAL(mkdtemp(folder) != NULL);
    (void)snprintf(line, sizeof line, "cd %s && mkdir fw && head -c 9000 /dev/urandom > fw/x.bin && echo '%s' > f.json",
                   folder, fixture);
    CHECK_FATAL(shell_run(line, output, sizeof output) == 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(line, sizeof line, "cd %s && MOCKDC_URL=%s %s %s", folder, server.http, server_program(),
                       rows[i].line);
        int code = shell_run(line, output, sizeof output);
        if (code != rows[i].code || strstr(output, rows[i].output) == NULL) {
            (void)fprintf(stderr, "    %d: %s\n", code, output);
        }
        CHECK_ROW(rows[i].line, code == rows[i].code && strstr(output, rows[i].output) != NULL);
    }
    (void)snprintf(line, sizeof line, "stat -c %%a %s/state.json; rm -r %s", folder, folder);
    (void)shell_run(line, output, sizeof output);
    CHECK_TEXT(output, "600\n"); /* it holds secrets */
    server_stop(&server);
}

/* A client that did not get the answer asks again with its key; without one the name is taken. */
static void test_asked_again(void)
{
    struct server server;
    char line[512];
    char output[2048];
    server_start(&server, NULL);
    (void)rest_simple_plan(&server, 5000, NULL);
    (void)snprintf(
        line, sizeof line,
        "ask() { curl -s -o /dev/null -w '%%{http_code} ' %s" AT " -H 'Content-Type: application/json' "
        "-d \"$@\"; }\n"
        "ask '{\"name\":\"a\"}' -H 'Idempotency-Key: one'; ask '{\"name\":\"a\"}' -H 'Idempotency-Key: one'\n"
        "ask '{\"name\":\"b\"}' -H 'Idempotency-Key: one'; ask '{\"name\":\"a\"}'",
        server.http);
    (void)shell_run(line, output, sizeof output);
    CHECK_TEXT(output, "201 201 422 409 ");
    server_stop(&server);
}

int main(void)
{
    static const struct test_case cases[] = {{"restore", test_restore},   {"life", test_life},
                                             {"refused", test_refused},   {"asked again", test_asked_again},
                                             {"commands", test_commands}, {0}};
    return suite_run("server_snapshots", cases);
}
