#include "zone/window.h"

#include "zone/internal.h"

enum { MS_PER_HOUR = 3600 * MS_PER_S, MS_PER_DAY = S_PER_DAY * MS_PER_S };

/* Milliseconds that the wall clock is ahead of UTC at an instant. */
static int64_t offset_ms(const struct zone *zone, int64_t at)
{
    return zone_offset_s(zone, floor_div(at, MS_PER_S)) * MS_PER_S;
}

bool window_is_open(const struct zone *zone, const struct window *window, int64_t at)
{
    int64_t local = at + offset_ms(zone, at);
    int64_t hour = (local - floor_div(local, MS_PER_DAY) * MS_PER_DAY) / MS_PER_HOUR;
    return window->start_hour < window->end_hour ? hour >= window->start_hour && hour < window->end_hour
                                                 : hour >= window->start_hour || hour < window->end_hour;
}

/* The first instant > `at` at which the wall clock would show `hour` sharp if its offset never changed. */
static int64_t next_hour(const struct zone *zone, int hour, int64_t at)
{
    int64_t offset = offset_ms(zone, at);
    int64_t local = at + offset;
    int64_t sharp = floor_div(local, MS_PER_DAY) * MS_PER_DAY + (int64_t)hour * MS_PER_HOUR;
    return (sharp > local ? sharp : sharp + MS_PER_DAY) - offset;
}

/* From stretch to stretch: an edge is an hour of the window, or a transition that jumps over one. */
int64_t window_next_edge(const struct zone *zone, const struct window *window, int64_t at)
{
    bool is_open = window_is_open(zone, window, at);
    for (;;) {
        int64_t edge = next_hour(zone, is_open ? window->end_hour : window->start_hour, at);
        int64_t from = floor_div(at, MS_PER_S);
        int64_t to = floor_div(edge, MS_PER_S);
        if (zone_is_steady(zone, from, to)) {
            return edge;
        }
        at = zone_transition_between(zone, from, to) * MS_PER_S;
        if (window_is_open(zone, window, at) != is_open) {
            return at;
        }
    }
}

int64_t window_next(const struct zone *zone, const struct window *window, int64_t at)
{
    return window_is_open(zone, window, at) ? at : window_next_edge(zone, window, at);
}
