/* Kinds connect, password and mqtt: what passes on the MQTT link. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/wire_vector.h"
#include "codec/mqtt_packet.h"
#include "crypto/digest.h"
#include "crypto/password.h"

enum { AES_KEY = 16, USER_NAME_FLAG = 0x80, FIRST_CODE_OF_OTHERS = 6 };

/* ------------------------------------------------------------------ password */

/* Key and iv are inside of crypto; here they follow from protocol.md once more. */
static bool check_key_and_iv(struct vector *vector, const char *product_secret)
{
    uint8_t digest[32];
    uint8_t key[AES_KEY] = {0};
    size_t length = strlen(product_secret);
    memcpy(key, product_secret, length < sizeof key ? length : sizeof key);
    CLEANUP(cleanup_bytes) struct bytes expected = {0};
    if (vector_has(vector, "aes_key") && !(vector_bytes(vector, "aes_key", &expected) &&
                                           vector_same_bytes(vector, "aes_key", &expected, key, sizeof key))) {
        return false;
    }
    return !vector_has(vector, "aes_iv") ||
           (vector_ok(vector, "aes_iv", sha256_bytes(product_secret, length, digest)) &&
            vector_bytes(vector, "aes_iv", &expected) &&
            vector_same_bytes(vector, "aes_iv", &expected, digest, AES_KEY));
}

static bool check_signature(struct vector *vector, const struct password *password, const char *secret)
{
    const char *product_secret = vector_text(vector, "ps");
    char input[256];
    (void)snprintf(input, sizeof input, "%s;%s;%s", secret, product_secret, password->random);
    return (!vector_has(vector, "sign_input") ||
            vector_same_text(vector, "sign_input", vector_text(vector, "sign_input"), input)) &&
           vector_same_text(vector, "random", vector_text(vector, "random"), password->random) &&
           vector_same_bool(vector, "random is of its form", true, password_random_is_valid(password->random)) &&
           vector_same_text(vector, "sign", vector_text(vector, "sign"), password->sign) &&
           vector_ok(vector, "signature", password_verify(password, secret, product_secret));
}

static bool check_type0(struct vector *vector, struct password *password)
{
    const char *product_secret = vector_text(vector, "ps");
    if (vector->failed || !vector_ok(vector, "password, opening", password_open(password, product_secret)) ||
        !vector_same_text(vector, "pk", vector_text(vector, "pk"), password->product_key) ||
        !vector_same_text(vector, "dk", vector_text(vector, "dk"), password->device_key) ||
        !check_signature(vector, password, password->device_key) || !check_key_and_iv(vector, product_secret)) {
        return false;
    }
    char clear[256];
    (void)snprintf(clear, sizeof clear, "%s;%s;%s", password->device_key, password->random, password->sign);
    if (vector_has(vector, "plain_text") &&
        !vector_same_text(vector, "plain_text", vector_text(vector, "plain_text"), clear)) {
        return false;
    }
    char made[PASSWORD_LIMIT];
    return vector_ok(vector, "password, making",
                     password_make_type0(password->session, password->product_key, product_secret, password->device_key,
                                         password->random, made, sizeof made)) &&
           vector_same_text(vector, "password, made", vector_text(vector, "password"), made);
}

static bool check_type1(struct vector *vector, const struct password *password)
{
    const char *device_secret = vector_text(vector, "ds");
    if (vector->failed || !check_signature(vector, password, device_secret)) {
        return false;
    }
    char made[PASSWORD_LIMIT];
    return vector_ok(vector, "password, making",
                     password_make_type1(password->session, device_secret, vector_text(vector, "ps"), password->random,
                                         made, sizeof made)) &&
           vector_same_text(vector, "password, made", vector_text(vector, "password"), made);
}

bool check_password(struct vector *vector)
{
    const char *text = vector_text(vector, "password");
    struct password password;
    if (vector->failed || !vector_ok(vector, "password", password_parse(text, strlen(text), &password)) ||
        (vector_has(vector, "password_type") &&
         !vector_same_int(vector, "password_type", vector_int(vector, "password_type"), password.type)) ||
        !vector_same_int(vector, "session_flag", vector_int(vector, "session_flag"), password.session ? 1 : 0)) {
        return false;
    }
    return password.type == 0 ? check_type0(vector, &password) : check_type1(vector, &password);
}

/* ------------------------------------------------------------------ connect */

static bool same_mqtt_text(struct vector *vector, const char *name, struct mqtt_text actual)
{
    const char *text = vector_text(vector, name);
    struct bytes expected = {.data = (uint8_t *)text, .length = strlen(text)};
    return !vector->failed && vector_same_bytes(vector, name, &expected, (const uint8_t *)actual.text, actual.length);
}

/* Exactly one packet. */
static bool read_packet(struct vector *vector, const struct bytes *bytes, struct mqtt_packet *packet)
{
    enum status status = mqtt_packet_read(bytes->data, bytes->length, LIMIT_MQTT_PACKET, packet);
    return vector_ok(vector, "mqtt", status) &&
           vector_same_int(vector, "bytes of the packet", (int64_t)bytes->length, (int64_t)packet->total);
}

