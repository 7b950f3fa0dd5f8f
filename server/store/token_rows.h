/*
 * Firmware tokens: one per file of one attempt of one component (api.md, /firmware).
 *
 *   insert --> alive --token_expire_of()--> expired (410) --7 days--> purged (404)
 *
 * Which file it means follows from the task's plan component, its package and the file's index.
 */
#ifndef STORE_TOKEN_ROWS_H
#define STORE_TOKEN_ROWS_H

#include "domain/device.h"
#include "domain/package.h"
#include "store/store.h"

struct firmware_token {
    char token[LIMIT_TOKEN + 1];
    int64_t task_id;
    int position;   /* of the task's component */
    int attempt;    /* from 1 */
    int file_index; /* of the package's files */
    int64_t created_at;
    struct maybe_instant expired_at;
};

MUST_USE enum status token_insert(struct store *store, const struct firmware_token *token); /* E_EXISTS */

/* Expires those of one component that are alive; `position` -1: of the whole task. */
MUST_USE enum status token_expire_of(struct store *store, int64_t task_id, int position, int64_t now);

/* A token and the file it names (borrowed). */
typedef bool token_visitor(void *context, const struct firmware_token *token, const struct package_file *file);

/* The alive ones of a component, in order of the file: for progress, and to be expired in app/'s table. */
MUST_USE enum status token_list(struct store *store, int64_t task_id, int position, token_visitor *each, void *context);

/* All, alive and expired, at start. */
MUST_USE enum status token_each(struct store *store, token_visitor *each, void *context);

/* The alive ones of a device or a product, before it is deleted. */
MUST_USE enum status token_each_of_device(struct store *store, int64_t device_id, token_visitor *each, void *context);
MUST_USE enum status token_each_of_product(struct store *store, const char *product_key, token_visitor *each,
                                           void *context);

/* The alive ones of a package, whatever task they belong to, and their end. */
MUST_USE enum status token_each_of_package(struct store *store, int64_t package_id, token_visitor *each, void *context);
MUST_USE enum status token_expire_of_package(struct store *store, int64_t package_id, int64_t now);

/* Removes those that expired before `instant`. */
MUST_USE enum status token_purge(struct store *store, int64_t instant);

#endif
