/*
 * Counts over all tables.
 */
#ifndef STORE_TOTAL_ROWS_H
#define STORE_TOTAL_ROWS_H

#include "domain/totals.h"
#include "store/store.h"

/* Reads all of it: milliseconds with 100,000 devices. */
MUST_USE enum status totals_read(struct store *store, struct totals *totals);

/* Whether fewer than `most` devices are registered; cheap while their ids are below it. */
MUST_USE enum status totals_device_has_room(struct store *store, int64_t most, bool *has_room);

#endif
