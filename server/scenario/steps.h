/*
 * What a scenario does on the stage, one step after the other.
 */
#ifndef SCENARIO_STEPS_H
#define SCENARIO_STEPS_H

#include "scenario/stage.h"

/*
 * The steps of the file; without any, each device is awaited at its end in each plan. E_...: one of them did not do
 * what it should, *error says which and why.
 */
MUST_USE enum status steps_play(struct stage *stage, struct error *error);

/* waits.c: one "await". */
MUST_USE enum status wait_for(struct stage *stage, const json_t *what, struct error *error);
MUST_USE enum status wait_online(struct stage *stage, const char *device_key, bool online, int64_t timeout_ms,
                                 struct error *error);
MUST_USE enum status wait_end(struct stage *stage, json_int_t plan, const char *device_key, const char *statuses,
                              int64_t timeout_ms, struct error *error);

/* json_subset.c: whether `whole` has all members of `part`, with their values; arrays must be equal. */
bool json_has(const json_t *whole, const json_t *part);

#endif
