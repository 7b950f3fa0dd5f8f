/*
 * Name tables of enums: one array of words per enum, in the order of its values.
 *
 *   static const char *const names[PLAN_MODE_COUNT] = {"silent", "manual"};      "manual" <-> PLAN_MANUAL
 */
#ifndef DOMAIN_NAMES_H
#define DOMAIN_NAMES_H

#include <stddef.h>

#include "base/status.h"

/* The position of `name` among `count` names. E_FORMAT when it is none of them, *index untouched. */
MUST_USE enum status names_find(const char *const *names, size_t count, const char *name, size_t *index);

#endif
