#include "fleet/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "codec/device_messages.h"
#include "codec/frame.h"
#include "codec/mqtt_packet.h"
#include "codec/server_messages.h"
#include "codec/topic.h"
#include "crypto/password.h"
#include "crypto/session_cipher.h"
#include "support/suite.h"

static const uint8_t session_key[SESSION_KEY] = "0123456789abcde";
static const char device_secret[] = "00112233445566778899aabbccddeeff";

static void write_buffer(struct peer *peer, struct buffer *out)
{
    if (buffer_status(out) != OK || stream_write(peer->mqtt, out->data, out->length) != OK) {
        peer->protocol_errors++;
    }
}

static void send_frame(struct peer *peer, enum command command, struct buffer *payload)
{
    CLEANUP(cleanup_buffer) struct buffer clear;
    CLEANUP(cleanup_buffer) struct buffer sealed;
    CLEANUP(cleanup_buffer) struct buffer out;
    char topic[LIMIT_MQTT_TOPIC];
    buffer_init(&clear, 8192);
    buffer_init(&sealed, 8192);
    buffer_init(&out, 8192);
    (void)snprintf(topic, sizeof topic, TOPIC_TO_DEVICE "%s/%s", peer->client_id,
                   command_topic_kind((uint16_t)command));
    struct frame frame = {++peer->package_id, (uint16_t)command, payload->data, payload->length};
    const struct buffer *content = &clear;
    CHECK_OK(frame_encode(&frame, &clear));
    if (peer->has_key) {
        CHECK_OK(session_encrypt(session_key, clear.data, clear.length, &sealed));
        content = &sealed;
    }
    struct mqtt_publish publish = {.qos = 1,
                                   .topic = {topic, strlen(topic)},
                                   .packet_id = 9,
                                   .payload = content->data,
                                   .payload_length = content->length};
    mqtt_publish_write(&out, &publish);
    write_buffer(peer, &out);
}

static void send_configuration(struct peer *peer, const struct configuration_message *message)
{
    CLEANUP(cleanup_buffer) struct buffer payload;
    buffer_init(&payload, 4096);
    CHECK_OK(configuration_encode(message, &payload));
    send_frame(peer, COMMAND_CONFIGURATION, &payload);
    peer->has_key = peer->has_key || message->has_session_key;
}

static void send_error(struct peer *peer, int32_t code)
{
    CLEANUP(cleanup_buffer) struct buffer payload;
    buffer_init(&payload, 4096);
    CHECK_OK(error_message_encode(&(struct error_message){.code = code}, &payload));
    send_frame(peer, COMMAND_ERROR, &payload);
}

static void send_notify(struct peer *peer)
{
    CLEANUP(cleanup_buffer) struct buffer payload;
    struct notify_message message = {.count = peer->plan.count};
    buffer_init(&payload, 8192);
    for (size_t i = 0; i < message.count; i++) {
        const struct peer_component *component = &peer->plan.components[i];
        struct notify_task *task = &message.tasks[i];
        text_copy_cut(task->component_no, sizeof task->component_no, component->component_no);
        text_copy_cut(task->source_version, sizeof task->source_version, "1_0_0");
        text_copy_cut(task->target_version, sizeof task->target_version, component->target_version);
        task->component_type = component->type;
        task->battery = (struct wire_int){true, 30};
    }
    CHECK_OK(notify_encode(&message, &payload));
    send_frame(peer, COMMAND_OTA_NOTIFY, &payload);
}

