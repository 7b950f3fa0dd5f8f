/* Link and login of a virtual device (protocol.md, 2 to 4.3). */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "base/text.h"
#include "crypto/password.h"
#include "fleet/device_internal.h"
#include "fleet/device_wire.h"

static const char sdk_version[] = "2.9.0";
static const char location_methods[] = "NONE;LBS;";
static const char data_protocol[] = "1.3.0";
static const char communication_protocol[] = "3.0.0";
static const char iccid[] = "89860000000000000000";

/* Builds the frame now: whether it is encrypted is decided here, not when it goes out (protocol.md, 5). */
static void send_message(struct virtual_device *device, enum command command, struct buffer *payload, unsigned qos,
                         int tag)
{
    CLEANUP(cleanup_buffer) struct buffer out;
    buffer_init(&out, LIMIT_FRAME_ESCAPED + SESSION_KEY);
    device->package_id = device_next_package_id(device->package_id);
    struct frame frame = {device->package_id, (uint16_t)command, payload->data, payload->length};
    enum status status = buffer_status(payload);
    if (status == OK) {
        status = device_seal(device->has_session_key ? device->session_key : NULL, &frame, &out);
    }
    if (status == OK) {
        status = sdk_link_publish(&device->link, command_topic_kind((uint16_t)command), qos, out.data, out.length, tag,
                                  monotonic_ms());
    }
    if (status != OK) {
        device_note(device, "notSent", "%s: %s", command_name((uint16_t)command), status_text(status));
    }
}

static void fill_versions(const struct virtual_device *device, struct reported_versions *versions)
{
    text_copy_cut(versions->module_version, sizeof versions->module_version, device->flash.module_version);
    versions->has_mcu_list = device->flash.mcus.text[0] != '\0';
    text_copy_cut(versions->mcu_list, sizeof versions->mcu_list, device->flash.mcus.text);
}

void device_request(struct virtual_device *device)
{
    if (!device->logged_in) {
        return;
    }
    CLEANUP(cleanup_buffer) struct buffer payload;
    buffer_init(&payload, LIMIT_FRAME_PAYLOAD);
    struct reported_versions versions = {0};
    fill_versions(device, &versions);
    if (ota_request_encode(&versions, &payload) == OK) {
        send_message(device, COMMAND_OTA_REQUEST, &payload, 2, TAG_REQUEST);
    }
}

void device_report_status(struct virtual_device *device, bool all)
{
    const struct virtual_device_settings *settings = &device->settings;
    CLEANUP(cleanup_buffer) struct buffer payload;
    buffer_init(&payload, LIMIT_FRAME_PAYLOAD);
    struct status_message message = {
        .battery = {true, settings->battery},
        .voltage = {true, settings->voltage},
        .signal = {true, settings->signal},
        .flash_free = {true, (int32_t)settings->flash_free},
    };
    if (all) {
        message.rsrp = settings->rsrp;
    }
    if (status_message_encode(&message, &payload) == OK) {
        send_message(device, COMMAND_STATUS, &payload, 1, TAG_STATUS);
    }
}

static void report_info(struct virtual_device *device)
{
    CLEANUP(cleanup_buffer) struct buffer payload;
    buffer_init(&payload, LIMIT_FRAME_PAYLOAD);
    struct info_message message = {.has_mcu_list = true};
    text_copy_cut(message.model, sizeof message.model, device->settings.model);
    char version[2 * LIMIT_VERSION + 1];
    (void)snprintf(version, sizeof version, "%s%s", device->flash.module_version, device->settings.module_suffix);
    text_copy_cut(message.module_version, sizeof message.module_version, version);
    text_copy_cut(message.mcu_list, sizeof message.mcu_list, device->flash.mcus.text);
    text_copy_cut(message.iccid, sizeof message.iccid, iccid);
    text_copy_cut(message.sdk_version, sizeof message.sdk_version, sdk_version);
    text_copy_cut(message.location_methods, sizeof message.location_methods, location_methods);
    text_copy_cut(message.data_protocol, sizeof message.data_protocol, data_protocol);
    text_copy_cut(message.communication_protocol, sizeof message.communication_protocol, communication_protocol);
    if (info_message_encode(&message, &payload) == OK) {
        send_message(device, COMMAND_INFO, &payload, 1, TAG_INFO);
    }
}

static void send_ota(struct virtual_device *device, const struct ota_status_message *message)
{
    CLEANUP(cleanup_buffer) struct buffer payload;
    buffer_init(&payload, LIMIT_FRAME_PAYLOAD);
    if (ota_status_encode(message, &payload) == OK) {
        send_message(device, COMMAND_OTA_STATUS, &payload, 2, message->status);
    }
}

void device_report_ota(struct virtual_device *device, const struct ota_status_message *message)
{
    struct ota_status_message full = *message;
    text_copy_cut(full.name, sizeof full.name, ota_status_name(full.status));
    full.wants_sha256 = full.status == OTA_STATUS_CONFIRMED && device->settings.sha256;
    if (full.status == OTA_STATUS_SUCCESS || full.status == OTA_STATUS_UPDATE_ERROR) {
        fill_versions(device, &full.versions);
    }
    if (device->logged_in) {
        send_ota(device, &full);
    } else {
        device->has_cached = true;
        device->cached = full;
    }
}

