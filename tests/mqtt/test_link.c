#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "codec/frame.h"
#include "codec/server_messages.h"
#include "codec/ttlv.h"
#include "crypto/password.h"
#include "crypto/session_cipher.h"
#include "harness.h"
#include "support/suite.h"

static const char random16[] = "0123456789abcdef";

static const struct mock_device devices[] = {{"PK1", "dev1", "secret1", false}, {"PK1", "off", "secretoff", true}};

static struct harness harness;

static void begin(void)
{
    harness = (struct harness){.settings = {.observer_token = "tok"}};
    harness_begin(&harness, devices, sizeof devices / sizeof devices[0]);
}

/* The frame in a PUBLISH to the device. */
static bool open_publish(const struct mqtt_packet *packet, const char *topic, uint8_t *scratch, struct frame *frame)
{
    struct mqtt_publish publish;
    return mqtt_publish_read(packet, &publish) == OK && publish.qos == 1 && !publish.retain &&
           publish.topic.length == strlen(topic) && memcmp(publish.topic.text, topic, strlen(topic)) == 0 &&
           frame_decode(publish.payload, publish.payload_length, scratch, frame) == OK;
}

static void password_of(int type, bool session, const char *secret, const char *device_key, char *password)
{
    CHECK_OK(type == 0 ? password_make_type0(session, "PK1", "ps1", device_key, random16, password, PASSWORD_LIMIT)
                       : password_make_type1(session, secret, "ps1", random16, password, PASSWORD_LIMIT));
}

static uint8_t connack_code(const struct mqtt_packet *packet)
{
    bool present;
    uint8_t code = 0xFF;
    CHECK_OK(mqtt_connack_read(packet, &present, &code));
    return code;
}

/* CONNECT and SUBSCRIBE in every segmentation: one byte each, both in one segment. */
static void test_segments(void)
{
    static const size_t pieces[] = {0, 1, 3};
    begin();
    char password[PASSWORD_LIMIT];
    password_of(1, false, "secret1", NULL, password);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct scripted device;
        struct buffer out = {.limit = 4096};
        struct mqtt_packet packet;
        scripted_connect(&harness, &device);
        put_connect(&out, "qdPK1dev1", password);
        put_subscribe(&out, "qdPK1dev1");
        scripted_send(&device, out.data, out.length, pieces[i]);
        CHECK(scripted_expect(&device, MQTT_CONNACK, &packet) && connack_code(&packet) == 0);
        CHECK(scripted_expect(&device, MQTT_SUBACK, &packet));
        CHECK(harness_wait_calls(&harness, "online 1;", (int)i + 1));
        buffer_finish(&out);
        scripted_close(&device);
        CHECK(harness_wait_calls(&harness, "offline 1;", (int)i + 1));
    }
    harness_end(&harness);
}

/* CONNECT and SUBSCRIBE again and again: one answer each, no protocol error. */
static void test_repeats_are_absorbed(void)
{
    begin();
    char password[PASSWORD_LIMIT];
    password_of(1, false, "secret1", NULL, password);
    struct scripted device;
    struct buffer out = {.limit = 4096};
    struct mqtt_packet packet;
    scripted_connect(&harness, &device);
    for (int i = 0; i < 3; i++) {
        put_connect(&out, "qdPK1dev1", password);
    }
    for (int i = 0; i < 3; i++) {
        put_subscribe(&out, "qdPK1dev1");
    }
    mqtt_empty_write(&out, MQTT_PINGREQ);
    scripted_send(&device, out.data, out.length, 0);
    CHECK(scripted_expect(&device, MQTT_CONNACK, &packet));
    CHECK(scripted_expect(&device, MQTT_SUBACK, &packet));
    CHECK(scripted_expect(&device, MQTT_PINGRESP, &packet));
    buffer_clear(&out); /* and once more, long after the answers */
    put_connect(&out, "qdPK1dev1", password);
    put_subscribe(&out, "qdPK1dev1");
    mqtt_empty_write(&out, MQTT_PINGREQ);
    scripted_send(&device, out.data, out.length, 1);
    CHECK(scripted_expect(&device, MQTT_PINGRESP, &packet));
    struct mqtt_counters counters;
    mqtt_door_counters(harness.door, &counters);
    CHECK(counters.repeats_absorbed == 6);
    CHECK(counters.devices == 1 && counters.links == 1);
    CHECK(mock_app_count(&harness.app, "online") == 1);
    buffer_finish(&out);
    scripted_close(&device);
    harness_end(&harness);
}

