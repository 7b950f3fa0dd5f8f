/*
 * Snapshots of a product: its state under a name, to return to. For http/.
 *
 *   make:     rows --> snapshots/<folder>/state.db, files --hard links--> snapshots/<folder>/ --> row `snapshot`
 *   restore:  one transaction: the product's rows go, those of the snapshot come back with their ids --commit--> as a
 *             reset: links cut, calls answered; then clock, firmware links and faults as they were
 *
 * A snapshot is not touched by a reset of its product and goes when that is deleted. Faults live in memory, and so do
 * those of a snapshot: after a restart of the server it has none. Not within a use.
 */
#ifndef APP_SNAPSHOTS_H
#define APP_SNAPSHOTS_H

#include "app/app.h"
#include "domain/page.h"
#include "domain/snapshot.h"
#include "domain/violation.h"

/* E_RULE: the name; E_EXISTS: it is taken; E_STATE: there are LIMIT_SNAPSHOTS of the product; E_NOT_FOUND: no product. */
MUST_USE enum status app_snapshot_make(struct app *app, const char *product_key, const char *name,
                                       struct snapshot *snapshot, struct violations *violations);
MUST_USE enum status app_snapshot_find(struct app *app, const char *product_key, const char *name,
                                       struct snapshot *snapshot);
typedef void app_snapshot_visitor(void *context, const struct snapshot *snapshot);
MUST_USE enum status app_snapshots_list(struct app *app, const char *product_key, const struct page *page,
                                        app_snapshot_visitor *each, void *context, bool *more);
MUST_USE enum status app_snapshot_delete(struct app *app, const char *product_key, const char *name);

/* Running timeouts that would be over start anew; a running clock goes on from now. */
MUST_USE enum status app_snapshot_restore(struct app *app, const char *product_key, const char *name,
                                          struct snapshot *snapshot);

/* --- inside app/ ------------------------------------------------------------------------------------------------ */

/* Removes the folders of snapshots that no row names. Not within a use. */
void snapshots_sweep(struct app *app);
void snapshots_unload(struct app *app);

#endif
