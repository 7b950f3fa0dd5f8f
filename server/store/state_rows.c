#include "store/state_rows.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/product_rows.h"
#include "store/query.h"

enum { SQL_TEXT = 1200 };

/* ?1: the product's id */
#define IN_DEVICES  "device_id IN (SELECT id FROM device WHERE product_id = ?1)"
#define IN_PACKAGES "package_id IN (SELECT id FROM package WHERE product_id = ?1)"
#define IN_PLANS    "plan_id IN (SELECT id FROM plan WHERE product_id = ?1)"
#define IN_TASKS    "task_id IN (SELECT task.id FROM plan JOIN task ON task.plan_id = plan.id WHERE product_id = ?1)"

/* Which rows of a table are the product's, in which order. Verifications' plans come behind the others. */
static const struct {
    const char *where;
    const char *order;
    bool has_product; /* the table itself names the product */
} sources[STATE_TABLE_COUNT] = {
    [STATE_DEVICES] = {"product_id = ?1", "id", true},
    [STATE_MCUS] = {IN_DEVICES, "device_id, position", false},
    [STATE_PACKAGES] = {"product_id = ?1", "id", true},
    [STATE_SOURCES] = {IN_PACKAGES, "package_id, position", false},
    [STATE_FILES] = {IN_PACKAGES, "package_id, position", false},
    [STATE_VERIFICATIONS] = {IN_PACKAGES, "id", false},
    [STATE_PLANS] = {"product_id = ?1", "id < 0, abs(id)", true},
    [STATE_COMPONENTS] = {IN_PLANS, "plan_id < 0, abs(plan_id), position", false},
    [STATE_TEXTS] = {IN_PLANS, "plan_id, position", false},
    [STATE_LISTS] = {IN_PLANS, "plan_id, list, device_key", false},
    [STATE_TASKS] = {IN_PLANS, "id", false},
    [STATE_TASK_COMPONENTS] = {IN_TASKS, "task_id, position", false},
    [STATE_LINKS] = {IN_TASKS, "task_id, position, attempt, file_index, token", false},
    [STATE_LOG] = {IN_PLANS, "id", false},
};

