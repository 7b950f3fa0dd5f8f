/*
 * The lines of time: the server's, and one for each product with a clock of its own.
 *
 *   struct clock --clock_read()--> now          while things fire: the instant at which the line is held
 *
 *   due: planned end | planned start, push period | verification | attempt's timeout | tick hh:m0
 *        the earliest of them --timeline_fire()--> happens, at its instant (advance) or now (a running clock)
 *
 * Nothing falls due by itself on a line whose clock stands still.
 */
#ifndef APP_TIMELINE_H
#define APP_TIMELINE_H

#include <uthash.h>

#include "app/clock.h"
#include "app/internal.h"
#include "domain/clock.h"

/* Ticks that have fired, so that none is repeated after the clock was set back: first, last and all between. */
struct tick_range {
    int64_t first;
    int64_t last;
};
enum { TICK_RANGES = 32 }; /* the oldest is forgotten */

struct timeline {
    char product_key[LIMIT_PRODUCT_KEY + 1]; /* "" of the server */
    struct clock clock;
    struct maybe_instant held; /* known while things fire or the clock is advanced: that is now */
    int64_t next_tick;
    size_t tick_range_count;
    struct tick_range tick_ranges[TICK_RANGES];
    /* What falls due next apart from the tick, known for this state of the store */
    bool due_is_known;
    int64_t due_changes; /* store_changes() then */
    int64_t due_at;      /* INT64_MAX: nothing */
    /* A tick need not look at any device while these have not changed since one that did */
    bool is_quiet;
    int64_t quiet_changes;
    uint64_t quiet_presence;
    struct advance *advance; /* NULL: none is under way */
    uint64_t advance_turn;   /* when it had its last slice: app->advance_turns then */
    UT_hash_handle hh;
};

/* Opens the server's line and those of products as stored; after timeline_load() none is NULL. */
MUST_USE enum status timeline_load(struct app *app);
void timeline_unload(struct app *app); /* ends advances with E_CLOSED */

/* The line that the product follows. `product_key` NULL: the server's. */
struct timeline *timeline_of(const struct app *app, const char *product_key);

/* A line of the product's own, made when it has none (showing what it shows now). */
MUST_USE enum status timeline_own(struct app *app, const char *product_key, struct timeline **timeline);

/* The product has none of its own any more; an advance of it ends with `status`. */
void timeline_forget(struct app *app, const char *product_key, enum status status);

/* The server's line is as at the first start: the machine's clock; an advance of it ends with `status`. */
void timeline_reset(struct app *app, enum status status);

int64_t timeline_now(const struct app *app, const struct timeline *timeline);

/* As store/clock_rows.h wants it. */
const char *timeline_scope(const struct timeline *timeline);

/* The clock shows another instant than time alone would bring: running timeouts start anew, ticks are counted from
 * here. Within a use. */
MUST_USE enum status timeline_jumped(struct app *app, struct timeline *timeline);

/* The next tick > now that has not fired. */
void timeline_arm_tick(struct timeline *timeline, int64_t now);
void timeline_note_tick(struct timeline *timeline, int64_t at);

/* The first instant at which something falls due; may lie in the past. */
MUST_USE enum status timeline_next_due(struct app *app, struct timeline *timeline, int64_t *at);

/* What was stored since store_changes() was `before` is the clock itself: what is known of the line still holds. */
void timeline_overlook(const struct app *app, struct timeline *timeline, int64_t before);

/* Who hears what fired. */
typedef void timeline_listener(void *context, const struct fired *fired);

/* Everything that is due at `at` happens, with the line held at `at`; `listener` may be NULL. Not within a use. */
MUST_USE enum status timeline_fire(struct app *app, struct timeline *timeline, int64_t at, timeline_listener *listener,
                                   void *context);

/* One slice of the advance that is under way. */
void advance_go_on(struct app *app, struct timeline *timeline);
void advance_end(struct app *app, struct timeline *timeline, enum status status);

#endif
