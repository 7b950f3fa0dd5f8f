#include "store/verification_rows.h"

#include <assert.h>
#include <stdio.h>

#include "store/plan_rows.h"
#include "store/query.h"
#include "store/scope.h"

/* The product is that of the package; the plan's row comes with the id of this one. */
static const char sql_insert[] =
    "INSERT INTO verification (package_id, device_id, component_no, created_at, deadline) VALUES (?1, ?2, ?3, ?4, ?5)";

enum status verification_insert(struct store *store, struct verification *verification, struct plan *plan)
{
    assert(store_in_transaction(store));
    struct query query;
    query_open(&query, store, sql_insert);
    query_bind_int(&query, verification->package_id);
    query_bind_int(&query, verification->device_id);
    query_bind_text(&query, verification->component_no);
    query_bind_int(&query, verification->created_at);
    query_bind_int(&query, verification->deadline);
    enum status status = query_run(&query, NULL);
    int64_t id = sqlite3_last_insert_rowid(store_connection(store));
    if (status != OK) {
        return status;
    }
    struct plan named = *plan;
    named.id = -id;
    /* a line break is in no name that a person gives: rules of names */
    (void)snprintf(named.name, sizeof named.name, "verification\n%lld", (long long)id);
    status = plan_insert_as(store, &named);
    if (status == OK) {
        *plan = named;
        verification->id = id;
    }
    return status;
}

#define COLUMNS                                                                                                        \
    "verification.id, package_id, verification.device_id, device_key, component_no, coalesce(task.status, 0),"         \
    " coalesce(task.reason, 0), verification.created_at, verification.deadline, task.ended_at"
#define TABLES                                                                                                         \
    " FROM verification JOIN device ON device.id = verification.device_id"                                             \
    " LEFT JOIN task ON task.plan_id = -verification.id AND task.device_id = verification.device_id"

static void read_row(struct query *query, struct verification *verification)
{
    *verification = (struct verification){.id = query_int(query)};
    verification->package_id = query_int(query);
    verification->device_id = query_int(query);
    query_text(query, verification->device_key, sizeof verification->device_key);
    query_text(query, verification->component_no, sizeof verification->component_no);
    verification->status = verification_status_of((enum device_status)query_enum(query, DEVICE_STATUS_COUNT));
    enum reason reason = (enum reason)query_enum(query, REASON_COUNT);
    verification->reason = verification->status == VERIFICATION_RUNNING ? REASON_NONE : reason;
    verification->created_at = query_int(query);
    verification->deadline = query_int(query);
    verification->ended_at = query_instant(query);
}

static const char sql_find[] = "SELECT " COLUMNS TABLES " WHERE verification.id = ?1";

enum status verification_find(struct store *store, int64_t id, struct verification *verification)
{
    struct verification found;
    struct query query;
    query_open(&query, store, sql_find);
    query_bind_int(&query, id);
    bool any = query_step(&query);
    if (any) {
        read_row(&query, &found);
    }
    enum status status = query_close(&query);
    if (status == OK && any) {
        *verification = found;
    }
    return status == OK && !any ? E_NOT_FOUND : status;
}

/* ?3 is the page's query, which has no meaning here. */
static const char sql_list[] = "SELECT " COLUMNS TABLES " WHERE package_id = ?1 AND verification.id > ?2"
                               " AND (?3 IS NULL OR 1) ORDER BY verification.id LIMIT ?4";

enum status verification_list(struct store *store, int64_t package_id, const struct page *page,
                              verification_visitor *each, void *context, bool *more)
{
    struct query query;
    query_open(&query, store, sql_list);
    query_bind_int(&query, package_id);
    query_bind_page_by_id(&query, page);
    *more = false;
    for (int seen = 0; query_step(&query); seen++) {
        struct verification verification;
        if (seen == page->limit) {
            *more = true;
            break;
        }
        read_row(&query, &verification);
        if (query.status != OK || !each(context, &verification)) {
            break;
        }
    }
    return query_close(&query);
}

/* The device's product says whose clock it is. */
#define RUNNING                                                                                                        \
    " FROM verification JOIN device ON device.id = verification.device_id"                                             \
    " WHERE ended = 0 AND " SCOPE("?1", "device.product_id")

static const char sql_due[] = "SELECT verification.id" RUNNING " AND deadline <= ?2 ORDER BY deadline LIMIT ?3";

enum status verifications_due(struct store *store, const char *scope, int64_t now, int64_t *ids, size_t capacity,
                              size_t *count)
{
    size_t found = 0;
    struct query query;
    query_open(&query, store, sql_due);
    query_bind_text(&query, scope);
    query_bind_int(&query, now);
    query_bind_int(&query, (int64_t)capacity);
    while (query_step(&query)) {
        ids[found++] = query_int(&query);
    }
    enum status status = query_close(&query);
    if (status == OK) {
        *count = found;
    }
    return status;
}

static const char sql_next[] = "SELECT deadline" RUNNING " ORDER BY deadline LIMIT 1";

enum status verifications_next_deadline(struct store *store, const char *scope, struct maybe_instant *deadline)
{
    struct maybe_instant found = {0};
    struct query query;
    query_open(&query, store, sql_next);
    query_bind_text(&query, scope);
    if (query_step(&query)) {
        found = query_instant(&query);
    }
    enum status status = query_close(&query);
    if (status == OK) {
        *deadline = found;
    }
    return status;
}

static const char sql_rearm[] = "UPDATE verification SET deadline = ?2 WHERE id IN (SELECT verification.id" RUNNING ")";

enum status verifications_rearm(struct store *store, const char *scope, int64_t deadline)
{
    struct query query;
    query_open(&query, store, sql_rearm);
    query_bind_text(&query, scope);
    query_bind_int(&query, deadline);
    return query_run(&query, NULL);
}
