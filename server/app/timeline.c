#include "app/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "app/evaluation.h"
#include "app/events.h"
#include "app/plans_life.h"
#include "app/upgrade.h"
#include "app/verifications_due.h"
#include "base/log.h"
#include "base/text.h"
#include "plan/moment.h"
#include "store/clock_rows.h"
#include "store/plan_rows.h"
#include "store/task_rows.h"
#include "store/verification_rows.h"

/* --- lines ------------------------------------------------------------------------------------------------------ */

static struct timeline *timeline_make(const char *product_key, const struct clock *clock, int64_t wall)
{
    struct timeline *timeline = calloc(1, sizeof *timeline);
    if (timeline != NULL) {
        text_copy_cut(timeline->product_key, sizeof timeline->product_key, product_key);
        timeline->clock = *clock;
        timeline_arm_tick(timeline, clock_read(clock, wall));
    }
    return timeline;
}

struct loading {
    struct app *app;
    enum status status;
};

static bool load_one(void *context, const char *product_key, const struct clock *clock)
{
    struct loading *loading = context;
    struct app *app = loading->app;
    if (product_key == NULL) {
        app->timeline->clock = *clock;
        timeline_arm_tick(app->timeline, timeline_now(app, app->timeline));
        return true;
    }
    struct timeline *timeline = timeline_make(product_key, clock, app_wall(app));
    if (timeline == NULL) {
        loading->status = E_NOMEM;
        return false;
    }
    HASH_ADD_STR(app->timelines, product_key, timeline);
    return true;
}

enum status timeline_load(struct app *app)
{
    struct loading loading = {.app = app};
    app->timeline = timeline_make("", &(struct clock){.mode = CLOCK_REAL}, app_wall(app));
    if (app->timeline == NULL) {
        return E_NOMEM;
    }
    enum status status = clock_each(app->store, load_one, &loading);
    return status == OK ? loading.status : status;
}

void timeline_unload(struct app *app)
{
    struct timeline *timeline = NULL;
    struct timeline *next = NULL;
    HASH_ITER(hh, app->timelines, timeline, next)
    {
        advance_end(app, timeline, E_CLOSED);
        HASH_DEL(app->timelines, timeline);
        free(timeline);
    }
    if (app->timeline != NULL) {
        advance_end(app, app->timeline, E_CLOSED);
        free(app->timeline);
        app->timeline = NULL;
    }
}

struct timeline *timeline_of(const struct app *app, const char *product_key)
{
    struct timeline *timeline = NULL;
    if (product_key != NULL && app->timelines != NULL) {
        HASH_FIND_STR(app->timelines, product_key, timeline);
    }
    return timeline != NULL ? timeline : app->timeline;
}

enum status timeline_own(struct app *app, const char *product_key, struct timeline **out)
{
    struct timeline *timeline = timeline_of(app, product_key);
    if (timeline == app->timeline) {
        int64_t wall = app_wall(app);
        struct clock clock = clock_make(timeline->clock.mode, timeline_now(app, timeline), wall);
        timeline = timeline_make(product_key, &clock, wall);
        if (timeline == NULL) {
            return E_NOMEM;
        }
        HASH_ADD_STR(app->timelines, product_key, timeline);
    }
    *out = timeline;
    return OK;
}

void timeline_forget(struct app *app, const char *product_key, enum status status)
{
    struct timeline *timeline = timeline_of(app, product_key);
    if (timeline != app->timeline) {
        HASH_DEL(app->timelines, timeline);
        advance_end(app, timeline, status);
        free(timeline);
        app->timeline->due_is_known = false; /* its things follow the server's line now */
    }
}

void timeline_reset(struct app *app, enum status status)
{
    struct timeline *timeline = app->timeline;
    timeline->held.known = false;
    advance_end(app, timeline, status);
    *timeline = (struct timeline){.clock = {.mode = CLOCK_REAL}};
    timeline_arm_tick(timeline, app_wall(app));
}

int64_t timeline_now(const struct app *app, const struct timeline *timeline)
{
    return timeline->held.known ? timeline->held.at : clock_read(&timeline->clock, app_wall(app));
}

const char *timeline_scope(const struct timeline *timeline)
{
    return timeline->product_key[0] == '\0' ? NULL : timeline->product_key;
}

/* --- ticks ------------------------------------------------------------------------------------------------------ */

static const struct tick_range *tick_range_with(const struct timeline *timeline, int64_t at)
{
    for (size_t i = 0; i < timeline->tick_range_count; i++) {
        const struct tick_range *range = &timeline->tick_ranges[i];
        if (range->first <= at && at <= range->last) {
            return range;
        }
    }
    return NULL;
}