static bool check_connect_members(struct vector *vector, const struct mqtt_connect *connect)
{
    char flags[3];
    (void)snprintf(flags, sizeof flags, "%02x", connect->flags & UINT8_MAX);
    bool has_user_name = (connect->flags & USER_NAME_FLAG) != 0;
    return vector_same_text(vector, "protocol", vector_text(vector, "protocol"), connect->protocol) &&
           vector_same_int(vector, "level", vector_int(vector, "level"), connect->level) &&
           vector_same_text(vector, "connect_flags", vector_text(vector, "connect_flags"), flags) &&
           vector_same_int(vector, "keepalive", vector_int(vector, "keepalive"), connect->keep_alive_s) &&
           vector_same_bool(vector, "has a user name", vector_has(vector, "username"), has_user_name) &&
           (!has_user_name || same_mqtt_text(vector, "username", connect->user_name)) &&
           same_mqtt_text(vector, "client_id", connect->client_id) &&
           same_mqtt_text(vector, "password", connect->password);
}

bool check_connect(struct vector *vector)
{
    CLEANUP(cleanup_bytes) struct bytes bytes = {0};
    struct mqtt_packet packet;
    struct mqtt_connect connect;
    if (!vector_bytes(vector, "mqtt", &bytes) || !read_packet(vector, &bytes, &packet) ||
        !vector_ok(vector, "mqtt", mqtt_connect_read(&packet, &connect)) || !check_connect_members(vector, &connect)) {
        return false;
    }
    CLEANUP(cleanup_buffer) struct buffer written = {.limit = LIMIT_MQTT_PACKET};
    mqtt_connect_write(&written, &connect);
    char client_id[256];
    (void)snprintf(client_id, sizeof client_id, "qd%s%s", vector_text(vector, "pk"), vector_text(vector, "dk"));
    return vector_same_buffer(vector, "mqtt, written again", &bytes, &written) &&
           vector_same_text(vector, "client_id", vector_text(vector, "client_id"), client_id) && check_password(vector);
}

/* ------------------------------------------------------------------ other packets */

/* What the device makes of a CONNACK (protocol.md, 2.6). */
static bool check_connack(struct vector *vector, uint8_t code)
{
    const char *what = vector_has(vector, "what") ? vector_text(vector, "what") : "";
    const char *refusal = strstr(what, "refusal ");
    if (refusal != NULL) {
        int64_t number = strtol(refusal + strlen("refusal "), NULL, 10);
        if (!vector_same_int(vector, "return code", number, code)) {
            return false;
        }
    }
    if (strstr(what, "accepted") != NULL && !vector_same_int(vector, "return code", 0, code)) {
        return false;
    }
    if (!vector_has(vector, "device_event")) {
        return true;
    }
    const json_t *event = json_object_get(vector->object, "device_event");
    int64_t place = 0;
    int64_t number = 0;
    if (!json_whole(json_array_get(event, 0), &place) || !json_whole(json_array_get(event, 1), &number)) {
        return vector_fail(vector, "device_event is no [event, code]");
    }
    int64_t refused = code == 1 ? 10471 : code < FIRST_CODE_OF_OTHERS ? 10430 : 10500;
    return vector_same_int(vector, "device_event", place, 2) &&
           vector_same_int(vector, "device_event, code", number, code == 0 ? 10200 : refused);
}

static bool check_topics(struct vector *vector, struct mqtt_text filter, unsigned qos, size_t count)
{
    if (!vector_has(vector, "topics")) {
        return true;
    }
    const json_t *topics = json_object_get(vector->object, "topics");
    const json_t *first = json_array_get(topics, 0);
    const char *topic = json_string_value(json_array_get(first, 0));
    int64_t wanted = 0;
    if (topic == NULL || !json_whole(json_array_get(first, 1), &wanted)) {
        return vector_fail(vector, "topics is no list of [filter, QoS]");
    }
    struct bytes expected = {.data = (uint8_t *)topic, .length = strlen(topic)};
    return vector_same_int(vector, "number of topics", (int64_t)json_array_size(topics), (int64_t)count) &&
           vector_same_bytes(vector, "topic", &expected, (const uint8_t *)filter.text, filter.length) &&
           vector_same_int(vector, "QoS of the topic", wanted, qos);
}

static bool rewrite_subscribe(struct vector *vector, const struct mqtt_packet *packet, struct buffer *out)
{
    uint16_t packet_id = 0;
    struct mqtt_text filter;
    unsigned qos = 0;
    size_t count = 0;
    if (!vector_ok(vector, "SUBSCRIBE", mqtt_subscribe_read(packet, &packet_id, &filter, &qos, &count)) ||
        !check_topics(vector, filter, qos, count)) {
        return false;
    }
    char text[LIMIT_MQTT_TOPIC + 1];
    if (!vector_ok(vector, "topic", text_copy_bytes(text, sizeof text, (const uint8_t *)filter.text, filter.length))) {
        return false;
    }
    mqtt_subscribe_write(out, packet_id, text, qos);
    return true;
}

