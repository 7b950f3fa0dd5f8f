#include "app/snapshots.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/events.h"
#include "app/faults.h"
#include "app/remains.h"
#include "app/removal.h"
#include "app/timeline.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "store/clock_rows.h"
#include "store/package_rows.h"
#include "store/product_rows.h"
#include "store/snapshot_rows.h"

enum { FAULTS_A_PAGE = 64 };

/* The faults that were armed when a snapshot was made. */
struct snapshot_faults {
    char folder[LIMIT_TOKEN + 1];
    size_t count;
    LIST_ENTRY(snapshot_faults) entries;
    struct fault faults[];
};

/* --- folders ---------------------------------------------------------------------------------------------------- */

static void folder_path(const struct app *app, const char *folder, char path[LIMIT_PATH])
{
    (void)snprintf(path, LIMIT_PATH, "%.3000s/snapshots%s%s", app->settings.data_dir, folder[0] == '\0' ? "" : "/",
                   folder);
}

static enum status status_of_errno(void)
{
    return errno == ENOSPC || errno == EDQUOT ? E_FULL : E_IO;
}

static void remove_folder(const char *path)
{
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return;
    }
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (entry->d_name[0] != '.') {
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
        }
    }
    (void)closedir(dir);
    if (rmdir(path) != 0) {
        log_warn("app", "folder=%s cannot be removed: %s", path, strerror(errno));
    }
}

static void forget_faults(struct app *app, const char *folder)
{
    struct snapshot_faults *kept = NULL;
    LIST_FOREACH(kept, &app->snapshot_faults, entries)
    {
        if (strcmp(kept->folder, folder) == 0) {
            LIST_REMOVE(kept, entries);
            free(kept);
            return;
        }
    }
}

void snapshots_unload(struct app *app)
{
    while (!LIST_EMPTY(&app->snapshot_faults)) {
        struct snapshot_faults *first = LIST_FIRST(&app->snapshot_faults);
        LIST_REMOVE(first, entries);
        free(first);
    }
}

void snapshots_sweep(struct app *app)
{
    char path[LIMIT_PATH];
    folder_path(app, "", path);
    DIR *dir = opendir(path);
    for (struct dirent *entry = dir == NULL ? NULL : readdir(dir); entry != NULL; entry = readdir(dir)) {
        bool known = true;
        if (entry->d_name[0] == '.' || strlen(entry->d_name) > LIMIT_TOKEN ||
            snapshot_folder_is_known(app->store, entry->d_name, &known) != OK || known) {
            continue;
        }
        folder_path(app, entry->d_name, path);
        remove_folder(path);
        forget_faults(app, entry->d_name);
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
}

/* --- make ------------------------------------------------------------------------------------------------------- */

struct linking {
    struct app *app;
    const char *from;
    const char *to;
    enum status status;
};

static bool link_file(void *context, const char *stored)
{
    struct linking *linking = context;
    char from[LIMIT_PATH];
    char to[LIMIT_PATH];
    (void)snprintf(from, sizeof from, "%.3000s/%s", linking->from, stored);
    (void)snprintf(to, sizeof to, "%.3000s/%s", linking->to, stored);
    if (link(from, to) != 0 && errno != EEXIST) {
        linking->status = status_of_errno();
    }
    return linking->status == OK;
}

static enum status link_all(struct app *app, const char *product_key, const char *from, const char *to)
{
    struct linking linking = {.app = app, .from = from, .to = to};
    enum status status = package_files_each(app->store, product_key, link_file, &linking);
    return status == OK ? linking.status : status;
}

static enum status keep_faults(struct app *app, const char *product_key, const char *folder)
{
    struct fault page[FAULTS_A_PAGE];
    bool more = true;
    int64_t after = 0;
    struct snapshot_faults *kept = calloc(1, sizeof *kept);
    if (kept == NULL) {
        return E_NOMEM;
    }
    app_faults_tell(app);
    text_copy_cut(kept->folder, sizeof kept->folder, folder);
    while (more) {
        size_t count = app_faults_list(app, product_key, after, FAULTS_A_PAGE, page, &more);
        struct snapshot_faults *grown = realloc(kept, sizeof *kept + (kept->count + count) * sizeof kept->faults[0]);
        if (grown == NULL) {
            free(kept);
            return E_NOMEM;
        }
        kept = grown;
        memcpy(&kept->faults[kept->count], page, count * sizeof page[0]);
        kept->count += count;
        after = count > 0 ? page[count - 1].id : after;
    }
    LIST_INSERT_HEAD(&app->snapshot_faults, kept, entries);
    return OK;
}

static enum status write_folder(struct app *app, const char *product_key, const char *folder)
{
    char path[LIMIT_PATH];
    char file[LIMIT_PATH + 16];
    folder_path(app, "", path);
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return status_of_errno();
    }
    folder_path(app, folder, path);
    if (mkdir(path, 0700) != 0) {
        return status_of_errno();
    }
    (void)snprintf(file, sizeof file, "%s/state.db", path);
    CLEANUP(cleanup_fd) int fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600); /* it holds secrets */
    if (fd < 0) {
        return status_of_errno();
    }
    enum status status = snapshot_write(app->store, product_key, file);
    return status == OK ? link_all(app, product_key, app->files_dir, path) : status;
}

