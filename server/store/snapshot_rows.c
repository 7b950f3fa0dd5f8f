#include "store/snapshot_rows.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "store/product_rows.h"
#include "store/query.h"

enum { SQL_TEXT = 2048, COLUMNS_TEXT = 800 };

/*
 * In the order in which they are put back: tasks before plans, whose counters the trigger of tasks would count up
 * once more.
 */
static const struct {
    const char *table;
    const char *where; /* ?1: the product's id */
} parts[] = {
    {"clock", "product_id = ?1"},
    {"device", "product_id = ?1"},
    {"device_mcu", "device_id IN (SELECT id FROM device WHERE product_id = ?1)"},
    {"package", "product_id = ?1"},
    {"package_source", "package_id IN (SELECT id FROM package WHERE product_id = ?1)"},
    {"package_file", "package_id IN (SELECT id FROM package WHERE product_id = ?1)"},
    {"verification", "package_id IN (SELECT id FROM package WHERE product_id = ?1)"},
    {"task", "plan_id IN (SELECT id FROM plan WHERE product_id = ?1)"},
    {"task_component",
     "task_id IN (SELECT task.id FROM plan JOIN task ON task.plan_id = plan.id WHERE product_id = ?1)"},
    {"firmware_token",
     "task_id IN (SELECT task.id FROM plan JOIN task ON task.plan_id = plan.id WHERE product_id = ?1)"},
    {"plan", "product_id = ?1"},
    {"plan_component", "plan_id IN (SELECT id FROM plan WHERE product_id = ?1)"},
    {"plan_text", "plan_id IN (SELECT id FROM plan WHERE product_id = ?1)"},
    {"plan_list", "plan_id IN (SELECT id FROM plan WHERE product_id = ?1)"},
    {"log_entry", "plan_id IN (SELECT id FROM plan WHERE product_id = ?1)"},
};
enum { PARTS = sizeof parts / sizeof parts[0] };

/* --- names ------------------------------------------------------------------------------------------------------ */

#define COLUMNS "snapshot.id, snapshot.name, folder, snapshot.created_at, devices, packages, plans"

static void read_row(struct query *query, struct snapshot *snapshot)
{
    *snapshot = (struct snapshot){.id = query_int(query)};
    query_text(query, snapshot->name, sizeof snapshot->name);
    query_text(query, snapshot->folder, sizeof snapshot->folder);
    snapshot->created_at = query_int(query);
    snapshot->devices = query_int(query);
    snapshot->packages = query_int(query);
    snapshot->plans = query_int(query);
}

static const char sql_counts[] = "SELECT (SELECT count(*) FROM device WHERE product_id = product.id),"
                                 " (SELECT count(*) FROM package WHERE product_id = product.id),"
                                 " (SELECT count(*) FROM plan WHERE product_id = product.id AND id > 0)"
                                 " FROM product WHERE key = ?1";
static const char sql_insert[] = "INSERT INTO snapshot (product_id, name, folder, created_at, devices, packages, plans)"
                                 " SELECT id, ?2, ?3, ?4, ?5, ?6, ?7 FROM product WHERE key = ?1";

enum status snapshot_insert(struct store *store, const char *product_key, struct snapshot *snapshot)
{
    struct query query;
    query_open(&query, store, sql_counts);
    query_bind_text(&query, product_key);
    if (query_step(&query)) {
        snapshot->devices = query_int(&query);
        snapshot->packages = query_int(&query);
        snapshot->plans = query_int(&query);
    }
    enum status status = query_close(&query);
    if (status != OK) {
        return status;
    }
    query_open(&query, store, sql_insert);
    query_bind_text(&query, product_key);
    query_bind_text(&query, snapshot->name);
    query_bind_text(&query, snapshot->folder);
    query_bind_int(&query, snapshot->created_at);
    query_bind_int(&query, snapshot->devices);
    query_bind_int(&query, snapshot->packages);
    query_bind_int(&query, snapshot->plans);
    status = query_run_on_one(&query);
    snapshot->id = sqlite3_last_insert_rowid(store_connection(store));
    return status;
}

static const char sql_find[] = "SELECT " COLUMNS " FROM product JOIN snapshot ON snapshot.product_id = product.id"
                               " WHERE product.key = ?1 AND snapshot.name = ?2";

enum status snapshot_find(struct store *store, const char *product_key, const char *name, struct snapshot *snapshot)
{
    struct snapshot found;
    struct query query;
    query_open(&query, store, sql_find);
    query_bind_text(&query, product_key);
    query_bind_text(&query, name);
    bool any = query_step(&query);
    if (any) {
        read_row(&query, &found);
    }
    enum status status = query_close(&query);
    if (status == OK && any) {
        *snapshot = found;
    }
    return status == OK && !any ? E_NOT_FOUND : status;
}

