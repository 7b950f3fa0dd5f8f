/* The members of a plan with their tasks, and what became of them all (task_rows.h). */
#include "store/query.h"
#include "store/task_rows.h"

/*
 * The status of a member: of its task; without one (it was never seen) nonUpgraded, and failed when the plan, which has
 * a whitelist, is over (4 terminated, 5 ended).
 */
#define UNSEEN_STATUS "CASE WHEN plan.status IN (4, 5) AND whitelist_count > 0 THEN 3 ELSE 0 END"

/* What both lists ask alike: not blacklisted, of the wanted status, page, filter. `key`: the expression of the device
 * key. */
#define MEMBER_TASK                                                                                                    \
    " LEFT JOIN task ON task.plan_id = plan.id AND task.device_id = device.id WHERE plan.id = ?1"                      \
    " AND (?2 IS NULL OR coalesce(task.status, " UNSEEN_STATUS ") = ?2)"
#define MEMBER_PAGE(key)                                                                                               \
    " AND " key " > ?3 AND (?4 IS NULL OR instr(lower(" key "), lower(?4)))"                                           \
    " AND NOT EXISTS (SELECT 1 FROM plan_list AS black WHERE black.plan_id = plan.id AND black.list = 1"               \
    " AND black.device_key = " key ") ORDER BY " key " LIMIT ?5"

static const char sql_of_product[] =
    "SELECT device.device_key, device.id FROM plan JOIN device ON device.product_id = plan.product_id" MEMBER_TASK
        MEMBER_PAGE("device.device_key");

static const char sql_of_whitelist[] =
    "SELECT white.device_key, coalesce(device.id, 0) FROM plan"
    " JOIN plan_list AS white ON white.plan_id = plan.id AND white.list = 0"
    " LEFT JOIN device ON device.product_id = plan.product_id AND device.device_key = white.device_key" MEMBER_TASK
        MEMBER_PAGE("white.device_key");

/* What the plan says about those of its members that have no task. */
struct unseen {
    bool has_whitelist;
    enum device_status status;
    enum reason reason;
    struct maybe_instant ended_at;
};

static const char sql_unseen[] =
    "SELECT whitelist_count > 0, " UNSEEN_STATUS ", plan.status = 4, ended_at FROM plan WHERE id = ?1";

static enum status find_plan(struct store *store, int64_t plan_id, struct unseen *unseen)
{
    struct unseen found = {0};
    struct query query;
    query_open(&query, store, sql_unseen);
    query_bind_int(&query, plan_id);
    bool any = query_step(&query);
    if (any) {
        found.has_whitelist = query_bool(&query);
        found.status = (enum device_status)query_enum(&query, DEVICE_STATUS_COUNT);
        bool terminated = query_bool(&query);
        struct maybe_instant ended_at = query_instant(&query);
        if (found.status == DEVICE_FAILED) {
            found.reason = terminated ? REASON_PLAN_TERMINATED : REASON_PLAN_ENDED;
            found.ended_at = ended_at;
        }
    }
    enum status status = query_close(&query);
    if (status == OK && any) {
        *unseen = found;
    }
    return status == OK && !any ? E_NOT_FOUND : status;
}

static enum status unseen_task(struct store *store, const struct unseen *unseen, int64_t plan_id, int64_t device_id,
                               struct task *task)
{
    enum status status = task_blank(store, plan_id, device_id, task);
    if (status == OK) {
        task->status = unseen->status;
        task->reason = unseen->reason;
        task->ended_at = unseen->ended_at;
    }
    return status;
}

static enum status find_or_unseen(struct store *store, const struct unseen *unseen, int64_t plan_id, int64_t device_id,
                                  struct task *task)
{
    enum status status = task_find(store, plan_id, device_id, task);
    return status == E_NOT_FOUND ? unseen_task(store, unseen, plan_id, device_id, task) : status;
}

enum status plan_member_task(struct store *store, int64_t plan_id, int64_t device_id, struct task *task)
{
    struct unseen unseen;
    enum status status = find_plan(store, plan_id, &unseen);
    return status == OK ? find_or_unseen(store, &unseen, plan_id, device_id, task) : status;
}

