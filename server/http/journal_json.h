/*
 * Entries of the journal as their readers see them (api.md, GET /journal).
 *
 *   {"id": 17, "at": ..., "wallAt": ..., "kind": "firmware", "productKey": "demo", "deviceKey": "8671", "planId": 3,
 *    "componentNo": "STM32", "method": "GET", "target": "/firmware/Zr...Qw.bin", "range": "bytes=0-9", "status": 206,
 * ...}
 */
#ifndef HTTP_JOURNAL_JSON_H
#define HTTP_JOURNAL_JSON_H

#include <jansson.h>

#include "app/journal.h"

/* NULL: memory was used up. */
json_t *journal_entry_json(struct app *app, const struct journal_entry *entry);

/* A firmware request as an entry of an HTTP archive (HAR 1.2). `base`: of its URL. */
json_t *journal_entry_har(const struct journal_entry *entry, const char *base);

#endif
