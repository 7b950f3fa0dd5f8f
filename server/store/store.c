#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "base/text.h"
#include "store/migrations.h"
#include "store/query.h"

enum { BUSY_TIMEOUT_MS = 2000 }; /* a predecessor that is just ending */

/* A prepared statement under the address of its text. */
struct prepared {
    const char *sql;
    sqlite3_stmt *statement;
    UT_hash_handle hh;
};

struct store {
    sqlite3 *db;
    struct prepared *prepared;
    bool open;         /* a transaction was begun and neither committed nor rolled back by us */
    size_t savepoints; /* open ones */
    bool bulk;         /* references are not enforced in it */
    enum status lost;  /* SQLite gave up the open transaction because of this */
    int64_t commits;
    int64_t commit_us;
    int64_t longest_us;
    char last_error[256];
};

enum status store_status_of(int code)
{
    switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return E_EXISTS;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return E_NOT_FOUND;
    default:
        break;
    }
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return OK;
    case SQLITE_NOMEM:
        return E_NOMEM;
    case SQLITE_FULL:
        return E_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return E_CORRUPT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return E_AGAIN;
    case SQLITE_TOOBIG:
        return E_LIMIT;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return E_IO;
    default:
        return E_INTERNAL;
    }
}

sqlite3 *store_connection(struct store *store)
{
    return store->db;
}

int64_t store_changes(const struct store *store)
{
    return sqlite3_total_changes64(store->db);
}

const char *store_last_error(const struct store *store)
{
    return store->last_error;
}

/* Whether SQLite ended the transaction that we believe is open. */
static bool transaction_is_lost(const struct store *store)
{
    return store->open && sqlite3_get_autocommit(store->db) != 0;
}

enum status store_note_failure(struct store *store, int code)
{
    int extended = sqlite3_extended_errcode(store->db);
    if ((extended & 0xff) == (code & 0xff)) {
        code = extended;
    }
    enum status status = store_status_of(code);
    /* A full disk shows as a failed write of the operating system when SQLite was not the one to notice. */
    if (status == E_IO && sqlite3_system_errno(store->db) == ENOSPC) {
        status = E_FULL;
    }
    text_copy_cut(store->last_error, sizeof store->last_error, sqlite3_errmsg(store->db));
    if (transaction_is_lost(store) && store->lost == OK) {
        store->lost = status;
    }
    return status;
}

sqlite3_stmt *store_statement(struct store *store, const char *sql, enum status *status)
{
    if (transaction_is_lost(store)) {
        *status = store->lost != OK ? store->lost : E_IO;
        return NULL;
    }
    struct prepared *found = NULL;
    HASH_FIND_PTR(store->prepared, &sql, found);
    if (found != NULL) {
        return found->statement;
    }
    struct prepared *made = calloc(1, sizeof *made);
    if (made == NULL) {
        *status = E_NOMEM;
        return NULL;
    }
    int code = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &made->statement, NULL);
    if (code != SQLITE_OK) {
        *status = store_note_failure(store, code);
        free(made);
        return NULL;
    }
    made->sql = sql;
    HASH_ADD_PTR(store->prepared, sql, made);
    return made->statement;
}

static enum status execute(struct store *store, const char *sql)
{
    int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? OK : store_note_failure(store, code);
}

static const char sql_version[] = "PRAGMA user_version";

static enum status read_version(struct store *store, int *version)
{
    struct query query;
    query_open(&query, store, sql_version);
    int value = query_step(&query) ? query_small(&query) : 0;
    enum status status = query_close(&query);
    if (status == OK) {
        *version = value;
    }
    return status;
}

static enum status migrate_one(struct store *store, const struct migration *migration)
{
    char pragma[48];
    (void)snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", migration->number);
    enum status status = store_begin(store);
    if (status != OK) {
        return status;
    }
    if ((status = execute(store, migration->sql)) != OK || (status = execute(store, pragma)) != OK) {
        store_rollback(store);
        return status;
    }
    return store_commit(store);
}

