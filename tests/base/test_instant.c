#include "base/instant.h"

#include "support/suite.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void test_formats(void)
{
    static const struct {
        const char *text;
        int64_t instant_ms;
    } rows[] = {
        {"1970-01-01T00:00:00.000Z", 0},
        {"1969-12-31T23:59:59.999Z", -1},
        {"2026-11-23T10:00:00.000Z", 1795428000000},
        {"2024-02-29T23:59:59.123Z", 1709251199123},
        {"0000-01-01T00:00:00.000Z", INT64_MIN},
        {"9999-12-31T23:59:59.999Z", INT64_MAX},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[INSTANT_TEXT];
        instant_format(rows[i].instant_ms, text);
        CHECK_ROW(rows[i].text, strcmp(text, rows[i].text) == 0);
    }
}

static void test_parses(void)
{
    static const struct {
        const char *text;
        enum status expect;
        int64_t instant_ms;
    } rows[] = {
        {"1970-01-01T00:00:00Z", OK, 0},
        {"1970-01-01t00:00:00.5z", OK, 500},
        {"1970-01-01T01:00:00.1239999+01:00", OK, 123},
        {"1969-12-31T18:30:00-05:30", OK, 0},
        {"2024-02-29T00:00:00Z", OK, 1709164800000},
        {"2023-02-29T00:00:00Z", E_RANGE, 7},
        {"2023-04-31T00:00:00Z", E_RANGE, 7},
        {"2023-13-01T00:00:00Z", E_RANGE, 7},
        {"2023-00-01T00:00:00Z", E_RANGE, 7},
        {"2023-01-01T24:00:00Z", E_RANGE, 7},
        {"2023-01-01T00:00:60Z", E_RANGE, 7},
        {"2023-01-01T00:00:00", E_FORMAT, 7},
        {"2023-01-01T00:00:00.Z", E_FORMAT, 7},
        {"2023-01-01T00:00:00Zx", E_FORMAT, 7},
        {"2023-01-01T00:00:00+24:00", E_FORMAT, 7},
        {"2023-01-01T00:00:00+01", E_FORMAT, 7},
        {"2023-01-01 00:00:00Z", E_FORMAT, 7},
        {"23-01-01T00:00:00Z", E_FORMAT, 7},
        {"", E_FORMAT, 7},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t instant_ms = 7;
        CHECK_ROW(rows[i].text, instant_parse(rows[i].text, &instant_ms) == rows[i].expect);
        CHECK_ROW(rows[i].text, instant_ms == rows[i].instant_ms);
    }
}

static void test_clocks(void)
{
    CHECK(instant_now() > 1700000000000);
    int64_t first = monotonic_ms();
    CHECK(monotonic_ms() >= first);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"formats", test_formats}, {"parses", test_parses}, {"clocks", test_clocks}, {0}};
    return suite_run("instant", cases);
}
