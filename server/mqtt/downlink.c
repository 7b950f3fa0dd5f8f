#include "mqtt/downlink.h"

#include <stdio.h>
#include <string.h>

#include "app/journal.h"
#include "app/referee.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "codec/frame.h"
#include "codec/server_messages.h"
#include "codec/ttlv.h"
#include "mqtt/link.h"
#include "mqtt/order_faults.h"
#include "mqtt/topics.h"
#include "mqtt/watch.h"

enum {
    SLASH = 0x2F,
    CHECKSUM_AT = 4,   /* behind AA AA and the length */
    FRAME_FIXED = 5,   /* what the length field counts beside the payload */
    PADDING_ID = 8191, /* a TTLV no device knows */
    ID_TRIES = 1024,   /* one in about sixty package ids is bad */
};

static uint16_t next_id(uint16_t last)
{
    return last >= PACKAGE_ID_LAST ? PACKAGE_ID_FIRST : (uint16_t)(last + 1);
}

enum status downlink_frame(uint16_t *last_id, uint16_t command, struct buffer *payload, struct buffer *out)
{
    size_t start = out->length;
    size_t counted = payload->length + FRAME_FIXED;
    if (counted >= LIMIT_FRAME_SAFE && (counted & 0xFF) == SLASH) {
        ttlv_put_bool(payload, PADDING_ID, false);
    }
    enum status status = buffer_status(payload);
    uint16_t id = *last_id;
    for (int tries = 0; status == OK && tries < ID_TRIES; tries++) {
        id = next_id(id);
        struct frame frame = {
            .package_id = id, .command = command, .payload = payload->data, .payload_length = payload->length};
        out->length = start;
        status = frame_encode(&frame, out);
        if (status == OK && (out->length - start < LIMIT_FRAME_SAFE ||
                             frame_survives_splitter(out->data + start, out->length - start))) {
            *last_id = id;
            return OK;
        }
    }
    return status == OK ? E_INTERNAL : status;
}

/* The configuration without its secrets: what the journal shows of it. */
static enum status mask(const struct link *link, uint16_t package_id, struct buffer *masked)
{
    struct configuration_message message = {.has_session_key = link->send_key};
    CLEANUP(cleanup_buffer) struct buffer payload = {.limit = LIMIT_FRAME_PAYLOAD};
    if (link->send_secret) {
        memset(message.device_secret, '*', strlen(link->secret));
    }
    enum status status = configuration_encode(&message, &payload);
    struct frame frame = {.package_id = package_id,
                          .command = COMMAND_CONFIGURATION,
                          .payload = payload.data,
                          .payload_length = payload.length};
    return status == OK ? frame_encode(&frame, masked) : status;
}

static void note_in_journal(const struct link *link, uint16_t command, const char *topic, const struct buffer *sent,
                            const struct buffer *clear, bool altered)
{
    CLEANUP(cleanup_buffer) struct buffer masked = {.limit = LIMIT_FRAME_ESCAPED};
    if (command == COMMAND_CONFIGURATION) {
        if (mask(link, link->peer->last_package_id, &masked) != OK) {
            return; /* no memory */
        }
        sent = &masked;
        clear = &masked;
    }
    struct journal_entry entry = {.kind = JOURNAL_FRAME,
                                  .qos = 1,
                                  .encrypted = sent != clear,
                                  .command = command,
                                  .package_id = link->peer->last_package_id,
                                  .command_name = command_name(command),
                                  .word = altered ? "altered" : "ok",
                                  .name = topic,
                                  .raw = sent->data,
                                  .raw_length = sent->length,
                                  .clear = sent != clear ? clear->data : NULL,
                                  .clear_length = sent != clear ? clear->length : 0};
    link_journal(link, &entry);
}

enum status downlink_send(struct link *link, uint16_t command, struct buffer *payload, unsigned flaws)
{
    struct peer *peer = link->peer;
    CLEANUP(cleanup_buffer) struct buffer clear = {.limit = LIMIT_FRAME_ESCAPED};
    CLEANUP(cleanup_buffer) struct buffer sealed = {.limit = LIMIT_MQTT_PACKET};
    enum status status = downlink_frame(&peer->last_package_id, command, payload, &clear);
    const struct buffer *message = &clear;
    if (status == OK && (flaws & DOWNLINK_BAD_CHECKSUM) != 0) {
        clear.data[CHECKSUM_AT] ^= 1;
    }
    if (status == OK && link->encrypts) {
        status = session_encrypt(peer->key.bytes, clear.data, clear.length, &sealed);
        message = &sealed;
    }
    if (status != OK) {
        return status;
    }
    char topic[TOPIC_TEXT];
    topic_to_device(peer->client_id, command_topic_kind(command), topic);
    status = bus_publish(link->door->bus, topic, message->data, message->length);
    if (status == OK) {
        link->door->counters.downlinks++;
        note_in_journal(link, command, topic, message, &clear, flaws != 0);
        if (command == COMMAND_OTA_NOTIFY || command == COMMAND_FIRMWARE_INFO) {
            app_referee_ordered(link->door->app, peer->device_id, command == COMMAND_FIRMWARE_INFO, flaws != 0);
        }
        watch_frame(link->door->app, peer->device_id,
                    &(struct frame){.package_id = peer->last_package_id,
                                    .command = command,
                                    .payload = payload->data,
                                    .payload_length = payload->length},
                    false);
        log_debug("downlink", "device=%s %s package=%u of %zu bytes", link->name, command_name(command),
                  peer->last_package_id, clear.length);
    }
    return status;
}

