#include "store/package_rows.h"

#include <assert.h>
#include <stdlib.h>

#include "store/query.h"

static_assert(COMPONENT_MCU == 1 && PACKAGE_DELTA == 1, "stored numbers never change");

#define OWN_COLUMNS "name, component_type, package_type, target_version, remarks, created_at"
#define COLUMNS                                                                                                        \
    "package.id, product.key, package.name, component_type, package_type, target_version, remarks, "                   \
    "package.created_at, revoked"

static const char sql_sources[] = "SELECT version FROM package_source WHERE package_id = ?1 ORDER BY position";

static enum status read_sources(struct store *store, struct package *package)
{
    struct query query;
    query_open(&query, store, sql_sources);
    query_bind_int(&query, package->id);
    while (query_step(&query)) {
        if (package->source_count == LIMIT_SOURCE_VERSIONS) {
            query.status = E_CORRUPT;
            break;
        }
        if (package->sources == NULL &&
            (package->sources = calloc(LIMIT_SOURCE_VERSIONS, sizeof *package->sources)) == NULL) {
            query.status = E_NOMEM;
            break;
        }
        char *version = package->sources[package->source_count++];
        query_text(&query, version, sizeof *package->sources);
    }
    return query_close(&query);
}

static const char sql_files[] = "SELECT position, name, stored, size, md5, sha256, crc32 FROM package_file"
                                " WHERE package_id = ?1 ORDER BY position";

static enum status read_files(struct store *store, struct package *package)
{
    struct query query;
    query_open(&query, store, sql_files);
    query_bind_int(&query, package->id);
    while (query_step(&query)) {
        if (package->file_count == LIMIT_PACKAGE_FILES) {
            query.status = E_CORRUPT;
            break;
        }
        struct package_file *file = &package->files[package->file_count++];
        file->index = query_small(&query);
        query_text(&query, file->name, sizeof file->name);
        query_text(&query, file->stored, sizeof file->stored);
        file->size = query_int(&query);
        query_text(&query, file->md5, sizeof file->md5);
        query_text(&query, file->sha256, sizeof file->sha256);
        query_text(&query, file->crc32, sizeof file->crc32);
    }
    return query_close(&query);
}

/* The row a query stands on, with sources and files. After a failure nothing of it needs package_finish(). */
static void read_row(struct query *query, struct package *package)
{
    *package = (struct package){.id = query_int(query)};
    query_text(query, package->product_key, sizeof package->product_key);
    query_text(query, package->name, sizeof package->name);
    package->component_type = (enum component_type)query_enum(query, COMPONENT_TYPE_COUNT);
    package->package_type = (enum package_type)query_enum(query, PACKAGE_TYPE_COUNT);
    query_text(query, package->target_version, sizeof package->target_version);
    query_text(query, package->remarks, sizeof package->remarks);
    package->created_at = query_int(query);
    package->revoked = query_bool(query);
    if (query->status == OK) {
        query->status = read_sources(query->store, package);
    }
    if (query->status == OK) {
        query->status = read_files(query->store, package);
    }
    if (query->status != OK) {
        package_finish(package);
    }
}

static const char sql_insert[] = "INSERT INTO package (product_id, " OWN_COLUMNS ")"
                                 " SELECT id, ?2, ?3, ?4, ?5, ?6, ?7 FROM product WHERE key = ?1";
static const char sql_insert_source[] =
    "INSERT INTO package_source (package_id, position, version) VALUES (?1, ?2, ?3)";
static const char sql_insert_file[] = "INSERT INTO package_file (package_id, position, name, stored, size, md5, sha256,"
                                      " crc32) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

static enum status insert_source(struct store *store, int64_t id, size_t position, const char *version)
{
    struct query query;
    query_open(&query, store, sql_insert_source);
    query_bind_int(&query, id);
    query_bind_int(&query, (int64_t)position);
    query_bind_text(&query, version);
    return query_run(&query, NULL);
}

static enum status insert_file(struct store *store, int64_t id, const struct package_file *file)
{
    struct query query;
    query_open(&query, store, sql_insert_file);
    query_bind_int(&query, id);
    query_bind_int(&query, file->index);
    query_bind_text(&query, file->name);
    query_bind_text(&query, file->stored);
    query_bind_int(&query, file->size);
    query_bind_text(&query, file->md5);
    query_bind_text(&query, file->sha256);
    query_bind_text(&query, file->crc32);
    return query_run(&query, NULL);
}