static void send_firmware(struct peer *peer)
{
    CLEANUP(cleanup_buffer) struct buffer payload;
    const struct peer_component *component = &peer->plan.components[peer->next];
    struct firmware_message message = {.component_type = component->type, .file_count = 1};
    buffer_init(&payload, 8192);
    text_copy_cut(message.component_no, sizeof message.component_no, component->component_no);
    text_copy_cut(message.target_version, sizeof message.target_version, component->target_version);
    (void)snprintf(message.files[0].url, sizeof message.files[0].url, "http://127.0.0.1:%u/firmware/x.bin",
                   peer->http_port);
    message.files[0].size = PEER_FILE;
    text_copy_cut(message.files[0].md5, sizeof message.files[0].md5, peer->digests.md5);
    text_copy_cut(message.crc, sizeof message.crc, peer->digests.crc32);
    text_copy_cut(message.sha256, sizeof message.sha256, peer->digests.sha256);
    if (peer->plan.wrong_md5) {
        message.files[0].md5[0] = message.files[0].md5[0] == '0' ? '1' : '0';
    }
    if (peer->plan.wrong_crc) {
        message.crc[0] = message.crc[0] == '0' ? '1' : '0';
    }
    if (peer->plan.wrong_sha256) {
        message.sha256[0] = message.sha256[0] == '0' ? '1' : '0';
    }
    CHECK_OK(firmware_encode(&message, &payload));
    send_frame(peer, COMMAND_FIRMWARE_INFO, &payload);
}

static void act_on_status(struct peer *peer, int32_t status)
{
    switch (status) {
    case OTA_STATUS_CONFIRMED:
        send_firmware(peer);
        break;
    case OTA_STATUS_SUCCESS:
        if (++peer->next < peer->plan.count) {
            send_firmware(peer);
        }
        break;
    case OTA_STATUS_DOWNLOAD_ERROR:
    case OTA_STATUS_UPDATE_ERROR:
        if (peer->plan.retries-- > 0) {
            send_firmware(peer);
        }
        break;
    default:
        break;
    }
}

static void cut_link(struct peer *peer)
{
    stream_destroy(peer->mqtt);
    peer->mqtt = NULL;
}

static void take_status(struct peer *peer, const struct frame *frame)
{
    struct ota_status_message message;
    CHECK_OK(ota_status_decode(frame->payload, frame->payload_length, &message));
    if (message.status == peer->plan.cut_at && !peer->cut_done) {
        peer->cut_done = true;
        cut_link(peer);
        return;
    }
    size_t length = strlen(peer->statuses);
    (void)snprintf(peer->statuses + length, sizeof peer->statuses - length, "%d ", (int)message.status);
    act_on_status(peer, message.status);
}

static void take_frame(struct peer *peer, const struct frame *frame)
{
    size_t length = strlen(peer->frames);
    (void)snprintf(peer->frames + length, sizeof peer->frames - length, "%04x ", frame->command);
    if (frame->command == COMMAND_OTA_STATUS) {
        take_status(peer, frame);
    } else if (frame->command == COMMAND_OTA_REQUEST) {
        struct reported_versions versions;
        CHECK_OK(ota_request_decode(frame->payload, frame->payload_length, &versions));
        text_copy_cut(peer->mcu_list, sizeof peer->mcu_list, versions.mcu_list);
        if (!peer->notified) {
            peer->notified = true;
            send_notify(peer);
        }
    } else if (frame->command == COMMAND_INFO) {
        struct info_message info;
        CHECK_OK(info_message_decode(frame->payload, frame->payload_length, &info));
        CHECK_TEXT(info.sdk_version, "2.9.0");
    }
}

static void take_payload(struct peer *peer, const uint8_t *payload, size_t length)
{
    CLEANUP(cleanup_buffer) struct buffer clear;
    uint8_t scratch[8192];
    struct frame frame;
    buffer_init(&clear, sizeof scratch);
    if (!frame_is_clear(payload, length)) {
        CHECK_OK(session_decrypt(session_key, payload, length, &clear));
        payload = clear.data;
        length = clear.length;
        peer->encrypted++;
    }
    if (length > sizeof scratch || frame_decode(payload, length, scratch, &frame) != OK) {
        peer->protocol_errors++;
        return;
    }
    take_frame(peer, &frame);
}

/* QoS 2 messages wait here for their PUBREL. */
static struct {
    uint8_t payload[8192];
    size_t length;
} held;