static bool rewrite_publish(struct vector *vector, const struct mqtt_packet *packet, struct buffer *out)
{
    struct mqtt_publish publish;
    if (!vector_ok(vector, "PUBLISH", mqtt_publish_read(packet, &publish))) {
        return false;
    }
    mqtt_publish_write(out, &publish);
    return true;
}

static bool rewrite_acknowledgement(struct vector *vector, const struct mqtt_packet *packet, struct buffer *out)
{
    uint16_t packet_id = 0;
    uint8_t code = 0;
    bool session_present = false;
    switch (packet->type) {
    case MQTT_CONNACK:
        if (!vector_ok(vector, "CONNACK", mqtt_connack_read(packet, &session_present, &code))) {
            return false;
        }
        mqtt_connack_write(out, session_present, code);
        return check_connack(vector, code);
    case MQTT_SUBACK:
        if (!vector_ok(vector, "SUBACK", mqtt_suback_read(packet, &packet_id, &code))) {
            return false;
        }
        mqtt_suback_write(out, packet_id, code);
        return true;
    default:
        if (!vector_ok(vector, "packet id", mqtt_packet_id_read(packet, &packet_id))) {
            return false;
        }
        mqtt_ack_write(out, (enum mqtt_packet_type)packet->type, packet_id);
        return true;
    }
}

static bool rewrite_connect(struct vector *vector, const struct mqtt_packet *packet, struct buffer *out)
{
    struct mqtt_connect connect;
    if (!vector_ok(vector, "CONNECT", mqtt_connect_read(packet, &connect))) {
        return false;
    }
    mqtt_connect_write(out, &connect);
    return true;
}

static bool rewrite_packet(struct vector *vector, const struct mqtt_packet *packet, struct buffer *out)
{
    switch (packet->type) {
    case MQTT_CONNECT:
        return rewrite_connect(vector, packet, out);
    case MQTT_PUBLISH:
        return rewrite_publish(vector, packet, out);
    case MQTT_SUBSCRIBE:
        return rewrite_subscribe(vector, packet, out);
    case MQTT_CONNACK:
    case MQTT_SUBACK:
    case MQTT_PUBACK:
    case MQTT_PUBREC:
    case MQTT_PUBREL:
    case MQTT_PUBCOMP:
    case MQTT_UNSUBACK:
        return rewrite_acknowledgement(vector, packet, out);
    case MQTT_PINGREQ:
    case MQTT_PINGRESP:
    case MQTT_DISCONNECT:
        mqtt_empty_write(out, (enum mqtt_packet_type)packet->type);
        return true;
    default:
        return vector_fail(vector, "packet type %u is not of this protocol", packet->type);
    }
}

/* "PUBACK: device acknowledges" names its packet. */
static bool check_packet_name(struct vector *vector, unsigned type)
{
    const char *what = vector_has(vector, "what") ? vector_text(vector, "what") : "";
    char word[16];
    size_t length = 0;
    while (length + 1 < sizeof word && isupper((unsigned char)what[length])) {
        word[length] = what[length];
        length++;
    }
    word[length] = '\0';
    for (unsigned known = MQTT_CONNECT; known <= MQTT_DISCONNECT; known++) {
        if (strcmp(word, mqtt_packet_name(known)) == 0) {
            return vector_same_text(vector, "packet", word, mqtt_packet_name(type));
        }
    }
    return true;
}

static bool check_direction(struct vector *vector, unsigned type)
{
    if (!vector_has(vector, "direction")) {
        return true;
    }
    bool from_device = type == MQTT_CONNECT || type == MQTT_SUBSCRIBE || type == MQTT_PINGREQ;
    bool to_device = type == MQTT_CONNACK || type == MQTT_SUBACK || type == MQTT_PINGRESP;
    if (!from_device && !to_device) {
        return true;
    }
    return vector_same_text(vector, "direction", vector_text(vector, "direction"),
                            from_device ? "device->server" : "server->device");
}

bool check_mqtt(struct vector *vector)
{
    CLEANUP(cleanup_bytes) struct bytes bytes = {0};
    struct mqtt_packet packet;
    if (!vector_bytes(vector, "mqtt", &bytes) || !read_packet(vector, &bytes, &packet) ||
        !check_packet_name(vector, packet.type) || !check_direction(vector, packet.type)) {
        return false;
    }
    uint16_t packet_id = 0;
    if (vector_has(vector, "mqtt_packet_id") &&
        (!vector_ok(vector, "mqtt_packet_id", mqtt_packet_id_read(&packet, &packet_id)) ||
         !vector_same_int(vector, "mqtt_packet_id", vector_int(vector, "mqtt_packet_id"), packet_id))) {
        return false;
    }
    CLEANUP(cleanup_buffer) struct buffer written = {.limit = LIMIT_MQTT_PACKET};
    return rewrite_packet(vector, &packet, &written) &&
           vector_same_buffer(vector, "mqtt, written again", &bytes, &written);
}
