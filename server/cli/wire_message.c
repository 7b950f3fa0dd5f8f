#include "cli/wire_message.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "codec/device_messages.h"
#include "codec/server_messages.h"

/* ------------------------------------------------------------------ JSON of members */

static void set_text(json_t *object, const char *name, const char *text)
{
    if (text[0] != '\0') {
        /* a device may send anything; what is no UTF-8 is shown in hexadecimal */
        json_t *value = json_string(text);
        if (value == NULL) {
            size_t length = strlen(text);
            char *hex = malloc(2 * length + 1);
            if (hex != NULL) {
                hex_encode((const uint8_t *)text, length, hex);
                value = json_pack("{s:s}", "hex", hex);
            }
            free(hex);
        }
        (void)json_object_set_new(object, name, value);
    }
}

static void set_int(json_t *object, const char *name, const struct wire_int *value)
{
    if (value->known) {
        (void)json_object_set_new(object, name, json_integer(value->value));
    }
}

static void set_unsigned(json_t *object, const char *name, const struct wire_int *value)
{
    if (value->known) {
        (void)json_object_set_new(object, name, json_integer((uint32_t)value->value));
    }
}

static void set_versions(json_t *object, const struct reported_versions *versions)
{
    set_text(object, "moduleVersion", versions->module_version);
    if (versions->has_mcu_list) {
        (void)json_object_set_new(object, "mcuList", json_string(""));
        set_text(object, "mcuList", versions->mcu_list);
    }
}

/* ------------------------------------------------------------------ device to server */

static enum status rewrite_status(const struct frame *frame, struct buffer *out, json_t *json)
{
    struct status_message message;
    enum status status = status_message_decode(frame->payload, frame->payload_length, &message);
    if (status != OK) {
        return status;
    }
    set_int(json, "battery", &message.battery);
    if (message.voltage.known) {
        (void)json_object_set_new(json, "voltage", json_real(message.voltage.value));
    }
    set_int(json, "signal", &message.signal);
    set_unsigned(json, "flashFree", &message.flash_free);
    set_int(json, "rsrp", &message.rsrp);
    set_int(json, "rsrq", &message.rsrq);
    set_int(json, "snr", &message.snr);
    return status_message_encode(&message, out);
}

static enum status rewrite_info(const struct frame *frame, struct buffer *out, json_t *json)
{
    struct info_message message;
    enum status status = info_message_decode(frame->payload, frame->payload_length, &message);
    if (status != OK) {
        return status;
    }
    set_text(json, "model", message.model);
    set_text(json, "moduleVersion", message.module_version);
    if (message.has_mcu_list) {
        (void)json_object_set_new(json, "mcuList", json_string(""));
        set_text(json, "mcuList", message.mcu_list);
    }
    set_int(json, "cellId", &message.cell_id);
    set_text(json, "iccid", message.iccid);
    set_int(json, "mcc", &message.mcc);
    set_int(json, "mnc", &message.mnc);
    set_int(json, "lac", &message.lac);
    set_text(json, "phone", message.phone);
    set_text(json, "imsi", message.imsi);
    set_text(json, "sdkVersion", message.sdk_version);
    set_text(json, "locationMethods", message.location_methods);
    set_text(json, "dataProtocol", message.data_protocol);
    set_text(json, "communicationProtocol", message.communication_protocol);
    return info_message_encode(&message, out);
}

static enum status rewrite_request(const struct frame *frame, struct buffer *out, json_t *json)
{
    struct reported_versions versions;
    enum status status = ota_request_decode(frame->payload, frame->payload_length, &versions);
    if (status != OK) {
        return status;
    }
    set_versions(json, &versions);
    return ota_request_encode(&versions, out);
}

static enum status rewrite_ota_status(const struct frame *frame, struct buffer *out, json_t *json)
{
    struct ota_status_message message;
    enum status status = ota_status_decode(frame->payload, frame->payload_length, &message);
    if (status != OK) {
        return status;
    }
    (void)json_object_set_new(json, "status", json_integer(message.status));
    set_text(json, "name", message.name);
    set_int(json, "componentType", &message.component_type);
    set_text(json, "componentNo", message.component_no);
    if (message.wants_sha256) {
        (void)json_object_set_new(json, "wantsSha256", json_true());
    }
    set_versions(json, &message.versions);
    return ota_status_encode(&message, out);
}

static enum status rewrite_location(const struct frame *frame, struct buffer *out, json_t *json)
{
    size_t capacity = frame->payload_length + 1;
    char *text = malloc(capacity);
    if (text == NULL) {
        return E_NOMEM;
    }
    enum status status = location_decode(frame->payload, frame->payload_length, text, capacity);
    if (status == OK) {
        set_text(json, "location", text);
        status = location_encode(text, out);
    }
    free(text);
    return status;
}

/* ------------------------------------------------------------------ server to device */

static json_t *task_json(const struct notify_task *task)
{
    json_t *json = json_object();
    set_text(json, "componentNo", task->component_no);
    set_text(json, "sourceVersion", task->source_version);
    set_text(json, "targetVersion", task->target_version);
    (void)json_object_set_new(json, "componentType", json_integer(task->component_type));
    set_int(json, "batteryLimit", &task->battery);
    set_unsigned(json, "useSpace", &task->space);
    set_int(json, "minSignalIntensity", &task->signal);
    return json;
}

static enum status rewrite_notify(const struct frame *frame, struct buffer *out, json_t *json)
{
    struct notify_message message;
    enum status status = notify_decode(frame->payload, frame->payload_length, &message);
    if (status != OK) {
        return status;
    }
    json_t *tasks = json_array();
    for (size_t i = 0; i < message.count; i++) {
        (void)json_array_append_new(tasks, task_json(&message.tasks[i]));
    }
    (void)json_object_set_new(json, "tasks", tasks);
    return notify_encode(&message, out);
}