static void take_publish(struct peer *peer, const struct mqtt_packet *packet)
{
    CLEANUP(cleanup_buffer) struct buffer out;
    struct mqtt_publish publish;
    buffer_init(&out, 64);
    CHECK_OK(mqtt_publish_read(packet, &publish));
    CHECK(!publish.dup && !publish.retain);
    if (publish.qos == 2 && !peer->plan.acts_on_publish) {
        CHECK_FATAL(publish.payload_length <= sizeof held.payload);
        memcpy(held.payload, publish.payload, publish.payload_length);
        held.length = publish.payload_length;
    } else {
        take_payload(peer, publish.payload, publish.payload_length);
    }
    if (peer->mqtt != NULL && publish.qos > 0) {
        mqtt_ack_write(&out, publish.qos == 1 ? MQTT_PUBACK : MQTT_PUBREC, publish.packet_id);
        write_buffer(peer, &out);
    }
}

static void take_pubrel(struct peer *peer, const struct mqtt_packet *packet)
{
    CLEANUP(cleanup_buffer) struct buffer out;
    uint16_t id = 0;
    buffer_init(&out, 64);
    CHECK_OK(mqtt_packet_id_read(packet, &id));
    mqtt_ack_write(&out, MQTT_PUBCOMP, id);
    write_buffer(peer, &out);
    if (!peer->plan.acts_on_publish) {
        take_payload(peer, held.payload, held.length);
    }
}

static void take_connect(struct peer *peer, const struct mqtt_packet *packet)
{
    CLEANUP(cleanup_buffer) struct buffer out;
    struct mqtt_connect connect;
    buffer_init(&out, 64);
    CHECK_OK(mqtt_connect_read(packet, &connect));
    CHECK(connect.flags == 0x42);
    CHECK_OK(text_copy_bytes(peer->client_id, sizeof peer->client_id, (const uint8_t *)connect.client_id.text,
                             connect.client_id.length));
    struct password password;
    CHECK_OK(password_parse(connect.password.text, connect.password.length, &password));
    if (password.type == 0) {
        CHECK_OK(password_open(&password, "ps"));
        CHECK_OK(password_verify(&password, "dk1", "ps"));
    } else {
        CHECK_OK(password_verify(&password, device_secret, "ps"));
    }
    peer->connects[password.type]++;
    peer->type0 = password.type == 0;
    peer->has_key = false;
    mqtt_connack_write(&out, false, peer->plan.connack);
    write_buffer(peer, &out);
}

static void take_subscribe(struct peer *peer)
{
    CLEANUP(cleanup_buffer) struct buffer out;
    struct configuration_message message = {.has_session_key = peer->plan.encrypts};
    buffer_init(&out, 64);
    mqtt_suback_write(&out, 1, 1);
    write_buffer(peer, &out);
    if (peer->plan.error != 0 && !peer->greeted) {
        peer->greeted = true;
        send_error(peer, peer->plan.error);
        return;
    }
    memcpy(message.session_key, session_key, sizeof session_key);
    if (peer->type0) {
        text_copy_cut(message.device_secret, sizeof message.device_secret, device_secret);
    } else if (peer->plan.forgets && !peer->greeted) {
        peer->greeted = true;
        message.authenticate_again = true;
    }
    if (peer->type0 || message.authenticate_again || message.has_session_key) {
        send_configuration(peer, &message);
    }
}

static void take_packet(struct peer *peer, const struct mqtt_packet *packet)
{
    switch (packet->type) {
    case MQTT_CONNECT:
        take_connect(peer, packet);
        break;
    case MQTT_SUBSCRIBE:
        take_subscribe(peer);
        break;
    case MQTT_PUBLISH:
        take_publish(peer, packet);
        break;
    case MQTT_PUBREL:
        take_pubrel(peer, packet);
        break;
    case MQTT_PUBACK:
        break;
    default:
        peer->protocol_errors++;
        break;
    }
}

static void on_open(void *context)
{
    (void)context;
}

