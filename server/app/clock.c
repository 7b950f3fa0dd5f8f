#include "app/clock.h"

#include <assert.h>
#include <stdlib.h>

#include "app/events.h"
#include "app/timeline.h"
#include "base/log.h"
#include "store/clock_rows.h"
#include "store/product_rows.h"

const char *fired_kind_name(enum fired_kind kind)
{
    static const char *const names[FIRED_KIND_COUNT] = {
        [FIRED_PLANNED_START] = "plannedStart",
        [FIRED_PLANNED_END] = "plannedEnd",
        [FIRED_WINDOW_OPENED] = "windowOpened",
        [FIRED_WINDOW_CLOSED] = "windowClosed",
        [FIRED_VERIFICATION_TIMEOUT] = "verificationTimeout",
        [FIRED_TIMEOUT] = "timeout",
        [FIRED_EVALUATION] = "evaluation",
    };
    assert(kind < FIRED_KIND_COUNT);
    return names[kind];
}

static enum status product_exists(struct app *app, const char *product_key)
{
    struct product product;
    return product_key == NULL ? OK : product_find(app->store, product_key, &product);
}

static void view_of(const struct app *app, const struct timeline *timeline, struct clock_view *view)
{
    *view = (struct clock_view){.now = timeline_now(app, timeline),
                                .mode = timeline->clock.mode,
                                .next_evaluation_at = timeline->next_tick,
                                .own = timeline != app->timeline};
}

enum status app_clock_view(struct app *app, const char *product_key, struct clock_view *view)
{
    enum status status = product_exists(app, product_key);
    if (status == OK) {
        view_of(app, timeline_of(app, product_key), view);
    }
    return status;
}

/* --- set and drop ----------------------------------------------------------------------------------------------- */

/* The line with its new clock, kept in the store; undone by the caller when it fails. `jumps`: it shows another instant
 * than before. */
static enum status keep(struct app *app, struct timeline *timeline, const struct clock *clock, bool jumps)
{
    int64_t before = store_changes(app->store);
    enum status status = app_use_begin(app);
    if (status != OK) {
        return status;
    }
    timeline->clock = *clock;
    status = clock_save(app->store, timeline_scope(timeline), clock);
    if (status == OK && jumps) {
        status = timeline_jumped(app, timeline);
    }
    status = app_use_end(app, status);
    if (status == OK && !jumps) {
        timeline_overlook(app, timeline, before);
    }
    return status;
}

/* What is over at the instant that the clock was set to ends now; the ticks on the way do not come. */
static void settle(struct app *app, struct timeline *timeline)
{
    int64_t due = 0;
    int64_t now = timeline_now(app, timeline);
    enum status status = timeline_next_due(app, timeline, &due);
    if (status == OK && due <= now) {
        status = timeline_fire(app, timeline, now, NULL, NULL);
    }
    if (status != OK) {
        log_error("app", "what was due at the new time could not be done: %s", status_text(status));
    }
    app_arm_alarm(app);
}

static enum status set_clock(struct app *app, const char *product_key, const struct clock *clock, bool jumps)
{
    bool is_new = product_key != NULL && timeline_of(app, product_key) == app->timeline;
    struct timeline *timeline = app->timeline;
    enum status status = product_key == NULL ? OK : timeline_own(app, product_key, &timeline);
    if (status != OK) {
        return status;
    }
    struct clock before = timeline->clock;
    status = keep(app, timeline, clock, jumps);
    if (status == OK) {
        settle(app, timeline);
    } else if (is_new) {
        timeline_forget(app, product_key, status);
    } else {
        timeline->clock = before;
    }
    return status;
}

enum status app_clock_set(struct app *app, const char *product_key, enum clock_mode mode, struct maybe_instant now,
                          struct clock_view *view)
{
    enum status status = product_exists(app, product_key);
    if (status != OK) {
        return status;
    }
    const struct timeline *timeline = timeline_of(app, product_key);
    bool is_own = product_key == NULL || timeline != app->timeline;
    if (mode == CLOCK_REAL && now.known) {
        return E_RULE;
    }
    if (is_own && timeline->advance != NULL) {
        return E_STATE;
    }
    struct clock clock = clock_make(mode, now.known ? now.at : timeline_now(app, timeline), app_wall(app));
    bool jumps = now.known || (mode == CLOCK_REAL && timeline->clock.mode != CLOCK_REAL);
    status = set_clock(app, product_key, &clock, jumps);
    if (status == OK) {
        view_of(app, timeline_of(app, product_key), view);
        status = events_clock(app, product_key, WHAT_SET, 0, 0);
        log_info("app", "%s%s: clock set, mode %s",
                 product_key == NULL ? "the server" : "product=", product_key == NULL ? "" : product_key,
                 clock_mode_name(mode));
    }
    return status;
}

enum status app_clock_drop(struct app *app, const char *product_key)
{
    enum status status = product_exists(app, product_key);
    struct timeline *timeline = timeline_of(app, product_key);
    if (status != OK || timeline == app->timeline) {
        return status;
    }
    if (timeline->advance != NULL) {
        return E_STATE;
    }
    if ((status = app_use_begin(app)) != OK) {
        return status;
    }
    struct clock before = timeline->clock;
    timeline->clock = app->timeline->clock; /* as if it were set to the server's: its timers start anew from there */
    timeline->held = app->timeline->held;
    status = timeline_jumped(app, timeline);
    if (status == OK) {
        status = clock_drop(app->store, product_key);
    }
    status = app_use_end(app, status);
    timeline->held.known = false;
    if (status != OK) {
        timeline->clock = before;
        return status;
    }
    timeline_forget(app, product_key, OK);
    settle(app, app->timeline);
    return events_clock(app, product_key, WHAT_DROPPED, 0, 0);
}

