#include "codec/mqtt_packet.h"

#include "base/cleanup.h"
#include "codec/hex.h"
#include "support/suite.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static struct mqtt_text text_of(const char *text)
{
    return (struct mqtt_text){.text = text, .length = strlen(text)};
}

static bool text_is(struct mqtt_text text, const char *expect)
{
    return text.length == strlen(expect) && memcmp(text.text, expect, text.length) == 0;
}

static void test_frames(void)
{
    static const struct {
        const char *name;
        const char *hex;
        enum status expect;
        size_t total;
    } rows[] = {
        {"nothing", "", E_AGAIN, 0},
        {"type only", "10", E_AGAIN, 0},
        {"half a length", "1080", E_AGAIN, 0},
        {"ping", "c000", OK, 2},
        {"ping and more", "c000c0", OK, 2},
        {"known length", "3005 0001", E_AGAIN, 7},
        {"two bytes of length", "308001", E_AGAIN, 131},
        {"length in four bytes", "c080808000", OK, 5},
        {"length in five bytes", "308080808001", E_FORMAT, 0},
        {"over the limit", "30ff7f", E_LIMIT, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hex_bytes bytes = from_hex(rows[i].hex);
        struct mqtt_packet packet;
        CHECK_ROW(rows[i].name, mqtt_packet_read(bytes.data, bytes.length, 1000, &packet) == rows[i].expect);
        CHECK_ROW(rows[i].name, packet.total == rows[i].total);
    }
}

static void test_connect(void)
{
    static const char hex[] = "1012 00044d515454 04 42 0078 000171 0003707764";
    struct hex_bytes bytes = from_hex(hex);
    struct mqtt_packet packet;
    struct mqtt_connect connect;
    CHECK_OK(mqtt_packet_read(bytes.data, bytes.length, 1000, &packet));
    CHECK_OK(mqtt_connect_read(&packet, &connect));
    CHECK_TEXT(connect.protocol, "MQTT");
    CHECK(connect.level == 4 && connect.flags == 0x42 && connect.keep_alive_s == 120);
    CHECK(text_is(connect.client_id, "q") && text_is(connect.password, "pwd") && connect.user_name.length == 0);
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 1000};
    mqtt_connect_write(&out, &connect);
    CHECK(buffer_is_hex(&out, hex));
    /* the repair of the front: a user name in between */
    buffer_clear(&out);
    connect.flags |= 0x80;
    connect.user_name = text_of("u");
    mqtt_connect_write(&out, &connect);
    CHECK(buffer_is_hex(&out, "1015 00044d515454 04 c2 0078 000171 000175 0003707764"));
    CHECK_OK(mqtt_packet_read(out.data, out.length, 1000, &packet));
    CHECK_OK(mqtt_connect_read(&packet, &connect));
    CHECK(text_is(connect.user_name, "u") && text_is(connect.password, "pwd"));
}

static void test_connect_verdicts(void)
{
    static const struct {
        const char *name;
        const char *hex;
        enum status expect;
    } rows[] = {
        {"will", "1014 00044d515454 04 06 0078 000171 000174 00026d6d", OK},
        {"MQTT 3.1", "1010 00064d5149736470 03 02 0078 0002 7171", OK},
        {"MQTT 5", "1010 00044d515454 05 02 0078 00 000171 0000", E_VERSION},
        {"reserved flag", "100d 00044d515454 04 03 0078 000171", E_FORMAT},
        {"will QoS without will", "100d 00044d515454 04 0a 0078 000171", E_FORMAT},
        {"will QoS 3", "1012 00044d515454 04 1e 0078 000171 000174 0000", E_FORMAT},
        {"trailing byte", "100e 00044d515454 04 02 0078 000171 00", E_FORMAT},
        {"password missing", "100d 00044d515454 04 42 0078 000171", E_TRUNCATED},
        {"client id cut", "100d 00044d515454 04 02 0078 000971", E_TRUNCATED},
        {"long protocol name", "1011 00084d5154545454 5454 04 02 0078 000171", E_FORMAT},
        {"flags of the packet", "110d 00044d515454 04 02 0078 000171", E_FORMAT},
        {"empty", "1000", E_TRUNCATED},
        {"other packet", "c000", E_FORMAT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hex_bytes bytes = from_hex(rows[i].hex);
        struct mqtt_packet packet;
        struct mqtt_connect connect;
        CHECK_ROW(rows[i].name, mqtt_packet_read(bytes.data, bytes.length, 1000, &packet) == OK);
        CHECK_ROW(rows[i].name, mqtt_connect_read(&packet, &connect) == rows[i].expect);
    }
}

static void test_publish(void)
{
    static const struct {
        const char *name;
        const char *hex;
        enum status expect;
    } rows[] = {
        {"QoS 0", "3005 000174 6162", OK},
        {"QoS 1", "3206 000174 0007 61", OK},
        {"QoS 2, repeated, retained", "3d06 000174 0007 61", OK},
        {"no payload", "3003 000174", OK},
        {"QoS 3", "3606 000174 0007 61", E_FORMAT},
        {"packet id 0", "3206 000174 0000 61", E_FORMAT},
        {"empty topic", "3002 0000", E_FORMAT},
        {"topic cut", "3003 000574", E_TRUNCATED},
        {"no packet id", "3204 000174 00", E_TRUNCATED},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hex_bytes bytes = from_hex(rows[i].hex);
        struct mqtt_packet packet;
        struct mqtt_publish publish;
        CHECK_ROW(rows[i].name, mqtt_packet_read(bytes.data, bytes.length, 1000, &packet) == OK);
        CHECK_ROW(rows[i].name, mqtt_publish_read(&packet, &publish) == rows[i].expect);
        if (rows[i].expect == OK) {
            CLEANUP(cleanup_buffer) struct buffer out = {.limit = 1000};
            mqtt_publish_write(&out, &publish);
            CHECK_ROW(rows[i].name, buffer_is_hex(&out, rows[i].hex));
        }
    }
}

static void test_long_publish(void)
{
    static uint8_t payload[20000];
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 30000};
    struct mqtt_publish publish = {.topic = text_of("t"), .payload = payload, .payload_length = sizeof payload};
    mqtt_publish_write(&out, &publish);
    struct mqtt_packet packet;
    CHECK_OK(mqtt_packet_read(out.data, out.length, 30000, &packet));
    CHECK(packet.total == out.length && out.length == 4 + 3 + sizeof payload);
    CHECK(mqtt_packet_read(out.data, out.length, 20000, &packet) == E_LIMIT);
    CHECK(mqtt_packet_read(out.data, out.length - 1, 30000, &packet) == E_AGAIN && packet.total == out.length);
}

