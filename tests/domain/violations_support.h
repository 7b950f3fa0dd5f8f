/*
 * Compares what a check named with the pointers that a row expects: "/name /files/0", in order, "" for none.
 */
#ifndef TESTS_VIOLATIONS_SUPPORT_H
#define TESTS_VIOLATIONS_SUPPORT_H

#include "domain/violation.h"
#include "support/suite.h"

static inline void check_pointers(const char *row, const struct violations *violations, const char *expect)
{
    char found[4096] = "";
    for (size_t i = 0; i < violations->count; i++) {
        size_t used = strlen(found);
        (void)snprintf(found + used, sizeof found - used, "%s%s", i == 0 ? "" : " ", violations->items[i].pointer);
        CHECK_ROW(row, violations->items[i].detail[0] != '\0');
    }
    if (strcmp(found, expect) != 0) {
        (void)fprintf(stderr, "    row '%s': found '%s', expected '%s'\n", row, found, expect);
    }
    CHECK_ROW(row, strcmp(found, expect) == 0);
}

#endif
