#include "store/token_rows.h"

#include "store/query.h"

/* A token and the file it names by way of task, plan component and package. */
#define COLUMNS                                                                                                        \
    "token, firmware_token.task_id, firmware_token.position, attempt, file_index, firmware_token.created_at, "         \
    "expired_at, package_file.name, stored, size, md5, sha256, crc32"
#define SOURCE                                                                                                         \
    " JOIN task ON task.id = firmware_token.task_id"                                                                   \
    " JOIN plan_component ON plan_component.plan_id = task.plan_id"                                                    \
    " AND plan_component.position = firmware_token.position"                                                           \
    " JOIN package_file ON package_file.package_id = plan_component.package_id AND package_file.position = "           \
    "file_index "

static const char sql_insert[] =
    "INSERT INTO firmware_token (token, task_id, position, attempt, file_index, created_at,"
    " expired_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

enum status token_insert(struct store *store, const struct firmware_token *token)
{
    struct query query;
    query_open(&query, store, sql_insert);
    query_bind_text(&query, token->token);
    query_bind_int(&query, token->task_id);
    query_bind_int(&query, token->position);
    query_bind_int(&query, token->attempt);
    query_bind_int(&query, token->file_index);
    query_bind_int(&query, token->created_at);
    query_bind_instant(&query, token->expired_at);
    return query_run(&query, NULL);
}

static const char sql_expire[] = "UPDATE firmware_token SET expired_at = ?3 WHERE task_id = ?1"
                                 " AND (?2 = -1 OR position = ?2) AND expired_at IS NULL";

enum status token_expire_of(struct store *store, int64_t task_id, int position, int64_t now)
{
    struct query query;
    query_open(&query, store, sql_expire);
    query_bind_int(&query, task_id);
    query_bind_int(&query, position);
    query_bind_int(&query, now);
    return query_run(&query, NULL);
}

static void read_row(struct query *query, struct firmware_token *token, struct package_file *file)
{
    *token = (struct firmware_token){0};
    query_text(query, token->token, sizeof token->token);
    token->task_id = query_int(query);
    token->position = query_small(query);
    token->attempt = query_small(query);
    token->file_index = query_small(query);
    token->created_at = query_int(query);
    token->expired_at = query_instant(query);
    *file = (struct package_file){.index = token->file_index};
    query_text(query, file->name, sizeof file->name);
    query_text(query, file->stored, sizeof file->stored);
    file->size = query_int(query);
    query_text(query, file->md5, sizeof file->md5);
    query_text(query, file->sha256, sizeof file->sha256);
    query_text(query, file->crc32, sizeof file->crc32);
}

static enum status visit(struct query *query, token_visitor *each, void *context)
{
    while (query_step(query)) {
        struct firmware_token token;
        struct package_file file;
        read_row(query, &token, &file);
        if (query->status != OK || !each(context, &token, &file)) {
            break;
        }
    }
    return query_close(query);
}

static const char sql_list[] =
    "SELECT " COLUMNS " FROM firmware_token" SOURCE "WHERE firmware_token.task_id = ?1 AND firmware_token.position = ?2"
    " AND expired_at IS NULL ORDER BY file_index";

enum status token_list(struct store *store, int64_t task_id, int position, token_visitor *each, void *context)
{
    struct query query;
    query_open(&query, store, sql_list);
    query_bind_int(&query, task_id);
    query_bind_int(&query, position);
    return visit(&query, each, context);
}

static const char sql_each[] = "SELECT " COLUMNS " FROM firmware_token" SOURCE;

enum status token_each(struct store *store, token_visitor *each, void *context)
{
    struct query query;
    query_open(&query, store, sql_each);
    return visit(&query, each, context);
}

static const char sql_each_of_device[] =
    "SELECT " COLUMNS " FROM firmware_token" SOURCE "WHERE task.device_id = ?1 AND expired_at IS NULL";

enum status token_each_of_device(struct store *store, int64_t device_id, token_visitor *each, void *context)
{
    struct query query;
    query_open(&query, store, sql_each_of_device);
    query_bind_int(&query, device_id);
    return visit(&query, each, context);
}

static const char sql_each_of_product[] =
    "SELECT " COLUMNS " FROM firmware_token" SOURCE "JOIN plan ON plan.id = task.plan_id"
    " JOIN product ON product.id = plan.product_id"
    " WHERE product.key = ?1 AND expired_at IS NULL";

enum status token_each_of_product(struct store *store, const char *product_key, token_visitor *each, void *context)
{
    struct query query;
    query_open(&query, store, sql_each_of_product);
    query_bind_text(&query, product_key);
    return visit(&query, each, context);
}

static const char sql_each_of_package[] =
    "SELECT " COLUMNS " FROM firmware_token" SOURCE "WHERE plan_component.package_id = ?1 AND expired_at IS NULL";

enum status token_each_of_package(struct store *store, int64_t package_id, token_visitor *each, void *context)
{
    struct query query;
    query_open(&query, store, sql_each_of_package);
    query_bind_int(&query, package_id);
    return visit(&query, each, context);
}

static const char sql_expire_of_package[] =
    "UPDATE firmware_token SET expired_at = ?2 WHERE expired_at IS NULL AND EXISTS (SELECT 1 FROM task"
    " JOIN plan_component ON plan_component.plan_id = task.plan_id WHERE task.id = firmware_token.task_id"
    " AND plan_component.position = firmware_token.position AND plan_component.package_id = ?1)";

enum status token_expire_of_package(struct store *store, int64_t package_id, int64_t now)
{
    struct query query;
    query_open(&query, store, sql_expire_of_package);
    query_bind_int(&query, package_id);
    query_bind_int(&query, now);
    return query_run(&query, NULL);
}

static const char sql_purge[] = "DELETE FROM firmware_token WHERE expired_at < ?1";

enum status token_purge(struct store *store, int64_t instant)
{
    struct query query;
    query_open(&query, store, sql_purge);
    query_bind_int(&query, instant);
    return query_run(&query, NULL);
}
