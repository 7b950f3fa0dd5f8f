#include "fleet/sdk_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "codec/frame.h"
#include "codec/mqtt_packet.h"
#include "codec/topic.h"

enum { CONNECT_FLAGS = 0x42, MQTT_LEVEL = 4, SUBSCRIBE_ID = 1, MARGIN_S = 20, SAFE_PACKET_IDS = 256 };

struct sdk_message {
    STAILQ_ENTRY(sdk_message) next;
    int tag;
    unsigned qos;
    uint16_t packet_id; /* 0: not sent yet */
    unsigned tries;
    int64_t sent_ms;
    char topic[LIMIT_MQTT_TOPIC];
    size_t length;
    uint8_t payload[];
};

void sdk_link_init(struct sdk_link *link, const struct sdk_link_handlers *handlers, void *context,
                   const char *client_id, unsigned keep_alive_s)
{
    *link = (struct sdk_link){.handlers = handlers, .context = context, .state = SDK_LINK_CLOSED};
    text_copy_cut(link->client_id, sizeof link->client_id, client_id);
    link->keep_alive_s = keep_alive_s < SDK_LINK_KEEP_ALIVE_LEAST_S ? SDK_LINK_KEEP_ALIVE_LEAST_S : keep_alive_s;
    STAILQ_INIT(&link->queue);
}

static void drop_first(struct sdk_link *link)
{
    struct sdk_message *message = STAILQ_FIRST(&link->queue);
    STAILQ_REMOVE_HEAD(&link->queue, next);
    link->queued--;
    free(message);
}

void sdk_link_closed(struct sdk_link *link)
{
    while (!STAILQ_EMPTY(&link->queue)) {
        drop_first(link);
    }
    link->state = SDK_LINK_CLOSED;
}

void sdk_link_finish(struct sdk_link *link)
{
    sdk_link_closed(link);
}

static void write_out(struct sdk_link *link, struct buffer *out)
{
    if (buffer_status(out) == OK) {
        link->handlers->write(link->context, out->data, out->length);
    }
}

static void send_connect(struct sdk_link *link)
{
    CLEANUP(cleanup_buffer) struct buffer out;
    buffer_init(&out, LIMIT_MQTT_CONNECT);
    struct mqtt_connect connect = {
        .protocol = "MQTT",
        .level = MQTT_LEVEL,
        .flags = CONNECT_FLAGS,
        .keep_alive_s = link->keep_alive_s,
        .client_id = {link->client_id, strlen(link->client_id)},
        .password = {link->password, strlen(link->password)},
    };
    mqtt_connect_write(&out, &connect);
    write_out(link, &out);
}

static void send_subscribe(struct sdk_link *link)
{
    CLEANUP(cleanup_buffer) struct buffer out;
    char filter[LIMIT_MQTT_TOPIC];
    (void)snprintf(filter, sizeof filter, TOPIC_TO_DEVICE "%s/+", link->client_id);
    buffer_init(&out, LIMIT_MQTT_CONNECT);
    mqtt_subscribe_write(&out, SUBSCRIBE_ID, filter, 1);
    write_out(link, &out);
}

static void send_ack(struct sdk_link *link, enum mqtt_packet_type type, uint16_t packet_id)
{
    CLEANUP(cleanup_buffer) struct buffer out;
    buffer_init(&out, LIMIT_MQTT_CONNECT);
    mqtt_ack_write(&out, type, packet_id);
    write_out(link, &out);
}

static void send_ping(struct sdk_link *link)
{
    CLEANUP(cleanup_buffer) struct buffer out;
    buffer_init(&out, LIMIT_MQTT_CONNECT);
    mqtt_empty_write(&out, MQTT_PINGREQ);
    write_out(link, &out);
}

static void start_handshake(struct sdk_link *link, enum sdk_link_state state, int64_t now_ms)
{
    link->state = state;
    link->tries = 1;
    link->handshake_ms = now_ms + SDK_LINK_HANDSHAKE_MS;
    if (state == SDK_LINK_CONNECTING) {
        send_connect(link);
    } else {
        send_subscribe(link);
    }
}

enum status sdk_link_opened(struct sdk_link *link, const char *password, int64_t now_ms)
{
    enum status status = text_copy(link->password, sizeof link->password, password);
    if (status != OK) {
        return status;
    }
    link->packet_id = SUBSCRIBE_ID;
    link->heard_ms = now_ms;
    link->pings = 0;
    link->ping_unanswered_ms = 0;
    start_handshake(link, SDK_LINK_CONNECTING, now_ms);
    return OK;
}

