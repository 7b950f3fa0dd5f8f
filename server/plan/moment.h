/*
 * What time says about a plan at one instant: the same for all its devices, so it is asked once per evaluation.
 *
 *   plannedTime    ----[start=================end)----      past the end the plan is over
 *   pushPeriod     --[==]-----[==]-----[==]-----[==]--      zone/window.h
 */
#ifndef PLAN_MOMENT_H
#define PLAN_MOMENT_H

#include "domain/plan.h"
#include "zone/zone.h"

struct plan_moment {
    int64_t now;
    bool planned_ok;                   /* start <= now < end; without planned time always */
    bool planned_over;                 /* now >= end */
    struct maybe_instant planned_next; /* before the start: the start; known only while planned_ok is false */
    bool push_ok;                      /* within the push period; without one always */
    struct maybe_instant push_next;    /* when it opens next; known only while push_ok is false */
};

/* `zone` is the plan's. Pure. */
void plan_moment_at(const struct plan *plan, const struct zone *zone, int64_t now, struct plan_moment *moment);

enum plan_edge { PLAN_EDGE_NONE, PLAN_EDGE_STARTS, PLAN_EDGE_ENDS, PLAN_EDGE_OPENS, PLAN_EDGE_CLOSES, PLAN_EDGE_COUNT };

/*
 * The first instant > `now` at which one of the above changes, and which way; PLAN_EDGE_NONE when nothing ever does.
 * Edges of the push period before the planned start are not counted, none after the planned end. When several fall on
 * one instant the order is ENDS, STARTS, OPENS, CLOSES.
 */
enum plan_edge plan_next_edge(const struct plan *plan, const struct zone *zone, int64_t now, int64_t *at);

#endif
