#include "codec/frame.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "codec/hex.h"
#include "support/suite.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void test_encodes(void)
{
    static const struct {
        const char *name;
        uint16_t package_id;
        uint16_t command;
        const char *payload;
        const char *expect;
        bool decodes;
    } rows[] = {
        {"no payload", 1, 0x0115, "", "aaaa000517 0001 0115", true},
        {"hello", 1, 0x0024, "68656c6c6f", "aaaa000a39 0001 0024 68656c6c6f", true},
        {"aa aa", 2, 0x0024, "aaaa", "aaaa00077a00020024 aa55aa55", true},
        {"aa 55", 2, 0x0024, "aa55", "aaaa00072500020024 aa5555", true},
        {"aa 56", 2, 0x0024, "aa56", "aaaa00072600020024 aa56", true},
        {"id aa 55", 0xAA55, 0x0024, "01", "aaaa000624 aa5555 0024 01", true},
        {"command ends in aa, no payload", 3, 0x00AA, "", "aaaa0005ad0003 00aa55", true},
        {"command ends in aa, payload 55", 3, 0x00AA, "5501", "aaaa00070300 0300aa 5501", false},
        {"command ends in aa, payload aa", 3, 0x00AA, "aa01", "aaaa0007580003 00aa aa01", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hex_bytes payload = from_hex(rows[i].payload);
        struct frame frame = {rows[i].package_id, rows[i].command, payload.data, payload.length};
        CLEANUP(cleanup_buffer) struct buffer out = {.limit = 100};
        CHECK_ROW(rows[i].name, frame_encode(&frame, &out) == OK);
        CHECK_ROW(rows[i].name, buffer_is_hex(&out, rows[i].expect));
        uint8_t scratch[100];
        struct frame back;
        bool decodes = frame_decode(out.data, out.length, scratch, &back) == OK &&
                       back.payload_length == payload.length && memcmp(back.payload, payload.data, payload.length) == 0;
        CHECK_ROW(rows[i].name, decodes == rows[i].decodes);
    }
}

static void test_decodes(void)
{
    static const struct {
        const char *name;
        const char *bytes;
        enum status expect;
        const char *payload;
    } rows[] = {
        {"plain", "aaaa0006270002002401", OK, "01"},
        {"bytes behind are ignored", "aaaa0006270002002401 aaaa00", OK, "01"},
        {"bare aa aa", "aaaa00077a00020024aaaa", OK, "aaaa"},
        {"bare aa at the end", "aaaa0008a9001900236162aa", OK, "6162aa"},
        {"bare aa 55", "aaaa0009f80013002361aa5562", E_TRUNCATED, ""},
        {"nothing", "", E_FORMAT, ""},
        {"one byte", "aa", E_FORMAT, ""},
        {"header only", "aaaa", E_TRUNCATED, ""},
        {"other header", "aabb000a400009002368656c6c6f", E_FORMAT, ""},
        {"leading byte", "00aaaa0006270002002401", E_FORMAT, ""},
        {"half a length", "aaaa00", E_TRUNCATED, ""},
        {"length 4", "aaaa0004 00000000", E_FORMAT, ""},
        {"one byte short", "aaaa0007270002002401", E_TRUNCATED, ""},
        {"wrong checksum", "aaaa0006280002002401", E_FORMAT, ""},
        {"package id 0", "aaaa0006250000002401", E_FORMAT, ""},
        {"package id ffff", "aaaa000623ffff002401", E_FORMAT, ""},
        {"package id fffe", "aaaa000622fffe002401", OK, "01"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hex_bytes bytes = from_hex(rows[i].bytes);
        struct hex_bytes payload = from_hex(rows[i].payload);
        uint8_t scratch[100];
        struct frame frame = {0};
        CHECK_ROW(rows[i].name, frame_decode(bytes.data, bytes.length, scratch, &frame) == rows[i].expect);
        CHECK_ROW(rows[i].name, frame.payload_length == payload.length &&
                                    (payload.length == 0 || memcmp(frame.payload, payload.data, payload.length) == 0));
    }
}

static void test_refuses_to_encode(void)
{
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = LIMIT_FRAME_ESCAPED};
    CHECK(frame_encode(&(struct frame){.package_id = 0}, &out) == E_RANGE);
    CHECK(frame_encode(&(struct frame){.package_id = 0xFFFF}, &out) == E_RANGE);
    struct frame large = {.package_id = 1, .payload_length = LIMIT_FRAME_PAYLOAD + 1};
    CHECK(frame_encode(&large, &out) == E_LIMIT);
    CHECK(out.length == 0);
    struct buffer small = {.limit = 8};
    CHECK(frame_encode(&(struct frame){.package_id = 1}, &small) == E_LIMIT);
    buffer_finish(&small);
}

/* All of AA and 55, and lengths whose own bytes are AA or 55, at sizes up to the largest. */
static void test_large_frames_come_back(void)
{
    static const size_t sizes[] = {165, 255, 256, 0x5500 - 5, 0x55AA - 5, 0xAA55 - 5, LIMIT_FRAME_PAYLOAD};
    uint8_t *payload = malloc(LIMIT_FRAME_PAYLOAD);
    uint8_t *scratch = malloc(LIMIT_FRAME_ESCAPED);
    CHECK_FATAL(payload != NULL && scratch != NULL);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        for (size_t j = 0; j < sizes[i]; j++) {
            payload[j] = (j / 3 + j) % 2 == 0 ? 0xAA : 0x55;
        }
        CLEANUP(cleanup_buffer) struct buffer out = {.limit = LIMIT_FRAME_ESCAPED};
        struct frame frame = {0x55AA, COMMAND_TRANSPARENT_UP, payload, sizes[i]};
        struct frame back;
        CHECK_OK(frame_encode(&frame, &out));
        CHECK_OK(frame_decode(out.data, out.length, scratch, &back));
        CHECK(back.payload_length == sizes[i] && memcmp(back.payload, payload, sizes[i]) == 0);
    }
    free(payload);
    free(scratch);
}

