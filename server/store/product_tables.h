/*
 * Which rows are a product's: one table of tables for everything that takes a product as a whole.
 *
 *   product --+-- clock, answer
 *             +-- package -- package_source, package_file, verification
 *             +-- plan ----- plan_component, plan_text, plan_list ...........  lists: behind
 *             +-- device ... device_mcu, task, task_component, firmware_token, log_entry: behind
 *
 * Removal has two parts, so that it takes no longer with a long history: what can be found is removed within the use;
 * what only a removed device or plan leads to ("behind") stays as rows that nothing refers to, is noted in the table
 * `removed`, and goes in small pieces by product_tables_purge().
 */
#ifndef STORE_PRODUCT_TABLES_H
#define STORE_PRODUCT_TABLES_H

#include "store/store.h"

/* What of a product stays when it is removed. */
enum product_keep { KEEP_PRODUCT = 1, KEEP_PACKAGES = 2 };

/* Rows that have gone, those behind included. */
struct removed {
    int64_t products;
    int64_t devices;
    int64_t packages;
    int64_t plans;
    int64_t verifications;
    int64_t tasks;
    int64_t log_entries;
    int64_t tokens;
    int64_t answers;
    int64_t clocks;
};

/*
 * Removes what the product has but what `keep` (bits of enum product_keep) names; adds to *removed. In a transaction of
 * store_begin_bulk(). E_NOT_FOUND: no such product.
 */
MUST_USE enum status product_tables_remove(struct store *store, const char *product_key, unsigned keep,
                                           struct removed *removed);

/* Removes what hangs on one removed device, or a piece of a removed plan's lists. *more: call again. In a transaction.
 */
MUST_USE enum status product_tables_purge(struct store *store, bool *more);

/*
 * All of it at once, with one statement for each table: for whoever gives ids of removed rows back. In a transaction of
 * store_begin_bulk().
 */
MUST_USE enum status product_tables_purge_all(struct store *store);

#endif
