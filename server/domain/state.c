#include "domain/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "domain/device.h"
#include "domain/package.h"
#include "domain/plan.h"
#include "domain/task.h"

/* Words by their stored numbers. The macros make names and initialisers: no parentheses around what they get. */
// NOLINTBEGIN(bugprone-macro-parentheses)
#define WORD(function, type)                                                                                           \
    static const char *word_of_##function(unsigned number)                                                             \
    {                                                                                                                  \
        return function((enum type)number);                                                                            \
    }
WORD(auth_mode_name, auth_mode)
WORD(component_type_name, component_type)
WORD(package_type_name, package_type)
WORD(plan_status_name, plan_status)
WORD(plan_mode_name, plan_mode)
WORD(plan_list_name, plan_list)
WORD(device_status_name, device_status)
WORD(task_phase_name, task_phase)
WORD(reason_name, reason)
WORD(component_step_name, component_step)
WORD(log_direction_name, log_direction)
WORD(log_kind_name, log_kind)

#define ID                                                                                                             \
    {                                                                                                                  \
        .name = "id", .member = "id", .kind = STATE_ID                                                                 \
    }
#define REF(column, of, table)                                                                                         \
    {                                                                                                                  \
        .name = column, .member = of, .kind = STATE_REF, .refers = table                                               \
    }
#define INTEGER(column, of, low, high)                                                                                 \
    {                                                                                                                  \
        .name = column, .member = of, .kind = STATE_INTEGER, .least = low, .most = high                                \
    }
#define MAYBE_INT(column, of, low, high)                                                                               \
    {                                                                                                                  \
        .name = column, .member = of, .kind = STATE_INTEGER, .least = low, .most = high, .optional = true              \
    }
#define BOOLEAN(column, of)                                                                                            \
    {                                                                                                                  \
        .name = column, .member = of, .kind = STATE_BOOL                                                               \
    }
#define TEXT(column, of, high)                                                                                         \
    {                                                                                                                  \
        .name = column, .member = of, .kind = STATE_TEXT, .most = high                                                 \
    }
#define INSTANT(column, of)                                                                                            \
    {                                                                                                                  \
        .name = column, .member = of, .kind = STATE_INSTANT                                                            \
    }
#define MAYBE_INSTANT(column, of)                                                                                      \
    {                                                                                                                  \
        .name = column, .member = of, .kind = STATE_INSTANT, .optional = true                                          \
    }
#define OF(column, of, function, count)                                                                                \
    {                                                                                                                  \
        .name = column, .member = of, .kind = STATE_WORD, .word = word_of_##function, .words = count                   \
    }