static const char sql_delete[] = "DELETE FROM snapshot WHERE id = ?1";

enum status snapshot_delete(struct store *store, int64_t id)
{
    struct query query;
    query_open(&query, store, sql_delete);
    query_bind_int(&query, id);
    return query_run_on_one(&query);
}

static const char sql_count[] =
    "SELECT count(*) FROM product JOIN snapshot ON snapshot.product_id = product.id WHERE product.key = ?1";

enum status snapshot_count(struct store *store, const char *product_key, int64_t *count)
{
    struct query query;
    query_open(&query, store, sql_count);
    query_bind_text(&query, product_key);
    int64_t value = query_step(&query) ? query_int(&query) : 0;
    enum status status = query_close(&query);
    if (status == OK) {
        *count = value;
    }
    return status;
}

static const char sql_list[] = "SELECT " COLUMNS " FROM product JOIN snapshot ON snapshot.product_id = product.id"
                               " WHERE product.key = ?1 AND snapshot.name > ?2"
                               " AND (?3 IS NULL OR instr(lower(snapshot.name), lower(?3)))"
                               " ORDER BY snapshot.name LIMIT ?4";

enum status snapshot_list(struct store *store, const char *product_key, const struct page *page, snapshot_visitor *each,
                          void *context, bool *more)
{
    struct query query;
    query_open(&query, store, sql_list);
    query_bind_text(&query, product_key);
    query_bind_page(&query, page, "");
    *more = false;
    for (int seen = 0; query_step(&query); seen++) {
        struct snapshot snapshot;
        if (seen == page->limit) {
            *more = true;
            break;
        }
        read_row(&query, &snapshot);
        if (query.status != OK || !each(context, &snapshot)) {
            break;
        }
    }
    return query_close(&query);
}

static const char sql_known[] = "SELECT EXISTS (SELECT 1 FROM snapshot WHERE folder = ?1)";

enum status snapshot_folder_is_known(struct store *store, const char *folder, bool *known)
{
    struct query query;
    query_open(&query, store, sql_known);
    query_bind_text(&query, folder);
    bool value = query_step(&query) && query_bool(&query);
    enum status status = query_close(&query);
    if (status == OK) {
        *known = value;
    }
    return status;
}

/* --- rows ------------------------------------------------------------------------------------------------------- */

/* A statement that is used once; ?1 is `id`, or `text` where that is not NULL. */
static enum status run_once(struct store *store, const char *sql, int64_t id, const char *text)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store_connection(store), sql, -1, &statement, NULL);
    if (code == SQLITE_OK && sqlite3_bind_parameter_count(statement) > 0) {
        code = text != NULL ? sqlite3_bind_text(statement, 1, text, -1, SQLITE_STATIC)
                            : sqlite3_bind_int64(statement, 1, id);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        code = code == SQLITE_ROW ? SQLITE_DONE : code;
    }
    enum status status = code == SQLITE_DONE ? OK : store_note_failure(store, code);
    (void)sqlite3_finalize(statement);
    return status;
}

enum status snapshot_attach(struct store *store, const char *path)
{
    assert(!store_in_transaction(store));
    enum status status = run_once(store, "ATTACH ?1 AS snapshot_file", 0, path);
    if (status == OK) {
        status = run_once(store, "PRAGMA snapshot_file.synchronous = OFF", 0, NULL);
    }
    return status;
}

void snapshot_detach(struct store *store)
{
    assert(!store_in_transaction(store));
    (void)!run_once(store, "DETACH snapshot_file", 0, NULL);
}

static enum status write_parts(struct store *store, int64_t id)
{
    enum status status = OK;
    for (size_t i = 0; i < PARTS && status == OK; i++) {
        char sql[SQL_TEXT];
        (void)snprintf(sql, sizeof sql, "CREATE TABLE snapshot_file.%s AS SELECT * FROM main.%s WHERE 0",
                       parts[i].table, parts[i].table);
        status = run_once(store, sql, 0, NULL);
        if (status == OK) {
            (void)snprintf(sql, sizeof sql, "INSERT INTO snapshot_file.%s SELECT * FROM main.%s WHERE %s",
                           parts[i].table, parts[i].table, parts[i].where);
            status = run_once(store, sql, id, NULL);
        }
    }
    return status;
}

