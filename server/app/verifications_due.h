/*
 * What app/ itself asks of verifications (verifications.h is for the doors).
 */
#ifndef APP_VERIFICATIONS_DUE_H
#define APP_VERIFICATIONS_DUE_H

#include "app/internal.h"
#include "domain/plan.h"
#include "domain/task.h"

/* Those of `scope` (store/clock_rows.h) that are not finished at their deadline are failed: timeout. `fired` may be
 * NULL. Not within a use. */
MUST_USE enum status
verifications_run_due(struct app *app, const char *scope, int64_t now,
                      void (*fired)(void *context, int64_t verification_id, const char *device_key), void *context);

/* The device refused the plan with a negative id that carries a verification out: it has failed. Within a use. */
MUST_USE enum status verification_refused(struct app *app, struct task *task, const struct plan *plan, int64_t at);

#endif