/* Statements are known by the address of their text: made once. */
static const char *text_of(enum state_table_id id, bool insert)
{
    static char selects[STATE_TABLE_COUNT][SQL_TEXT];
    static char inserts[STATE_TABLE_COUNT][SQL_TEXT];
    const struct state_table *table = state_table(id);
    char *text = insert ? inserts[id] : selects[id];
    char columns[SQL_TEXT / 2] = "";
    char marks[SQL_TEXT / 4] = "";
    if (text[0] != '\0') {
        return text;
    }
    for (size_t i = 0; i < table->column_count; i++) {
        size_t used = strlen(columns);
        (void)snprintf(columns + used, sizeof columns - used, "%s%s", i == 0 ? "" : ", ", table->columns[i].name);
        used = strlen(marks);
        (void)snprintf(marks + used, sizeof marks - used, "%s?", i == 0 ? "" : ", ");
    }
    bool has_product = sources[id].has_product;
    int length = insert ? snprintf(text, SQL_TEXT, "INSERT INTO %s (%s%s) VALUES (%s%s)", table->name, columns,
                                   has_product ? ", product_id" : "", marks, has_product ? ", ?" : "")
                        : snprintf(text, SQL_TEXT, "SELECT %s FROM %s WHERE %s ORDER BY %s", columns, table->name,
                                   sources[id].where, sources[id].order);
    assert(length < SQL_TEXT);
    (void)length;
    return text;
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

/* Ids in ascending order; the number of one is its place, from 1. */
struct numbers {
    int64_t *ids; /* owned */
    size_t count;
    size_t capacity;
};

static enum status numbers_add(struct numbers *numbers, int64_t id)
{
    if (numbers->count == numbers->capacity) {
        size_t capacity = numbers->capacity == 0 ? 64 : 2 * numbers->capacity;
        int64_t *grown = realloc(numbers->ids, capacity * sizeof *grown);
        if (grown == NULL) {
            return E_NOMEM;
        }
        numbers->ids = grown;
        numbers->capacity = capacity;
    }
    numbers->ids[numbers->count++] = id;
    return OK;
}

static int64_t number_of(const struct numbers *numbers, int64_t id)
{
    size_t low = 0;
    size_t high = numbers->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (numbers->ids[middle] < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < numbers->count && numbers->ids[low] == id ? (int64_t)low + 1 : 0;
}

struct reading {
    struct store *store;
    int64_t product_id;
    struct numbers numbers[STATE_TABLE_COUNT];
    struct numbers activations;
    state_visitor *each;
    void *context;
};

static const char sql_activations[] =
    "SELECT activation FROM plan WHERE product_id = ?1 AND activation IS NOT NULL ORDER BY activation";

static enum status read_activations(struct reading *reading)
{
    struct query query;
    query_open(&query, reading->store, sql_activations);
    query_bind_int(&query, reading->product_id);
    while (query_step(&query)) {
        enum status status = numbers_add(&reading->activations, query_int(&query));
        query.status = query.status == OK ? status : query.status;
    }
    return query_close(&query);
}

/* The number in the document of a row that is referred to. */
static int64_t local(const struct reading *reading, const struct state_column *column, int64_t id)
{
    bool of_verification = column->refers == STATE_PLANS && id < 0;
    int64_t number = number_of(&reading->numbers[of_verification ? STATE_VERIFICATIONS : column->refers],
                               of_verification ? -id : id);
    return of_verification ? -number : number;
}

static void read_value(struct reading *reading, struct query *query, enum state_table_id table,
                       const struct state_column *column, struct state_value *value)
{
    *value = (struct state_value){0};
    if (column->kind == STATE_TEXT) {
        value->text = query_text_borrow(query);
        value->known = true;
        return;
    }
    if (column->kind == STATE_REAL) {
        struct maybe_number number = query_maybe_number(query);
        *value = (struct state_value){.known = number.known, .real = number.value};
        return;
    }
    struct maybe_int number = query_maybe_int(query);
    *value = (struct state_value){.known = number.known, .number = number.value};
    bool own = column == &state_table(table)->columns[0];
    if (own && (column->kind == STATE_ID || table == STATE_PLANS) && number.value > 0) {
        enum status status = numbers_add(&reading->numbers[table], number.value);
        query->status = query->status == OK ? status : query->status;
    }
    if (column->kind == STATE_ID) {
        value->number = (int64_t)reading->numbers[table].count;
    } else if (column->kind == STATE_REF) {
        value->number = local(reading, column, number.value);
    } else if (table == STATE_PLANS && value->known && strcmp(column->name, "activation") == 0) {
        value->number = number_of(&reading->activations, number.value);
    }
}

static enum status read_table(struct reading *reading, enum state_table_id id)
{
    const struct state_table *table = state_table(id);
    struct state_value row[STATE_COLUMNS_MOST];
    struct query query;
    query_open(&query, reading->store, text_of(id, false));
    query_bind_int(&query, reading->product_id);
    while (query_step(&query)) {
        for (size_t i = 0; i < table->column_count; i++) {
            read_value(reading, &query, id, &table->columns[i], &row[i]);
        }
        if (query.status == OK) {
            query.status = reading->each(reading->context, id, row);
        }
    }
    return query_close(&query);
}

enum status state_rows_each(struct store *store, const char *product_key, state_visitor *each, void *context)
{
    struct reading reading = {.store = store, .each = each, .context = context};
    enum status status = product_find_id(store, product_key, &reading.product_id);
    if (status == OK) {
        status = read_activations(&reading);
    }
    for (size_t i = 0; i < STATE_TABLE_COUNT && status == OK; i++) {
        status = read_table(&reading, (enum state_table_id)i);
    }
    for (size_t i = 0; i < STATE_TABLE_COUNT; i++) {
        free(reading.numbers[i].ids);
    }
    free(reading.activations.ids);
    return status;
}

/* --- putting in ------------------------------------------------------------------------------------------------- */

struct putting {
    struct store *store;
    int64_t product_id;
    int64_t last[STATE_TABLE_COUNT]; /* the id given last, of tables with ids */
    int64_t last_activation;
};

static const char sql_last[] = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?1), 0)";
static const char sql_last_activation[] = "SELECT coalesce(max(activation), 0) FROM plan";
static const char sql_insert_product[] = "INSERT INTO product (key, secret, name, created_at) VALUES (?1, ?2, ?3, ?4)";
static const char sql_insert_clock[] = "INSERT INTO clock (product_id, mode, value) VALUES (?1, ?2, ?3)";
static const char sql_count_lists[] =
    "UPDATE plan SET whitelist_count ="
    " (SELECT count(*) FROM plan_list WHERE plan_list.plan_id = plan.id AND list = 0), blacklist_count ="
    " (SELECT count(*) FROM plan_list WHERE plan_list.plan_id = plan.id AND list = 1) WHERE product_id = ?1";

static enum status read_last(struct putting *putting)
{
    static const enum state_table_id with_ids[] = {STATE_DEVICES, STATE_PACKAGES, STATE_VERIFICATIONS, STATE_PLANS,
                                                   STATE_TASKS};
    struct query query;
    query_open(&query, putting->store, sql_last_activation);
    putting->last_activation = query_step(&query) ? query_int(&query) : 0;
    enum status status = query_close(&query);
    for (size_t i = 0; i < sizeof with_ids / sizeof with_ids[0] && status == OK; i++) {
        query_open(&query, putting->store, sql_last);
        query_bind_text(&query, state_table(with_ids[i])->name);
        putting->last[with_ids[i]] = query_step(&query) ? query_int(&query) : 0;
        status = query_close(&query);
    }
    return status;
}

