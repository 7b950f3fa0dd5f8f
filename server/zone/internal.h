/*
 * What the files of zone/ share: whole seconds, and the stretches of time with one offset from UTC.
 *
 *   ---- offset +1 h ----|---- offset +2 h ----|---- offset +1 h ----      | a transition
 */
#ifndef ZONE_INTERNAL_H
#define ZONE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "zone/zone.h"

enum { MS_PER_S = 1000, S_PER_DAY = 24 * 3600 };

/* Rounds down, also below zero. `divisor` > 0. */
static inline int64_t floor_div(int64_t value, int64_t divisor)
{
    return value / divisor - (value % divisor < 0 ? 1 : 0);
}

/* Seconds that the wall clock is ahead of UTC at `second`. */
int64_t zone_offset_s(const struct zone *zone, int64_t second);

/* Whether both lie in one stretch. */
bool zone_is_steady(const struct zone *zone, int64_t from, int64_t to);

/* The first second of the stretch that follows the one of `from`; it is not that of `to` > from. */
int64_t zone_transition_between(const struct zone *zone, int64_t from, int64_t to);

#endif
