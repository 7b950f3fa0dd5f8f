/*
 * Clocks that were set: the server's, and those of products that have one of their own.
 *
 *   clock_scope: whose things are meant    NULL     all products without a clock of their own (the server's clock)
 *                                          "p1a2b3" this product (it has one)
 */
#ifndef STORE_CLOCK_ROWS_H
#define STORE_CLOCK_ROWS_H

#include "domain/clock.h"
#include "store/store.h"

/* `product_key` NULL: the server's. E_NOT_FOUND: no product, for save. Drop of what is not there is OK. */
MUST_USE enum status clock_save(struct store *store, const char *product_key, const struct clock *clock);
MUST_USE enum status clock_drop(struct store *store, const char *product_key);

typedef bool clock_visitor(void *context, const char *product_key, const struct clock *clock);
/* All that are stored; product_key NULL for the server's. */
MUST_USE enum status clock_each(struct store *store, clock_visitor *each, void *context);

#endif
