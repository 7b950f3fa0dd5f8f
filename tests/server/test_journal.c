/* GET /journal over real sockets: who came, why they were refused or went, what was said, each filter, each format. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/password.h"
#include "device.h"
#include "faults.h"
#include "support/suite.h"

enum { TEXT = 4096 };

/* "connect refuse frame": the entries as the query finds them, each by the members that count for its kind. */
static void read_entries(const struct server *server, const char *query, char text[TEXT])
{
    char path[256];
    size_t i = 0;
    json_t *entry = NULL;
    (void)snprintf(path, sizeof path, "/api/v1/journal?limit=1000&%s", query);
    json_t *page = rest_expect(server, "GET", path, NULL, 200);
    text[0] = '\0';
    json_array_foreach(json_object_get(page, "items"), i, entry)
    {
        const char *kind = json_text_at(entry, "kind");
        size_t used = strlen(text);
        if (strcmp(kind, "frame") == 0) {
            (void)snprintf(text + used, TEXT - used, "%s %s %s\n", json_text_at(entry, "direction"),
                           json_text_at(entry, "command"), json_text_at(entry, "verdict"));
        } else {
            const json_t *code = json_object_get(entry, "code");
            (void)snprintf(text + used, TEXT - used, "%s %s %lld: %s\n", kind, json_text_at(entry, "clientId"),
                           code == NULL ? -1LL : (long long)json_integer_value(code), json_text_at(entry, "reason"));
        }
    }
    json_decref(page);
}

static void expect_entries(const struct server *server, const char *query, const char *wanted)
{
    char text[TEXT] = "";
    for (int i = 0; i < 100 && strcmp(text, wanted) != 0; i++) { /* an end is noted a moment after it was seen */
        sleep_ms(i > 0 ? 10 : 0);
        read_entries(server, query, text);
    }
    if (strcmp(text, wanted) != 0) {
        (void)fprintf(stderr, "    %s:\n%s    instead of:\n%s", query, text, wanted);
    }
    CHECK_ROW(query, strcmp(text, wanted) == 0);
}

/* --- comings and goings ------------------------------------------------------------------------------------------- */

/* Type 0 with a secret that is not the product's: refused politely, behind its SUBSCRIBE; and it talks on. */
static void meet_wrong_secret(const struct server *server)
{
    char password[PASSWORD_LIMIT];
    struct raw_mqtt link = {.fd = -1};
    struct mqtt_packet packet;
    struct frame frame;
    uint8_t scratch[512];
    static const uint8_t status[] = {0x00, 0x0A, 0x00, 0x5A};
    struct frame said = {
        .package_id = 1, .command = COMMAND_STATUS, .payload = status, .payload_length = sizeof status};
    CHECK_FATAL(password_make_type0(false, TEST_PK, "wrong", "DEV1", "0123456789abcdef", password, sizeof password) ==
                OK);
    CHECK_FATAL(raw_open(&link, server->mqtt_port) && raw_connect(&link, "qdpk1DEV1", password));
    CHECK(raw_receive(&link, 2000, &packet) && packet.type == MQTT_CONNACK);
    CHECK(raw_publish_frame(&link, "qdpk1DEV1", 1, 1, &said));
    CHECK(raw_subscribe_own(&link, "qdpk1DEV1"));
    CHECK(raw_receive_frame(&link, 2000, scratch, sizeof scratch, &frame) && frame.command == COMMAND_ERROR);
    raw_close(&link);
}

/* Type 1 of a device that nobody knows: it is to authenticate again. */
static void meet_unknown_device(const struct server *server)
{
    char password[PASSWORD_LIMIT];
    struct raw_mqtt link = {.fd = -1};
    struct mqtt_packet packet;
    struct frame frame;
    uint8_t scratch[512];
    CHECK_FATAL(password_make_type1(false, "ds", TEST_PS, "0123456789abcdef", password, sizeof password) == OK);
    CHECK_FATAL(raw_open(&link, server->mqtt_port) && raw_connect(&link, "qdpk1DEV2", password));
    CHECK(raw_receive(&link, 2000, &packet) && packet.type == MQTT_CONNACK);
    CHECK(raw_subscribe_own(&link, "qdpk1DEV2"));
    CHECK(raw_receive_frame(&link, 2000, scratch, sizeof scratch, &frame) && frame.command == COMMAND_CONFIGURATION);
    raw_close(&link);
}

