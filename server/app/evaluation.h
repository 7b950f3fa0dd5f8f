/*
 * Who is notified now (behaviour.md, 4): every 10 minutes, when a device asks or connects, right after it finished
 * another plan, and on request of the REST API.
 *
 *   device --> plans in order of activation --> eligibility_decide() --> the first that passes: SESSION_ISSUE
 *                                                                    --> each that denies: reason and log, once
 */
#ifndef APP_EVALUATION_H
#define APP_EVALUATION_H

#include "app/internal.h"
#include "app/plans.h"

/* The first hh:m0 after `now`. */
int64_t evaluation_next_tick(int64_t now);

/* A tick: tasks whose notify was not answered are notified again, every connected device is evaluated. */
void evaluation_tick(struct app *app);

/* One connected device, in a use of its own. */
void evaluation_device(struct app *app, int64_t device_id);

/* After a device became final: a plan with a whitelist ends when every listed device is final (behaviour.md, 3). */
MUST_USE enum status evaluation_end_plan(struct app *app, int64_t plan_id, int64_t at);

#endif
