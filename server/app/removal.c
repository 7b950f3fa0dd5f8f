#include "app/removal.h"

#include <stdlib.h>
#include <string.h>

#include "app/journal.h"
#include "app/referee.h"
#include "app/remains.h"
#include "app/snapshots.h"
#include "app/timeline.h"
#include "store/package_rows.h"

void removal_finish(struct removal *removal)
{
    file_names_finish(&removal->files);
}

struct noting {
    struct file_names *files;
    enum status status;
};

static bool note_file(void *context, const char *stored)
{
    struct noting *noting = context;
    noting->status = file_names_add(noting->files, stored);
    return noting->status == OK;
}

enum status removal_of(struct app *app, const char *product_key, unsigned keep, struct removal *removal)
{
    struct noting noting = {.files = &removal->files};
    enum status status = OK;
    if ((keep & KEEP_PACKAGES) == 0) {
        status = package_files_each(app->store, product_key, note_file, &noting);
        status = status == OK ? noting.status : status;
    }
    return status == OK ? product_tables_remove(app->store, product_key, keep, &removal->rows) : status;
}

static bool is_of(const struct presence *presence, const char *product_key)
{
    return product_key == NULL || strcmp(presence->product_key, product_key) == 0;
}

/* What is pending for them (internal.h) does nothing from now on: it is of a link that is no more. */
static int64_t forget_presences(struct app *app, const char *product_key)
{
    int64_t count = 0;
    struct presence *presence = NULL;
    struct presence *next = NULL;
    HASH_ITER(hh, app->present, presence, next)
    {
        if (is_of(presence, product_key)) {
            HASH_DEL(app->present, presence);
            free(presence);
            count++;
        }
    }
    app->presence_changes += (uint64_t)count;
    return count;
}

static void forget_timelines(struct app *app, const char *product_key)
{
    struct timeline *timeline = NULL;
    struct timeline *next = NULL;
    HASH_ITER(hh, app->timelines, timeline, next)
    {
        if (product_key == NULL || strcmp(timeline->product_key, product_key) == 0) {
            timeline_forget(app, timeline->product_key, E_NOT_FOUND);
        }
    }
}

void removal_settle(struct app *app, const char *product_key, const char *why, struct removal *removal)
{
    size_t tokens = 0;
    referees_forget(app, product_key);
    removal->links += forget_presences(app, product_key);
    firmware_table_revoke(app->table, product_key, &tokens);
    removal->tokens += (int64_t)tokens;
    forget_timelines(app, product_key);
    if (app->ports.disconnect_all != NULL) {
        app->ports.disconnect_all(app->ports.context, product_key, why);
    }
    if (app->ports.links_revoked != NULL) {
        app->ports.links_revoked(app->ports.context);
    }
    removal->journal_entries += (int64_t)app_journal_forget(app, product_key);
    if (removal->rows.products > 0) {
        snapshots_sweep(app);
    }
    remains_add_take(app, &removal->files);
}
