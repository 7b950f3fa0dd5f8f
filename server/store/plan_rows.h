/*
 * Upgrade plans with components, texts and the two lists of device keys.
 *
 *   member of a plan = (whitelisted, or the plan has no whitelist and the device is of the product) and not blacklisted
 */
#ifndef STORE_PLAN_ROWS_H
#define STORE_PLAN_ROWS_H

#include "domain/page.h"
#include "domain/plan.h"
#include "domain/task.h"
#include "store/store.h"

/* Everything but the lists; fills in plan->id. E_EXISTS: the name is taken in the product. E_NOT_FOUND: no such
 * product. */
MUST_USE enum status plan_insert(struct store *store, struct plan *plan);

/* The same with the id that plan->id says: for verifications (verification_rows.h). */
MUST_USE enum status plan_insert_as(struct store *store, struct plan *plan);

/* Everything but product, status, instants and lists. E_EXISTS, E_NOT_FOUND as above. The caller checked the status. */
MUST_USE enum status plan_replace(struct store *store, const struct plan *plan);

MUST_USE enum status plan_find(struct store *store, int64_t id, struct plan *plan); /* plan_finish() it */
MUST_USE enum status plan_delete(struct store *store, int64_t id);                  /* E_NOT_FOUND */

/* status, suspended_from, activated_at, started_at, ended_at. The caller checked the arrow. */
MUST_USE enum status plan_update_status(struct store *store, const struct plan *plan);

typedef bool plan_visitor(void *context, const struct plan *plan);
/* In order of the id; page->after is an id in decimal. `product_key` NULL: all; `status` PLAN_STATUS_COUNT: all. */
MUST_USE enum status plan_list_page(struct store *store, const char *product_key, enum plan_status status,
                                    const struct page *page, plan_visitor *each, void *context, bool *more);

/* The ids of plans activated or upgrading, in order of activation, without verifications; `product_key` NULL: of all.
 * free(*ids). */
MUST_USE enum status plan_active_ids(struct store *store, const char *product_key, int64_t **ids, size_t *count);

/* Plans activated, upgrading or suspended that have a planned time or a push period, of `scope` (clock_rows.h). */
MUST_USE enum status plan_scheduled_each(struct store *store, const char *scope, plan_visitor *each, void *context);

/*
 * A plan that is over: each existing member that is neither final nor inUpgrade becomes failed with `reason` at
 * entry->at and gets `entry` in its log; each one inUpgrade gets `entry` with the detail `goes_on`. Members without a
 * task get one. In bulk: 100,000 take about a second. *failed: how many became so.
 */
MUST_USE enum status plan_fail_waiting(struct store *store, int64_t plan_id, enum reason reason,
                                       const struct log_entry *entry, const char *goes_on, int64_t *failed);

/* `entry` into the log of each device that has a task in the plan which is not final. */
MUST_USE enum status plan_log_open(struct store *store, int64_t plan_id, const struct log_entry *entry);

/* Lists. Put replaces; duplicates count once. 1,000,000 keys take a few seconds and sort a copy of the pointers. */
MUST_USE enum status plan_keys_put(struct store *store, int64_t plan_id, enum plan_list list, const char *const *keys,
                                   size_t count);
MUST_USE enum status plan_keys_contain(struct store *store, int64_t plan_id, enum plan_list list,
                                       const char *device_key, bool *contains);
typedef bool plan_key_visitor(void *context, const char *device_key);
/* In order of the key; page->after is a key. How many there are: plan->list_count. */
MUST_USE enum status plan_keys_list(struct store *store, int64_t plan_id, enum plan_list list, const struct page *page,
                                    plan_key_visitor *each, void *context, bool *more);

/*
 * Whether every whitelisted key that is not blacklisted has a device whose task is final; false without a whitelist.
 * Cheap until nearly all are (counters answer first).
 */
MUST_USE enum status plan_whitelist_is_final(struct store *store, int64_t plan_id, bool *is_final);

/* Whether the device is a member (above). */
MUST_USE enum status plan_has_member(struct store *store, int64_t plan_id, const char *device_key, bool *member);

#endif