enum status plan_members_list(struct store *store, int64_t plan_id, enum device_status wanted, const struct page *page,
                              plan_member_visitor *each, void *context, bool *more)
{
    struct unseen unseen;
    enum status status = find_plan(store, plan_id, &unseen);
    if (status != OK) {
        return status;
    }
    struct query query;
    query_open(&query, store, unseen.has_whitelist ? sql_of_whitelist : sql_of_product);
    query_bind_int(&query, plan_id);
    query_bind_maybe_int(&query, (struct maybe_int){.known = wanted != DEVICE_STATUS_COUNT, .value = (int64_t)wanted});
    query_bind_page(&query, page, "");
    *more = false;
    for (int seen = 0; query_step(&query); seen++) {
        if (seen == page->limit) {
            *more = true;
            break;
        }
        char device_key[LIMIT_DEVICE_KEY + 1];
        struct task task;
        query_text(&query, device_key, sizeof device_key);
        int64_t device_id = query_int(&query);
        if (query.status == OK) {
            query.status = find_or_unseen(store, &unseen, plan_id, device_id, &task);
        }
        if (query.status != OK || !each(context, device_key, &task)) {
            break;
        }
    }
    return query_close(&query);
}

/* Only the blacklist (short as a rule) and the tasks are walked, not a million whitelisted keys. */
static const char sql_total[] =
    "SELECT CASE WHEN whitelist_count > 0 THEN whitelist_count - (SELECT count(*) FROM plan_list AS black"
    "   JOIN plan_list AS white ON white.plan_id = plan.id AND white.list = 0 AND white.device_key = black.device_key"
    "   WHERE black.plan_id = plan.id AND black.list = 1)"
    " ELSE (SELECT count(*) FROM device WHERE device.product_id = plan.product_id)"
    "   - (SELECT count(*) FROM plan_list AS black"
    "      JOIN device ON device.product_id = plan.product_id AND device.device_key = black.device_key"
    "      WHERE black.plan_id = plan.id AND black.list = 1) END"
    " FROM plan WHERE id = ?1";

static const char sql_by_status[] =
    "SELECT task.status, task.reason, count(*) FROM plan JOIN task ON task.plan_id = plan.id"
    " JOIN device ON device.id = task.device_id WHERE plan.id = ?1"
    " AND (whitelist_count = 0 OR EXISTS (SELECT 1 FROM plan_list AS white WHERE white.plan_id = plan.id"
    "      AND white.list = 0 AND white.device_key = device.device_key))"
    " AND NOT EXISTS (SELECT 1 FROM plan_list AS black WHERE black.plan_id = plan.id AND black.list = 1"
    "      AND black.device_key = device.device_key)"
    " GROUP BY task.status, task.reason";

static enum status count_total(struct store *store, int64_t plan_id, int64_t *total)
{
    struct query query;
    query_open(&query, store, sql_total);
    query_bind_int(&query, plan_id);
    bool any = query_step(&query);
    int64_t value = any ? query_int(&query) : 0;
    enum status status = query_close(&query);
    if (status == OK) {
        *total = value;
    }
    return status == OK && !any ? E_NOT_FOUND : status;
}

enum status plan_count(struct store *store, int64_t plan_id, struct plan_counts *counts)
{
    struct plan_counts found = {0};
    struct unseen unseen;
    enum status status = find_plan(store, plan_id, &unseen);
    if (status == OK) {
        status = count_total(store, plan_id, &found.total);
    }
    if (status != OK) {
        return status;
    }
    int64_t with_task = 0;
    struct query query;
    query_open(&query, store, sql_by_status);
    query_bind_int(&query, plan_id);
    while (query_step(&query)) {
        unsigned device_status = query_enum(&query, DEVICE_STATUS_COUNT);
        unsigned reason = query_enum(&query, REASON_COUNT);
        int64_t count = query_int(&query);
        found.by_status[device_status] += count;
        found.by_reason[reason] += count;
        with_task += count;
    }
    if ((status = query_close(&query)) != OK) {
        return status;
    }
    found.by_status[unseen.status] += found.total - with_task;
    found.by_reason[unseen.reason] += found.total - with_task;
    found.by_reason[REASON_NONE] = 0;
    *counts = found;
    return OK;
}

static const char sql_timeline[] =
    "SELECT ended_at - ended_at % 60000 AS minute, sum(status = 2), sum(status = 3) FROM task"
    " WHERE plan_id = ?1 AND status > 1 AND ended_at IS NOT NULL GROUP BY minute ORDER BY minute";

enum status plan_timeline(struct store *store, int64_t plan_id, plan_minute_visitor *each, void *context)
{
    struct query query;
    query_open(&query, store, sql_timeline);
    query_bind_int(&query, plan_id);
    while (query_step(&query)) {
        int64_t at = query_int(&query);
        int64_t upgraded = query_int(&query);
        int64_t failed = query_int(&query);
        if (query.status != OK || !each(context, at, upgraded, failed)) {
            break;
        }
    }
    return query_close(&query);
}
