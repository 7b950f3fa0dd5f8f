#include "codec/ttlv.h"

#include <math.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "codec/hex.h"
#include "support/suite.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static enum status parse_hex(struct ttlv_document *document, struct hex_bytes *bytes, const char *hex)
{
    *bytes = from_hex(hex);
    return ttlv_parse(document, bytes->data, bytes->length);
}

static void test_verdicts(void)
{
    static const struct {
        const char *name;
        const char *hex;
        enum status expect;
    } rows[] = {
        {"int", "000a0001", OK},
        {"int in 8 bytes", "000a070000000000000001", OK},
        {"minus zero", "000a8000", OK},
        {"bool", "0008", OK},
        {"empty bytes", "001b0000", OK},
        {"empty struct", "00340000", OK},
        {"same id twice", "000a0001000a0002", OK},
        {"ids 0", "0002000100020002", OK},
        {"id 1, then id 0", "000a000100020001", OK},
        {"id 0, then id 1", "00020001000a0001", E_FORMAT},
        {"id 0, then id 1 in a struct", "00240002 00020001 000a0001", E_FORMAT},
        {"empty", "", E_FORMAT},
        {"type 5", "000d", E_FORMAT},
        {"type 7", "000f", E_FORMAT},
        {"half a word", "00", E_TRUNCATED},
        {"trailing byte", "000a000100", E_TRUNCATED},
        {"no magnitude", "000a", E_TRUNCATED},
        {"short magnitude", "000a0301", E_TRUNCATED},
        {"short bytes", "001b000568", E_TRUNCATED},
        {"short count", "001b00", E_TRUNCATED},
        {"short struct", "00240002000a0005", E_TRUNCATED},
        {"struct of 65535", "0024ffff", E_TRUNCATED},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
        struct hex_bytes bytes;
        CHECK_ROW(rows[i].name, parse_hex(&document, &bytes, rows[i].hex) == rows[i].expect);
        CHECK_ROW(rows[i].name, (document.count > 0) == (rows[i].expect == OK));
    }
}

static void test_limits(void)
{
    CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 100000};
    for (int i = 0; i < LIMIT_TTLV_DEPTH; i++) {
        ttlv_close_struct(&out, ttlv_open_struct(&out, 1), 1);
    }
    out.data[out.length - 1] = 0;
    CHECK_OK(ttlv_parse(&document, out.data, out.length));
    out.data[out.length - 1] = 1;
    ttlv_close_struct(&out, ttlv_open_struct(&out, 1), 1);
    ttlv_put_bool(&out, 1, true);
    CHECK(ttlv_parse(&document, out.data, out.length) == E_LIMIT);
    CHECK(document.count == 0);
    buffer_clear(&out);
    for (int i = 0; i < LIMIT_TTLV_ITEMS; i++) {
        ttlv_put_bool(&out, 1, true);
    }
    CHECK_OK(ttlv_parse(&document, out.data, out.length));
    ttlv_put_bool(&out, 1, true);
    CHECK(ttlv_parse(&document, out.data, out.length) == E_LIMIT);
}

static void test_gets(void)
{
    CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
    struct hex_bytes bytes;
    /* 1: -60, 2: 3.7, 3: "ab\0c", 4: true, 5: 5000000000, 6: 3000000000, 1 again: 7 */
    CHECK_OK(parse_hex(&document, &bytes,
                       "000a803c 00120825 001b000461620063 0021 002a04012a05f200 003203b2d05e00 000a0007"));
    struct ttlv_level top = ttlv_top(&document);
    int32_t number = 0;
    CHECK(ttlv_get_int(top, 1, &number) && number == -60);
    CHECK(ttlv_get_int(top, 5, &number) && number == 705032704);
    CHECK(ttlv_get_int(top, 6, &number) && (uint32_t)number == 3000000000U);
    number = 99;
    CHECK(!ttlv_get_int(top, 2, &number) && !ttlv_get_int(top, 3, &number) && !ttlv_get_int(top, 4, &number) &&
          !ttlv_get_int(top, 77, &number) && number == 99);
    double value = 0;
    CHECK(ttlv_get_number(top, 2, &value) && value == 3.7);
    CHECK(ttlv_get_number(top, 1, &value) && value == -60);
    CHECK(!ttlv_get_number(top, 4, &value));
    bool flag = false;
    CHECK(ttlv_get_bool(top, 4, &flag) && flag);
    CHECK(!ttlv_get_bool(top, 1, &flag));
    char text[5] = "old";
    CHECK_OK(ttlv_get_string(top, 3, text, sizeof text));
    CHECK_TEXT(text, "ab");
    CHECK(ttlv_get_string(top, 3, text, 2) == E_LIMIT);
    CHECK(ttlv_get_string(top, 1, text, sizeof text) == E_NOT_FOUND);
    CHECK(ttlv_get_string(top, 9, text, sizeof text) == E_NOT_FOUND);
    CHECK_TEXT(text, "ab");
    const uint8_t *data = NULL;
    size_t length = 0;
    CHECK(ttlv_get_bytes(top, 3, &data, &length) && length == 4 && data[3] == 'c');
}

