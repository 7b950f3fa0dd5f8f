/*
 * What has happened, told to those who watch: made while a use case runs, sent to app_ports.event after its commit; a
 * use that is undone tells nothing.
 */
#ifndef APP_EVENTS_H
#define APP_EVENTS_H

#include "app/internal.h"
#include "domain/event.h"
#include "domain/package.h"

/* The task's row in its plan, or its verification, is another one than before. */
MUST_USE enum status events_task(struct app *app, const struct task *task);

/* The download of the present component has gone on. */
MUST_USE enum status events_progress(struct app *app, const struct task *task);

/* Appends to the upgrade log, and tells. */
MUST_USE enum status events_log(struct app *app, int64_t plan_id, int64_t device_id, const struct log_entry *entry);

MUST_USE enum status events_plan(struct app *app, const struct plan *plan, enum event_what what);
MUST_USE enum status events_device(struct app *app, const struct device *device, enum event_what what);

/* `product_key` NULL: the server's clock. */
MUST_USE enum status events_clock(struct app *app, const char *product_key, enum event_what what,
                                  int64_t devices_checked, int64_t notified);

MUST_USE enum status events_package(struct app *app, const struct package *package, enum event_what what);
/* `subject`: on what it fired, or whom it is armed for; `wall_at`: when, of the system's clock. */
MUST_USE enum status events_fault(struct app *app, const struct fault *fault, enum event_what what,
                                  const struct fault_subject *subject, int64_t wall_at);
MUST_USE enum status events_product(struct app *app, const char *product_key, enum event_what what);

#endif
