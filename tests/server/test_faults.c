/* Faults of mqtt.connect, ota.notify and ota.url over real sockets: what the device gets, and what becomes of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "base/text.h"
#include "codec/ttlv.h"
#include "crypto/password.h"
#include "device.h"
#include "faults.h"
#include "support/suite.h"

static bool connect_as_sdk(const struct server *server, struct raw_mqtt *link)
{
    char password[PASSWORD_LIMIT];
    return raw_open(link, server->mqtt_port) &&
           password_make_type0(false, TEST_PK, TEST_PS, TEST_DK, "0123456789abcdef", password, sizeof password) == OK &&
           raw_connect(link, TEST_CLIENT, password);
}

/* What a CONNECT is answered with: the CONNACK's code, -1: nothing within `patience_ms`, -2: closed without a word. */
static int connack_of(const struct server *server, int patience_ms)
{
    struct raw_mqtt link = {.fd = -1};
    struct mqtt_packet packet;
    int code = -1;
    CHECK_FATAL(connect_as_sdk(server, &link));
    if (raw_receive(&link, patience_ms, &packet)) {
        code = packet.type == MQTT_CONNACK ? packet.body[1] : -3;
    } else if (raw_is_closed(&link, 200)) {
        code = -2;
    }
    raw_close(&link);
    return code;
}

static void test_connect(void)
{
    static const struct {
        const char *action;
        int code;
    } rows[] = {
        {"{\"type\": \"refuse\", \"code\": 1}", 1},
        {"{\"type\": \"refuse\", \"code\": 2}", 2},
        {"{\"type\": \"refuse\", \"code\": 3}", 3},
        {"{\"type\": \"refuse\", \"code\": 4}", 4},
        {"{\"type\": \"refuse\", \"code\": 5}", 5},
        {"{\"type\": \"close\"}", -2},
        {"{\"type\": \"silence\"}", -1},
        {"{\"type\": \"bootstrapError\", \"code\": 10432}", 0},
    };
    struct server server;
    server_start(&server, NULL);
    (void)rest_simple_plan(&server, 5000, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t id =
            faults_arm(&server, "mqtt.connect", rows[i].action, ", \"match\": {\"deviceKey\": \"" TEST_DK "\"}");
        int code = connack_of(&server, 500);
        CHECK_ROW(rows[i].action, code == rows[i].code);
        CHECK_ROW(rows[i].action, faults_fired(&server, id) == 1);
        faults_clear(&server);
        CHECK_ROW(rows[i].action, connack_of(&server, 2000) == 0);
    }
    CHECK(faults_in_journal(&server, "fault", "point", "mqtt.connect") == sizeof rows / sizeof rows[0]);
    CHECK(faults_in_journal(&server, "refuse", "reason", "a fault") == sizeof rows / sizeof rows[0]);
    server_stop(&server);
}

/* The codes of the platform's error message, and the device that is refused its secret. */
static void test_bootstrap(void)
{
    static const int codes[] = {10422, 10423, 10424, 10425, 10426, 10427, 10430, 10431, 10432, 10433, 10434, 10500};
    struct server server;
    server_start(&server, NULL);
    (void)rest_simple_plan(&server, 5000, NULL);
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        char action[64];
        struct raw_mqtt link = {.fd = -1};
        struct frame frame;
        uint8_t scratch[512];
        struct mqtt_packet packet;
        int32_t code = 0;
        (void)snprintf(action, sizeof action, "{\"type\": \"bootstrapError\", \"code\": %d}", codes[i]);
        (void)faults_arm(&server, "mqtt.connect", action, "");
        CHECK_FATAL(connect_as_sdk(&server, &link) && raw_receive(&link, 2000, &packet));
        CHECK(raw_subscribe_own(&link, TEST_CLIENT));
        CHECK_ROW(action, raw_receive_frame(&link, 2000, scratch, sizeof scratch, &frame));
        struct ttlv_document document;
        ttlv_init(&document);
        CHECK(frame.command == COMMAND_ERROR && ttlv_parse(&document, frame.payload, frame.payload_length) == OK);
        CHECK_ROW(action, ttlv_get_int(ttlv_top(&document), 1, &code) && code == codes[i]);
        ttlv_finish(&document);
        raw_close(&link);
        faults_clear(&server);
    }
    struct test_device device = {0};
    CHECK(device_go_online(&server, &device, TEST_DK, false));
    device_go_offline(&device);
    (void)faults_arm(&server, "mqtt.connect", "{\"type\": \"refuseSecret\"}", "");
    CHECK(!device_go_online(&server, &device, TEST_DK, false)); /* it has its secret now: type 1 */
    device_go_offline(&device);
    struct test_device fresh = {0};
    CHECK(device_go_online(&server, &fresh, TEST_DK, false));
    device_go_offline(&fresh);
    server_stop(&server);
}

