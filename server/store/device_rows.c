#include "store/device_rows.h"

#include <assert.h>

#include "store/query.h"

static_assert(AUTH_TYPE_1 == 2, "stored numbers never change");

#define REPORTED                                                                                                       \
    "battery, voltage, signal, rsrp, rsrq, snr, flash_free, module_type, module_version, module_version_info, "        \
    "iccid, imsi, sdk_version, data_protocol, communication_protocol"
#define IDENTITY "secret, enabled, auth_mode, session_encrypted, first_seen_at, last_seen_at"
#define COLUMNS  "device.id, product.key, device_key, device." IDENTITY ", malformed_frames, " REPORTED

static void read_identity(struct query *query, struct device *device)
{
    device->id = query_int(query);
    query_text(query, device->product_key, sizeof device->product_key);
    query_text(query, device->device_key, sizeof device->device_key);
    query_text(query, device->secret, sizeof device->secret);
    device->enabled = query_bool(query);
    device->auth_mode = (enum auth_mode)query_enum(query, AUTH_MODE_COUNT);
    device->session_encrypted = query_bool(query);
    device->first_seen_at = query_instant(query);
    device->last_seen_at = query_instant(query);
    device->malformed_frames = query_int(query);
}

static void read_reported(struct query *query, struct device *device)
{
    device->battery = query_maybe_int(query);
    device->voltage = query_maybe_number(query);
    device->signal = query_maybe_int(query);
    device->rsrp = query_maybe_int(query);
    device->rsrq = query_maybe_int(query);
    device->snr = query_maybe_int(query);
    device->flash_free = query_maybe_int(query);
    query_text(query, device->module_type, sizeof device->module_type);
    query_text(query, device->module_version, sizeof device->module_version);
    query_text(query, device->module_version_info, sizeof device->module_version_info);
    query_text(query, device->iccid, sizeof device->iccid);
    query_text(query, device->imsi, sizeof device->imsi);
    query_text(query, device->sdk_version, sizeof device->sdk_version);
    query_text(query, device->data_protocol, sizeof device->data_protocol);
    query_text(query, device->communication_protocol, sizeof device->communication_protocol);
}

static const char sql_mcus[] = "SELECT component_no, version FROM device_mcu WHERE device_id = ?1 ORDER BY position";

static enum status read_mcus(struct store *store, struct device *device)
{
    struct query query;
    query_open(&query, store, sql_mcus);
    query_bind_int(&query, device->id);
    while (query_step(&query)) {
        if (device->mcu_count == LIMIT_MCUS) {
            query.status = E_CORRUPT;
            break;
        }
        struct mcu_version *mcu = &device->mcus[device->mcu_count++];
        query_text(&query, mcu->component_no, sizeof mcu->component_no);
        query_text(&query, mcu->version, sizeof mcu->version);
    }
    return query_close(&query);
}

/* The row a query stands on, with its MCU versions. */
static void read_row(struct query *query, struct device *device)
{
    *device = (struct device){0};
    read_identity(query, device);
    read_reported(query, device);
    if (query->status == OK) {
        query->status = read_mcus(query->store, device);
    }
}

static enum status read_one(struct query *query, struct device *device)
{
    bool any = query_step(query);
    if (any) {
        struct device found;
        read_row(query, &found);
        if (query->status == OK) {
            *device = found;
        }
    }
    enum status status = query_close(query);
    return status == OK && !any ? E_NOT_FOUND : status;
}

static const char sql_find[] = "SELECT " COLUMNS " FROM product JOIN device ON device.product_id = product.id"
                               " WHERE product.key = ?1 AND device_key = ?2";

enum status device_find(struct store *store, const char *product_key, const char *device_key, struct device *device)
{
    struct query query;
    query_open(&query, store, sql_find);
    query_bind_text(&query, product_key);
    query_bind_text(&query, device_key);
    return read_one(&query, device);
}

