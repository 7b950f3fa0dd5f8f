/*
 * How plans come to their end by themselves (plans.h has what people ask for).
 */
#ifndef APP_PLANS_LIFE_H
#define APP_PLANS_LIFE_H

#include "app/internal.h"
#include "domain/plan.h"

/* Its planned end is past: ended, waiting devices failed (planEnded). In a use of its own. */
MUST_USE enum status plans_life_end_planned(struct app *app, int64_t plan_id, int64_t at);

/* A fault ends it, whatever its times say. In a use of its own. E_STATE: it is over, or was never activated. */
MUST_USE enum status plans_life_end_now(struct app *app, int64_t plan_id);

/* After a device became final, within a use: a plan with a whitelist and without planned end ends when every listed
 * device is final (behaviour.md, 3). */
MUST_USE enum status plans_life_end_final(struct app *app, int64_t plan_id, int64_t at);

/* The first device that starts makes the plan `upgrading`. Within a use; *plan is as the caller knows it. */
MUST_USE enum status plans_life_started(struct app *app, const struct plan *plan, int64_t at);

#endif
