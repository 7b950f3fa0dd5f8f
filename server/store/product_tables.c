#include "store/product_tables.h"

#include <assert.h>

#include "store/product_rows.h"
#include "store/query.h"

enum { REMOVED_DEVICE = 0, REMOVED_PLAN = 1 };

/* ?1: the product's id. */
#define PLANS    "(SELECT id FROM plan WHERE product_id = ?1)"
#define PACKAGES "(SELECT id FROM package WHERE product_id = ?1)"
#define ANSWERS  "product_key = (SELECT key FROM product WHERE id = ?1)"

static const char sql_count_tasks[] = "SELECT count(*) FROM plan JOIN task ON task.plan_id = plan.id"
                                      " WHERE product_id = ?1";
static const char sql_count_logs[] = "SELECT count(*) FROM plan JOIN log_entry ON log_entry.plan_id = plan.id"
                                     " WHERE product_id = ?1";
static const char sql_count_tokens[] = "SELECT count(*) FROM plan JOIN task ON task.plan_id = plan.id"
                                       " JOIN firmware_token ON firmware_token.task_id = task.id"
                                       " WHERE product_id = ?1";

static const char sql_note_devices[] = "INSERT INTO removed (what, id) SELECT 0, id FROM device WHERE product_id = ?1";
static const char sql_note_plans[] = "INSERT INTO removed (what, id) SELECT 1, id FROM plan WHERE product_id = ?1"
                                     " AND EXISTS (SELECT 1 FROM plan_list WHERE plan_list.plan_id = plan.id)";

static const char sql_answers[] = "DELETE FROM answer WHERE " ANSWERS;
/* The answer to the creation of the product itself holds for as long as the product does. */
static const char sql_other_answers[] = "DELETE FROM answer WHERE " ANSWERS " AND scope <> 'POST /api/v1/products'";
static const char sql_clock[] = "DELETE FROM clock WHERE product_id = ?1";
static const char sql_plan_components[] = "DELETE FROM plan_component WHERE plan_id IN " PLANS;
static const char sql_plan_texts[] = "DELETE FROM plan_text WHERE plan_id IN " PLANS;
static const char sql_real_plans[] = "DELETE FROM plan WHERE product_id = ?1 AND id > 0";
static const char sql_verifications[] = "DELETE FROM verification WHERE package_id IN " PACKAGES;
static const char sql_plans_left[] = "DELETE FROM plan WHERE product_id = ?1"; /* of verifications */
static const char sql_sources[] = "DELETE FROM package_source WHERE package_id IN " PACKAGES;
static const char sql_files[] = "DELETE FROM package_file WHERE package_id IN " PACKAGES;
static const char sql_packages[] = "DELETE FROM package WHERE product_id = ?1";
static const char sql_devices[] = "DELETE FROM device WHERE product_id = ?1";
static const char sql_all_devices[] = "DELETE FROM device"; /* SQLite drops the whole tree: a fraction of the time */
static const char sql_others[] = "SELECT EXISTS (SELECT 1 FROM device WHERE product_id < ?1)"
                                 " OR EXISTS (SELECT 1 FROM device WHERE product_id > ?1)";
static const char sql_snapshots[] = "DELETE FROM snapshot WHERE product_id = ?1";
static const char sql_product[] = "DELETE FROM product WHERE id = ?1";

static enum status read_number(struct store *store, const char *sql, int64_t id, int64_t *sum)
{
    struct query query;
    query_open(&query, store, sql);
    query_bind_int(&query, id);
    int64_t value = query_step(&query) ? query_int(&query) : 0;
    enum status status = query_close(&query);
    *sum += status == OK ? value : 0;
    return status;
}

static enum status run_on(struct store *store, const char *sql, int64_t id, int64_t *sum)
{
    int64_t changes = 0;
    struct query query;
    query_open(&query, store, sql);
    query_bind_int(&query, id);
    enum status status = query_run(&query, &changes);
    if (sum != NULL && status == OK) {
        *sum += changes;
    }
    return status;
}

