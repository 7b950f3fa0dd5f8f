/* The white- and blacklists of plans, and who is a member (plan_rows.h). */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "store/plan_rows.h"
#include "store/query.h"

static_assert(LIST_WHITE == 0 && LIST_BLACK == 1, "stored numbers never change");

static int compare_keys(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static const char sql_clear[] = "DELETE FROM plan_list WHERE plan_id = ?1 AND list = ?2";
static const char sql_insert[] = "INSERT INTO plan_list (plan_id, list, device_key) VALUES (?1, ?2, ?3)";
static const char sql_count_white[] = "UPDATE plan SET whitelist_count = ?2 WHERE id = ?1";
static const char sql_count_black[] = "UPDATE plan SET blacklist_count = ?2 WHERE id = ?1";

/* Sorted, each row goes to the end of the tree: a million of them need no more than the small page cache. */
static enum status insert_sorted(struct store *store, int64_t plan_id, enum plan_list list, const char *const *sorted,
                                 size_t count, int64_t *inserted)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && strcmp(sorted[i - 1], sorted[i]) == 0) {
            continue;
        }
        struct query query;
        query_open(&query, store, sql_insert);
        query_bind_int(&query, plan_id);
        query_bind_int(&query, list);
        query_bind_text(&query, sorted[i]);
        enum status status = query_run(&query, NULL);
        if (status != OK) {
            return status;
        }
        ++*inserted;
    }
    return OK;
}

enum status plan_keys_put(struct store *store, int64_t plan_id, enum plan_list list, const char *const *keys,
                          size_t count)
{
    assert(store_in_transaction(store));
    CLEANUP(cleanup_free) const char **sorted = NULL;
    if (count > 0) {
        if ((sorted = calloc(count, sizeof *sorted)) == NULL) {
            return E_NOMEM;
        }
        for (size_t i = 0; i < count; i++) {
            sorted[i] = keys[i];
        }
        qsort(sorted, count, sizeof *sorted, compare_keys);
    }
    struct query query;
    query_open(&query, store, sql_clear);
    query_bind_int(&query, plan_id);
    query_bind_int(&query, list);
    int64_t inserted = 0;
    enum status status = query_run(&query, NULL);
    if (status != OK || (status = insert_sorted(store, plan_id, list, sorted, count, &inserted)) != OK) {
        return status;
    }
    query_open(&query, store, list == LIST_WHITE ? sql_count_white : sql_count_black);
    query_bind_int(&query, plan_id);
    query_bind_int(&query, inserted);
    return query_run_on_one(&query);
}

/* The answer of a query with one boolean. */
static enum status read_truth(struct query *query, bool *truth)
{
    bool value = query_step(query) && query_bool(query);
    enum status status = query_close(query);
    if (status == OK) {
        *truth = value;
    }
    return status;
}

static const char sql_contains[] = "SELECT EXISTS (SELECT 1 FROM plan_list WHERE plan_id = ?1 AND list = ?2"
                                   " AND device_key = ?3)";

enum status plan_keys_contain(struct store *store, int64_t plan_id, enum plan_list list, const char *device_key,
                              bool *contains)
{
    struct query query;
    query_open(&query, store, sql_contains);
    query_bind_int(&query, plan_id);
    query_bind_int(&query, list);
    query_bind_text(&query, device_key);
    return read_truth(&query, contains);
}

static const char sql_list[] = "SELECT device_key FROM plan_list WHERE plan_id = ?1 AND list = ?2 AND device_key > ?3"
                               " AND (?4 IS NULL OR instr(lower(device_key), lower(?4)))"
                               " ORDER BY device_key LIMIT ?5";

enum status plan_keys_list(struct store *store, int64_t plan_id, enum plan_list list, const struct page *page,
                           plan_key_visitor *each, void *context, bool *more)
{
    struct query query;
    query_open(&query, store, sql_list);
    query_bind_int(&query, plan_id);
    query_bind_int(&query, list);
    query_bind_page(&query, page, "");
    *more = false;
    for (int seen = 0; query_step(&query); seen++) {
        if (seen == page->limit) {
            *more = true;
            break;
        }
        if (!each(context, query_text_borrow(&query))) {
            break;
        }
    }
    return query_close(&query);
}

/*
 * Fewer final tasks than whitelisted keys that cannot all be blacklisted: the answer is no without looking at any key.
 * Else one key without a final task is looked for.
 */
static const char sql_is_final[] =
    "SELECT whitelist_count > 0 AND final >= whitelist_count - blacklist_count AND NOT EXISTS ("
    "  SELECT 1 FROM plan_list AS white"
    "  LEFT JOIN device ON device.product_id = plan.product_id AND device.device_key = white.device_key"
    "  LEFT JOIN task ON task.plan_id = plan.id AND task.device_id = device.id"
    "  WHERE white.plan_id = plan.id AND white.list = 0 AND coalesce(task.status, 0) < 2"
    "  AND NOT EXISTS (SELECT 1 FROM plan_list AS black WHERE black.plan_id = plan.id AND black.list = 1"
    "                  AND black.device_key = white.device_key))"
    " FROM plan WHERE id = ?1";

enum status plan_whitelist_is_final(struct store *store, int64_t plan_id, bool *is_final)
{
    struct query query;
    query_open(&query, store, sql_is_final);
    query_bind_int(&query, plan_id);
    return read_truth(&query, is_final);
}

static const char sql_has_member[] =
    "SELECT EXISTS (SELECT 1 FROM plan WHERE id = ?1"
    " AND CASE WHEN whitelist_count > 0"
    "     THEN EXISTS (SELECT 1 FROM plan_list WHERE plan_id = plan.id AND list = 0 AND device_key = ?2)"
    "     ELSE EXISTS (SELECT 1 FROM device WHERE device.product_id = plan.product_id AND device_key = ?2) END"
    " AND NOT EXISTS (SELECT 1 FROM plan_list WHERE plan_id = plan.id AND list = 1 AND device_key = ?2))";

enum status plan_has_member(struct store *store, int64_t plan_id, const char *device_key, bool *member)
{
    struct query query;
    query_open(&query, store, sql_has_member);
    query_bind_int(&query, plan_id);
    query_bind_text(&query, device_key);
    return read_truth(&query, member);
}