/* It was written without syncs, in one go. */
static enum status sync_file(const char *path)
{
    CLEANUP(cleanup_fd) int fd = open(path, O_RDWR | O_CLOEXEC);
    return fd < 0 || fsync(fd) != 0 ? E_IO : OK;
}

enum status snapshot_write(struct store *store, const char *product_key, const char *path)
{
    int64_t id = 0;
    enum status status = product_find_id(store, product_key, &id);
    if (status == OK) {
        status = snapshot_attach(store, path);
    }
    if (status != OK) {
        return status;
    }
    status = run_once(store, "PRAGMA snapshot_file.journal_mode = OFF", 0, NULL); /* what fails is thrown away */
    if (status == OK) {
        status = store_begin(store);
    }
    if (status == OK) {
        status = write_parts(store, id);
        if (status == OK) {
            status = store_commit(store);
        } else {
            store_rollback(store);
        }
    }
    snapshot_detach(store);
    return status == OK ? sync_file(path) : status;
}

/*
 * "id, name, ..." of the kept table: a schema that has grown since gives the rest its defaults. Entries of the log get new
 * numbers in their old order: theirs may have been given to another product's since.
 */
static enum status list_columns(struct store *store, const char *table, bool with_id, char columns[COLUMNS_TEXT],
                                char values[COLUMNS_TEXT])
{
    char sql[160];
    sqlite3_stmt *statement = NULL;
    columns[0] = values[0] = '\0';
    (void)snprintf(sql, sizeof sql, "PRAGMA snapshot_file.table_info(%s)", table);
    int code = sqlite3_prepare_v2(store_connection(store), sql, -1, &statement, NULL);
    while (code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(statement, 1);
        if (!with_id && strcmp(name, "id") == 0) {
            continue;
        }
        bool shifted = strcmp(name, "activation") == 0; /* the number may have been given to another's plan since */
        size_t used = strlen(columns);
        (void)snprintf(columns + used, COLUMNS_TEXT - used, "%s%s", used == 0 ? "" : ", ", name);
        used = strlen(values);
        (void)snprintf(values + used, COLUMNS_TEXT - used, "%s%s%s", used == 0 ? "" : ", ", name,
                       shifted ? " + (SELECT coalesce(max(activation), 0) FROM main.plan)" : "");
    }
    enum status status = code == SQLITE_OK ? OK : store_note_failure(store, code);
    (void)sqlite3_finalize(statement);
    return status == OK && columns[0] == '\0' ? E_CORRUPT : status;
}

static const char sql_rearm_tasks[] =
    "UPDATE task SET deadline = ?2 + 60000 * (SELECT timeout_minutes FROM plan WHERE plan.id = task.plan_id)"
    " WHERE status = 1 AND deadline < ?2 AND plan_id IN"
    " (SELECT plan.id FROM product JOIN plan ON plan.product_id = product.id WHERE product.key = ?1)";
static const char sql_rearm_verifications[] =
    "UPDATE verification SET deadline = ?2 + ?3 WHERE ended = 0 AND deadline < ?2 AND package_id IN"
    " (SELECT package.id FROM product JOIN package ON package.product_id = product.id WHERE product.key = ?1)";

enum status snapshot_rearm(struct store *store, const char *product_key, int64_t now)
{
    struct query query;
    query_open(&query, store, sql_rearm_tasks);
    query_bind_text(&query, product_key);
    query_bind_int(&query, now);
    enum status status = query_run(&query, NULL);
    if (status == OK) {
        query_open(&query, store, sql_rearm_verifications);
        query_bind_text(&query, product_key);
        query_bind_int(&query, now);
        query_bind_int(&query, LIMIT_VERIFICATION_MS);
        status = query_run(&query, NULL);
    }
    return status;
}

enum status snapshot_put_back(struct store *store, const char *product_key, int64_t now)
{
    assert(store_in_transaction(store));
    enum status status = OK;
    for (size_t i = 0; i < PARTS && status == OK; i++) {
        char columns[COLUMNS_TEXT];
        char values[COLUMNS_TEXT];
        char sql[SQL_TEXT];
        bool with_id = strcmp(parts[i].table, "log_entry") != 0;
        status = list_columns(store, parts[i].table, with_id, columns, values);
        if (status == OK) {
            (void)snprintf(sql, sizeof sql, "INSERT INTO main.%s (%s) SELECT %s FROM snapshot_file.%s%s",
                           parts[i].table, columns, values, parts[i].table, with_id ? "" : " ORDER BY id");
            status = run_once(store, sql, 0, NULL);
        }
    }
    return status == OK ? snapshot_rearm(store, product_key, now) : status;
}
