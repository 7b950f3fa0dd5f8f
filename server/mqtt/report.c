#include "mqtt/report.h"

#include <string.h>

#include "app/devices.h"
#include "base/text.h"
#include "codec/device_messages.h"
#include "domain/reports.h"

static struct maybe_int to_int(struct wire_int value)
{
    return (struct maybe_int){.known = value.known, .value = value.value};
}

static void add_mcu(void *context, const char *component, const char *version)
{
    struct version_report *report = context;
    if (report->mcu_count < LIMIT_MCUS) {
        struct mcu_version *mcu = &report->mcus[report->mcu_count++];
        text_copy_cut(mcu->component_no, sizeof mcu->component_no, component);
        text_copy_cut(mcu->version, sizeof mcu->version, version);
    }
}

static void fill_versions(struct version_report *report, const char *module_version, bool is_bare, const char *mcu_list)
{
    *report = (struct version_report){.module_is_bare = is_bare};
    text_copy_cut(report->module_version, sizeof report->module_version, module_version);
    mcu_list_each(mcu_list, add_mcu, report);
}

static enum status hand_in_status(struct app *app, int64_t device_id, const struct frame *frame, bool *malformed)
{
    struct status_message message;
    *malformed = status_message_decode(frame->payload, frame->payload_length, &message) != OK;
    if (*malformed) {
        return OK;
    }
    struct status_report report = {
        .battery = to_int(message.battery),
        .voltage = {.known = message.voltage.known, .value = message.voltage.value},
        .signal = to_int(message.signal),
        .flash_free = {.known = message.flash_free.known, .value = (uint32_t)message.flash_free.value},
        .rsrp = to_int(message.rsrp),
        .rsrq = to_int(message.rsrq),
        .snr = to_int(message.snr),
    };
    return app_device_status(app, device_id, &report);
}

static enum status hand_in_info(struct app *app, int64_t device_id, const struct frame *frame, bool *malformed)
{
    struct info_message message;
    *malformed = info_message_decode(frame->payload, frame->payload_length, &message) != OK;
    if (*malformed) {
        return OK;
    }
    struct info_report report = {0};
    text_copy_cut(report.module_type, sizeof report.module_type, message.model);
    text_copy_cut(report.iccid, sizeof report.iccid, message.iccid);
    text_copy_cut(report.imsi, sizeof report.imsi, message.imsi);
    text_copy_cut(report.sdk_version, sizeof report.sdk_version, message.sdk_version);
    text_copy_cut(report.data_protocol, sizeof report.data_protocol, message.data_protocol);
    text_copy_cut(report.communication_protocol, sizeof report.communication_protocol, message.communication_protocol);
    fill_versions(&report.versions, message.module_version, false, message.mcu_list);
    return app_device_info(app, device_id, &report);
}

static enum status hand_in_request(struct app *app, int64_t device_id, const struct frame *frame, bool *malformed)
{
    struct reported_versions message;
    *malformed = ota_request_decode(frame->payload, frame->payload_length, &message) != OK;
    if (*malformed) {
        return OK;
    }
    struct version_report report;
    fill_versions(&report, message.module_version, true, message.mcu_list);
    return app_device_request(app, device_id, &report);
}

static enum status hand_in_upgrade(struct app *app, int64_t device_id, const struct frame *frame, bool *malformed)
{
    struct ota_status_message message;
    *malformed = ota_status_decode(frame->payload, frame->payload_length, &message) != OK;
    if (*malformed) {
        return OK;
    }
    struct upgrade_report report = {.status = message.status,
                                    .right_name = strcmp(message.name, ota_status_name(message.status)) == 0,
                                    .has_digest = message.has_digest,
                                    .component_type = to_int(message.component_type),
                                    .wants_sha256 = message.wants_sha256};
    text_copy_cut(report.status_name, sizeof report.status_name, message.name);
    text_copy_cut(report.component_no, sizeof report.component_no, message.component_no);
    fill_versions(&report.versions, message.versions.module_version, true, message.versions.mcu_list);
    return app_device_upgrade(app, device_id, &report);
}

enum status report_hand_in(struct app *app, int64_t device_id, const struct frame *frame, bool *malformed)
{
    switch (frame->command) {
    case COMMAND_STATUS:
        return hand_in_status(app, device_id, frame, malformed);
    case COMMAND_INFO:
        return hand_in_info(app, device_id, frame, malformed);
    case COMMAND_OTA_REQUEST:
        return hand_in_request(app, device_id, frame, malformed);
    case COMMAND_OTA_STATUS:
        return hand_in_upgrade(app, device_id, frame, malformed);
    default:
        *malformed = false;
        return app_device_seen(app, device_id);
    }
}
