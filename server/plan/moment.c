#include "plan/moment.h"

#include "zone/window.h"

static struct window window_of(const struct push_period *period)
{
    return (struct window){.start_hour = period->start_hour, .end_hour = period->end_hour};
}

void plan_moment_at(const struct plan *plan, const struct zone *zone, int64_t now, struct plan_moment *moment)
{
    bool early = plan->planned_start.set && now < plan->planned_start.at;
    bool over = plan->planned_end.set && now >= plan->planned_end.at;
    *moment = (struct plan_moment){.now = now, .planned_ok = !early && !over, .planned_over = over, .push_ok = true};
    if (early) {
        moment->planned_next = (struct maybe_instant){true, plan->planned_start.at};
    }
    if (plan->push_period.set) {
        struct window window = window_of(&plan->push_period);
        int64_t next = window_next(zone, &window, now);
        moment->push_ok = next == now;
        moment->push_next = (struct maybe_instant){!moment->push_ok, moment->push_ok ? 0 : next};
    }
}

enum plan_edge plan_next_edge(const struct plan *plan, const struct zone *zone, int64_t now, int64_t *at)
{
    const struct planned_moment *start = &plan->planned_start;
    const struct planned_moment *end = &plan->planned_end;
    if (end->set && now >= end->at) {
        return PLAN_EDGE_NONE;
    }
    if (start->set && now < start->at) {
        bool ends_first = end->set && end->at <= start->at;
        *at = ends_first ? end->at : start->at;
        return ends_first ? PLAN_EDGE_ENDS : PLAN_EDGE_STARTS;
    }
    int64_t edge = INT64_MAX;
    bool opens = false;
    if (plan->push_period.set) {
        struct window window = window_of(&plan->push_period);
        edge = window_next_edge(zone, &window, now);
        opens = !window_is_open(zone, &window, now);
    }
    if (end->set && end->at <= edge) {
        *at = end->at;
        return PLAN_EDGE_ENDS;
    }
    if (!plan->push_period.set) {
        return PLAN_EDGE_NONE;
    }
    *at = edge;
    return opens ? PLAN_EDGE_OPENS : PLAN_EDGE_CLOSES;
}
