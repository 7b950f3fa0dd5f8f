/* Devices that misbehave, and the quirks of the right ones (protocol.md 2, 12 and 13), over raw sockets. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/password.h"
#include "device.h"
#include "support/suite.h"

static struct server server; /* one for the whole suite: none of this may harm it */

static const char random16[] = "ABCDEFGHabcdefgh";

static void test_start(void)
{
    static const char *const options[] = {"--observer-token", "watch", NULL};
    server_start(&server, options);
    json_decref(rest_expect(&server, "POST", "/api/v1/products",
                            "{\"name\":\"one\",\"productKey\":\"pk1\",\"productSecret\":\"secret1\"}", 201));
}

static void test_stop(void)
{
    server_stop(&server);
}

/* CONNACK code of a CONNECT with this password, -1 when the link is closed instead. */
static int connect_code(const char *client_id, const char *password)
{
    struct raw_mqtt link;
    CU_ASSERT_TRUE_FATAL(raw_open(&link, server.mqtt_port));
    int code = raw_connect_code(&link, client_id, password);
    raw_close(&link);
    return code;
}

/* Connects, subscribes and reads the code of the 0x00A3 that must come before the server closes; 0: none came. */
static int refusal_code(const char *client_id, const char *password)
{
    struct raw_mqtt link;
    struct frame frame;
    struct error_message error = {0};
    uint8_t scratch[512];
    CU_ASSERT_TRUE_FATAL(raw_open(&link, server.mqtt_port));
    CU_ASSERT_EQUAL(raw_connect_code(&link, client_id, password), 0);
    CU_ASSERT_TRUE(raw_subscribe_own(&link, client_id));
    bool came = raw_receive_frame(&link, 3000, scratch, sizeof scratch, &frame) && frame.command == COMMAND_ERROR &&
                error_message_decode(frame.payload, frame.payload_length, &error) == OK;
    CU_ASSERT_TRUE(raw_is_closed(&link, 8000));
    raw_close(&link);
    return came ? error.code : 0;
}

static void test_refusals(void)
{
    char good[PASSWORD_LIMIT];
    char password[PASSWORD_LIMIT];
    CU_ASSERT_EQUAL(password_make_type0(false, TEST_PK, TEST_PS, TEST_DK, random16, good, sizeof good), OK);
    CU_ASSERT_EQUAL(password_make_type0(false, "nopk", TEST_PS, TEST_DK, random16, password, sizeof password), OK);
    CU_ASSERT_EQUAL(refusal_code("qdnopk" TEST_DK, password), 10423);
    CU_ASSERT_EQUAL(password_make_type0(false, TEST_PK, "wrong", TEST_DK, random16, password, sizeof password), OK);
    CU_ASSERT_EQUAL(refusal_code(TEST_CLIENT, password), 10424);
    CU_ASSERT_EQUAL(refusal_code(TEST_CLIENT, "hello"), 10424);
    CU_ASSERT_EQUAL(refusal_code(TEST_CLIENT, "0;0000;" TEST_PK ";!!!"), 10424);
    CU_ASSERT_EQUAL(
        password_make_type0(false, TEST_PK, TEST_PS, TEST_DK, "ABCDEFGHabcdef-_", password, sizeof password), OK);
    CU_ASSERT_EQUAL(refusal_code(TEST_CLIENT, password), 10427);
    CU_ASSERT_EQUAL(password_make_type0(false, TEST_PK, TEST_PS, "dk-with-dash", random16, password, sizeof password),
                    OK);
    CU_ASSERT_EQUAL(refusal_code("qdpk1dk-with-dash", password), 10431);
    CU_ASSERT_EQUAL(refusal_code("qdpk1OTHER", good), 10434);
    CU_ASSERT_EQUAL(connect_code(TEST_CLIENT, NULL), 4);
    int http_status = 0;
    json_decref(rest_call(&server, "GET", "/api/v1/products/pk1/devices/" TEST_DK, NULL, &http_status));
    CU_ASSERT_EQUAL(http_status, 404); /* nobody of those was made a device */
}

