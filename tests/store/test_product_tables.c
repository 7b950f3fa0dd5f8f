/* Removal of a product: every table of the schema is filled for two products; one goes, the other is as it was. */
#include "store/product_tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filling.h"
#include "scratch.h"
#include "support/suite.h"

static void purge_all(struct store *store)
{
    bool more = true;
    CHECK_OK(store_begin(store));
    while (more) {
        CHECK_FATAL(product_tables_purge(store, &more) == OK);
    }
    CHECK_OK(store_commit(store));
}

static void purge_at_once(struct store *store)
{
    CHECK_OK(store_begin_bulk(store));
    CHECK_OK(product_tables_purge_all(store));
    CHECK_OK(store_commit(store));
}

static struct removed remove_product(struct store *store, const char *key, unsigned keep)
{
    struct removed removed = {0};
    CHECK_OK(store_begin_bulk(store));
    CHECK_OK(product_tables_remove(store, key, keep, &removed));
    CHECK_OK(store_commit(store));
    return removed;
}

/* What is left of pk1 beside pk2, which is as if pk1 had never been. `but`: the table that keeps rows of pk1. */
static void check_rest(struct scratch *scratch, const char *wanted, const char *but)
{
    char *is = dump_tables(scratch->store, but);
    CHECK_TEXT(is, wanted);
    free(is);
    CHECK(count_rows(scratch->store, "removed", NULL) == 0);
}

static void everything_goes(void (*purge)(struct store *store))
{
    struct scratch scratch;
    scratch_open(&scratch);
    fill_product(scratch.store, 2);
    CHECK_FATAL(empty_tables(scratch.store) == 0); /* a new table must be filled in filling.c, or named as nobody's */
    char *without = dump_tables(scratch.store, "product");
    fill_product(scratch.store, 1);
    struct removed removed = remove_product(scratch.store, "pk1", 0);
    CHECK(removed.products == 1 && removed.devices == 2 && removed.packages == 2 && removed.plans == 1);
    CHECK(removed.verifications == 1 && removed.tasks == 2 && removed.log_entries == 3 && removed.tokens == 1);
    CHECK(removed.clocks == 1 && removed.answers == 2);
    purge(scratch.store);
    check_rest(&scratch, without, "product");
    CHECK(count_rows(scratch.store, "product", "key = 'pk1'") == 0);
    CHECK(count_rows(scratch.store, "product", "key = 'pk2'") == 1);
    free(without);
    scratch_close(&scratch);
}

static void test_everything_goes(void)
{
    everything_goes(purge_all);
    everything_goes(purge_at_once);
}

/* Without any other device whole tables are dropped. */
static void test_the_last_at_once(void)
{
    struct scratch scratch;
    scratch_open(&scratch);
    fill_product(scratch.store, 1);
    struct removed removed = remove_product(scratch.store, "pk1", KEEP_PRODUCT | KEEP_PACKAGES);
    CHECK(removed.devices == 2 && removed.tasks == 2);
    CHECK(count_rows(scratch.store, "log_entry", NULL) == 3 && count_rows(scratch.store, "removed", NULL) == 3);
    purge_at_once(scratch.store);
    static const char *const gone[] = {"device",         "device_mcu", "task",      "task_component",
                                       "firmware_token", "log_entry",  "plan_list", "removed"};
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++) {
        CHECK_ROW(gone[i], count_rows(scratch.store, gone[i], NULL) == 0);
    }
    CHECK(count_rows(scratch.store, "package", NULL) == 2);
    scratch_close(&scratch);
}

