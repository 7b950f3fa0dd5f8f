/* Reset over real sockets: what of a product goes, what stays, and how its devices find back. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "story.h"
#include "support/suite.h"

enum { QUIET_MS = 900 };

static const char reset_path[] = "/api/v1/products/pk1/reset";

static json_t *post(const struct server *server, const char *path, const char *body, int expected)
{
    return rest_expect(server, "POST", path, body, expected);
}

static int64_t count_of(const struct server *server, const char *path)
{
    json_t *list = rest_expect(server, "GET", path, NULL, 200);
    int64_t count = (int64_t)json_array_size(json_object_get(list, "items"));
    json_decref(list);
    return count;
}

static int64_t number(const json_t *json, const char *name)
{
    return json_integer_value(json_object_get(json, name));
}

/* A device that has its firmware information; `link` gets what follows the server's address. */
static int64_t begin(struct server *server, struct test_device *device, char link[128])
{
    struct notify_message notify;
    struct firmware_message firmware;
    server_start(server, NULL);
    int64_t plan = rest_simple_plan(server, 5000, NULL);
    story_go_online(server, device);
    CHECK_FATAL(device_expect_notify(device, 6000, &notify));
    CHECK(device_status(device, 1, "STM32", 1, NULL, NULL));
    CHECK(device_status(device, 2, "STM32", 1, NULL, NULL));
    CHECK_FATAL(device_expect_firmware(device, 3000, &firmware));
    const char *path = strstr(firmware.files[0].url, "/firmware/");
    CHECK_FATAL(path != NULL);
    (void)snprintf(link, 128, "%s", path);
    return plan;
}

/* The server has closed its link. */
static bool is_cut(struct test_device *device)
{
    return raw_is_closed(&device->link, 3000);
}

static void add_second_product(const struct server *server)
{
    json_decref(post(server, "/api/v1/products", "{\"name\":\"two\",\"productKey\":\"pk2\"}", 201));
    json_decref(post(server, "/api/v1/products/pk2/devices", "{\"deviceKey\":\"2\"}", 201));
    json_decref(rest_expect(server, "PUT", "/api/v1/products/pk2/clock", "{\"mode\":\"manual\"}", 200));
    json_decref(post(server, "/api/v1/faults",
                     "{\"point\":\"ota.notify\",\"action\":{\"type\":\"drop\"},\"match\":{\"productKey\":\"pk2\"}}",
                     201));
}

static void check_second_product(const struct server *server)
{
    CHECK(count_of(server, "/api/v1/products/pk2/devices") == 1);
    CHECK(count_of(server, "/api/v1/faults?productKey=pk2") == 1);
    json_t *clock = rest_expect(server, "GET", "/api/v1/products/pk2/clock", NULL, 200);
    CHECK_TEXT(json_text_at(clock, "mode"), "manual");
    json_decref(clock);
}

static void test_product(void)
{
    struct server server;
    struct test_device device;
    char link[128];
    char path[96];
    int64_t plan = begin(&server, &device, link);
    add_second_product(&server);
    json_decref(rest_expect(&server, "PUT", "/api/v1/products/pk1/clock", "{\"mode\":\"offset\"}", 200));
    json_decref(post(&server, "/api/v1/faults",
                     "{\"point\":\"ota.url\",\"action\":{\"type\":\"drop\"},\"match\":{\"productKey\":\"pk1\"}}", 201));
    (void)snprintf(path, sizeof path,
                   "{\"point\":\"ota.url\",\"action\":{\"type\":\"drop\"},\"match\":{\"planId\":%lld}}",
                   (long long)plan);
    json_decref(post(&server, "/api/v1/faults", path, 201));
    json_decref(rest_expect(&server, "GET", link, NULL, 200));
    json_t *counts = post(&server, reset_path, NULL, 200);
    CHECK(number(counts, "products") == 0 && number(counts, "devices") == 1 && number(counts, "links") == 1);
    CHECK(number(counts, "packages") == 1 && number(counts, "plans") == 1 && number(counts, "planDevices") == 1);
    CHECK(number(counts, "firmwareLinks") == 1 && number(counts, "clocks") == 1 && number(counts, "faults") == 2);
    CHECK(number(counts, "logEntries") >= 4 && number(counts, "journalEntries") >= 4);
    json_decref(counts);
    CHECK(count_of(&server, "/api/v1/products/pk1/devices") == 0);
    CHECK(count_of(&server, "/api/v1/packages") == 0);
    CHECK(count_of(&server, "/api/v1/plans") == 0);
    CHECK(count_of(&server, "/api/v1/journal?productKey=pk1") == 0);
    CHECK(count_of(&server, "/api/v1/faults?productKey=pk1") == 0);
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld", (long long)plan);
    json_decref(rest_expect(&server, "GET", path, NULL, 404));
    json_decref(rest_expect(&server, "GET", link, NULL, 410));
    json_t *product = rest_expect(&server, "GET", "/api/v1/products/pk1", NULL, 200);
    CHECK_TEXT(json_text_at(product, "productSecret"), "secret1");
    json_decref(product);
    json_t *clock = rest_expect(&server, "GET", "/api/v1/products/pk1/clock", NULL, 200);
    CHECK_TEXT(json_text_at(clock, "mode"), "real");
    json_decref(clock);
    check_second_product(&server);
    CHECK(is_cut(&device));
    CHECK(count_of(&server, "/api/v1/journal?productKey=pk1") == 0); /* cutting the link is no entry either */
    device_go_offline(&device);
    json_decref(post(&server, "/api/v1/products/unknown/reset", NULL, 404));
    server_stop(&server); /* checks references */
}

