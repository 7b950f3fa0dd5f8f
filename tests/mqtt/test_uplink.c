#include <stdio.h>
#include <stdlib.h>

#include "codec/device_messages.h"
#include "codec/frame.h"
#include "codec/server_messages.h"
#include "crypto/session_cipher.h"
#include "harness.h"
#include "support/suite.h"

static const struct mock_device devices[] = {{"PK1", "dev1", "secret1", false}};

static struct harness harness;
static struct scripted device;
static struct buffer out;

static void begin(bool session)
{
    harness = (struct harness){0};
    harness_begin(&harness, devices, 1);
    scripted_login(&harness, &device, "dev1", "secret1", session);
    CHECK(harness_wait_calls(&harness, "online 1;", 1));
    buffer_init(&out, 1 << 20);
}

static void end(void)
{
    buffer_finish(&out);
    scripted_close(&device);
    harness_end(&harness);
}

/* A status frame with the battery's percent. */
static void make_status(struct buffer *frame_bytes, uint16_t package_id, int battery)
{
    struct buffer payload = {.limit = 256};
    struct status_message message = {.battery = {.known = true, .value = battery}};
    CHECK_OK(status_message_encode(&message, &payload));
    struct frame frame = {
        .package_id = package_id, .command = COMMAND_STATUS, .payload = payload.data, .payload_length = payload.length};
    CHECK_OK(frame_encode(&frame, frame_bytes));
    buffer_finish(&payload);
}

static void send_status(unsigned qos, uint16_t packet_id, uint16_t package_id, int battery)
{
    struct buffer frame = {.limit = 1024};
    make_status(&frame, package_id, battery);
    buffer_clear(&out);
    put_publish(&out, "qdPK1dev1", "sys", qos, packet_id, frame.data, frame.length);
    scripted_send(&device, out.data, out.length, 0);
    buffer_finish(&frame);
}

static bool expect_ack(enum mqtt_packet_type type, uint16_t packet_id)
{
    struct mqtt_packet packet;
    uint16_t found = 0;
    return scripted_expect(&device, type, &packet) && mqtt_packet_id_read(&packet, &found) == OK && found == packet_id;
}

static void test_qos1(void)
{
    begin(false);
    send_status(1, 2, 1, 50);
    CHECK(expect_ack(MQTT_PUBACK, 2));
    CHECK(harness.app.commits >= 1); /* committed before the device heard of it */
    CHECK(mock_app_count(&harness.app, "status 1 battery=50;") == 1);
    end();
}

static void test_qos2(void)
{
    begin(false);
    send_status(2, 2, 1, 50);
    CHECK(expect_ack(MQTT_PUBREC, 2));
    CHECK(mock_app_count(&harness.app, "status") == 0); /* acted upon at the PUBREL */
    buffer_clear(&out);
    mqtt_ack_write(&out, MQTT_PUBREL, 2);
    scripted_send(&device, out.data, out.length, 0);
    CHECK(expect_ack(MQTT_PUBCOMP, 2));
    CHECK(mock_app_count(&harness.app, "status 1 battery=50;") == 1);
    end();
}

static void test_qos0(void)
{
    begin(false);
    send_status(0, 0, 1, 50);
    CHECK(harness_wait_calls(&harness, "status 1 battery=50;", 1));
    end();
}

static void test_duplicates(void)
{
    begin(false);
    for (int i = 0; i < 3; i++) { /* same packet id, DUP 0, as the device repeats */
        send_status(1, 2, 1, 50);
        CHECK(expect_ack(MQTT_PUBACK, 2));
    }
    send_status(1, 3, 2, 50); /* another package id: a message of its own */
    CHECK(expect_ack(MQTT_PUBACK, 3));
    CHECK(mock_app_count(&harness.app, "status 1 battery=50;") == 2);
    struct mqtt_counters counters;
    mqtt_door_counters(harness.door, &counters);
    CHECK(counters.duplicates == 2);
    end();
}

