/*
 * What an evaluation reads of a device for one plan (domain/standing.h), in as few steps of SQLite as possible: the
 * evaluation of 10,000 devices is made of this.
 */
#ifndef STORE_STANDING_ROWS_H
#define STORE_STANDING_ROWS_H

#include "domain/plan.h"
#include "domain/standing.h"
#include "store/store.h"

/* E_NOT_FOUND: no such device. `plan` is stored and of the device's product; its lists' counts are as stored. */
MUST_USE enum status standing_find(struct store *store, const struct plan *plan, int64_t device_id,
                                   struct standing *standing);

/*
 * The same by key, for a plan's product. A key that no device has but that is whitelisted: device_id 0, nothing known.
 * E_NOT_FOUND: neither.
 */
MUST_USE enum status standing_find_by_key(struct store *store, const struct plan *plan, const char *device_key,
                                          struct standing *standing);

#endif