static void test_type0_gets_its_secret(void)
{
    begin();
    struct scripted device;
    struct mqtt_packet packet;
    struct frame frame;
    uint8_t scratch[1024];
    scripted_login(&harness, &device, "new", NULL, false);
    CHECK(scripted_expect(&device, MQTT_PUBLISH, &packet));
    CHECK_FATAL(open_publish(&packet, "q/1/d/qdPK1new/sys", scratch, &frame));
    CHECK(frame.command == COMMAND_CONFIGURATION);
    struct configuration_message message;
    CHECK_OK(configuration_decode(frame.payload, frame.payload_length, &message));
    CHECK_TEXT(message.device_secret, harness.app.devices[2].secret);
    CHECK(strlen(message.device_secret) == 32);
    CHECK(!message.has_session_key);
    CHECK_TEXT(harness.app.calls, "admit PK1/new type0;online 3;");
    scripted_close(&device);
    harness_end(&harness);
}

/* With flag 1 secret and key come in one message; what follows is encrypted with that key. */
static void test_session_key(void)
{
    begin();
    struct scripted device;
    struct mqtt_packet packet;
    struct frame frame;
    uint8_t scratch[1024];
    scripted_login(&harness, &device, "new", NULL, true);
    CHECK(scripted_expect(&device, MQTT_PUBLISH, &packet));
    CHECK_FATAL(open_publish(&packet, "q/1/d/qdPK1new/sys", scratch, &frame));
    struct configuration_message message;
    CHECK_OK(configuration_decode(frame.payload, frame.payload_length, &message));
    CHECK(message.has_session_key && message.device_secret[0] != '\0');
    struct notify_order order = {.count = 1, .min_battery = 30, .min_signal = -113};
    (void)snprintf(order.tasks[0].component_no, sizeof order.tasks[0].component_no, "MCU1");
    (void)snprintf(order.tasks[0].target_version, sizeof order.tasks[0].target_version, "2.0");
    order.tasks[0].type = COMPONENT_MCU;
    CHECK_OK(mqtt_door_notify(harness.door, 3, &order));
    CHECK(scripted_expect(&device, MQTT_PUBLISH, &packet));
    struct mqtt_publish publish;
    CHECK_OK(mqtt_publish_read(&packet, &publish));
    CHECK(!frame_is_clear(publish.payload, publish.payload_length));
    struct buffer clear = {.limit = 1024};
    CHECK_OK(session_decrypt(message.session_key, publish.payload, publish.payload_length, &clear));
    CHECK_OK(frame_decode(clear.data, clear.length, scratch, &frame));
    struct notify_message notify;
    CHECK(frame.command == COMMAND_OTA_NOTIFY && frame.package_id == 2);
    CHECK_OK(notify_decode(frame.payload, frame.payload_length, &notify));
    CHECK_TEXT(notify.tasks[0].component_no, "MCU1");
    CHECK(notify.tasks[0].battery.value == 30 && notify.tasks[0].signal.value == -113);
    buffer_finish(&clear);
    scripted_close(&device);
    harness_end(&harness);
}

