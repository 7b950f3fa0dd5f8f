/* Kinds frame, frame-encrypted, session-crypto, frame-acceptance, frame-encode and frame-decode. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/wire_message.h"
#include "cli/wire_vector.h"
#include "codec/frame.h"
#include "codec/mqtt_packet.h"
#include "codec/topic.h"
#include "crypto/digest.h"
#include "crypto/session_cipher.h"

enum {
    FRAME_OVERHEAD = 5, /* what the length counts besides the payload */
    BYTE_VALUES = 256,
    SAFE_PACKET_IDS = 256, /* below, QoS 1 keeps the splitter away from the frame */
};

/* ------------------------------------------------------------------ the frame itself */

/* The scratch of frame_decode() lives in `content`. */
static enum status decode_bytes(const struct bytes *bytes, struct bytes *content, struct frame *frame)
{
    free(content->data);
    content->data = malloc(bytes->length + 1);
    if (content->data == NULL) {
        return E_NOMEM;
    }
    return frame_decode(bytes->data, bytes->length, content->data, frame);
}

static bool check_command(struct vector *vector, uint16_t command)
{
    char text[5];
    (void)snprintf(text, sizeof text, "%04x", command);
    return vector_same_text(vector, "cmd", vector_text(vector, "cmd"), text);
}

static bool check_head(struct vector *vector, const struct frame *frame)
{
    CLEANUP(cleanup_bytes) struct bytes payload = {0};
    return vector_same_int(vector, "package_id", vector_int(vector, "package_id"), frame->package_id) &&
           check_command(vector, frame->command) && vector_bytes(vector, "payload", &payload) &&
           vector_same_bytes(vector, "payload", &payload, frame->payload, frame->payload_length);
}

static uint8_t checksum_of(const struct frame *frame)
{
    unsigned sum =
        (unsigned)(frame->package_id >> 8) + frame->package_id + (unsigned)(frame->command >> 8) + frame->command;
    for (size_t i = 0; i < frame->payload_length; i++) {
        sum += frame->payload[i];
    }
    return (uint8_t)(sum % BYTE_VALUES);
}

static bool check_encoding(struct vector *vector, const struct frame *frame, const struct bytes *expected)
{
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = LIMIT_FRAME_ESCAPED};
    return vector_ok(vector, "frame, encoding", frame_encode(frame, &out)) &&
           vector_same_buffer(vector, "frame, written again", expected, &out);
}

/* ------------------------------------------------------------------ TTLV and message */

static bool check_tree(struct vector *vector, const struct frame *frame)
{
    const json_t *tree = json_object_get(vector->object, "ttlv");
    struct bytes payload = {.data = (uint8_t *)frame->payload, .length = frame->payload_length};
    CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = LIMIT_FRAME_PAYLOAD};
    if (!vector_ok(vector, "ttlv", ttlv_parse(&document, payload.data, payload.length)) ||
        !vector_same_tree(vector, tree, &document, false)) {
        return false;
    }
    ttlv_put_document(&out, &document);
    return vector_same_buffer(vector, "payload, written again", &payload, &out) &&
           vector_tree_writes(vector, tree, &document, &payload);
}

/* Decoded and encoded, a message keeps its meaning: doing it twice changes nothing more. Without any known member
 * nothing is left to encode, and an empty payload is no TTLV. */
static bool check_message(struct vector *vector, const struct frame *frame)
{
    CLEANUP(cleanup_buffer) struct buffer once = {.limit = LIMIT_FRAME_PAYLOAD};
    CLEANUP(cleanup_buffer) struct buffer twice = {.limit = LIMIT_FRAME_PAYLOAD};
    if (!vector_ok(vector, "message", message_rewrite(frame, false, &once))) {
        return false;
    }
    if (once.length == 0) {
        return true;
    }
    struct frame written = {.command = frame->command, .payload = once.data, .payload_length = once.length};
    struct bytes first = {.data = once.data, .length = once.length};
    return vector_ok(vector, "message, decoded again", message_rewrite(&written, false, &twice)) &&
           vector_same_buffer(vector, "message, written again", &first, &twice);
}

/*
 * Whether a device takes the content: a message that it knows must decode (in both modes of the device, as the file
 * does not tell which it was in), other TTLV must parse.
 */
