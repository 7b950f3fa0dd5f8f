#include "base/status.h"

#include "support/suite.h"

static void test_every_status_has_its_words(void)
{
    for (int i = 0; i < STATUS_COUNT; i++) {
        CHECK_ROW(status_name((enum status)i), strcmp(status_text((enum status)i), "unknown status") != 0);
        for (int j = 0; j < i; j++) {
            CHECK_ROW(status_name((enum status)i),
                      strcmp(status_name((enum status)i), status_name((enum status)j)) != 0);
            CHECK_ROW(status_name((enum status)i),
                      strcmp(status_text((enum status)i), status_text((enum status)j)) != 0);
        }
    }
    CHECK_TEXT(status_name(E_FORMAT), "E_FORMAT");
    CHECK_TEXT(status_name(STATUS_COUNT), "E_?");
    CHECK_TEXT(status_text((enum status) - 1), "unknown status");
}

static void test_error_keeps_place_and_line(void)
{
    struct error error = {0};
    CHECK(error_set(&error, E_IO, "store", "cannot open %s: %d", "x.db", 13) == E_IO);
    CHECK_TEXT(error.place, "store");
    CHECK_TEXT(error.text, "cannot open x.db: 13");
    CHECK(error_set(NULL, E_FULL, "store", "nobody reads this") == E_FULL);
}

static void test_error_cuts(void)
{
    char wide[1000];
    memset(wide, 'x', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    struct error error;
    CHECK(error_set(&error, E_LIMIT, wide, "%s", wide) == E_LIMIT);
    CHECK(strlen(error.place) == sizeof error.place - 1);
    CHECK(strlen(error.text) == sizeof error.text - 1);
}

int main(void)
{
    static const struct test_case cases[] = {{"every status has its words", test_every_status_has_its_words},
                                             {"an error keeps place and line", test_error_keeps_place_and_line},
                                             {"an error is cut", test_error_cuts},
                                             {0}};
    return suite_run("status", cases);
}
