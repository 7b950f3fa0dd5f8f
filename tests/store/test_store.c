/* The database itself: transactions, crashes, a full disk, files that are not ours. */
#include "store/store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"
#include "store/device_rows.h"
#include "store/migrations.h"
#include "store/plan_rows.h"
#include "store/product_rows.h"
#include "store/query.h"
#include "support/suite.h"

static bool has_product(struct scratch *scratch, const char *key)
{
    struct product product;
    return product_find(scratch->store, key, &product) == OK;
}

static void test_migrations_are_in_order(void)
{
    for (int i = 0; i < migration_count; i++) {
        CHECK_ROW(migrations[i].name, migrations[i].number == i + 1);
        CHECK_ROW(migrations[i].name, strncmp(migrations[i].sql, "-- Why: ", 8) == 0);
    }
    CHECK(migration_count >= 1);
}

static void test_opens_again(void)
{
    struct scratch scratch;
    scratch_open(&scratch);
    struct stat info;
    CHECK(stat(scratch.path, &info) == 0 && (info.st_mode & 0777) == 0600);
    scratch_product(&scratch, "pk1");
    scratch_reopen(&scratch);
    CHECK(has_product(&scratch, "pk1"));
    CHECK_OK(store_ping(scratch.store, 42));
    scratch_close(&scratch);
}