static bool content_is_accepted(const struct frame *frame, bool *accepted_in_mode_1)
{
    *accepted_in_mode_1 = true;
    if (message_is_known(frame->command)) {
        CLEANUP(cleanup_buffer) struct buffer unused = {.limit = LIMIT_FRAME_PAYLOAD};
        *accepted_in_mode_1 = message_rewrite(frame, true, &unused) == OK;
        buffer_clear(&unused);
        return message_rewrite(frame, false, &unused) == OK;
    }
    if (message_is_ttlv(frame->command) && frame->payload_length > 0) {
        CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
        return ttlv_parse(&document, frame->payload, frame->payload_length) == OK;
    }
    return true;
}

static bool check_content(struct vector *vector, const struct frame *frame)
{
    return (!vector_has(vector, "ttlv") || check_tree(vector, frame)) &&
           (!message_is_known(frame->command) || check_message(vector, frame));
}

/* ------------------------------------------------------------------ the PUBLISH around it */

static bool publish_int(struct vector *vector, const char *name, int64_t actual)
{
    const json_t *publish = json_object_get(vector->object, "publish");
    const json_t *value = json_object_get(publish, name);
    int64_t expected = 0;
    if (value != NULL && !json_is_null(value) && !json_whole(value, &expected)) {
        return vector_fail(vector, "publish: '%s' is no whole number", name);
    }
    return vector_same_int(vector, name, expected, actual);
}

/* From the device: q/2/d/<client id>/<kind of the command>. To it: a topic that the device reads. */
static bool check_topic(struct vector *vector, const char *topic, uint16_t command)
{
    char client_id[256];
    if (!vector_test_client_id(vector, client_id, sizeof client_id)) {
        return false;
    }
    if (strcmp(vector_text(vector, "direction"), "device->server") == 0) {
        char expected[512];
        (void)snprintf(expected, sizeof expected, TOPIC_FROM_DEVICE "%s/%s", client_id, command_topic_kind(command));
        return vector_same_text(vector, "topic", topic, expected);
    }
    return vector_same_text(vector, "direction", vector_text(vector, "direction"), "server->device") &&
           vector_same_bool(vector, "the device reads the topic", true, device_topic_accepts(topic, client_id));
}

static bool check_publish(struct vector *vector, const struct bytes *payload, uint16_t command)
{
    CLEANUP(cleanup_bytes) struct bytes bytes = {0};
    struct mqtt_packet packet;
    struct mqtt_publish publish;
    if (!vector_bytes(vector, "mqtt", &bytes) ||
        !vector_ok(vector, "mqtt", mqtt_packet_read(bytes.data, bytes.length, LIMIT_MQTT_PACKET, &packet)) ||
        !vector_same_int(vector, "bytes of the packet", (int64_t)bytes.length, (int64_t)packet.total) ||
        !vector_ok(vector, "PUBLISH", mqtt_publish_read(&packet, &publish))) {
        return false;
    }
    const char *topic = json_string_value(json_object_get(json_object_get(vector->object, "publish"), "topic"));
    if (topic == NULL) {
        return vector_fail(vector, "publish: no topic");
    }
    struct bytes expected = {.data = (uint8_t *)topic, .length = strlen(topic)};
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = LIMIT_MQTT_PACKET};
    mqtt_publish_write(&out, &publish);
    return publish_int(vector, "qos", publish.qos) && publish_int(vector, "dup", publish.dup ? 1 : 0) &&
           publish_int(vector, "retain", publish.retain ? 1 : 0) &&
           publish_int(vector, "mqtt_packet_id", publish.packet_id) &&
           vector_same_bytes(vector, "topic", &expected, (const uint8_t *)publish.topic.text, publish.topic.length) &&
           check_topic(vector, topic, command) &&
           vector_same_bytes(vector, "payload of the PUBLISH", payload, publish.payload, publish.payload_length) &&
           vector_same_buffer(vector, "mqtt, written again", &bytes, &out);
}

/* ------------------------------------------------------------------ kinds */

/* A frame that the device refuses: its bytes, its TTLV or its message must be refused here too. */
static bool check_refused(struct vector *vector, const struct bytes *bytes)
{
    CLEANUP(cleanup_bytes) struct bytes content = {0};
    struct frame frame;
    bool in_mode_1 = false;
    if (decode_bytes(bytes, &content, &frame) != OK || !content_is_accepted(&frame, &in_mode_1) || !in_mode_1) {
        return true;
    }
    return vector_same_bool(vector, "accepted", false, true);
}