static void test_firmware_order(void)
{
    begin();
    struct scripted device;
    struct mqtt_packet packet;
    struct frame frame;
    uint8_t scratch[1024];
    scripted_login(&harness, &device, "dev1", "secret1", false);
    CHECK(harness_wait_calls(&harness, "online 1;", 1));
    struct firmware_order order = {.type = COMPONENT_MCU,
                                   .component_no = "MCU1",
                                   .target_version = "2.0",
                                   .file_count = 1,
                                   .files = {{.token = "abcdefghijklmnopqrstuv",
                                              .extension = ".bin",
                                              .size = 5000,
                                              .md5 = "0123456789abcdef0123456789abcdef",
                                              .sha256 = "x",
                                              .crc32 = "0a0b0c0d"}}};
    CHECK_OK(mqtt_door_firmware(harness.door, 1, &order));
    CHECK(scripted_expect(&device, MQTT_PUBLISH, &packet));
    CHECK_FATAL(open_publish(&packet, "q/1/d/qdPK1dev1/ota", scratch, &frame));
    struct firmware_message message;
    CHECK_OK(firmware_decode(frame.payload, frame.payload_length, false, &message));
    CHECK_TEXT(message.files[0].url, "http://127.0.0.1:8080/firmware/abcdefghijklmnopqrstuv.bin");
    CHECK_TEXT(message.crc, "0a0b0c0d");
    CHECK_TEXT(message.sha256, "");
    CHECK(mqtt_door_firmware(harness.door, 99, &order) == E_CLOSED);
    scripted_close(&device);
    CHECK(harness_wait_calls(&harness, "offline 1;", 1));
    CHECK(mqtt_door_firmware(harness.door, 1, &order) == E_CLOSED);
    harness_end(&harness);
}

/* Refusals: CONNACK, or the polite way with one message and nothing else. */
static void test_refusals(void)
{
    static const struct {
        const char *name;
        int type;
        const char *client_id;
        const char *device_key;
        const char *secret;
        int connack; /* code of the CONNACK */
        int code;    /* of 0x00A3; -1: 0x00B4 {9: true}; 0: none */
    } rows[] = {
        {"wrong signature", 1, "qdPK1dev1", NULL, "wrong", 4, 0},
        {"disabled", 1, "qdPK1off", NULL, "secretoff", 5, 0},
        {"client id disagrees", 0, "qdPK1other", "new", NULL, 0, 10434},
        {"unknown device", 1, "qdPK1lost", NULL, "any", 0, -1},
    };
    begin();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char password[PASSWORD_LIMIT];
        char topic[64];
        struct scripted device;
        struct buffer out = {.limit = 4096};
        struct mqtt_packet packet;
        struct frame frame;
        uint8_t scratch[256];
        password_of(rows[i].type, false, rows[i].secret, rows[i].device_key, password);
        scripted_connect(&harness, &device);
        put_connect(&out, rows[i].client_id, password);
        put_connect(&out, rows[i].client_id, password);
        put_subscribe(&out, rows[i].client_id);
        put_publish(&out, rows[i].client_id, "bus", 1, 2, "x", 1);
        scripted_send(&device, out.data, out.length, 0);
        CHECK_ROW(rows[i].name, scripted_expect(&device, MQTT_CONNACK, &packet));
        CHECK_ROW(rows[i].name, connack_code(&packet) == rows[i].connack);
        if (rows[i].code != 0) {
            CHECK_ROW(rows[i].name, scripted_expect(&device, MQTT_SUBACK, &packet));
            CHECK_ROW(rows[i].name, scripted_expect(&device, MQTT_PUBLISH, &packet));
            (void)snprintf(topic, sizeof topic, "q/1/d/%s/sys", rows[i].client_id);
            CHECK_ROW(rows[i].name, open_publish(&packet, topic, scratch, &frame));
            struct error_message error = {0};
            struct configuration_message configuration = {0};
            CHECK_ROW(rows[i].name,
                      rows[i].code < 0 || (error_message_decode(frame.payload, frame.payload_length, &error) == OK &&
                                           error.code == rows[i].code));
            CHECK_ROW(rows[i].name, rows[i].code > 0 || (configuration_decode(frame.payload, frame.payload_length,
                                                                              &configuration) == OK &&
                                                         configuration.authenticate_again));
        }
        buffer_finish(&out);
        scripted_close(&device);
    }
    CHECK_TEXT(harness.app.calls, ""); /* none of them reached app/ */
    harness_end(&harness);
}