/* No other product has devices: theirs are all there are. */
static enum status remove_devices(struct store *store, int64_t id, int64_t *sum)
{
    int64_t others = 0;
    struct query query;
    enum status status = read_number(store, sql_others, id, &others);
    if (status != OK || others != 0) {
        return status == OK ? run_on(store, sql_devices, id, sum) : status;
    }
    int64_t changes = 0;
    query_open(&query, store, sql_all_devices);
    status = query_run(&query, &changes);
    *sum += status == OK ? changes : 0;
    return status;
}

/* One step of a removal: a statement on the product, and what its rows count for. */
struct step {
    const char *sql;
    unsigned unless;    /* bits of enum product_keep: then it is left out */
    unsigned only_with; /* the same: needed */
    size_t counter;     /* offset in struct removed; NO_COUNTER: nothing is counted */
    bool counts;        /* it reads a number instead of writing */
};
enum { NO_COUNTER = sizeof(struct removed) };
#define COUNTER(member) offsetof(struct removed, member)

/* Children before the parents that lead to them. */
static const struct step steps[] = {
    {sql_count_tasks, 0, 0, COUNTER(tasks), true},
    {sql_count_logs, 0, 0, COUNTER(log_entries), true},
    {sql_count_tokens, 0, 0, COUNTER(tokens), true},
    {sql_note_devices, 0, 0, NO_COUNTER, false},
    {sql_note_plans, 0, 0, NO_COUNTER, false},
    {sql_answers, KEEP_PRODUCT, 0, COUNTER(answers), false},
    {sql_other_answers, 0, KEEP_PRODUCT, COUNTER(answers), false},
    {sql_clock, 0, 0, COUNTER(clocks), false},
    {sql_plan_components, 0, 0, NO_COUNTER, false},
    {sql_plan_texts, 0, 0, NO_COUNTER, false},
    {sql_verifications, 0, 0, COUNTER(verifications), false},
    {sql_real_plans, 0, 0, COUNTER(plans), false},
    {sql_plans_left, 0, 0, NO_COUNTER, false},
    {sql_sources, KEEP_PACKAGES, 0, NO_COUNTER, false},
    {sql_files, KEEP_PACKAGES, 0, NO_COUNTER, false},
    {sql_packages, KEEP_PACKAGES, 0, COUNTER(packages), false},
    {sql_devices, 0, 0, COUNTER(devices), false},
    {sql_snapshots, KEEP_PRODUCT, 0, NO_COUNTER, false},
    {sql_product, KEEP_PRODUCT, 0, COUNTER(products), false},
};

static int64_t *counter_of(struct removed *removed, const struct step *step)
{
    return step->counter == NO_COUNTER ? NULL : (int64_t *)(void *)((char *)removed + step->counter);
}

enum status product_tables_remove(struct store *store, const char *product_key, unsigned keep, struct removed *removed)
{
    assert(store_in_transaction(store));
    int64_t id = 0;
    enum status status = product_find_id(store, product_key, &id);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == OK; i++) {
        const struct step *step = &steps[i];
        if ((step->unless & keep) != 0 || (step->only_with & keep) != step->only_with) {
            continue;
        }
        int64_t *sum = counter_of(removed, step);
        if (step->sql == sql_devices) {
            status = remove_devices(store, id, sum);
        } else {
            status = step->counts ? read_number(store, step->sql, id, sum) : run_on(store, step->sql, id, sum);
        }
    }
    return status;
}

/* --- behind ----------------------------------------------------------------------------------------------------- */

/*
 * Plans first: their pieces are small, and a plan whose lists have gone is soon done with. Both columns backwards, as
 * the key of the table runs: any other order would sort the whole table for every piece.
 */
static const char sql_next[] = "SELECT what, id FROM removed ORDER BY what DESC, id DESC LIMIT 1";

#define TASKS_OF_DEVICE "(SELECT id FROM task WHERE device_id = ?1)"
static const char sql_purge_tokens[] = "DELETE FROM firmware_token WHERE task_id IN " TASKS_OF_DEVICE;
static const char sql_purge_components[] = "DELETE FROM task_component WHERE task_id IN " TASKS_OF_DEVICE;
static const char sql_purge_tasks[] = "DELETE FROM task WHERE device_id = ?1";
static const char sql_purge_logs[] = "DELETE FROM log_entry WHERE device_id = ?1";
static const char sql_purge_mcus[] = "DELETE FROM device_mcu WHERE device_id = ?1";
static const char sql_purged_device[] = "DELETE FROM removed WHERE what = 0 AND id = ?1";

