/*
 * Numbers of the whole, for who watches the server rather than a plan.
 */
#ifndef APP_TOTALS_H
#define APP_TOTALS_H

#include "base/status.h"
#include "domain/totals.h"

struct app;

struct app_totals {
    struct totals stored;
    int64_t online;
    int64_t clock_offset_ms; /* what the server's clock shows, minus the real time */
    int64_t commits;         /* since the start */
    int64_t commit_us;       /* what they took together, microseconds */
    int64_t longest_commit_us;
};

MUST_USE enum status app_totals(struct app *app, struct app_totals *totals);

#endif
