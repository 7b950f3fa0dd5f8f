/*
 * Version packages, their source versions and files. The files themselves are app/'s.
 */
#ifndef STORE_PACKAGE_ROWS_H
#define STORE_PACKAGE_ROWS_H

#include "domain/package.h"
#include "domain/page.h"
#include "store/store.h"

/* Fills in package->id. E_EXISTS: the name is taken in the product. E_NOT_FOUND: no such product. */
MUST_USE enum status package_insert(struct store *store, struct package *package);
MUST_USE enum status package_find(struct store *store, int64_t id, struct package *package); /* package_finish() it */

/* Whether a component of any plan names it, or a verification of it is running. */
MUST_USE enum status package_is_used(struct store *store, int64_t id, bool *used);
/* With its verifications. E_STATE: it is used. E_NOT_FOUND */
MUST_USE enum status package_delete(struct store *store, int64_t id);

/* Marks it as revoked; there is no way back. */
MUST_USE enum status package_revoke(struct store *store, int64_t id);

typedef bool package_visitor(void *context, const struct package *package);
/* In order of the id; page->after is an id in decimal. `product_key` NULL: of all products. */
MUST_USE enum status package_list(struct store *store, const char *product_key, const struct page *page,
                                  package_visitor *each, void *context, bool *more);

typedef bool package_file_visitor(void *context, const char *stored);
/* The `stored` names of all files, of one product or (NULL) of all. */
MUST_USE enum status package_files_each(struct store *store, const char *product_key, package_file_visitor *each,
                                        void *context);
/* Whether a row names the file `stored`. */
MUST_USE enum status package_file_is_known(struct store *store, const char *stored, bool *known);

#endif
