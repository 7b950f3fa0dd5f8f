/*
 * The database: one file, one connection, one thread (the loop's). The only room that sees sqlite3.
 *
 *   begin --- savepoint --- rows --- release ------------- commit       a use case (app/)
 *     |           |                                          |
 *     |           +--- rollback_to (this use case alone)     +--- on the disk's way (WAL, synchronous NORMAL)
 *     +--- rollback (all of it)
 *
 * A crash of the process loses nothing that was committed; a power cut may lose the last commits, never half of one.
 *
 * Writers of more than one statement want an open transaction (an assert says so). A failure such as a full disk can
 * make SQLite give up the whole transaction: from then on every call fails with that status until store_rollback() or
 * store_commit() (which then fails too), so that the rest of a lost transaction cannot be stored alone.
 *
 * Visitors get borrowed rows, valid for the call; false stops the list. A visitor may read other things from the store
 * but may not start the list it is called from again, and writes nothing.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct store;

/*
 * Opens or makes the database at `path` (only its owner may read it: it holds secrets) and migrates it to the newest
 * schema. E_VERSION: a newer mockdc wrote it. E_CORRUPT: it is no database. E_AGAIN: another process holds it. *error
 * says more.
 */
MUST_USE enum status store_open(const char *path, struct store **store, struct error *error);

/* Rolls back what is open, checkpoints, closes. NULL is allowed. */
void store_close(struct store *store);

/* Not nested: an assert. Commit and rollback end every savepoint too. A failed commit has rolled back. */
MUST_USE enum status store_begin(struct store *store);
MUST_USE enum status store_commit(struct store *store);
void store_rollback(struct store *store);
bool store_in_transaction(const struct store *store);

/*
 * A transaction in which references between rows are not enforced and nothing cascades, for removing and putting back
 * whole products; who opens it answers for the references. Every statement is prepared anew afterwards (tens of
 * microseconds each).
 */
MUST_USE enum status store_begin_bulk(struct store *store);

/* Nested as a stack, inside a transaction. rollback_to undoes and ends the innermost savepoint. */
MUST_USE enum status store_savepoint(struct store *store);
MUST_USE enum status store_release(struct store *store);
void store_rollback_to(struct store *store);

/* quick_check and foreign_key_check: E_CORRUPT and the first finding in *error. Reads the whole file. */
MUST_USE enum status store_integrity(struct store *store, struct error *error);

/* Reads and writes one row, for /readyz. */
MUST_USE enum status store_ping(struct store *store, int64_t now);

/* Commits since the start, what they took together and the longest, in microseconds. */
void store_times(const struct store *store, int64_t *commits, int64_t *total_us, int64_t *longest_us);

/* A number that grows with every row written on this connection: equal means nothing was stored in between. */
int64_t store_changes(const struct store *store);

/* What SQLite said at the last failure, for the log. Borrowed until the next call. */
const char *store_last_error(const struct store *store);

#endif