static enum status rewrite_firmware(const struct frame *frame, bool wants_sha256, struct buffer *out, json_t *json)
{
    struct firmware_message message;
    enum status status = firmware_decode(frame->payload, frame->payload_length, wants_sha256, &message);
    if (status == E_FORMAT && firmware_decode_files(frame->payload, frame->payload_length, &message) == OK) {
        (void)json_object_set_new(json, "onlyForModulesThatDownload", json_true());
    } else if (status != OK) {
        return status;
    }
    set_text(json, "componentNo", message.component_no);
    set_text(json, "sourceVersion", message.source_version);
    set_text(json, "targetVersion", message.target_version);
    (void)json_object_set_new(json, "componentType", json_integer(message.component_type));
    json_t *files = json_array();
    for (size_t i = 0; i < message.file_count; i++) {
        json_t *file = json_object();
        set_text(file, "url", message.files[i].url);
        (void)json_object_set_new(file, "size", json_integer(message.files[i].size));
        set_text(file, "md5", message.files[i].md5);
        (void)json_array_append_new(files, file);
    }
    (void)json_object_set_new(json, "files", files);
    set_text(json, "crc", message.crc);
    set_text(json, "sha256", message.sha256);
    enum status written = firmware_encode(&message, out);
    return status == OK ? written : status;
}

/* Secrets are shown: decoding a frame by hand is what the command is for. */
static enum status rewrite_configuration(const struct frame *frame, struct buffer *out, json_t *json)
{
    struct configuration_message message;
    enum status status = configuration_decode(frame->payload, frame->payload_length, &message);
    if (status != OK) {
        return status;
    }
    set_text(json, "deviceSecret", message.device_secret);
    if (message.has_session_key) {
        char hex[2 * sizeof message.session_key + 1];
        hex_encode(message.session_key, sizeof message.session_key, hex);
        set_text(json, "sessionKey", hex);
    }
    if (message.authenticate_again) {
        (void)json_object_set_new(json, "authenticateAgain", json_true());
    }
    set_text(json, "newDeviceSecret", message.new_device_secret);
    if (message.port != 0) {
        set_text(json, "host", message.host);
        set_text(json, "ip", message.ip);
        (void)json_object_set_new(json, "port", json_integer(message.port));
    }
    set_text(json, "newProductKey", message.new_product_key);
    set_text(json, "newProductSecret", message.new_product_secret);
    return configuration_encode(&message, out);
}

static enum status rewrite_error(const struct frame *frame, struct buffer *out, json_t *json)
{
    struct error_message message;
    enum status status = error_message_decode(frame->payload, frame->payload_length, &message);
    if (status != OK) {
        return status;
    }
    (void)json_object_set_new(json, "code", json_integer(message.code));
    set_int(json, "packageId", &message.package_id);
    return error_message_encode(&message, out);
}

/* ------------------------------------------------------------------ dispatch */

static enum status rewrite(const struct frame *frame, bool wants_sha256, struct buffer *out, json_t *json)
{
    switch (frame->command) {
    case COMMAND_STATUS:
        return rewrite_status(frame, out, json);
    case COMMAND_INFO:
        return rewrite_info(frame, out, json);
    case COMMAND_OTA_REQUEST:
        return rewrite_request(frame, out, json);
    case COMMAND_OTA_STATUS:
        return rewrite_ota_status(frame, out, json);
    case COMMAND_LOCATION:
        return rewrite_location(frame, out, json);
    case COMMAND_OTA_NOTIFY:
        return rewrite_notify(frame, out, json);
    case COMMAND_FIRMWARE_INFO:
        return rewrite_firmware(frame, wants_sha256, out, json);
    case COMMAND_CONFIGURATION:
        return rewrite_configuration(frame, out, json);
    case COMMAND_ERROR:
        return rewrite_error(frame, out, json);
    default:
        return E_NOT_FOUND;
    }
}

bool message_is_known(uint16_t command)
{
    static const uint16_t known[] = {COMMAND_STATUS,        COMMAND_INFO,          COMMAND_OTA_REQUEST,
                                     COMMAND_OTA_STATUS,    COMMAND_LOCATION,      COMMAND_OTA_NOTIFY,
                                     COMMAND_FIRMWARE_INFO, COMMAND_CONFIGURATION, COMMAND_ERROR};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i] == command) {
            return true;
        }
    }
    return false;
}

bool message_is_ttlv(uint16_t command)
{
    switch (command) {
    case COMMAND_TSL_READ:
    case COMMAND_STATUS_READ:
    case COMMAND_INFO_READ:
    case COMMAND_TRANSPARENT_DOWN:
    case COMMAND_TRANSPARENT_UP:
        return false;
    default:
        return true;
    }
}

enum status message_rewrite(const struct frame *frame, bool wants_sha256, struct buffer *out)
{
    json_t *json = json_object();
    enum status status = json == NULL ? E_NOMEM : rewrite(frame, wants_sha256, out, json);
    json_decref(json);
    return status;
}

enum status message_json(const struct frame *frame, json_t **json)
{
    json_t *object = json_object();
    if (object == NULL) {
        return E_NOMEM;
    }
    struct buffer unused;
    buffer_init(&unused, LIMIT_FRAME_PAYLOAD);
    enum status status = rewrite(frame, false, &unused, object);
    buffer_finish(&unused);
    if (status == OK || (status == E_FORMAT && json_object_size(object) > 0)) {
        *json = object;
        return OK;
    }
    json_decref(object);
    return status;
}
