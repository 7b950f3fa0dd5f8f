#include "app/plans_lists.h"

#include <inttypes.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "store/plan_rows.h"

bool plan_list_is_given(const struct key_list *keys)
{
    return keys != NULL && keys->keys != NULL;
}

void plan_list_check(enum plan_list list, const struct key_list *keys, const char *pointer,
                     struct violations *violations)
{
    if (!plan_list_is_given(keys)) {
        return;
    }
    if (list == LIST_WHITE && keys->count == 0) {
        violation_add(violations, "must not be empty; without a whitelist all devices are meant", "%s", pointer);
    }
    if (keys->count > LIMIT_PLAN_LIST) {
        violation_add(violations, "must be at most 1000000 device keys", "%s", pointer);
        return;
    }
    for (size_t i = 0; i < keys->count && violations->count < LIMIT_VIOLATIONS; i++) {
        if (!device_key_is_valid(keys->keys[i])) {
            violation_add(violations, "must be 1 to 16 letters and digits", "%s/%zu", pointer, i);
        }
    }
}

enum status plans_find_saved(struct app *app, int64_t id, struct plan *plan)
{
    struct plan found = {0};
    enum status status = plan_find(app->store, id, &found);
    if (status == OK && found.status != PLAN_SAVED) {
        plan_finish(&found);
        return E_STATE;
    }
    if (status == OK) {
        *plan = found;
    }
    return status;
}

static enum status put(struct app *app, int64_t plan_id, enum plan_list list, const struct key_list *keys,
                       struct violations *violations)
{
    CLEANUP(cleanup_plan) struct plan plan = {0};
    enum status status = plans_find_saved(app, plan_id, &plan);
    if (status != OK) {
        return status;
    }
    plan_list_check(list, keys, "", violations);
    return violations->count > 0 ? E_RULE : plan_keys_put(app->store, plan_id, list, keys->keys, keys->count);
}

enum status app_plan_list_put(struct app *app, int64_t plan_id, enum plan_list list, const struct key_list *keys,
                              struct violations *violations)
{
    static const char *const none[1] = {NULL};
    const struct key_list given = plan_list_is_given(keys) ? *keys : (struct key_list){.keys = none};
    enum status status = app_use_begin(app);
    if (status != OK) {
        return status;
    }
    status = app_use_end(app, put(app, plan_id, list, &given, violations));
    if (status == OK) {
        log_info("app", "plan=%" PRId64 " %s of %zu keys", plan_id, plan_list_name(list), given.count);
    }
    return status;
}

struct visit {
    app_key_visitor *each;
    void *context;
};

static bool pass_on(void *context, const char *device_key)
{
    const struct visit *visit = context;
    visit->each(visit->context, device_key);
    return true;
}

enum status app_plan_list_get(struct app *app, int64_t plan_id, enum plan_list list, const struct page *page,
                              app_key_visitor *each, void *context, bool *more)
{
    CLEANUP(cleanup_plan) struct plan plan = {0};
    enum status status = plan_find(app->store, plan_id, &plan);
    struct visit visit = {.each = each, .context = context};
    return status == OK ? plan_keys_list(app->store, plan_id, list, page, pass_on, &visit, more) : status;
}
