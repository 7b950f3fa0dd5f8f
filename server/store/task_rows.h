/*
 * Tasks: a device in a plan, with its components.
 *
 *   task (plan, device, status, phase, deadline ...) 1--n task_component (step, attempts, versions ...)
 *
 * component_no, type, package and target version of a component are those of the plan's component at its position: they
 * are read from there and not stored again.
 */
#ifndef STORE_TASK_ROWS_H
#define STORE_TASK_ROWS_H

#include "domain/page.h"
#include "domain/plan.h"
#include "domain/task.h"
#include "store/store.h"

struct task_key {
    int64_t plan_id;
    int64_t device_id;
};

MUST_USE enum status task_find(struct store *store, int64_t plan_id, int64_t device_id, struct task *task);
MUST_USE enum status task_find_by_id(struct store *store, int64_t id, struct task *task);

/* What a task is before anything happened: WAITING, the plan's components at step waiting. id 0, nothing is stored. */
MUST_USE enum status task_blank(struct store *store, int64_t plan_id, int64_t device_id, struct task *task);

/*
 * Inserts (task->id == 0, then filled in) or updates; components too. E_EXISTS: this pair has a task already, or the
 * device would be inUpgrade in two plans.
 */
MUST_USE enum status task_save(struct store *store, struct task *task);

/* The task in which the device is inUpgrade, be it of a verification (negative plan_id). E_NOT_FOUND: none. */
MUST_USE enum status task_running_of_device(struct store *store, int64_t device_id, struct task *task);
/* Only its plan's id; unknown when none. */
MUST_USE enum status task_running_plan(struct store *store, int64_t device_id, struct maybe_int *plan_id);

/* Its phase only. E_NOT_FOUND: none. */
MUST_USE enum status task_running_phase(struct store *store, int64_t device_id, enum task_phase *phase);

/* Of `scope` (clock_rows.h): tasks inUpgrade whose deadline is <= now, earliest first: at most `capacity`. */
MUST_USE enum status tasks_due(struct store *store, const char *scope, int64_t now, struct task_key *keys,
                               size_t capacity, size_t *count);
MUST_USE enum status tasks_next_deadline(struct store *store, const char *scope, struct maybe_instant *deadline);

/* The clock of `scope` was set: each running timeout starts anew at `now`, with its plan's full time. */
MUST_USE enum status tasks_rearm(struct store *store, const char *scope, int64_t now);

/* Devices of the plan that are inUpgrade / final now. Kept by triggers: no counting. */
MUST_USE enum status tasks_in_upgrade_count(struct store *store, int64_t plan_id, int64_t *count);
MUST_USE enum status tasks_final_count(struct store *store, int64_t plan_id, int64_t *count);

/*
 * Members of a plan in order of the device key (page->after), those without a task as task_blank() (device_id 0 when
 * the whitelisted device was not seen yet). `status` DEVICE_STATUS_COUNT: all.
 */
/* One of them: a member's task, or what stands for it. E_NOT_FOUND: no such plan. */
MUST_USE enum status plan_member_task(struct store *store, int64_t plan_id, int64_t device_id, struct task *task);

typedef bool plan_member_visitor(void *context, const char *device_key, const struct task *task);
MUST_USE enum status plan_members_list(struct store *store, int64_t plan_id, enum device_status status,
                                       const struct page *page, plan_member_visitor *each, void *context, bool *more);

/*
 * In a plan that is terminated or ended a whitelisted device without a task (never seen) counts and is listed as failed
 * (planTerminated, planEnded).
 */
struct plan_counts {
    int64_t total; /* members */
    int64_t by_status[DEVICE_STATUS_COUNT];
    int64_t by_reason[REASON_COUNT]; /* without REASON_NONE */
};
MUST_USE enum status plan_count(struct store *store, int64_t plan_id, struct plan_counts *counts);

/* Minutes in which tasks of the plan ended, in order. */
typedef bool plan_minute_visitor(void *context, int64_t at, int64_t upgraded, int64_t failed);
MUST_USE enum status plan_timeline(struct store *store, int64_t plan_id, plan_minute_visitor *each, void *context);

#endif
