#include "support/suite.h"

#include "http/firmware.h"

static void test_table(void)
{
    static const struct {
        const char *name;
        const char *expect;
    } rows[] = {
        {"a.bin", "attachment; filename=\"a.bin\"; filename*=UTF-8''a.bin"},
        {"a b.bin", "attachment; filename=\"a b.bin\"; filename*=UTF-8''a%20b.bin"},
        {"a\"b.bin", "attachment; filename=\"a_b.bin\"; filename*=UTF-8''a%22b.bin"},
        {"a\\b", "attachment; filename=\"a_b\"; filename*=UTF-8''a%5Cb"},
        {"a\r\nX: y", "attachment; filename=\"a__X: y\"; filename*=UTF-8''a%0D%0AX%3A%20y"},
        {"\xc3\xa4%41", "attachment; filename=\"___41\"; filename*=UTF-8''%C3%A4%2541"},
        {"", "attachment; filename=\"\"; filename*=UTF-8''"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[DISPOSITION_TEXT + 1];
        firmware_disposition(rows[i].name, text);
        CHECK_ROW(rows[i].expect, strcmp(text, rows[i].expect) == 0);
    }
}

static void test_longest(void)
{
    char name[LIMIT_FILE_NAME + 1];
    memset(name, '\xfe', LIMIT_FILE_NAME);
    name[LIMIT_FILE_NAME] = '\0';
    char text[DISPOSITION_TEXT + 1];
    firmware_disposition(name, text);
    CHECK(strlen(text) <= DISPOSITION_TEXT);
}

int main(void)
{
    static const struct test_case cases[] = {{"table", test_table}, {"longest", test_longest}, {0}};
    return suite_run("http: Content-Disposition", cases);
}