/* TSL answers carry the server's package id: two equal ones are two answers. */
static void test_tsl_answers_may_repeat(void)
{
    begin(false);
    struct buffer bytes = {.limit = 256};
    struct frame frame = {.package_id = 5, .command = COMMAND_TSL_ANSWER};
    CHECK_OK(frame_encode(&frame, &bytes));
    buffer_clear(&out);
    put_publish(&out, "qdPK1dev1", "bus", 0, 0, bytes.data, bytes.length);
    put_publish(&out, "qdPK1dev1", "bus", 0, 0, bytes.data, bytes.length);
    scripted_send(&device, out.data, out.length, 0);
    CHECK(harness_wait_calls(&harness, "seen 1;", 2));
    buffer_finish(&bytes);
    end();
}

static void test_failed_is_not_acknowledged(void)
{
    begin(false);
    harness.app.use_status = E_FULL;
    send_status(1, 2, 1, 50);
    CHECK(harness_wait_calls(&harness, "status 1 battery=50;", 1));
    harness_turn(&harness, 100);
    CHECK(device.in.length == 0);
    harness.app.use_status = OK;
    send_status(1, 2, 1, 50); /* the device repeats: no duplicate this time */
    CHECK(expect_ack(MQTT_PUBACK, 2));
    CHECK(mock_app_count(&harness.app, "status 1 battery=50;") == 2);
    end();
}

static void test_failed_commit_is_not_acknowledged(void)
{
    begin(false);
    harness.app.commit_status = E_FULL;
    send_status(1, 2, 1, 50);
    CHECK(harness_wait_calls(&harness, "status 1 battery=50;", 1));
    harness_turn(&harness, 100);
    CHECK(device.in.length == 0);
    harness.app.commit_status = OK;
    send_status(1, 2, 1, 50);
    CHECK(expect_ack(MQTT_PUBACK, 2));
    CHECK(mock_app_count(&harness.app, "status 1 battery=50;") == 2);
    end();
}

static void test_deleted_device_is_acknowledged(void)
{
    begin(false);
    harness.app.use_status = E_NOT_FOUND;
    send_status(1, 2, 1, 50);
    CHECK(expect_ack(MQTT_PUBACK, 2));
    end();
}

static void test_malformed(void)
{
    static const struct {
        const char *name;
        const char *bytes;
        size_t count;
    } rows[] = {{"empty", "", 0},
                {"text", "hello", 5},
                {"wrong checksum", "\xaa\xaa\x00\x0a\x38\x00\x01\x00\x24hello", 14},
                {"status without TTLV", "\xaa\xaa\x00\x06\x36\x00\x01\x00\x34\x01", 10},
                {"16 bytes of no cipher", "0123456789abcdef", 16}};
    begin(true);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buffer_clear(&out);
        put_publish(&out, "qdPK1dev1", "sys", 1, 9, rows[i].bytes, rows[i].count);
        scripted_send(&device, out.data, out.length, 0);
        if (i == 0) {
            struct mqtt_packet packet;
            CHECK(scripted_expect(&device, MQTT_PUBLISH, &packet)); /* its session key */
        }
        CHECK_ROW(rows[i].name, expect_ack(MQTT_PUBACK, 9));
        CHECK_ROW(rows[i].name, mock_app_count(&harness.app, "malformed 1;") == (int)i + 1);
    }
    CHECK(mock_app_count(&harness.app, "status") == 0);
    end();
}