static void test_refused_link_is_cut(void)
{
    begin();
    char password[PASSWORD_LIMIT];
    password_of(1, false, "wrong", NULL, password);
    struct scripted device;
    struct buffer out = {.limit = 4096};
    scripted_connect(&harness, &device);
    put_connect(&out, "qdPK1dev1", password);
    scripted_send(&device, out.data, out.length, 0);
    CHECK(scripted_sees_close(&device)); /* LIMIT_REFUSED_LINK_MS */
    buffer_finish(&out);
    scripted_close(&device);
    harness_end(&harness);
}

static void test_garbage_closes(void)
{
    static const struct {
        const char *name;
        const char *bytes;
        size_t count;
    } rows[] = {
        {"HTTP", "GET / HTTP/1.1\r\n", 16},
        {"a PUBLISH first", "\x30\x05\x00\x01x12", 7},
        {"endless length", "\x10\xff\xff\xff\xff\xff", 6},
        {"too long a CONNECT", "\x10\xff\xff\x01", 4},
        {"no protocol name", "\x10\x04\x00\x04MQ", 6},
        {"zeros", "\0\0\0\0\0\0\0\0", 8},
    };
    begin();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scripted device;
        scripted_connect(&harness, &device);
        scripted_send(&device, rows[i].bytes, rows[i].count, 0);
        CHECK_ROW(rows[i].name, scripted_sees_close(&device));
        CHECK_ROW(rows[i].name, device.in.length == 0);
        scripted_close(&device);
    }
    harness_end(&harness);
}

static void test_oversized_packet_closes(void)
{
    begin();
    struct scripted device;
    scripted_login(&harness, &device, "dev1", "secret1", false);
    static const uint8_t head[] = {0x32, 0xff, 0xff, 0x7f}; /* a PUBLISH of 2 MB */
    scripted_send(&device, head, sizeof head, 0);
    CHECK(scripted_sees_close(&device));
    CHECK(harness_wait_calls(&harness, "offline 1;", 1));
    scripted_close(&device);
    harness_end(&harness);
}

static void test_take_over(void)
{
    begin();
    struct scripted old;
    struct scripted new;
    scripted_login(&harness, &old, "dev1", "secret1", false);
    CHECK(harness_wait_calls(&harness, "online 1;", 1));
    scripted_login(&harness, &new, "dev1", "secret1", false);
    CHECK(harness_wait_calls(&harness, "online 1;", 2));
    CHECK(scripted_sees_close(&old));
    CHECK(mock_app_count(&harness.app, "offline") == 0); /* a reconnect */
    scripted_close(&new);
    CHECK(harness_wait_calls(&harness, "offline 1;", 1));
    scripted_close(&old);
    harness_end(&harness);
}

static void test_disconnect(void)
{
    begin();
    struct scripted device;
    scripted_login(&harness, &device, "dev1", "secret1", false);
    CHECK(harness_wait_calls(&harness, "online 1;", 1));
    mqtt_door_disconnect(harness.door, 1, "wanted by a test");
    mqtt_door_disconnect(harness.door, 77, "unknown");
    CHECK(scripted_sees_close(&device));
    CHECK(mock_app_count(&harness.app, "offline 1;") == 1);
    scripted_close(&device);
    harness_end(&harness);
}

static void connect_observer(struct scripted *observer, const char *password, unsigned level, uint8_t *code)
{
    struct buffer out = {.limit = 1024};
    struct mqtt_connect connect = {.protocol = "MQTT",
                                   .level = 4,
                                   .flags = 0xC2,
                                   .keep_alive_s = 60,
                                   .client_id = {"mockdc-core", 11},
                                   .user_name = {"observer", 8},
                                   .password = {password, strlen(password)}};
    mqtt_connect_write(&out, &connect);
    out.data[8] = (uint8_t)level;
    scripted_connect(&harness, observer);
    scripted_send(observer, out.data, out.length, 0);
    struct mqtt_packet packet;
    CHECK(scripted_expect(observer, MQTT_CONNACK, &packet));
    *code = packet.body_length >= 2 ? packet.body[1] : 0xFF;
    buffer_finish(&out);
}

