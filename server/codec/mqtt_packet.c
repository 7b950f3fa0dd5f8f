/* The frame of every packet, and the packets that have little else. */
#include "codec/mqtt_packet.h"

#include <string.h>

#include "codec/mqtt_text.h"
#include "codec/writer.h"

enum {
    LENGTH_BYTES = 4,         /* most bytes of a remaining length */
    LENGTH_LIMIT = 268435455, /* four bytes of seven bits */
    RESERVED_FLAGS = 0x02,    /* of PUBREL, SUBSCRIBE and UNSUBSCRIBE */
    QOS_MOST = 2,
    CONNACK_LENGTH = 2,
    ACK_LENGTH = 2,
    SUBACK_LENGTH = 3,
    SUBACK_FAILURE = 0x80,
};

const char *mqtt_packet_name(unsigned type)
{
    static const char *const names[] = {"?",           "CONNECT",  "CONNACK", "PUBLISH",   "PUBACK",
                                        "PUBREC",      "PUBREL",   "PUBCOMP", "SUBSCRIBE", "SUBACK",
                                        "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP",  "DISCONNECT"};
    return type < sizeof names / sizeof names[0] ? names[type] : names[0];
}

enum status mqtt_packet_read(const uint8_t *bytes, size_t length, size_t limit, struct mqtt_packet *packet)
{
    *packet = (struct mqtt_packet){0};
    size_t body_length = 0;
    for (size_t i = 0; i < LENGTH_BYTES; i++) {
        if (i + 1 >= length) {
            return E_AGAIN;
        }
        uint8_t byte = bytes[i + 1];
        body_length |= (size_t)(byte & 0x7FU) << (7 * i);
        if ((byte & 0x80U) == 0) {
            size_t head = i + 2;
            if (head > limit || body_length > limit - head) {
                return E_LIMIT;
            }
            packet->type = bytes[0] >> 4;
            packet->flags = bytes[0] & 0x0FU;
            packet->total = head + body_length;
            if (body_length > length - head) {
                return E_AGAIN;
            }
            packet->body = bytes + head;
            packet->body_length = body_length;
            return OK;
        }
    }
    return E_FORMAT;
}

void mqtt_header_write(struct buffer *out, enum mqtt_packet_type type, unsigned flags, size_t body_length)
{
    if (body_length > LENGTH_LIMIT) {
        writer_fail(out, E_LIMIT);
        return;
    }
    writer_u8(out, (uint8_t)((unsigned)type << 4 | flags));
    do {
        size_t rest = body_length >> 7;
        writer_u8(out, (uint8_t)((body_length & 0x7FU) | (rest > 0 ? 0x80U : 0U)));
        body_length = rest;
    } while (body_length > 0);
}

struct mqtt_text mqtt_text_read(struct reader *reader)
{
    struct mqtt_text text = {.length = reader_u16(reader)};
    text.text = (const char *)reader_bytes(reader, text.length);
    if (text.text == NULL) {
        text.length = 0;
    }
    return text;
}

void mqtt_text_write(struct buffer *out, struct mqtt_text text)
{
    if (text.length > UINT16_MAX) {
        writer_fail(out, E_LIMIT);
        return;
    }
    writer_u16(out, (uint16_t)text.length);
    buffer_append(out, text.text, text.length);
}

enum status mqtt_packet_id_read(const struct mqtt_packet *packet, uint16_t *packet_id)
{
    struct reader reader;
    reader_init(&reader, packet->body, packet->body_length);
    uint16_t id = reader_u16(&reader);
    if (reader.status != OK) {
        return reader.status;
    }
    if (id == 0) {
        return E_FORMAT;
    }
    *packet_id = id;
    return OK;
}

void mqtt_ack_write(struct buffer *out, enum mqtt_packet_type type, uint16_t packet_id)
{
    mqtt_header_write(out, type, type == MQTT_PUBREL ? RESERVED_FLAGS : 0, ACK_LENGTH);
    writer_u16(out, packet_id);
}

void mqtt_connack_write(struct buffer *out, bool session_present, uint8_t code)
{
    mqtt_header_write(out, MQTT_CONNACK, 0, CONNACK_LENGTH);
    writer_u8(out, session_present ? 1 : 0);
    writer_u8(out, code);
}

enum status mqtt_connack_read(const struct mqtt_packet *packet, bool *session_present, uint8_t *code)
{
    struct reader reader;
    reader_init(&reader, packet->body, packet->body_length);
    uint8_t flags = reader_u8(&reader);
    uint8_t read = reader_u8(&reader);
    enum status status = reader_done(&reader);
    if (status != OK) {
        return status;
    }
    if (packet->type != MQTT_CONNACK || flags > 1) {
        return E_FORMAT;
    }
    *session_present = flags == 1;
    *code = read;
    return OK;
}

enum status mqtt_subscribe_read(const struct mqtt_packet *packet, uint16_t *packet_id, struct mqtt_text *filter,
                                unsigned *qos, size_t *count)
{
    if (packet->type != MQTT_SUBSCRIBE || packet->flags != RESERVED_FLAGS) {
        return E_FORMAT;
    }
    struct reader reader;
    reader_init(&reader, packet->body, packet->body_length);
    uint16_t id = reader_u16(&reader);
    struct mqtt_text first = {0};
    unsigned first_qos = 0;
    size_t filters = 0;
    while (reader_left(&reader) > 0) {
        struct mqtt_text text = mqtt_text_read(&reader);
        unsigned asked = reader_u8(&reader);
        if (reader.status == OK && (text.length == 0 || asked > QOS_MOST)) {
            return E_FORMAT;
        }
        if (filters == 0) {
            first = text;
            first_qos = asked;
        }
        filters++;
    }
    enum status status = reader_done(&reader);
    if (status != OK) {
        return status;
    }
    if (filters == 0 || id == 0) {
        return E_FORMAT;
    }
    *packet_id = id;
    *filter = first;
    *qos = first_qos;
    *count = filters;
    return OK;
}

void mqtt_subscribe_write(struct buffer *out, uint16_t packet_id, const char *filter, unsigned qos)
{
    size_t length = strlen(filter);
    mqtt_header_write(out, MQTT_SUBSCRIBE, RESERVED_FLAGS, 2 + 2 + length + 1);
    writer_u16(out, packet_id);
    mqtt_text_write(out, (struct mqtt_text){.text = filter, .length = length});
    writer_u8(out, (uint8_t)qos);
}

void mqtt_suback_write(struct buffer *out, uint16_t packet_id, uint8_t code)
{
    mqtt_header_write(out, MQTT_SUBACK, 0, SUBACK_LENGTH);
    writer_u16(out, packet_id);
    writer_u8(out, code);
}

enum status mqtt_suback_read(const struct mqtt_packet *packet, uint16_t *packet_id, uint8_t *code)
{
    struct reader reader;
    reader_init(&reader, packet->body, packet->body_length);
    uint16_t id = reader_u16(&reader);
    uint8_t granted = reader_u8(&reader);
    if (reader.status != OK) {
        return reader.status;
    }
    if (packet->type != MQTT_SUBACK || id == 0 || (granted > QOS_MOST && granted != SUBACK_FAILURE)) {
        return E_FORMAT;
    }
    *packet_id = id;
    *code = granted;
    return OK;
}

void mqtt_empty_write(struct buffer *out, enum mqtt_packet_type type)
{
    mqtt_header_write(out, type, 0, 0);
}
