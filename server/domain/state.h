/*
 * The state of a product as rows: what an export says and an import takes, table by table and member by member.
 *
 *   struct state_table "devices":  {"id": 1, "deviceKey": "867...", "battery": 90, ...}
 *                                    |        text              integer
 *                                    +-- number of the row in the document, 1 2 3 ...; other tables refer to it
 *
 * Description only: rows are read and written by store/state_rows.h, the JSON is made in http/state_json.h. An order of
 * tables: one that refers to another comes behind it.
 */
#ifndef DOMAIN_STATE_H
#define DOMAIN_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/status.h"

enum state_table_id {
    STATE_DEVICES,
    STATE_MCUS,
    STATE_PACKAGES,
    STATE_SOURCES,
    STATE_FILES,
    STATE_VERIFICATIONS,
    STATE_PLANS,
    STATE_COMPONENTS,
    STATE_TEXTS,
    STATE_LISTS,
    STATE_TASKS,
    STATE_TASK_COMPONENTS,
    STATE_LINKS,
    STATE_LOG,
    STATE_TABLE_COUNT
};

enum state_kind {
    STATE_ID,      /* the row's own number */
    STATE_REF,     /* of a row of table `refers`; to STATE_PLANS: negative is the plan of verification -n */
    STATE_INTEGER, /* least..most */
    STATE_BOOL,
    STATE_REAL,
    STATE_TEXT,    /* at most `most` bytes */
    STATE_INSTANT, /* UTC milliseconds; RFC 3339 in the document */
    STATE_WORD,    /* one of `words`, by word() */
};

struct state_column {
    const char *name;   /* in the database */
    const char *member; /* in the document */
    enum state_kind kind;
    bool optional; /* may be null */
    int64_t least;
    int64_t most;
    enum state_table_id refers;
    const char *(*word)(unsigned number);
    unsigned words;
};

enum { STATE_COLUMNS_MOST = 32 };

struct state_table {
    const char *name;   /* in the database */
    const char *member; /* in the document */
    const struct state_column *columns;
    size_t column_count;
    size_t most_of_parent; /* rows that refer to one row of the first STATE_REF; 0: any number */
};

const struct state_table *state_table(enum state_table_id id);

/* One value of a row. */
struct state_value {
    bool known; /* false: null */
    int64_t number;
    double real;
    const char *text; /* borrowed; of STATE_TEXT, and of STATE_FILES' "stored" */
};

/* A status other than OK stops. The values are borrowed for the call. */
typedef enum status state_visitor(void *context, enum state_table_id table, const struct state_value *row);

/* Rows of one table, one after the other: column_count values each. */
struct state_rows {
    struct state_value *values; /* owned */
    size_t count;               /* of rows */
    size_t capacity;
};
MUST_USE enum status state_rows_add(struct state_rows *rows, enum state_table_id table, struct state_value **row);

/* A product in whole, without what it has beside its rows (files, faults). */
struct state_of_product {
    char product_key[LIMIT_PRODUCT_KEY + 1];
    char secret[LIMIT_PRODUCT_SECRET + 1];
    char name[LIMIT_NAME + 1];
    int64_t created_at;
    bool has_clock;
    int clock_mode;
    int64_t clock_value;
    struct state_rows tables[STATE_TABLE_COUNT];
};
void state_finish(struct state_of_product *state);

/* The index of a column by its name in the database; column_count when there is none. */
size_t state_column_index(enum state_table_id table, const char *name);

#endif
