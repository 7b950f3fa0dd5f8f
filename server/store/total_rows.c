#include "store/total_rows.h"

#include "store/query.h"

static const char sql_counts[] = "SELECT (SELECT count(*) FROM product), (SELECT count(*) FROM package),"
                                 " (SELECT count(*) FROM device), (SELECT count(*) FROM device WHERE enabled = 0)";
static const char sql_plans[] = "SELECT status, count(*) FROM plan GROUP BY status";
/* Rows of a removed product may still be there, without their plan (product_tables.h). */
static const char sql_tasks[] = "SELECT task.status, count(*) FROM task JOIN plan ON plan.id = task.plan_id"
                                " WHERE plan_id > 0 GROUP BY task.status";
static const char sql_last_device[] = "SELECT coalesce(max(id), 0) FROM device";
static const char sql_devices[] = "SELECT count(*) FROM device";

static enum status read_groups(struct store *store, const char *sql, int64_t *counts, unsigned most)
{
    struct query query;
    query_open(&query, store, sql);
    while (query_step(&query)) {
        unsigned group = query_enum(&query, most);
        counts[group] += query_int(&query);
    }
    return query_close(&query);
}

static enum status read_one(struct store *store, const char *sql, int64_t *value)
{
    struct query query;
    query_open(&query, store, sql);
    if (query_step(&query)) {
        *value = query_int(&query);
    }
    return query_close(&query);
}

enum status totals_read(struct store *store, struct totals *totals)
{
    struct query query;
    struct totals read = {0};
    query_open(&query, store, sql_counts);
    if (query_step(&query)) {
        read.products = query_int(&query);
        read.packages = query_int(&query);
        read.devices = query_int(&query);
        read.disabled = query_int(&query);
    }
    enum status status = query_close(&query);
    if (status == OK) {
        status = read_groups(store, sql_plans, read.plans, PLAN_STATUS_COUNT);
    }
    if (status == OK) {
        status = read_groups(store, sql_tasks, read.plan_devices, DEVICE_STATUS_COUNT);
    }
    if (status == OK) {
        *totals = read;
    }
    return status;
}

enum status totals_device_has_room(struct store *store, int64_t most, bool *has_room)
{
    int64_t count = 0;
    enum status status = read_one(store, sql_last_device, &count);
    if (status == OK && count >= most) {
        status = read_one(store, sql_devices, &count);
    }
    *has_room = count < most;
    return status;
}
