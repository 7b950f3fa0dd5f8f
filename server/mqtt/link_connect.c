/* The first packet of a link, and the links that go no further. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/catalog.h"
#include "app/devices.h"
#include "app/faults.h"
#include "app/referee.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "codec/frame.h"
#include "crypto/random.h"
#include "mqtt/link.h"
#include "mqtt/refusal.h"

static const char observer_user[] = "mockdc-observer";
static const char observer_prefix[] = "observer-"; /* so that it can take over nobody else's session */

enum { MQTT_LEVEL_5 = 5, WRITE_LIMIT = 4096, REFUSED_FRAME = 4096 };

static enum status look_up_product(void *context, const char *product_key, struct product *product)
{
    return app_product_find(context, product_key, product);
}

static enum status look_up_device(void *context, const char *product_key, const char *device_key, struct device *device)
{
    return app_device_find(context, product_key, device_key, device);
}

static void write_to_device(struct link *link, const struct buffer *out)
{
    if (buffer_status(out) != OK || stream_write(link->device, out->data, out->length) != OK) {
        link_close(link, "cannot be answered");
    }
}

static void broker_data(void *context)
{
    struct link *link = context;
    if (link->abandoned) {
        return;
    }
    link->busy = true;
    link_relay_down(link);
    link->busy = false;
    if (link->why != NULL) {
        link_close(link, link->why);
    }
}

static void broker_drained(void *context)
{
    struct link *link = context;
    stream_pause(link->device, false);
}

static void broker_closed(void *context, const char *why)
{
    (void)why;
    link_close(context, "the broker closed it");
}

/* Opens the way to the broker with the repaired CONNECT (protocol.md, 12.1): our user name, no password, no will. */
static void open_relay(struct link *link, const struct mqtt_connect *received, const char *client_id, const char *user)
{
    static const struct stream_handlers handlers = {
        .on_data = broker_data, .on_drained = broker_drained, .on_close = broker_closed};
    struct mqtt_connect repaired = {.level = received->level,
                                    .flags = 0x82, /* user name, clean session */
                                    .keep_alive_s = received->keep_alive_s,
                                    .client_id = {.text = client_id, .length = strlen(client_id)},
                                    .user_name = {.text = user, .length = strlen(user)}};
    memcpy(repaired.protocol, received->protocol, sizeof repaired.protocol);
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = WRITE_LIMIT};
    mqtt_connect_write(&out, &repaired);
    if (buffer_status(&out) != OK ||
        stream_connect_unix(link->door->loop, broker_socket(link->door->broker), &handlers, link, &link->broker) !=
            OK ||
        stream_write(link->broker, out.data, out.length) != OK) {
        link_close(link, "the broker cannot be reached");
        return;
    }
    link->state = LINK_RELAY;
    loop_timer_disarm(link->deadline);
}

static void accept_observer(struct link *link, const struct mqtt_connect *connect)
{
    char given[AUTH_CLIENT_ID + 1] = "";
    if (connect->client_id.length == 0) {
        char token[LIMIT_TOKEN + 1];
        if (random_token(token) == OK) {
            text_copy_cut(given, sizeof given, token);
        }
    } else if (text_copy_bytes(given, sizeof given, (const uint8_t *)connect->client_id.text,
                               connect->client_id.length) != OK) {
        link_close(link, "client id too long");
        return;
    }
    char client_id[sizeof observer_prefix + sizeof given];
    (void)snprintf(client_id, sizeof client_id, "%s%s", observer_prefix, given);
    text_copy_cut(link->name, sizeof link->name, client_id);
    link->observer = true;
    open_relay(link, connect, client_id, observer_user);
    log_info("front", "observer=%s connected from %s", link->name, link->address);
}

/* The peer of the device, free of an older link, with a new session key when the device can encrypt. */
static enum status take_peer(struct link *link, const struct decision *decision, const struct device *device)
{
    struct mqtt_door *door = link->door;
    struct peer *peer;
    enum status status =
        peers_obtain(&door->peers, decision->client_id, decision->product_key, decision->device_key, device->id, &peer);
    if (status != OK) {
        return status;
    }
    struct session_key key = {.known = decision->session};
    if (key.known && (status = random_bytes(key.bytes, sizeof key.bytes)) != OK) {
        return status;
    }
    struct link *old = peer->link;
    peer_attach(&door->peers, peer, link);
    peer->key = key;
    link->peer = peer;
    if (old != NULL) {
        old->peer = NULL; /* app/ sees a reconnect, no offline */
        link_close(old, "a new connection of the same device");
    }
    return OK;
}

