#include "store/clock_rows.h"

#include <assert.h>

#include "store/query.h"

static_assert(CLOCK_MANUAL == 2, "stored numbers never change");

static const char sql_save_server[] = "INSERT INTO clock (product_id, mode, value) VALUES (0, ?1, ?2)"
                                      " ON CONFLICT DO UPDATE SET mode = excluded.mode, value = excluded.value";
static const char sql_save_own[] = "INSERT INTO clock (product_id, mode, value) SELECT id, ?1, ?2 FROM product"
                                   " WHERE key = ?3"
                                   " ON CONFLICT DO UPDATE SET mode = excluded.mode, value = excluded.value";

enum status clock_save(struct store *store, const char *product_key, const struct clock *clock)
{
    struct query query;
    query_open(&query, store, product_key == NULL ? sql_save_server : sql_save_own);
    query_bind_int(&query, clock->mode);
    query_bind_int(&query, clock->value);
    if (product_key != NULL) {
        query_bind_text(&query, product_key);
    }
    return query_run_on_one(&query);
}

static const char sql_drop[] =
    "DELETE FROM clock WHERE product_id = CASE WHEN ?1 IS NULL THEN 0 ELSE (SELECT id FROM product WHERE key = ?1) END";

enum status clock_drop(struct store *store, const char *product_key)
{
    struct query query;
    query_open(&query, store, sql_drop);
    query_bind_text(&query, product_key);
    return query_run(&query, NULL);
}

static const char sql_each[] = "SELECT product_id, coalesce(product.key, ''), mode, value FROM clock"
                               " LEFT JOIN product ON product.id = clock.product_id ORDER BY product_id";

enum status clock_each(struct store *store, clock_visitor *each, void *context)
{
    struct query query;
    query_open(&query, store, sql_each);
    while (query_step(&query)) {
        struct clock clock;
        bool is_server = query_int(&query) == 0;
        const char *key = query_text_borrow(&query);
        clock.mode = (enum clock_mode)query_enum(&query, CLOCK_MODE_COUNT);
        clock.value = query_int(&query);
        if (query.status != OK || !each(context, is_server ? NULL : key, &clock)) {
            break;
        }
    }
    return query_close(&query);
}