static void execute(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    CHECK_FATAL(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
    CHECK(sqlite3_close(db) == SQLITE_OK);
}

static void test_newer_is_refused(void)
{
    struct scratch scratch;
    scratch_open(&scratch);
    scratch_product(&scratch, "pk1");
    store_close(scratch.store);
    scratch.store = NULL;
    execute(scratch.path, "PRAGMA user_version = 9999");
    struct store *store = NULL;
    struct error error = {0};
    CHECK(store_open(scratch.path, &store, &error) == E_VERSION);
    CHECK(store == NULL && strstr(error.text, "9999") != NULL);
    char restore[64];
    (void)snprintf(restore, sizeof restore, "PRAGMA user_version = %d", migration_count);
    execute(scratch.path, restore);
    scratch_reopen(&scratch);
    CHECK(has_product(&scratch, "pk1"));
    scratch_close(&scratch);
}

static void test_what_is_no_database(void)
{
    struct scratch scratch;
    scratch_open(&scratch);
    char path[128];
    (void)snprintf(path, sizeof path, "%s/other", scratch.folder);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    char text[4096];
    memset(text, 'x', sizeof text);
    CHECK(fd != -1 && write(fd, text, sizeof text) == (ssize_t)sizeof text && close(fd) == 0);
    struct store *store = NULL;
    struct error error = {0};
    CHECK(store_open(path, &store, &error) == E_CORRUPT && store == NULL && error.text[0] != '\0');
    CHECK(unlink(path) == 0);
    (void)snprintf(path, sizeof path, "%s/absent/mockdc.db", scratch.folder);
    CHECK(store_open(path, &store, &error) == E_IO && store == NULL);
    scratch_close(&scratch);
}

static void test_second_process_is_refused(void)
{
    struct scratch scratch;
    scratch_open(&scratch);
    pid_t child = fork();
    if (child == 0) {
        struct store *store = NULL;
        _exit(store_open(scratch.path, &store, NULL) == E_AGAIN ? 0 : 1);
    }
    int result = 0;
    CHECK(waitpid(child, &result, 0) == child && WIFEXITED(result) && WEXITSTATUS(result) == 0);
    scratch_close(&scratch);
}

static void test_savepoints(void)
{
    struct scratch scratch;
    scratch_open(&scratch);
    CHECK_OK(store_begin(scratch.store));
    scratch_product(&scratch, "outer");
    CHECK_OK(store_savepoint(scratch.store));
    scratch_product(&scratch, "kept");
    CHECK_OK(store_savepoint(scratch.store));
    scratch_product(&scratch, "undone");
    store_rollback_to(scratch.store);
    CHECK_OK(store_release(scratch.store));
    CHECK_OK(store_savepoint(scratch.store));
    struct product again = {.key = "outer"};
    CHECK(product_insert(scratch.store, &again) == E_EXISTS); /* a failed statement undoes only itself */
    scratch_product(&scratch, "after");
    CHECK_OK(store_release(scratch.store));
    CHECK(store_in_transaction(scratch.store));
    CHECK_OK(store_commit(scratch.store));
    CHECK(!store_in_transaction(scratch.store));
    CHECK(has_product(&scratch, "outer") && has_product(&scratch, "kept") && has_product(&scratch, "after"));
    CHECK(!has_product(&scratch, "undone"));
    CHECK_OK(store_begin(scratch.store));
    scratch_product(&scratch, "never");
    store_rollback(scratch.store);
    CHECK(!has_product(&scratch, "never"));
    scratch_close(&scratch);
}

/* A process that dies at any step of a transaction leaves all of it or nothing. */
static void test_killed(void)
{
    static const struct {
        const char *name;
        int steps; /* 0: after begin, 1: after a row, 2: after 3000 rows (more than the cache holds), 3: committed */
        bool expect;
    } rows[] = {{"begin", 0, false}, {"one row", 1, false}, {"many rows", 2, false}, {"committed", 3, true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scratch scratch;
        scratch_open(&scratch);
        scratch_product(&scratch, "before");
        store_close(scratch.store);
        scratch.store = NULL;
        pid_t child = fork();
        if (child == 0) {
            struct store *store = NULL;
            struct product product = {.key = "during", .secret = "s", .name = "n"};
            bool fine = store_open(scratch.path, &store, NULL) == OK && store_begin(store) == OK;
            fine = fine && (rows[i].steps < 1 || product_insert(store, &product) == OK);
            for (int n = 0; fine && rows[i].steps >= 2 && n < 3000; n++) {
                (void)snprintf(product.key, sizeof product.key, "during%d", n);
                memset(product.name, 'n', sizeof product.name - 1);
                fine = product_insert(store, &product) == OK;
            }
            fine = fine && (rows[i].steps < 3 || store_commit(store) == OK);
            _exit(fine ? 0 : 1);
        }
        int result = 0;
        CHECK_ROW(rows[i].name, waitpid(child, &result, 0) == child && WIFEXITED(result) && WEXITSTATUS(result) == 0);
        scratch_reopen(&scratch);
        CHECK_ROW(rows[i].name, has_product(&scratch, "before"));
        CHECK_ROW(rows[i].name, has_product(&scratch, "during") == rows[i].expect);
        CHECK_ROW(rows[i].name, has_product(&scratch, "during2999") == rows[i].expect);
        scratch_close(&scratch);
    }
}

/* Inserts products until the store refuses; how many went in. */
static int fill(struct scratch *scratch, enum status *status)
{
    struct product product = {.secret = "s"};
    memset(product.name, 'n', sizeof product.name - 1);
    int count = 0;
    for (*status = OK; *status == OK && count < 100000;) {
        (void)snprintf(product.key, sizeof product.key, "fill%d", count);
        *status = product_insert(scratch->store, &product);
        count += *status == OK ? 1 : 0;
    }
    return count;
}

static void limit_pages(struct scratch *scratch, int more)
{
    sqlite3_stmt *statement = NULL;
    sqlite3 *db = store_connection(scratch->store);
    CHECK_FATAL(sqlite3_prepare_v2(db, "PRAGMA page_count", -1, &statement, NULL) == SQLITE_OK);
    CHECK_FATAL(sqlite3_step(statement) == SQLITE_ROW);
    int pages = sqlite3_column_int(statement, 0);
    (void)sqlite3_finalize(statement);
    char sql[64];
    (void)snprintf(sql, sizeof sql, "PRAGMA max_page_count = %d", pages + more);
    CHECK_FATAL(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
}

static void test_full_disk(void)
{
    struct scratch scratch;
    enum status status = OK;
    scratch_open(&scratch);
    limit_pages(&scratch, 10);
    CHECK_OK(store_begin(scratch.store));
    CHECK_OK(store_savepoint(scratch.store));
    CHECK(fill(&scratch, &status) > 10);
    CHECK(status == E_FULL && store_last_error(scratch.store)[0] != '\0');
    store_rollback_to(scratch.store);
    store_rollback(scratch.store);
    CHECK(!has_product(&scratch, "fill0"));
    scratch_product(&scratch, "after"); /* small things still fit */
    limit_pages(&scratch, 100000);
    scratch_close(&scratch);
}

/* SQLite gave up the transaction: nothing of what follows may be stored alone. */
static void test_lost_transaction(void)
{
    struct scratch scratch;
    struct product product = {.key = "late", .secret = "s", .name = "n"};
    scratch_open(&scratch);
    CHECK_OK(store_begin(scratch.store));
    CHECK_OK(store_savepoint(scratch.store));
    CHECK_FATAL(sqlite3_exec(store_connection(scratch.store), "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK);
    CHECK(product_insert(scratch.store, &product) != OK);
    CHECK(store_release(scratch.store) != OK);
    CHECK(store_savepoint(scratch.store) != OK);
    CHECK(store_commit(scratch.store) != OK);
    CHECK(!store_in_transaction(scratch.store) && !has_product(&scratch, "late"));
    CHECK_OK(store_begin(scratch.store));
    CHECK_OK(product_insert(scratch.store, &product));
    CHECK_OK(store_commit(scratch.store));
    CHECK(has_product(&scratch, "late"));
    scratch_close(&scratch);
}

static void test_integrity_finds(void)
{
    struct scratch scratch;
    struct error error = {0};
    scratch_open(&scratch);
    sqlite3 *db = store_connection(scratch.store);
    const char *orphan =
        "PRAGMA foreign_keys = OFF; INSERT INTO package_source VALUES (77, 0, '1'); PRAGMA foreign_keys = ON";
    CHECK_FATAL(sqlite3_exec(db, orphan, NULL, NULL, NULL) == SQLITE_OK);
    CHECK(store_integrity(scratch.store, &error) == E_CORRUPT);
    CHECK(strstr(error.text, "package_source") != NULL);
    CHECK_FATAL(sqlite3_exec(db, "DELETE FROM package_source", NULL, NULL, NULL) == SQLITE_OK);
    scratch_close(&scratch);
}

static void test_status_of_codes(void)
{
    static const struct {
        const char *name;
        int code;
        enum status expect;
    } rows[] = {{"ok", SQLITE_OK, OK},
                {"full", SQLITE_FULL, E_FULL},
                {"unique", SQLITE_CONSTRAINT_UNIQUE, E_EXISTS},
                {"primary key", SQLITE_CONSTRAINT_PRIMARYKEY, E_EXISTS},
                {"foreign key", SQLITE_CONSTRAINT_FOREIGNKEY, E_NOT_FOUND},
                {"corrupt", SQLITE_CORRUPT, E_CORRUPT},
                {"not a database", SQLITE_NOTADB, E_CORRUPT},
                {"busy", SQLITE_BUSY_RECOVERY, E_AGAIN},
                {"read", SQLITE_IOERR_READ, E_IO},
                {"memory", SQLITE_NOMEM, E_NOMEM},
                {"not null", SQLITE_CONSTRAINT_NOTNULL, E_INTERNAL}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_ROW(rows[i].name, store_status_of(rows[i].code) == rows[i].expect);
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"migrations are in order", test_migrations_are_in_order},
                                             {"opens again", test_opens_again},
                                             {"newer is refused", test_newer_is_refused},
                                             {"what is no database", test_what_is_no_database},
                                             {"second process is refused", test_second_process_is_refused},
                                             {"savepoints", test_savepoints},
                                             {"killed", test_killed},
                                             {"full disk", test_full_disk},
                                             {"lost transaction", test_lost_transaction},
                                             {"integrity finds", test_integrity_finds},
                                             {"status of codes", test_status_of_codes},
                                             {0}};
    return suite_run("store", cases);
}