static void test_the_product_stays(void)
{
    struct scratch scratch;
    scratch_open(&scratch);
    fill_product(scratch.store, 2);
    CHECK(empty_tables(scratch.store) == 0);
    fill_product(scratch.store, 1);
    struct removed removed = remove_product(scratch.store, "pk1", KEEP_PRODUCT);
    CHECK(removed.products == 0 && removed.devices == 2 && removed.answers == 1);
    purge_all(scratch.store);
    CHECK(count_rows(scratch.store, "product", "key = 'pk1' AND secret = 'secret' AND id = 1000") == 1);
    CHECK(count_rows(scratch.store, "answer", "product_key = 'pk1' AND scope = 'POST /api/v1/products'") == 1);
    char *both = dump_tables(scratch.store, NULL);
    struct scratch other;
    scratch_open(&other);
    fill_product(other.store, 2);
    char *one = dump_tables(other.store, NULL);
    /* line by line: all that is there beside pk2's rows are the two rows named above */
    size_t more = 0;
    char *state = NULL;
    for (char *line = strtok_r(both, "\n", &state); line != NULL; line = strtok_r(NULL, "\n", &state)) {
        if (strstr(line, "log_entry:") == NULL && strstr(one, line) == NULL) { /* log entries have other numbers */
            more++;
            CHECK_ROW(line, strncmp(line, "product: 1000 ", 14) == 0 ||
                                strstr(line, "answer: POST /api/v1/products") == line);
        }
    }
    CHECK(more == 2);
    CHECK(count_rows(scratch.store, "log_entry", NULL) == count_rows(other.store, "log_entry", NULL));
    free(both);
    free(one);
    scratch_close(&other);
    scratch_close(&scratch);
}

static void test_packages_stay(void)
{
    struct scratch scratch;
    scratch_open(&scratch);
    fill_product(scratch.store, 1);
    (void)remove_product(scratch.store, "pk1", KEEP_PRODUCT | KEEP_PACKAGES);
    purge_all(scratch.store);
    static const char *const kept[] = {"product", "package", "package_source", "package_file", "answer"};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        CHECK_ROW(kept[i], count_rows(scratch.store, kept[i], NULL) > 0);
    }
    static const char *const gone[] = {"device",    "plan",         "plan_component", "task",
                                       "log_entry", "verification", "clock"};
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++) {
        CHECK_ROW(gone[i], count_rows(scratch.store, gone[i], NULL) == 0);
    }
    scratch_close(&scratch);
}

/* What is removed behind is noted until it has gone, also over a crash. */
static void test_behind(void)
{
    struct scratch scratch;
    bool more = false;
    scratch_open(&scratch);
    fill_product(scratch.store, 1);
    (void)remove_product(scratch.store, "pk1", KEEP_PRODUCT);
    CHECK(count_rows(scratch.store, "log_entry", NULL) == 3 && count_rows(scratch.store, "plan_list", NULL) == 3);
    CHECK(count_rows(scratch.store, "removed", NULL) == 3);
    CHECK_OK(store_begin(scratch.store));
    CHECK_OK(product_tables_purge(scratch.store, &more));
    CHECK(more);
    CHECK_OK(store_commit(scratch.store));
    scratch_reopen(&scratch);
    CHECK(count_rows(scratch.store, "removed", NULL) > 0);
    purge_all(scratch.store);
    CHECK(count_rows(scratch.store, "log_entry", NULL) == 0 && count_rows(scratch.store, "plan_list", NULL) == 0);
    scratch_close(&scratch); /* references are whole */
}

static void test_undone(void)
{
    struct scratch scratch;
    struct removed removed = {0};
    scratch_open(&scratch);
    fill_product(scratch.store, 1);
    char *before = dump_tables(scratch.store, NULL);
    CHECK_OK(store_begin_bulk(scratch.store));
    CHECK(product_tables_remove(scratch.store, "unknown", 0, &removed) == E_NOT_FOUND);
    CHECK_OK(product_tables_remove(scratch.store, "pk1", 0, &removed));
    store_rollback(scratch.store);
    check_rest(&scratch, before, NULL);
    free(before);
    /* references hold again */
    CHECK_OK(store_begin(scratch.store));
    CHECK(count_rows(scratch.store, "pragma_foreign_keys", "foreign_keys = 1") == 1);
    CHECK_OK(store_commit(scratch.store));
    scratch_close(&scratch);
}

int main(void)
{
    static const struct test_case cases[] = {{"everything goes", test_everything_goes},
                                             {"the last, at once", test_the_last_at_once},
                                             {"the product stays", test_the_product_stays},
                                             {"packages stay", test_packages_stay},
                                             {"behind", test_behind},
                                             {"undone", test_undone},
                                             {0}};
    return suite_run("product_tables", cases);
}
