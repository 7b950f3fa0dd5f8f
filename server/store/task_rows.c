#include "store/task_rows.h"

#include <assert.h>

#include "store/query.h"
#include "store/scope.h"

static_assert(DEVICE_IN_UPGRADE == 1 && DEVICE_FAILED == 3 && TASK_DONE == 4 && STEP_FAILED == 6 && REASON_SLOT == 14 &&
                  REASON_TIMEOUT == 23 && REASON_PACKAGE_REVOKED == 24,
              "stored numbers never change");

#define STATE                                                                                                          \
    "status, phase, reason, wants_sha256, url_pending, url_sent, user_confirmed, confirm_from, confirm_to, deadline,"  \
    " started_at, ended_at, current"
#define COLUMNS "id, plan_id, device_id, " STATE

static const char sql_components[] =
    "SELECT plan_component.position, component_no, plan_component.component_type, plan_component.package_id,"
    " target_version, revoked, coalesce(step, 0), coalesce(source_version, ''), coalesce(attempts, 0), "
    "coalesce(progress, 0),"
    " coalesce(skipped, 0), coalesce(unconfirmed, 0), started_at, ended_at"
    " FROM plan_component JOIN package ON package.id = plan_component.package_id"
    " LEFT JOIN task_component ON task_component.task_id = ?2 AND task_component.position = plan_component.position"
    " WHERE plan_component.plan_id = ?1 ORDER BY plan_component.position";

/* The plan's components with what the task (0: none) has made of them. */
static enum status read_components(struct store *store, struct task *task)
{
    struct query query;
    query_open(&query, store, sql_components);
    query_bind_int(&query, task->plan_id);
    query_bind_int(&query, task->id);
    while (query_step(&query)) {
        if (task->component_count == LIMIT_COMPONENTS) {
            query.status = E_CORRUPT;
            break;
        }
        struct task_component *component = &task->components[task->component_count++];
        component->position = query_small(&query);
        query_text(&query, component->component_no, sizeof component->component_no);
        component->type = (enum component_type)query_enum(&query, COMPONENT_TYPE_COUNT);
        component->package_id = query_int(&query);
        query_text(&query, component->target_version, sizeof component->target_version);
        component->revoked = query_bool(&query);
        component->step = (enum component_step)query_enum(&query, COMPONENT_STEP_COUNT);
        query_text(&query, component->source_version, sizeof component->source_version);
        component->attempts = query_small(&query);
        component->progress = query_small(&query);
        component->skipped = query_bool(&query);
        component->unconfirmed = query_bool(&query);
        component->started_at = query_instant(&query);
        component->ended_at = query_instant(&query);
    }
    return query_close(&query);
}

static void read_row(struct query *query, struct task *task)
{
    *task = (struct task){.id = query_int(query)};
    task->plan_id = query_int(query);
    task->device_id = query_int(query);
    task->status = (enum device_status)query_enum(query, DEVICE_STATUS_COUNT);
    task->phase = (enum task_phase)query_enum(query, TASK_PHASE_COUNT);
    task->reason = (enum reason)query_enum(query, REASON_COUNT);
    task->wants_sha256 = query_bool(query);
    task->url_pending = query_bool(query);
    task->url_sent = query_bool(query);
    task->user_confirmed = query_bool(query);
    task->confirm_from = query_instant(query);
    task->confirm_to = query_instant(query);
    task->deadline = query_instant(query);
    task->started_at = query_instant(query);
    task->ended_at = query_instant(query);
    task->current = query_enum(query, LIMIT_COMPONENTS + 1); /* one past the last is "all done" */
    if (query->status == OK) {
        query->status = read_components(query->store, task);
    }
}

static enum status read_one(struct query *query, struct task *task)
{
    struct task found;
    bool any = query_step(query);
    if (any) {
        read_row(query, &found);
    }
    enum status status = query_close(query);
    if (status == OK && any) {
        *task = found;
    }
    return status == OK && !any ? E_NOT_FOUND : status;
}

static const char sql_find[] = "SELECT " COLUMNS " FROM task WHERE plan_id = ?1 AND device_id = ?2";

