/*
 * Products. `key` is the product key. Statuses besides those named: as of the store (E_IO, E_FULL, E_CORRUPT, E_NOMEM).
 */
#ifndef STORE_PRODUCT_ROWS_H
#define STORE_PRODUCT_ROWS_H

#include "domain/page.h"
#include "domain/product.h"
#include "store/store.h"

MUST_USE enum status product_insert(struct store *store,
                                    const struct product *product); /* E_EXISTS: the key is taken */
/* The number of its row, for tables that refer to it. E_NOT_FOUND. */
MUST_USE enum status product_find_id(struct store *store, const char *key, int64_t *id);

MUST_USE enum status product_find(struct store *store, const char *key, struct product *product); /* E_NOT_FOUND */

/* Removes it with devices, packages (rows), plans, tasks, logs and tokens. E_NOT_FOUND. */
MUST_USE enum status product_delete(struct store *store, const char *key);

typedef bool product_visitor(void *context, const struct product *product);
/* In order of the key; page->after is a key. *more: others follow. */
MUST_USE enum status product_list(struct store *store, const struct page *page, product_visitor *each, void *context,
                                  bool *more);

#endif