static bool check_frame_bytes(struct vector *vector, const struct bytes *bytes, struct bytes *content,
                              struct frame *frame)
{
    return vector_ok(vector, "frame", decode_bytes(bytes, content, frame)) &&
           vector_same_bool(vector, "frame is clear", true, frame_is_clear(bytes->data, bytes->length)) &&
           vector_same_int(vector, "length_field", vector_int(vector, "length_field"),
                           // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): decoded two lines up
                           (int64_t)frame->payload_length + FRAME_OVERHEAD) &&
           vector_same_int(vector, "checksum", vector_int(vector, "checksum"), checksum_of(frame)) &&
           check_head(vector, frame) && check_encoding(vector, frame, bytes) && check_content(vector, frame);
}

bool check_frame(struct vector *vector)
{
    CLEANUP(cleanup_bytes) struct bytes bytes = {0};
    if (!vector_bytes(vector, "frame", &bytes)) {
        return false;
    }
    if (vector_has(vector, "accepted") && !vector_bool(vector, "accepted")) {
        return check_refused(vector, &bytes);
    }
    CLEANUP(cleanup_bytes) struct bytes content = {0};
    struct frame frame;
    return check_frame_bytes(vector, &bytes, &content, &frame) &&
           (!vector_has(vector, "mqtt") || check_publish(vector, &bytes, frame.command));
}

static bool read_key(struct vector *vector, const char *name, uint8_t key[SESSION_KEY])
{
    CLEANUP(cleanup_bytes) struct bytes bytes = {0};
    if (!vector_bytes(vector, name, &bytes) ||
        !vector_same_int(vector, "bytes of the key", (int64_t)bytes.length, SESSION_KEY)) {
        return false;
    }
    memcpy(key, bytes.data, SESSION_KEY);
    CLEANUP(cleanup_bytes) struct bytes iv = {0};
    uint8_t digest[32];
    return !vector_has(vector, "iv") ||
           (vector_ok(vector, "iv", sha256_bytes(key, SESSION_KEY, digest)) && vector_bytes(vector, "iv", &iv) &&
            vector_same_bytes(vector, "iv", &iv, digest, SESSION_KEY));
}

static bool check_both_ways(struct vector *vector, const uint8_t key[SESSION_KEY], const struct bytes *clear,
                            const struct bytes *cipher)
{
    CLEANUP(cleanup_buffer) struct buffer encrypted = {.limit = LIMIT_MQTT_PACKET};
    CLEANUP(cleanup_buffer) struct buffer decrypted = {.limit = LIMIT_MQTT_PACKET};
    return vector_ok(vector, "encryption", session_encrypt(key, clear->data, clear->length, &encrypted)) &&
           vector_same_buffer(vector, "cipher", cipher, &encrypted) &&
           vector_ok(vector, "decryption", session_decrypt(key, cipher->data, cipher->length, &decrypted)) &&
           vector_same_buffer(vector, "clear text", clear, &decrypted);
}

/* With a session key the device drops what does not decrypt to a frame, clear frames too (protocol.md, 5). */
static bool check_encrypted_refused(struct vector *vector, const uint8_t key[SESSION_KEY])
{
    CLEANUP(cleanup_bytes) struct bytes bytes = {0};
    CLEANUP(cleanup_bytes) struct bytes content = {0};
    CLEANUP(cleanup_buffer) struct buffer clear = {.limit = LIMIT_MQTT_PACKET};
    if (!vector_bytes(vector, vector_has(vector, "cipher") ? "cipher" : "frame", &bytes)) {
        return false;
    }
    bool decrypted = session_decrypt(key, bytes.data, bytes.length, &clear) == OK;
    struct bytes frame_bytes = {.data = clear.data, .length = clear.length};
    struct frame frame;
    bool accepted = decrypted && decode_bytes(&frame_bytes, &content, &frame) == OK;
    return vector_same_bool(vector, "accepted", false, accepted);
}

bool check_frame_encrypted(struct vector *vector)
{
    uint8_t key[SESSION_KEY];
    CLEANUP(cleanup_bytes) struct bytes bytes = {0};
    CLEANUP(cleanup_bytes) struct bytes cipher = {0};
    CLEANUP(cleanup_bytes) struct bytes content = {0};
    struct frame frame;
    if (!read_key(vector, "session_key", key)) {
        return false;
    }
    if (vector_has(vector, "accepted") && !vector_bool(vector, "accepted")) {
        return check_encrypted_refused(vector, key);
    }
    return vector_bytes(vector, "frame", &bytes) && vector_bytes(vector, "cipher", &cipher) &&
           check_both_ways(vector, key, &bytes, &cipher) &&
           vector_same_bool(vector, "cipher is a clear frame", false, frame_is_clear(cipher.data, cipher.length)) &&
           check_frame_bytes(vector, &bytes, &content, &frame) &&
           (!vector_has(vector, "mqtt") || check_publish(vector, &cipher, frame.command));
}

