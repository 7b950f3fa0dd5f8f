#include "app/plans_lists.h"
#include "app/events.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "store/plan_rows.h"

bool plan_list_is_given(const struct key_list *keys)
{
    return keys != NULL && keys->keys != NULL;
}

/* A key, where it stands in the request, and where it stood there before. */
struct placed_key {
    const char *key;
    uint32_t place;
    uint32_t original;
};
static_assert(LIMIT_PLAN_LIST <= UINT32_MAX, "places fit");

static int compare_places(const void *a, const void *b)
{
    const struct placed_key *one = a;
    const struct placed_key *other = b;
    return (one->place > other->place) - (one->place < other->place);
}

/* Equal keys stand in the order of the request: the first of them is the original. */
static int compare_keys(const void *a, const void *b)
{
    int order = strcmp(((const struct placed_key *)a)->key, ((const struct placed_key *)b)->key);
    return order != 0 ? order : compare_places(a, b);
}

/* Moves those that repeat one to the front, in the order of the request; returns how many. */
static size_t keep_repeats(struct placed_key *keys, size_t count)
{
    size_t kept = 0;
    struct placed_key original = keys[0];
    for (size_t i = 1; i < count; i++) {
        if (strcmp(keys[i].key, original.key) == 0) {
            keys[kept] = keys[i];
            keys[kept++].original = original.place;
        } else {
            original = keys[i];
        }
    }
    qsort(keys, kept, sizeof *keys, compare_places);
    return kept;
}

/* A file's line 4 is /3, whatever lines before it are blank. */
static void name_key(const struct key_list *keys, size_t place, const char *pointer, const char *detail,
                     struct violations *violations)
{
    if (keys->lines == NULL) {
        violation_add(violations, detail, "%s/%zu", pointer, place);
        return;
    }
    char of_line[sizeof violations->items[0].detail];
    (void)snprintf(of_line, sizeof of_line, "line %" PRIu32 ": %s", keys->lines[place], detail);
    violation_add(violations, of_line, "%s/%" PRIu32, pointer, keys->lines[place] - 1);
}

/* A list with a key twice is as a rule two lists pasted together: which of the two was meant is not for us to guess. */
static enum status name_repeats(const struct key_list *keys, const char *pointer, struct violations *violations)
{
    if (keys->count < 2) {
        return OK;
    }
    CLEANUP(cleanup_free) struct placed_key *placed = calloc(keys->count, sizeof *placed);
    if (placed == NULL) {
        return E_NOMEM;
    }
    for (size_t i = 0; i < keys->count; i++) {
        placed[i] = (struct placed_key){.key = keys->keys[i], .place = (uint32_t)i};
    }
    qsort(placed, keys->count, sizeof *placed, compare_keys);
    size_t repeats = keep_repeats(placed, keys->count);
    for (size_t i = 0; i < repeats && violations->count < LIMIT_VIOLATIONS; i++) {
        char detail[96];
        if (keys->lines != NULL) {
            (void)snprintf(detail, sizeof detail, "%.*s is in the list already, in line %" PRIu32, LIMIT_DEVICE_KEY,
                           placed[i].key, keys->lines[placed[i].original]);
        } else {
            (void)snprintf(detail, sizeof detail, "%.*s is in the list already, at %s/%" PRIu32, LIMIT_DEVICE_KEY,
                           placed[i].key, pointer, placed[i].original);
        }
        name_key(keys, placed[i].place, pointer, detail, violations);
    }
    return OK;
}

enum status plan_list_check(enum plan_list list, const struct key_list *keys, const char *pointer,
                            struct violations *violations)
{
    if (!plan_list_is_given(keys)) {
        return OK;
    }
    if (list == LIST_WHITE && keys->count == 0) {
        violation_add(violations, "must not be empty; without a whitelist all devices are meant", "%s", pointer);
    }
    if (keys->count > LIMIT_PLAN_LIST) {
        violation_add(violations, "must be at most 1000000 device keys", "%s", pointer);
        return OK;
    }
    for (size_t i = 0; i < keys->count && violations->count < LIMIT_VIOLATIONS; i++) {
        if (!device_key_is_valid(keys->keys[i])) {
            name_key(keys, i, pointer, "must be 1 to 16 letters and digits", violations);
        }
    }
    return violations->count < LIMIT_VIOLATIONS ? name_repeats(keys, pointer, violations) : OK;
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
    if ((status = plan_list_check(list, keys, "", violations)) != OK) {
        return status;
    }
    status = violations->count > 0 ? E_RULE : plan_keys_put(app->store, plan_id, list, keys->keys, keys->count);
    return status == OK ? events_plan(app, &plan, WHAT_LISTS) : status;
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
