/*
 * The upgrade log of a device in a plan (behaviour.md, 5), oldest first.
 */
#ifndef STORE_LOG_ROWS_H
#define STORE_LOG_ROWS_H

#include "domain/conduct.h"
#include "domain/page.h"
#include "domain/task.h"
#include "store/store.h"

/* `entry`->id is not read. */
MUST_USE enum status log_append(struct store *store, int64_t plan_id, int64_t device_id, const struct log_entry *entry);

typedef bool log_visitor(void *context, const struct log_entry *entry);
/* In order of the id; page->after is an id in decimal. */
MUST_USE enum status log_list(struct store *store, int64_t plan_id, int64_t device_id, const struct page *page,
                              log_visitor *each, void *context, bool *more);

/* Counts its protocolWarnings by their rules. */
MUST_USE enum status log_warnings(struct store *store, int64_t plan_id, int64_t device_id, struct warnings *warnings);

#endif
