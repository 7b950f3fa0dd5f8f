/*
 * Devices: identity and the latest of everything reported. A product that is absent is E_NOT_FOUND everywhere.
 */
#ifndef STORE_DEVICE_ROWS_H
#define STORE_DEVICE_ROWS_H

#include "domain/device.h"
#include "domain/page.h"
#include "store/store.h"

MUST_USE enum status device_find(struct store *store, const char *product_key, const char *device_key,
                                 struct device *device);
MUST_USE enum status device_find_by_id(struct store *store, int64_t id, struct device *device);

/* What names it in logs and orders; cheaper than the whole row. E_NOT_FOUND. */
struct device_brief {
    char product_key[LIMIT_PRODUCT_KEY + 1];
    char device_key[LIMIT_DEVICE_KEY + 1];
    char sdk_version[LIMIT_DEVICE_TEXT + 1];
};
MUST_USE enum status device_find_brief(struct store *store, int64_t id, struct device_brief *brief);

/* Stores all members (also what was reported) and fills in device->id. E_EXISTS: the product has this key already. */
MUST_USE enum status device_insert(struct store *store, struct device *device);

/* secret, enabled, auth_mode, session_encrypted, first and last seen. E_NOT_FOUND: no row with device->id. */
MUST_USE enum status device_update_identity(struct store *store, const struct device *device);

/* Everything reported (status, information, module versions, last seen) except the MCU versions. E_NOT_FOUND as above.
 */
MUST_USE enum status device_update_reported(struct store *store, const struct device *device);

/* The MCU version list as it is in *device; unchanged entries are not written. */
MUST_USE enum status device_update_mcus(struct store *store, const struct device *device);

MUST_USE enum status device_touch(struct store *store, int64_t id, int64_t last_seen_at);
MUST_USE enum status device_count_malformed(struct store *store, int64_t id); /* adds one */

MUST_USE enum status device_delete(struct store *store, int64_t id); /* with its tasks, logs and tokens */

typedef bool device_visitor(void *context, const struct device *device);
/* In order of the device key. page->limit may be INT_MAX where the visitor stops by itself. */
MUST_USE enum status device_list(struct store *store, const char *product_key, const struct page *page,
                                 device_visitor *each, void *context, bool *more);

typedef bool device_id_visitor(void *context, int64_t device_id);
MUST_USE enum status device_ids_of_product(struct store *store, const char *product_key, device_id_visitor *each,
                                           void *context);

#endif
