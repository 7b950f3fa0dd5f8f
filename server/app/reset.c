#include "app/reset.h"

#include <stdlib.h>
#include <string.h>

#include "app/events.h"
#include "app/faults.h"
#include "app/removal.h"
#include "app/timeline.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "store/answer_rows.h"
#include "store/clock_rows.h"
#include "store/product_rows.h"

static void count(const struct removal *removal, struct reset_counts *counts)
{
    const struct removed *rows = &removal->rows;
    *counts = (struct reset_counts){.products = rows->products,
                                    .devices = rows->devices,
                                    .links = removal->links,
                                    .packages = rows->packages,
                                    .plans = rows->plans,
                                    .verifications = rows->verifications,
                                    .tasks = rows->tasks,
                                    .log_entries = rows->log_entries,
                                    .tokens = rows->tokens,
                                    .clocks = rows->clocks,
                                    .answers = rows->answers,
                                    .faults = removal->faults,
                                    .journal_entries = removal->journal_entries};
}

/* Within the use. Whoever waits for something of it is told to look again, and finds nothing. */
static enum status reset_one(struct app *app, const char *product_key, unsigned keep, struct removal *removal)
{
    enum status status = removal_of(app, product_key, keep, removal);
    if (status == OK) {
        status = events_product(app, product_key, (keep & KEEP_PRODUCT) != 0 ? WHAT_RESET : WHAT_DELETED);
    }
    return status == OK ? app_defer_changed(app, 0, "") : status;
}

enum status app_reset_product(struct app *app, const char *product_key, struct reset_counts *counts)
{
    struct removal removal = {0};
    app_faults_tell(app); /* what fired before is told before */
    enum status status = app_use_begin_bulk(app);
    if (status != OK) {
        return status;
    }
    status = app_use_end(app, reset_one(app, product_key, KEEP_PRODUCT, &removal));
    if (status == OK) {
        removal.faults = (int64_t)(app_faults_remove(app, product_key) + app_faults_remove_idle(app));
        removal_settle(app, product_key, "product reset", &removal);
        log_info("app", "product=%s reset: %lld devices, %lld plans", product_key, (long long)removal.rows.devices,
                 (long long)removal.rows.plans);
        count(&removal, counts);
    }
    removal_finish(&removal);
    return status;
}

/* --- all -------------------------------------------------------------------------------------------------------- */

struct key_list {
    size_t count;
    size_t capacity;
    char (*keys)[LIMIT_PRODUCT_KEY + 1]; /* owned */
    enum status status;
};

static bool add_key(void *context, const struct product *product)
{
    struct key_list *list = context;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 64 : 2 * list->capacity;
        void *grown = realloc(list->keys, capacity * sizeof *list->keys);
        if (grown == NULL) {
            list->status = E_NOMEM;
            return false;
        }
        list->keys = grown;
        list->capacity = capacity;
    }
    memcpy(list->keys[list->count++], product->key, sizeof product->key);
    return true;
}

static enum status list_keys(struct app *app, struct key_list *list)
{
    bool more = false;
    struct page all = {.limit = INT32_MAX - 1};
    enum status status = product_list(app->store, &all, add_key, list, &more);
    return status == OK ? list->status : status;
}

static enum status reset_each(struct app *app, unsigned keep, struct removal *removal)
{
    struct key_list list = {0};
    enum status status = list_keys(app, &list);
    for (size_t i = 0; i < list.count && status == OK; i++) {
        status = reset_one(app, list.keys[i], keep, removal);
    }
    free(list.keys);
    if (status == OK && (keep & KEEP_PRODUCT) == 0) {
        status = answer_purge(app->store, INT64_MAX); /* those of no product, too */
    }
    return status == OK ? clock_drop(app->store, NULL) : status;
}

enum status app_reset_all(struct app *app, unsigned keep, struct reset_counts *counts)
{
    struct removal removal = {0};
    unsigned rows = ((keep & RESET_KEEP_PACKAGES) != 0 ? KEEP_PACKAGES | KEEP_PRODUCT : 0U) |
                    ((keep & RESET_KEEP_PRODUCTS) != 0 ? KEEP_PRODUCT : 0U);
    app_faults_tell(app);
    enum status status = app_use_begin_bulk(app);
    if (status != OK) {
        return status;
    }
    status = app_use_end(app, reset_each(app, rows, &removal));
    if (status == OK) {
        bool keeps_faults = (keep & RESET_KEEP_FAULTS) != 0;
        removal.faults = (int64_t)(keeps_faults ? app_faults_remove_idle(app) : app_faults_remove(app, NULL));
        timeline_reset(app, E_STATE);
        removal_settle(app, NULL, "reset", &removal);
        log_info("app", "reset: %lld products removed, %lld devices, %lld plans", (long long)removal.rows.products,
                 (long long)removal.rows.devices, (long long)removal.rows.plans);
        count(&removal, counts);
    }
    removal_finish(&removal);
    return status;
}
