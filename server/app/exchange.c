#include "app/exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/catalog_files.h"
#include "app/events.h"
#include "app/faults.h"
#include "app/remains.h"
#include "app/removal.h"
#include "app/timeline.h"
#include "base/log.h"
#include "base/text.h"
#include "store/product_rows.h"
#include "store/snapshot_rows.h"
#include "store/state_rows.h"
#include "store/total_rows.h"

/* --- export ----------------------------------------------------------------------------------------------------- */

enum status app_export_head(struct app *app, const char *product_key, struct state_of_product *head)
{
    struct product product;
    enum status status = product_find(app->store, product_key, &product);
    if (status != OK) {
        return status;
    }
    const struct timeline *timeline = timeline_of(app, product_key);
    *head = (struct state_of_product){.created_at = product.created_at,
                                      .has_clock = timeline != app->timeline,
                                      .clock_mode = (int)timeline->clock.mode,
                                      .clock_value = timeline->clock.value};
    memcpy(head->product_key, product.key, sizeof head->product_key);
    memcpy(head->secret, product.secret, sizeof head->secret);
    memcpy(head->name, product.name, sizeof head->name);
    return OK;
}

enum status app_export_rows(struct app *app, const char *product_key, state_visitor *each, void *context)
{
    return state_rows_each(app->store, product_key, each, context);
}

enum status app_export_plan(struct app *app, const char *product_key, int64_t plan_id, int64_t *number)
{
    return state_plan_number(app->store, product_key, plan_id, number);
}

/* --- files ------------------------------------------------------------------------------------------------------ */

struct importing {
    struct app *app;
    const struct import *import;
    struct violations *violations;
    struct removal removal;  /* of products that are replaced */
    struct file_names moved; /* into files/: to be removed again when it fails */
    int64_t *first_plans;    /* of each product */
    char place[64];
};

/* Where the content is; "" when it is nowhere. `wanted`: the row. */
static enum status find_content(const struct importing *importing, const struct package_file *wanted,
                                const char *pointer, char path[LIMIT_PATH])
{
    struct app *app = importing->app;
    char stored[64];
    path[0] = '\0';
    for (size_t i = 0; i < importing->import->file_count; i++) {
        const struct import_file *file = &importing->import->files[i];
        if (strcmp(file->sha256, wanted->sha256) == 0 && file->size == wanted->size) {
            if (strcmp(file->md5, wanted->md5) != 0 || strcmp(file->crc32, wanted->crc32) != 0) {
                violation_add(importing->violations, "MD5 or CRC-32 is not the content's", "%s/md5", pointer);
            }
            (void)snprintf(path, LIMIT_PATH, "%.3000s/%s", app->tmp_dir, file->name);
            return OK;
        }
    }
    enum status status = state_file_find(app->store, wanted->sha256, wanted->size, stored);
    if (status == OK) {
        (void)snprintf(path, LIMIT_PATH, "%.3000s/%s", app->files_dir, stored);
    }
    return status == E_NOT_FOUND ? OK : status;
}

/* A second name of the content in tmp/, which is then moved into files/ as an upload is. */
static enum status take_file(struct importing *importing, struct state_value *row, const char *pointer)
{
    static struct package package; /* large, and of the loop's thread only */
    struct app *app = importing->app;
    char from[LIMIT_PATH];
    char to[LIMIT_PATH];
    char token[LIMIT_TOKEN + 1];
    package = (struct package){.file_count = 1};
    struct package_file *file = &package.files[0];
    file->size = row[state_column_index(STATE_FILES, "size")].number;
    text_copy_cut(file->name, sizeof file->name, row[state_column_index(STATE_FILES, "name")].text);
    text_copy_cut(file->sha256, sizeof file->sha256, row[state_column_index(STATE_FILES, "sha256")].text);
    text_copy_cut(file->md5, sizeof file->md5, row[state_column_index(STATE_FILES, "md5")].text);
    text_copy_cut(file->crc32, sizeof file->crc32, row[state_column_index(STATE_FILES, "crc32")].text);
    enum status status = find_content(importing, file, pointer, from);
    if (status == OK && from[0] == '\0') {
        violation_add(importing->violations, "the content is neither in the document nor here", "%s/sha256", pointer);
        return E_RULE;
    }
    if (status != OK || (status = app->ports.token(app->ports.context, token)) != OK) {
        return status;
    }
    text_copy_cut(file->stored, sizeof file->stored, token);
    (void)snprintf(to, sizeof to, "%.3000s/%s", app->tmp_dir, token);
    if (link(from, to) != 0) {
        return errno == ENOSPC || errno == EDQUOT ? E_FULL : E_IO;
    }
    status = files_move_in(app, &package);
    if (status != OK) {
        files_drop_uploads(app, &package);
        return status;
    }
    status = file_names_add(&importing->moved, file->stored);
    if (status != OK) {
        files_remove_of(app, &package);
    }
    return status;
}

