#include "filling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/query.h"
#include "support/suite.h"

const char *const tables_of_nobody[] = {"pulse", "removed", "snapshot", "sqlite_sequence", NULL};

/* %1$d: the product's number; ids are number * 1000 and on. */
static const char *const rows[] = {
    "INSERT INTO product VALUES (%1$d000, 'pk%1$d', 'secret', 'name %1$d', 5)",
    "INSERT INTO clock VALUES (%1$d000, 2, 1000)",
    "INSERT INTO answer VALUES ('POST /api/v1/products', 'k%1$d', 'd', 201, '/l', '{}', 5, 'pk%1$d')",
    "INSERT INTO answer VALUES ('POST /api/v1/plans', 'k%1$d', 'd', 201, '/l', '{}', 5, 'pk%1$d')",
    "INSERT INTO device VALUES (%1$d001, %1$d000, '867%1$d', 'ds', 1, 1, 0, 5, 6, 90, 3.75, -60, -90, -10, 5, 1000,"
    " 'EC200U', 'V1', 'V1_app', '8986', '460', '2.9.2', '1', '1', 3)",
    "INSERT INTO device VALUES (%1$d002, %1$d000, '868%1$d', '', 1, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL,"
    " NULL, NULL, '', '', '', '', '', '', '', '', 0)",
    "INSERT INTO device_mcu VALUES (%1$d001, 0, 'STM32', '1_0_0'), (%1$d001, 1, 'GD32', '7')",
    "INSERT INTO package VALUES (%1$d001, %1$d000, 'full', 1, 0, '2_0_0', 'remarks', 5, 0)",
    "INSERT INTO package VALUES (%1$d002, %1$d000, 'delta', 1, 1, '2_0_0', '', 5, 1)",
    "INSERT INTO package_source VALUES (%1$d002, 0, '1_0_0'), (%1$d002, 1, '1_1_0')",
    "INSERT INTO package_file VALUES (%1$d001, 0, 'a.bin', 'f%1$da.bin', 7, 'm', 's', 'c')",
    "INSERT INTO package_file VALUES (%1$d002, 0, 'b.bin', 'f%1$db.bin', 8, 'm', 's', 'c')",
    "INSERT INTO plan (id, product_id, name, status, mode, time_zone, retries, min_signal, min_battery,"
    " timeout_minutes, created_at, activated_at, activation, whitelist_count, blacklist_count)"
    " VALUES (%1$d001, %1$d000, 'plan', 2, 0, 'UTC', 5, -113, 30, 60, 5, 6, %1$d, 2, 1)",
    "INSERT INTO plan (id, product_id, name, status, mode, time_zone, retries, min_signal, min_battery,"
    " timeout_minutes, created_at) VALUES (-%1$d001, %1$d000, 'verification', 2, 0, 'UTC', 0, -113, 30, 60, 5)",
    "INSERT INTO plan_component VALUES (%1$d001, 0, 1, 'STM32', 'mcu', 1, %1$d001),"
    " (-%1$d001, 0, 1, 'STM32', 'mcu', 1, %1$d001)",
    "INSERT INTO plan_text VALUES (%1$d001, 0, 'zh', 'text'), (%1$d001, 1, 'en', 'text')",
    "INSERT INTO plan_list VALUES (%1$d001, 0, '867%1$d'), (%1$d001, 0, '868%1$d'), (%1$d001, 1, '869%1$d')",
    "INSERT INTO verification (id, package_id, device_id, component_no, created_at, deadline)"
    " VALUES (%1$d001, %1$d001, %1$d002, 'STM32', 5, 500)",
    "INSERT INTO task (id, plan_id, device_id, status, phase, reason, wants_sha256, url_pending, url_sent, deadline,"
    " current) VALUES (%1$d001, %1$d001, %1$d001, 1, 2, 0, 0, 0, 1, 900, 0)",
    "INSERT INTO task (id, plan_id, device_id, status, phase, reason, wants_sha256, url_pending, url_sent, deadline,"
    " current) VALUES (%1$d002, -%1$d001, %1$d002, 1, 2, 0, 0, 0, 1, 900, 0)",
    "INSERT INTO task_component VALUES (%1$d001, 0, 3, '1_0_0', 1, 40, 0, 0, 7, NULL)",
    "INSERT INTO log_entry (plan_id, device_id, at, component_no, attempt, direction, kind, code, detail)"
    " VALUES (%1$d001, %1$d001, 7, 'STM32', 1, 0, 1, 4, 'detail'), (%1$d001, %1$d001, 8, '', 1, 1, 2, NULL, 'x'),"
    " (-%1$d001, %1$d002, 8, '', 1, 1, 2, NULL, 'x')",
    "INSERT INTO firmware_token VALUES ('token%1$d', %1$d001, 0, 1, 0, 7, NULL)",
};

