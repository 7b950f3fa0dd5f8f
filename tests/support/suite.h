/*
 * One CUnit suite per executable, so that a crash costs one suite (design.md, Tests).
 *
 *   int main(void) {
 *       static const struct test_case cases[] = {{"decodes", test_decodes}, {0}};
 *       return suite_run("frame", cases);
 *   }
 *
 * Rows of a table print their name when they fail: CHECK_ROW(row->name, status == row->expect).
 */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct test_case {
    const char *name;
    void (*run)(void);
};

/* Runs all cases, prints CUnit's summary; 0 when all passed, else 1 (also when there is no case at all). */
int suite_run(const char *name, const struct test_case *cases);

/* Asserts, and says which row of the table it was. */
#define CHECK_ROW(row, condition)                                                                                      \
    do {                                                                                                               \
        bool check_row_ok = (condition);                                                                               \
        if (!check_row_ok) {                                                                                           \
            (void)fprintf(stderr, "    row '%s': %s\n", (row), #condition);                                            \
        }                                                                                                              \
        CU_assertImplementation(check_row_ok, __LINE__, #condition, __FILE__, "", CU_FALSE);                           \
    } while (0)

#define CHECK(condition)           CU_ASSERT(condition)
#define CHECK_FATAL(condition)     CU_ASSERT_FATAL(condition)
#define CHECK_OK(call)             CU_ASSERT_EQUAL((call), OK)
#define CHECK_TEXT(actual, wanted) CU_ASSERT_STRING_EQUAL((actual), (wanted))

/* The tree's folder fixtures/ with `name` behind it; static memory, valid until the next call. */
const char *fixture_path(const char *name);

#endif