enum status task_find(struct store *store, int64_t plan_id, int64_t device_id, struct task *task)
{
    struct query query;
    query_open(&query, store, sql_find);
    query_bind_int(&query, plan_id);
    query_bind_int(&query, device_id);
    return read_one(&query, task);
}

static const char sql_find_by_id[] = "SELECT " COLUMNS " FROM task WHERE id = ?1";

enum status task_find_by_id(struct store *store, int64_t id, struct task *task)
{
    struct query query;
    query_open(&query, store, sql_find_by_id);
    query_bind_int(&query, id);
    return read_one(&query, task);
}

enum status task_blank(struct store *store, int64_t plan_id, int64_t device_id, struct task *task)
{
    struct task blank = {.plan_id = plan_id, .device_id = device_id};
    enum status status = read_components(store, &blank);
    if (status == OK) {
        *task = blank;
    }
    return status;
}

static void bind_state(struct query *query, const struct task *task)
{
    query_bind_int(query, task->status);
    query_bind_int(query, task->phase);
    query_bind_int(query, task->reason);
    query_bind_int(query, task->wants_sha256);
    query_bind_int(query, task->url_pending);
    query_bind_int(query, task->url_sent);
    query_bind_int(query, task->user_confirmed);
    query_bind_instant(query, task->confirm_from);
    query_bind_instant(query, task->confirm_to);
    query_bind_instant(query, task->deadline);
    query_bind_instant(query, task->started_at);
    query_bind_instant(query, task->ended_at);
    query_bind_int(query, (int64_t)task->current);
}

static const char sql_put_component[] =
    "INSERT INTO task_component (task_id, position, step, source_version, attempts, progress, skipped, unconfirmed,"
    " started_at, ended_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
    " ON CONFLICT DO UPDATE SET step = excluded.step, source_version = excluded.source_version,"
    " attempts = excluded.attempts, progress = excluded.progress, skipped = excluded.skipped,"
    " unconfirmed = excluded.unconfirmed, started_at = excluded.started_at, ended_at = excluded.ended_at";

static enum status put_component(struct store *store, int64_t task_id, const struct task_component *component)
{
    struct query query;
    query_open(&query, store, sql_put_component);
    query_bind_int(&query, task_id);
    query_bind_int(&query, component->position);
    query_bind_int(&query, component->step);
    query_bind_text(&query, component->source_version);
    query_bind_int(&query, component->attempts);
    query_bind_int(&query, component->progress);
    query_bind_int(&query, component->skipped);
    query_bind_int(&query, component->unconfirmed);
    query_bind_instant(&query, component->started_at);
    query_bind_instant(&query, component->ended_at);
    return query_run(&query, NULL);
}

static const char sql_insert[] = "INSERT INTO task (plan_id, device_id, " STATE ")"
                                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
static const char sql_update[] =
    "UPDATE task SET (" STATE ") = (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) WHERE id = ?14";

static enum status insert(struct store *store, const struct task *task, int64_t *id)
{
    struct query query;
    query_open(&query, store, sql_insert);
    query_bind_int(&query, task->plan_id);
    query_bind_int(&query, task->device_id);
    bind_state(&query, task);
    enum status status = query_run(&query, NULL);
    *id = sqlite3_last_insert_rowid(store_connection(store));
    return status;
}

static enum status update(struct store *store, const struct task *task)
{
    struct query query;
    query_open(&query, store, sql_update);
    bind_state(&query, task);
    query_bind_int(&query, task->id);
    return query_run_on_one(&query);
}

enum status task_save(struct store *store, struct task *task)
{
    assert(store_in_transaction(store));
    int64_t id = task->id;
    enum status status = id == 0 ? insert(store, task, &id) : update(store, task);
    for (size_t i = 0; status == OK && i < task->component_count; i++) {
        status = put_component(store, id, &task->components[i]);
    }
    if (status == OK) {
        task->id = id;
    }
    return status;
}

static const char sql_running[] = "SELECT " COLUMNS " FROM task WHERE device_id = ?1 AND status = 1";