static const char sql_find_by_id[] = "SELECT " COLUMNS " FROM device JOIN product ON product.id = device.product_id"
                                     " WHERE device.id = ?1";

enum status device_find_by_id(struct store *store, int64_t id, struct device *device)
{
    struct query query;
    query_open(&query, store, sql_find_by_id);
    query_bind_int(&query, id);
    return read_one(&query, device);
}

static const char sql_brief[] = "SELECT product.key, device_key, sdk_version FROM device"
                                " JOIN product ON product.id = device.product_id WHERE device.id = ?1";

enum status device_find_brief(struct store *store, int64_t id, struct device_brief *brief)
{
    struct device_brief found = {0};
    struct query query;
    query_open(&query, store, sql_brief);
    query_bind_int(&query, id);
    bool any = query_step(&query);
    if (any) {
        query_text(&query, found.product_key, sizeof found.product_key);
        query_text(&query, found.device_key, sizeof found.device_key);
        query_text(&query, found.sdk_version, sizeof found.sdk_version);
    }
    enum status status = query_close(&query);
    if (status == OK && any) {
        *brief = found;
    }
    return status == OK && !any ? E_NOT_FOUND : status;
}

static void bind_identity(struct query *query, const struct device *device)
{
    query_bind_text(query, device->secret);
    query_bind_int(query, device->enabled);
    query_bind_int(query, device->auth_mode);
    query_bind_int(query, device->session_encrypted);
    query_bind_instant(query, device->first_seen_at);
    query_bind_instant(query, device->last_seen_at);
}

static void bind_reported(struct query *query, const struct device *device)
{
    query_bind_maybe_int(query, device->battery);
    query_bind_maybe_number(query, device->voltage);
    query_bind_maybe_int(query, device->signal);
    query_bind_maybe_int(query, device->rsrp);
    query_bind_maybe_int(query, device->rsrq);
    query_bind_maybe_int(query, device->snr);
    query_bind_maybe_int(query, device->flash_free);
    query_bind_text(query, device->module_type);
    query_bind_text(query, device->module_version);
    query_bind_text(query, device->module_version_info);
    query_bind_text(query, device->iccid);
    query_bind_text(query, device->imsi);
    query_bind_text(query, device->sdk_version);
    query_bind_text(query, device->data_protocol);
    query_bind_text(query, device->communication_protocol);
}

static const char sql_insert[] =
    "INSERT INTO device (product_id, device_key, malformed_frames, " IDENTITY ", " REPORTED ")"
    " SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,"
    " ?24 FROM product WHERE key = ?1";

enum status device_insert(struct store *store, struct device *device)
{
    struct query query;
    query_open(&query, store, sql_insert);
    query_bind_text(&query, device->product_key);
    query_bind_text(&query, device->device_key);
    query_bind_int(&query, device->malformed_frames);
    bind_identity(&query, device);
    bind_reported(&query, device);
    enum status status = query_run_on_one(&query);
    if (status != OK) {
        return status;
    }
    device->id = sqlite3_last_insert_rowid(store_connection(store));
    return device->mcu_count > 0 ? device_update_mcus(store, device) : OK;
}

static const char sql_update_identity[] = "UPDATE device SET (" IDENTITY ") = (?1, ?2, ?3, ?4, ?5, ?6) WHERE id = ?7";

enum status device_update_identity(struct store *store, const struct device *device)
{
    struct query query;
    query_open(&query, store, sql_update_identity);
    bind_identity(&query, device);
    query_bind_int(&query, device->id);
    return query_run_on_one(&query);
}

static const char sql_update_reported[] =
    "UPDATE device SET (" REPORTED ", last_seen_at) ="
    " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) WHERE id = ?17";

enum status device_update_reported(struct store *store, const struct device *device)
{
    struct query query;
    query_open(&query, store, sql_update_reported);
    bind_reported(&query, device);
    query_bind_instant(&query, device->last_seen_at);
    query_bind_int(&query, device->id);
    return query_run_on_one(&query);
}

