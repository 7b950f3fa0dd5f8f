#include "app/app.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/evaluation.h"
#include "app/faults.h"
#include "app/internal.h"
#include "app/journal.h"
#include "app/referee.h"
#include "app/remains.h"
#include "app/snapshots.h"
#include "app/timeline.h"
#include "app/upgrade.h"
#include "app/zones.h"
#include "base/log.h"
#include "base/text.h"
#include "store/package_rows.h"
#include "store/task_rows.h"
#include "store/token_rows.h"

enum { RETRY_MS = 1000 };                                    /* a store that fails is not asked again at once */
static const int64_t TOKEN_KEPT_MS = 7LL * 24 * 3600 * 1000; /* an expired token is 410 so long, 404 afterwards */

int64_t app_wall(const struct app *app)
{
    return app->ports.now(app->ports.context);
}

int64_t app_now(const struct app *app, const char *product_key)
{
    return timeline_now(app, timeline_of(app, product_key));
}

struct firmware_table *app_firmware_table(struct app *app)
{
    return app->table;
}

const char *app_upload_dir(const struct app *app)
{
    return app->tmp_dir;
}

const char *app_files_dir(const struct app *app)
{
    return app->files_dir;
}

static enum status make_folder(const char *path, struct error *error)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return error_set(error, errno == ENOSPC ? E_FULL : E_IO, "data folder", "cannot make %s: %s", path,
                         strerror(errno));
    }
    return OK;
}

/* Makes DIR, DIR/files and DIR/tmp; the paths go into the app. */
static enum status make_folders(struct app *app, struct error *error)
{
    const char *data_dir = app->settings.data_dir;
    int files = snprintf(app->files_dir, sizeof app->files_dir, "%s/files", data_dir);
    int tmp = snprintf(app->tmp_dir, sizeof app->tmp_dir, "%s/tmp", data_dir);
    if (files < 0 || (size_t)files >= sizeof app->files_dir || tmp < 0) {
        return error_set(error, E_LIMIT, "data folder", "the path is too long");
    }
    enum status status = make_folder(data_dir, error);
    if (status == OK) {
        status = make_folder(app->files_dir, error);
    }
    if (status == OK) {
        status = make_folder(app->tmp_dir, error);
    }
    return status;
}

/* Removes the files of `folder` that no row names: what a crash left between rename and commit, or in mid-upload. */
static enum status sweep_folder(struct app *app, const char *folder, bool keep_known, struct error *error)
{
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        return error_set(error, E_IO, "data folder", "cannot read %s: %s", folder, strerror(errno));
    }
    enum status status = OK;
    for (struct dirent *entry = readdir(dir); entry != NULL && status == OK; entry = readdir(dir)) {
        bool known = false;
        if (entry->d_name[0] == '.') {
            continue;
        }
        if (keep_known) {
            status = package_file_is_known(app->store, entry->d_name, &known);
        }
        if (status == OK && !known && unlinkat(dirfd(dir), entry->d_name, 0) == 0) {
            log_info("app", "file=%s removed: nothing refers to it", entry->d_name);
        }
    }
    (void)closedir(dir);
    return status == OK ? OK : error_set(error, status, "store", "cannot look up files: %s", status_text(status));
}

enum status app_sweep_files(struct app *app, struct error *error)
{
    return sweep_folder(app, app->files_dir, true, error);
}

struct token_loading {
    struct app *app;
    enum status status;
};

static bool load_token(void *context, const struct firmware_token *token, const struct package_file *file)
{
    struct token_loading *loading = context;
    struct firmware_entry entry;
    loading->status = upgrade_firmware_entry(loading->app, token->token, file, &entry);
    entry.task_id = token->task_id;
    struct task task = {0};
    if (loading->status == OK && !token->expired_at.known) {
        loading->status = task_find_by_id(loading->app->store, token->task_id, &task);
    }
    for (size_t i = 0; loading->status == OK && !token->expired_at.known && i < task.component_count; i++) {
        if (task.components[i].position == token->position) {
            upgrade_fault_subject(loading->app, &task, i, &entry.subject);
            entry.subject.attempt = token->attempt;
        }
    }
    if (loading->status == OK) {
        loading->status = firmware_table_put(loading->app->table, &entry);
    }
    if (loading->status == OK && token->expired_at.known) {
        firmware_table_expire(loading->app->table, token->token);
    }
    return loading->status == OK;
}