static void test_small_packets(void)
{
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 1000};
    mqtt_ack_write(&out, MQTT_PUBACK, 1);
    mqtt_ack_write(&out, MQTT_PUBREC, 0x0102);
    mqtt_ack_write(&out, MQTT_PUBREL, 3);
    mqtt_ack_write(&out, MQTT_PUBCOMP, 4);
    mqtt_connack_write(&out, true, 5);
    mqtt_suback_write(&out, 1, 0x80);
    mqtt_subscribe_write(&out, 1, "a/+", 1);
    mqtt_empty_write(&out, MQTT_PINGREQ);
    mqtt_empty_write(&out, MQTT_DISCONNECT);
    CHECK(buffer_is_hex(&out,
                        "40020001 50020102 62020003 70020004 20020105 9003000180 82080001 0003612f2b 01 c000 e000"));
}

static bool read_hex_packet(const char *hex, struct hex_bytes *bytes, struct mqtt_packet *packet)
{
    *bytes = from_hex(hex);
    return mqtt_packet_read(bytes->data, bytes->length, 1000, packet) == OK;
}

static void test_reads_small_packets(void)
{
    struct hex_bytes bytes;
    struct mqtt_packet packet;
    uint16_t packet_id = 0;
    uint8_t code = 0;
    bool present = false;
    CHECK(read_hex_packet("40020102", &bytes, &packet) && mqtt_packet_id_read(&packet, &packet_id) == OK);
    CHECK(packet_id == 0x0102);
    CHECK(read_hex_packet("40020000", &bytes, &packet) && mqtt_packet_id_read(&packet, &packet_id) == E_FORMAT);
    CHECK(read_hex_packet("400101", &bytes, &packet) && mqtt_packet_id_read(&packet, &packet_id) == E_TRUNCATED);
    CHECK(read_hex_packet("20020105", &bytes, &packet) && mqtt_connack_read(&packet, &present, &code) == OK);
    CHECK(present && code == 5);
    CHECK(read_hex_packet("20020205", &bytes, &packet) && mqtt_connack_read(&packet, &present, &code) == E_FORMAT);
    CHECK(read_hex_packet("9003000180", &bytes, &packet) && mqtt_suback_read(&packet, &packet_id, &code) == OK);
    CHECK(packet_id == 1 && code == 0x80);
    CHECK(read_hex_packet("9003000103", &bytes, &packet) && mqtt_suback_read(&packet, &packet_id, &code) == E_FORMAT);
}

static void test_subscribe(void)
{
    static const struct {
        const char *name;
        const char *hex;
        enum status expect;
        size_t count;
    } rows[] = {
        {"one", "82080001 0003612f2b 01", OK, 1},
        {"two", "820e0001 0003612f2b 01 000362 2f2b 00", OK, 2},
        {"none", "82020001", E_FORMAT, 0},
        {"QoS 3", "82080001 0003612f2b 03", E_FORMAT, 0},
        {"empty filter", "82050001 0000 01", E_FORMAT, 0},
        {"no QoS", "82070001 0003612f2b", E_TRUNCATED, 0},
        {"flags 0", "80080001 0003612f2b 01", E_FORMAT, 0},
        {"id 0", "82080000 0003612f2b 01", E_FORMAT, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hex_bytes bytes;
        struct mqtt_packet packet;
        uint16_t packet_id = 0;
        struct mqtt_text filter = {0};
        unsigned qos = 0;
        size_t count = 0;
        CHECK_ROW(rows[i].name, read_hex_packet(rows[i].hex, &bytes, &packet));
        CHECK_ROW(rows[i].name, mqtt_subscribe_read(&packet, &packet_id, &filter, &qos, &count) == rows[i].expect);
        CHECK_ROW(rows[i].name, count == rows[i].count && (count == 0 || (text_is(filter, "a/+") && qos == 1)));
    }
}

static void test_names(void)
{
    CHECK_TEXT(mqtt_packet_name(MQTT_CONNECT), "CONNECT");
    CHECK_TEXT(mqtt_packet_name(MQTT_DISCONNECT), "DISCONNECT");
    CHECK_TEXT(mqtt_packet_name(0), "?");
    CHECK_TEXT(mqtt_packet_name(15), "?");
}

int main(void)
{
    static const struct test_case cases[] = {{"frames", test_frames},
                                             {"CONNECT", test_connect},
                                             {"CONNECT, verdicts", test_connect_verdicts},
                                             {"PUBLISH", test_publish},
                                             {"a long PUBLISH", test_long_publish},
                                             {"small packets", test_small_packets},
                                             {"reads small packets", test_reads_small_packets},
                                             {"SUBSCRIBE", test_subscribe},
                                             {"names", test_names},
                                             {0}};
    return suite_run("mqtt_packet", cases);
}