static void meet_bytes(const struct server *server, const void *bytes, size_t length)
{
    struct raw_mqtt link = {.fd = -1};
    CHECK_FATAL(raw_open(&link, server->mqtt_port) && raw_send(&link, bytes, length));
    CHECK(raw_is_closed(&link, 5000));
    raw_close(&link);
}

static void test_refused(void)
{
    static const uint8_t version5[] = {0x10, 0x0F, 0, 4, 'M', 'Q', 'T', 'T', 5, 2, 0, 60, 0, 0, 2, 'm', '5'};
    static const char http[] = "GET / HTTP/1.1\r\n\r\n";
    static const uint8_t broken[] = {0x10, 0x04, 0, 4, 'M', 'Q'};
    struct server server;
    server_start(&server, NULL);
    (void)rest_simple_plan(&server, 5000, NULL);
    meet_wrong_secret(&server);
    expect_entries(&server, "deviceKey=DEV1",
                   "refuse qdpk1DEV1 10424: the password does not open\ndevice status refused\nserver error ok\n"
                   "disconnect qdpk1DEV1 -1: closed by the other side\n");
    meet_unknown_device(&server);
    expect_entries(&server, "deviceKey=DEV2",
                   "refuse qdpk1DEV2 0: unknown device, is to authenticate again\nserver configuration ok\n"
                   "disconnect qdpk1DEV2 -1: closed by the other side\n");
    json_decref(rest_expect(&server, "DELETE", "/api/v1/faults", NULL, 204));
    meet_bytes(&server, version5, sizeof version5);
    meet_bytes(&server, http, sizeof http - 1);
    meet_bytes(&server, broken, sizeof broken);
    expect_entries(&server, "kind=refuse",
                   "refuse qdpk1DEV1 10424: the password does not open\n"
                   "refuse qdpk1DEV2 0: unknown device, is to authenticate again\n"
                   "refuse  1: another MQTT version than 3.1.1\nrefuse  0: the first packet is no CONNECT\n"
                   "refuse  0: bad CONNECT\n");
    server_stop(&server);
}

static void test_disconnects(void)
{
    struct server server;
    struct test_device device = {0};
    struct test_device again = {0};
    server_start(&server, NULL);
    (void)rest_simple_plan(&server, 5000, NULL);
    CHECK_FATAL(device_go_online(&server, &device, TEST_DK, false));
    memcpy(again.secret, device.secret, sizeof again.secret);
    CHECK_FATAL(device_go_online(&server, &again, TEST_DK, false)); /* takes the place of the first */
    json_decref(rest_expect(&server, "POST", "/api/v1/products/pk1/devices/" TEST_DK "/disconnect", NULL, 204));
    CHECK(raw_is_closed(&again.link, 2000));
    device_go_offline(&again);
    (void)faults_arm(&server, "mqtt.link", "{\"type\": \"cut\"}", ", \"trigger\": {\"times\": 1}");
    (void)device_go_online(&server, &again, TEST_DK, false);
    CHECK(raw_is_closed(&again.link, 2000));
    device_go_offline(&again);
    CHECK_FATAL(device_go_online(&server, &again, TEST_DK, false));
    device_go_offline(&again);
    device_go_offline(&device);
    expect_entries(&server, "kind=connect,refuse,disconnect&deviceKey=" TEST_DK,
                   "connect " TEST_CLIENT " -1: \n"
                   "disconnect " TEST_CLIENT " -1: a new connection of the same device\n"
                   "connect " TEST_CLIENT " -1: \ndisconnect " TEST_CLIENT " -1: on request\n"
                   "connect " TEST_CLIENT " -1: \ndisconnect " TEST_CLIENT " -1: a fault cut it\n"
                   "connect " TEST_CLIENT " -1: \ndisconnect " TEST_CLIENT " -1: closed by the other side\n");
    server_stop(&server);
}