/* There is room for one more, and the name is free. */
static enum status may_make(struct app *app, const char *product_key, const struct snapshot *snapshot)
{
    struct product product;
    struct snapshot other;
    int64_t count = 0;
    enum status status = product_find(app->store, product_key, &product);
    if (status == OK) {
        status = snapshot_find(app->store, product_key, snapshot->name, &other);
        status = status == OK ? E_EXISTS : status == E_NOT_FOUND ? OK : status;
    }
    if (status == OK) {
        status = snapshot_count(app->store, product_key, &count);
    }
    return status == OK && count >= LIMIT_SNAPSHOTS ? E_STATE : status;
}

enum status app_snapshot_make(struct app *app, const char *product_key, const char *name, struct snapshot *snapshot,
                              struct violations *violations)
{
    *snapshot = (struct snapshot){.created_at = app_now(app, product_key)};
    if (!snapshot_name_is_valid(name)) {
        violation_add(violations, "must be 1 to 64 letters, digits, '_', '-' and '.'", "/name");
        return E_RULE;
    }
    text_copy_cut(snapshot->name, sizeof snapshot->name, name);
    enum status status = may_make(app, product_key, snapshot);
    if (status == OK) {
        status = app->ports.token(app->ports.context, snapshot->folder);
    }
    if (status == OK) {
        status = write_folder(app, product_key, snapshot->folder);
    }
    if (status == OK) {
        status = keep_faults(app, product_key, snapshot->folder);
    }
    if (status == OK && (status = app_use_begin(app)) == OK) {
        status = app_use_end(app, snapshot_insert(app->store, product_key, snapshot));
    }
    if (status != OK && snapshot->folder[0] != '\0') {
        snapshots_sweep(app);
    } else if (status == OK) {
        log_info("app", "product=%s snapshot=%s made", product_key, name);
    }
    return status;
}

/* --- look and delete -------------------------------------------------------------------------------------------- */

enum status app_snapshot_find(struct app *app, const char *product_key, const char *name, struct snapshot *snapshot)
{
    return snapshot_find(app->store, product_key, name, snapshot);
}

struct visit {
    app_snapshot_visitor *each;
    void *context;
};

static bool pass_on(void *context, const struct snapshot *snapshot)
{
    const struct visit *visit = context;
    visit->each(visit->context, snapshot);
    return true;
}

enum status app_snapshots_list(struct app *app, const char *product_key, const struct page *page,
                               app_snapshot_visitor *each, void *context, bool *more)
{
    struct visit visit = {.each = each, .context = context};
    struct product product;
    enum status status = product_find(app->store, product_key, &product);
    return status == OK ? snapshot_list(app->store, product_key, page, pass_on, &visit, more) : status;
}

