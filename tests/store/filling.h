/*
 * A row in every table for a product, by plain SQL: for what must know all tables.
 */
#ifndef TESTS_STORE_FILLING_H
#define TESTS_STORE_FILLING_H

#include "store/store.h"

/* Tables that are nobody's: the schema's own bookkeeping. NULL at the end. */
extern const char *const tables_of_nobody[];

/* Two devices, two packages, a plan with lists, texts and tasks, a verification ... of product `number` (1, 2 ...),
 * whose key is "pk<number>". In a transaction of its own. */
void fill_product(struct store *store, int number);

/* All rows of all tables but those of nobody, as text; free() it. `but`: a table to leave out, or NULL. */
char *dump_tables(struct store *store, const char *but);

/* How many of them have no row at all; they are named on stderr. */
size_t empty_tables(struct store *store);

/* count(*) of a table, with a condition or NULL. */
int64_t count_rows(struct store *store, const char *table, const char *condition);

#endif