static void test_type1(void)
{
    char password[PASSWORD_LIMIT];
    struct test_device device = {0};
    struct frame frame;
    struct configuration_message message = {0};
    struct raw_mqtt link;
    uint8_t scratch[512];
    CU_ASSERT_TRUE_FATAL(device_go_online(&server, &device, "TYPE1", false));
    CU_ASSERT_EQUAL(strlen(device.secret), 32);
    device_go_offline(&device);
    CU_ASSERT_TRUE(device_go_online(&server, &device, "TYPE1", true));
    CU_ASSERT_TRUE(device.has_key);
    device_go_offline(&device);
    CU_ASSERT_EQUAL(
        password_make_type1(false, "0123456789abcdef0123456789abcdef", TEST_PS, random16, password, sizeof password),
        OK);
    CU_ASSERT_EQUAL(connect_code("qdpk1TYPE1", password), 4);
    json_decref(rest_expect(&server, "PUT", "/api/v1/products/pk1/devices/TYPE1/enabled", "{\"enabled\":false}", 200));
    CU_ASSERT_EQUAL(password_make_type1(false, device.secret, TEST_PS, random16, password, sizeof password), OK);
    CU_ASSERT_EQUAL(connect_code("qdpk1TYPE1", password), 5);
    json_decref(rest_expect(&server, "PUT", "/api/v1/products/pk1/devices/TYPE1/enabled", "{\"enabled\":true}", 200));
    CU_ASSERT_EQUAL(connect_code("qdpk1TYPE1", password), 0);
    /* forgotten: told to authenticate again, nothing else is taken */
    json_decref(rest_expect(&server, "DELETE", "/api/v1/products/pk1/devices/TYPE1", NULL, 204));
    CU_ASSERT_TRUE_FATAL(raw_open(&link, server.mqtt_port));
    CU_ASSERT_EQUAL(raw_connect_code(&link, "qdpk1TYPE1", password), 0);
    CU_ASSERT_TRUE(raw_subscribe_own(&link, "qdpk1TYPE1"));
    CU_ASSERT_TRUE(raw_receive_frame(&link, 3000, scratch, sizeof scratch, &frame));
    CU_ASSERT_EQUAL(frame.command, COMMAND_CONFIGURATION);
    CU_ASSERT_EQUAL(configuration_decode(frame.payload, frame.payload_length, &message), OK);
    CU_ASSERT_TRUE(message.authenticate_again);
    raw_close(&link);
}

/* The CONNECT sent again on the same link gets no second CONNACK, the SUBSCRIBE no second SUBACK, and the link lives.
 */
static void test_repeats_absorbed(void)
{
    char password[PASSWORD_LIMIT];
    struct raw_mqtt link;
    struct mqtt_packet packet;
    unsigned connacks = 0;
    unsigned subacks = 0;
    CU_ASSERT_EQUAL(password_make_type0(false, TEST_PK, TEST_PS, "REPEAT", random16, password, sizeof password), OK);
    CU_ASSERT_TRUE_FATAL(raw_open(&link, server.mqtt_port));
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_TRUE(raw_connect(&link, "qdpk1REPEAT", password));
    }
    CU_ASSERT_TRUE(raw_receive(&link, 3000, &packet) && packet.type == MQTT_CONNACK);
    CLEANUP(cleanup_buffer) struct buffer out;
    buffer_init(&out, 1024);
    for (int i = 0; i < 3; i++) {
        mqtt_subscribe_write(&out, 1, "q/1/d/qdpk1REPEAT/+", 1);
    }
    mqtt_empty_write(&out, MQTT_PINGREQ);
    CU_ASSERT_TRUE(raw_send(&link, out.data, out.length));
    CU_ASSERT_TRUE(raw_connect(&link, "qdpk1REPEAT", password));
    buffer_clear(&out);
    mqtt_empty_write(&out, MQTT_PINGREQ);
    CU_ASSERT_TRUE(raw_send(&link, out.data, out.length));
    for (unsigned pings = 0; pings < 2 && raw_receive(&link, 3000, &packet);) {
        connacks += packet.type == MQTT_CONNACK ? 1 : 0;
        subacks += packet.type == MQTT_SUBACK ? 1 : 0;
        pings += packet.type == MQTT_PINGRESP ? 1 : 0;
    }
    CU_ASSERT_EQUAL(connacks, 0);
    CU_ASSERT_EQUAL(subacks, 1);
    CU_ASSERT_FALSE(raw_is_closed(&link, 200));
    raw_close(&link);
}