/*
 * A virtual device whose product is reset in the middle: it is told to authenticate again, and upgrades. It asks every
 * second: a notify that reaches it while it still loads from a link that is no more is ignored (protocol.md, 9.2). Reset
 * between its confirm and the firmware information it would ignore every notify for 30 s.
 */
static void test_device_comes_back(void)
{
    static const char *const options[] = {"--time-scale",    "10", "--power-cut", "9", "--power-off", "1500",
                                          "--request-every", "1",  NULL};
    struct server server;
    char output[128];
    server_start(&server, NULL);
    int64_t plan = rest_simple_plan(&server, 3000000, NULL);
    (void)snprintf(output, sizeof output, "%s/device.log", server.folder);
    pid_t device = device_start(&server, options, output);
    for (int i = 0; i < 1000; i++) {
        char path[96];
        (void)snprintf(path, sizeof path, "/api/v1/plans/%lld/devices/" TEST_DK, (long long)plan);
        json_t *row = rest_call(&server, "GET", path, NULL, &(int){0});
        bool upgrades = strcmp(json_text_at(row, "components.0.step"), "downloading") == 0;
        json_decref(row);
        if (upgrades) {
            break;
        }
        sleep_ms(10);
    }
    json_t *counts = post(&server, reset_path, NULL, 200);
    CHECK(number(counts, "planDevices") == 1);
    json_decref(counts);
    int64_t package = rest_package(&server,
                                   "{\"name\":\"STM32 2\",\"productKey\":\"pk1\",\"componentType\":\"mcu\","
                                   "\"packageType\":\"full\",\"targetVersion\":\"2_0_0\"}",
                                   "fw.bin", test_bytes(5000, 1), 5000);
    plan = story_plan(&server, package, "\"mode\":\"silent\",");
    story_act(&server, plan, "activate");
    CHECK(rest_await_device(&server, plan, TEST_DK, "upgraded"));
    CHECK(process_wait(device, 30) == 0);
    server_stop(&server);
}

/* What was delayed for a device does not come after the reset, to nobody. */
static void test_delayed_notify(void)
{
    struct server server;
    struct test_device device = {0};
    struct test_device again = {0};
    struct notify_message notify;
    server_start(&server, NULL);
    json_decref(post(&server, "/api/v1/faults",
                     "{\"point\":\"ota.notify\",\"action\":{\"type\":\"delay\",\"ms\":600},\"trigger\":{\"times\":1}}",
                     201));
    (void)rest_simple_plan(&server, 5000, NULL);
    story_go_online(&server, &device);
    for (int i = 0; i < 300 && count_of(&server, "/api/v1/journal?kind=fault") == 0; i++) {
        sleep_ms(10);
    }
    json_decref(post(&server, reset_path, NULL, 200));
    CHECK(is_cut(&device));
    device_go_offline(&device);
    CHECK_FATAL(device_go_online(&server, &again, TEST_DK, false));
    CHECK(!device_expect_notify(&again, QUIET_MS, &notify));
    device_go_offline(&again);
    server_stop(&server);
}

struct waiting_call {
    const struct server *server;
    char path[160];
    const char *method;
    const char *body;
    int http_status;
};

static void *wait_for_it(void *context)
{
    struct waiting_call *call = context;
    json_decref(rest_call(call->server, call->method, call->path, call->body, &call->http_status));
    return NULL;
}

