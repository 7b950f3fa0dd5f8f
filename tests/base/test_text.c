#include "base/text.h"

#include "support/suite.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void test_copy(void)
{
    char target[4] = "old";
    CHECK(text_copy(target, sizeof target, "four") == E_LIMIT);
    CHECK_TEXT(target, "old");
    CHECK_OK(text_copy(target, sizeof target, "abc"));
    CHECK_TEXT(target, "abc");
    CHECK_OK(text_copy(target, sizeof target, ""));
    CHECK_TEXT(target, "");
}

static void test_copy_bytes(void)
{
    char target[4] = "old";
    CHECK(text_copy_bytes(target, sizeof target, (const uint8_t *)"four", 4) == E_LIMIT);
    CHECK_TEXT(target, "old");
    CHECK_OK(text_copy_bytes(target, sizeof target, (const uint8_t *)"a\0bcdefg", 8));
    CHECK_TEXT(target, "a");
    CHECK_OK(text_copy_bytes(target, sizeof target, NULL, 0));
    CHECK_TEXT(target, "");
}

static void test_copy_cut(void)
{
    static const struct {
        const char *name;
        const char *source;
        const char *expect;
    } rows[] = {
        {"fits", "abc", "abc"},
        {"fills", "abcd", "abcd"},
        {"cut", "abcdef", "abcd"},
        {"not within a character", "abc\xC3\xA4", "abc"},
        {"between characters", "ab\xC3\xA4z", "ab\xC3\xA4"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char target[5];
        text_copy_cut(target, sizeof target, rows[i].source);
        CHECK_ROW(rows[i].name, strcmp(target, rows[i].expect) == 0);
    }
}

static void test_ends(void)
{
    CHECK(text_starts_with("abc", "ab") && text_starts_with("abc", "") && !text_starts_with("ab", "abc"));
    CHECK(text_ends_with("a.tar.gz", ".gz") && !text_ends_with("gz", ".gz") && text_ends_with("x", ""));
}

static void test_words(void)
{
    static const struct {
        const char *name;
        const char *text;
        bool expect;
    } rows[] = {
        {"letters", "aZ09", true}, {"others", "1.0_b-2", true},     {"empty", "", false},
        {"blank", "a b", false},   {"too long", "12345678", false}, {"above ASCII", "\xC3\xA4", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        CHECK_ROW(rows[i].name, text_is_word(rows[i].text, 1, 7, "._-") == rows[i].expect);
    }
}

static void test_utf8(void)
{
    static const struct {
        const char *name;
        const char *text;
        long expect;
    } rows[] = {
        {"empty", "", 0},
        {"ASCII", "abc", 3},
        {"two bytes", "\xC3\xA4", 1},
        {"three bytes", "\xE5\x8D\x87\xE7\xBA\xA7", 2},
        {"four bytes", "\xF0\x9F\x98\x80", 1},
        {"cut", "\xE5\x8D", -1},
        {"lone tail", "\x80", -1},
        {"overlong", "\xC0\x80", -1},
        {"overlong in three", "\xE0\x80\x80", -1},
        {"surrogate", "\xED\xA0\x80", -1},
        {"above U+10FFFF", "\xF4\x90\x80\x80", -1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        CHECK_ROW(rows[i].name, text_utf8_length(rows[i].text) == rows[i].expect);
    }
}

static void test_ints(void)
{
    static const struct {
        const char *name;
        const char *text;
        enum status expect;
        int64_t value;
    } rows[] = {
        {"zero", "0", OK, 0},          {"least", "-140", OK, -140},      {"most", "44", OK, 44},
        {"below", "-141", E_RANGE, 7}, {"above", "45", E_RANGE, 7},      {"huge", "99999999999999999999", E_RANGE, 7},
        {"empty", "", E_FORMAT, 7},    {"minus only", "-", E_FORMAT, 7}, {"plus", "+1", E_FORMAT, 7},
        {"blank", " 1", E_FORMAT, 7},  {"tail", "1x", E_FORMAT, 7},      {"two signs", "--1", E_FORMAT, 7},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t value = 7;
        CHECK_ROW(rows[i].name, text_parse_int(rows[i].text, -140, 44, &value) == rows[i].expect);
        CHECK_ROW(rows[i].name, value == rows[i].value);
    }
}

static void test_hex(void)
{
    uint8_t bytes[4];
    size_t length = 99;
    char hex[9];
    CHECK_OK(hex_decode("00aAfF7f", bytes, sizeof bytes, &length));
    CHECK(length == 4 && memcmp(bytes, "\x00\xAA\xFF\x7F", 4) == 0);
    hex_encode(bytes, length, hex);
    CHECK_TEXT(hex, "00aaff7f");
    CHECK(hex_decode("abc", bytes, sizeof bytes, &length) == E_FORMAT);
    CHECK(hex_decode("0g", bytes, sizeof bytes, &length) == E_FORMAT);
    CHECK(hex_decode("0011223344", bytes, sizeof bytes, &length) == E_LIMIT);
    CHECK(length == 4);
    CHECK_OK(hex_decode("", bytes, sizeof bytes, &length));
    CHECK(length == 0);
}

int main(void)
{
    static const struct test_case cases[] = {{"copy", test_copy},
                                             {"copy of bytes", test_copy_bytes},
                                             {"cut", test_copy_cut},
                                             {"starts and ends", test_ends},
                                             {"words", test_words},
                                             {"UTF-8", test_utf8},
                                             {"ints", test_ints},
                                             {"hexadecimal", test_hex},
                                             {0}};
    return suite_run("text", cases);
}
