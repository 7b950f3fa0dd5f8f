/*
 * What is known of one session of a device: all that a recording is made of.
 *
 *   journal (one device) --recorded_cut--> entries    plans, rows, logs, packages, faults, clock --as the API tells them
 */
#ifndef RECORD_RECORDED_H
#define RECORD_RECORDED_H

#include <jansson.h>

#include "base/limits.h"
#include "record/moves.h"

struct recorded {
    const char *device_key;
    json_t *entries;  /* of the journal, in order */
    json_t *plans;    /* [{"plan": GET /plans/ID, "row": .../devices/DK, "log": [...], "whitelisted": bool,
                         "blacklisted": bool}] */
    json_t *packages; /* {"ID": GET /packages/ID} */
    json_t *faults;   /* GET /faults of those that fired on the device, in order of id */
    json_t *clock;    /* GET .../clock when it is not real now; NULL: real */
    json_t *paths;    /* {"md5 of a file": path, relative to the scenario}; real files */
    struct doubts doubts;
};

void recorded_finish(struct recorded *session);

/*
 * Cuts entries that are not of the session: it begins with a connect (or a refusal) and, with a plan, with the last one
 * before the plan's first notify; then it ends before the notify of another plan, or the first connect behind the plan's
 * end. E_NOT_FOUND: there is none.
 */
MUST_USE enum status recorded_cut(struct recorded *session, int64_t plan_id, int64_t plan_started_at,
                                  int64_t plan_ended_at);

/* `at` of the first and of the last entry, of the product's clock. */
int64_t recorded_first_at(const struct recorded *session);
int64_t recorded_last_at(const struct recorded *session);

/*
 * How the product's clock went in the session: NULL for the real one, else "manual" or "offset". It may have been set
 * since: its own instants and those of the wall say so.
 */
const char *recorded_clock(const struct recorded *session);

/* The entry's `at`; 0: none. */
int64_t recorded_at(const json_t *entry);

/* scenario.c: the whole scenario; *scenario is yours. */
MUST_USE enum status scenario_make(struct recorded *session, int64_t longest_wait_ms, json_t **scenario);

/* steps.c, faults.c: its parts; yours, NULL: memory was used up. */
json_t *steps_make(struct recorded *session);
json_t *faults_make(struct recorded *session, json_t **fired);

#endif
