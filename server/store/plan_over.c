/* What the end, suspension and resumption of a plan mean to its devices, in bulk (plan_rows.h). */
#include <assert.h>

#include "store/plan_rows.h"
#include "store/query.h"

static_assert(DEVICE_IN_UPGRADE == 1 && DEVICE_FAILED == 3 && TASK_DONE == 4, "numbers used in the statements below");

/* Members that have no task get one, so that what follows is said of all. ?1 plan */
static const char sql_fill[] =
    "INSERT INTO task (plan_id, device_id, status, phase, reason, wants_sha256, url_pending, url_sent, current)"
    " SELECT plan.id, device.id, 0, 0, 0, 0, 0, 0, 0 FROM plan JOIN device ON device.product_id = plan.product_id"
    " WHERE plan.id = ?1"
    " AND (whitelist_count = 0 OR EXISTS (SELECT 1 FROM plan_list AS white WHERE white.plan_id = plan.id"
    "      AND white.list = 0 AND white.device_key = device.device_key))"
    " AND (blacklist_count = 0 OR NOT EXISTS (SELECT 1 FROM plan_list AS black WHERE black.plan_id = plan.id"
    "      AND black.list = 1 AND black.device_key = device.device_key))"
    " AND NOT EXISTS (SELECT 1 FROM task WHERE task.plan_id = plan.id AND task.device_id = device.id)";

/* ?1 plan, ?2 instant, ?3 direction, ?4 kind, ?5 words for those waiting, ?6 words for those inUpgrade (NULL: the same)
 */
static const char sql_log[] =
    "INSERT INTO log_entry (plan_id, device_id, at, component_no, attempt, direction, kind, code, detail)"
    " SELECT plan_id, device_id, ?2, '', 0, ?3, ?4, NULL, CASE WHEN status = 1 THEN coalesce(?6, ?5) ELSE ?5 END"
    " FROM task WHERE plan_id = ?1 AND status < 2 ORDER BY id";

static const char sql_fail[] = "UPDATE task SET status = 3, phase = 4, reason = ?2, ended_at = ?3"
                               " WHERE plan_id = ?1 AND status = 0";

static enum status log_open(struct store *store, int64_t plan_id, const struct log_entry *entry, const char *goes_on)
{
    struct query query;
    query_open(&query, store, sql_log);
    query_bind_int(&query, plan_id);
    query_bind_int(&query, entry->at);
    query_bind_int(&query, entry->direction);
    query_bind_int(&query, entry->kind);
    query_bind_text(&query, entry->detail);
    query_bind_text(&query, goes_on);
    return query_run(&query, NULL);
}

enum status plan_log_open(struct store *store, int64_t plan_id, const struct log_entry *entry)
{
    return log_open(store, plan_id, entry, NULL);
}

enum status plan_fail_waiting(struct store *store, int64_t plan_id, enum reason reason, const struct log_entry *entry,
                              const char *goes_on, int64_t *failed)
{
    assert(store_in_transaction(store));
    struct query query;
    query_open(&query, store, sql_fill);
    query_bind_int(&query, plan_id);
    enum status status = query_run(&query, NULL);
    if (status == OK) {
        status = log_open(store, plan_id, entry, goes_on);
    }
    if (status != OK) {
        return status;
    }
    query_open(&query, store, sql_fail);
    query_bind_int(&query, plan_id);
    query_bind_int(&query, reason);
    query_bind_int(&query, entry->at);
    return query_run(&query, failed);
}
