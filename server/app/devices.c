#include "app/devices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/evaluation.h"
#include "app/events.h"
#include "app/internal.h"
#include "app/referee.h"
#include "app/upgrade.h"
#include "base/log.h"
#include "base/text.h"
#include "store/device_rows.h"
#include "store/task_rows.h"

/* --- links ---------------------------------------------------------------------------------------------------- */

struct presence *app_presence(struct app *app, int64_t device_id)
{
    struct presence *presence = NULL;
    HASH_FIND(hh, app->present, &device_id, sizeof device_id, presence);
    return presence;
}

bool app_is_online(struct app *app, int64_t device_id)
{
    return app_presence(app, device_id) != NULL;
}

const char *app_device_label(struct app *app, int64_t device_id, char label[DEVICE_LABEL])
{
    struct device_brief device;
    if (device_find_brief(app->store, device_id, &device) == OK) {
        (void)snprintf(label, DEVICE_LABEL, "%s/%s", device.product_key, device.device_key);
    } else {
        (void)snprintf(label, DEVICE_LABEL, "#%lld", (long long)device_id);
    }
    return label;
}

enum status app_device_find(struct app *app, const char *product_key, const char *device_key, struct device *device)
{
    return device_find(app->store, product_key, device_key, device);
}

/* The row of a device that authenticates for the first time. */
static enum status device_make(struct app *app, const char *product_key, const char *device_key, struct device *device)
{
    *device = (struct device){.enabled = true};
    enum status status = text_copy(device->product_key, sizeof device->product_key, product_key);
    if (status == OK) {
        status = text_copy(device->device_key, sizeof device->device_key, device_key);
    }
    if (status == OK) {
        status = app_room_for_device(app);
    }
    if (status == OK) {
        status = device_insert(app->store, device);
    }
    if (status == OK) {
        log_info("app", "device=%s/%s created: it authenticated for the first time", product_key, device_key);
        status = events_device(app, device, WHAT_CREATED);
    }
    return status;
}

static enum status device_admit(struct app *app, const char *product_key, const char *device_key, enum auth_mode mode,
                                bool session_encrypted, const char *new_secret, struct device *device)
{
    enum status status = device_find(app->store, product_key, device_key, device);
    if (status == E_NOT_FOUND) {
        status = device_make(app, product_key, device_key, device);
    }
    if (status == OK && device->secret[0] == '\0') {
        status = text_copy(device->secret, sizeof device->secret, new_secret);
    }
    if (status != OK) {
        return status;
    }
    int64_t now = app_now(app, product_key);
    device->auth_mode = mode;
    device->session_encrypted = session_encrypted;
    device->last_seen_at = (struct maybe_instant){true, now};
    if (!device->first_seen_at.known) {
        device->first_seen_at = device->last_seen_at;
    }
    return device_update_identity(app->store, device);
}

enum status app_device_admit(struct app *app, const char *product_key, const char *device_key, enum auth_mode mode,
                             bool session_encrypted, const char *new_secret, struct device *device)
{
    enum status status = app_use_begin(app);
    if (status != OK) {
        return status;
    }
    struct device admitted;
    status =
        app_use_end(app, device_admit(app, product_key, device_key, mode, session_encrypted, new_secret, &admitted));
    if (status == OK) {
        *device = admitted;
    }
    return status;
}

/* Notes that it was seen now. Within a use. */
static enum status touch(struct app *app, int64_t device_id)
{
    struct device_brief device;
    enum status status = device_find_brief(app->store, device_id, &device);
    return status == OK ? device_touch(app->store, device_id, app_now(app, device.product_key)) : status;
}

/* Its link came or went. Within a use. */
static enum status tell_link(struct app *app, int64_t device_id)
{
    struct device device;
    enum status status = device_find_by_id(app->store, device_id, &device);
    return status == OK ? events_device(app, &device, app_is_online(app, device_id) ? WHAT_ONLINE : WHAT_OFFLINE)
                        : status;
}

/* One event without any report for the running task, in a use of its own. */
static void link_event(struct app *app, int64_t device_id, enum session_event_kind kind)
{
    struct session_event event = {.kind = kind, .device_online = kind == SESSION_ONLINE, .progress = -1};
    bool found = false;
    enum status status = app_use_begin(app);
    if (status == OK) {
        status = upgrade_event(app, device_id, &event, &found);
        if (status == OK) {
            status = touch(app, device_id);
        }
        if (status == OK) {
            status = tell_link(app, device_id);
        }
        status = app_use_end(app, status);
    }
    if (status != OK && status != E_NOT_FOUND) {
        char label[DEVICE_LABEL];
        log_error("app", "device=%s %s: %s", app_device_label(app, device_id, label), session_event_name(kind),
                  status_text(status));
    }
}

