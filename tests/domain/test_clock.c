#include "domain/clock.h"

#include "support/suite.h"

enum { WALL = 1000000 };

static void test_names(void)
{
    static const char *const words[CLOCK_MODE_COUNT] = {"real", "offset", "manual"};
    for (size_t i = 0; i < CLOCK_MODE_COUNT; i++) {
        enum clock_mode mode = CLOCK_MODE_COUNT;
        CHECK_ROW(words[i], strcmp(clock_mode_name((enum clock_mode)i), words[i]) == 0);
        CHECK_ROW(words[i], clock_mode_parse(words[i], &mode) == OK && mode == (enum clock_mode)i);
    }
    enum clock_mode mode = CLOCK_MANUAL;
    CHECK(clock_mode_parse("Real", &mode) == E_FORMAT);
    CHECK(clock_mode_parse("", &mode) == E_FORMAT);
    CHECK(mode == CLOCK_MANUAL);
}

/* Made at the wall clock's WALL, read then and later (also earlier: the system's clock may be set back). */
static void test_reads(void)
{
    static const struct {
        const char *name;
        enum clock_mode mode;
        int64_t now;
        int64_t wall; /* when it is read */
        int64_t expect;
    } rows[] = {
        {"real", CLOCK_REAL, 5, WALL, WALL},
        {"real, later", CLOCK_REAL, 5, WALL + 1, WALL + 1},
        {"offset into the past", CLOCK_OFFSET, 5, WALL, 5},
        {"offset runs on", CLOCK_OFFSET, 5, WALL + 700, 705},
        {"offset into the future", CLOCK_OFFSET, WALL + 50, WALL + 1, WALL + 51},
        {"offset before 1970", CLOCK_OFFSET, -5000, WALL + 1, -4999},
        {"offset, wall set back", CLOCK_OFFSET, 5, WALL - 2, 3},
        {"manual", CLOCK_MANUAL, 5, WALL, 5},
        {"manual stands still", CLOCK_MANUAL, 5, WALL + 700, 5},
        {"manual in the future", CLOCK_MANUAL, WALL + 50, WALL + 700, WALL + 50},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct clock clock = clock_make(rows[i].mode, rows[i].now, WALL);
        CHECK_ROW(rows[i].name, clock.mode == rows[i].mode);
        CHECK_ROW(rows[i].name, clock_read(&clock, rows[i].wall) == rows[i].expect);
        CHECK_ROW(rows[i].name, rows[i].mode != CLOCK_REAL || clock.value == 0);
    }
}

/* A clock that nobody set. */
static void test_blank_is_real(void)
{
    struct clock clock = {0};
    CHECK(clock.mode == CLOCK_REAL);
    CHECK(clock_read(&clock, WALL) == WALL);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"names", test_names}, {"reads", test_reads}, {"blank", test_blank_is_real}, {0}};
    return suite_run("clock", cases);
}
