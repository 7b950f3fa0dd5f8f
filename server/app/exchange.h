/*
 * Export and import: the whole state of products as one document (domain/state.h). For http/.
 *
 *   export:  app_export_head, app_export_rows --> rows with the document's numbers, files by digest
 *   import:  rows, files in tmp/ --rules--> one transaction: [replaced products go] rows in, files into files/ --commit-->
 *            clocks, firmware links, faults, events
 *
 * Links of devices are not part of it: a device that was upgrading goes on when it connects again.
 */
#ifndef APP_EXCHANGE_H
#define APP_EXCHANGE_H

#include "app/app.h"
#include "domain/state.h"
#include "domain/violation.h"

/* Key, secret, name, time and clock; no rows. E_NOT_FOUND. */
MUST_USE enum status app_export_head(struct app *app, const char *product_key, struct state_of_product *head);

/* All rows, table by table. E_NOT_FOUND. */
MUST_USE enum status app_export_rows(struct app *app, const char *product_key, state_visitor *each, void *context);

/* The number of a plan in the document; 0: it is none of the product's. */
MUST_USE enum status app_export_plan(struct app *app, const char *product_key, int64_t plan_id, int64_t *number);

/* The content of a file, which came with the document: complete, digests checked, in app_upload_dir(). */
struct import_file {
    char sha256[65];
    char md5[33];
    char crc32[9];
    int64_t size;
    char name[LIMIT_TOKEN + 1];
};

/* A fault of a product; match.plan_id is a number of the document. */
struct import_fault {
    size_t product; /* of the products of the import */
    struct fault fault;
    int64_t seen; /* uses that it has had */
};

struct import {
    struct state_of_product *products;
    size_t product_count;
    const struct import_file *files;
    size_t file_count;
    const struct import_fault *faults;
    size_t fault_count;
    bool replace; /* products that exist go first */
};

/*
 * All or nothing. Files that did not come along are taken from those that are here. Form (types, words, numbers that
 * refer to rows) is the caller's to check. E_RULE: with violations, pointers as in the document. E_EXISTS: a product
 * exists; its pointer is in `violations` too. E_FULL. Not within a use.
 */
MUST_USE enum status app_import(struct app *app, const struct import *import, struct violations *violations);

/*
 * Around an import that goes through the use cases one by one (a fixture): they share one transaction. begin: products
 * of these keys that exist are removed when `replace`, else E_EXISTS and their pointers. end: keeps all when `status` is
 * OK, else nothing of it is left. Not within a use.
 */
struct replacing;
MUST_USE enum status app_replace_begin(struct app *app, const char *const *product_keys, size_t count, bool replace,
                                       struct violations *violations, struct replacing **replacing);
MUST_USE enum status app_replace_end(struct app *app, struct replacing *replacing, enum status status);

/* The rules of an import that need nothing but the product itself; place: "/products/0". */
void exchange_check(struct app *app, const struct state_of_product *state, const char *place,
                    struct violations *violations);

#endif