enum status app_load_tokens(struct app *app, const char *product_key)
{
    struct token_loading loading = {.app = app};
    enum status status = product_key == NULL ? token_each(app->store, load_token, &loading)
                                             : token_each_of_product(app->store, product_key, load_token, &loading);
    return status == OK ? loading.status : status;
}

/* Downloads that a restart interrupted go on with the URL the device already has. */
static enum status load_tokens(struct app *app, struct error *error)
{
    enum status status = app_use_begin(app);
    if (status == OK) {
        status = app_use_end(app, token_purge(app->store, app_wall(app) - TOKEN_KEPT_MS));
    }
    if (status == OK) {
        status = app_load_tokens(app, NULL);
    }
    return status == OK ? OK : error_set(error, status, "store", "cannot load tokens: %s", status_text(status));
}

enum status app_create(const struct app_settings *settings, const struct app_ports *ports, struct app **out,
                       struct error *error)
{
    struct app *app = calloc(1, sizeof *app);
    if (app == NULL) {
        return error_set(error, E_NOMEM, "app", "out of memory");
    }
    app->settings = *settings;
    app->ports = *ports;
    TAILQ_INIT(&app->deferred);
    TAILQ_INIT(&app->pending);
    char database[LIMIT_PATH + 16];
    enum status status = make_folders(app, error);
    if (status != OK) {
        goto fail;
    }
    (void)snprintf(database, sizeof database, "%s/mockdc.db", settings->data_dir);
    status = store_open(database, &app->store, error);
    if (status != OK) {
        goto fail;
    }
    if ((status = timeline_load(app)) != OK) {
        (void)error_set(error, status, "store", "cannot load the clocks: %s", status_text(status));
        goto fail;
    }
    status = firmware_table_create(&app->table);
    if (status != OK) {
        (void)error_set(error, status, "app", "cannot make the firmware table");
        goto fail;
    }
    if ((status = referees_create(&app->referees)) != OK ||
        (status = faults_create(ports->faults_fired, ports->context, &app->faults)) != OK ||
        (status = journal_create((size_t)(settings->journal_bytes == 0 ? LIMIT_JOURNAL_BYTES : settings->journal_bytes),
                                 &app->journal)) != OK) {
        (void)error_set(error, status, "app", "out of memory");
        goto fail;
    }
    if ((status = remains_finish(app)) != OK) {
        (void)error_set(error, status, "store", "cannot remove what removed products left: %s", status_text(status));
        goto fail;
    }
    if ((status = sweep_folder(app, app->tmp_dir, false, error)) != OK ||
        (status = app_sweep_files(app, error)) != OK || (status = load_tokens(app, error)) != OK) {
        goto fail;
    }
    snapshots_sweep(app);
    *out = app;
    app_arm_alarm(app);
    return OK;
fail:
    app_destroy(app);
    return status;
}

void app_destroy(struct app *app)
{
    if (app == NULL) {
        return;
    }
    if (app->has_remains && remains_finish(app) != OK) {
        log_warn("app", "what removed products left goes at the next start");
    }
    struct presence *presence = NULL;
    struct presence *next = NULL;
    HASH_ITER(hh, app->present, presence, next)
    {
        HASH_DEL(app->present, presence);
        free(presence);
    }
    for (struct pending *pending = TAILQ_FIRST(&app->pending); pending != NULL; pending = TAILQ_FIRST(&app->pending)) {
        TAILQ_REMOVE(&app->pending, pending, entries);
        free(pending);
    }
    timeline_unload(app);
    snapshots_unload(app);
    zones_unload(app);
    referees_destroy(app->referees);
    journal_destroy(app->journal);
    faults_destroy(app->faults);
    firmware_table_destroy(app->table);
    store_close(app->store);
    free(app);
}

enum status app_batch_begin(struct app *app)
{
    return app_use_begin(app);
}

enum status app_batch_end(struct app *app)
{
    return app_use_end(app, OK);
}

struct app_version app_version(const struct app *app)
{
    return (struct app_version){.stored = store_changes(app->store),
                                .presence = app->presence_changes,
                                .progress = firmware_table_notes(app->table)};
}

enum status app_store_is_well(struct app *app)
{
    return store_ping(app->store, app_wall(app));
}

/* --- time ---------------------------------------------------------------------------------------------------- */