/* Sends the first message of the queue; when it is a repeat, with the same packet id and DUP 0. */
static void send_first(struct sdk_link *link, int64_t now_ms)
{
    struct sdk_message *message = STAILQ_FIRST(&link->queue);
    CLEANUP(cleanup_buffer) struct buffer out;
    buffer_init(&out, LIMIT_MQTT_PACKET);
    if (message->packet_id == 0 && message->qos > 0) {
        link->packet_id = link->packet_id == UINT16_MAX ? 1 : (uint16_t)(link->packet_id + 1);
        message->packet_id = link->packet_id;
    }
    struct mqtt_publish publish = {
        .qos = message->qos,
        .topic = {message->topic, strlen(message->topic)},
        .packet_id = message->packet_id,
        .payload = message->payload,
        .payload_length = message->length,
    };
    mqtt_publish_write(&out, &publish);
    message->sent_ms = now_ms;
    message->tries++;
    int tag = message->tag;
    bool first = message->tries == 1;
    write_out(link, &out);
    if (first) {
        link->handlers->on_sent(link->context, tag);
    }
}

/* Sends what may go: one unacknowledged message at a time, QoS 0 ends at once. */
static void pump(struct sdk_link *link, int64_t now_ms)
{
    while (link->state == SDK_LINK_UP && !STAILQ_EMPTY(&link->queue) && STAILQ_FIRST(&link->queue)->tries == 0) {
        unsigned qos = STAILQ_FIRST(&link->queue)->qos;
        int tag = STAILQ_FIRST(&link->queue)->tag;
        send_first(link, now_ms);
        if (qos > 0 || link->state != SDK_LINK_UP) {
            return;
        }
        drop_first(link);
        link->handlers->on_ended(link->context, tag, true);
    }
}

static void end_first(struct sdk_link *link, bool acknowledged, int64_t now_ms)
{
    int tag = STAILQ_FIRST(&link->queue)->tag;
    drop_first(link);
    link->handlers->on_ended(link->context, tag, acknowledged);
    pump(link, now_ms);
}

enum status sdk_link_publish(struct sdk_link *link, const char *kind, unsigned qos, const uint8_t *payload,
                             size_t length, int tag, int64_t now_ms)
{
    if (link->state != SDK_LINK_UP) {
        return E_STATE;
    }
    if (link->queued == SDK_LINK_QUEUE) {
        return E_LIMIT;
    }
    struct sdk_message *message = calloc(1, sizeof *message + length);
    if (message == NULL) {
        return E_NOMEM;
    }
    message->tag = tag;
    message->qos = qos;
    message->length = length;
    (void)snprintf(message->topic, sizeof message->topic, TOPIC_FROM_DEVICE "%s/%s", link->client_id, kind);
    memcpy(message->payload, payload, length);
    STAILQ_INSERT_TAIL(&link->queue, message, next);
    link->queued++;
    pump(link, now_ms);
    return OK;
}

static void take_connack(struct sdk_link *link, const struct mqtt_packet *packet, int64_t now_ms)
{
    if (link->state != SDK_LINK_CONNECTING || packet->body_length < 2) {
        return;
    }
    if (packet->body[1] != 0) {
        link->handlers->on_failed(link->context, SDK_CAUSE_CONNACK, packet->body[1]);
        return;
    }
    link->ping_ms = now_ms + (int64_t)(link->keep_alive_s - MARGIN_S) * 1000 / 2;
    start_handshake(link, SDK_LINK_SUBSCRIBING, now_ms);
}

static void take_suback(struct sdk_link *link, int64_t now_ms)
{
    if (link->state == SDK_LINK_SUBSCRIBING) {
        link->state = SDK_LINK_UP;
        link->handlers->on_subscribed(link->context);
        pump(link, now_ms);
    }
}

/* A PUBLISH of the server: processed first, acknowledged then. */
static void take_publish(struct sdk_link *link, const struct mqtt_packet *packet)
{
    struct mqtt_publish publish;
    char topic[LIMIT_MQTT_TOPIC];
    if (mqtt_publish_read(packet, &publish) != OK) {
        return;
    }
    if (publish.topic.length < sizeof topic &&
        text_copy_bytes(topic, sizeof topic, (const uint8_t *)publish.topic.text, publish.topic.length) == OK &&
        device_topic_accepts(topic, link->client_id)) {
        bool low_byte_zero = publish.qos > 0 && (publish.packet_id & 0xFFU) == 0;
        bool splits = publish.qos == 0 || (publish.packet_id >= SAFE_PACKET_IDS && !low_byte_zero);
        link->handlers->on_message(link->context, publish.payload, publish.payload_length, splits);
    }
    if (link->state != SDK_LINK_CLOSED && publish.qos > 0) {
        send_ack(link, publish.qos == 1 ? MQTT_PUBACK : MQTT_PUBREC, publish.packet_id);
    }
}

/* An acknowledgement of the message under way. A PUBREL of the server (0x62) is not understood (protocol.md, 2.4). */
static void take_ack(struct sdk_link *link, const struct mqtt_packet *packet, int64_t now_ms)
{
    uint16_t packet_id = 0;
    const struct sdk_message *first = STAILQ_FIRST(&link->queue);
    if (mqtt_packet_id_read(packet, &packet_id) != OK || first == NULL || first->packet_id != packet_id) {
        return;
    }
    if (packet->type == MQTT_PUBREC && first->qos == 2) {
        link->handlers->on_received(link->context, first->tag);
        if (link->state != SDK_LINK_CLOSED) {
            send_ack(link, MQTT_PUBREL, packet_id);
        }
    } else if ((packet->type == MQTT_PUBACK && first->qos == 1) || (packet->type == MQTT_PUBCOMP && first->qos == 2)) {
        end_first(link, true, now_ms);
    }
}