static void accept_device(struct link *link, const struct decision *decision, const struct mqtt_connect *connect)
{
    struct mqtt_door *door = link->door;
    struct device device;
    char secret[LIMIT_DEVICE_SECRET + 1];
    enum status status = random_device_secret(secret);
    if (status == OK) {
        status = app_device_admit(door->app, decision->product_key, decision->device_key, decision->mode,
                                  decision->session, secret, &device);
    }
    if (status == OK) {
        status = take_peer(link, decision, &device);
    }
    if (status != OK) {
        log_warn("front", "device=%s cannot be admitted: %s", link->name, status_text(status));
        link_close(link, "cannot be admitted");
        return;
    }
    link->send_secret = decision->mode == AUTH_TYPE_0;
    link->send_key = decision->session;
    text_copy_cut(link->secret, sizeof link->secret, device.secret);
    door->counters.accepted++;
    struct connect_conduct conduct = {.flags = connect->flags, .keep_alive_s = connect->keep_alive_s};
    app_referee_connected(door->app, device.id, &conduct);
    link->subject.device_id = device.id;
    link_journal(link, &(struct journal_entry){.kind = JOURNAL_CONNECT,
                                               .from_device = true,
                                               .encrypted = decision->session,
                                               .count = connect->keep_alive_s,
                                               .code = decision->mode == AUTH_TYPE_0 ? 0 : 1,
                                               .name = link->address,
                                               .range = link->client_id});
    open_relay(link, connect, decision->client_id, decision->client_id);
    log_info("front", "device=%s connected type=%d encrypted=%s from %s", link->name,
             decision->mode == AUTH_TYPE_0 ? 0 : 1, decision->session ? "yes" : "no", link->address);
}

static void note_refusal(struct link *link, int code, const char *why)
{
    link_journal(link, &(struct journal_entry){.kind = JOURNAL_REFUSE,
                                               .from_device = true,
                                               .code = code,
                                               .name = link->address,
                                               .range = link->client_id,
                                               .text = why});
}

static void refuse(struct link *link, const struct decision *decision)
{
    link->door->counters.refused++;
    note_refusal(link, decision->code, decision->why);
    log_warn("front", "device=%s refused code=%d from %s: %s", link->name, decision->code, link->address,
             decision->why);
    if (decision->verdict == VERDICT_CLOSE) {
        link_close(link, "not possible now");
        return;
    }
    link->refusal = malloc(sizeof *link->refusal);
    if (link->refusal == NULL) {
        link_close(link, "out of memory");
        return;
    }
    *link->refusal = *decision;
    link->state = LINK_REFUSED;
    if (link->silent_ms > 0) {
        link->filter_noted = true; /* so that no SUBSCRIBE is answered */
        loop_timer_arm(link->deadline, link->silent_ms);
        return;
    }
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = WRITE_LIMIT};
    refusal_write_connack(decision, &out);
    write_to_device(link, &out);
    loop_timer_arm(link->deadline, refusal_is_connack(decision) ? LIMIT_REFUSED_LINK_MS : LIMIT_CONNECT_MS);
}

/* A fault of the point mqtt.connect makes another decision. */
static void spoil(struct link *link, const struct fault_action *action, struct decision *decision)
{
    switch (action->type) {
    case FAULT_REFUSE:
        decision->verdict = VERDICT_CONNACK;
        decision->code = action->code;
        break;
    case FAULT_BOOTSTRAP_ERROR:
        decision->verdict = VERDICT_POLITE;
        decision->code = action->code;
        break;
    case FAULT_REFUSE_SECRET:
        decision->verdict = VERDICT_CONNACK;
        decision->code = CONNACK_BAD_PASSWORD;
        break;
    case FAULT_SILENCE:
        decision->verdict = VERDICT_CONNACK;
        decision->code = 0;
        link->silent_ms = LIMIT_SILENT_LINK_MS;
        break;
    default:
        decision->verdict = VERDICT_CLOSE;
        decision->code = 0;
        break;
    }
    decision->why = "a fault";
}

