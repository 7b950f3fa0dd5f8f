/* Making, replacing, deleting and activating plans (plans.h). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/events.h"
#include "app/internal.h"
#include "app/plans.h"
#include "app/plans_lists.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "store/package_rows.h"
#include "store/plan_rows.h"
#include "store/product_rows.h"
#include "zone/zone.h"

static enum status check_product(struct app *app, const struct plan *plan, const struct plan *existing,
                                 struct violations *violations)
{
    struct product product;
    enum status status = product_find(app->store, plan->product_key, &product);
    if (status == E_NOT_FOUND) {
        violation_add(violations, "no such product", "/productKey");
        return OK;
    }
    if (status == OK && existing != NULL && strcmp(existing->product_key, plan->product_key) != 0) {
        violation_add(violations, "is fixed once the plan is saved", "/productKey");
    }
    return status;
}

static enum status check_component(struct app *app, const struct plan *plan, size_t i, struct violations *violations)
{
    const struct plan_component *component = &plan->components[i];
    CLEANUP(cleanup_package) struct package package = {0};
    enum status status = package_find(app->store, component->package_id, &package);
    if (status == E_NOT_FOUND) {
        violation_add(violations, "no such package", "/components/%zu/packageId", i);
        return OK;
    }
    if (status != OK) {
        return status;
    }
    if (strcmp(package.product_key, plan->product_key) != 0) {
        violation_add(violations, "is a package of another product", "/components/%zu/packageId", i);
    }
    if (package.revoked) {
        violation_add(violations, "is a package that was revoked", "/components/%zu/packageId", i);
    }
    if (package.component_type != component->type) {
        violation_add(violations, "is a package for the other component type", "/components/%zu/packageId", i);
    } else if (component->type == COMPONENT_MCU && package.file_count > 1) {
        violation_add(violations, "has several files, which only a module can take", "/components/%zu/packageId", i);
    }
    return OK;
}

/* What the planned time means in the plan's zone. */
static void check_planned(const struct zone *zone, struct planned_moment *moment, const char *pointer,
                          struct violations *violations)
{
    struct civil civil;
    if (!moment->set) {
        return;
    }
    if (civil_parse(moment->local, &civil) == OK) {
        moment->at = zone == NULL ? 0 : zone_instant(zone, &civil);
    } else {
        violation_add(violations, "must be a local date-time without offset, such as 2027-03-01T09:00", "%s", pointer);
    }
}

static void check_times(struct app *app, struct plan *plan, struct violations *violations)
{
    const struct zone *zone = app_zone(app, plan->time_zone);
    size_t before = violations->count;
    if (zone == NULL) {
        char detail[sizeof violations->items[0].detail];
        (void)snprintf(detail, sizeof detail, "'%s' is not the IANA name of a time zone, such as Asia/Shanghai",
                       plan->time_zone);
        violation_add(violations, detail, "/timeZone");
    }
    check_planned(zone, &plan->planned_start, "/plannedTime/start", violations);
    check_planned(zone, &plan->planned_end, "/plannedTime/end", violations);
    if (violations->count == before && plan->planned_start.set && plan->planned_end.set &&
        plan->planned_end.at <= plan->planned_start.at) {
        violation_add(violations, "must be after the start", "/plannedTime/end");
    }
}

/* Everything that is wrong, in one pass. */
static enum status check(struct app *app, struct plan *plan, const struct plan *existing, const struct key_list *white,
                         const struct key_list *black, struct violations *violations)
{
    enum status status = check_product(app, plan, existing, violations);
    check_times(app, plan, violations);
    for (size_t i = 0; status == OK && i < plan->component_count && i < LIMIT_COMPONENTS; i++) {
        status = check_component(app, plan, i, violations);
    }
    if (status == OK && (status = plan_list_check(LIST_WHITE, white, "/whitelist", violations)) == OK) {
        status = plan_list_check(LIST_BLACK, black, "/blacklist", violations);
    }
    /* last: it sorts the components, and the pointers above name places in the request */
    plan_check(plan, violations);
    return status == OK && violations->count > 0 ? E_RULE : status;
}