/* The SDK's task after SUBACK or secret. The application hears 3,10200 before the SDK reports (protocol.md, 4.3). */
void device_login(struct virtual_device *device)
{
    if (device->link.state != SDK_LINK_UP) {
        return;
    }
    if (device->raise_authenticated) {
        device->raise_authenticated = false;
        device_raise(device, 1, 10200, "");
    }
    device_raise(device, 2, 10200, "");
    device_raise(device, 3, 10200, "");
    device->logged_in = true;
    application_online(device);
    device_report_status(device, false);
    report_info(device);
    if (device->has_cached) {
        device->has_cached = false;
        device->bench.unproved = device->bench.unproved && device->cached.status != OTA_STATUS_SUCCESS;
        send_ota(device, &device->cached);
    }
}

static void on_subscribed(void *context)
{
    struct virtual_device *device = context;
    device->subscribed = true;
    if (!device->authenticates) {
        sdk_retry_succeed(&device->retry);
        device->server_failures = 0;
        device->flash.server = device->server;
        device_store(device);
        device_wait(device, DUE_LOGIN, 0);
    }
}

static void on_write(void *context, const uint8_t *bytes, size_t count)
{
    struct virtual_device *device = context;
    if (device->stream != NULL && stream_write(device->stream, bytes, count) != OK) {
        device_note(device, "notSent", "the link's queue is full");
    }
}

/* A PUBLISH: decrypted, run over by the topic splitter, decoded; whatever is wrong is dropped without an answer. */
static void on_message(void *context, const uint8_t *payload, size_t length, bool splits)
{
    struct virtual_device *device = context;
    CLEANUP(cleanup_buffer) struct buffer memory;
    struct frame frame;
    buffer_init(&memory, LIMIT_MQTT_PACKET);
    const uint8_t *key = device->has_session_key ? device->session_key : NULL;
    const char *why = device_open(key, payload, length, splits, &memory, &frame);
    if (why != NULL) {
        device_note(device, "dropped", "%s (%zu bytes)", why, length);
        return;
    }
    device_take_frame(device, &frame);
}

static void on_sent(void *context, int tag)
{
    device_upgrade_sent(context, tag);
}

static void on_received(void *context, int tag)
{
    struct virtual_device *device = context;
    bool closes = tag == OTA_STATUS_REFUSED || tag == OTA_STATUS_DOWNLOAD_ERROR || tag == OTA_STATUS_SUCCESS ||
                  tag == OTA_STATUS_UPDATE_ERROR;
    if (closes) {
        device_upgrade_step(device, &(struct sdk_ota_event){.kind = SDK_OTA_SETTLED});
    }
}

static void on_ended(void *context, int tag, bool acknowledged)
{
    device_upgrade_ended(context, tag, acknowledged);
}

static void on_failed(void *context, enum sdk_cause cause, int detail)
{
    device_link_failed(context, cause, detail);
}

void device_link_init(struct virtual_device *device)
{
    static const struct sdk_link_handlers handlers = {
        .write = on_write,
        .on_subscribed = on_subscribed,
        .on_message = on_message,
        .on_sent = on_sent,
        .on_received = on_received,
        .on_ended = on_ended,
        .on_failed = on_failed,
    };
    char client_id[LIMIT_CLIENT_ID + 1];
    (void)snprintf(client_id, sizeof client_id, "qd%s%s", device->flash.product_key, device->settings.device_key);
    sdk_link_init(&device->link, &handlers, device, client_id, device->settings.keep_alive_s);
}

static enum status make_password(struct virtual_device *device, char *text, size_t capacity)
{
    const struct device_flash *flash = &device->flash;
    device->authenticates = flash->device_secret[0] == '\0';
    return device_password(device->settings.encrypt, flash->product_key, flash->product_secret,
                           device->settings.device_key, flash->device_secret, text, capacity);
}

static void on_open(void *context)
{
    struct virtual_device *device = context;
    char password[PASSWORD_LIMIT];
    if (make_password(device, password, sizeof password) != OK ||
        sdk_link_opened(&device->link, password, monotonic_ms()) != OK) {
        device_link_failed(device, SDK_CAUSE_LOST, 0);
    }
    device_rearm(device);
}

static void on_data(void *context)
{
    struct virtual_device *device = context;
    struct stream *stream = device->stream;
    size_t count = 0;
    const uint8_t *bytes = stream_input(stream, &count);
    size_t used = sdk_link_receive(&device->link, bytes, count, monotonic_ms());
    if (device->stream == stream) {
        stream_consume(stream, used);
    }
    device_rearm(device);
}

static void on_close(void *context, const char *why)
{
    struct virtual_device *device = context;
    device_note(device, "linkLost", "%s", why);
    device_link_failed(device, SDK_CAUSE_LOST, 0);
    device_rearm(device);
}

void device_connect(struct virtual_device *device)
{
    static const struct stream_handlers handlers = {.on_open = on_open, .on_data = on_data, .on_close = on_close};
    device_disconnect(device);
    if (stream_connect_tcp(device->loop, device->server.host, device->server.port,
                           device->server.tls ? device->mqtt_tls : NULL, &handlers, device, &device->stream) != OK) {
        device_link_failed(device, SDK_CAUSE_LOST, 0);
    }
}

/* Without DISCONNECT, always (protocol.md, 2.1); what was queued is lost. */
void device_disconnect(struct virtual_device *device)
{
    stream_destroy(device->stream);
    device->stream = NULL;
    sdk_link_closed(&device->link);
    device->subscribed = false;
    device->logged_in = false;
    device->has_session_key = false;
    device->due[DUE_LOGIN] = DEVICE_NEVER;
    device->due[DUE_REQUEST] = DEVICE_NEVER;
}