/* What arrives one byte per segment is understood as well. */
static void test_one_byte_at_a_time(void)
{
    char password[PASSWORD_LIMIT];
    struct raw_mqtt link;
    struct mqtt_packet packet;
    CLEANUP(cleanup_buffer) struct buffer out;
    buffer_init(&out, 4096);
    CU_ASSERT_EQUAL(password_make_type0(false, TEST_PK, TEST_PS, "BYTES", random16, password, sizeof password), OK);
    struct mqtt_connect connect = {.protocol = "MQTT", .level = 4, .flags = 0x42, .keep_alive_s = 120};
    connect.client_id = (struct mqtt_text){"qdpk1BYTES", 10};
    connect.password = (struct mqtt_text){password, strlen(password)};
    mqtt_connect_write(&out, &connect);
    CU_ASSERT_TRUE_FATAL(raw_open(&link, server.mqtt_port));
    for (size_t i = 0; i < out.length; i++) {
        CU_ASSERT_TRUE(raw_send(&link, out.data + i, 1));
    }
    CU_ASSERT_TRUE(raw_receive(&link, 3000, &packet) && packet.type == MQTT_CONNACK && packet.body[1] == 0);
    raw_close(&link);
}

static int64_t malformed_count(const char *dk)
{
    char path[128];
    (void)snprintf(path, sizeof path, "/api/v1/products/pk1/devices/%s", dk);
    json_t *json = rest_expect(&server, "GET", path, NULL, 200);
    int64_t count = json_integer_value(json_object_get(json, "malformedFrames"));
    json_decref(json);
    return count;
}

static json_int_t device_battery(const char *dk)
{
    char path[128];
    (void)snprintf(path, sizeof path, "/api/v1/products/pk1/devices/%s", dk);
    json_t *json = rest_expect(&server, "GET", path, NULL, 200);
    json_int_t battery = json_integer_value(json_object_get(json, "battery"));
    json_decref(json);
    return battery;
}

static void test_garbage_frames(void)
{
    static const uint8_t garbage[] = {0xAA, 0xAA, 0x00, 0x09, 0x00, 0x01, 0x02, 0x00, 0x34};
    struct test_device device = {0};
    CU_ASSERT_TRUE_FATAL(device_go_online(&server, &device, "GARBAGE", true));
    for (uint16_t i = 0; i < 20; i++) {
        CU_ASSERT_TRUE(raw_publish(&device.link, "q/2/d/qdpk1GARBAGE/sys", 0, 0, garbage, sizeof garbage - i % 5U));
    }
    CU_ASSERT_TRUE(device_report(&device, "V1", "")); /* the link and the server live */
    CU_ASSERT_EQUAL(malformed_count("GARBAGE"), 20);
    device_go_offline(&device);
}

/* Clear and encrypted frames mixed on one connection. */
static void test_mixed_encryption(void)
{
    struct test_device device = {0};
    CU_ASSERT_TRUE_FATAL(device_go_online(&server, &device, "MIXED", true));
    device.has_key = false;
    CU_ASSERT_TRUE(device_report(&device, "V1", "A:1"));
    device.has_key = true;
    CU_ASSERT_TRUE(device_report(&device, "V1", "B:2"));
    CU_ASSERT_EQUAL(malformed_count("MIXED"), 0);
    CU_ASSERT_EQUAL(device_battery("MIXED"), 90);
    device_go_offline(&device);
}