static const struct state_column devices[] = {
    ID,
    TEXT("device_key", "deviceKey", LIMIT_DEVICE_KEY),
    TEXT("secret", "deviceSecret", LIMIT_DEVICE_SECRET),
    BOOLEAN("enabled", "enabled"),
    OF("auth_mode", "authMode", auth_mode_name, AUTH_MODE_COUNT),
    BOOLEAN("session_encrypted", "sessionEncrypted"),
    MAYBE_INSTANT("first_seen_at", "firstSeenAt"),
    MAYBE_INSTANT("last_seen_at", "lastSeenAt"),
    MAYBE_INT("battery", "battery", INT32_MIN, INT32_MAX),
    {.name = "voltage", .member = "voltage", .kind = STATE_REAL, .optional = true},
    MAYBE_INT("signal", "signal", INT32_MIN, INT32_MAX),
    MAYBE_INT("rsrp", "rsrp", INT32_MIN, INT32_MAX),
    MAYBE_INT("rsrq", "rsrq", INT32_MIN, INT32_MAX),
    MAYBE_INT("snr", "snr", INT32_MIN, INT32_MAX),
    MAYBE_INT("flash_free", "flashFree", INT64_MIN, INT64_MAX),
    TEXT("module_type", "moduleType", LIMIT_DEVICE_TEXT),
    TEXT("module_version", "moduleVersion", LIMIT_DEVICE_TEXT),
    TEXT("module_version_info", "moduleVersionInfo", LIMIT_DEVICE_TEXT),
    TEXT("iccid", "iccid", LIMIT_DEVICE_TEXT),
    TEXT("imsi", "imsi", LIMIT_DEVICE_TEXT),
    TEXT("sdk_version", "sdkVersion", LIMIT_DEVICE_TEXT),
    TEXT("data_protocol", "dataProtocol", LIMIT_DEVICE_TEXT),
    TEXT("communication_protocol", "communicationProtocol", LIMIT_DEVICE_TEXT),
    INTEGER("malformed_frames", "malformedFrames", 0, INT64_MAX),
};
static const struct state_column mcus[] = {
    REF("device_id", "device", STATE_DEVICES),
    INTEGER("position", "position", 0, LIMIT_MCUS - 1),
    TEXT("component_no", "componentNo", LIMIT_COMPONENT_NO),
    TEXT("version", "version", LIMIT_VERSION),
};
static const struct state_column packages[] = {
    ID,
    TEXT("name", "name", LIMIT_NAME),
    OF("component_type", "componentType", component_type_name, COMPONENT_TYPE_COUNT),
    OF("package_type", "packageType", package_type_name, PACKAGE_TYPE_COUNT),
    TEXT("target_version", "targetVersion", LIMIT_VERSION),
    TEXT("remarks", "remarks", LIMIT_REMARKS),
    INSTANT("created_at", "createdAt"),
    BOOLEAN("revoked", "revoked"),
};
static const struct state_column sources[] = {
    REF("package_id", "package", STATE_PACKAGES),
    INTEGER("position", "position", 0, LIMIT_SOURCE_VERSIONS - 1),
    TEXT("version", "version", LIMIT_VERSION),
};
static const struct state_column files[] = {
    REF("package_id", "package", STATE_PACKAGES),
    INTEGER("position", "index", 0, LIMIT_PACKAGE_FILES - 1),
    TEXT("name", "name", LIMIT_FILE_NAME),
    {.name = "stored", .member = NULL, .kind = STATE_TEXT, .most = 63}, /* this server's own; not in the document */
    INTEGER("size", "size", 1, LIMIT_FILE),
    TEXT("md5", "md5", 32),
    TEXT("sha256", "sha256", 64),
    TEXT("crc32", "crc32", 8),
};
static const struct state_column verifications[] = {
    ID,
    REF("package_id", "package", STATE_PACKAGES),
    REF("device_id", "device", STATE_DEVICES),
    TEXT("component_no", "componentNo", LIMIT_COMPONENT_NO),
    INSTANT("created_at", "createdAt"),
    INSTANT("deadline", "deadline"),
};
static const struct state_column plans[] = {
    {.name = "id", .member = "id", .kind = STATE_REF, .refers = STATE_PLANS}, /* its own: negative ones are there */
    TEXT("name", "name", LIMIT_NAME),
    OF("status", "status", plan_status_name, PLAN_STATUS_COUNT),
    OF("mode", "mode", plan_mode_name, PLAN_MODE_COUNT),
    TEXT("time_zone", "timeZone", LIMIT_TIME_ZONE),
    INTEGER("retries", "retries", 0, 5),
    INTEGER("min_signal", "minSignal", -140, -44),
    INTEGER("min_battery", "minBattery", 0, 100),
    INTEGER("timeout_minutes", "timeoutMinutes", 1, 1440),
    INSTANT("created_at", "createdAt"),
    MAYBE_INSTANT("activated_at", "activatedAt"),
    MAYBE_INSTANT("started_at", "startedAt"),
    MAYBE_INSTANT("ended_at", "endedAt"),
    MAYBE_INT("push_start", "pushStart", 0, 23),
    MAYBE_INT("push_end", "pushEnd", 0, 23),
    TEXT("planned_start", "plannedStart", PLAN_LOCAL_TIME - 1),
    MAYBE_INSTANT("planned_start_at", "plannedStartAt"),
    TEXT("planned_end", "plannedEnd", PLAN_LOCAL_TIME - 1),
    MAYBE_INSTANT("planned_end_at", "plannedEndAt"),
    OF("suspended_from", "suspendedFrom", plan_status_name, PLAN_STATUS_COUNT),
    MAYBE_INT("activation", "activation", 1, INT64_MAX), /* order of activation within the product */
};
static const struct state_column components[] = {
    REF("plan_id", "plan", STATE_PLANS),
    INTEGER("position", "position", 0, LIMIT_COMPONENTS - 1),
    INTEGER("sequence", "sequence", INT32_MIN, INT32_MAX),
    TEXT("component_no", "componentNo", LIMIT_COMPONENT_NO),
    TEXT("name", "name", LIMIT_NAME),
    OF("component_type", "componentType", component_type_name, COMPONENT_TYPE_COUNT),
    REF("package_id", "package", STATE_PACKAGES),
};
static const struct state_column texts[] = {
    REF("plan_id", "plan", STATE_PLANS),
    INTEGER("position", "position", 0, LIMIT_UPGRADE_TEXTS - 1),
    TEXT("language", "language", LIMIT_LANGUAGE),
    TEXT("text", "text", LIMIT_UPGRADE_TEXT),
};
static const struct state_column lists[] = {
    REF("plan_id", "plan", STATE_PLANS),
    OF("list", "list", plan_list_name, PLAN_LIST_COUNT),
    TEXT("device_key", "deviceKey", LIMIT_DEVICE_KEY),
};
static const struct state_column tasks[] = {
    ID,
    REF("plan_id", "plan", STATE_PLANS),
    REF("device_id", "device", STATE_DEVICES),
    OF("status", "status", device_status_name, DEVICE_STATUS_COUNT),
    OF("phase", "phase", task_phase_name, TASK_PHASE_COUNT),
    OF("reason", "reason", reason_name, REASON_COUNT),
    BOOLEAN("wants_sha256", "wantsSha256"),
    BOOLEAN("url_pending", "urlPending"),
    BOOLEAN("url_sent", "urlSent"),
    BOOLEAN("user_confirmed", "userConfirmed"),
    MAYBE_INSTANT("confirm_from", "confirmFrom"),
    MAYBE_INSTANT("confirm_to", "confirmTo"),
    MAYBE_INSTANT("deadline", "deadline"),
    MAYBE_INSTANT("started_at", "startedAt"),
    MAYBE_INSTANT("ended_at", "endedAt"),
    INTEGER("current", "current", 0, LIMIT_COMPONENTS),
};
static const struct state_column task_components[] = {
    REF("task_id", "planDevice", STATE_TASKS),
    INTEGER("position", "position", 0, LIMIT_COMPONENTS - 1),
    OF("step", "step", component_step_name, COMPONENT_STEP_COUNT),
    TEXT("source_version", "sourceVersion", LIMIT_VERSION),
    INTEGER("attempts", "attempts", 0, INT32_MAX),
    INTEGER("progress", "progress", 0, 100),
    BOOLEAN("skipped", "skipped"),
    BOOLEAN("unconfirmed", "unconfirmed"),
    MAYBE_INSTANT("started_at", "startedAt"),
    MAYBE_INSTANT("ended_at", "endedAt"),
};
static const struct state_column links[] = {
    TEXT("token", "token", LIMIT_TOKEN),
    REF("task_id", "planDevice", STATE_TASKS),
    INTEGER("position", "position", 0, LIMIT_COMPONENTS - 1),
    INTEGER("attempt", "attempt", 0, INT32_MAX),
    INTEGER("file_index", "file", 0, LIMIT_PACKAGE_FILES - 1),
    INSTANT("created_at", "createdAt"),
    MAYBE_INSTANT("expired_at", "expiredAt"),
};
static const struct state_column log_entries[] = {
    REF("plan_id", "plan", STATE_PLANS),
    REF("device_id", "device", STATE_DEVICES),
    INSTANT("at", "at"),
    TEXT("component_no", "componentNo", LIMIT_COMPONENT_NO),
    INTEGER("attempt", "attempt", 0, INT32_MAX),
    OF("direction", "direction", log_direction_name, LOG_DIRECTION_COUNT),
    OF("kind", "kind", log_kind_name, LOG_KIND_COUNT),
    MAYBE_INT("code", "code", INT32_MIN, INT32_MAX),
    TEXT("detail", "detail", LOG_DETAIL - 1),
};

