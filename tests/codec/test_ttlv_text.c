/*
 * TTLV for a person's eyes.
 */
#include "codec/ttlv_text.h"

#include <string.h>

#include "support/suite.h"

static void put_nested(struct buffer *out)
{
    size_t outer = ttlv_open_struct(out, 4);
    ttlv_put_bool(out, 1, true);
    size_t inner = ttlv_open_struct(out, 2);
    ttlv_put_int(out, 3, -5);
    ttlv_close_struct(out, inner, 1);
    ttlv_close_struct(out, outer, 2);
    ttlv_put_int(out, 9, 7);
}

static void put_empty_struct(struct buffer *out)
{
    ttlv_close_struct(out, ttlv_open_struct(out, 4), 0);
    ttlv_put_int(out, 5, 1);
}

static void put_plain(struct buffer *out)
{
    ttlv_put_int(out, 1, 90);
    ttlv_put_number(out, 2, 3.7);
    ttlv_put_string(out, 5, "1.0");
    ttlv_put_bytes(out, 6, (const uint8_t *)"\0\xff", 2);
    ttlv_put_bytes(out, 7, (const uint8_t *)"", 0);
    ttlv_put_bool(out, 8, false);
}

static const struct {
    const char *name;
    void (*put)(struct buffer *out);
    const char *text;
} rows[] = {
    {"plain", put_plain, "1: 90, 2: 3.7, 5: \"1.0\", 6: 0x00ff, 7: 0x, 8: false"},
    {"nested", put_nested, "4: {1: true, 2: {3: -5}}, 9: 7"},
    {"an empty struct", put_empty_struct, "4: {}, 5: 1"},
};

static void test_text(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer bytes;
        struct buffer text;
        struct ttlv_document document;
        buffer_init(&bytes, 4096);
        buffer_init(&text, 4096);
        ttlv_init(&document);
        rows[i].put(&bytes);
        CHECK_ROW(rows[i].name, ttlv_parse(&document, bytes.data, bytes.length) == OK);
        ttlv_write_text(&document, &text);
        CHECK_ROW(rows[i].name, strcmp(buffer_text(&text), rows[i].text) == 0);
        ttlv_finish(&document);
        buffer_finish(&text);
        buffer_finish(&bytes);
    }
}

static void test_no_room(void)
{
    struct buffer bytes;
    struct buffer text;
    struct ttlv_document document;
    buffer_init(&bytes, 4096);
    buffer_init(&text, 8);
    ttlv_init(&document);
    put_plain(&bytes);
    CHECK(ttlv_parse(&document, bytes.data, bytes.length) == OK);
    ttlv_write_text(&document, &text);
    CHECK(buffer_status(&text) == E_LIMIT);
    ttlv_finish(&document);
    buffer_finish(&text);
    buffer_finish(&bytes);
}

int main(void)
{
    static const struct test_case cases[] = {{"text", test_text}, {"no room", test_no_room}, {0}};
    return suite_run("codec: ttlv text", cases);
}