/* --- filters ------------------------------------------------------------------------------------------------------ */

static size_t count_of(const struct server *server, const char *query)
{
    char path[256];
    (void)snprintf(path, sizeof path, "/api/v1/journal?limit=1000&%s", query);
    json_t *page = rest_expect(server, "GET", path, NULL, 200);
    size_t count = json_array_size(json_object_get(page, "items"));
    json_decref(page);
    return count;
}

/* A member of the n-th entry. */
static void text_of(const struct server *server, size_t number, const char *member, char text[64])
{
    json_t *page = rest_expect(server, "GET", "/api/v1/journal?limit=1000", NULL, 200);
    (void)snprintf(text, 64, "%s", json_text_at(json_array_get(json_object_get(page, "items"), number), member));
    json_decref(page);
}

/* What a device said and was told while the plan was its own, from the notify to the last status. */
static void test_filters(void)
{
    struct server server;
    struct test_device other = {0};
    char at[64];
    char query[128];
    server_start(&server, NULL);
    int64_t plan = rest_simple_plan(&server, 5000, NULL);
    CHECK(process_wait(device_start(&server, NULL, NULL), 30) == 0);
    CHECK(rest_await_device(&server, plan, TEST_DK, "upgraded"));
    sleep_ms(50); /* the device's link is gone by then */
    (void)snprintf(query, sizeof query, "kind=frame&planId=%lld", (long long)plan);
    char text[TEXT];
    read_entries(&server, query, text);
    CHECK(strstr(text, "server otaNotify ok\n") != NULL && strstr(text, "server firmwareInfo ok\n") != NULL);
    CHECK(strstr(text, "configuration") == NULL); /* of before the plan */
    size_t statuses = 0;
    for (const char *p = text; (p = strstr(p, "device otaStatus ok\n")) != NULL; p++) {
        statuses++;
    }
    CHECK(statuses == 7); /* 1 2 4 5 8 9 11: the last one ends the task */
    (void)snprintf(query, sizeof query, "kind=firmware&planId=%lld", (long long)plan);
    CHECK(count_of(&server, query) == 1);
    CHECK(count_of(&server, "planId=999") == 0);
    size_t all = count_of(&server, "");
    CHECK_FATAL(device_go_online(&server, &other, "867123045678902", false));
    CHECK(count_of(&server, "deviceKey=867123045678902") == 2); /* its connect, its secret */
    CHECK(count_of(&server, "deviceKey=" TEST_DK) == all);
    CHECK(count_of(&server, "productKey=pk1") == all + 2 && count_of(&server, "productKey=pk2") == 0);
    CHECK(count_of(&server, "kind=connect") == 2 && count_of(&server, "kind=connect,firmware") == 3);
    text_of(&server, all, "at", at);
    (void)snprintf(query, sizeof query, "since=%s&deviceKey=867123045678902", at);
    CHECK(count_of(&server, query) == 2);
    (void)snprintf(query, sizeof query, "until=%s&deviceKey=867123045678902", at);
    CHECK(count_of(&server, query) == 0);
    (void)snprintf(query, sizeof query, "until=%s", at);
    CHECK(count_of(&server, query) == all);
    device_go_offline(&other);
    server_stop(&server);
}

