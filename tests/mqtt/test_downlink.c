#include "mqtt/downlink.h"

#include <stdlib.h>

#include "codec/frame.h"
#include "codec/ttlv.h"
#include "support/suite.h"

/* A TTLV payload of exactly `length` bytes. */
static void fill(struct buffer *payload, size_t length, uint8_t filler)
{
    static uint8_t bytes[2048];
    memset(bytes, filler, sizeof bytes);
    buffer_clear(payload);
    ttlv_put_bytes(payload, 1, bytes, length - 4);
    CHECK_OK(buffer_status(payload));
    CHECK(payload->length == length);
}

/* Every length around the dangerous ones, with many checksums and package ids, survives and decodes. */
static void test_remedy(void)
{
    struct buffer payload;
    struct buffer out;
    buffer_init(&payload, LIMIT_FRAME_PAYLOAD);
    buffer_init(&out, LIMIT_FRAME_ESCAPED);
    static const size_t lengths[] = {20, 100, 250, 251, 252, 298, 299, 300, 500, 554, 555, 1000};
    uint16_t last = 0;
    size_t bad = 0;
    size_t changed = 0;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (int filler = 1; filler < 256; filler++) {
            fill(&payload, lengths[i], (uint8_t)filler);
            buffer_clear(&out);
            uint16_t before = last;
            uint8_t scratch[4096];
            struct frame frame;
            if (downlink_frame(&last, COMMAND_FIRMWARE_INFO, &payload, &out) != OK ||
                (out.length >= LIMIT_FRAME_SAFE && !frame_survives_splitter(out.data, out.length)) ||
                frame_decode(out.data, out.length, scratch, &frame) != OK || frame.package_id != last) {
                bad++;
            }
            changed += last != (uint16_t)(before + 1) ? 1 : 0;
        }
    }
    CHECK(bad == 0);
    CHECK(changed > 0); /* the rows did meet frames that had to be changed */
    buffer_finish(&payload);
    buffer_finish(&out);
}

static void test_length_2f_is_padded(void)
{
    struct buffer payload;
    struct buffer out;
    buffer_init(&payload, LIMIT_FRAME_PAYLOAD);
    buffer_init(&out, LIMIT_FRAME_ESCAPED);
    fill(&payload, 0x12F - 5, 'x');
    uint16_t last = 0;
    CHECK_OK(downlink_frame(&last, COMMAND_OTA_NOTIFY, &payload, &out));
    CHECK(payload.length == 0x131 - 5);
    CHECK(frame_survives_splitter(out.data, out.length));
    struct ttlv_document document;
    ttlv_init(&document);
    CHECK_OK(ttlv_parse(&document, payload.data, payload.length));
    CHECK(ttlv_find(ttlv_top(&document), 8191) != NULL);
    ttlv_finish(&document);
    fill(&payload, 0x2F - 5, 'x'); /* short: safe as it is */
    CHECK_OK(downlink_frame(&last, COMMAND_OTA_NOTIFY, &payload, &out));
    CHECK(payload.length == 0x2F - 5);
    buffer_finish(&payload);
    buffer_finish(&out);
}

static void test_package_ids_wrap(void)
{
    static const struct {
        uint16_t last;
        uint16_t next;
    } rows[] = {{0, 1}, {1, 2}, {0xFFFD, 0xFFFE}, {0xFFFE, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer payload;
        struct buffer out;
        buffer_init(&payload, LIMIT_FRAME_PAYLOAD);
        buffer_init(&out, LIMIT_FRAME_ESCAPED);
        fill(&payload, 20, 'x');
        uint16_t last = rows[i].last;
        CHECK_OK(downlink_frame(&last, COMMAND_OTA_NOTIFY, &payload, &out));
        CHECK(last == rows[i].next);
        buffer_finish(&payload);
        buffer_finish(&out);
    }
}

static void test_url(void)
{
    char url[64];
    CHECK_OK(downlink_url("http://10.0.0.1:8080", "tok", ".bin", url, sizeof url));
    CHECK_TEXT(url, "http://10.0.0.1:8080/firmware/tok.bin");
    CHECK_OK(downlink_url("http://a.b/", "tok", ".tar.gz", url, sizeof url));
    CHECK_TEXT(url, "http://a.b/firmware/tok.tar.gz");
    CHECK(downlink_url("http://a.b", "tok", ".bin", url, 10) == E_LIMIT);
}

int main(void)
{
    static const struct test_case cases[] = {{"slash remedy", test_remedy},
                                             {"length 2F is padded", test_length_2f_is_padded},
                                             {"package ids wrap", test_package_ids_wrap},
                                             {"firmware URL", test_url},
                                             {0}};
    return suite_run("downlink", cases);
}