bool check_session_crypto(struct vector *vector)
{
    uint8_t key[SESSION_KEY];
    CLEANUP(cleanup_bytes) struct bytes clear = {0};
    CLEANUP(cleanup_bytes) struct bytes cipher = {0};
    return read_key(vector, "key", key) && vector_bytes(vector, "clear", &clear) &&
           vector_bytes(vector, "cipher", &cipher) && check_both_ways(vector, key, &clear, &cipher);
}

/* protocol.md, 2.4: QoS 1 with a small packet id puts a zero byte between topic and frame. */
static bool splitter_sees_frame(struct vector *vector)
{
    if (vector_int(vector, "qos") == 0) {
        return true;
    }
    return vector_has(vector, "mqtt_packet_id") && vector_int(vector, "mqtt_packet_id") >= SAFE_PACKET_IDS;
}

bool check_frame_acceptance(struct vector *vector)
{
    char client_id[256];
    CLEANUP(cleanup_bytes) struct bytes bytes = {0};
    CLEANUP(cleanup_bytes) struct bytes content = {0};
    CLEANUP(cleanup_bytes) struct bytes payload = {0};
    struct frame frame;
    if (!vector_test_client_id(vector, client_id, sizeof client_id) || !vector_bytes(vector, "frame", &bytes)) {
        return false;
    }
    bool accepted = device_topic_accepts(vector_text(vector, "topic"), client_id) &&
                    (!splitter_sees_frame(vector) || frame_survives_splitter(bytes.data, bytes.length)) &&
                    decode_bytes(&bytes, &content, &frame) == OK;
    if (vector->failed || !vector_same_bool(vector, "accepted", vector_bool(vector, "accepted"), accepted)) {
        return false;
    }
    if (!accepted) {
        return vector_same_bool(vector, "has a received_payload", vector_has(vector, "received_payload"), false);
    }
    return vector_bytes(vector, "received_payload", &payload) &&
           vector_same_bytes(vector, "received_payload", &payload, frame.payload, frame.payload_length);
}

bool check_frame_encode(struct vector *vector)
{
    CLEANUP(cleanup_bytes) struct bytes bytes = {0};
    CLEANUP(cleanup_bytes) struct bytes payload = {0};
    CLEANUP(cleanup_bytes) struct bytes content = {0};
    int64_t package_id = vector_int(vector, "package_id");
    const char *command = vector_text(vector, "cmd");
    if (!vector_bytes(vector, "frame", &bytes) || !vector_bytes(vector, "payload", &payload)) {
        return false;
    }
    struct frame frame = {
        .package_id = (uint16_t)package_id,
        .command = (uint16_t)strtoul(command, NULL, 16),
        .payload = payload.data,
        .payload_length = payload.length,
    };
    if (!vector_same_int(vector, "package_id", package_id, frame.package_id) || !check_command(vector, frame.command) ||
        !check_encoding(vector, &frame, &bytes)) {
        return false;
    }
    struct frame back;
    bool decodes = decode_bytes(&bytes, &content, &back) == OK && back.package_id == frame.package_id &&
                   back.command == frame.command && back.payload_length == payload.length &&
                   memcmp(back.payload, payload.data, payload.length) == 0;
    return !vector_has(vector, "decodes_back") ||
           vector_same_bool(vector, "decodes_back", vector_bool(vector, "decodes_back"), decodes);
}

bool check_frame_decode(struct vector *vector)
{
    CLEANUP(cleanup_bytes) struct bytes bytes = {0};
    CLEANUP(cleanup_bytes) struct bytes content = {0};
    struct frame frame;
    if (!vector_bytes(vector, "frame", &bytes)) {
        return false;
    }
    bool accepted = decode_bytes(&bytes, &content, &frame) == OK;
    return vector_same_bool(vector, "accepted", vector_bool(vector, "accepted"), accepted) &&
           (!accepted || check_head(vector, &frame));
}