static void test_bounded(void)
{
    static const char *const options[] = {"--journal-size", "65536", NULL};
    struct server server;
    server_start(&server, options);
    int64_t plan = rest_simple_plan(&server, 5000, NULL);
    struct test_device device = {0};
    CHECK(plan > 0 && device_go_online(&server, &device, TEST_DK, false));
    for (int i = 0; i < 300; i++) {
        CHECK(device_report(&device, "MODULE_V1", "ESP:1_0_0"));
    }
    json_t *page = rest_expect(&server, "GET", "/api/v1/journal?limit=1000", NULL, 200);
    json_t *items = json_object_get(page, "items");
    int64_t dropped = json_integer_value(json_object_get(page, "dropped"));
    int64_t first = json_integer_value(json_object_get(json_array_get(items, 0), "id"));
    CHECK(dropped > 100 && first == dropped + 1);
    CHECK(json_array_size(items) > 20 && json_array_size(items) < 300);
    json_decref(page);
    device_go_offline(&device);
    server_stop(&server);
}

/* --- formats ------------------------------------------------------------------------------------------------------ */

/* Members that HAR 1.2 demands of an object. */
static void check_members(const json_t *object, const char *what, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (json_object_get(object, *names) == NULL) {
            (void)fprintf(stderr, "    %s has no %s\n", what, *names);
        }
        CHECK_ROW(*names, json_object_get(object, *names) != NULL);
    }
}

static void test_archive(void)
{
    static const char *const entry_members[] = {"startedDateTime", "time",    "request", "response",
                                                "cache",           "timings", NULL};
    static const char *const request_members[] = {"method",      "url",         "httpVersion", "cookies", "headers",
                                                  "queryString", "headersSize", "bodySize",    NULL};
    static const char *const response_members[] = {"status",  "statusText",  "httpVersion", "cookies",  "headers",
                                                   "content", "redirectURL", "headersSize", "bodySize", NULL};
    struct server server;
    server_start(&server, NULL);
    int64_t plan = rest_simple_plan(&server, 5000, NULL);
    (void)faults_arm(&server, "http.firmware", "{\"type\": \"closeBeforeHeader\"}", ", \"trigger\": {\"times\": 1}");
    CHECK(process_wait(device_start(&server, NULL, NULL), 30) == 0);
    CHECK(rest_await_device(&server, plan, TEST_DK, "upgraded"));
    json_t *archive = rest_expect(&server, "GET", "/api/v1/journal?format=har", NULL, 200);
    json_t *log = json_object_get(archive, "log");
    check_members(log, "log", (const char *const[]){"version", "creator", "entries", NULL});
    CHECK_TEXT(json_text_at(log, "version"), "1.2");
    check_members(json_object_get(log, "creator"), "creator", (const char *const[]){"name", "version", NULL});
    json_t *entries = json_object_get(log, "entries");
    json_t *entry = NULL;
    size_t i = 0;
    int64_t statuses = 0;
    CHECK(json_array_size(entries) == 2); /* one got no answer: status 0 */
    json_array_foreach(entries, i, entry)
    {
        const json_t *response = json_object_get(entry, "response");
        check_members(entry, "entry", entry_members);
        check_members(json_object_get(entry, "request"), "request", request_members);
        check_members(response, "response", response_members);
        check_members(json_object_get(response, "content"), "content", (const char *const[]){"size", "mimeType", NULL});
        check_members(json_object_get(entry, "timings"), "timings",
                      (const char *const[]){"send", "wait", "receive", NULL});
        statuses += json_integer_value(json_object_get(response, "status"));
        CHECK(strncmp(json_text_at(entry, "request.url"), "http://127.0.0.1:", 17) == 0);
        CHECK_TEXT(json_text_at(entry, "request.headers.0.value"), "bytes=0-4999");
    }
    CHECK(statuses == 206);
    CHECK(json_array_size(json_object_get(log, "_journal")) > 10);
    json_decref(archive);
    server_stop(&server);
}

int main(void)
{
    static const struct test_case cases[] = {{"connections that are refused", test_refused},
                                             {"every disconnect has its reason", test_disconnects},
                                             {"filters", test_filters},
                                             {"bounded, and what was dropped is counted", test_bounded},
                                             {"an HTTP archive has all its members", test_archive},
                                             {0}};
    return suite_run("server journal", cases);
}
