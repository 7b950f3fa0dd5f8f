/*
 * Answers kept for Idempotency-Key (api.md, Conventions).
 */
#ifndef STORE_ANSWER_ROWS_H
#define STORE_ANSWER_ROWS_H

#include "store/store.h"

struct answer_row {
    char digest[65]; /* SHA-256 of the request's body, hex */
    int http_status;
    char location[256];
    char *body; /* owned by the caller after find */
    int64_t at;
    const char *product_key; /* whose thing it is about, "" of no product; only to be stored */
};

MUST_USE enum status answer_find(struct store *store, const char *scope, const char *key, struct answer_row *answer);
MUST_USE enum status answer_insert(struct store *store, const char *scope, const char *key,
                                   const struct answer_row *answer); /* E_EXISTS */
/* Removes those older than `instant`. */
MUST_USE enum status answer_purge(struct store *store, int64_t instant);

#endif
