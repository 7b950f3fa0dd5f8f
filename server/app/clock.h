/*
 * Clocks that a test sets (behaviour.md, 10; api.md, The test bench). For http/.
 *
 *   server's clock ----------> products without a clock of their own
 *   product's own clock -----> that product alone: times of its things, ticks, windows, timeouts, verifications
 *
 *   advance   from now ---o--o-----o---> to      each thing due on the way happens at its own instant, in order:
 *                         |  |     |             planned ends, planned starts, push periods, verifications, attempts'
 *                         +--+-----+-- fired     timeouts, and last the tick of hh:m0
 *
 * What stays on real time: TCP, TLS, MQTT keep-alive and acknowledgements, HTTP time limits, the 3 s in which a
 * device's reports are awaited after it connected (LIMIT_SETTLE_MS), firmware links that have ended, kept answers.
 */
#ifndef APP_CLOCK_H
#define APP_CLOCK_H

#include "app/app.h"
#include "domain/clock.h"
#include "domain/device.h"

struct clock_view {
    int64_t now;
    enum clock_mode mode;
    int64_t next_evaluation_at;
    bool own; /* of the product itself; false: it follows the server's */
};

/* `product_key` NULL: the server's clock. E_NOT_FOUND: no such product. */
MUST_USE enum status app_clock_view(struct app *app, const char *product_key, struct clock_view *view);

/*
 * Sets a clock; a product gets one of its own. `now` unknown: the instant it shows. Nothing on the way fires, running
 * timeouts start anew, a tick that fired is not repeated; a plan whose planned end is past ends. E_RULE: `now` with
 * mode real. E_STATE: it is being advanced.
 */
MUST_USE enum status app_clock_set(struct app *app, const char *product_key, enum clock_mode mode,
                                   struct maybe_instant now, struct clock_view *view);

/* The product follows the server's clock again, as if it were set to it. OK when it has none of its own. */
MUST_USE enum status app_clock_drop(struct app *app, const char *product_key);

enum fired_kind {
    FIRED_PLANNED_START, /* plan */
    FIRED_PLANNED_END,   /* plan: it has ended */
    FIRED_WINDOW_OPENED, /* plan: its push period */
    FIRED_WINDOW_CLOSED,
    FIRED_VERIFICATION_TIMEOUT, /* verification, device */
    FIRED_TIMEOUT,              /* plan, device: of an attempt */
    FIRED_EVALUATION,           /* the tick: checked, notified */
    FIRED_KIND_COUNT
};
const char *fired_kind_name(enum fired_kind kind); /* "plannedStart" ... "evaluation" */

struct fired {
    int64_t at;
    enum fired_kind kind;
    int64_t id; /* of the plan or verification; 0: none */
    char device_key[LIMIT_DEVICE_KEY + 1];
    int64_t devices_checked; /* FIRED_EVALUATION; 0 when nothing had changed since the tick before */
    int64_t notified;
};

struct advance_result {
    int64_t now;
    const struct fired *fired; /* in order; borrowed for the call */
    size_t fired_count;        /* at most LIMIT_FIRED */
    int64_t fired_total;
};

/* Called once, on the loop's thread, perhaps before app_clock_advance() returns. E_CLOSED: the server goes down;
 * E_NOT_FOUND: the product has gone. `result` only with OK. */
typedef void app_advance_done(void *context, enum status status, const struct advance_result *result);

/*
 * Moves a clock forward, to `to` or by `to` milliseconds. A product without a clock of its own gets one; mode real
 * becomes offset. Works in slices of LIMIT_SLICE_MS, so that devices and other calls go on; `done` comes when
 * everything that fell due has happened and was handed to the broker. When OK is not returned `done` is never called.
 * E_RANGE: backwards, or farther than LIMIT_ADVANCE_MS. E_STATE: it is being advanced already. E_NOT_FOUND.
 */
MUST_USE enum status app_clock_advance(struct app *app, const char *product_key, bool relative, int64_t to,
                                       app_advance_done *done, void *context);

#endif
