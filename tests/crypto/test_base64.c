#include "crypto/base64.h"

#include <stdio.h>
#include <string.h>

#include "support/suite.h"

/* RFC 4648, 10, and the letters at the ends of the alphabet. */
static void test_both_ways(void)
{
    static const struct {
        const char *bytes;
        size_t count;
        const char *text;
    } rows[] = {{"", 0, ""},
                {"f", 1, "Zg=="},
                {"fo", 2, "Zm8="},
                {"foo", 3, "Zm9v"},
                {"foob", 4, "Zm9vYg=="},
                {"fooba", 5, "Zm9vYmE="},
                {"foobar", 6, "Zm9vYmFy"},
                {"\0\xff\xfe\xfb", 4, "AP/++w=="}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[16] = "";
        uint8_t bytes[16];
        size_t count = 99;
        base64_encode((const uint8_t *)rows[i].bytes, rows[i].count, text);
        CHECK_ROW(rows[i].text, strcmp(text, rows[i].text) == 0 && strlen(text) == base64_length(rows[i].count));
        CHECK_ROW(rows[i].text, base64_decode(text, strlen(text), bytes, &count) == OK);
        CHECK_ROW(rows[i].text, count == rows[i].count && memcmp(bytes, rows[i].bytes, count) == 0);
        CHECK_ROW(rows[i].text, base64_decode(text, strlen(text), (uint8_t *)text, &count) == OK);
        CHECK_ROW(rows[i].text, memcmp(text, rows[i].bytes, count) == 0); /* in its own place */
    }
}

static void test_refused(void)
{
    static const char *const rows[] = {"Z",    "Zg=",  "Zg",   "Z===", "====", "Zg==Zg==", "Zm8=Zm9v",
                                       "Zm 9", "Zm9-", "Zh==", "Zm9=", "=g==", "Z=8="};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[16];
        size_t count = 0;
        CHECK_ROW(rows[i], base64_decode(rows[i], strlen(rows[i]), bytes, &count) == E_FORMAT);
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"both ways", test_both_ways}, {"refused", test_refused}, {0}};
    return suite_run("base64", cases);
}