/* --- orders ------------------------------------------------------------------------------------------------------- */

/* The device is online and has what it needs for a notify; then a notify comes as the fault made it. */
static void test_notify(void)
{
    static const struct {
        const char *action;
        size_t count;       /* frames that come within a second */
        const char *target; /* NULL: does not decode */
        const char *component;
        int32_t battery;
    } rows[] = {
        {"{\"type\": \"drop\"}", 0, NULL, NULL, 0},
        {"{\"type\": \"duplicate\"}", 2, "2_0_0", "STM32", 30},
        {"{\"type\": \"set\", \"field\": \"targetVersion\", \"value\": \"9_9_9\"}", 1, "9_9_9", "STM32", 30},
        {"{\"type\": \"set\", \"field\": \"componentNo\", \"value\": \"ESP\"}", 1, "2_0_0", "ESP", 30},
        {"{\"type\": \"set\", \"field\": \"batteryLimit\", \"value\": 101}", 1, "2_0_0", "STM32", 101},
        {"{\"type\": \"set\", \"field\": \"targetVersion\", \"value\": "
         "\"0123456789012345678901234567890123456789012345678901234567890123456789\"}",
         1, NULL, NULL, 0},
        {"{\"type\": \"truncate\"}", 1, NULL, NULL, 0},
        {"{\"type\": \"tooManyTasks\"}", 1, NULL, NULL, 0},
        {"{\"type\": \"badChecksum\"}", 0, NULL, NULL, 0}, /* the reader drops it, as a device does */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct server server;
        struct test_device device = {0};
        struct frame frame;
        struct notify_message notify = {0};
        size_t count = 0;
        server_start(&server, NULL);
        (void)rest_simple_plan(&server, 5000, NULL);
        int64_t id = faults_arm(&server, "ota.notify", rows[i].action, ", \"trigger\": {\"times\": 1}");
        CHECK_FATAL(device_go_online(&server, &device, TEST_DK, false));
        CHECK(device_report(&device, "MODULE_V1", "STM32:1_0_0"));
        while (device_expect(&device, COMMAND_OTA_NOTIFY, 1000, &frame)) {
            bool decodes = notify_decode(frame.payload, frame.payload_length, &notify) == OK;
            CHECK_ROW(rows[i].action, decodes == (rows[i].target != NULL));
            count++;
        }
        CHECK_ROW(rows[i].action, count == rows[i].count);
        CHECK_ROW(rows[i].action, faults_fired(&server, id) == 1);
        if (rows[i].target != NULL) {
            CHECK_ROW(rows[i].action, strcmp(notify.tasks[0].target_version, rows[i].target) == 0);
            CHECK_ROW(rows[i].action, strcmp(notify.tasks[0].component_no, rows[i].component) == 0);
            CHECK_ROW(rows[i].action, notify.tasks[0].battery.value == rows[i].battery);
        }
        device_go_offline(&device);
        server_stop(&server);
    }
}

static bool url_is(const char *url, const char *part)
{
    return strstr(url, part) != NULL;
}