static const char sql_purge_list[] = "DELETE FROM plan_list WHERE plan_id = ?1 AND (list, device_key) IN"
                                     " (SELECT list, device_key FROM plan_list WHERE plan_id = ?1 LIMIT 1000)";
static const char sql_purged_plan[] = "DELETE FROM removed WHERE what = 1 AND id = ?1";

static enum status purge_device(struct store *store, int64_t id)
{
    static const char *const statements[] = {sql_purge_tokens, sql_purge_components, sql_purge_tasks,
                                             sql_purge_logs,   sql_purge_mcus,       sql_purged_device};
    enum status status = OK;
    for (size_t i = 0; i < sizeof statements / sizeof statements[0] && status == OK; i++) {
        status = run_on(store, statements[i], id, NULL);
    }
    return status;
}

static enum status purge_plan(struct store *store, int64_t id)
{
    int64_t gone = 0;
    enum status status = run_on(store, sql_purge_list, id, &gone);
    return status == OK && gone == 0 ? run_on(store, sql_purged_plan, id, NULL) : status;
}

enum status product_tables_purge(struct store *store, bool *more)
{
    assert(store_in_transaction(store));
    struct query query;
    query_open(&query, store, sql_next);
    bool any = query_step(&query);
    int64_t what = any ? query_int(&query) : 0;
    int64_t id = any ? query_int(&query) : 0;
    enum status status = query_close(&query);
    *more = any;
    if (status != OK || !any) {
        return status;
    }
    return what == REMOVED_DEVICE ? purge_device(store, id) : purge_plan(store, id);
}

/* --- behind, at once -------------------------------------------------------------------------------------------- */

static const char sql_any_removed[] = "SELECT EXISTS (SELECT 1 FROM removed)";
static const char sql_any_device[] = "SELECT EXISTS (SELECT 1 FROM device)";

#define REMOVED_DEVICES "(SELECT id FROM removed WHERE what = 0)"
#define REMOVED_TASKS   "(SELECT task.id FROM removed JOIN task ON task.device_id = removed.id WHERE what = 0)"

/* Of each table: what hangs on removed devices; all, where there is no other device: SQLite then drops whole trees. */
static const struct {
    const char *removed;
    const char *all;
} sweeps[] = {
    {"DELETE FROM firmware_token WHERE task_id IN " REMOVED_TASKS, "DELETE FROM firmware_token"},
    {"DELETE FROM task_component WHERE task_id IN " REMOVED_TASKS, "DELETE FROM task_component"},
    {"DELETE FROM task WHERE device_id IN " REMOVED_DEVICES, "DELETE FROM task"},
    {"DELETE FROM log_entry WHERE device_id IN " REMOVED_DEVICES, "DELETE FROM log_entry"},
    {"DELETE FROM device_mcu WHERE device_id IN " REMOVED_DEVICES, "DELETE FROM device_mcu"},
};
static const char sql_sweep_lists[] = "DELETE FROM plan_list WHERE plan_id IN (SELECT id FROM removed WHERE what = 1)";
static const char sql_swept[] = "DELETE FROM removed";

static enum status run_plain(struct store *store, const char *sql)
{
    struct query query;
    query_open(&query, store, sql);
    return query_run(&query, NULL);
}

static enum status read_flag(struct store *store, const char *sql, bool *flag)
{
    struct query query;
    query_open(&query, store, sql);
    bool value = query_step(&query) && query_bool(&query);
    enum status status = query_close(&query);
    if (status == OK) {
        *flag = value;
    }
    return status;
}

enum status product_tables_purge_all(struct store *store)
{
    assert(store_in_transaction(store));
    bool any = false;
    bool others = true;
    enum status status = read_flag(store, sql_any_removed, &any);
    if (status != OK || !any) {
        return status;
    }
    status = read_flag(store, sql_any_device, &others);
    for (size_t i = 0; i < sizeof sweeps / sizeof sweeps[0] && status == OK; i++) {
        status = run_plain(store, others ? sweeps[i].removed : sweeps[i].all);
    }
    if (status == OK) {
        status = run_plain(store, sql_sweep_lists);
    }
    return status == OK ? run_plain(store, sql_swept) : status;
}