static enum status insert_product(struct putting *putting, const struct state_of_product *state)
{
    struct query query;
    query_open(&query, putting->store, sql_insert_product);
    query_bind_text(&query, state->product_key);
    query_bind_text(&query, state->secret);
    query_bind_text(&query, state->name);
    query_bind_int(&query, state->created_at);
    enum status status = query_run(&query, NULL);
    putting->product_id = sqlite3_last_insert_rowid(store_connection(putting->store));
    if (status == OK && state->has_clock) {
        query_open(&query, putting->store, sql_insert_clock);
        query_bind_int(&query, putting->product_id);
        query_bind_int(&query, state->clock_mode);
        query_bind_int(&query, state->clock_value);
        status = query_run(&query, NULL);
    }
    return status;
}

static int64_t global(const struct putting *putting, const struct state_column *column, int64_t number)
{
    bool of_verification = column->refers == STATE_PLANS && number < 0;
    return of_verification ? -(putting->last[STATE_VERIFICATIONS] - number) : putting->last[column->refers] + number;
}

static void bind_value(const struct putting *putting, struct query *query, enum state_table_id table,
                       const struct state_column *column, const struct state_value *value)
{
    int64_t number = value->number;
    if (column->kind == STATE_TEXT) {
        query_bind_text(query, value->text);
    } else if (column->kind == STATE_REAL) {
        query_bind_maybe_number(query, (struct maybe_number){value->known, value->real});
    } else {
        if (column->kind == STATE_ID) {
            number += putting->last[table];
        } else if (column->kind == STATE_REF) {
            number = global(putting, column, number);
        } else if (table == STATE_PLANS && strcmp(column->name, "activation") == 0) {
            number += putting->last_activation;
        }
        query_bind_maybe_int(query, (struct maybe_int){value->known, number});
    }
}

static enum status insert_rows(struct putting *putting, enum state_table_id id, const struct state_rows *rows,
                               struct state_place *place)
{
    const struct state_table *table = state_table(id);
    enum status status = OK;
    for (size_t row = 0; row < rows->count && status == OK; row++) {
        struct query query;
        query_open(&query, putting->store, text_of(id, true));
        for (size_t i = 0; i < table->column_count; i++) {
            bind_value(putting, &query, id, &table->columns[i], &rows->values[row * table->column_count + i]);
        }
        if (sources[id].has_product) {
            query_bind_int(&query, putting->product_id);
        }
        status = query_run(&query, NULL);
        if (status != OK) {
            *place = (struct state_place){id, row};
        }
    }
    return status;
}

enum status state_rows_insert(struct store *store, const struct state_of_product *state, struct state_place *place,
                              int64_t *first_plan)
{
    assert(store_in_transaction(store));
    struct putting putting = {.store = store};
    *place = (struct state_place){.table = STATE_TABLE_COUNT};
    enum status status = read_last(&putting);
    if (status == OK) {
        status = insert_product(&putting, state);
    }
    for (size_t i = 0; i < STATE_TABLE_COUNT && status == OK; i++) {
        status = insert_rows(&putting, (enum state_table_id)i, &state->tables[i], place);
    }
    if (status != OK) {
        return status;
    }
    *first_plan = putting.last[STATE_PLANS] + 1;
    struct query query;
    query_open(&query, store, sql_count_lists);
    query_bind_int(&query, putting.product_id);
    return query_run(&query, NULL);
}

static const char sql_plan_number[] =
    "SELECT count(*) FROM product JOIN plan ON plan.product_id = product.id WHERE product.key = ?1 AND plan.id > 0"
    " AND plan.id <= ?2 AND EXISTS (SELECT 1 FROM plan AS own WHERE own.id = ?2 AND own.product_id = product.id)";

enum status state_plan_number(struct store *store, const char *product_key, int64_t plan_id, int64_t *number)
{
    struct query query;
    query_open(&query, store, sql_plan_number);
    query_bind_text(&query, product_key);
    query_bind_int(&query, plan_id);
    int64_t value = query_step(&query) ? query_int(&query) : 0;
    enum status status = query_close(&query);
    if (status == OK) {
        *number = value;
    }
    return status;
}

static const char sql_file[] = "SELECT stored FROM package_file WHERE sha256 = ?1 AND size = ?2 LIMIT 1";

enum status state_file_find(struct store *store, const char *sha256, int64_t size, char stored[64])
{
    char found[64] = "";
    struct query query;
    query_open(&query, store, sql_file);
    query_bind_text(&query, sha256);
    query_bind_int(&query, size);
    bool any = query_step(&query);
    if (any) {
        query_text(&query, found, sizeof found);
    }
    enum status status = query_close(&query);
    if (status == OK && any) {
        memcpy(stored, found, sizeof found);
    }
    return status == OK && !any ? E_NOT_FOUND : status;
}
