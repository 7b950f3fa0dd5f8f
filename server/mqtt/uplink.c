#include "mqtt/uplink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/devices.h"
#include "app/journal.h"
#include "app/referee.h"
#include "base/log.h"
#include "base/text.h"
#include "codec/device_messages.h"
#include "codec/frame.h"
#include "mqtt/internal.h"
#include "mqtt/link.h"
#include "mqtt/order_faults.h"
#include "mqtt/report.h"
#include "mqtt/topics.h"
#include "mqtt/watch.h"

enum { HEX_BYTES = 256, STATUS_UPDATING = 9 };

/* As the bus brought it. */
struct message {
    const char *topic;
    uint32_t digest;
    const uint8_t *payload;
    size_t length;
};

enum status uplink_init(struct uplink_burst *burst)
{
    *burst = (struct uplink_burst){.scratch = malloc(LIMIT_MQTT_PACKET)};
    buffer_init(&burst->clear, LIMIT_MQTT_PACKET);
    return burst->scratch != NULL ? OK : E_NOMEM;
}

void uplink_finish(struct uplink_burst *burst)
{
    free(burst->scratch);
    buffer_finish(&burst->clear);
}

/* The device of a client id whose link we never saw: queued by the broker while the server was down. */
struct split_search {
    struct mqtt_door *door;
    const char *client_id;
    struct peer *peer;
    int found;
    enum status trouble;
};

static bool look_for_device(void *context, const char *product_key, const char *device_key)
{
    struct split_search *search = context;
    struct device device;
    enum status status = app_device_find(search->door->app, product_key, device_key, &device);
    if (status == OK) {
        search->found++;
        status =
            peers_obtain(&search->door->peers, search->client_id, product_key, device_key, device.id, &search->peer);
    }
    if (status != OK && status != E_NOT_FOUND) {
        search->trouble = status;
    }
    return true;
}

static struct peer *find_peer(struct mqtt_door *door, const char *client_id)
{
    struct peer *peer = peers_find_client(&door->peers, client_id);
    if (peer != NULL) {
        return peer;
    }
    struct split_search search = {.door = door, .client_id = client_id};
    client_id_each_split(client_id, look_for_device, &search);
    if (search.found != 1) {
        log_warn("uplink", "client=%s names %d devices; its message is dropped", client_id, search.found);
        return NULL;
    }
    return search.peer;
}

static void note_malformed(struct mqtt_door *door, const struct peer *peer, const char *why, const uint8_t *payload,
                           size_t length)
{
    char hex[2 * HEX_BYTES + 1];
    hex_encode(payload, length < HEX_BYTES ? length : HEX_BYTES, hex);
    log_warn("uplink", "device=%s malformed frame of %zu bytes dropped (%s): %s", peer->name, length, why, hex);
    door->counters.malformed++;
    app_referee_malformed(door->app, peer->device_id, why);
    if (app_device_malformed(door->app, peer->device_id) != OK) {
        log_debug("uplink", "device=%s the malformed frame was not counted", peer->name);
    }
}

static bool decrypt(struct uplink_burst *burst, const struct session_key *key, const uint8_t *payload, size_t length,
                    struct frame *frame)
{
    buffer_clear(&burst->clear);
    return key->known && session_decrypt(key->bytes, payload, length, &burst->clear) == OK &&
           frame_decode(burst->clear.data, burst->clear.length, burst->scratch, frame) == OK;
}

/* Clear and encrypted frames may be mixed on one connection (protocol.md, 5). */
static bool open_frame(struct uplink_burst *burst, const struct peer *peer, const uint8_t *payload, size_t length,
                       struct frame *frame, bool *encrypted)
{
    *encrypted = !frame_is_clear(payload, length);
    if (length > LIMIT_MQTT_PACKET) {
        return false;
    }
    if (!*encrypted) {
        return frame_decode(payload, length, burst->scratch, frame) == OK;
    }
    return decrypt(burst, &peer->key, payload, length, frame) || decrypt(burst, &peer->older, payload, length, frame);
}

static bool is_of_device(uint16_t command)
{
    static const uint16_t commands[] = {COMMAND_TSL_ANSWER, COMMAND_TSL_REPORT,  COMMAND_TRANSPARENT_UP,
                                        COMMAND_STATUS,     COMMAND_INFO,        COMMAND_DEVICE_ERROR,
                                        COMMAND_OTA_STATUS, COMMAND_OTA_REQUEST, COMMAND_LOCATION};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (commands[i] == command) {
            return true;
        }
    }
    return false;
}

/* For the referee. A message that came before its server did has no QoS that we know. */
static void show_conduct(struct mqtt_door *door, const struct peer *peer, const struct message *message,
                         const struct frame *frame, bool encrypted, bool id_reused)
{
    const char *kind = strrchr(message->topic, '/');
    struct frame_conduct conduct = {
        .command = frame->command,
        .package_id = frame->package_id,
        .qos = passing_qos(&peer->passing, message->digest),
        .right_kind = kind != NULL && strcmp(kind + 1, command_topic_kind(frame->command)) == 0,
        .known = is_of_device(frame->command),
        .encrypted = encrypted,
        .id_reused = id_reused,
    };
    app_referee_frame(door->app, peer->device_id, &conduct);
}