/* All that are missing are named. */
static enum status take_files(struct importing *importing, const struct state_of_product *product)
{
    const struct state_rows *rows = &product->tables[STATE_FILES];
    size_t columns = state_table(STATE_FILES)->column_count;
    enum status status = OK;
    for (size_t i = 0; i < rows->count && (status == OK || status == E_RULE); i++) {
        char pointer[96];
        (void)snprintf(pointer, sizeof pointer, "%s/%s/%zu", importing->place, state_table(STATE_FILES)->member, i);
        enum status taken = take_file(importing, &rows->values[i * columns], pointer);
        status = taken == OK ? status : taken;
    }
    return status;
}

/* Once the list of names does not move any more: the rows refer to it. */
static void name_files(const struct importing *importing)
{
    size_t columns = state_table(STATE_FILES)->column_count;
    size_t stored = state_column_index(STATE_FILES, "stored");
    size_t next = 0;
    for (size_t i = 0; i < importing->import->product_count; i++) {
        const struct state_rows *rows = &importing->import->products[i].tables[STATE_FILES];
        for (size_t row = 0; row < rows->count; row++) {
            rows->values[row * columns + stored] =
                (struct state_value){.known = true, .text = importing->moved.names[next++]};
        }
    }
}

/* --- rows ------------------------------------------------------------------------------------------------------- */

static void name_collision(const struct importing *importing, const struct state_place *place)
{
    if (place->table == STATE_TABLE_COUNT) {
        violation_add(importing->violations, "a product with this key exists (replace=true removes it first)",
                      "%s/productKey", importing->place);
    } else {
        violation_add(importing->violations, "is there twice, or collides with another product's", "%s/%s/%zu",
                      importing->place, state_table(place->table)->member, place->row);
    }
}

static enum status look_for_product(struct importing *importing, const struct state_of_product *product)
{
    struct product found;
    enum status status = product_find(importing->app->store, product->product_key, &found);
    if (status == OK && !importing->import->replace) {
        name_collision(importing, &(struct state_place){.table = STATE_TABLE_COUNT});
        return E_EXISTS;
    }
    return status == E_NOT_FOUND ? OK : status;
}

/* Whoever waits for something of it is told to look again; its events are of the past (http/event_log.h). */
static enum status remove_replaced(struct app *app, const char *product_key, struct removal *removal)
{
    enum status status = removal_of(app, product_key, 0, removal);
    if (status == OK) {
        status = events_product(app, product_key, WHAT_DELETED);
    }
    return status == OK ? app_defer_changed(app, 0, "") : status;
}

static enum status make_room(struct importing *importing, const struct state_of_product *product)
{
    enum status status = remove_replaced(importing->app, product->product_key, &importing->removal);
    return status == E_NOT_FOUND ? OK : status;
}

static enum status insert(struct importing *importing, const struct state_of_product *product, int64_t *first_plan)
{
    struct app *app = importing->app;
    struct state_place place;
    int64_t most = app->settings.max_devices == 0 ? LIMIT_DEVICES : app->settings.max_devices;
    bool has_room = false;
    enum status status = state_rows_insert(app->store, product, &place, first_plan);
    if (status == E_EXISTS) {
        name_collision(importing, &place);
        status = E_RULE;
    }
    if (status == OK) {
        status = totals_device_has_room(app->store, most + 1, &has_room);
    }
    if (status == OK && !has_room) {
        violation_add(importing->violations, "there is no room for so many (--max-devices)", "%s/devices",
                      importing->place);
        status = E_RULE;
    }
    if (status == OK) {
        status = snapshot_rearm(app->store, product->product_key, app_now(app, NULL));
    }
    return status == OK ? events_product(app, product->product_key, WHAT_CREATED) : status;
}

static void name_place(struct importing *importing, size_t i)
{
    (void)snprintf(importing->place, sizeof importing->place, "/products/%zu", i);
}

/* What can be said before anything is written; files that are here are taken before their rows may go. */
static enum status prepare(struct importing *importing)
{
    const struct import *import = importing->import;
    for (size_t i = 0; i < import->product_count; i++) {
        name_place(importing, i);
        exchange_check(importing->app, &import->products[i], importing->place, importing->violations);
    }
    enum status status = importing->violations->count > 0 ? E_RULE : OK;
    for (size_t i = 0; i < import->product_count && (status == OK || status == E_EXISTS); i++) {
        name_place(importing, i);
        enum status found = look_for_product(importing, &import->products[i]);
        status = found == OK ? status : found;
    }
    for (size_t i = 0; i < import->product_count && (status == OK || status == E_RULE); i++) {
        name_place(importing, i);
        enum status taken = take_files(importing, &import->products[i]);
        status = taken == OK ? status : taken;
    }
    return status == OK && importing->violations->count > 0 ? E_RULE : status;
}