/* --- advance ---------------------------------------------------------------------------------------------------- */

struct advance {
    int64_t to;
    struct clock clock; /* what the clock is when `to` is reached */
    app_advance_done *done;
    void *context;
    struct fired *fired;
    size_t count;
    size_t capacity;
    int64_t total;
};

static void note_fired(void *context, const struct fired *fired)
{
    struct advance *advance = context;
    advance->total++;
    if (advance->count == LIMIT_FIRED) {
        return;
    }
    if (advance->count == advance->capacity) {
        size_t capacity = advance->capacity == 0 ? 64 : advance->capacity * 2;
        struct fired *grown = realloc(advance->fired, capacity * sizeof *grown);
        if (grown == NULL) {
            return; /* the total tells that something is missing */
        }
        advance->fired = grown;
        advance->capacity = capacity;
    }
    advance->fired[advance->count++] = *fired;
}

void advance_end(struct app *app, struct timeline *timeline, enum status status)
{
    struct advance *advance = timeline->advance;
    if (advance == NULL) {
        return;
    }
    timeline->advance = NULL;
    struct advance_result result = {
        .now = advance->to, .fired = advance->fired, .fired_count = advance->count, .fired_total = advance->total};
    if (status == OK) {
        status = events_clock(app, timeline == app->timeline ? NULL : timeline_scope(timeline), WHAT_ADVANCED, 0, 0);
    }
    advance->done(advance->context, status, status == OK ? &result : NULL);
    free(advance->fired);
    free(advance);
}

static void arrive(struct app *app, struct timeline *timeline, enum status status)
{
    const struct advance *advance = timeline->advance;
    struct clock clock = advance->clock;
    if (status != OK) { /* it stays where it has come to */
        clock = clock_make(clock.mode, timeline->held.at, app_wall(app));
    }
    enum status kept = keep(app, timeline, &clock, false);
    timeline->held.known = false;
    advance_end(app, timeline, status != OK ? status : kept);
}

void advance_go_on(struct app *app, struct timeline *timeline)
{
    const struct advance *advance = timeline->advance;
    int64_t began = app->ports.monotonic(app->ports.context);
    for (;;) {
        int64_t due = 0;
        enum status status = timeline_next_due(app, timeline, &due);
        if (status != OK || due > advance->to) {
            arrive(app, timeline, status);
            return;
        }
        timeline->held.at = due > timeline->held.at ? due : timeline->held.at;
        status = timeline_fire(app, timeline, timeline->held.at, note_fired, timeline->advance);
        if (status != OK) {
            arrive(app, timeline, status);
            return;
        }
        if (app->ports.monotonic(app->ports.context) - began >= LIMIT_SLICE_MS) {
            struct clock here = clock_make(advance->clock.mode, timeline->held.at, app_wall(app));
            status = keep(app, timeline, &here, false); /* after a crash it goes on from here */
            if (status != OK) {
                arrive(app, timeline, status);
            }
            return;
        }
    }
}

/* A clock that can be ahead of the wall's, kept as the line's own. */
static enum status begin_advance(struct app *app, const char *product_key, int64_t now, int64_t to,
                                 struct timeline **timeline)
{
    bool is_new = product_key != NULL && timeline_of(app, product_key) == app->timeline;
    *timeline = app->timeline;
    enum status status = product_key == NULL ? OK : timeline_own(app, product_key, timeline);
    if (status != OK) {
        return status;
    }
    enum clock_mode mode = (*timeline)->clock.mode == CLOCK_MANUAL ? CLOCK_MANUAL : CLOCK_OFFSET;
    int64_t wall = app_wall(app);
    struct clock start = clock_make(mode, now, wall);
    struct advance *advance = calloc(1, sizeof *advance);
    status = advance == NULL ? E_NOMEM : keep(app, *timeline, &start, false);
    if (status != OK) {
        free(advance);
        if (is_new) {
            timeline_forget(app, product_key, status);
        }
        return status;
    }
    advance->to = to;
    advance->clock = clock_make(mode, to, wall);
    (*timeline)->advance = advance;
    (*timeline)->held = (struct maybe_instant){true, now};
    return OK;
}

enum status app_clock_advance(struct app *app, const char *product_key, bool relative, int64_t to,
                              app_advance_done *done, void *context)
{
    enum status status = product_exists(app, product_key);
    if (status != OK) {
        return status;
    }
    struct timeline *timeline = timeline_of(app, product_key);
    bool is_own = product_key == NULL || timeline != app->timeline;
    if (is_own && timeline->advance != NULL) {
        return E_STATE;
    }
    int64_t now = timeline_now(app, timeline);
    if (relative && (to < 0 || to > LIMIT_ADVANCE_MS)) {
        return E_RANGE;
    }
    int64_t target = relative ? now + to : to;
    if (target < now || target - now > LIMIT_ADVANCE_MS) {
        return E_RANGE;
    }
    status = begin_advance(app, product_key, now, target, &timeline);
    if (status != OK) {
        return status;
    }
    timeline->advance->done = done;
    timeline->advance->context = context;
    advance_go_on(app, timeline);
    app_arm_alarm(app);
    return OK;
}
