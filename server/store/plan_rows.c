#include "store/plan_rows.h"

#include <assert.h>
#include <stdlib.h>

#include "store/query.h"
#include "store/scope.h"

static_assert(PLAN_ACTIVATED == 1 && PLAN_UPGRADING == 2 && PLAN_ENDED == 5 && PLAN_MANUAL == 1,
              "stored numbers never change");

/* plan.name: a query joins the product, which has one, too */
#define EDITABLE(name)                                                                                                 \
    name ", mode, time_zone, push_start, push_end, planned_start, planned_start_at, planned_end, planned_end_at,"      \
         " retries, min_signal, min_battery, timeout_minutes"
#define COURSE "status, suspended_from, activated_at, started_at, ended_at"
#define COLUMNS                                                                                                        \
    "plan.id, product.key, " EDITABLE("plan.name") ", " COURSE ", plan.created_at, whitelist_count, blacklist_count"

static const char sql_components[] = "SELECT sequence, component_no, name, component_type, package_id"
                                     " FROM plan_component WHERE plan_id = ?1 ORDER BY position";

static enum status read_components(struct store *store, struct plan *plan)
{
    struct query query;
    query_open(&query, store, sql_components);
    query_bind_int(&query, plan->id);
    while (query_step(&query)) {
        if (plan->component_count == LIMIT_COMPONENTS) {
            query.status = E_CORRUPT;
            break;
        }
        struct plan_component *component = &plan->components[plan->component_count++];
        component->sequence = query_small(&query);
        query_text(&query, component->component_no, sizeof component->component_no);
        query_text(&query, component->name, sizeof component->name);
        component->type = (enum component_type)query_enum(&query, COMPONENT_TYPE_COUNT);
        component->package_id = query_int(&query);
    }
    return query_close(&query);
}

static const char sql_texts[] = "SELECT language, text, count(*) OVER () FROM plan_text WHERE plan_id = ?1"
                                " ORDER BY position";

static enum status read_texts(struct store *store, struct plan *plan)
{
    struct query query;
    query_open(&query, store, sql_texts);
    query_bind_int(&query, plan->id);
    while (query_step(&query)) {
        struct upgrade_text text = {0};
        query_text(&query, text.language, sizeof text.language);
        query_text(&query, text.text, sizeof text.text);
        int64_t total = query_int(&query);
        if (total > LIMIT_UPGRADE_TEXTS) {
            query.status = E_CORRUPT;
        } else if (query.status == OK && plan->texts == NULL) {
            plan->texts = calloc((size_t)total, sizeof *plan->texts);
            query.status = plan->texts == NULL ? E_NOMEM : OK;
        }
        if (query.status == OK) {
            plan->texts[plan->text_count++] = text;
        }
    }
    return query_close(&query);
}

static void read_planned(struct query *query, struct planned_moment *moment)
{
    query_text(query, moment->local, sizeof moment->local);
    struct maybe_instant at = query_instant(query);
    moment->set = at.known;
    moment->at = at.at;
}

static void read_times(struct query *query, struct plan *plan)
{
    struct maybe_int start = query_maybe_int(query);
    struct maybe_int end = query_maybe_int(query);
    plan->push_period = (struct push_period){
        .set = start.known && end.known, .start_hour = (int)start.value, .end_hour = (int)end.value};
    read_planned(query, &plan->planned_start);
    read_planned(query, &plan->planned_end);
}

/* The row a query stands on, with components and texts. After a failure nothing of it needs plan_finish(). */
static void read_row(struct query *query, struct plan *plan)
{
    *plan = (struct plan){.id = query_int(query)};
    query_text(query, plan->product_key, sizeof plan->product_key);
    query_text(query, plan->name, sizeof plan->name);
    plan->mode = (enum plan_mode)query_enum(query, PLAN_MODE_COUNT);
    query_text(query, plan->time_zone, sizeof plan->time_zone);
    read_times(query, plan);
    plan->strategy.retries = query_small(query);
    plan->strategy.min_signal = query_small(query);
    plan->strategy.min_battery = query_small(query);
    plan->strategy.timeout_minutes = query_small(query);
    plan->status = (enum plan_status)query_enum(query, PLAN_STATUS_COUNT);
    plan->suspended_from = (enum plan_status)query_enum(query, PLAN_STATUS_COUNT);
    plan->activated_at = query_instant(query);
    plan->started_at = query_instant(query);
    plan->ended_at = query_instant(query);
    plan->created_at = query_int(query);
    plan->list_count[LIST_WHITE] = query_int(query);
    plan->list_count[LIST_BLACK] = query_int(query);
    if (query->status == OK) {
        query->status = read_components(query->store, plan);
    }
    if (query->status == OK) {
        query->status = read_texts(query->store, plan);
    }
    if (query->status != OK) {
        plan_finish(plan);
    }
}

static void bind_planned(struct query *query, const struct planned_moment *moment)
{
    query_bind_text(query, moment->set ? moment->local : "");
    query_bind_instant(query, (struct maybe_instant){.known = moment->set, .at = moment->at});
}