static enum status migrate(struct store *store, const char *path, struct error *error)
{
    int version = 0;
    enum status status = read_version(store, &version);
    if (status != OK) {
        return error_set(error, status, "store", "cannot read %s: %s", path, store->last_error);
    }
    if (version > migration_count) {
        return error_set(error, E_VERSION, "store", "%s has schema %d, this mockdc knows only %d: use a newer one",
                         path, version, migration_count);
    }
    for (int i = version; i < migration_count; i++) {
        if ((status = migrate_one(store, &migrations[i])) != OK) {
            return error_set(error, status, "store", "cannot migrate %s to %s: %s", path, migrations[i].name,
                             store->last_error);
        }
    }
    return OK;
}

/* SQLite makes its files with the mode of the database: only the owner reads them. */
static enum status make_file(const char *path, struct error *error)
{
    CLEANUP(cleanup_fd) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd == -1) {
        return error_set(error, errno == ENOSPC ? E_FULL : E_IO, "store", "cannot open %s: %s", path, strerror(errno));
    }
    return OK;
}

/*
 * The exclusive lock keeps a second server off the folder (and spares the shared memory file); the cache holds what a
 * transaction over many devices touches (an idle server has not filled it).
 */
static const char sql_settings[] = "PRAGMA locking_mode = EXCLUSIVE;"
                                   "PRAGMA journal_mode = WAL;"
                                   "PRAGMA synchronous = NORMAL;"
                                   "PRAGMA foreign_keys = ON;"
                                   "PRAGMA cache_size = -16384;"
                                   "PRAGMA mmap_size = 0;"
                                   "PRAGMA journal_size_limit = 8388608;"
                                   "PRAGMA trusted_schema = OFF;";

static enum status open_connection(struct store *store, const char *path, struct error *error)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    int code = sqlite3_open_v2(path, &store->db, flags, NULL);
    if (code != SQLITE_OK) {
        return error_set(error, store_status_of(code), "store", "cannot open %s: %s", path, sqlite3_errstr(code));
    }
    (void)sqlite3_extended_result_codes(store->db, 1);
    (void)sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
    enum status status = execute(store, sql_settings);
    if (status == E_AGAIN) {
        return error_set(error, status, "store", "%s is in use by another process", path);
    }
    if (status != OK) {
        return error_set(error, status, "store", "cannot use %s: %s", path, store->last_error);
    }
    return OK;
}

enum status store_open(const char *path, struct store **out, struct error *error)
{
    enum status status = make_file(path, error);
    if (status != OK) {
        return status;
    }
    struct store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return error_set(error, E_NOMEM, "store", "no memory");
    }
    if ((status = open_connection(store, path, error)) != OK || (status = migrate(store, path, error)) != OK) {
        store_close(store);
        return status;
    }
    *out = store;
    return OK;
}

void store_close(struct store *store)
{
    if (store == NULL) {
        return;
    }
    if (store->open) {
        store_rollback(store);
    }
    struct prepared *entry = store->prepared;
    HASH_CLEAR(hh, store->prepared);
    while (entry != NULL) {
        struct prepared *next = entry->hh.next;
        (void)sqlite3_finalize(entry->statement);
        free(entry);
        entry = next;
    }
    (void)sqlite3_close(store->db);
    free(store);
}

/* BEGIN, COMMIT and the like; they too fail once the transaction is lost. */
static enum status run(struct store *store, const char *sql)
{
    struct query query;
    query_open(&query, store, sql);
    return query_run(&query, NULL);
}

static const char sql_begin[] = "BEGIN IMMEDIATE";
static const char sql_commit[] = "COMMIT";
static const char sql_rollback[] = "ROLLBACK";
static const char sql_savepoint[] = "SAVEPOINT use";
static const char sql_release[] = "RELEASE use";
static const char sql_rollback_to[] = "ROLLBACK TO use";

enum status store_begin(struct store *store)
{
    assert(!store->open);
    enum status status = run(store, sql_begin);
    if (status == OK) {
        store->open = true;
        store->savepoints = 0;
        store->lost = OK;
    }
    return status;
}