enum status package_insert(struct store *store, struct package *package)
{
    assert(store_in_transaction(store));
    struct query query;
    query_open(&query, store, sql_insert);
    query_bind_text(&query, package->product_key);
    query_bind_text(&query, package->name);
    query_bind_int(&query, package->component_type);
    query_bind_int(&query, package->package_type);
    query_bind_text(&query, package->target_version);
    query_bind_text(&query, package->remarks);
    query_bind_int(&query, package->created_at);
    enum status status = query_run_on_one(&query);
    int64_t id = sqlite3_last_insert_rowid(store_connection(store));
    for (size_t i = 0; status == OK && i < package->source_count; i++) {
        status = insert_source(store, id, i, package->sources[i]);
    }
    for (size_t i = 0; status == OK && i < package->file_count; i++) {
        status = insert_file(store, id, &package->files[i]);
    }
    if (status == OK) {
        package->id = id;
    }
    return status;
}

static const char sql_find[] = "SELECT " COLUMNS " FROM package JOIN product ON product.id = package.product_id"
                               " WHERE package.id = ?1";

enum status package_find(struct store *store, int64_t id, struct package *package)
{
    struct query query;
    query_open(&query, store, sql_find);
    query_bind_int(&query, id);
    struct package found = {0};
    bool any = query_step(&query);
    if (any) {
        read_row(&query, &found);
    }
    enum status status = query_close(&query);
    if (status == OK && any) {
        *package = found;
    }
    return status == OK && !any ? E_NOT_FOUND : status;
}

static const char sql_is_used[] = "SELECT EXISTS (SELECT 1 FROM plan_component WHERE package_id = ?1 AND plan_id > 0)"
                                  " OR EXISTS (SELECT 1 FROM verification WHERE package_id = ?1 AND ended = 0)";

enum status package_is_used(struct store *store, int64_t id, bool *used)
{
    struct query query;
    query_open(&query, store, sql_is_used);
    query_bind_int(&query, id);
    bool value = query_step(&query) && query_bool(&query);
    enum status status = query_close(&query);
    if (status == OK) {
        *used = value;
    }
    return status;
}

static const char sql_delete[] = "DELETE FROM package WHERE id = ?1";

enum status package_delete(struct store *store, int64_t id)
{
    bool used = false;
    enum status status = package_is_used(store, id, &used);
    if (status != OK || used) {
        return status != OK ? status : E_STATE;
    }
    struct query query;
    query_open(&query, store, sql_delete);
    query_bind_int(&query, id);
    return query_run_on_one(&query);
}

static const char sql_revoke[] = "UPDATE package SET revoked = 1 WHERE id = ?1";

enum status package_revoke(struct store *store, int64_t id)
{
    struct query query;
    query_open(&query, store, sql_revoke);
    query_bind_int(&query, id);
    return query_run_on_one(&query);
}

static const char sql_list[] = "SELECT " COLUMNS " FROM package JOIN product ON product.id = package.product_id"
                               " WHERE package.id > ?2 AND (?1 IS NULL OR product.key = ?1)"
                               " AND (?3 IS NULL OR instr(lower(package.name), lower(?3))"
                               " OR instr(lower(target_version), lower(?3)))"
                               " ORDER BY package.id LIMIT ?4";

enum status package_list(struct store *store, const char *product_key, const struct page *page, package_visitor *each,
                         void *context, bool *more)
{
    struct query query;
    query_open(&query, store, sql_list);
    query_bind_text(&query, product_key);
    query_bind_page_by_id(&query, page);
    *more = false;
    bool go_on = true;
    for (int seen = 0; go_on && query_step(&query); seen++) {
        struct package package;
        if (seen == page->limit) {
            *more = true;
            break;
        }
        read_row(&query, &package);
        if (query.status == OK) {
            go_on = each(context, &package);
            package_finish(&package);
        }
    }
    return query_close(&query);
}

static const char sql_stored[] = "SELECT stored FROM product JOIN package ON package.product_id = product.id"
                                 " JOIN package_file ON package_file.package_id = package.id"
                                 " WHERE ?1 IS NULL OR product.key = ?1";

enum status package_files_each(struct store *store, const char *product_key, package_file_visitor *each, void *context)
{
    struct query query;
    query_open(&query, store, sql_stored);
    query_bind_text(&query, product_key);
    while (query_step(&query) && each(context, query_text_borrow(&query))) {
    }
    return query_close(&query);
}

static const char sql_is_known[] = "SELECT EXISTS (SELECT 1 FROM package_file WHERE stored = ?1)";

enum status package_file_is_known(struct store *store, const char *stored, bool *known)
{
    struct query query;
    query_open(&query, store, sql_is_known);
    query_bind_text(&query, stored);
    bool value = query_step(&query) && query_bool(&query);
    enum status status = query_close(&query);
    if (status == OK) {
        *known = value;
    }
    return status;
}
