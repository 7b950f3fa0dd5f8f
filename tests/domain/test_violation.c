#include "domain/violation.h"

#include "support/suite.h"

static void test_writes_pointer_and_detail(void)
{
    struct violations violations = {0};
    violation_add(&violations, "too long", "/components/%d/name", 3);
    CHECK(violations.count == 1);
    CHECK_TEXT(violations.items[0].pointer, "/components/3/name");
    CHECK_TEXT(violations.items[0].detail, "too long");
}

static void test_stops_at_the_limit(void)
{
    static struct violations violations;
    for (int i = 0; i < LIMIT_VIOLATIONS + 5; i++) {
        violation_add(&violations, "bad", "/%d", i);
    }
    CHECK(violations.count == LIMIT_VIOLATIONS);
    CHECK_TEXT(violations.items[0].pointer, "/0");
    CHECK_TEXT(violations.items[LIMIT_VIOLATIONS - 1].pointer, "/49");
}

static void test_cuts_what_is_too_long(void)
{
    struct violations violations = {0};
    char text[400];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    violation_add(&violations, text, "/%s", text);
    CHECK(strlen(violations.items[0].pointer) == sizeof violations.items[0].pointer - 1);
    CHECK(strlen(violations.items[0].detail) == sizeof violations.items[0].detail - 1);
}

int main(void)
{
    static const struct test_case cases[] = {{"pointer and detail", test_writes_pointer_and_detail},
                                             {"limit", test_stops_at_the_limit},
                                             {"cut", test_cuts_what_is_too_long},
                                             {0}};
    return suite_run("violation", cases);
}
