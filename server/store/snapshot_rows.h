/*
 * Snapshots: their names, and their rows in a database of their own.
 *
 *   mockdc.db: snapshot(product, name, folder)        snapshots/<folder>/state.db: device, plan, task ... as they were
 *                                                                       /<stored>: the files of packages (hard links)
 *
 *   write: ATTACH, CREATE TABLE ... AS SELECT, DETACH          read: attach, [bulk transaction: insert], detach
 */
#ifndef STORE_SNAPSHOT_ROWS_H
#define STORE_SNAPSHOT_ROWS_H

#include "domain/page.h"
#include "domain/snapshot.h"
#include "store/store.h"

/* Counts what the product has now into *snapshot and stores it. E_EXISTS: the name is taken; E_NOT_FOUND: no product. */
MUST_USE enum status snapshot_insert(struct store *store, const char *product_key, struct snapshot *snapshot);
MUST_USE enum status snapshot_find(struct store *store, const char *product_key, const char *name,
                                   struct snapshot *snapshot); /* E_NOT_FOUND */
MUST_USE enum status snapshot_delete(struct store *store, int64_t id);
MUST_USE enum status snapshot_count(struct store *store, const char *product_key, int64_t *count);

typedef bool snapshot_visitor(void *context, const struct snapshot *snapshot);
/* In order of the name; page->after is a name. */
MUST_USE enum status snapshot_list(struct store *store, const char *product_key, const struct page *page,
                                   snapshot_visitor *each, void *context, bool *more);

MUST_USE enum status snapshot_folder_is_known(struct store *store, const char *folder, bool *known);

/* Writes the product's rows into a new database at `path`. Not in a transaction. */
MUST_USE enum status snapshot_write(struct store *store, const char *product_key, const char *path);

/* Opens it beside ours and closes it again; both not in a transaction. */
MUST_USE enum status snapshot_attach(struct store *store, const char *path);
void snapshot_detach(struct store *store);

/*
 * Puts its rows back, with the ids that they had (but those of log entries): the product must have none, and nothing
 * of it may be left in `removed` (store/product_tables.h). Attached, in a bulk transaction. Timeouts that ended before
 * `now` start anew.
 */
MUST_USE enum status snapshot_put_back(struct store *store, const char *product_key, int64_t now);

/* Running timeouts of the product that ended before `now` start anew. In a transaction. */
MUST_USE enum status snapshot_rearm(struct store *store, const char *product_key, int64_t now);

#endif