static void bind_times(struct query *query, const struct plan *plan)
{
    const struct push_period *period = &plan->push_period;
    query_bind_maybe_int(query, (struct maybe_int){.known = period->set, .value = period->start_hour});
    query_bind_maybe_int(query, (struct maybe_int){.known = period->set, .value = period->end_hour});
    bind_planned(query, &plan->planned_start);
    bind_planned(query, &plan->planned_end);
}

static void bind_editable(struct query *query, const struct plan *plan)
{
    query_bind_text(query, plan->name);
    query_bind_int(query, plan->mode);
    query_bind_text(query, plan->time_zone);
    bind_times(query, plan);
    query_bind_int(query, plan->strategy.retries);
    query_bind_int(query, plan->strategy.min_signal);
    query_bind_int(query, plan->strategy.min_battery);
    query_bind_int(query, plan->strategy.timeout_minutes);
}

static void bind_course(struct query *query, const struct plan *plan)
{
    query_bind_int(query, plan->status);
    query_bind_int(query, plan->suspended_from);
    query_bind_instant(query, plan->activated_at);
    query_bind_instant(query, plan->started_at);
    query_bind_instant(query, plan->ended_at);
}

static const char sql_insert_component[] =
    "INSERT INTO plan_component (plan_id, position, sequence, component_no, name, component_type, package_id)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

static enum status insert_component(struct store *store, int64_t id, size_t position,
                                    const struct plan_component *component)
{
    struct query query;
    query_open(&query, store, sql_insert_component);
    query_bind_int(&query, id);
    query_bind_int(&query, (int64_t)position);
    query_bind_int(&query, component->sequence);
    query_bind_text(&query, component->component_no);
    query_bind_text(&query, component->name);
    query_bind_int(&query, component->type);
    query_bind_int(&query, component->package_id);
    return query_run(&query, NULL);
}

static const char sql_insert_text[] = "INSERT INTO plan_text (plan_id, position, language, text)"
                                      " VALUES (?1, ?2, ?3, ?4)";

static enum status insert_text(struct store *store, int64_t id, size_t position, const struct upgrade_text *text)
{
    struct query query;
    query_open(&query, store, sql_insert_text);
    query_bind_int(&query, id);
    query_bind_int(&query, (int64_t)position);
    query_bind_text(&query, text->language);
    query_bind_text(&query, text->text);
    return query_run(&query, NULL);
}

static enum status insert_parts(struct store *store, int64_t id, const struct plan *plan)
{
    enum status status = OK;
    for (size_t i = 0; status == OK && i < plan->component_count; i++) {
        status = insert_component(store, id, i, &plan->components[i]);
    }
    for (size_t i = 0; status == OK && i < plan->text_count; i++) {
        status = insert_text(store, id, i, &plan->texts[i]);
    }
    return status;
}

/* ?21: its id, NULL for the next one. */
static const char sql_insert[] = "INSERT INTO plan (product_id, created_at, " EDITABLE(
    "name") ", " COURSE ", id)"
            " SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,"
            " ?18, ?19, ?20, ?21 FROM product WHERE key = ?1";

static enum status insert_with(struct store *store, struct plan *plan, struct maybe_int wanted)
{
    assert(store_in_transaction(store));
    struct query query;
    query_open(&query, store, sql_insert);
    query_bind_text(&query, plan->product_key);
    query_bind_int(&query, plan->created_at);
    bind_editable(&query, plan);
    bind_course(&query, plan);
    query_bind_maybe_int(&query, wanted);
    enum status status = query_run_on_one(&query);
    int64_t id = sqlite3_last_insert_rowid(store_connection(store));
    if (status == OK) {
        status = insert_parts(store, id, plan);
    }
    if (status == OK) {
        plan->id = id;
    }
    return status;
}

enum status plan_insert(struct store *store, struct plan *plan)
{
    return insert_with(store, plan, (struct maybe_int){0});
}

enum status plan_insert_as(struct store *store, struct plan *plan)
{
    return insert_with(store, plan, (struct maybe_int){.known = true, .value = plan->id});
}

static const char sql_update[] = "UPDATE plan SET (" EDITABLE("name") ") = (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
                                                                      " ?11, ?12, ?13) WHERE id = ?14";
static const char sql_delete_components[] = "DELETE FROM plan_component WHERE plan_id = ?1";
static const char sql_delete_texts[] = "DELETE FROM plan_text WHERE plan_id = ?1";

static enum status delete_by_plan(struct store *store, const char *sql, int64_t id)
{
    struct query query;
    query_open(&query, store, sql);
    query_bind_int(&query, id);
    return query_run(&query, NULL);
}

