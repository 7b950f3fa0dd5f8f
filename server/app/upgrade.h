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

/* Runs one step of `task` (within a use) and carries out what follows. `at` is the plan's now. */
MUST_USE enum status upgrade_step(struct app *app, struct task *task, const struct plan *plan,
                                  const struct session_event *event, int64_t at);

/* The task in which the device is inUpgrade gets the event; *found tells whether there was one. Within a use. */
MUST_USE enum status upgrade_event(struct app *app, int64_t device_id, const struct session_event *event, bool *found);

/* Status and information have come, or time is up: a running task goes on, else the device is evaluated. */
void upgrade_device_reported(struct app *app, struct presence *presence);

/* LIMIT_SETTLE_MS after the connect: cached statuses have come by now. */
void upgrade_device_settled(struct app *app, struct presence *presence);

/* Ends the attempts whose deadline has passed at `now`. */
MUST_USE enum status upgrade_run_timeouts(struct app *app, int64_t now);

/* Percent of the component's present download that went out, or -1 when nothing is known. */
int upgrade_progress(struct app *app, const struct task *task, size_t component);

/* The entry that serves `file` under `token`. E_LIMIT: the path is too long. */
MUST_USE enum status upgrade_firmware_entry(const struct app *app, const char *token, const struct package_file *file,
                                            struct firmware_entry *entry);

#endif
