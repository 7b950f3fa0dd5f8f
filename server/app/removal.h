/*
 * How products go, wholly or in part: what delete, reset, import and restore share.
 *
 *   app_use_begin_bulk --> removal_of(product) ... --> app_use_end --> removal_settle: memory, links, files
 */
#ifndef APP_REMOVAL_H
#define APP_REMOVAL_H

#include "app/catalog_files.h"
#include "store/product_tables.h"

struct removal {
    struct removed rows;
    int64_t links;
    int64_t tokens;
    int64_t faults;
    int64_t journal_entries;
    struct file_names files; /* whose rows have gone */
};
void removal_finish(struct removal *removal);

/* Within a bulk use: the rows; `keep` is enum product_keep. E_NOT_FOUND. */
MUST_USE enum status removal_of(struct app *app, const char *product_key, unsigned keep, struct removal *removal);

/*
 * After the commit: all that memory holds of the product (NULL: of every product) goes, its links are cut. `why`:
 * static text for the log.
 */
void removal_settle(struct app *app, const char *product_key, const char *why, struct removal *removal);

#endif
