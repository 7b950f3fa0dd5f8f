#include "app/remains.h"

#include <stdlib.h>
#include <string.h>

#include "app/journal.h"
#include "base/log.h"
#include "store/package_rows.h"
#include "store/product_tables.h"

enum { JOURNAL_SLICE = 5000 }; /* entries that are looked at in a slice */

static void remove_last_file(struct app *app)
{
    struct file_names *files = app->remains;
    struct file_names last = {.count = 1, .names = &files->names[--files->count]};
    bool known = true; /* a snapshot may have brought its row back */
    if (package_file_is_known(app->store, last.names[0], &known) == OK && !known) {
        files_remove_all(app, &last);
    }
}

static void forget_names(struct app *app)
{
    if (app->remains != NULL) {
        file_names_finish(app->remains);
    }
    free(app->remains);
    app->remains = NULL;
}

void remains_add_take(struct app *app, struct file_names *files)
{
    app->has_remains = true;
    if (app->remains == NULL) {
        app->remains = calloc(1, sizeof *app->remains);
    }
    for (size_t i = 0; i < files->count; i++) {
        if (app->remains == NULL || file_names_add(app->remains, files->names[i]) != OK) {
            log_warn("app", "file=%s stays until the next start: out of memory", files->names[i]);
        }
    }
    file_names_finish(files);
    app_arm_alarm(app);
}

/* Rows until `until` (app_ports.monotonic), or all of them. */
static enum status purge(struct app *app, int64_t until, bool *more)
{
    enum status status = app_use_begin(app);
    *more = status == OK;
    while (status == OK && *more) {
        status = product_tables_purge(app->store, more);
        if (app->ports.monotonic(app->ports.context) >= until) {
            break;
        }
    }
    return *more || status == OK ? app_use_end(app, status) : status;
}

void remains_run(struct app *app)
{
    int64_t now = app->ports.monotonic(app->ports.context);
    bool more = false;
    if (!app->has_remains || app->depth != 0) {
        return;
    }
    enum status status = purge(app, now + LIMIT_REMAINS_MS, &more);
    if (status != OK) {
        log_warn("app", "what a removed product left is not removed yet: %s", status_text(status));
        app->not_before = now + 1000;
        return;
    }
    if (app->remains != NULL && app->remains->count > 0) {
        remove_last_file(app);
        more = more || app->remains->count > 0;
    }
    more = journal_tidy(app->journal, JOURNAL_SLICE) || more;
    if (!more) {
        forget_names(app);
    }
    app->has_remains = more;
}

enum status remains_finish(struct app *app)
{
    bool more = false;
    enum status status = purge(app, INT64_MAX, &more);
    while (app->remains != NULL && app->remains->count > 0) {
        remove_last_file(app);
    }
    forget_names(app);
    app->has_remains = app->has_remains && status != OK;
    return status;
}