static void test_url(void)
{
    static const struct {
        const char *point;
        const char *action;
        size_t count;
        bool decodes;
        const char *url; /* has this; NULL: any */
        int64_t size;
        const char *md5; /* NULL: any */
    } rows[] = {
        {"ota.url", "{\"type\": \"drop\"}", 0, false, NULL, 0, NULL},
        {"ota.url", "{\"type\": \"duplicate\"}", 2, true, NULL, 5000, NULL},
        {"ota.url", "{\"type\": \"omit\", \"field\": \"crc\"}", 1, false, NULL, 0, NULL},
        {"ota.url", "{\"type\": \"omit\", \"field\": \"md5\"}", 1, false, NULL, 0, NULL},
        {"ota.url", "{\"type\": \"omit\", \"field\": \"size\"}", 1, false, NULL, 0, NULL},
        {"ota.url", "{\"type\": \"set\", \"field\": \"size\", \"value\": 4999}", 1, true, NULL, 4999, NULL},
        {"ota.url", "{\"type\": \"set\", \"field\": \"md5\", \"value\": \"0123456789ABCDEF0123456789ABCDEF\"}", 1, true,
         NULL, 5000, "0123456789ABCDEF0123456789ABCDEF"},
        {"ota.url", "{\"type\": \"set\", \"field\": \"url\", \"value\": \"http://a.b/c\"}", 1, true, "http://a.b/c",
         5000, NULL},
        {"ota.url", "{\"type\": \"unreachableHost\"}", 1, true, "http://192.0.2.1:", 5000, NULL},
        {"http.firmware", "{\"type\": \"refuse\"}", 1, true, "http://127.0.0.1:1/firmware/", 5000, NULL},
        {"ota.url", "{\"type\": \"expireToken\"}", 1, true, "/firmware/", 5000, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct server server;
        struct test_device device = {0};
        struct frame frame;
        struct firmware_message firmware = {0};
        size_t count = 0;
        server_start(&server, NULL);
        int64_t plan = rest_simple_plan(&server, 5000, NULL);
        int64_t id = faults_arm(&server, rows[i].point, rows[i].action, ", \"trigger\": {\"times\": 1}");
        CHECK_FATAL(faults_confirm(&server, &device));
        while (device_expect(&device, COMMAND_FIRMWARE_INFO, 1000, &frame)) {
            bool decodes = firmware_decode(frame.payload, frame.payload_length, false, &firmware) == OK;
            CHECK_ROW(rows[i].action, decodes == rows[i].decodes);
            count++;
        }
        CHECK_ROW(rows[i].action, count == rows[i].count);
        CHECK_ROW(rows[i].action, faults_fired(&server, id) == 1);
        if (rows[i].decodes) {
            CHECK_ROW(rows[i].action, rows[i].url == NULL || url_is(firmware.files[0].url, rows[i].url));
            CHECK_ROW(rows[i].action, firmware.files[0].size == rows[i].size);
            CHECK_ROW(rows[i].action, rows[i].md5 == NULL || strcmp(firmware.files[0].md5, rows[i].md5) == 0);
        }
        if (strstr(rows[i].action, "expireToken") != NULL) {
            json_decref(rest_expect(&server, "GET", strstr(firmware.files[0].url, "/firmware/"), NULL, 410));
        }
        char kinds[512];
        rest_log_kinds(&server, plan, TEST_DK, kinds, sizeof kinds);
        CHECK_ROW(rows[i].action, strstr(kinds, "faultApplied") != NULL);
        device_go_offline(&device);
        server_stop(&server);
    }
}

static void test_delay(void)
{
    struct server server;
    struct test_device device = {0};
    struct firmware_message firmware;
    server_start(&server, NULL);
    (void)rest_simple_plan(&server, 5000, NULL);
    (void)faults_arm(&server, "ota.url", "{\"type\": \"delay\", \"ms\": 700}", "");
    CHECK_FATAL(faults_confirm(&server, &device));
    int64_t begin = monotonic_ms();
    CHECK(device_expect_firmware(&device, 5000, &firmware));
    int64_t waited = monotonic_ms() - begin;
    CHECK(waited >= 600 && waited < 3000);
    device_go_offline(&device);
    server_stop(&server);
}

static void test_while_upgrading(void)
{
    struct server server;
    struct test_device device = {0};
    struct firmware_message firmware;
    struct notify_message notify;
    server_start(&server, NULL);
    (void)rest_simple_plan(&server, 5000, NULL);
    int64_t id = faults_arm(&server, "ota.notify", "{\"type\": \"whileUpgrading\"}", "");
    CHECK_FATAL(faults_confirm(&server, &device));
    CHECK(device_expect_firmware(&device, 5000, &firmware));
    CHECK(device_status(&device, 4, "STM32", 1, NULL, NULL) && device_status(&device, 8, "STM32", 1, NULL, NULL));
    CHECK(faults_fired(&server, id) == 0);
    CHECK(device_status(&device, 9, "STM32", 1, NULL, NULL));
    CHECK(device_expect_notify(&device, 3000, &notify));
    CHECK(faults_fired(&server, id) == 1);
    device_go_offline(&device);
    server_stop(&server);
}

/* --- links -------------------------------------------------------------------------------------------------------- */

/* The device is online; after the fault is armed it sends two statuses (QoS 1): which of them are acknowledged in time?
 */
static bool sends_status(struct test_device *device)
{
    CLEANUP(cleanup_buffer) struct buffer payload = {.limit = 64};
    ttlv_put_int(&payload, 1, 90);
    return device_send(device, COMMAND_STATUS, &payload);
}

static void test_link(void)
{
    static const struct {
        const char *action;
        bool first; /* is acknowledged within 2 s */
        bool second;
        bool open; /* afterwards */
    } rows[] = {
        {"{\"type\": \"cut\"}", false, false, false},
        {"{\"type\": \"cut\", \"afterFrames\": 1}", false, false, false},
        {"{\"type\": \"dropFrame\", \"k\": 1}", false, true, true},
        {"{\"type\": \"dropFrame\", \"k\": 2}", true, false, true},
        {"{\"type\": \"blackhole\", \"seconds\": 30}", false, false, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct server server;
        struct test_device device = {0};
        server_start(&server, NULL);
        (void)rest_simple_plan(&server, 5000, NULL);
        CHECK_FATAL(device_go_online(&server, &device, TEST_DK, false));
        CHECK(sends_status(&device));
        int64_t id = faults_arm(&server, "mqtt.link", rows[i].action, ", \"match\": {\"productKey\": \"" TEST_PK "\"}");
        CHECK_ROW(rows[i].action, sends_status(&device) == rows[i].first);
        CHECK_ROW(rows[i].action, sends_status(&device) == rows[i].second);
        CHECK_ROW(rows[i].action, raw_is_closed(&device.link, 200) == !rows[i].open);
        CHECK_ROW(rows[i].action, faults_fired(&server, id) == 1);
        device_go_offline(&device);
        server_stop(&server);
    }
}

static size_t log_entries_of(const struct server *server, int64_t plan, const char *kind)
{
    char path[96];
    size_t count = 0;
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld/devices/" TEST_DK "/logs", (long long)plan);
    json_t *page = rest_expect(server, "GET", path, NULL, 200);
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(page, "items"), i, item)
    {
        count += strcmp(json_text_at(item, "kind"), kind) == 0;
    }
    json_decref(page);
    return count;
}

/* Of a device in an upgrade link and CONNECT belong to that: matched by plan and attempt, told in the upgrade log. */
static void test_link_in_upgrade(void)
{
    struct server server;
    struct test_device device = {0};
    struct firmware_message firmware;
    char match[96];
    server_start(&server, NULL);
    int64_t plan = rest_simple_plan(&server, 5000, NULL);
    (void)snprintf(match, sizeof match, ", \"match\": {\"planId\": %lld, \"componentNo\": \"STM32\", \"attempt\": 1}",
                   (long long)plan);
    int64_t cut = faults_arm(&server, "mqtt.link", "{\"type\": \"dropFrame\"}", match);
    CHECK_FATAL(faults_confirm(&server, &device));
    CHECK(!device_expect_firmware(&device, 1000, &firmware)); /* what came before belonged to no attempt */
    CHECK(faults_fired(&server, cut) == 1);
    device_go_offline(&device);
    json_decref(rest_expect(&server, "POST", "/api/v1/faults",
                            "{\"point\":\"mqtt.link\",\"action\":{\"type\":\"cut\"},\"match\":{\"deviceKey\":\"a b\"}}",
                            422));
    int64_t close = faults_arm(&server, "mqtt.connect", "{\"type\": \"close\"}", match);
    CHECK(!device_go_online(&server, &device, TEST_DK, false));
    CHECK(faults_fired(&server, close) >= 1);
    CHECK(log_entries_of(&server, plan, "faultApplied") >= 2);
    device_go_offline(&device);
    server_stop(&server);
}

/* Milliseconds until a status is acknowledged. */
static int64_t ack_time(struct test_device *device)
{
    int64_t begin = monotonic_ms();
    CHECK(sends_status(device));
    return monotonic_ms() - begin;
}

static void test_slow_link(void)
{
    struct server server;
    struct test_device device = {0};
    server_start(&server, NULL);
    (void)rest_simple_plan(&server, 5000, NULL);
    CHECK_FATAL(device_go_online(&server, &device, TEST_DK, false));
    (void)faults_arm(&server, "mqtt.link", "{\"type\": \"delay\", \"ms\": 400}", "");
    CHECK(ack_time(&device) >= 390);
    CHECK(ack_time(&device) >= 390);
    faults_clear(&server);
    CHECK(ack_time(&device) < 390);
    (void)faults_arm(&server, "mqtt.link", "{\"type\": \"blackhole\", \"seconds\": 0.7}", "");
    CHECK(ack_time(&device) >= 600);
    CHECK(ack_time(&device) < 600); /* once a link */
    device_go_offline(&device);
    server_stop(&server);
}

static void test_changed_frames(void)
{
    struct server server;
    struct test_device device = {0};
    server_start(&server, NULL);
    (void)rest_simple_plan(&server, 5000, NULL);
    CHECK_FATAL(device_go_online(&server, &device, TEST_DK, false));
    int64_t id = faults_arm(&server, "mqtt.link", "{\"type\": \"corruptFrame\", \"k\": 1}", "");
    CHECK(sends_status(&device)); /* MQTT is whole: it is acknowledged */
    CHECK(faults_fired(&server, id) == 1 && faults_in_journal(&server, "frame", "verdict", "malformed") == 1);
    faults_clear(&server);
    id = faults_arm(&server, "mqtt.link", "{\"type\": \"duplicateFrame\", \"k\": 1}", "");
    CHECK(sends_status(&device));
    CHECK(sends_status(&device));
    CHECK(faults_fired(&server, id) == 1 && faults_in_journal(&server, "frame", "verdict", "duplicate") == 1);
    device_go_offline(&device);
    server_stop(&server);
}

/* The plan is over, or held, the moment the device confirms; what runs goes on (behaviour.md, 3). */
static void test_plan(void)
{
    static const struct {
        const char *action;
        const char *status;
    } rows[] = {
        {"{\"type\": \"suspend\", \"atStep\": \"confirmed\"}", "suspended"},
        {"{\"type\": \"terminate\", \"atStep\": \"downloading\"}", "terminated"},
        {"{\"type\": \"end\", \"atStep\": \"upgrading\"}", "ended"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct server server;
        char path[64];
        server_start(&server, NULL);
        int64_t plan = rest_simple_plan(&server, 5000, NULL);
        int64_t id = faults_arm(&server, "plan", rows[i].action, "");
        CHECK_ROW(rows[i].action, process_wait(device_start(&server, NULL, NULL), 60) == 0);
        CHECK(rest_await_device(&server, plan, TEST_DK, "upgraded"));
        (void)snprintf(path, sizeof path, "/api/v1/plans/%lld", (long long)plan);
        json_t *shown = rest_expect(&server, "GET", path, NULL, 200);
        CHECK_ROW(rows[i].action, strcmp(json_text_at(shown, "status"), rows[i].status) == 0);
        CHECK_ROW(rows[i].action, faults_fired(&server, id) == 1);
        json_decref(shown);
        server_stop(&server);
    }
}

/* What came and went is there, without the secrets. */
static void test_journal(void)
{
    struct server server;
    struct test_device device = {0};
    server_start(&server, NULL);
    (void)rest_simple_plan(&server, 5000, NULL);
    CHECK_FATAL(faults_confirm(&server, &device));
    device_go_offline(&device);
    CHECK(faults_in_journal(&server, "connect", "deviceKey", TEST_DK) == 1);
    CHECK(faults_in_journal(&server, "frame", "command", "otaNotify") == 1);
    CHECK(faults_in_journal(&server, "frame", "command", "otaStatus") == 2);
    json_t *page = rest_expect(&server, "GET", "/api/v1/journal?limit=1000&kind=frame", NULL, 200);
    char *text = json_dumps(page, 0);
    char hex[2 * LIMIT_DEVICE_SECRET + 1];
    hex_encode((const uint8_t *)device.secret, strlen(device.secret), hex);
    CHECK(text != NULL && strlen(device.secret) > 0);
    CHECK(text != NULL && strstr(text, device.secret) == NULL && strstr(text, hex) == NULL);
    CHECK(text != NULL && strstr(text, "2a2a2a2a") != NULL);
    free(text);
    json_decref(page);
    server_stop(&server);
}

int main(void)
{
    static const struct test_case cases[] = {{"mqtt.connect", test_connect},
                                             {"bootstrap errors and the secret", test_bootstrap},
                                             {"ota.notify", test_notify},
                                             {"ota.url", test_url},
                                             {"a delayed firmware information", test_delay},
                                             {"a notify while the device upgrades", test_while_upgrading},
                                             {"plan", test_plan},
                                             {"mqtt.link", test_link},
                                             {"mqtt.link and mqtt.connect in an upgrade", test_link_in_upgrade},
                                             {"a slow link, and a black hole", test_slow_link},
                                             {"changed frames", test_changed_frames},
                                             {"the journal of a device, secrets masked", test_journal},
                                             {0}};
    return suite_run("server faults", cases);
}
