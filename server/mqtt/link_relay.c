/* Bytes between device and broker: looked at in place, passed on in as few writes as possible. */
#include <string.h>

#include "app/devices.h"
#include "app/referee.h"
#include "base/instant.h"
#include "base/limits.h"
#include "base/log.h"
#include "mqtt/downlink.h"
#include "mqtt/link.h"
#include "mqtt/topics.h"

enum { PAUSE_BYTES = LIMIT_LINK_QUEUE / 4 };

/* Writes to one side and stops reading the other while too much waits. */
static void pass_on(struct link *link, struct stream *to, struct stream *from, const uint8_t *bytes, size_t count)
{
    if (count == 0) {
        return;
    }
    if (stream_write(to, bytes, count) != OK) {
        link_close(link, "too much waits to be sent");
    } else if (stream_unsent(to) > PAUSE_BYTES) {
        stream_pause(from, true);
    }
}

/* The same SUBSCRIBE again: the device had waited 5 s for the answer. */
static bool is_new_subscribe(struct link *link, const struct mqtt_packet *packet)
{
    uint16_t packet_id;
    struct mqtt_text filter;
    unsigned qos;
    size_t count;
    if (mqtt_subscribe_read(packet, &packet_id, &filter, &qos, &count) != OK) {
        return true; /* the broker's business */
    }
    uint32_t digest = hold_digest(filter.text, filter.length, &qos, sizeof qos);
    if (link->filter_noted && packet_id == link->subscribe_id && digest == link->subscribe_digest) {
        return false;
    }
    if (!link->filter_noted && topic_filter_is_own(filter.text, filter.length, link->peer->client_id)) {
        link->filter_noted = true;
        link->subscribe_id = packet_id;
        link->subscribe_digest = digest;
    }
    return true;
}

static void note_publish(struct link *link, const struct mqtt_packet *packet)
{
    struct mqtt_publish publish;
    char client_id[LIMIT_CLIENT_ID + 1];
    if (mqtt_publish_read(packet, &publish) != OK) {
        return; /* the broker will close it */
    }
    if (topic_client_id(publish.topic.text, publish.topic.length, client_id) != OK ||
        strcmp(client_id, link->peer->client_id) != 0) {
        if (!link->warned) {
            log_warn("front", "device=%s publishes to the foreign topic %.*s", link->name,
                     (int)(publish.topic.length < 100 ? publish.topic.length : 100), publish.topic.text);
        }
        link->warned = true;
        return;
    }
    uint32_t digest = hold_digest(publish.topic.text, publish.topic.length, publish.payload, publish.payload_length);
    passing_note(&link->peer->passing, digest, publish.qos);
    if (publish.qos > 0) {
        hold_note_publish(&link->hold, publish.packet_id, digest);
    }
}

static bool passes_up(struct link *link, const struct mqtt_packet *packet)
{
    bool passes = true;
    if (packet->type == MQTT_CONNECT) {
        passes = false;
    } else if (packet->type == MQTT_SUBSCRIBE) {
        passes = is_new_subscribe(link, packet);
    } else if (packet->type == MQTT_PUBLISH) {
        note_publish(link, packet);
    } else if (packet->type == MQTT_DISCONNECT) {
        app_referee_farewell(link->door->app, link->peer->device_id);
    }
    if (!passes) {
        link->door->counters.repeats_absorbed++;
        log_debug("front", "device=%s repeated its %s", link->name, mqtt_packet_name(packet->type));
    }
    return passes;
}

/* Acknowledgements wait for the commit. */
static bool passes_down(struct link *link, const struct mqtt_packet *packet, bool *subscribed)
{
    uint16_t packet_id;
    if (packet->type == MQTT_PUBACK || packet->type == MQTT_PUBCOMP) {
        if (mqtt_packet_id_read(packet, &packet_id) != OK ||
            hold_note_ack(&link->hold, packet->type, packet_id, monotonic_ms())) {
            return true;
        }
        front_note_holding(link->door->front, link);
        return false;
    }
    if (packet->type == MQTT_SUBACK && link->filter_noted && mqtt_packet_id_read(packet, &packet_id) == OK) {
        *subscribed = *subscribed || packet_id == link->subscribe_id;
    }
    return true;
}

/* The device reads its topics now: its secret and key first, then app/ may give orders. */
static void go_online(struct link *link)
{
    struct mqtt_door *door = link->door;
    link->subscribed = true;
    door->counters.devices++;
    if ((link->send_secret || link->send_key) && downlink_configuration(link) != OK) {
        link_close(link, "its configuration cannot be sent");
        return;
    }
    link->peer->online = true;
    link->peer->stale = false;
    app_device_online(door->app, link->peer->device_id);
    link_faults_begin(link);
}