enum status app_snapshot_delete(struct app *app, const char *product_key, const char *name)
{
    struct snapshot snapshot;
    enum status status = snapshot_find(app->store, product_key, name, &snapshot);
    if (status == OK && (status = app_use_begin(app)) == OK) {
        status = app_use_end(app, snapshot_delete(app->store, snapshot.id));
    }
    if (status == OK) {
        snapshots_sweep(app);
        log_info("app", "product=%s snapshot=%s deleted", product_key, name);
    }
    return status;
}

/* --- restore ---------------------------------------------------------------------------------------------------- */

/* Within the bulk use, attached. */
static enum status put_back(struct app *app, const char *product_key, const char *folder, struct removal *removal)
{
    char path[LIMIT_PATH];
    folder_path(app, folder, path);
    enum status status = removal_of(app, product_key, KEEP_PRODUCT, removal);
    if (status == OK) {
        status = product_tables_purge_all(app->store); /* its ids come back */
    }
    if (status == OK) {
        status = snapshot_put_back(app->store, product_key, app_now(app, product_key));
    }
    if (status == OK) {
        status = link_all(app, product_key, path, app->files_dir);
    }
    if (status == OK) {
        status = events_product(app, product_key, WHAT_RESTORED);
    }
    return status == OK ? app_defer_changed(app, 0, "") : status;
}

struct clock_search {
    struct app *app;
    const char *product_key;
};

static bool start_clock(void *context, const char *product_key, const struct clock *clock)
{
    const struct clock_search *search = context;
    struct timeline *timeline = NULL;
    if (product_key != NULL && strcmp(product_key, search->product_key) == 0 &&
        timeline_own(search->app, product_key, &timeline) == OK) {
        timeline->clock = *clock;
        timeline->due_is_known = false;
        timeline_arm_tick(timeline, timeline_now(search->app, timeline));
    }
    return true;
}

static void arm_faults(struct app *app, const char *folder)
{
    const struct snapshot_faults *kept = NULL;
    LIST_FOREACH(kept, &app->snapshot_faults, entries)
    {
        for (size_t i = 0; i < kept->count && strcmp(kept->folder, folder) == 0; i++) {
            struct fault fault = kept->faults[i];
            if (app_fault_arm_used(app, &fault, fault.seen) != OK) {
                log_warn("app", "a fault of the snapshot could not be armed: there are too many");
            }
        }
    }
}

/* Memory follows what is stored. */
static void settle(struct app *app, const char *product_key, const char *folder, struct removal *removal)
{
    (void)app_faults_remove(app, product_key);
    removal_settle(app, product_key, "product restored", removal);
    struct clock_search search = {.app = app, .product_key = product_key};
    if (clock_each(app->store, start_clock, &search) != OK || app_load_tokens(app, product_key) != OK) {
        log_warn("app", "product=%s its clock and firmware links are known from the next start on", product_key);
    }
    arm_faults(app, folder);
    app->timeline->due_is_known = false;
    app_arm_alarm(app);
}

enum status app_snapshot_restore(struct app *app, const char *product_key, const char *name, struct snapshot *snapshot)
{
    struct removal removal = {0};
    char path[LIMIT_PATH];
    char file[LIMIT_PATH + 16];
    app_faults_tell(app);
    enum status status = snapshot_find(app->store, product_key, name, snapshot);
    if (status != OK) {
        return status;
    }
    folder_path(app, snapshot->folder, path);
    (void)snprintf(file, sizeof file, "%s/state.db", path);
    if ((status = snapshot_attach(app->store, file)) == OK) {
        status = app_use_begin_bulk(app);
        if (status == OK) {
            status = app_use_end(app, put_back(app, product_key, snapshot->folder, &removal));
        }
        snapshot_detach(app->store);
    }
    if (status == OK) {
        settle(app, product_key, snapshot->folder, &removal);
        log_info("app", "product=%s restored to snapshot=%s", product_key, name);
    }
    removal_finish(&removal);
    return status;
}