static void test_walks_structs(void)
{
    CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
    struct hex_bytes bytes;
    CHECK_OK(parse_hex(&document, &bytes, "00240002 000a0005 001c0001 000a0009 00320008"));
    CHECK(document.count == 5);
    CHECK(document.items[0].children == 2 && document.items[0].next == 4);
    CHECK(document.items[2].children == 1 && document.items[2].next == 4);
    struct ttlv_level top = ttlv_top(&document);
    const struct ttlv_item *outer = ttlv_find(top, 4);
    CHECK_FATAL(outer != NULL);
    int32_t number = 0;
    CHECK(!ttlv_get_int(top, 1, &number));
    CHECK(ttlv_get_int(ttlv_children(&document, outer), 1, &number) && number == 5);
    CHECK(!ttlv_get_int(ttlv_children(&document, outer), 6, &number));
    CHECK(ttlv_get_int(top, 6, &number) && number == 8);
}

static void test_writes_numbers(void)
{
    static const struct {
        const char *name;
        double value;
        const char *expect;
    } rows[] = {
        {"3.7", 3.7, "00120825"},
        {"-0.5", -0.5, "00128805"},
        {"5", 5, "00120005"},
        {"minus zero", -0.0, "00120000"},
        {"4.123", 4.123, "00127e0ea5d8be68b000"},
        {"a third", 1.0 / 3, "00127e012f2a36ecd555"},
        {"123456.789", 123456.789, "00125e2bdc545d587502"},
        {"1e-10", 1e-10, "00125001"},
        {"2^63", 9223372036854775808.0, "0012078000000000000000"},
        {"too large", 1e30, "001207ffffffffffffffff"},
        {"minus infinity", -INFINITY, "001287ffffffffffffffff"},
        {"no number", NAN, "00120000"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        CLEANUP(cleanup_buffer) struct buffer out = {.limit = 100};
        ttlv_put_number(&out, 2, rows[i].value);
        CHECK_ROW(rows[i].name, buffer_is_hex(&out, rows[i].expect));
    }
}

static void test_writes_ints(void)
{
    static const struct {
        const char *name;
        int64_t value;
        const char *expect;
    } rows[] = {
        {"0", 0, "000a0000"},
        {"255", 255, "000a00ff"},
        {"256", 256, "000a010100"},
        {"-1", -1, "000a8001"},
        {"2^56 - 1", 72057594037927935, "000a06ffffffffffffff"},
        {"most", INT64_MAX, "000a077fffffffffffffff"},
        {"least", INT64_MIN, "000a878000000000000000"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        CLEANUP(cleanup_buffer) struct buffer out = {.limit = 100};
        ttlv_put_int(&out, 1, rows[i].value);
        CHECK_ROW(rows[i].name, buffer_is_hex(&out, rows[i].expect));
    }
}

static void test_writes_others(void)
{
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 70000};
    ttlv_put_bool(&out, 1, true);
    ttlv_put_bool(&out, 8192, false);
    ttlv_put_string(&out, 3, "");
    size_t mark = ttlv_open_struct(&out, 4);
    ttlv_put_string(&out, 2, "b");
    ttlv_close_struct(&out, mark, 1);
    CHECK(buffer_is_hex(&out, "0009 0000 001b0000 00240001 0013000162"));
    uint8_t large[65536] = {0};
    ttlv_put_bytes(&out, 1, large, sizeof large);
    CHECK(buffer_status(&out) == E_LIMIT);
}

static void test_writes_documents(void)
{
    CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 100};
    struct hex_bytes bytes;
    CHECK_OK(parse_hex(&document, &bytes, "000a030000003c 00128800 00240002 0008 001b0001ff"));
    ttlv_put_document(&out, &document);
    CHECK(buffer_is_hex(&out, "000a003c 00120800 00240002 0008 001b0001ff"));
}

int main(void)
{
    static const struct test_case cases[] = {{"verdicts", test_verdicts},
                                             {"limits", test_limits},
                                             {"gets", test_gets},
                                             {"walks structs", test_walks_structs},
                                             {"writes numbers", test_writes_numbers},
                                             {"writes ints", test_writes_ints},
                                             {"writes the others", test_writes_others},
                                             {"writes documents", test_writes_documents},
                                             {0}};
    return suite_run("ttlv", cases);
}