static void execute(struct store *store, const char *sql)
{
    char *error = NULL;
    if (sqlite3_exec(store_connection(store), sql, NULL, NULL, &error) != SQLITE_OK) {
        (void)fprintf(stderr, "    %s: %s\n", sql, error);
        CHECK(false);
    }
    sqlite3_free(error);
}

void fill_product(struct store *store, int number)
{
    CHECK_OK(store_begin(store));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char sql[512];
        (void)snprintf(sql, sizeof sql, rows[i], number);
        execute(store, sql);
    }
    CHECK_OK(store_commit(store));
}

static bool is_of_nobody(const char *table)
{
    size_t i = 0;
    while (tables_of_nobody[i] != NULL && strcmp(tables_of_nobody[i], table) != 0) {
        i++;
    }
    return tables_of_nobody[i] != NULL;
}

typedef void table_visitor(struct store *store, const char *table, void *context);

/* Every table of the schema that is somebody's. */
static void each_table(struct store *store, table_visitor *visit, void *context)
{
    sqlite3_stmt *names = NULL;
    CHECK_FATAL(sqlite3_prepare_v2(store_connection(store), "SELECT name FROM sqlite_schema WHERE type = 'table'", -1,
                                   &names, NULL) == SQLITE_OK);
    while (sqlite3_step(names) == SQLITE_ROW) {
        const char *table = (const char *)sqlite3_column_text(names, 0);
        if (!is_of_nobody(table)) {
            visit(store, table, context);
        }
    }
    (void)sqlite3_finalize(names);
}

struct dumping {
    const char *but;
    FILE *text;
};

static void dump_one(struct store *store, const char *table, void *context)
{
    const struct dumping *dumping = context;
    char sql[128];
    sqlite3_stmt *statement = NULL;
    if (dumping->but != NULL && strcmp(dumping->but, table) == 0) {
        return;
    }
    (void)snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY 1, 2, 3", table);
    CHECK_FATAL(sqlite3_prepare_v2(store_connection(store), sql, -1, &statement, NULL) == SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        (void)fprintf(dumping->text, "%s:", table);
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const unsigned char *value = sqlite3_column_text(statement, i);
            (void)fprintf(dumping->text, " %s", value == NULL ? "NULL" : (const char *)value);
        }
        (void)fputc('\n', dumping->text);
    }
    (void)sqlite3_finalize(statement);
}

char *dump_tables(struct store *store, const char *but)
{
    char *text = NULL;
    size_t length = 0;
    struct dumping dumping = {.but = but, .text = open_memstream(&text, &length)};
    CHECK_FATAL(dumping.text != NULL);
    each_table(store, dump_one, &dumping);
    (void)fclose(dumping.text);
    return text;
}

int64_t count_rows(struct store *store, const char *table, const char *condition)
{
    char sql[256];
    sqlite3_stmt *statement = NULL;
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM %s WHERE %s", table, condition == NULL ? "1" : condition);
    CHECK_FATAL(sqlite3_prepare_v2(store_connection(store), sql, -1, &statement, NULL) == SQLITE_OK);
    CHECK(sqlite3_step(statement) == SQLITE_ROW);
    int64_t count = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return count;
}

static void count_empty(struct store *store, const char *table, void *context)
{
    if (count_rows(store, table, NULL) == 0) {
        (void)fprintf(stderr, "    no row in %s\n", table);
        ++*(size_t *)context;
    }
}

size_t empty_tables(struct store *store)
{
    size_t count = 0;
    each_table(store, count_empty, &count);
    return count;
}