static const char sql_put_mcu[] =
    "INSERT INTO device_mcu (device_id, position, component_no, version) VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT DO UPDATE SET component_no = excluded.component_no, version = excluded.version"
    " WHERE component_no <> excluded.component_no OR version <> excluded.version";
static const char sql_cut_mcus[] = "DELETE FROM device_mcu WHERE device_id = ?1 AND position >= ?2";

enum status device_update_mcus(struct store *store, const struct device *device)
{
    assert(store_in_transaction(store));
    struct query query;
    for (size_t i = 0; i < device->mcu_count; i++) {
        query_open(&query, store, sql_put_mcu);
        query_bind_int(&query, device->id);
        query_bind_int(&query, (int64_t)i);
        query_bind_text(&query, device->mcus[i].component_no);
        query_bind_text(&query, device->mcus[i].version);
        enum status status = query_run(&query, NULL);
        if (status != OK) {
            return status;
        }
    }
    query_open(&query, store, sql_cut_mcus);
    query_bind_int(&query, device->id);
    query_bind_int(&query, (int64_t)device->mcu_count);
    return query_run(&query, NULL);
}

static const char sql_touch[] = "UPDATE device SET last_seen_at = ?1 WHERE id = ?2";

enum status device_touch(struct store *store, int64_t id, int64_t last_seen_at)
{
    struct query query;
    query_open(&query, store, sql_touch);
    query_bind_int(&query, last_seen_at);
    query_bind_int(&query, id);
    return query_run_on_one(&query);
}

static const char sql_count_malformed[] = "UPDATE device SET malformed_frames = malformed_frames + 1 WHERE id = ?1";

enum status device_count_malformed(struct store *store, int64_t id)
{
    struct query query;
    query_open(&query, store, sql_count_malformed);
    query_bind_int(&query, id);
    return query_run_on_one(&query);
}

static const char sql_delete[] = "DELETE FROM device WHERE id = ?1";

enum status device_delete(struct store *store, int64_t id)
{
    struct query query;
    query_open(&query, store, sql_delete);
    query_bind_int(&query, id);
    return query_run_on_one(&query);
}

static const char sql_list[] = "SELECT " COLUMNS " FROM product JOIN device ON device.product_id = product.id"
                               " WHERE product.key = ?1 AND device_key > ?2"
                               " AND (?3 IS NULL OR instr(lower(device_key), lower(?3)))"
                               " ORDER BY device_key LIMIT ?4";

static const char sql_has_product[] = "SELECT 1 FROM product WHERE key = ?1";

static enum status need_product(struct store *store, const char *product_key)
{
    struct query query;
    query_open(&query, store, sql_has_product);
    query_bind_text(&query, product_key);
    bool any = query_step(&query);
    enum status status = query_close(&query);
    return status == OK && !any ? E_NOT_FOUND : status;
}

enum status device_list(struct store *store, const char *product_key, const struct page *page, device_visitor *each,
                        void *context, bool *more)
{
    enum status status = need_product(store, product_key);
    if (status != OK) {
        return status;
    }
    struct device device;
    struct query query;
    query_open(&query, store, sql_list);
    query_bind_text(&query, product_key);
    query_bind_page(&query, page, "");
    *more = false;
    for (int seen = 0; query_step(&query); seen++) {
        if (seen == page->limit) {
            *more = true;
            break;
        }
        read_row(&query, &device);
        if (query.status != OK || !each(context, &device)) {
            break;
        }
    }
    return query_close(&query);
}

static const char sql_ids[] = "SELECT device.id FROM product JOIN device ON device.product_id = product.id"
                              " WHERE product.key = ?1";

enum status device_ids_of_product(struct store *store, const char *product_key, device_id_visitor *each, void *context)
{
    struct query query;
    query_open(&query, store, sql_ids);
    query_bind_text(&query, product_key);
    while (query_step(&query)) {
        if (!each(context, query_int(&query))) {
            break;
        }
    }
    return query_close(&query);
}
