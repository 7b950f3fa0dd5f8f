/*
 * Faults of the point plan: the plan is suspended, terminated or ended, or the package of the component is revoked, the
 * moment a device reaches a step.
 *
 *   step of the task --component reaches atStep--> fault fires --after the commit--> the plan's own use case
 */
#ifndef APP_PLAN_FAULTS_H
#define APP_PLAN_FAULTS_H

#include "app/internal.h"
#include "domain/fault.h"
#include "domain/task.h"

/* Within a use: `before` are the steps that the task's components had. */
MUST_USE enum status plan_faults_step(struct app *app, const struct task *task,
                                      const enum component_step before[LIMIT_COMPONENTS]);

/*
 * After the commit. `id`: of the plan; FAULT_REVOKE_PACKAGE: of the package. E_STATE: it is in no state for that
 * (suspended already, over, revoked already).
 */
MUST_USE enum status plan_faults_apply(struct app *app, int64_t id, enum fault_type type);

#endif