enum status plan_replace(struct store *store, const struct plan *plan)
{
    assert(store_in_transaction(store));
    struct query query;
    query_open(&query, store, sql_update);
    bind_editable(&query, plan);
    query_bind_int(&query, plan->id);
    enum status status = query_run_on_one(&query);
    if (status != OK || (status = delete_by_plan(store, sql_delete_components, plan->id)) != OK ||
        (status = delete_by_plan(store, sql_delete_texts, plan->id)) != OK) {
        return status;
    }
    return insert_parts(store, plan->id, plan);
}

static const char sql_find[] = "SELECT " COLUMNS " FROM plan JOIN product ON product.id = plan.product_id"
                               " WHERE plan.id = ?1";

enum status plan_find(struct store *store, int64_t id, struct plan *plan)
{
    struct query query;
    query_open(&query, store, sql_find);
    query_bind_int(&query, id);
    struct plan found = {0};
    bool any = query_step(&query);
    if (any) {
        read_row(&query, &found);
    }
    enum status status = query_close(&query);
    if (status == OK && any) {
        *plan = found;
    }
    return status == OK && !any ? E_NOT_FOUND : status;
}

static const char sql_delete[] = "DELETE FROM plan WHERE id = ?1";

enum status plan_delete(struct store *store, int64_t id)
{
    struct query query;
    query_open(&query, store, sql_delete);
    query_bind_int(&query, id);
    return query_run_on_one(&query);
}

/* The activation gets the next number when the plan gets its instant. */
static const char sql_update_status[] =
    "UPDATE plan SET (" COURSE ", activation) = (?1, ?2, ?3, ?4, ?5, CASE WHEN activation IS NULL AND ?3 IS NOT NULL"
    " THEN (SELECT coalesce(max(activation), 0) + 1 FROM plan) ELSE activation END) WHERE id = ?6";

enum status plan_update_status(struct store *store, const struct plan *plan)
{
    struct query query;
    query_open(&query, store, sql_update_status);
    bind_course(&query, plan);
    query_bind_int(&query, plan->id);
    return query_run_on_one(&query);
}

static const char sql_list[] =
    "SELECT " COLUMNS " FROM plan JOIN product ON product.id = plan.product_id"
    " WHERE plan.id > ?3 AND (?1 IS NULL OR product.key = ?1) AND (?2 IS NULL OR status = ?2)"
    " AND (?4 IS NULL OR instr(lower(plan.name), lower(?4)))"
    " ORDER BY plan.id LIMIT ?5";

enum status plan_list_page(struct store *store, const char *product_key, enum plan_status status,
                           const struct page *page, plan_visitor *each, void *context, bool *more)
{
    struct query query;
    query_open(&query, store, sql_list);
    query_bind_text(&query, product_key);
    query_bind_maybe_int(&query, (struct maybe_int){.known = status != PLAN_STATUS_COUNT, .value = (int64_t)status});
    query_bind_page_by_id(&query, page);
    *more = false;
    bool go_on = true;
    for (int seen = 0; go_on && query_step(&query); seen++) {
        struct plan plan;
        if (seen == page->limit) {
            *more = true;
            break;
        }
        read_row(&query, &plan);
        if (query.status == OK) {
            go_on = each(context, &plan);
            plan_finish(&plan);
        }
    }
    return query_close(&query);
}

/* The condition on status is the one of the index plan_active. */
static const char sql_active[] =
    "SELECT plan.id, count(*) OVER () FROM plan JOIN product ON product.id = plan.product_id"
    " WHERE status IN (1, 2) AND plan.id > 0 AND (?1 IS NULL OR product.key = ?1) ORDER BY activation";

enum status plan_active_ids(struct store *store, const char *product_key, int64_t **ids, size_t *count)
{
    int64_t *found = NULL;
    size_t used = 0;
    struct query query;
    query_open(&query, store, sql_active);
    query_bind_text(&query, product_key);
    while (query_step(&query)) {
        int64_t id = query_int(&query);
        int64_t total = query_int(&query);
        if (found == NULL && (found = calloc((size_t)total, sizeof *found)) == NULL) {
            query.status = E_NOMEM;
            break;
        }
        found[used++] = id;
    }
    enum status status = query_close(&query);
    if (status != OK) {
        free(found);
        return status;
    }
    *ids = found;
    *count = used;
    return OK;
}

static const char sql_scheduled[] =
    "SELECT " COLUMNS " FROM plan JOIN product ON product.id = plan.product_id"
    " WHERE status IN (1, 2, 3) AND plan.id > 0 AND (planned_start_at IS NOT NULL OR planned_end_at IS NOT NULL"
    " OR push_start IS NOT NULL) AND " SCOPE("?1", "plan.product_id") " ORDER BY plan.id";

enum status plan_scheduled_each(struct store *store, const char *scope, plan_visitor *each, void *context)
{
    struct query query;
    query_open(&query, store, sql_scheduled);
    query_bind_text(&query, scope);
    bool go_on = true;
    while (go_on && query_step(&query)) {
        struct plan plan;
        read_row(&query, &plan);
        if (query.status == OK) {
            go_on = each(context, &plan);
            plan_finish(&plan);
        }
    }
    return query_close(&query);
}
