/*
 * One use of a named statement, for the rows of this room only.
 *
 *   struct query q;
 *   query_open(&q, store, sql_find);          prepared at its first use, kept by the address of its text
 *   query_bind_text(&q, key);                 ?1, ?2 ... in order
 *   while (query_step(&q)) {
 *       thing->id = query_int(&q);            columns in order
 *   }
 *   return query_close(&q);                   the first failure of all that
 *
 * The first failure sticks: later calls do nothing, columns are 0 and "". Bound texts must live until the close. A
 * statement in use cannot be opened again (an assert).
 */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "domain/device.h"
#include "domain/page.h"
#include "store/store.h"

struct query {
    struct store *store;
    sqlite3_stmt *statement;
    int parameter; /* last bound */
    int column;    /* next read */
    enum status status;
};

/* `sql` is static memory: its address is its name. */
void query_open(struct query *query, struct store *store, const char *sql);

void query_bind_int(struct query *query, int64_t value);
void query_bind_text(struct query *query, const char *text); /* NULL: SQL NULL */
void query_bind_maybe_int(struct query *query, struct maybe_int value);
void query_bind_maybe_number(struct query *query, struct maybe_number value);
void query_bind_instant(struct query *query, struct maybe_instant value);

/* Binds after (NULL: `first`), query and limit + 1, in this order. */
void query_bind_page(struct query *query, const struct page *page, const char *first);
/* The same for lists by id: `after` in decimal; what is no number is E_FORMAT. */
void query_bind_page_by_id(struct query *query, const struct page *page);

/* true: a row is there. false: the end, or a failure. */
bool query_step(struct query *query);

int64_t query_int(struct query *query);
bool query_bool(struct query *query);
int query_small(struct query *query);                                /* out of int's range: E_CORRUPT */
unsigned query_enum(struct query *query, unsigned count);            /* not below `count`: E_CORRUPT, 0 */
void query_text(struct query *query, char *target, size_t capacity); /* too long: E_CORRUPT */
const char *query_text_borrow(struct query *query);                  /* valid until the next step; never NULL */
struct maybe_int query_maybe_int(struct query *query);
struct maybe_number query_maybe_number(struct query *query);
struct maybe_instant query_instant(struct query *query);

/* The statement is ready for its next use. */
MUST_USE enum status query_close(struct query *query);

/* Steps to the end and closes; *changes (may be NULL) gets the number of rows written. */
MUST_USE enum status query_run(struct query *query, int64_t *changes);

/* query_run(), E_NOT_FOUND when no row was written. */
MUST_USE enum status query_run_on_one(struct query *query);

/* Of store.c: the one table from SQLite's result codes. */
enum status store_status_of(int code);
sqlite3 *store_connection(struct store *store);
/* A prepared statement for `sql`, or NULL and *status. */
sqlite3_stmt *store_statement(struct store *store, const char *sql, enum status *status);
/* Notes a failure's text; returns what `code` means. */
enum status store_note_failure(struct store *store, int code);

#endif