void app_arm_pending(struct app *app, const struct presence *presence, enum pending_kind kind)
{
    struct pending *pending = malloc(sizeof *pending);
    if (pending == NULL) {
        log_error("app", "out of memory: a device waits until the next tick");
        return;
    }
    *pending = (struct pending){
        .kind = kind,
        .device_id = presence->device_id,
        .generation = presence->generation,
        .due = app->ports.monotonic(app->ports.context) + LIMIT_SETTLE_MS,
    };
    TAILQ_INSERT_TAIL(&app->pending, pending, entries);
    app_arm_alarm(app);
}

enum { NEVER_MS = 24 * 3600 * 1000 }; /* longer than any tick is away: an alarm too many does no harm */

/* How long until something of the line is due; a clock that stands still brings nothing by itself. */
static int64_t timeline_delay(struct app *app, struct timeline *timeline)
{
    int64_t due = 0;
    if (timeline->advance != NULL) {
        return 0; /* its next slice */
    }
    if (timeline->clock.mode == CLOCK_MANUAL || timeline_next_due(app, timeline, &due) != OK) {
        return NEVER_MS;
    }
    return due - timeline_now(app, timeline);
}

void app_arm_alarm(struct app *app)
{
    int64_t delay = timeline_delay(app, app->timeline);
    for (struct timeline *timeline = app->timelines; timeline != NULL; timeline = timeline->hh.next) {
        int64_t other = timeline_delay(app, timeline);
        delay = other < delay ? other : delay;
    }
    const struct pending *pending = TAILQ_FIRST(&app->pending);
    if (pending != NULL) {
        int64_t rest = pending->due - app->ports.monotonic(app->ports.context);
        delay = rest < delay ? rest : delay;
    }
    delay = referees_delay(app, delay);
    delay = app->has_remains ? 0 : delay;
    int64_t held = app->not_before - app->ports.monotonic(app->ports.context);
    delay = delay > held ? delay : held;
    app->ports.alarm(app->ports.context, delay > 0 ? delay : 0);
}

static void run_pending_one(struct app *app, struct presence *presence, enum pending_kind kind)
{
    switch (kind) {
    case PENDING_REPORTED:
        upgrade_device_reported(app, presence);
        break;
    case PENDING_SETTLED:
        upgrade_device_settled(app, presence);
        break;
    case PENDING_NEXT_PLAN:
        evaluation_device(app, presence->device_id);
        break;
    }
}

/* What was armed LIMIT_SETTLE_MS ago and still concerns the same link. */
static void run_pending(struct app *app)
{
    int64_t now = app->ports.monotonic(app->ports.context);
    struct pending *pending = TAILQ_FIRST(&app->pending);
    while (pending != NULL && pending->due <= now) {
        TAILQ_REMOVE(&app->pending, pending, entries);
        struct presence *presence = app_presence(app, pending->device_id);
        if (presence != NULL && presence->generation == pending->generation) {
            run_pending_one(app, presence, pending->kind);
        }
        free(pending);
        pending = TAILQ_FIRST(&app->pending);
    }
}

/* What is due on a running clock happens now: a machine that slept does not make up for the ticks it missed. */
static void run_timeline(struct app *app, struct timeline *timeline)
{
    int64_t due = 0;
    int64_t now = timeline_now(app, timeline);
    if (timeline->advance != NULL || timeline->clock.mode == CLOCK_MANUAL) {
        return;
    }
    enum status status = timeline_next_due(app, timeline, &due);
    if (status == OK && due <= now) {
        status = timeline_fire(app, timeline, now, NULL, NULL);
    }
    if (status != OK) {
        app->not_before = app->ports.monotonic(app->ports.context) + RETRY_MS;
    }
}

/* One slice in all: however many clocks are advanced, what else the server does waits for one of them. */
static void advance_one(struct app *app)
{
    struct timeline *first = app->timeline->advance != NULL ? app->timeline : NULL;
    struct timeline *timeline = NULL;
    struct timeline *next = NULL;
    HASH_ITER(hh, app->timelines, timeline, next)
    {
        if (timeline->advance != NULL && (first == NULL || timeline->advance_turn < first->advance_turn)) {
            first = timeline;
        }
    }
    if (first != NULL) {
        first->advance_turn = ++app->advance_turns;
        advance_go_on(app, first);
    }
}

void app_alarm(struct app *app)
{
    run_pending(app);
    remains_run(app);
    referees_run(app);
    run_timeline(app, app->timeline);
    struct timeline *timeline = NULL;
    struct timeline *next = NULL;
    HASH_ITER(hh, app->timelines, timeline, next)
    {
        run_timeline(app, timeline);
    }
    advance_one(app);
    app_arm_alarm(app);
}
