/* A database of an older schema opens with this program: nothing is lost, and a migration that fails leaves it as it
 * was. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scratch.h"
#include "store/migrations.h"
#include "store/plan_rows.h"
#include "store/task_rows.h"
#include "support/suite.h"

/* As schema 1 was filled: a product with a device, a package and three plans, activated out of the order of their ids.
 */
static const char contents[] =
    "INSERT INTO product VALUES (1, 'pk1', 's', 'n', 1);"
    "INSERT INTO device VALUES (1, 1, 'A', 'ds', 1, 0, 0, 5, 6, 90, 3.7, -60, -90, NULL, NULL, 1000, 't', 'v', 'v', '',"
    " '', '2.9.0', '', '', 0);"
    "INSERT INTO package VALUES (1, 1, 'p', 1, 0, '2_0_0', '', 2);"
    "INSERT INTO package_file VALUES (1, 0, 'f.bin', 'stored', 7, 'm', 's', 'c');"
    "INSERT INTO plan (id, product_id, name, status, mode, time_zone, retries, min_signal, min_battery, "
    "timeout_minutes,"
    " created_at, activated_at) VALUES (1, 1, 'saved', 0, 0, 'UTC', 5, -113, 30, 60, 3, NULL),"
    " (2, 1, 'second', 1, 0, 'UTC', 5, -113, 30, 60, 3, 200), (3, 1, 'first', 2, 0, 'UTC', 5, -113, 30, 60, 3, 100),"
    " (4, 1, 'third', 1, 0, 'UTC', 5, -113, 30, 60, 3, 200);"
    "INSERT INTO plan_component VALUES (1, 0, 1, 'C0', 'c', 1, 1), (2, 0, 1, 'C0', 'c', 1, 1),"
    " (3, 0, 1, 'C0', 'c', 1, 1), (4, 0, 1, 'C0', 'c', 1, 1);"
    "INSERT INTO task (id, plan_id, device_id, status, phase, reason, wants_sha256, url_pending, url_sent, current)"
    " VALUES (1, 3, 1, 1, 1, 0, 0, 0, 0, 0);"
    "INSERT INTO task_component VALUES (1, 0, 1, '1_0_0', 1, 0, 0, 0, 9, NULL);";

static void execute(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    char *error = NULL;
    CHECK_FATAL(sqlite3_open(path, &db) == SQLITE_OK);
    int code = sqlite3_exec(db, sql, NULL, NULL, &error);
    if (code != SQLITE_OK) {
        (void)fprintf(stderr, "    %s\n", error);
    }
    sqlite3_free(error);
    CHECK(code == SQLITE_OK);
    CHECK(sqlite3_close(db) == SQLITE_OK);
}

static int number(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    CHECK_FATAL(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK_FATAL(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK);
    CHECK(sqlite3_step(statement) == SQLITE_ROW);
    int value = sqlite3_column_int(statement, 0);
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(db);
    return value;
}

/* A folder with a database of schema 1. */
static void make_old(struct scratch *scratch)
{
    *scratch = (struct scratch){.folder = "/tmp/mockdc-store-XXXXXX"};
    CHECK_FATAL(mkdtemp(scratch->folder) != NULL);
    (void)snprintf(scratch->path, sizeof scratch->path, "%s/mockdc.db", scratch->folder);
    execute(scratch->path, migrations[0].sql);
    execute(scratch->path, "PRAGMA user_version = 1");
    execute(scratch->path, contents);
}

static void test_from_1(void)
{
    struct scratch scratch;
    struct plan plan = {0};
    struct task task;
    int64_t *ids = NULL;
    size_t count = 0;
    make_old(&scratch);
    scratch_reopen(&scratch);
    CHECK_FATAL(plan_find(scratch.store, 2, &plan) == OK);
    CHECK_TEXT(plan.name, "second");
    CHECK(plan.status == PLAN_ACTIVATED && plan.activated_at.at == 200 && plan.suspended_from == PLAN_SAVED);
    CHECK(!plan.push_period.set && !plan.planned_start.set && !plan.planned_end.set);
    plan_finish(&plan);
    CHECK_OK(task_find(scratch.store, 3, 1, &task));
    CHECK(task.status == DEVICE_IN_UPGRADE && !task.user_confirmed && !task.confirm_from.known);
    CHECK_TEXT(task.components[0].source_version, "1_0_0");
    CHECK_OK(plan_active_ids(scratch.store, "pk1", &ids, &count));
    CHECK_FATAL(count == 3);
    CHECK(ids[0] == 3 && ids[1] == 2 && ids[2] == 4); /* by the instant, then by the id */
    free(ids);
    store_close(scratch.store);
    scratch.store = NULL;
    CHECK(number(scratch.path, "PRAGMA user_version") == migration_count);
    CHECK(number(scratch.path, "SELECT count(*) FROM plan WHERE activation IS NOT NULL") == 3);
    scratch_reopen(&scratch);
    scratch_close(&scratch);
}

/* Something of schema 2 stands in the way: nothing of the migration stays, the old rows do. */
static void test_fails_as_a_whole(void)
{
    struct scratch scratch;
    struct store *store = NULL;
    struct error error = {0};
    make_old(&scratch);
    execute(scratch.path, "CREATE TABLE verification (id INTEGER)");
    CHECK(store_open(scratch.path, &store, &error) != OK);
    CHECK(store == NULL && strstr(error.text, "0002") != NULL);
    CHECK(number(scratch.path, "PRAGMA user_version") == 1);
    CHECK(number(scratch.path, "SELECT count(*) FROM pragma_table_info('plan') WHERE name = 'push_start'") == 0);
    CHECK(number(scratch.path, "SELECT count(*) FROM sqlite_schema WHERE name = 'clock'") == 0);
    CHECK(number(scratch.path, "SELECT count(*) FROM plan") == 4);
    execute(scratch.path, "DROP TABLE verification");
    scratch_reopen(&scratch);
    scratch_close(&scratch);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"from schema 1", test_from_1}, {"fails as a whole", test_fails_as_a_whole}, {0}};
    return suite_run("store: migration", cases);
}