static void relay_unseen(struct link *link, struct stream *from, struct stream *to)
{
    size_t length;
    const uint8_t *bytes = stream_input(from, &length);
    pass_on(link, to, from, bytes, length);
    stream_consume(from, length);
}

/* A frame on which a fault acts, at bytes[0]: `passed` bytes before it have not gone on yet. Returns how many bytes are
 * done with, the frame's own included; 0: it waits. */
static size_t relay_faulty(struct link *link, enum frame_fate fate, bool up, const uint8_t *bytes, size_t before,
                           size_t total)
{
    struct stream *to = up ? link->broker : link->device;
    struct stream *from = up ? link->device : link->broker;
    pass_on(link, to, from, bytes, before);
    const uint8_t *frame = bytes + before;
    switch (fate) {
    case FRAME_DROPPED:
        break;
    case FRAME_CORRUPTED: { /* the last byte of the payload: MQTT stays whole */
        uint8_t last = frame[total - 1] ^ 1;
        pass_on(link, to, from, frame, total - 1);
        pass_on(link, to, from, &last, 1);
        break;
    }
    case FRAME_DOUBLED:
        pass_on(link, to, from, frame, total);
        pass_on(link, to, from, frame, total);
        break;
    case FRAME_IS_LAST:
        pass_on(link, to, from, frame, total);
        link_close(link, "a fault cut it");
        break;
    default:
        break;
    }
    return before + total;
}

void link_relay_up(struct link *link)
{
    if (link->observer) {
        relay_unseen(link, link->device, link->broker);
        return;
    }
    if (link_faults_hold(link, WAY_UP)) {
        return;
    }
    size_t length;
    const uint8_t *bytes = stream_input(link->device, &length);
    size_t at = 0;
    size_t passed = 0;
    while (link->why == NULL) {
        struct mqtt_packet packet;
        enum status status = mqtt_packet_read(bytes + at, length - at, LIMIT_MQTT_PACKET, &packet);
        if (status == E_AGAIN) {
            break;
        }
        if (status != OK) {
            log_warn("front", "device=%s sent a packet that is too long or none", link->name);
            link_close(link, status == E_LIMIT ? "packet too long" : "bad packet");
            break;
        }
        enum frame_fate fate = packet.type == MQTT_PUBLISH ? link_faults_frame(link, WAY_UP) : FRAME_PASSES;
        if (fate == FRAME_WAITS) {
            break;
        }
        if (fate != FRAME_DROPPED && !passes_up(link, &packet)) {
            pass_on(link, link->broker, link->device, bytes + passed, at - passed);
            passed = at + packet.total;
        } else if (fate != FRAME_PASSES) {
            passed += relay_faulty(link, fate, true, bytes + passed, at - passed, packet.total);
        }
        at += packet.total;
    }
    pass_on(link, link->broker, link->device, bytes + passed, at - passed);
    stream_consume(link->device, at);
}

void link_relay_down(struct link *link)
{
    if (link->observer) {
        relay_unseen(link, link->broker, link->device);
        return;
    }
    if (link->peer == NULL || link_faults_hold(link, WAY_DOWN)) {
        return; /* taken over; about to be closed */
    }
    size_t length;
    const uint8_t *bytes = stream_input(link->broker, &length);
    size_t at = 0;
    size_t passed = 0;
    bool subscribed = false;
    while (link->why == NULL) {
        struct mqtt_packet packet;
        enum status status = mqtt_packet_read(bytes + at, length - at, LIMIT_STREAM_INPUT, &packet);
        if (status == E_AGAIN) {
            break;
        }
        if (status != OK) {
            link_close(link, "bad packet from the broker");
            break;
        }
        enum frame_fate fate = packet.type == MQTT_PUBLISH ? link_faults_frame(link, WAY_DOWN) : FRAME_PASSES;
        if (fate == FRAME_WAITS) {
            break;
        }
        if (fate != FRAME_PASSES) {
            passed += relay_faulty(link, fate, false, bytes + passed, at - passed, packet.total);
        } else if (!passes_down(link, &packet, &subscribed)) {
            pass_on(link, link->device, link->broker, bytes + passed, at - passed);
            passed = at + packet.total;
        }
        at += packet.total;
    }
    pass_on(link, link->device, link->broker, bytes + passed, at - passed);
    stream_consume(link->broker, at);
    if (subscribed && !link->subscribed && link->why == NULL) {
        go_online(link);
    }
}