void app_device_online(struct app *app, int64_t device_id)
{
    struct device_brief device;
    if (device_find_brief(app->store, device_id, &device) != OK) {
        return; /* deleted between its CONNECT and its SUBSCRIBE: the door is about to cut it */
    }
    struct presence *presence = app_presence(app, device_id);
    if (presence == NULL) {
        presence = calloc(1, sizeof *presence);
        if (presence == NULL) {
            log_error("app", "device=%s/%s out of memory", device.product_key, device.device_key);
            return;
        }
        presence->device_id = device_id;
        HASH_ADD(hh, app->present, device_id, sizeof presence->device_id, presence);
    }
    text_copy_cut(presence->product_key, sizeof presence->product_key, device.product_key);
    text_copy_cut(presence->device_key, sizeof presence->device_key, device.device_key);
    presence->generation = ++app->generations;
    app->presence_changes++;
    presence->got_status = false;
    presence->got_info = false;
    presence->reported = false;
    presence->notified = false;
    referees_online(app, device_id);
    link_event(app, device_id, SESSION_ONLINE);
    app_arm_pending(app, presence, PENDING_REPORTED);
    app_arm_pending(app, presence, PENDING_SETTLED);
}

void app_device_offline(struct app *app, int64_t device_id)
{
    struct presence *presence = app_presence(app, device_id);
    if (presence == NULL) {
        return;
    }
    HASH_DEL(app->present, presence);
    free(presence);
    app->presence_changes++;
    referees_offline(app, device_id);
    link_event(app, device_id, SESSION_OFFLINE);
}

/* --- what is reported ----------------------------------------------------------------------------------------- */

static void take_int(struct maybe_int *target, const struct maybe_int *source)
{
    if (source->known) {
        *target = *source;
    }
}

static void take_text(char *target, size_t capacity, const char *source)
{
    if (source[0] != '\0') {
        text_copy_cut(target, capacity, source);
    }
}

static void take_versions(struct device *device, const struct version_report *report)
{
    if (report->module_is_bare) {
        take_text(device->module_version, sizeof device->module_version, report->module_version);
    } else {
        take_text(device->module_version_info, sizeof device->module_version_info, report->module_version);
    }
    for (size_t i = 0; i < report->mcu_count; i++) {
        device_set_mcu_version(device, report->mcus[i].component_no, report->mcus[i].version);
    }
}

/* `before`: the device as it was. Who watches hears of it when it reported something else than before. */
static enum status store_reported(struct app *app, struct device *device, const struct version_report *versions,
                                  const struct device *before)
{
    device->last_seen_at = (struct maybe_instant){true, app_now(app, device->product_key)};
    if (versions != NULL) {
        take_versions(device, versions);
    }
    enum status status = device_update_reported(app->store, device);
    if (status == OK && versions != NULL && versions->mcu_count > 0) {
        status = device_update_mcus(app->store, device);
    }
    return status == OK && !device_reported_same(before, device) ? events_device(app, device, WHAT_REPORTED) : status;
}

/* The running task hears of the versions. */
static enum status tell_versions(struct app *app, int64_t device_id, const struct version_report *versions,
                                 bool *running)
{
    struct session_event event = {
        .kind = SESSION_VERSIONS, .device_online = app_is_online(app, device_id), .versions = versions, .progress = -1};
    return upgrade_event(app, device_id, &event, running);
}

/* Both reports of a connect are there: no need to wait any longer. Called after the commit of the second. */
static void reports_came(struct app *app, int64_t device_id, bool is_new_information)
{
    struct presence *presence = app_presence(app, device_id);
    if (presence == NULL || !presence->got_status || !presence->got_info) {
        return;
    }
    if (!presence->reported) {
        upgrade_device_reported(app, presence);
    } else if (is_new_information) {
        evaluation_device(app, device_id);
    }
}

static enum status status_use(struct app *app, int64_t device_id, const struct status_report *report)
{
    struct device device;
    enum status status = device_find_by_id(app->store, device_id, &device);
    if (status != OK) {
        return status;
    }
    struct device before = device;
    take_int(&device.battery, &report->battery);
    take_int(&device.signal, &report->signal);
    take_int(&device.flash_free, &report->flash_free);
    take_int(&device.rsrp, &report->rsrp);
    take_int(&device.rsrq, &report->rsrq);
    take_int(&device.snr, &report->snr);
    if (report->voltage.known) {
        device.voltage = report->voltage;
    }
    return store_reported(app, &device, NULL, &before);
}

enum status app_device_status(struct app *app, int64_t device_id, const struct status_report *report)
{
    enum status status = app_use_begin(app);
    if (status == OK) {
        status = app_use_end(app, status_use(app, device_id, report));
    }
    struct presence *presence = app_presence(app, device_id);
    if (status == OK && report->flash_free.known) {
        referees_flash(app, device_id, report->flash_free.value);
    }
    if (status == OK && presence != NULL) {
        presence->got_status = true;
        reports_came(app, device_id, false);
    }
    return status;
}