/* Clear and encrypted frames mixed on one connection, in one segment. */
static void test_mixed(void)
{
    begin(true);
    struct mqtt_packet packet;
    struct mqtt_publish publish;
    struct frame frame;
    struct configuration_message message;
    uint8_t scratch[1024];
    CHECK_FATAL(scripted_expect(&device, MQTT_PUBLISH, &packet));
    CHECK_OK(mqtt_publish_read(&packet, &publish));
    CHECK_OK(frame_decode(publish.payload, publish.payload_length, scratch, &frame));
    CHECK_OK(configuration_decode(frame.payload, frame.payload_length, &message));
    CHECK(message.has_session_key);
    buffer_clear(&out);
    for (int i = 1; i <= 6; i++) {
        struct buffer clear = {.limit = 1024};
        struct buffer sealed = {.limit = 1024};
        make_status(&clear, (uint16_t)i, i);
        CHECK_OK(session_encrypt(message.session_key, clear.data, clear.length, &sealed));
        const struct buffer *sent = i % 2 == 0 ? &clear : &sealed;
        put_publish(&out, "qdPK1dev1", "sys", 1, (uint16_t)(i + 1), sent->data, sent->length);
        buffer_finish(&clear);
        buffer_finish(&sealed);
    }
    scripted_send(&device, out.data, out.length, 0);
    for (uint16_t i = 1; i <= 6; i++) {
        char call[64];
        (void)snprintf(call, sizeof call, "status 1 battery=%u;", i);
        CHECK(expect_ack(MQTT_PUBACK, (uint16_t)(i + 1)));
        CHECK(mock_app_count(&harness.app, call) == 1);
    }
    CHECK(mock_app_count(&harness.app, "malformed") == 0);
    end();
}

static void send_frame_of(uint16_t command, uint16_t package_id, const struct buffer *payload)
{
    struct buffer bytes = {.limit = 2048};
    struct frame frame = {
        .package_id = package_id, .command = command, .payload = payload->data, .payload_length = payload->length};
    CHECK_OK(frame_encode(&frame, &bytes));
    buffer_clear(&out);
    put_publish(&out, "qdPK1dev1", "ota", 1, package_id, bytes.data, bytes.length);
    scripted_send(&device, out.data, out.length, 0);
    CHECK(expect_ack(MQTT_PUBACK, package_id));
    buffer_finish(&bytes);
}

static void test_reports(void)
{
    begin(false);
    struct buffer payload = {.limit = 2048};
    struct reported_versions versions = {
        .module_version = "MOD1.0", .has_mcu_list = true, .mcu_list = "MCU1:1.0;MCU2:2.5"};
    CHECK_OK(ota_request_encode(&versions, &payload));
    send_frame_of(COMMAND_OTA_REQUEST, 11, &payload);
    buffer_clear(&payload);
    struct info_message info = {.model = "EC200U", .module_version = "MOD1.0_APP"};
    CHECK_OK(info_message_encode(&info, &payload));
    send_frame_of(COMMAND_INFO, 12, &payload);
    buffer_clear(&payload);
    struct ota_status_message status = {.status = 4, .name = "DOWNLOADSTART", .component_no = "MCU1"};
    CHECK_OK(ota_status_encode(&status, &payload));
    send_frame_of(COMMAND_OTA_STATUS, 13, &payload);
    CHECK(mock_app_count(&harness.app, "request 1 MOD1.0 MCU1=1.0 MCU2=2.5;") == 1);
    CHECK(mock_app_count(&harness.app, "info 1 MOD1.0_APP bare=0;") == 1);
    CHECK(mock_app_count(&harness.app, "upgrade 1 4 MCU1;") == 1);
    buffer_finish(&payload);
    end();
}

/* Sent and gone: the message is handled all the same. */
static void test_message_outlives_its_link(void)
{
    begin(false);
    send_status(1, 2, 1, 50);
    scripted_close(&device);
    CHECK(harness_wait_calls(&harness, "status 1 battery=50;", 1));
    CHECK(harness_wait_calls(&harness, "offline 1;", 1));
    buffer_finish(&out);
    harness_end(&harness);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"QoS 1", test_qos1},
        {"QoS 2", test_qos2},
        {"QoS 0", test_qos0},
        {"duplicates", test_duplicates},
        {"TSL answers may repeat", test_tsl_answers_may_repeat},
        {"failed is not acknowledged", test_failed_is_not_acknowledged},
        {"a failed commit is not acknowledged", test_failed_commit_is_not_acknowledged},
        {"a deleted device is acknowledged", test_deleted_device_is_acknowledged},
        {"malformed", test_malformed},
        {"clear and encrypted mixed", test_mixed},
        {"reports", test_reports},
        {"a message outlives its link", test_message_outlives_its_link},
        {0}};
    return suite_run("uplink", cases);
}