static void test_clear(void)
{
    struct hex_bytes clear = from_hex("aaaa0006270002002401");
    struct hex_bytes wrong = from_hex("aaaa0006280002002401");
    struct hex_bytes cipher = from_hex("33117d768a8917ac48768c4ccd83e2ae");
    CHECK(frame_is_clear(clear.data, clear.length));
    CHECK(!frame_is_clear(wrong.data, wrong.length));
    CHECK(!frame_is_clear(cipher.data, cipher.length));
    CHECK(!frame_is_clear(NULL, 0));
}

static void test_splitter(void)
{
    static const struct {
        const char *name;
        const char *bytes;
        bool expect;
    } rows[] = {
        {"short frame", "aaaa002f 2f 2f2f 0113", true},
        {"length ends in 2f", "aaaa012f 10 0101 0113", false},
        {"checksum 2f", "aaaa0101 2f 0101 0113", false},
        {"id begins with 2f", "aaaa0101 10 2f01 0113", false},
        {"id ends in 2f", "aaaa0101 10 012f 0113", false},
        {"2f behind the first zero", "aaaa0101 10 002f 0113 2f", true},
        {"nothing wrong", "aaaa0101 10 0101 0113 00", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hex_bytes bytes = from_hex(rows[i].bytes);
        CHECK_ROW(rows[i].name, frame_survives_splitter(bytes.data, bytes.length) == rows[i].expect);
    }
}

static void test_commands(void)
{
    CHECK_TEXT(command_name(COMMAND_OTA_NOTIFY), "otaNotify");
    CHECK_TEXT(command_name(0x0112), "unknown");
    CHECK_TEXT(command_topic_kind(COMMAND_CONFIGURATION), "sys");
    CHECK_TEXT(command_topic_kind(COMMAND_OTA_STATUS), "ota");
    CHECK_TEXT(command_topic_kind(COMMAND_LOCATION), "bus");
    CHECK_TEXT(command_topic_kind(COMMAND_TSL_WRITE), "bus");
}

int main(void)
{
    static const struct test_case cases[] = {{"encodes", test_encodes},
                                             {"decodes", test_decodes},
                                             {"refuses to encode", test_refuses_to_encode},
                                             {"large frames come back", test_large_frames_come_back},
                                             {"clear or not", test_clear},
                                             {"the topic splitter", test_splitter},
                                             {"commands", test_commands},
                                             {0}};
    return suite_run("frame", cases);
}