/* An observer reads all topics, cannot write, and cannot take over the bus by its client id. */
static void test_observer(void)
{
    begin();
    struct scripted observer;
    struct scripted device;
    uint8_t code;
    connect_observer(&observer, "tok", 4, &code);
    CHECK(code == 0);
    struct buffer out = {.limit = 1024};
    struct mqtt_packet packet;
    mqtt_subscribe_write(&out, 9, "#", 0);
    put_publish(&out, "qdPK1dev1", "bus", 1, 3, "forged", 6);
    scripted_send(&observer, out.data, out.length, 0);
    CHECK(scripted_expect(&observer, MQTT_SUBACK, &packet));
    CHECK(scripted_expect(&observer, MQTT_PUBACK, &packet)); /* accepted and dropped */
    scripted_login(&harness, &device, "dev1", "secret1", false);
    buffer_clear(&out);
    put_publish(&out, "qdPK1dev1", "bus", 1, 2, "\xaa\xaa\x00\x06\x25\x00\x01\x00\x24\x00", 10);
    scripted_send(&device, out.data, out.length, 0);
    struct mqtt_publish publish;
    CHECK(scripted_expect(&observer, MQTT_PUBLISH, &packet));
    CHECK_OK(mqtt_publish_read(&packet, &publish));
    CHECK(publish.payload_length == 10);
    CHECK(harness_wait_calls(&harness, "seen 1;", 1));
    CHECK(mqtt_door_is_ready(harness.door));
    CHECK(mock_app_count(&harness.app, "malformed") == 0);
    scripted_close(&observer);
    connect_observer(&observer, "wrong", 4, &code);
    CHECK(code == 5);
    scripted_close(&observer);
    connect_observer(&observer, "tok", 5, &code);
    CHECK(code == 0x84);
    scripted_close(&observer);
    scripted_close(&device);
    buffer_finish(&out);
    harness_end(&harness);
}

/* The broker keeps a device to its own topics, whatever it asks for. */
static void test_foreign_topics(void)
{
    begin();
    struct scripted device;
    struct scripted other;
    struct buffer out = {.limit = 1024};
    struct mqtt_packet packet;
    scripted_login(&harness, &device, "dev1", "secret1", false);
    mqtt_subscribe_write(&out, 7, "q/1/d/#", 0);
    put_publish(&out, "qdPK1other", "bus", 1, 8, "\xaa\xaa\x00\x06\x25\x00\x01\x00\x24\x00", 10);
    scripted_send(&device, out.data, out.length, 0);
    CHECK(scripted_expect(&device, MQTT_SUBACK, &packet));
    CHECK(scripted_expect(&device, MQTT_PUBACK, &packet));
    scripted_login(&harness, &other, "other", NULL, false); /* gets its 0x00B4 */
    CHECK(scripted_expect(&other, MQTT_PUBLISH, &packet));
    buffer_clear(&out);
    mqtt_empty_write(&out, MQTT_PINGREQ);
    scripted_send(&device, out.data, out.length, 0);
    CHECK(scripted_expect(&device, MQTT_PINGRESP, &packet)); /* and nothing of the other's before it */
    CHECK(mock_app_count(&harness.app, "seen") == 0);
    scripted_close(&device);
    scripted_close(&other);
    buffer_finish(&out);
    harness_end(&harness);
}

int main(void)
{
    static const struct test_case cases[] = {{"segments", test_segments},
                                             {"repeats are absorbed", test_repeats_are_absorbed},
                                             {"type 0 gets its secret", test_type0_gets_its_secret},
                                             {"session key", test_session_key},
                                             {"firmware order", test_firmware_order},
                                             {"refusals", test_refusals},
                                             {"a refused link is cut", test_refused_link_is_cut},
                                             {"garbage closes", test_garbage_closes},
                                             {"an oversized packet closes", test_oversized_packet_closes},
                                             {"take-over", test_take_over},
                                             {"disconnect", test_disconnect},
                                             {"observer", test_observer},
                                             {"foreign topics", test_foreign_topics},
                                             {0}};
    return suite_run("link", cases);
}
