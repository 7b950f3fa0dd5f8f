/*
 * Use cases of upgrade plans and what became of them (behaviour.md, 3 to 5; api.md, Upgrade plans). For http/.
 * Pages, visitors and errors as in app/catalog.h.
 */
#ifndef APP_PLANS_H
#define APP_PLANS_H

#include "app/app.h"
#include "app/catalog.h"
#include "domain/conduct.h"
#include "domain/plan.h"
#include "domain/task.h"
#include "domain/violation.h"

/* The device keys of a list, as a request brings them. NULL keys: the request has no such member, the list stays. */
struct key_list {
    const char *const *keys; /* borrowed */
    const uint32_t *lines;   /* borrowed; of each key in the file it came in, from 1; NULL: it was an array */
    size_t count;
};

/*
 * Makes (plan->id == 0) or replaces (saved only, else E_STATE) a plan; plan->id, status, created_at and the instants of
 * the planned times are filled in. Violations: everything of plan_check(), unknown product, package, time zone, planned
 * times that are none or in the wrong order, package of another type or product, MCU component with several files,
 * empty whitelist, malformed and repeated keys.
 */
MUST_USE enum status app_plan_save(struct app *app, struct plan *plan, const struct key_list *whitelist,
                                   const struct key_list *blacklist, struct violations *violations);
MUST_USE enum status app_plan_find(struct app *app, int64_t id, struct plan *plan); /* plan_finish() it */
MUST_USE enum status app_plan_delete(struct app *app, int64_t id);                  /* saved only, else E_STATE */

/*
 * The arrows of domain/plan.h; E_STATE: there is none from where the plan is. Neither evaluates. A plan whose planned
 * end is past ends as soon as it is activated or resumed.
 */
MUST_USE enum status app_plan_activate(struct app *app, int64_t id);
MUST_USE enum status app_plan_suspend(struct app *app, int64_t id);
MUST_USE enum status app_plan_resume(struct app *app, int64_t id);
MUST_USE enum status app_plan_terminate(struct app *app, int64_t id); /* waiting devices: failed, planTerminated */

typedef void app_plan_visitor(void *context, const struct plan *plan);
/* `product_key` NULL: all; `status` PLAN_STATUS_COUNT: all. Sort key: the id in decimal. */
MUST_USE enum status app_plans_list(struct app *app, const char *product_key, enum plan_status status,
                                    const struct page *page, app_plan_visitor *each, void *context, bool *more);

/* Replaces a list (saved only, else E_STATE); atomic. E_RULE names malformed and repeated keys: /0, /17 ... */
MUST_USE enum status app_plan_list_put(struct app *app, int64_t plan_id, enum plan_list list,
                                       const struct key_list *keys, struct violations *violations);
typedef void app_key_visitor(void *context, const char *device_key);
MUST_USE enum status app_plan_list_get(struct app *app, int64_t plan_id, enum plan_list list, const struct page *page,
                                       app_key_visitor *each, void *context, bool *more);

/* A device within a plan. Devices of the plan without a task yet are nonUpgraded and come with zeroed instants. */
struct plan_device {
    const char *device_key;
    const struct task *task;         /* always set; components are those of the plan; progress is of this moment */
    const struct warnings *warnings; /* in this plan */
};
typedef void app_plan_device_visitor(void *context, const struct plan_device *device);
/* `status` DEVICE_STATUS_COUNT: all. Sort key: the device key. */
MUST_USE enum status app_plan_devices_list(struct app *app, int64_t plan_id, enum device_status status,
                                           const struct page *page, app_plan_device_visitor *each, void *context,
                                           bool *more);
/* E_NOT_FOUND: no such plan, or the device does not belong to it. */
MUST_USE enum status app_plan_device_view(struct app *app, int64_t plan_id, const char *device_key,
                                          app_plan_device_visitor *visit, void *context);

typedef void app_log_visitor(void *context, const struct log_entry *entry);
/* Oldest first. Sort key: the entry's id in decimal. */
MUST_USE enum status app_plan_device_log(struct app *app, int64_t plan_id, const char *device_key,
                                         const struct page *page, app_log_visitor *each, void *context, bool *more);

/* The device has more of its present download than before: tells those who listen (WHAT_PROGRESS). Unknown: nothing. */
void app_download_moved(struct app *app, int64_t task_id);

/* One check as a person reads it. */
struct explained_check {
    enum reason check;
    bool ok;
    bool warning; /* passed although the value was never reported */
    const char *expected;
    const char *actual;
    struct maybe_instant next_at;
};
struct explanation {
    bool eligible;
    bool online;
    int64_t at; /* of the product's clock */
    size_t count;
    const struct explained_check *checks; /* in the order in which they are applied */
};
typedef void app_explanation_visitor(void *context, const struct explanation *explanation);
/* Why the device is (not) notified at this moment; one that the plan upgrades already is not: notBusy. E_NOT_FOUND: no
 * such plan, or neither a device of its product nor whitelisted. */
MUST_USE enum status app_plan_device_explain(struct app *app, int64_t plan_id, const char *device_key,
                                             app_explanation_visitor *visit, void *context);

struct plan_statistics {
    int64_t total;
    int64_t by_status[DEVICE_STATUS_COUNT];
    int64_t by_reason[REASON_COUNT]; /* devices whose reason it is now */
};
/* One point of the timeline: how many devices became upgraded and failed in that minute (of the plan's clock). */
struct timeline_point {
    int64_t at; /* start of the minute */
    int64_t upgraded;
    int64_t failed;
};
typedef void app_timeline_visitor(void *context, const struct timeline_point *point);
MUST_USE enum status app_plan_statistics(struct app *app, int64_t plan_id, struct plan_statistics *statistics,
                                         app_timeline_visitor *each, void *context);

struct evaluation {
    int64_t at;
    int64_t devices_checked;
    int64_t notified;
    int64_t skipped[REASON_COUNT]; /* by the reason of the first plan that denied */
};
/* Evaluates now, whatever the clock says (behaviour.md, 4). `product_key` NULL: all products. */
MUST_USE enum status app_evaluate(struct app *app, const char *product_key, struct evaluation *evaluation);

#endif