/* Calls that wait are answered as if the thing had been deleted; a stream says that the product was reset. */
static void test_waiting_calls(void)
{
    struct server server;
    struct test_device device;
    char link[128];
    char line[512];
    char output[4096];
    pthread_t threads[2];
    int64_t plan = begin(&server, &device, link);
    struct waiting_call calls[2] = {{.server = &server, .method = "GET"}, {.server = &server, .method = "GET"}};
    (void)snprintf(calls[0].path, sizeof calls[0].path,
                   "/api/v1/plans/%lld/devices/" TEST_DK "?waitFor=upgraded&timeout=15", (long long)plan);
    (void)snprintf(calls[1].path, sizeof calls[1].path, "/api/v1/plans/%lld?waitFor=ended&timeout=15", (long long)plan);
    for (size_t i = 0; i < 2; i++) {
        CHECK_FATAL(pthread_create(&threads[i], NULL, wait_for_it, &calls[i]) == 0);
    }
    sleep_ms(300); /* so that they wait; they are answered in any case */
    (void)snprintf(
        line, sizeof line,
        "curl -sN --max-time 3 '%s/api/v1/events?kind=product' & sleep 0.5; curl -s -X POST %s%s >/dev/null; wait",
        server.http, server.http, reset_path);
    (void)shell_run(line, output, sizeof output);
    CHECK(strstr(output, "\"what\":\"reset\"") != NULL);
    for (size_t i = 0; i < 2; i++) {
        (void)pthread_join(threads[i], NULL);
        CHECK(calls[i].http_status == 404);
    }
    device_go_offline(&device);
    server_stop(&server);
}

/* A download that is open ends, also one on which a fault acts: the client sees the end, far from the file's. */
static void test_downloads_end(void)
{
    static const char *const faults[] = {
        NULL, "{\"point\":\"http.firmware\",\"action\":{\"type\":\"stall\",\"atByte\":1000,\"seconds\":60}}",
        "{\"point\":\"http.firmware\",\"action\":{\"type\":\"throttle\",\"bytesPerSecond\":100000}}"};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct server server;
        struct test_device device;
        struct firmware_message firmware;
        struct notify_message notify;
        char line[1600];
        char output[512];
        server_start(&server, NULL);
        (void)rest_simple_plan(&server, 30000000, NULL);
        if (faults[i] != NULL) {
            json_decref(post(&server, "/api/v1/faults", faults[i], 201));
        }
        story_go_online(&server, &device);
        CHECK_FATAL(device_expect_notify(&device, 6000, &notify));
        CHECK(device_status(&device, 1, "STM32", 1, NULL, NULL));
        CHECK(device_status(&device, 2, "STM32", 1, NULL, NULL));
        CHECK_FATAL(device_expect_firmware(&device, 3000, &firmware));
        (void)snprintf(line, sizeof line,
                       "exec 3<>/dev/tcp/127.0.0.1/%u\n"
                       "printf 'GET %s HTTP/1.1\\r\\nHost: 127.0.0.1:%u\\r\\n\\r\\n' >&3\n"
                       "head -c 500 <&3 | head -n 1; curl -s -o /dev/null -X POST %s%s\n"
                       "[ $(timeout 10 wc -c <&3) -lt 29000000 ] && echo ended",
                       server.http_port, strstr(firmware.files[0].url, "/firmware/"), server.http_port, server.http,
                       reset_path);
        (void)shell_run(line, output, sizeof output);
        CHECK_ROW(faults[i] == NULL ? "no fault" : faults[i], strcmp(output, "HTTP/1.1 200 OK\r\nended\n") == 0);
        if (strstr(output, "ended") == NULL) {
            (void)fprintf(stderr, "%s\n", output);
        }
        device_go_offline(&device);
        server_stop(&server);
    }
}

/* The same key again creates anew: what it had created is no more. */
static void test_kept_answers(void)
{
    struct server server;
    char line[512];
    char output[2048];
    server_start(&server, NULL);
    (void)snprintf(
        line, sizeof line,
        "api=%s/api/v1; j='Content-Type: application/json'; k='Idempotency-Key: one'\n"
        "curl -s $api/products -H \"$j\" -H \"$k\" -d '{\"name\":\"one\",\"productKey\":\"pk1\"}' >/dev/null\n"
        "d() { curl -s -o /dev/null -w '%%{http_code} ' $api/products/pk1/devices -H \"$j\" -H \"$k\" -d "
        "'{\"deviceKey\":\"1\"}'; }; d; d; curl -s -X POST $api/products/pk1/reset | grep -o '\"answers\":[0-9]*'; d\n"
        "curl -s $api/products/pk1/devices | grep -c deviceKey",
        server.http);
    (void)shell_run(line, output, sizeof output);
    CHECK_TEXT(output, "201 201 \"answers\":1\n201 1\n");
    server_stop(&server);
}