enum status downlink_configuration(struct link *link)
{
    struct configuration_message message = {.has_session_key = link->send_key};
    if (link->send_secret) {
        text_copy_cut(message.device_secret, sizeof message.device_secret, link->secret);
    }
    if (link->send_key) {
        memcpy(message.session_key, link->peer->key.bytes, sizeof message.session_key);
    }
    CLEANUP(cleanup_buffer) struct buffer payload = {.limit = LIMIT_FRAME_PAYLOAD};
    enum status status = configuration_encode(&message, &payload);
    if (status == OK) {
        status = downlink_send(link, COMMAND_CONFIGURATION, &payload, 0);
    }
    link->encrypts = link->send_key;
    return status;
}

enum status downlink_notify(struct link *link, const struct notify_order *order)
{
    struct notify_message message = {.count = order->count};
    for (size_t i = 0; i < order->count && i < LIMIT_COMPONENTS; i++) {
        struct notify_task *task = &message.tasks[i];
        text_copy_cut(task->component_no, sizeof task->component_no, order->tasks[i].component_no);
        text_copy_cut(task->source_version, sizeof task->source_version, order->tasks[i].source_version);
        text_copy_cut(task->target_version, sizeof task->target_version, order->tasks[i].target_version);
        task->component_type = (int32_t)order->tasks[i].type;
        task->battery = (struct wire_int){.known = true, .value = order->min_battery};
        task->space = (struct wire_int){.known = true, .value = (int32_t)order->tasks[i].space};
        task->signal = (struct wire_int){.known = true, .value = order->min_signal};
    }
    CLEANUP(cleanup_buffer) struct buffer payload = {.limit = LIMIT_FRAME_PAYLOAD};
    enum status status = notify_encode(&message, &payload);
    return status == OK ? order_send_notify(link, &payload) : status;
}

enum status downlink_url(const char *base, const char *token, const char *extension, char *url, size_t capacity)
{
    size_t length = strlen(base);
    while (length > 0 && base[length - 1] == '/') {
        length--;
    }
    int written = snprintf(url, capacity, "%.*s/firmware/%s%s", (int)length, base, token, extension);
    return written > 0 && (size_t)written < capacity ? OK : E_LIMIT;
}

/* Where the device downloads: the public URL, or the address under which it reached us. */
static void base_url(const struct link *link, char *base, size_t capacity)
{
    if (link->door->public_url[0] != '\0') {
        text_copy_cut(base, capacity, link->door->public_url);
        return;
    }
    const char *form = strchr(link->local, ':') != NULL ? "http://[%s]:%u" : "http://%s:%u";
    (void)snprintf(base, capacity, form, link->local, link->door->http_port);
}

enum status downlink_firmware(struct link *link, const struct firmware_order *order)
{
    char base[PUBLIC_URL + 1];
    base_url(link, base, sizeof base);
    struct firmware_message message = {.component_type = (int32_t)order->type, .file_count = order->file_count};
    text_copy_cut(message.component_no, sizeof message.component_no, order->component_no);
    text_copy_cut(message.source_version, sizeof message.source_version, order->source_version);
    text_copy_cut(message.target_version, sizeof message.target_version, order->target_version);
    enum status status = order->file_count <= LIMIT_PACKAGE_FILES ? OK : E_LIMIT;
    for (size_t i = 0; status == OK && i < order->file_count; i++) {
        struct firmware_file *file = &message.files[i];
        status = downlink_url(base, order->files[i].token, order->files[i].extension, file->url, sizeof file->url);
        file->size = order->files[i].size;
        text_copy_cut(file->md5, sizeof file->md5, order->files[i].md5);
    }
    if (order->file_count == 1) {
        text_copy_cut(message.crc, sizeof message.crc, order->files[0].crc32);
        text_copy_cut(message.sha256, sizeof message.sha256, order->with_sha256 ? order->files[0].sha256 : "");
    }
    CLEANUP(cleanup_buffer) struct buffer payload = {.limit = LIMIT_FRAME_PAYLOAD};
    if (status == OK) {
        status = firmware_encode(&message, &payload);
    }
    return status == OK ? order_send_firmware(link, order, &payload) : status;
}