static enum status import_all(struct importing *importing)
{
    const struct import *import = importing->import;
    enum status status = prepare(importing);
    for (size_t i = 0; i < import->product_count && status == OK; i++) {
        status = make_room(importing, &import->products[i]);
    }
    if (status == OK) {
        name_files(importing);
        status = product_tables_purge_all(importing->app->store);
    }
    for (size_t i = 0; i < import->product_count && status == OK; i++) {
        name_place(importing, i);
        status = insert(importing, &import->products[i], &importing->first_plans[i]);
    }
    return status == OK ? app_defer_changed(importing->app, 0, "") : status;
}

/* --- behind the commit ------------------------------------------------------------------------------------------ */

static void start_clock(struct app *app, const struct state_of_product *product)
{
    struct timeline *timeline = NULL;
    if (product->has_clock && timeline_own(app, product->product_key, &timeline) == OK) {
        timeline->clock = (struct clock){(enum clock_mode)product->clock_mode, product->clock_value};
        timeline->due_is_known = false;
        timeline_arm_tick(timeline, timeline_now(app, timeline));
    }
}

static void arm_faults(const struct importing *importing)
{
    for (size_t i = 0; i < importing->import->fault_count; i++) {
        const struct import_fault *from = &importing->import->faults[i];
        struct fault fault = from->fault;
        if (fault.match.plan_id.known) {
            fault.match.plan_id.value += importing->first_plans[from->product] - 1;
        }
        if (app_fault_arm_used(importing->app, &fault, from->seen) != OK) {
            log_warn("app", "a fault of the import could not be armed: there are too many");
        }
    }
}

enum status app_import(struct app *app, const struct import *import, struct violations *violations)
{
    struct importing importing = {.app = app, .import = import, .violations = violations};
    importing.first_plans = calloc(import->product_count + 1, sizeof *importing.first_plans);
    enum status status = importing.first_plans == NULL ? E_NOMEM : app_use_begin_bulk(app);
    if (status == OK) {
        status = app_use_end(app, import_all(&importing));
    }
    if (status != OK) {
        files_remove_all(app, &importing.moved);
    }
    for (size_t i = 0; i < import->product_count && status == OK; i++) {
        const struct state_of_product *product = &import->products[i];
        (void)app_faults_remove(app, product->product_key);
        removal_settle(app, product->product_key, "product replaced by an import", &importing.removal);
        start_clock(app, product);
        if (app_load_tokens(app, product->product_key) != OK) {
            log_warn("app", "product=%s its firmware links are known from the next start on", product->product_key);
        }
        log_info("app", "product=%s imported", product->product_key);
    }
    if (status == OK) {
        arm_faults(&importing);
    }
    app->timeline->due_is_known = false;
    app_arm_alarm(app);
    removal_finish(&importing.removal);
    file_names_finish(&importing.moved);
    free(importing.first_plans);
    return status;
}

/* --- an import by use cases ------------------------------------------------------------------------------------- */

struct replacing {
    struct removal removal;
    size_t count;
    char keys[][LIMIT_PRODUCT_KEY + 1]; /* of products that were removed */
};

static enum status replace_one(struct app *app, const char *key, size_t place, bool replace,
                               struct violations *violations, struct replacing *replacing)
{
    struct product product;
    enum status status = product_find(app->store, key, &product);
    if (status != OK) {
        return status == E_NOT_FOUND ? OK : status;
    }
    if (!replace) {
        violation_add(violations, "a product with this key exists (replace=true removes it first)",
                      "/products/%zu/productKey", place);
        return E_EXISTS;
    }
    memcpy(replacing->keys[replacing->count++], product.key, sizeof product.key);
    return remove_replaced(app, key, &replacing->removal);
}

enum status app_replace_begin(struct app *app, const char *const *product_keys, size_t count, bool replace,
                              struct violations *violations, struct replacing **out)
{
    struct replacing *replacing = calloc(1, sizeof *replacing + count * sizeof replacing->keys[0]);
    enum status status = replacing == NULL ? E_NOMEM : app_use_begin_bulk(app);
    if (status != OK) {
        free(replacing);
        return status;
    }
    for (size_t i = 0; i < count && (status == OK || status == E_EXISTS); i++) {
        enum status one = replace_one(app, product_keys[i], i, replace, violations, replacing);
        status = one == OK ? status : one;
    }
    if (status == OK) {
        status = product_tables_purge_all(app->store);
    }
    if (status != OK) {
        status = app_use_end(app, status);
        removal_finish(&replacing->removal);
        free(replacing);
        return status;
    }
    *out = replacing;
    return OK;
}

enum status app_replace_end(struct app *app, struct replacing *replacing, enum status status)
{
    struct error error = {0};
    status = app_use_end(app, status);
    for (size_t i = 0; i < replacing->count && status == OK; i++) {
        (void)app_faults_remove(app, replacing->keys[i]);
        removal_settle(app, replacing->keys[i], "product replaced by an import", &replacing->removal);
    }
    if (status != OK && app_sweep_files(app, &error) != OK) {
        log_warn("app", "what the import left goes at the next start: %s", error.text);
    }
    removal_finish(&replacing->removal);
    free(replacing);
    return status;
}