static void apply_faults(struct link *link, struct decision *decision)
{
    struct faults *faults = app_faults(link->door->app);
    struct fault_hit hits[FAULT_HITS];
    if (decision->verdict == VERDICT_OBSERVE || !faults_armed(faults, FAULT_MQTT_CONNECT)) {
        return;
    }
    struct fault_subject subject = link->subject;
    app_fault_subject_complete(link->door->app, &subject);
    size_t count = faults_look(faults, FAULT_MQTT_CONNECT, &subject, hits);
    for (size_t i = 0; i < count; i++) {
        bool meant = hits[i].action.type != FAULT_REFUSE_SECRET || decision->mode == AUTH_TYPE_1;
        if (meant && faults_fire(faults, hits[i].id, &subject, NULL)) {
            spoil(link, &hits[i].action, decision);
            return;
        }
    }
}

/* Who a refused device says it is: the first split of its client id that names a product, a device at best. */
static bool claim_split(void *context, const char *product_key, const char *device_key)
{
    struct link *link = context;
    struct product product;
    struct device device;
    if (app_product_find(link->door->app, product_key, &product) != OK) {
        return true;
    }
    bool exists = app_device_find(link->door->app, product_key, device_key, &device) == OK;
    if (exists || link->subject.product_key[0] == '\0') {
        text_copy_cut(link->subject.product_key, sizeof link->subject.product_key, product_key);
        text_copy_cut(link->subject.device_key, sizeof link->subject.device_key, device_key);
    }
    return !exists;
}

/* As it was sent; bytes that are none of a text become '?'. */
static void take_client_id(struct link *link, const struct mqtt_connect *connect)
{
    size_t length =
        connect->client_id.length < sizeof link->client_id - 1 ? connect->client_id.length : sizeof link->client_id - 1;
    for (size_t i = 0; i < length; i++) {
        char c = connect->client_id.text[i];
        link->client_id[i] = c > 0x20 && c < 0x7F ? c : '?';
    }
    link->client_id[length] = '\0';
}

static void decide(struct link *link, const struct mqtt_connect *connect)
{
    struct mqtt_door *door = link->door;
    struct auth_lookups lookups = {.context = door->app, .product = look_up_product, .device = look_up_device};
    struct decision decision;
    authenticate(connect, &door->auth, &lookups, &decision);
    take_client_id(link, connect);
    if (decision.product_key[0] != '\0') {
        (void)snprintf(link->name, sizeof link->name, "%s/%s", decision.product_key, decision.device_key);
    } else {
        text_copy_cut(link->name, sizeof link->name, decision.client_id);
    }
    text_copy_cut(link->subject.product_key, sizeof link->subject.product_key, decision.product_key);
    text_copy_cut(link->subject.device_key, sizeof link->subject.device_key, decision.device_key);
    if (decision.product_key[0] == '\0') {
        client_id_each_split(decision.client_id, claim_split, link);
    }
    apply_faults(link, &decision);
    switch (decision.verdict) {
    case VERDICT_ACCEPT:
        accept_device(link, &decision, connect);
        break;
    case VERDICT_OBSERVE:
        accept_observer(link, connect);
        break;
    default:
        refuse(link, &decision);
        break;
    }
}

/* MQTT 5 is answered in its own words, so that the client says what is wrong. */
static void refuse_version(struct link *link, const struct mqtt_connect *connect)
{
    struct decision decision = {.verdict = VERDICT_CONNACK, .code = 1, .why = "MQTT version"};
    // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): the reader fills it before this is called
    log_warn("front", "link=%s speaks MQTT level %u; 3.1.1 is needed (mosquitto_sub: -V mqttv311)", link->address,
             connect->level);
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = WRITE_LIMIT};
    if (connect->level == MQTT_LEVEL_5) {
        refusal_write_version5(&out);
    } else {
        refusal_write_connack(&decision, &out);
    }
    link->door->counters.refused++;
    take_client_id(link, connect);
    note_refusal(link, decision.code, "another MQTT version than 3.1.1");
    link->state = LINK_REFUSED;
    write_to_device(link, &out);
    loop_timer_arm(link->deadline, LIMIT_REFUSED_LINK_MS);
}