/* `plan`: in which the device was before the message was handled, for the last status of an upgrade ends it; 0: none. */
static void note_in_journal(struct mqtt_door *door, const struct peer *peer, const struct message *message,
                            const struct frame *frame, bool encrypted, const char *verdict, int64_t plan)
{
    const struct buffer *clear = &door->burst.clear;
    int qos = passing_qos(&peer->passing, message->digest);
    struct journal_entry entry = {.kind = JOURNAL_FRAME,
                                  .plan_id = plan != 0 ? plan : app_journal_plan(door->app, peer->device_id),
                                  .from_device = true,
                                  .encrypted = encrypted,
                                  .qos = qos == PASSING_UNKNOWN ? 1 : qos,
                                  .word = verdict,
                                  .name = message->topic,
                                  .raw = message->payload,
                                  .raw_length = message->length};
    if (frame != NULL) {
        entry.command = frame->command;
        entry.package_id = frame->package_id;
        entry.command_name = command_name(frame->command);
        entry.clear = encrypted ? clear->data : NULL;
        entry.clear_length = encrypted ? clear->length : 0;
    }
    int length = (int)strcspn(peer->name, "/"); /* "pk/dk" */
    (void)snprintf(entry.product_key, sizeof entry.product_key, "%.*s", length, peer->name);
    text_copy_cut(entry.device_key, sizeof entry.device_key, peer->name + length + 1);
    app_journal(door->app, &entry);
}

/* A notify may be wanted again while the device upgrades (faults). */
static void look_for_upgrading(const struct peer *peer, const struct frame *frame)
{
    struct ota_status_message message;
    if (frame->command == COMMAND_OTA_STATUS && peer->link != NULL &&
        ota_status_decode(frame->payload, frame->payload_length, &message) == OK && message.status == STATUS_UPDATING) {
        order_device_upgrading(peer->link);
    }
}

/* True: it is done and may be acknowledged. *key: what was remembered of it. */
static bool handle(struct mqtt_door *door, struct peer *peer, const struct message *message, struct recent_key *key)
{
    struct frame frame;
    const uint8_t *payload = message->payload;
    size_t length = message->length;
    bool encrypted = false;
    if (!open_frame(&door->burst, peer, payload, length, &frame, &encrypted)) {
        note_in_journal(door, peer, message, NULL, encrypted, "malformed", 0);
        note_malformed(door, peer, "no frame", payload, length);
        return true;
    }
    watch_frame(door->app, peer->device_id, &frame, true);
    struct recent_key found = recent_key_of(&frame);
    bool may_repeat = frame.command == COMMAND_TSL_ANSWER; /* its package id is the server's */
    if (!may_repeat && recent_has(&peer->recent, &found)) {
        door->counters.duplicates++;
        note_in_journal(door, peer, message, &frame, encrypted, "duplicate", 0);
        log_debug("uplink", "device=%s %s package=%u came again", peer->name, command_name(frame.command),
                  frame.package_id);
        return true;
    }
    bool malformed = false;
    show_conduct(door, peer, message, &frame, encrypted, !may_repeat && recent_has_other(&peer->recent, &found));
    int64_t plan = app_journal_plan(door->app, peer->device_id);
    enum status status = report_hand_in(door->app, peer->device_id, &frame, &malformed);
    note_in_journal(door, peer, message, &frame, encrypted, malformed ? "malformed" : "ok", plan);
    if (malformed) {
        note_malformed(door, peer, command_name(frame.command), payload, length);
    } else if (status != OK && status != E_NOT_FOUND) {
        log_error("uplink", "device=%s %s package=%u failed: %s", peer->name, command_name(frame.command),
                  frame.package_id, status_text(status));
        return false;
    } else {
        log_debug("uplink", "device=%s %s package=%u", peer->name, command_name(frame.command), frame.package_id);
    }
    if (!may_repeat) {
        recent_add(&peer->recent, &found);
        *key = found;
    }
    look_for_upgrading(peer, &frame);
    return true;
}

void uplink_message(struct mqtt_door *door, const char *topic, const uint8_t *payload, size_t length)
{
    struct uplink_burst *burst = &door->burst;
    struct uplink_done *done = &burst->done[burst->count];
    door->counters.uplinks++;
    if (topic_client_id(topic, strlen(topic), done->client_id) != OK) {
        return;
    }
    if (!burst->open) {
        burst->open = app_batch_begin(door->app) == OK;
    }
    struct peer *peer = find_peer(door, done->client_id);
    if (peer == NULL || peer->stale) {
        return;
    }
    done->digest = hold_digest(topic, strlen(topic), payload, length);
    done->key = (struct recent_key){0};
    struct message message = {.topic = topic, .digest = done->digest, .payload = payload, .length = length};
    done->good = burst->open && handle(door, peer, &message, &done->key);
    burst->count++;
    if (burst->count == UPLINK_BURST) {
        uplink_burst_end(door);
    }
}

void uplink_burst_end(struct mqtt_door *door)
{
    struct uplink_burst *burst = &door->burst;
    enum status status = E_STATE;
    if (burst->open) {
        burst->open = false;
        status = app_batch_end(door->app);
        if (status != OK) {
            log_error("uplink", "messages=%zu were not stored: %s", burst->count, status_text(status));
        }
    }
    size_t count = burst->count;
    burst->count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct uplink_done *done = &burst->done[i];
        struct peer *peer = peers_find_client(&door->peers, done->client_id);
        if (peer == NULL) {
            continue;
        }
        if (status != OK && done->key.package_id != 0) {
            recent_forget(&peer->recent, &done->key);
        }
        if (peer->link != NULL) {
            link_note_message(peer->link, done->digest, done->good && status == OK);
        }
    }
}