/* A device can neither write nor read another's topics. */
static void test_foreign_topics(void)
{
    struct test_device victim = {0};
    struct test_device intruder = {0};
    struct frame frame;
    CU_ASSERT_TRUE_FATAL(device_go_online(&server, &victim, "VICTIM", false));
    CU_ASSERT_TRUE_FATAL(device_go_online(&server, &intruder, "INTRUDER", false));
    CLEANUP(cleanup_buffer) struct buffer bytes;
    CLEANUP(cleanup_buffer) struct buffer payload;
    buffer_init(&bytes, LIMIT_FRAME);
    buffer_init(&payload, LIMIT_FRAME);
    struct status_message status = {.battery = {true, 7}};
    CU_ASSERT_EQUAL(status_message_encode(&status, &payload), OK);
    struct frame forged = {9, COMMAND_STATUS, payload.data, payload.length};
    CU_ASSERT_EQUAL(frame_encode(&forged, &bytes), OK);
    CU_ASSERT_TRUE(raw_publish(&intruder.link, "q/2/d/qdpk1VICTIM/sys", 0, 0, bytes.data, bytes.length));
    CU_ASSERT_TRUE(raw_publish(&intruder.link, "q/1/d/qdpk1VICTIM/sys", 0, 0, bytes.data, bytes.length));
    CLEANUP(cleanup_buffer) struct buffer out;
    buffer_init(&out, 1024);
    mqtt_subscribe_write(&out, 77, "q/1/d/+/+", 1);
    mqtt_subscribe_write(&out, 78, "#", 1);
    CU_ASSERT_TRUE(raw_send(&intruder.link, out.data, out.length));
    CU_ASSERT_TRUE(device_report(&victim, "V1", ""));
    CU_ASSERT_TRUE(device_report(&intruder, "V1", ""));
    CU_ASSERT_EQUAL(device_battery("VICTIM"), 90);
    CU_ASSERT_FALSE(device_expect(&victim, COMMAND_STATUS, 300, &frame)); /* nothing forged came down */
    device_go_offline(&victim);
    CU_ASSERT_TRUE(device_go_online(&server, &victim, "VICTIM", true)); /* its 0x00B4 is for it alone */
    CU_ASSERT_FALSE(device_expect(&intruder, COMMAND_CONFIGURATION, 300, &frame));
    device_go_offline(&victim);
    device_go_offline(&intruder);
}

/* The same QoS 2 cycle again, with the same ids, counts once: the second 4 must not look like a step backwards. */
static void test_duplicates(void)
{
    struct test_device device = {0};
    CU_ASSERT_TRUE_FATAL(device_go_online(&server, &device, "TWICE", false));
    uint16_t package_id = device.package_id;
    CU_ASSERT_TRUE(device_request(&device, "V1", ""));
    device.package_id = package_id;
    device.mqtt_id--;
    CU_ASSERT_TRUE(device_request(&device, "V1", "")); /* acknowledged like the first */
    device_go_offline(&device);
}

static void test_oversize_and_garbage_links(void)
{
    static const uint8_t huge[] = {0x30, 0xFF, 0xFF, 0xFF, 0x7F};
    struct test_device device = {0};
    struct raw_mqtt link;
    CU_ASSERT_TRUE_FATAL(raw_open(&link, server.mqtt_port));
    CU_ASSERT_TRUE(raw_send(&link, "GET / HTTP/1.1\r\n\r\n", 18));
    CU_ASSERT_TRUE(raw_is_closed(&link, 3000));
    raw_close(&link);
    CU_ASSERT_TRUE_FATAL(device_go_online(&server, &device, "HUGE", false));
    CU_ASSERT_TRUE(raw_send(&device.link, huge, sizeof huge));
    CU_ASSERT_TRUE(raw_is_closed(&device.link, 3000));
    device_go_offline(&device);
}

static void test_thousand_connects(void)
{
    char password[PASSWORD_LIMIT];
    CU_ASSERT_EQUAL(password_make_type0(false, TEST_PK, TEST_PS, "MANY", random16, password, sizeof password), OK);
    int good = 0;
    for (int i = 0; i < 1000; i++) {
        struct raw_mqtt link;
        if (!raw_open(&link, server.mqtt_port)) {
            continue;
        }
        switch (i % 4) { /* silent, half a CONNECT, whole and reset, whole and closed */
        case 0:
            raw_close(&link);
            good++;
            break;
        case 1:
            good += raw_send(&link, "\x10\x40\x00\x04MQ", 6) ? 1 : 0;
            raw_reset(&link);
            break;
        default:
            good += raw_connect_code(&link, "qdpk1MANY", password) == 0 ? 1 : 0;
            i % 4 == 2 ? raw_reset(&link) : raw_close(&link);
        }
    }
    CU_ASSERT_EQUAL(good, 1000);
    struct test_device device = {0};
    CU_ASSERT_TRUE(device_go_online(&server, &device, "AFTER", false));
    device_go_offline(&device);
}

