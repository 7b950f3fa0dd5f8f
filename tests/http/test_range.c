#include "support/suite.h"

#include <stdbool.h>

#include "http/range.h"

static void test_table(void)
{
    static const struct {
        const char *header;
        enum range_answer expect;
        size_t count;
        struct range items[3];
    } rows[] = {
        {NULL, RANGE_WHOLE, 0, {{0, 0}}},
        {"", RANGE_WHOLE, 0, {{0, 0}}},
        {"bytes=", RANGE_WHOLE, 0, {{0, 0}}},
        {"bytes=,", RANGE_WHOLE, 0, {{0, 0}}},
        {"bytes", RANGE_WHOLE, 0, {{0, 0}}},
        {"bytes =0-1", RANGE_WHOLE, 0, {{0, 0}}},
        {"items=0-1", RANGE_WHOLE, 0, {{0, 0}}},
        {"bytes=0-0", RANGE_PARTS, 1, {{0, 0}}},
        {"BYTES=0-0", RANGE_PARTS, 1, {{0, 0}}},
        {"bytes=0-999", RANGE_PARTS, 1, {{0, 999}}},
        {"bytes=0-1000", RANGE_PARTS, 1, {{0, 999}}},
        {"bytes=999-", RANGE_PARTS, 1, {{999, 999}}},
        {"bytes=1000-", RANGE_UNSATISFIABLE, 0, {{0, 0}}},
        {"bytes=1000-1001", RANGE_UNSATISFIABLE, 0, {{0, 0}}},
        {"bytes=-1", RANGE_PARTS, 1, {{999, 999}}},
        {"bytes=-1000", RANGE_PARTS, 1, {{0, 999}}},
        {"bytes=-1001", RANGE_PARTS, 1, {{0, 999}}},
        {"bytes=-0", RANGE_UNSATISFIABLE, 0, {{0, 0}}},
        {"bytes=-", RANGE_WHOLE, 0, {{0, 0}}},
        {"bytes=5", RANGE_WHOLE, 0, {{0, 0}}},
        {"bytes=5-4", RANGE_WHOLE, 0, {{0, 0}}},
        {"bytes=a-b", RANGE_WHOLE, 0, {{0, 0}}},
        {"bytes=0-1x", RANGE_WHOLE, 0, {{0, 0}}},
        {"bytes=0 -1", RANGE_WHOLE, 0, {{0, 0}}},
        {"bytes=+0-1", RANGE_WHOLE, 0, {{0, 0}}},
        {"bytes=0x0-1", RANGE_WHOLE, 0, {{0, 0}}},
        {"bytes=0-1-2", RANGE_WHOLE, 0, {{0, 0}}},
        {"bytes=0-0,2-3", RANGE_PARTS, 2, {{0, 0}, {2, 3}}},
        {"bytes= 0-0 , 2-3 ", RANGE_PARTS, 2, {{0, 0}, {2, 3}}},
        {"bytes=0-0,,2-3,", RANGE_PARTS, 2, {{0, 0}, {2, 3}}},
        {"bytes=0-0 2-3", RANGE_WHOLE, 0, {{0, 0}}},
        {"bytes=5-6,0-1,-1", RANGE_PARTS, 3, {{5, 6}, {0, 1}, {999, 999}}},
        {"bytes=0-0,2000-,3-3", RANGE_PARTS, 2, {{0, 0}, {3, 3}}},
        {"bytes=2000-,3000-", RANGE_UNSATISFIABLE, 0, {{0, 0}}},
        {"bytes=0-0,x", RANGE_WHOLE, 0, {{0, 0}}},
        {"bytes=9223372036854775807-", RANGE_UNSATISFIABLE, 0, {{0, 0}}},
        {"bytes=99999999999999999999999-", RANGE_UNSATISFIABLE, 0, {{0, 0}}},
        {"bytes=0-99999999999999999999999", RANGE_PARTS, 1, {{0, 999}}},
        {"bytes=-99999999999999999999999", RANGE_PARTS, 1, {{0, 999}}},
        {"bytes=1-1,1-1,1-1,1-1,1-1,1-1,1-1,1-1,1-1,1-1,1-1,1-1,1-1,1-1,1-1,1-1,1-1", RANGE_WHOLE, 0, {{0, 0}}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *name = rows[i].header == NULL ? "(none)" : rows[i].header;
        struct ranges ranges = {0};
        CHECK_ROW(name, range_parse(rows[i].header, 1000, &ranges) == rows[i].expect);
        CHECK_ROW(name, ranges.count == rows[i].count);
        for (size_t k = 0; k < rows[i].count && k < ranges.count; k++) {
            CHECK_ROW(name, ranges.items[k].first == rows[i].items[k].first);
            CHECK_ROW(name, ranges.items[k].last == rows[i].items[k].last);
        }
    }
}

/* Whatever comes: what is accepted lies in the file. */
static void test_any_text(void)
{
    uint32_t seed = 7;
    for (int round = 0; round < 200000; round++) {
        static const char letters[] = "0123456789--,, ";
        char header[40] = "bytes=";
        size_t length = 6;
        seed = seed * 1664525U + 1013904223U;
        for (size_t end = 6 + (seed >> 24) % 30; length < end; length++) {
            seed = seed * 1664525U + 1013904223U;
            header[length] = letters[(seed >> 16) % (sizeof letters - 1)];
        }
        header[length] = '\0';
        struct ranges ranges = {0};
        bool parts = range_parse(header, 1000, &ranges) == RANGE_PARTS;
        CHECK_ROW(header, parts == (ranges.count > 0));
        for (size_t i = 0; i < ranges.count; i++) {
            const struct range *range = &ranges.items[i];
            CHECK_ROW(header, 0 <= range->first && range->first <= range->last && range->last < 1000);
        }
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"table", test_table}, {"any text", test_any_text}, {0}};
    return suite_run("http: range", cases);
}
