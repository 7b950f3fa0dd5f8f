#include "support/suite.h"

#include <stdint.h>

#include "http/cursor.h"

static void test_round_trip(void)
{
    static const struct {
        const char *key;
        enum cursor_kind kind;
    } rows[] = {{"1", CURSOR_ID},
                {"12", CURSOR_ID},
                {"123", CURSOR_ID},
                {"9223372036854775807", CURSOR_ID},
                {"a", CURSOR_KEY},
                {"861234567890123", CURSOR_KEY},
                {"aaaaaaaaaabbbbbbbbbbccccccccccdd", CURSOR_KEY}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char cursor[CURSOR_TEXT];
        char key[CURSOR_SORT_KEY + 1];
        cursor_write(rows[i].key, cursor);
        CHECK_ROW(rows[i].key, cursor_read(cursor, rows[i].kind, key) == OK);
        CHECK_ROW(rows[i].key, strcmp(key, rows[i].key) == 0);
    }
}

static void test_refused(void)
{
    static const struct {
        const char *name;
        const char *cursor;
        enum cursor_kind kind;
    } rows[] = {
        {"empty", "", CURSOR_KEY},
        {"one letter", "M", CURSOR_KEY},
        {"padding", "MQ==", CURSOR_ID},
        {"foreign letter", "MQ/", CURSOR_ID},
        {"bits left over", "MR", CURSOR_ID},
        {"five letters", "MTIzN", CURSOR_ID},
        {"zero byte", "MQA", CURSOR_ID},
        {"text for an id", "YQ", CURSOR_ID},
        {"0", "MA", CURSOR_ID},
        {"leading zero", "MDE", CURSOR_ID},
        {"negative", "LTE", CURSOR_ID},
        {"too large", "OTIyMzM3MjAzNjg1NDc3NTgwOA", CURSOR_ID},
        {"no key", "YS1i", CURSOR_KEY},
        {"33 bytes", "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh", CURSOR_KEY},
        {"very long", "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh",
         CURSOR_KEY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char key[CURSOR_SORT_KEY + 1] = "untouched";
        CHECK_ROW(rows[i].name, cursor_read(rows[i].cursor, rows[i].kind, key) == E_FORMAT);
        CHECK_ROW(rows[i].name, strcmp(key, "untouched") == 0);
    }
}

/* Whatever comes: what is accepted is exactly what cursor_write() makes of it. */
static void test_only_canonical(void)
{
    uint32_t seed = 1;
    for (int round = 0; round < 200000; round++) {
        static const char letters[] = "ABCDEFGHMNOQTUVWXYZabcdefghijklm0123456789-_=/ ";
        char cursor[12];
        size_t length = (seed = seed * 1664525U + 1013904223U) >> 24 & 7U;
        for (size_t i = 0; i < length; i++) {
            seed = seed * 1664525U + 1013904223U;
            cursor[i] = letters[(seed >> 16) % (sizeof letters - 1)];
        }
        cursor[length] = '\0';
        char key[CURSOR_SORT_KEY + 1];
        if (cursor_read(cursor, CURSOR_KEY, key) == OK) {
            char again[CURSOR_TEXT];
            cursor_write(key, again);
            CHECK_ROW(cursor, strcmp(cursor, again) == 0);
        }
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"round trip", test_round_trip},
                                             {"refused", test_refused},
                                             {"only canonical texts are accepted", test_only_canonical},
                                             {0}};
    return suite_run("http: cursor", cases);
}