void link_read_connect(struct link *link)
{
    size_t length;
    const uint8_t *bytes = stream_input(link->device, &length);
    struct mqtt_packet packet;
    enum status status = mqtt_packet_read(bytes, length, LIMIT_MQTT_CONNECT, &packet);
    if (length > 0 && bytes[0] != MQTT_CONNECT << 4) {
        note_refusal(link, 0, "the first packet is no CONNECT");
        link_close(link, "the first packet is no CONNECT");
        return;
    }
    if (status == E_AGAIN) {
        return;
    }
    struct mqtt_connect connect;
    if (status == OK) {
        status = mqtt_connect_read(&packet, &connect);
    }
    if (status == OK) {
        decide(link, &connect);
    } else if (status == E_VERSION) {
        refuse_version(link, &connect);
    } else {
        log_debug("front", "link=%s sent a bad CONNECT: %s", link->address, status_text(status));
        note_refusal(link, 0, "bad CONNECT");
        link_close(link, "bad CONNECT");
        return;
    }
    stream_consume(link->device, packet.total);
}

/* A PUBLISH on a link that goes no further: what we say to it, and what it says although it was refused. */
static void note_frame(struct link *link, const uint8_t *bytes, size_t length, bool from_device)
{
    struct mqtt_packet packet;
    struct mqtt_publish publish;
    char topic[LIMIT_MQTT_TOPIC + 1];
    uint8_t scratch[REFUSED_FRAME];
    struct frame frame = {0};
    if (mqtt_packet_read(bytes, length, LIMIT_MQTT_PACKET, &packet) != OK || packet.type != MQTT_PUBLISH ||
        mqtt_publish_read(&packet, &publish) != OK ||
        text_copy_bytes(topic, sizeof topic, (const uint8_t *)publish.topic.text, publish.topic.length) != OK) {
        return;
    }
    bool readable = publish.payload_length <= sizeof scratch &&
                    frame_is_clear(publish.payload, publish.payload_length) &&
                    frame_decode(publish.payload, publish.payload_length, scratch, &frame) == OK;
    link_journal(link, &(struct journal_entry){.kind = JOURNAL_FRAME,
                                               .from_device = from_device,
                                               .qos = (int)publish.qos,
                                               .command = frame.command,
                                               .package_id = frame.package_id,
                                               .command_name = readable ? command_name(frame.command) : NULL,
                                               .word = from_device ? "refused" : "ok",
                                               .name = topic,
                                               .raw = publish.payload,
                                               .raw_length = publish.payload_length});
}

/* The first SUBSCRIBE is answered with what the device is to know; all else of a refused link is passed over. */
static void answer_refused(struct link *link, const struct mqtt_packet *packet)
{
    uint16_t packet_id;
    if (link->refusal == NULL || refusal_is_connack(link->refusal) || link->filter_noted ||
        packet->type != MQTT_SUBSCRIBE || mqtt_packet_id_read(packet, &packet_id) != OK) {
        return;
    }
    link->filter_noted = true;
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = WRITE_LIMIT};
    size_t suback = 0;
    if (refusal_write_message(link->refusal, packet_id, &suback, &out) != OK) {
        link_close(link, "cannot be answered");
        return;
    }
    note_frame(link, out.data + suback, out.length - suback, false); /* no secret is in it */
    write_to_device(link, &out);
    loop_timer_arm(link->deadline, LIMIT_REFUSED_LINK_MS);
}

void link_read_refused(struct link *link)
{
    size_t length;
    const uint8_t *bytes = stream_input(link->device, &length);
    size_t at = 0;
    while (link->why == NULL) {
        struct mqtt_packet packet;
        enum status status = mqtt_packet_read(bytes + at, length - at, LIMIT_MQTT_PACKET, &packet);
        if (status == E_AGAIN) {
            break;
        }
        if (status != OK) {
            link_close(link, "bad packet");
            break;
        }
        note_frame(link, bytes + at, packet.total, true);
        answer_refused(link, &packet);
        at += packet.total;
    }
    stream_consume(link->device, at);
}