static enum status put_list(struct app *app, struct plan *plan, enum plan_list list, const struct key_list *keys)
{
    return plan_list_is_given(keys) ? plan_keys_put(app->store, plan->id, list, keys->keys, keys->count) : OK;
}

static enum status store_plan(struct app *app, struct plan *plan, const struct plan *existing,
                              const struct key_list *white, const struct key_list *black)
{
    plan->status = PLAN_SAVED;
    plan->created_at = existing != NULL ? existing->created_at : app_now(app, plan->product_key);
    plan->activated_at = plan->started_at = plan->ended_at = (struct maybe_instant){0};
    enum status status = existing != NULL ? plan_replace(app->store, plan) : plan_insert(app->store, plan);
    if (status != OK || (status = put_list(app, plan, LIST_WHITE, white)) != OK ||
        (status = put_list(app, plan, LIST_BLACK, black)) != OK) {
        return status;
    }
    CLEANUP(cleanup_plan) struct plan stored = {0};
    if ((status = plan_find(app->store, plan->id, &stored)) == OK) {
        memcpy(plan->list_count, stored.list_count, sizeof plan->list_count);
    }
    return status;
}

static enum status save(struct app *app, struct plan *plan, const struct key_list *white, const struct key_list *black,
                        struct violations *violations)
{
    CLEANUP(cleanup_plan) struct plan found = {0};
    const struct plan *existing = plan->id != 0 ? &found : NULL;
    if (existing != NULL) {
        enum status status = plans_find_saved(app, plan->id, &found);
        if (status != OK) {
            return status;
        }
    }
    enum status status = check(app, plan, existing, white, black, violations);
    if (status == OK) {
        status = store_plan(app, plan, existing, white, black);
    }
    return status == OK ? events_plan(app, plan, existing == NULL ? WHAT_CREATED : WHAT_CHANGED) : status;
}

enum status app_plan_save(struct app *app, struct plan *plan, const struct key_list *whitelist,
                          const struct key_list *blacklist, struct violations *violations)
{
    int64_t id_before = plan->id;
    enum status status = app_use_begin(app);
    if (status != OK) {
        return status;
    }
    status = app_use_end(app, save(app, plan, whitelist, blacklist, violations));
    if (status == OK) {
        log_info("app", "plan=%" PRId64 " product=%s saved", plan->id, plan->product_key);
    } else {
        plan->id = id_before;
    }
    return status;
}

enum status app_plan_find(struct app *app, int64_t id, struct plan *plan)
{
    return plan_find(app->store, id, plan);
}

static enum status delete_saved(struct app *app, int64_t id)
{
    CLEANUP(cleanup_plan) struct plan plan = {0};
    enum status status = plans_find_saved(app, id, &plan);
    if (status == OK) {
        status = plan_delete(app->store, id);
    }
    if (status == OK) {
        status = events_plan(app, &plan, WHAT_DELETED);
    }
    return status == OK ? app_defer_changed(app, id, "") : status;
}

enum status app_plan_delete(struct app *app, int64_t id)
{
    enum status status = app_use_begin(app);
    if (status != OK) {
        return status;
    }
    status = app_use_end(app, delete_saved(app, id));
    if (status == OK) {
        log_info("app", "plan=%" PRId64 " deleted", id);
    }
    return status;
}

struct visit {
    app_plan_visitor *each;
    void *context;
};

static bool pass_on(void *context, const struct plan *plan)
{
    const struct visit *visit = context;
    visit->each(visit->context, plan);
    return true;
}

enum status app_plans_list(struct app *app, const char *product_key, enum plan_status status, const struct page *page,
                           app_plan_visitor *each, void *context, bool *more)
{
    struct visit visit = {.each = each, .context = context};
    return plan_list_page(app->store, product_key, status, page, pass_on, &visit, more);
}
