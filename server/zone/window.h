/*
 * Daily windows of whole hours in a time zone (behaviour.md, 3, pushPeriod): open at an instant iff the local wall
 * clock then shows a time in it.
 *
 *   22:00 -> 06:00   ....22======00======06........   start inclusive, end exclusive, may cross midnight
 *
 *   A repeated hour in the window is open twice, a skipped one never: the day of the change has one hour more or less.
 */
#ifndef ZONE_WINDOW_H
#define ZONE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "zone/zone.h"

struct window {
    int start_hour; /* 0-23 */
    int end_hour;   /* 0-23, another one than start_hour */
};

bool window_is_open(const struct zone *zone, const struct window *window, int64_t at);

/*
 * The first instant >= `at` at which the window is open: `at` itself when it is open then. Pure. A window of one hour
 * that falls into a skipped one opens the next day.
 */
int64_t window_next(const struct zone *zone, const struct window *window, int64_t at);

/* The first instant > `at` at which open becomes closed or closed open. */
int64_t window_next_edge(const struct zone *zone, const struct window *window, int64_t at);

#endif
