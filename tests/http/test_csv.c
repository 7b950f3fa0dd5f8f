#include "support/suite.h"

#include "http/csv.h"

static void test_fields(void)
{
    static const struct {
        const char *name;
        const char *field;
        const char *expect;
    } rows[] = {
        {"plain", "DK1", "DK1\r\n"},
        {"empty", "", "\r\n"},
        {"comma", "a,b", "\"a,b\"\r\n"},
        {"quote", "a\"b", "\"a\"\"b\"\r\n"},
        {"only quotes", "\"\"", "\"\"\"\"\"\"\r\n"},
        {"line feed", "a\nb", "\"a\nb\"\r\n"},
        {"carriage return", "a\rb", "\"a\rb\"\r\n"},
        {"blank in front", " a", "\" a\"\r\n"},
        {"blank behind", "a ", "\"a \"\r\n"},
        {"UTF-8", "\xe6\xa8\xa1\xe5\x9d\x97", "\xe6\xa8\xa1\xe5\x9d\x97\r\n"},
        {"no UTF-8", "a\xff\xe6z", "\"a??z\"\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer buffer;
        buffer_init(&buffer, 1024);
        struct csv csv = {.buffer = &buffer};
        csv_add(&csv, rows[i].field);
        csv_end(&csv);
        CHECK_ROW(rows[i].name, strcmp(buffer_text(&buffer), rows[i].expect) == 0);
        buffer_finish(&buffer);
    }
}

static void test_rows(void)
{
    struct buffer buffer;
    buffer_init(&buffer, 1024);
    struct csv csv = {.buffer = &buffer};
    csv_add(&csv, "");
    csv_add_int(&csv, -7);
    csv_end(&csv);
    csv_add(&csv, "x");
    csv_add(&csv, "");
    csv_end(&csv);
    CHECK_TEXT(buffer_text(&buffer), ",-7\r\nx,\r\n");
    buffer_finish(&buffer);
}

int main(void)
{
    static const struct test_case cases[] = {{"fields", test_fields}, {"rows", test_rows}, {0}};
    return suite_run("http: csv", cases);
}