static const char sql_references_off[] = "PRAGMA foreign_keys = OFF";
static const char sql_references_on[] = "PRAGMA foreign_keys = ON";

enum status store_begin_bulk(struct store *store)
{
    assert(!store->open);
    enum status status = execute(store, sql_references_off);
    if (status != OK) {
        return status;
    }
    status = store_begin(store);
    if (status == OK) {
        store->bulk = true;
    } else {
        (void)!execute(store, sql_references_on);
    }
    return status;
}

/* The transaction has ended: the next one is under the references again. SQLite knows no failure of this. */
static void end_bulk(struct store *store)
{
    if (store->bulk) {
        store->bulk = false;
        (void)!execute(store, sql_references_on);
    }
}

enum status store_commit(struct store *store)
{
    assert(store->open);
    int64_t start = monotonic_us();
    enum status status = run(store, sql_commit);
    if (status != OK) {
        store_rollback(store);
        return status;
    }
    int64_t took = monotonic_us() - start;
    store->commits++;
    store->commit_us += took;
    store->longest_us = took > store->longest_us ? took : store->longest_us;
    store->open = false;
    store->savepoints = 0;
    end_bulk(store);
    return OK;
}

void store_rollback(struct store *store)
{
    assert(store->open);
    if (!transaction_is_lost(store)) {
        /* A rollback that fails has rolled back: SQLite knows no other outcome. */
        (void)!run(store, sql_rollback);
    }
    store->open = false;
    store->savepoints = 0;
    store->lost = OK;
    end_bulk(store);
}

void store_times(const struct store *store, int64_t *commits, int64_t *total_us, int64_t *longest_us)
{
    *commits = store->commits;
    *total_us = store->commit_us;
    *longest_us = store->longest_us;
}

bool store_in_transaction(const struct store *store)
{
    return store->open;
}

enum status store_savepoint(struct store *store)
{
    assert(store->open);
    enum status status = run(store, sql_savepoint);
    if (status == OK) {
        store->savepoints++;
    }
    return status;
}

enum status store_release(struct store *store)
{
    assert(store->savepoints > 0);
    enum status status = run(store, sql_release);
    if (status != OK) {
        store_rollback_to(store);
        return status;
    }
    store->savepoints--;
    return OK;
}

void store_rollback_to(struct store *store)
{
    assert(store->savepoints > 0);
    store->savepoints--;
    /* Where these fail the whole transaction is lost, which the next call tells. */
    if (run(store, sql_rollback_to) == OK) {
        (void)!run(store, sql_release);
    }
}

static const char sql_quick_check[] = "PRAGMA quick_check(1)";
static const char sql_foreign_keys[] = "PRAGMA foreign_key_check";

enum status store_integrity(struct store *store, struct error *error)
{
    struct query query;
    query_open(&query, store, sql_quick_check);
    if (query_step(&query)) {
        const char *finding = query_text_borrow(&query);
        if (strcmp(finding, "ok") != 0) {
            query.status = error_set(error, E_CORRUPT, "store", "quick_check: %s", finding);
        }
    }
    enum status status = query_close(&query);
    if (status != OK) {
        return status;
    }
    query_open(&query, store, sql_foreign_keys);
    if (query_step(&query)) {
        const char *table = query_text_borrow(&query);
        query.status =
            error_set(error, E_CORRUPT, "store", "foreign_key_check: a row of %s names something absent", table);
    }
    return query_close(&query);
}

static const char sql_pulse_write[] = "UPDATE pulse SET at = ?1 WHERE id = 1";
static const char sql_pulse_read[] = "SELECT at FROM pulse WHERE id = 1";

enum status store_ping(struct store *store, int64_t now)
{
    struct query query;
    query_open(&query, store, sql_pulse_write);
    query_bind_int(&query, now);
    enum status status = query_run_on_one(&query);
    if (status != OK) {
        return status == E_NOT_FOUND ? E_CORRUPT : status;
    }
    query_open(&query, store, sql_pulse_read);
    bool same = query_step(&query) && query_int(&query) == now;
    status = query_close(&query);
    return status == OK && !same ? E_CORRUPT : status;
}
