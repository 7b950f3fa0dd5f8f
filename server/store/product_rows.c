#include "store/product_rows.h"

#include "store/query.h"

#define COLUMNS "key, secret, name, created_at"

static void read_row(struct query *query, struct product *product)
{
    query_text(query, product->key, sizeof product->key);
    query_text(query, product->secret, sizeof product->secret);
    query_text(query, product->name, sizeof product->name);
    product->created_at = query_int(query);
}

static const char sql_insert[] = "INSERT INTO product (" COLUMNS ") VALUES (?1, ?2, ?3, ?4)";

enum status product_insert(struct store *store, const struct product *product)
{
    struct query query;
    query_open(&query, store, sql_insert);
    query_bind_text(&query, product->key);
    query_bind_text(&query, product->secret);
    query_bind_text(&query, product->name);
    query_bind_int(&query, product->created_at);
    return query_run(&query, NULL);
}

static const char sql_find[] = "SELECT " COLUMNS " FROM product WHERE key = ?1";

enum status product_find(struct store *store, const char *key, struct product *product)
{
    struct product found = {0};
    struct query query;
    query_open(&query, store, sql_find);
    query_bind_text(&query, key);
    bool any = query_step(&query);
    if (any) {
        read_row(&query, &found);
    }
    enum status status = query_close(&query);
    if (status == OK && any) {
        *product = found;
    }
    return status == OK && !any ? E_NOT_FOUND : status;
}

static const char sql_delete[] = "DELETE FROM product WHERE key = ?1";

enum status product_delete(struct store *store, const char *key)
{
    struct query query;
    query_open(&query, store, sql_delete);
    query_bind_text(&query, key);
    return query_run_on_one(&query);
}

static const char sql_list[] = "SELECT " COLUMNS " FROM product WHERE key > ?1"
                               " AND (?2 IS NULL OR instr(lower(key), lower(?2)) OR instr(lower(name), lower(?2)))"
                               " ORDER BY key LIMIT ?3";

enum status product_list(struct store *store, const struct page *page, product_visitor *each, void *context, bool *more)
{
    struct query query;
    query_open(&query, store, sql_list);
    query_bind_page(&query, page, "");
    *more = false;
    for (int seen = 0; query_step(&query); seen++) {
        struct product product = {0};
        if (seen == page->limit) {
            *more = true;
            break;
        }
        read_row(&query, &product);
        if (query.status != OK || !each(context, &product)) {
            break;
        }
    }
    return query_close(&query);
}

static const char sql_find_id[] = "SELECT id FROM product WHERE key = ?1";

enum status product_find_id(struct store *store, const char *key, int64_t *id)
{
    struct query query;
    query_open(&query, store, sql_find_id);
    query_bind_text(&query, key);
    bool any = query_step(&query);
    int64_t found = any ? query_int(&query) : 0;
    enum status status = query_close(&query);
    if (status == OK && any) {
        *id = found;
    }
    return status == OK && !any ? E_NOT_FOUND : status;
}