void timeline_arm_tick(struct timeline *timeline, int64_t now)
{
    int64_t tick = evaluation_next_tick(now);
    for (const struct tick_range *range = tick_range_with(timeline, tick); range != NULL;
         range = tick_range_with(timeline, tick)) {
        tick = range->last + EVALUATION_PERIOD_MS;
    }
    timeline->next_tick = tick;
}

void timeline_note_tick(struct timeline *timeline, int64_t at)
{
    for (size_t i = 0; i < timeline->tick_range_count; i++) {
        struct tick_range *range = &timeline->tick_ranges[i];
        if (at == range->last + EVALUATION_PERIOD_MS) {
            range->last = at;
            return;
        }
    }
    if (timeline->tick_range_count == TICK_RANGES) {
        timeline->tick_range_count--;
        memmove(&timeline->tick_ranges[0], &timeline->tick_ranges[1],
                timeline->tick_range_count * sizeof timeline->tick_ranges[0]);
    }
    timeline->tick_ranges[timeline->tick_range_count++] = (struct tick_range){at, at};
}

enum status timeline_jumped(struct app *app, struct timeline *timeline)
{
    int64_t now = timeline_now(app, timeline);
    const char *scope = timeline_scope(timeline);
    timeline->due_is_known = false;
    timeline->is_quiet = false;
    timeline_arm_tick(timeline, now);
    enum status status = tasks_rearm(app->store, scope, now);
    return status == OK ? verifications_rearm(app->store, scope, now + LIMIT_VERIFICATION_MS) : status;
}

/* --- what falls due --------------------------------------------------------------------------------------------- */

struct edge_search {
    struct app *app;
    int64_t now;
    int64_t first;
};

static bool search_edge(void *context, const struct plan *plan)
{
    struct edge_search *search = context;
    const struct zone *zone = app_zone(search->app, plan->time_zone);
    int64_t at = INT64_MAX;
    if (plan->planned_end.set && plan->planned_end.at <= search->now) {
        at = plan->planned_end.at;
    } else if (zone != NULL && plan_next_edge(plan, zone, search->now, &at) == PLAN_EDGE_NONE) {
        return true;
    }
    search->first = at < search->first ? at : search->first;
    return true;
}

enum status timeline_next_due(struct app *app, struct timeline *timeline, int64_t *at)
{
    int64_t changes = store_changes(app->store);
    if (!timeline->due_is_known || timeline->due_changes != changes) {
        const char *scope = timeline_scope(timeline);
        struct edge_search search = {.app = app, .now = timeline_now(app, timeline), .first = INT64_MAX};
        struct maybe_instant timeout = {0};
        struct maybe_instant verification = {0};
        enum status status = plan_scheduled_each(app->store, scope, search_edge, &search);
        if (status != OK || (status = tasks_next_deadline(app->store, scope, &timeout)) != OK ||
            (status = verifications_next_deadline(app->store, scope, &verification)) != OK) {
            return status;
        }
        timeline->due_at = search.first;
        timeline->due_at = timeout.known && timeout.at < timeline->due_at ? timeout.at : timeline->due_at;
        timeline->due_at =
            verification.known && verification.at < timeline->due_at ? verification.at : timeline->due_at;
        timeline->due_changes = changes;
        timeline->due_is_known = true;
    }
    *at = timeline->due_at < timeline->next_tick ? timeline->due_at : timeline->next_tick;
    return OK;
}

void timeline_overlook(const struct app *app, struct timeline *timeline, int64_t before)
{
    int64_t changes = store_changes(app->store);
    timeline->due_changes = timeline->due_changes == before ? changes : timeline->due_changes;
    timeline->quiet_changes = timeline->quiet_changes == before ? changes : timeline->quiet_changes;
}

/* --- firing ----------------------------------------------------------------------------------------------------- */

struct firing {
    struct app *app;
    struct timeline *timeline;
    int64_t at;
    timeline_listener *listener;
    void *context;
    /* plans whose planned end is past, found while their rows are read */
    size_t over_count;
    int64_t over[64]; /* the others follow in the next round: they are still due */
};

static void tell(const struct firing *firing, const struct fired *fired)
{
    if (firing->listener != NULL) {
        firing->listener(firing->context, fired);
    }
}