enum status task_running_of_device(struct store *store, int64_t device_id, struct task *task)
{
    struct query query;
    query_open(&query, store, sql_running);
    query_bind_int(&query, device_id);
    return read_one(&query, task);
}

static const char sql_running_plan[] = "SELECT plan_id FROM task WHERE device_id = ?1 AND status = 1";

enum status task_running_plan(struct store *store, int64_t device_id, struct maybe_int *plan_id)
{
    struct maybe_int found = {0};
    struct query query;
    query_open(&query, store, sql_running_plan);
    query_bind_int(&query, device_id);
    if (query_step(&query)) {
        found = query_maybe_int(&query);
    }
    enum status status = query_close(&query);
    if (status == OK) {
        *plan_id = found;
    }
    return status;
}

static const char sql_running_phase[] = "SELECT phase FROM task WHERE device_id = ?1 AND status = 1";

enum status task_running_phase(struct store *store, int64_t device_id, enum task_phase *phase)
{
    struct query query;
    query_open(&query, store, sql_running_phase);
    query_bind_int(&query, device_id);
    bool any = query_step(&query);
    enum task_phase found = any ? (enum task_phase)query_enum(&query, TASK_PHASE_COUNT) : TASK_WAITING;
    enum status status = query_close(&query);
    if (status == OK && any) {
        *phase = found;
    }
    return status == OK && !any ? E_NOT_FOUND : status;
}

/* ?1: the scope. */
#define TIMED                                                                                                          \
    " FROM task JOIN plan ON plan.id = task.plan_id"                                                                   \
    " WHERE task.status = 1 AND deadline IS NOT NULL AND " SCOPE("?1", "plan.product_id")

static const char sql_due[] = "SELECT plan_id, device_id" TIMED " AND deadline <= ?2 ORDER BY deadline LIMIT ?3";

enum status tasks_due(struct store *store, const char *scope, int64_t now, struct task_key *keys, size_t capacity,
                      size_t *count)
{
    size_t found = 0;
    struct query query;
    query_open(&query, store, sql_due);
    query_bind_text(&query, scope);
    query_bind_int(&query, now);
    query_bind_int(&query, (int64_t)capacity);
    while (query_step(&query)) {
        keys[found].plan_id = query_int(&query);
        keys[found].device_id = query_int(&query);
        found++;
    }
    enum status status = query_close(&query);
    if (status == OK) {
        *count = found;
    }
    return status;
}

static const char sql_next_deadline[] = "SELECT deadline" TIMED " ORDER BY deadline LIMIT 1";

enum status tasks_next_deadline(struct store *store, const char *scope, struct maybe_instant *deadline)
{
    struct maybe_instant found = {0};
    struct query query;
    query_open(&query, store, sql_next_deadline);
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

static const char sql_rearm[] =
    "UPDATE task SET deadline = ?2 + 60000 * (SELECT timeout_minutes FROM plan WHERE plan.id = task.plan_id)"
    " WHERE id IN (SELECT task.id" TIMED ")";

enum status tasks_rearm(struct store *store, const char *scope, int64_t now)
{
    struct query query;
    query_open(&query, store, sql_rearm);
    query_bind_text(&query, scope);
    query_bind_int(&query, now);
    return query_run(&query, NULL);
}

static enum status read_counter(struct store *store, const char *sql, int64_t plan_id, int64_t *count)
{
    struct query query;
    query_open(&query, store, sql);
    query_bind_int(&query, plan_id);
    bool any = query_step(&query);
    int64_t value = any ? query_int(&query) : 0;
    enum status status = query_close(&query);
    if (status == OK && any) {
        *count = value;
    }
    return status == OK && !any ? E_NOT_FOUND : status;
}

static const char sql_in_upgrade[] = "SELECT in_upgrade FROM plan WHERE id = ?1";
static const char sql_final[] = "SELECT final FROM plan WHERE id = ?1";

enum status tasks_in_upgrade_count(struct store *store, int64_t plan_id, int64_t *count)
{
    return read_counter(store, sql_in_upgrade, plan_id, count);
}

enum status tasks_final_count(struct store *store, int64_t plan_id, int64_t *count)
{
    return read_counter(store, sql_final, plan_id, count);
}
