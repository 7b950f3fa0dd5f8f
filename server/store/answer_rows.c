#include "store/answer_rows.h"

#include <stdlib.h>
#include <string.h>

#include "store/query.h"

static const char sql_find[] =
    "SELECT digest, http_status, location, body, at FROM answer WHERE scope = ?1 AND key = ?2";

enum status answer_find(struct store *store, const char *scope, const char *key, struct answer_row *answer)
{
    struct answer_row found = {0};
    struct query query;
    query_open(&query, store, sql_find);
    query_bind_text(&query, scope);
    query_bind_text(&query, key);
    bool any = query_step(&query);
    if (any) {
        query_text(&query, found.digest, sizeof found.digest);
        found.http_status = query_small(&query);
        query_text(&query, found.location, sizeof found.location);
        found.body = strdup(query_text_borrow(&query));
        found.at = query_int(&query);
        if (found.body == NULL) {
            query.status = E_NOMEM;
        }
    }
    enum status status = query_close(&query);
    if (status != OK || !any) {
        free(found.body);
        return status != OK ? status : E_NOT_FOUND;
    }
    *answer = found;
    return OK;
}

static const char sql_insert[] = "INSERT INTO answer (scope, key, digest, http_status, location, body, at,"
                                 " product_key) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

enum status answer_insert(struct store *store, const char *scope, const char *key, const struct answer_row *answer)
{
    struct query query;
    query_open(&query, store, sql_insert);
    query_bind_text(&query, scope);
    query_bind_text(&query, key);
    query_bind_text(&query, answer->digest);
    query_bind_int(&query, answer->http_status);
    query_bind_text(&query, answer->location);
    query_bind_text(&query, answer->body);
    query_bind_int(&query, answer->at);
    query_bind_text(&query, answer->product_key);
    return query_run(&query, NULL);
}

static const char sql_purge[] = "DELETE FROM answer WHERE at < ?1";

enum status answer_purge(struct store *store, int64_t instant)
{
    struct query query;
    query_open(&query, store, sql_purge);
    query_bind_int(&query, instant);
    return query_run(&query, NULL);
}