/* Half-open: the new link of the same device takes over, the old one is closed at once. */
static void test_takeover(void)
{
    struct test_device old = {0};
    CU_ASSERT_TRUE_FATAL(device_go_online(&server, &old, "TAKEOVER", false));
    struct test_device fresh = {0};
    memcpy(fresh.secret, old.secret, sizeof fresh.secret);
    CU_ASSERT_TRUE(device_go_online(&server, &fresh, "TAKEOVER", false));
    CU_ASSERT_TRUE(raw_is_closed(&old.link, 2000));
    CU_ASSERT_TRUE(device_report(&fresh, "V1", ""));
    json_t *json = rest_expect(&server, "GET", "/api/v1/products/pk1/devices/TAKEOVER", NULL, 200);
    CU_ASSERT_TRUE(json_is_true(json_object_get(json, "online")));
    json_decref(json);
    device_go_offline(&old);
    device_go_offline(&fresh);
}

static void test_disconnect_call(void)
{
    struct test_device device = {0};
    CU_ASSERT_TRUE_FATAL(device_go_online(&server, &device, "CUT", false));
    int http_status = 0;
    json_decref(rest_call(&server, "POST", "/api/v1/products/pk1/devices/CUT/disconnect", NULL, &http_status));
    CU_ASSERT_TRUE(http_status >= 200 && http_status < 300);
    CU_ASSERT_TRUE(raw_is_closed(&device.link, 2000));
    device_go_offline(&device);
}

/* mosquitto_sub as `observer` sees a device's frames; a wrong token and a device's client id do not get in. */
static void test_observer(void)
{
    char port[8];
    char output[128];
    (void)snprintf(port, sizeof port, "%u", server.mqtt_port);
    (void)snprintf(output, sizeof output, "%s/observer.log", server.folder);
    const char *watch[] = {"mosquitto_sub", "-h", "127.0.0.1", "-p", port, "-u", "observer", "-P", "watch", "-t",
                           "q/#",           "-C", "2",         "-W", "20", "-F", "%t %x",    NULL};
    const char *wrong[] = {"mosquitto_sub", "-h", "127.0.0.1", "-p", port, "-u", "observer", "-P",
                           "guess",         "-t", "q/#",       "-C", "1",  "-W", "5",        NULL};
    CU_ASSERT_NOT_EQUAL(process_wait(process_start(wrong, NULL), 10), 0);
    pid_t observer = process_start(watch, output);
    int code = -2;
    for (int i = 0; i < 50 && code == -2; i++) { /* until it has subscribed, devices come and go */
        struct test_device device = {0};
        CU_ASSERT_TRUE(device_go_online(&server, &device, "SEEN", false) && device_report(&device, "V1", ""));
        device_go_offline(&device);
        FILE *file = fopen(output, "re");
        char line[256] = "";
        bool seen = file != NULL && fgets(line, sizeof line, file) != NULL && fgets(line, sizeof line, file) != NULL;
        if (file != NULL) {
            (void)fclose(file);
        }
        code = seen ? process_wait(observer, 10) : -2;
        sleep_ms(20);
    }
    CU_ASSERT_EQUAL(code, 0);
}

int main(void)
{
    static const struct test_case cases[] = {{"start", test_start},
                                             {"refusals of type 0", test_refusals},
                                             {"type 1: right, wrong, disabled, forgotten", test_type1},
                                             {"repeated CONNECT and SUBSCRIBE", test_repeats_absorbed},
                                             {"one byte at a time", test_one_byte_at_a_time},
                                             {"garbage frames are counted", test_garbage_frames},
                                             {"clear and encrypted mixed", test_mixed_encryption},
                                             {"foreign topics", test_foreign_topics},
                                             {"duplicates", test_duplicates},
                                             {"oversize and garbage links", test_oversize_and_garbage_links},
                                             {"1000 connects and disconnects", test_thousand_connects},
                                             {"take-over of a half-open link", test_takeover},
                                             {"disconnect by REST", test_disconnect_call},
                                             {"observer", test_observer},
                                             {"stop", test_stop},
                                             {0}};
    return suite_run("links", cases);
}
