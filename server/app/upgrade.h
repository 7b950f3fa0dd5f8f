/*
 * The upgrade of one device: the session's step, its task in the store, its effects on the wire.
 *
 *   event --> task_find --> session_step --> task_save, log_append --> effects deferred until the commit
 */
#ifndef APP_UPGRADE_H
#define APP_UPGRADE_H

#include "app/internal.h"
#include "domain/package.h"
#include "domain/plan.h"
#include "domain/task.h"
#include "session/session.h"

/*
 * Runs one step of `task` (within a use) and carries out what follows. `at` is the plan's now. `packages`: of the
 * plan's components, for those who have them already; NULL: they are read where needed.
 */
MUST_USE enum status upgrade_step_with(struct app *app, struct task *task, const struct plan *plan,
                                       const struct package *const *packages, const struct session_event *event,
                                       int64_t at);
MUST_USE enum status upgrade_step(struct app *app, struct task *task, const struct plan *plan,
                                  const struct session_event *event, int64_t at);

/* What an evaluation found, before SESSION_ISSUE: per component whether it is skipped and its version (NULL unknown).
 */
void upgrade_fill_versions(struct task *task, const bool *skip, const char *const *source);

/* The task in which the device is inUpgrade gets the event; *found tells whether there was one. Within a use. */
MUST_USE enum status upgrade_event(struct app *app, int64_t device_id, const struct session_event *event, bool *found);

/* Status and information have come, or time is up: a running task goes on, else the device is evaluated. */
void upgrade_device_reported(struct app *app, struct presence *presence);

/* LIMIT_SETTLE_MS after the connect: cached statuses have come by now. */
void upgrade_device_settled(struct app *app, struct presence *presence);

/* Of `scope` (store/clock_rows.h): ends the attempts whose deadline has passed at `now`; `fired` hears of each. Not
 * within a use. */
typedef void upgrade_timeout_listener(void *context, int64_t plan_id, const char *device_key);
MUST_USE enum status upgrade_run_timeouts(struct app *app, const char *scope, int64_t now,
                                          upgrade_timeout_listener *fired, void *context);

/* Percent of the component's present download that went out, or -1 when nothing is known. */
int upgrade_progress(struct app *app, const struct task *task, size_t component);

/* What firmware of the task's component is about, for faults (faults.h). */
void upgrade_fault_subject(struct app *app, const struct task *task, size_t component, struct fault_subject *subject);

/* The entry that serves `file` under `token`. E_LIMIT: the path is too long. */
MUST_USE enum status upgrade_firmware_entry(const struct app *app, const char *token, const struct package_file *file,
                                            struct firmware_entry *entry);

#endif