#define TABLE(sql, json, list, most)                                                                                   \
    {                                                                                                                  \
        .name = sql, .member = json, .columns = list, .column_count = sizeof list / sizeof list[0],                    \
        .most_of_parent = most                                                                                         \
    }
// NOLINTEND(bugprone-macro-parentheses)
static const struct state_table tables[STATE_TABLE_COUNT] = {
    [STATE_DEVICES] = TABLE("device", "devices", devices, 0),
    [STATE_MCUS] = TABLE("device_mcu", "deviceMcus", mcus, LIMIT_MCUS),
    [STATE_PACKAGES] = TABLE("package", "packages", packages, 0),
    [STATE_SOURCES] = TABLE("package_source", "packageSources", sources, LIMIT_SOURCE_VERSIONS),
    [STATE_FILES] = TABLE("package_file", "packageFiles", files, LIMIT_PACKAGE_FILES),
    [STATE_VERIFICATIONS] = TABLE("verification", "verifications", verifications, 0),
    [STATE_PLANS] = TABLE("plan", "plans", plans, 0),
    [STATE_COMPONENTS] = TABLE("plan_component", "planComponents", components, LIMIT_COMPONENTS),
    [STATE_TEXTS] = TABLE("plan_text", "planTexts", texts, LIMIT_UPGRADE_TEXTS),
    [STATE_LISTS] = TABLE("plan_list", "planLists", lists, 0),
    [STATE_TASKS] = TABLE("task", "planDevices", tasks, 0),
    [STATE_TASK_COMPONENTS] = TABLE("task_component", "planDeviceComponents", task_components, LIMIT_COMPONENTS),
    [STATE_LINKS] = TABLE("firmware_token", "firmwareLinks", links, 0),
    [STATE_LOG] = TABLE("log_entry", "logEntries", log_entries, 0),
};

const struct state_table *state_table(enum state_table_id id)
{
    assert(id < STATE_TABLE_COUNT);
    return &tables[id];
}

enum status state_rows_add(struct state_rows *rows, enum state_table_id table, struct state_value **row)
{
    size_t columns = state_table(table)->column_count;
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity == 0 ? 16 : 2 * rows->capacity;
        struct state_value *grown = realloc(rows->values, capacity * columns * sizeof *grown);
        if (grown == NULL) {
            return E_NOMEM;
        }
        rows->values = grown;
        rows->capacity = capacity;
    }
    *row = &rows->values[rows->count++ * columns];
    memset(*row, 0, columns * sizeof **row);
    return OK;
}

void state_finish(struct state_of_product *state)
{
    for (size_t i = 0; i < STATE_TABLE_COUNT; i++) {
        free(state->tables[i].values);
        state->tables[i] = (struct state_rows){0};
    }
}

size_t state_column_index(enum state_table_id table, const char *name)
{
    const struct state_table *described = state_table(table);
    size_t i = 0;
    while (i < described->column_count && strcmp(described->columns[i].name, name) != 0) {
        i++;
    }
    return i;
}