static enum status info_use(struct app *app, int64_t device_id, const struct info_report *report)
{
    struct device device;
    bool running = false;
    enum status status = device_find_by_id(app->store, device_id, &device);
    if (status != OK) {
        return status;
    }
    struct device before = device;
    take_text(device.module_type, sizeof device.module_type, report->module_type);
    take_text(device.iccid, sizeof device.iccid, report->iccid);
    take_text(device.imsi, sizeof device.imsi, report->imsi);
    take_text(device.sdk_version, sizeof device.sdk_version, report->sdk_version);
    take_text(device.data_protocol, sizeof device.data_protocol, report->data_protocol);
    take_text(device.communication_protocol, sizeof device.communication_protocol, report->communication_protocol);
    status = store_reported(app, &device, &report->versions, &before);
    return status == OK ? tell_versions(app, device_id, &report->versions, &running) : status;
}

enum status app_device_info(struct app *app, int64_t device_id, const struct info_report *report)
{
    enum status status = app_use_begin(app);
    if (status == OK) {
        status = app_use_end(app, info_use(app, device_id, report));
    }
    struct presence *presence = app_presence(app, device_id);
    if (status == OK && presence != NULL) {
        presence->got_info = true;
        reports_came(app, device_id, true);
    }
    return status;
}

/* "STM32=1_0_0 module=V1" for the log */
static void describe_versions(const struct version_report *report, char *text, size_t capacity)
{
    size_t used = 0;
    text[0] = '\0';
    if (report->module_version[0] != '\0') {
        used = (size_t)snprintf(text, capacity, "module %s", report->module_version);
    }
    for (size_t i = 0; i < report->mcu_count && used < capacity; i++) {
        used += (size_t)snprintf(text + used, capacity - used, "%s%s %s", used > 0 ? ", " : "",
                                 report->mcus[i].component_no, report->mcus[i].version);
    }
}

static enum status request_use(struct app *app, int64_t device_id, const struct version_report *report, bool *running)
{
    struct device device;
    struct presence *presence = app_presence(app, device_id);
    enum status status = device_find_by_id(app->store, device_id, &device);
    if (status != OK) {
        return status;
    }
    struct maybe_int plan_id = {0};
    struct device before = device;
    if ((status = store_reported(app, &device, report, &before)) == OK) {
        status = task_running_plan(app->store, device_id, &plan_id);
    }
    struct log_entry entry = {
        .at = app_now(app, device.product_key), .direction = LOG_FROM_DEVICE, .kind = LOG_OTA_REQUEST};
    char versions[LOG_DETAIL - 32];
    describe_versions(report, versions, sizeof versions);
    (void)snprintf(entry.detail, sizeof entry.detail, "upgrade requested with %s",
                   versions[0] != '\0' ? versions : "no version");
    if (status == OK && plan_id.known) {
        status = events_log(app, plan_id.value, device_id, &entry);
    } else if (presence != NULL) {
        presence->requested_at = entry.at;
        text_copy_cut(presence->requested, sizeof presence->requested, entry.detail);
    }
    if (status == OK) {
        status = tell_versions(app, device_id, report, running);
    }
    struct session_event event = {.kind = SESSION_REQUEST, .device_online = presence != NULL, .progress = -1};
    return status == OK ? upgrade_event(app, device_id, &event, running) : status;
}

enum status app_device_request(struct app *app, int64_t device_id, const struct version_report *report)
{
    bool running = false;
    enum status status = app_use_begin(app);
    if (status == OK) {
        status = app_use_end(app, request_use(app, device_id, report, &running));
    }
    const struct presence *presence = app_presence(app, device_id);
    if (status == OK && !running && presence != NULL && presence->reported) {
        evaluation_device(app, device_id); /* else the evaluation of the connect, at most 3 s away, takes it along */
    }
    return status;
}

static enum status upgrade_use(struct app *app, int64_t device_id, const struct upgrade_report *report)
{
    struct device device;
    bool running = false;
    enum status status = device_find_by_id(app->store, device_id, &device);
    if (status == OK) {
        struct device before = device;
        status = store_reported(app, &device, &report->versions, &before);
    }
    struct session_event event = {
        .kind = SESSION_STATUS, .device_online = app_is_online(app, device_id), .upgrade = report, .progress = -1};
    if (status == OK) {
        status = upgrade_event(app, device_id, &event, &running);
    }
    if (status == OK && !running) {
        log_info("app", "device=%s/%s status %d (%s) of '%s' outside any upgrade", device.product_key,
                 device.device_key, report->status, report->status_name, report->component_no);
    }
    return status;
}

enum status app_device_upgrade(struct app *app, int64_t device_id, const struct upgrade_report *report)
{
    referees_status_begins(app, device_id, report);
    enum status status = app_use_begin(app);
    if (status == OK) {
        status = app_use_end(app, upgrade_use(app, device_id, report));
    }
    referees_status_ends(app);
    return status;
}

enum status app_device_seen(struct app *app, int64_t device_id)
{
    enum status status = app_use_begin(app);
    return status == OK ? app_use_end(app, touch(app, device_id)) : status;
}

enum status app_device_malformed(struct app *app, int64_t device_id)
{
    enum status status = app_use_begin(app);
    return status == OK ? app_use_end(app, device_count_malformed(app->store, device_id)) : status;
}
