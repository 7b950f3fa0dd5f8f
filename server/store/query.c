#include "store/query.h"

#include <assert.h>
#include <limits.h>

#include "base/text.h"

void query_open(struct query *query, struct store *store, const char *sql)
{
    *query = (struct query){.store = store};
    query->statement = store_statement(store, sql, &query->status);
    assert(query->statement == NULL || !sqlite3_stmt_busy(query->statement));
}

static void note(struct query *query, int code)
{
    if (code != SQLITE_OK) {
        query->status = store_note_failure(query->store, code);
    }
}

void query_bind_int(struct query *query, int64_t value)
{
    if (query->status == OK) {
        note(query, sqlite3_bind_int64(query->statement, ++query->parameter, value));
    }
}

void query_bind_text(struct query *query, const char *text)
{
    if (query->status == OK) {
        note(query, sqlite3_bind_text(query->statement, ++query->parameter, text, -1, SQLITE_STATIC));
    }
}

static void bind_null(struct query *query)
{
    if (query->status == OK) {
        note(query, sqlite3_bind_null(query->statement, ++query->parameter));
    }
}

void query_bind_maybe_int(struct query *query, struct maybe_int value)
{
    if (value.known) {
        query_bind_int(query, value.value);
    } else {
        bind_null(query);
    }
}

void query_bind_maybe_number(struct query *query, struct maybe_number value)
{
    if (!value.known) {
        bind_null(query);
    } else if (query->status == OK) {
        note(query, sqlite3_bind_double(query->statement, ++query->parameter, value.value));
    }
}

void query_bind_instant(struct query *query, struct maybe_instant value)
{
    query_bind_maybe_int(query, (struct maybe_int){value.known, value.at});
}

static void bind_filter_and_limit(struct query *query, const struct page *page)
{
    query_bind_text(query, page->query);
    query_bind_int(query, (int64_t)page->limit + 1);
}

void query_bind_page(struct query *query, const struct page *page, const char *first)
{
    query_bind_text(query, page->after != NULL ? page->after : first);
    bind_filter_and_limit(query, page);
}

void query_bind_page_by_id(struct query *query, const struct page *page)
{
    int64_t after = 0;
    if (page->after != NULL && query->status == OK) {
        query->status = text_parse_int(page->after, 0, INT64_MAX, &after);
    }
    query_bind_int(query, after);
    bind_filter_and_limit(query, page);
}

bool query_step(struct query *query)
{
    if (query->status != OK) {
        return false;
    }
    query->column = 0;
    int code = sqlite3_step(query->statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        note(query, code);
    }
    return code == SQLITE_ROW;
}

int64_t query_int(struct query *query)
{
    return query->status == OK ? sqlite3_column_int64(query->statement, query->column++) : 0;
}

bool query_bool(struct query *query)
{
    return query_int(query) != 0;
}

int query_small(struct query *query)
{
    int64_t value = query_int(query);
    if (value < INT_MIN || value > INT_MAX) {
        query->status = E_CORRUPT;
        return 0;
    }
    return (int)value;
}

unsigned query_enum(struct query *query, unsigned count)
{
    int64_t value = query_int(query);
    if (value < 0 || value >= (int64_t)count) {
        query->status = E_CORRUPT;
        return 0;
    }
    return (unsigned)value;
}

const char *query_text_borrow(struct query *query)
{
    if (query->status != OK) {
        return "";
    }
    const unsigned char *text = sqlite3_column_text(query->statement, query->column++);
    return text != NULL ? (const char *)text : "";
}

void query_text(struct query *query, char *target, size_t capacity)
{
    if (text_copy(target, capacity, query_text_borrow(query)) != OK) {
        query->status = E_CORRUPT;
    }
}

static bool is_null(struct query *query)
{
    return query->status != OK || sqlite3_column_type(query->statement, query->column) == SQLITE_NULL;
}

struct maybe_int query_maybe_int(struct query *query)
{
    bool known = !is_null(query);
    return (struct maybe_int){.known = known, .value = query_int(query)};
}

struct maybe_number query_maybe_number(struct query *query)
{
    struct maybe_number number = {.known = !is_null(query)};
    if (query->status == OK) {
        number.value = sqlite3_column_double(query->statement, query->column++);
    }
    return number;
}

struct maybe_instant query_instant(struct query *query)
{
    struct maybe_int value = query_maybe_int(query);
    return (struct maybe_instant){.known = value.known, .at = value.value};
}

enum status query_close(struct query *query)
{
    if (query->statement != NULL) {
        /* The result repeats the failure of the last step, which is in `status` already. */
        (void)sqlite3_reset(query->statement);
        (void)sqlite3_clear_bindings(query->statement);
        query->statement = NULL;
    }
    return query->status;
}

enum status query_run(struct query *query, int64_t *changes)
{
    while (query_step(query)) {
    }
    if (changes != NULL && query->status == OK) {
        *changes = sqlite3_changes64(store_connection(query->store));
    }
    return query_close(query);
}

enum status query_run_on_one(struct query *query)
{
    int64_t changes = 0;
    enum status status = query_run(query, &changes);
    return status == OK && changes == 0 ? E_NOT_FOUND : status;
}