static void test_all(void)
{
    static const struct {
        const char *keep;
        int64_t products;
        int64_t packages;
        int64_t faults;
    } rows[] = {{"{}", 0, 0, 0},
                {NULL, 0, 0, 0},
                {"{\"keep\":[\"products\"]}", 2, 0, 0},
                {"{\"keep\":[\"packages\"]}", 2, 1, 0},
                {"{\"keep\":[\"faults\"]}", 0, 0, 1},
                {"{\"keep\":[\"products\",\"faults\"]}", 2, 0, 2},
                {"{\"keep\":null}", 0, 0, 0}};
    struct server server;
    server_start(&server, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)rest_simple_plan(&server, 5000, NULL);
        add_second_product(&server);
        json_decref(post(&server, "/api/v1/faults",
                         "{\"point\":\"ota.url\",\"action\":{\"type\":\"drop\"},\"match\":{\"deviceKey\":\"1\"}}",
                         201));
        json_decref(post(&server, "/api/v1/faults",
                         "{\"point\":\"ota.url\",\"action\":{\"type\":\"drop\"},\"match\":{\"planId\":1}}",
                         i == 0 ? 201 : 422));
        json_decref(rest_expect(&server, "PUT", "/api/v1/clock", "{\"mode\":\"manual\"}", 200));
        json_t *counts = post(&server, "/api/v1/reset", rows[i].keep, 200);
        const char *name = rows[i].keep == NULL ? "no body" : rows[i].keep;
        CHECK_ROW(name, number(counts, "plans") == 1 && number(counts, "devices") == 1);
        CHECK_ROW(name, number(counts, "products") == 2 - rows[i].products);
        json_decref(counts);
        CHECK_ROW(name, count_of(&server, "/api/v1/products") == rows[i].products);
        CHECK_ROW(name, count_of(&server, "/api/v1/packages") == rows[i].packages);
        CHECK_ROW(name, count_of(&server, "/api/v1/plans") == 0);
        CHECK_ROW(name, count_of(&server, "/api/v1/faults") == rows[i].faults);
        json_t *clock = rest_expect(&server, "GET", "/api/v1/clock", NULL, 200);
        CHECK_ROW(name, strcmp(json_text_at(clock, "mode"), "real") == 0);
        json_decref(clock);
        json_decref(post(&server, "/api/v1/reset", "{}", 200)); /* for the next row */
    }
    json_decref(post(&server, "/api/v1/reset", "{\"keep\":[\"devices\"]}", 422));
    json_decref(post(&server, "/api/v1/reset", "{\"keep\":[1]}", 400));
    json_decref(post(&server, "/api/v1/reset", "{\"keep\":\"faults\"}", 400));
    json_decref(post(&server, "/api/v1/reset", "{\"keeps\":[]}", 400));
    server_stop(&server);
}

/* kill -9 right behind the answer: what was to go behind it goes at the start, references are whole. */
static void test_killed_behind(void)
{
    struct server server;
    struct test_device device;
    char link[128];
    (void)begin(&server, &device, link);
    json_decref(post(&server, reset_path, NULL, 200));
    server_kill(&server);
    server_restart(&server);
    CHECK(count_of(&server, "/api/v1/plans") == 0);
    CHECK(count_of(&server, "/api/v1/products") == 1);
    json_decref(rest_expect(&server, "GET", link, NULL, 404));
    char line[256];
    char output[64];
    (void)snprintf(line, sizeof line, "ls %s/files %s/tmp | grep -c bin", server.data_dir, server.data_dir);
    (void)shell_run(line, output, sizeof output);
    CHECK_TEXT(output, "0\n");
    device_go_offline(&device);
    server_stop(&server);
}

int main(void)
{
    static const struct test_case cases[] = {{"product", test_product},
                                             {"the device comes back", test_device_comes_back},
                                             {"a delayed notify does not come", test_delayed_notify},
                                             {"waiting calls", test_waiting_calls},
                                             {"downloads end", test_downloads_end},
                                             {"kept answers", test_kept_answers},
                                             {"all", test_all},
                                             {"killed behind the answer", test_killed_behind},
                                             {0}};
    return suite_run("server_reset", cases);
}