static void take_packet(struct sdk_link *link, const struct mqtt_packet *packet, int64_t now_ms)
{
    switch (packet->type) {
    case MQTT_CONNACK:
        take_connack(link, packet, now_ms);
        break;
    case MQTT_SUBACK:
        take_suback(link, now_ms);
        break;
    case MQTT_PUBLISH:
        take_publish(link, packet);
        break;
    case MQTT_PUBACK:
    case MQTT_PUBREC:
    case MQTT_PUBCOMP:
        take_ack(link, packet, now_ms);
        break;
    case MQTT_PINGRESP:
        link->pings = 0;
        link->ping_unanswered_ms = 0;
        break;
    default:
        break;
    }
}

size_t sdk_link_receive(struct sdk_link *link, const uint8_t *bytes, size_t count, int64_t now_ms)
{
    size_t used = 0;
    link->heard_ms = now_ms;
    while (link->state != SDK_LINK_CLOSED && used < count) {
        struct mqtt_packet packet;
        enum status status = mqtt_packet_read(bytes + used, count - used, LIMIT_MQTT_PACKET, &packet);
        if (status == E_AGAIN) {
            break;
        }
        if (status != OK) {
            link->handlers->on_failed(link->context, SDK_CAUSE_LOST, 0);
            break;
        }
        used += packet.total;
        take_packet(link, &packet, now_ms);
    }
    return used;
}

static int64_t repeat_at(const struct sdk_link *link)
{
    const struct sdk_message *first = STAILQ_FIRST(&link->queue);
    if (link->state != SDK_LINK_UP || first == NULL || first->tries == 0) {
        return INT64_MAX;
    }
    int64_t due = first->sent_ms + SDK_LINK_REPEAT_MS;
    int64_t silent = link->heard_ms + SDK_LINK_SILENCE_MS;
    return due > silent ? due : silent;
}

static int64_t handshake_at(const struct sdk_link *link)
{
    bool waits = link->state == SDK_LINK_CONNECTING || link->state == SDK_LINK_SUBSCRIBING;
    return waits ? link->handshake_ms : INT64_MAX;
}

static int64_t ping_at(const struct sdk_link *link)
{
    if (link->state < SDK_LINK_SUBSCRIBING) {
        return INT64_MAX;
    }
    int64_t again = link->ping_unanswered_ms + SDK_LINK_PING_MS;
    return link->ping_unanswered_ms > 0 && again < link->ping_ms ? again : link->ping_ms;
}

int64_t sdk_link_deadline(const struct sdk_link *link)
{
    int64_t least = handshake_at(link);
    least = repeat_at(link) < least ? repeat_at(link) : least;
    return ping_at(link) < least ? ping_at(link) : least;
}

static void tick_handshake(struct sdk_link *link, int64_t now_ms)
{
    bool connecting = link->state == SDK_LINK_CONNECTING;
    if (link->tries == SDK_LINK_TRIES) {
        link->handlers->on_failed(link->context, connecting ? SDK_CAUSE_LOST : SDK_CAUSE_NO_SUBACK, 0);
        return;
    }
    link->tries++;
    link->handshake_ms = now_ms + SDK_LINK_HANDSHAKE_MS;
    if (connecting) {
        send_connect(link);
    } else {
        send_subscribe(link);
    }
}

static void tick_ping(struct sdk_link *link, int64_t now_ms)
{
    bool unanswered = link->ping_unanswered_ms > 0 && now_ms >= link->ping_unanswered_ms + SDK_LINK_PING_MS;
    if (unanswered && link->pings > 1) {
        link->handlers->on_failed(link->context, SDK_CAUSE_PING, 0);
        return;
    }
    if (now_ms >= link->ping_ms) {
        link->ping_ms += (int64_t)(link->keep_alive_s - MARGIN_S) * 1000;
    }
    if (unanswered || link->ping_unanswered_ms == 0) {
        link->ping_unanswered_ms = now_ms;
        link->pings++;
    }
    send_ping(link);
}

void sdk_link_tick(struct sdk_link *link, int64_t now_ms)
{
    if (now_ms >= handshake_at(link)) {
        tick_handshake(link, now_ms);
    }
    if (now_ms >= ping_at(link)) {
        tick_ping(link, now_ms);
    }
    if (now_ms < repeat_at(link)) {
        return;
    }
    if (STAILQ_FIRST(&link->queue)->tries == SDK_LINK_TRIES) {
        end_first(link, false, now_ms);
    } else {
        send_first(link, now_ms);
    }
}
