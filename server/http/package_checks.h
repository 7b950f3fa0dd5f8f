/*
 * Whether the stored files of packages still are what was uploaded: read again, size, MD5, SHA-256 and CRC-32 compared.
 *
 *   loop                                         one thread of low priority
 *     package_checks_start()  all, page by page --+
 *     package_checks_demand() one, goes first ----+--> queue --> hash file after file --+
 *     <---------------------- wake-up: result kept, logged, mapping forgotten, done() --+
 *
 * A job carries a copy of what it needs: the thread sees neither app/ nor the database. Results are kept in memory, per
 * package; a package that nobody checked since the start has none. All functions: the loop's thread.
 */
#ifndef HTTP_PACKAGE_CHECKS_H
#define HTTP_PACKAGE_CHECKS_H

#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"
#include "domain/package.h"
#include "http/mapping.h"
#include "loop/loop.h"

enum { CHECK_DETAIL = 160 };

struct file_check {
    int index;
    char name[LIMIT_FILE_NAME + 1];
    char stored[64];
    bool intact;
    char detail[CHECK_DETAIL]; /* what is wrong; "" when it is intact */
};

struct package_check {
    int64_t package_id;
    int64_t checked_at; /* of the product's clock */
    size_t count;
    struct file_check files[LIMIT_PACKAGE_FILES];
};

struct package_checks;

/* All are borrowed. Starts the thread. */
MUST_USE enum status package_checks_create(struct loop *loop, struct app *app, struct mappings *mappings,
                                           struct package_checks **checks);

/* Ends the thread in the middle of its work; done() of what still waits is not called. NULL is allowed. */
void package_checks_destroy(struct package_checks *checks);

/* Checks all packages in the background; what is damaged is logged. Once. */
void package_checks_start(struct package_checks *checks);

/* `check` is borrowed for the call, and only there with OK. E_NOT_FOUND: the package has gone meanwhile; E_NOMEM. */
typedef void package_check_done(void *context, enum status status, const struct package_check *check);

/* Checks one now. When it does not return OK, done() is never called. E_NOT_FOUND, E_NOMEM, what the store says. */
MUST_USE enum status package_checks_demand(struct package_checks *checks, int64_t package_id, package_check_done *done,
                                           void *context);

/* done() of these will not be called. */
void package_checks_forget_waiter(struct package_checks *checks, const void *context);

/* The last result; NULL: none since the start. Borrowed until the loop goes on. */
const struct package_check *package_checks_find(const struct package_checks *checks, int64_t package_id);

/* The package is no more. */
void package_checks_drop(struct package_checks *checks, int64_t package_id);

#endif