static void on_mqtt_data(void *context)
{
    struct peer *peer = context;
    while (peer->mqtt != NULL) {
        size_t count = 0;
        const uint8_t *bytes = stream_input(peer->mqtt, &count);
        struct mqtt_packet packet;
        if (mqtt_packet_read(bytes, count, 65536, &packet) != OK) {
            return;
        }
        size_t total = packet.total;
        take_packet(peer, &packet);
        if (peer->mqtt != NULL) {
            stream_consume(peer->mqtt, total);
        }
    }
}

static void on_mqtt_close(void *context, const char *why)
{
    (void)why;
    cut_link(context);
}

static void on_mqtt_accept(void *context, int fd)
{
    static const struct stream_handlers handlers = {
        .on_open = on_open, .on_data = on_mqtt_data, .on_close = on_mqtt_close};
    struct peer *peer = context;
    stream_destroy(peer->mqtt);
    peer->mqtt = NULL;
    CHECK_OK(stream_accept(peer->loop, fd, NULL, &handlers, peer, &peer->mqtt));
}

static void on_http_close(void *context, const char *why)
{
    struct peer *peer = context;
    (void)why;
    stream_destroy(peer->http);
    peer->http = NULL;
}

static void answer_http(struct peer *peer, size_t first, size_t last)
{
    char header[256];
    size_t length = last - first + 1;
    if (peer->plan.http_errors > 0) {
        peer->plan.http_errors--;
        (void)snprintf(header, sizeof header, "HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n");
        CHECK_OK(stream_write(peer->http, header, strlen(header)));
        return;
    }
    if (peer->plan.chunked) {
        (void)snprintf(header, sizeof header, "HTTP/1.1 206 X\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n", length);
    } else {
        (void)snprintf(header, sizeof header, "HTTP/1.1 206 X\r\nContent-Length: %zu\r\n\r\n", length);
    }
    CHECK_OK(stream_write(peer->http, header, strlen(header)));
    CHECK_OK(stream_write(peer->http, peer->file + first, length));
    if (peer->plan.chunked) {
        CHECK_OK(stream_write(peer->http, "\r\n0\r\n\r\n", 7));
    }
}

static void on_http_data(void *context)
{
    struct peer *peer = context;
    size_t count = 0;
    const uint8_t *bytes = stream_input(peer->http, &count);
    const char *range = count == 0 ? NULL : memmem(bytes, count, "Range: bytes=", 13);
    if (range == NULL || memmem(bytes, count, "\r\n\r\n", 4) == NULL) {
        return;
    }
    char *end = NULL;
    size_t first = strtoul(range + 13, &end, 10);
    size_t last = strtoul(end + 1, NULL, 10);
    stream_consume(peer->http, count);
    peer->requests++;
    if (last >= PEER_FILE || first > last) {
        peer->protocol_errors++;
        return;
    }
    answer_http(peer, first, last);
}

static void on_http_accept(void *context, int fd)
{
    static const struct stream_handlers handlers = {
        .on_open = on_open, .on_data = on_http_data, .on_close = on_http_close};
    struct peer *peer = context;
    stream_destroy(peer->http);
    peer->http = NULL;
    CHECK_OK(stream_accept(peer->loop, fd, NULL, &handlers, peer, &peer->http));
}

void peer_start(struct peer *peer, struct loop *loop, const struct peer_plan *plan)
{
    struct error error = {0};
    *peer = (struct peer){.loop = loop, .plan = *plan};
    for (size_t i = 0; i < sizeof peer->file; i++) {
        peer->file[i] = (uint8_t)(i * i % 251);
    }
    CHECK_OK(digest_bytes(peer->file, sizeof peer->file, &peer->digests));
    CHECK_OK(listener_create(loop, "127.0.0.1", &peer->mqtt_port, on_mqtt_accept, peer, &peer->mqtt_listener, &error));
    CHECK_OK(listener_create(loop, "127.0.0.1", &peer->http_port, on_http_accept, peer, &peer->http_listener, &error));
}

void peer_stop(struct peer *peer)
{
    stream_destroy(peer->mqtt);
    stream_destroy(peer->http);
    listener_destroy(peer->mqtt_listener);
    listener_destroy(peer->http_listener);
}