static bool fire_edge(void *context, const struct plan *plan)
{
    static const enum fired_kind kinds[PLAN_EDGE_COUNT] = {[PLAN_EDGE_STARTS] = FIRED_PLANNED_START,
                                                           [PLAN_EDGE_ENDS] = FIRED_PLANNED_END,
                                                           [PLAN_EDGE_OPENS] = FIRED_WINDOW_OPENED,
                                                           [PLAN_EDGE_CLOSES] = FIRED_WINDOW_CLOSED};
    struct firing *firing = context;
    const struct zone *zone = app_zone(firing->app, plan->time_zone);
    int64_t at = 0;
    if (plan->planned_end.set && plan->planned_end.at <= firing->at) {
        if (firing->over_count < sizeof firing->over / sizeof firing->over[0]) {
            firing->over[firing->over_count++] = plan->id;
        }
        return true;
    }
    enum plan_edge edge = zone == NULL ? PLAN_EDGE_NONE : plan_next_edge(plan, zone, firing->at - 1, &at);
    if (edge != PLAN_EDGE_NONE && at == firing->at) {
        tell(firing, &(struct fired){.at = at, .kind = kinds[edge], .id = plan->id});
    }
    return true;
}

static enum status fire_edges(struct firing *firing)
{
    struct app *app = firing->app;
    enum status status = plan_scheduled_each(app->store, timeline_scope(firing->timeline), fire_edge, firing);
    for (size_t i = 0; i < firing->over_count && status == OK; i++) {
        status = plans_life_end_planned(app, firing->over[i], firing->at);
        if (status == OK) {
            tell(firing, &(struct fired){.at = firing->at, .kind = FIRED_PLANNED_END, .id = firing->over[i]});
        }
    }
    firing->timeline->is_quiet = false; /* what time says about a plan is another thing now */
    firing->timeline->due_is_known = false;
    return status;
}

static void tell_verification(void *context, int64_t verification_id, const char *device_key)
{
    const struct firing *firing = context;
    struct fired fired = {.at = firing->at, .kind = FIRED_VERIFICATION_TIMEOUT, .id = verification_id};
    text_copy_cut(fired.device_key, sizeof fired.device_key, device_key);
    tell(firing, &fired);
}

static void tell_timeout(void *context, int64_t plan_id, const char *device_key)
{
    const struct firing *firing = context;
    struct fired fired = {.at = firing->at, .kind = FIRED_TIMEOUT, .id = plan_id};
    text_copy_cut(fired.device_key, sizeof fired.device_key, device_key);
    tell(firing, &fired);
}

static enum status fire_tick(struct firing *firing)
{
    struct timeline *timeline = firing->timeline;
    struct fired fired = {.at = firing->at, .kind = FIRED_EVALUATION};
    timeline_note_tick(timeline, evaluation_next_tick(firing->at) - EVALUATION_PERIOD_MS);
    timeline_arm_tick(timeline, firing->at);
    enum status status = evaluation_tick(firing->app, timeline, &fired.devices_checked, &fired.notified);
    if (status != OK) {
        log_error("app", "the 10-minute evaluation failed: %s", status_text(status));
        return status;
    }
    tell(firing, &fired);
    if (timeline->advance != NULL) {
        return OK; /* its ticks are in its answer; thousands of them would push out what others wait to hear */
    }
    return events_clock(firing->app, timeline == firing->app->timeline ? NULL : timeline_scope(timeline),
                        WHAT_EVALUATED, fired.devices_checked, fired.notified);
}

/* Due at `at`, without the tick. */
static enum status fire_due(struct firing *firing)
{
    struct app *app = firing->app;
    const char *scope = timeline_scope(firing->timeline);
    enum status status = fire_edges(firing);
    if (status == OK) {
        status = verifications_run_due(app, scope, firing->at, tell_verification, firing);
    }
    return status == OK ? upgrade_run_timeouts(app, scope, firing->at, tell_timeout, firing) : status;
}

enum status timeline_fire(struct app *app, struct timeline *timeline, int64_t at, timeline_listener *listener,
                          void *context)
{
    struct firing firing = {.app = app, .timeline = timeline, .at = at, .listener = listener, .context = context};
    struct maybe_instant held = timeline->held;
    timeline->held = (struct maybe_instant){true, at};
    enum status status = OK;
    if (!timeline->due_is_known || timeline->due_at <= at) {
        status = fire_due(&firing);
    }
    if (status == OK && at >= timeline->next_tick) {
        status = fire_tick(&firing);
    }
    if (!held.known) { /* an advance goes on from here */
        timeline->held.known = false;
    }
    return status;
}
