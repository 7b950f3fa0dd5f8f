/* The state of a product as rows: what is read is put in again and reads the same; every column of the schema is there. */
#include "store/state_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filling.h"
#include "scratch.h"
#include "store/product_tables.h"
#include "store/query.h"
#include "support/suite.h"

/* Rows as text, and kept for an insert. */
struct keeping {
    FILE *text;
    struct state_of_product *state; /* NULL: only the text */
};

static enum status keep_row(void *context, enum state_table_id id, const struct state_value *row)
{
    struct keeping *keeping = context;
    const struct state_table *table = state_table(id);
    struct state_value *kept = NULL;
    if (keeping->state != NULL) {
        CHECK_FATAL(state_rows_add(&keeping->state->tables[id], id, &kept) == OK);
    }
    (void)fprintf(keeping->text, "%s:", table->member);
    for (size_t i = 0; i < table->column_count; i++) {
        const char *text = row[i].text == NULL ? "" : row[i].text;
        if (!(id == STATE_FILES && strcmp(table->columns[i].name, "stored") == 0)) {
            (void)fprintf(keeping->text, " %d/%lld/%g/%s", row[i].known, (long long)row[i].number, row[i].real, text);
        }
        if (kept != NULL) {
            kept[i] = row[i];
            kept[i].text = strdup(text);
        }
    }
    (void)fputc('\n', keeping->text);
    return OK;
}

static char *read_all(struct store *store, const char *key, struct state_of_product *state)
{
    char *text = NULL;
    size_t length = 0;
    struct keeping keeping = {.text = open_memstream(&text, &length), .state = state};
    CHECK_FATAL(keeping.text != NULL);
    CHECK_OK(state_rows_each(store, key, keep_row, &keeping));
    (void)fclose(keeping.text);
    return text;
}

static void free_state(struct state_of_product *state)
{
    for (size_t id = 0; id < STATE_TABLE_COUNT; id++) {
        size_t count = state->tables[id].count * state_table((enum state_table_id)id)->column_count;
        for (size_t i = 0; i < count; i++) {
            free((void *)(uintptr_t)state->tables[id].values[i].text);
        }
    }
    state_finish(state);
}

static void purge_all(struct store *store)
{
    bool more = true;
    while (more) {
        CHECK_FATAL(product_tables_purge(store, &more) == OK);
    }
}

static void test_round_trip(void)
{
    struct scratch scratch;
    struct removed removed = {0};
    struct state_place place;
    int64_t first_plan = 0;
    struct state_of_product state = {.product_key = "pk1", .secret = "s", .name = "n", .has_clock = true};
    scratch_open(&scratch);
    fill_product(scratch.store, 2);
    fill_product(scratch.store, 1);
    char *before = read_all(scratch.store, "pk1", &state);
    for (size_t i = 0; i < STATE_TABLE_COUNT; i++) {
        CHECK_ROW(state_table((enum state_table_id)i)->member, state.tables[i].count > 0);
    }
    CHECK_OK(store_begin_bulk(scratch.store));
    CHECK_OK(product_tables_remove(scratch.store, "pk1", 0, &removed));
    purge_all(scratch.store);
    CHECK_OK(state_rows_insert(scratch.store, &state, &place, &first_plan));
    CHECK_OK(store_commit(scratch.store));
    char *after = read_all(scratch.store, "pk1", NULL);
    CHECK_TEXT(after, before);
    CHECK(count_rows(scratch.store, "plan",
                     "id = 2002 AND in_upgrade = 1 AND whitelist_count = 2 AND blacklist_count = 1") == 1);
    CHECK(first_plan == 2002); /* behind all that were there */
    CHECK(count_rows(scratch.store, "verification", "ended = 0") == 2);
    /* the same rows cannot be there twice */
    CHECK_OK(store_begin(scratch.store));
    CHECK(state_rows_insert(scratch.store, &state, &place, &first_plan) == E_EXISTS);
    CHECK(place.table == STATE_TABLE_COUNT);
    (void)snprintf(state.product_key, sizeof state.product_key, "pk3");
    CHECK(state_rows_insert(scratch.store, &state, &place, &first_plan) == E_EXISTS);
    CHECK(place.table == STATE_FILES && place.row == 0); /* the stored name; then it would be the link */
    store_rollback(scratch.store);
    free(before);
    free(after);
    free_state(&state);
    CHECK(state_rows_each(scratch.store, "unknown", keep_row, NULL) == E_NOT_FOUND);
    scratch_close(&scratch);
}

static bool is_described(const char *table, const char *column)
{
    for (size_t i = 0; i < STATE_TABLE_COUNT; i++) {
        if (strcmp(state_table((enum state_table_id)i)->name, table) == 0 &&
            state_column_index((enum state_table_id)i, column) < state_table((enum state_table_id)i)->column_count) {
            return true;
        }
    }
    return false;
}

/* A column that somebody adds is exported, or named here with the reason. */
static void test_every_column(void)
{
    static const char *const others[] = {"product.*",
                                         "clock.*",  /* members of the product in the document */
                                         "answer.*", /* kept answers are of this server's requests */
                                         "device.product_id",
                                         "package.product_id",
                                         "plan.product_id", /* the product it stands in */
                                         "plan.in_upgrade",
                                         "plan.final",
                                         "verification.ended", /* triggers keep them */
                                         "plan.whitelist_count",
                                         "plan.blacklist_count", /* counted */
                                         "log_entry.id",         /* the order */
                                         "pulse.*",
                                         "removed.*",
                                         "sqlite_sequence.*", /* nobody's */
                                         "snapshot.*",        /* snapshots are no part of the state that they keep */
                                         NULL};
    struct scratch scratch;
    sqlite3_stmt *columns = NULL;
    scratch_open(&scratch);
    CHECK_FATAL(sqlite3_prepare_v2(store_connection(scratch.store),
                                   "SELECT thing.name, info.name FROM sqlite_schema AS thing,"
                                   " pragma_table_info(thing.name) AS info WHERE thing.type = 'table'",
                                   -1, &columns, NULL) == SQLITE_OK);
    size_t count = 0;
    while (sqlite3_step(columns) == SQLITE_ROW) {
        const char *table = (const char *)sqlite3_column_text(columns, 0);
        const char *column = (const char *)sqlite3_column_text(columns, 1);
        char name[128];
        char whole[128];
        (void)snprintf(name, sizeof name, "%s.%s", table, column);
        (void)snprintf(whole, sizeof whole, "%s.*", table);
        size_t i = 0;
        while (others[i] != NULL && strcmp(others[i], name) != 0 && strcmp(others[i], whole) != 0) {
            i++;
        }
        CHECK_ROW(name, is_described(table, column) || others[i] != NULL);
        count++;
    }
    CHECK(count > 100);
    (void)sqlite3_finalize(columns);
    scratch_close(&scratch);
}

int main(void)
{
    static const struct test_case cases[] = {{"round trip", test_round_trip}, {"every column", test_every_column}, {0}};
    return suite_run("state_rows", cases);
}
