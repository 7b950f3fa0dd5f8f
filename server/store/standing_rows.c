#include "store/standing_rows.h"

#include <string.h>

#include "store/query.h"

/* ?1 plan, ?2 device, ?3 and ?4: whether the plan has a whitelist and a blacklist: most have none to look into. */
static const char sql_find[] =
    "SELECT device.device_key, battery, signal, rsrp, flash_free, module_version, module_version_info,"
    " CASE WHEN ?3 THEN EXISTS (SELECT 1 FROM plan_list WHERE plan_id = ?1 AND list = 0"
    "                           AND plan_list.device_key = device.device_key) ELSE 1 END,"
    " CASE WHEN ?4 THEN EXISTS (SELECT 1 FROM plan_list WHERE plan_id = ?1 AND list = 1"
    "                           AND plan_list.device_key = device.device_key) ELSE 0 END,"
    " (SELECT plan_id FROM task AS running WHERE running.device_id = device.id AND running.status = 1"
    "  AND running.plan_id <> ?1),"
    " coalesce(task.id, 0), coalesce(task.status, 0), coalesce(task.reason, 0), coalesce(user_confirmed, 0),"
    " confirm_from, confirm_to"
    " FROM device LEFT JOIN task ON task.plan_id = ?1 AND task.device_id = device.id WHERE device.id = ?2";

static void read_row(struct query *query, struct standing *standing)
{
    query_text(query, standing->device_key, sizeof standing->device_key);
    standing->battery = query_maybe_int(query);
    standing->signal = query_maybe_int(query);
    standing->rsrp = query_maybe_int(query);
    standing->flash_free = query_maybe_int(query);
    query_text(query, standing->module_version, sizeof standing->module_version);
    query_text(query, standing->module_version_info, sizeof standing->module_version_info);
    standing->whitelisted = query_bool(query);
    standing->blacklisted = query_bool(query);
    standing->busy_plan_id = query_maybe_int(query);
    standing->task_id = query_int(query);
    standing->status = (enum device_status)query_enum(query, DEVICE_STATUS_COUNT);
    standing->reason = (enum reason)query_enum(query, REASON_COUNT);
    standing->user_confirmed = query_bool(query);
    standing->confirm_from = query_instant(query);
    standing->confirm_to = query_instant(query);
}

static const char sql_mcus[] = "SELECT component_no, version FROM device_mcu WHERE device_id = ?1";

/* The versions of those MCUs that the plan names. */
static enum status read_mcus(struct store *store, const struct plan *plan, struct standing *standing)
{
    struct query query;
    query_open(&query, store, sql_mcus);
    query_bind_int(&query, standing->device_id);
    while (query_step(&query)) {
        char component_no[LIMIT_COMPONENT_NO + 1];
        char version[LIMIT_VERSION + 1];
        query_text(&query, component_no, sizeof component_no);
        query_text(&query, version, sizeof version);
        for (size_t i = 0; i < plan->component_count; i++) {
            const struct plan_component *component = &plan->components[i];
            if (component->type == COMPONENT_MCU && strcmp(component->component_no, component_no) == 0) {
                memcpy(standing->mcu_version[i], version, sizeof version);
            }
        }
    }
    return query_close(&query);
}

static bool has_mcus(const struct plan *plan)
{
    size_t i = 0;
    while (i < plan->component_count && plan->components[i].type != COMPONENT_MCU) {
        i++;
    }
    return i < plan->component_count;
}

static void clear(const struct plan *plan, struct standing *standing)
{
    /* not all 20 places of versions: most plans have one component, and thousands of devices are asked for */
    for (size_t i = 0; i < plan->component_count; i++) {
        standing->mcu_version[i][0] = '\0';
    }
}

enum status standing_find(struct store *store, const struct plan *plan, int64_t device_id, struct standing *standing)
{
    struct query query;
    query_open(&query, store, sql_find);
    query_bind_int(&query, plan->id);
    query_bind_int(&query, device_id);
    query_bind_int(&query, plan->list_count[LIST_WHITE] > 0);
    query_bind_int(&query, plan->list_count[LIST_BLACK] > 0);
    bool any = query_step(&query);
    if (any) {
        standing->device_id = device_id;
        clear(plan, standing);
        read_row(&query, standing);
    }
    enum status status = query_close(&query);
    if (status != OK || !any) {
        return status == OK ? E_NOT_FOUND : status;
    }
    return has_mcus(plan) ? read_mcus(store, plan, standing) : OK;
}

/* A device (first), or a whitelisted key that none has (0); `blacklisted` matters for the latter only. */
static const char sql_find_key[] =
    "SELECT coalesce((SELECT device.id FROM product JOIN device ON device.product_id = product.id"
    "                 WHERE product.key = ?2 AND device.device_key = ?3), 0),"
    " EXISTS (SELECT 1 FROM plan_list WHERE plan_id = ?1 AND list = 0 AND device_key = ?3),"
    " EXISTS (SELECT 1 FROM plan_list WHERE plan_id = ?1 AND list = 1 AND device_key = ?3)";

enum status standing_find_by_key(struct store *store, const struct plan *plan, const char *device_key,
                                 struct standing *standing)
{
    struct query query;
    query_open(&query, store, sql_find_key);
    query_bind_int(&query, plan->id);
    query_bind_text(&query, plan->product_key);
    query_bind_text(&query, device_key);
    bool any = query_step(&query);
    int64_t device_id = any ? query_int(&query) : 0;
    struct standing unseen = {.whitelisted = any && query_bool(&query), .blacklisted = any && query_bool(&query)};
    enum status status = query_close(&query);
    if (status != OK || device_id != 0) {
        return status != OK ? status : standing_find(store, plan, device_id, standing);
    }
    if (!unseen.whitelisted || strlen(device_key) > LIMIT_DEVICE_KEY) {
        return E_NOT_FOUND;
    }
    memcpy(unseen.device_key, device_key, strlen(device_key) + 1);
    *standing = unseen;
    return OK;
}
