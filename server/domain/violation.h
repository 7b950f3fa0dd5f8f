/*
 * What is wrong with a request, member by member, so that one answer can name everything (api.md, Errors).
 *
 *   {"errors": [{"pointer": "/components/0/packageId", "detail": "no such package"}]}
 */
#ifndef DOMAIN_VIOLATION_H
#define DOMAIN_VIOLATION_H

#include <stddef.h>

#include "base/limits.h"
#include "base/status.h"

struct violation {
    char pointer[128]; /* JSON pointer into the body */
    char detail[200];
};

struct violations {
    size_t count; /* at most LIMIT_VIOLATIONS; what comes after is not named */
    struct violation items[LIMIT_VIOLATIONS];
};

/* Adds one; `pointer` is printf-like: violation_add(v, "too long", "/components/%zu/name", i). */
void violation_add(struct violations *violations, const char *detail, const char *pointer, ...) PRINTF_LIKE(3, 4);

#endif
