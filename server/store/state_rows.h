/*
 * The rows of a product as domain/state.h describes them: read with the numbers of the document, put in with new ones.
 *
 *   device.id 17, 23, 40 --read--> 1, 2, 3 --insert--> last id + 1, + 2, + 3        so with every reference
 */
#ifndef STORE_STATE_ROWS_H
#define STORE_STATE_ROWS_H

#include "domain/state.h"
#include "store/store.h"

/* All rows of the product, table by table in order, each in a stable one. E_NOT_FOUND: no such product. */
MUST_USE enum status state_rows_each(struct store *store, const char *product_key, state_visitor *each, void *context);

/* Where an insert failed. */
struct state_place {
    enum state_table_id table; /* STATE_TABLE_COUNT: at no row */
    size_t row;
};

/*
 * Puts a product in, with new ids. References are those of the document: 1 to the number of rows (checked by the
 * caller). In a transaction. E_EXISTS: the product key is taken (no place), or two rows collide (*place).
 * *first_plan: the id of plan 1 of the document.
 */
MUST_USE enum status state_rows_insert(struct store *store, const struct state_of_product *state,
                                       struct state_place *place, int64_t *first_plan);

/* The number of a plan in the document; 0: the product has no such plan. */
MUST_USE enum status state_plan_number(struct store *store, const char *product_key, int64_t plan_id, int64_t *number);

/* The stored name of a file with this digest and size, of whatever product. E_NOT_FOUND. */
MUST_USE enum status state_file_find(struct store *store, const char *sha256, int64_t size, char stored[64]);

#endif
