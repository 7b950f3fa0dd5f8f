/*
 * Who is notified now (behaviour.md, 4): every 10 minutes, when a device asks or connects, right after it finished
 * another plan, when its user confirmed, and on request of the REST API.
 *
 *   device --> plans in order of activation --> eligibility_decide() --> the first that passes: SESSION_ISSUE
 *                                                                    --> each that denies: reason and log, once
 */
#ifndef APP_EVALUATION_H
#define APP_EVALUATION_H

#include "app/internal.h"
#include "app/plans.h"
#include "app/timeline.h"

/* The first hh:m0 after `now`. */
int64_t evaluation_next_tick(int64_t now);

/*
 * A tick of a line of time: tasks whose notify was not answered are notified again, every connected device of its
 * products is evaluated. Nothing is looked at (and nothing counted) while nothing has changed since a tick that changed
 * nothing.
 */
MUST_USE enum status evaluation_tick(struct app *app, struct timeline *timeline, int64_t *checked, int64_t *notified);

/* One connected device, in a use of its own. */
void evaluation_device(struct app *app, int64_t device_id);

#endif
