/*
 * MQTT 3.1.1 packets as bytes, for the front (which reads along and repairs) and the virtual devices (which write).
 * No broker and no client: those are mosquitto and libmosquitto.
 *
 *   type+flags (1) | remaining length (1..4) | body
 *   10 6a 0004 4d515454 04 42 0078 ...          CONNECT, level 4, flags 42, keep alive 120 s (protocol.md, 2.1)
 */
#ifndef CODEC_MQTT_PACKET_H
#define CODEC_MQTT_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/status.h"

enum mqtt_packet_type {
    MQTT_CONNECT = 1,
    MQTT_CONNACK,
    MQTT_PUBLISH,
    MQTT_PUBACK,
    MQTT_PUBREC,
    MQTT_PUBREL,
    MQTT_PUBCOMP,
    MQTT_SUBSCRIBE,
    MQTT_SUBACK,
    MQTT_UNSUBSCRIBE,
    MQTT_UNSUBACK,
    MQTT_PINGREQ,
    MQTT_PINGRESP,
    MQTT_DISCONNECT
};

/* "CONNECT" ...; "?" for 0, 15 and above. Static memory. */
const char *mqtt_packet_name(unsigned type);

struct mqtt_packet {
    unsigned type;       /* enum mqtt_packet_type when known */
    unsigned flags;      /* low four bits of the first byte */
    const uint8_t *body; /* borrowed */
    size_t body_length;
    size_t total; /* bytes of the whole packet */
};

/*
 * Looks at the packet that starts at bytes[0]. OK: it is complete. E_AGAIN: more bytes are needed (then, when the
 * length is known already, packet->total is set, else 0). E_FORMAT: remaining length of over 4 bytes. E_LIMIT: the
 * packet would be longer than `limit`.
 */
MUST_USE enum status mqtt_packet_read(const uint8_t *bytes, size_t length, size_t limit, struct mqtt_packet *packet);

struct mqtt_text { /* borrowed bytes, no zero at the end */
    const char *text;
    size_t length;
};

struct mqtt_connect {
    char protocol[8]; /* "MQTT" or "MQIsdp" */
    unsigned level;
    unsigned flags; /* as on the wire: 0x80 user name, 0x40 password, 0x04 will, 0x02 clean session */
    unsigned keep_alive_s;
    struct mqtt_text client_id;
    struct mqtt_text will_topic;
    struct mqtt_text will_message;
    struct mqtt_text user_name;
    struct mqtt_text password;
    /* a password without user name is read, not refused: the SDK sends it (protocol.md, 2.1) */
};

/*
 * E_FORMAT or E_TRUNCATED: not a CONNECT of MQTT 3.1 or 3.1.1. E_VERSION: another level; then protocol, level, flags
 * and keep alive are read, enough to refuse it with CONNACK 1.
 */
MUST_USE enum status mqtt_connect_read(const struct mqtt_packet *packet, struct mqtt_connect *connect);

/* Appends a CONNECT with exactly the given members and flags. */
void mqtt_connect_write(struct buffer *out, const struct mqtt_connect *connect);

struct mqtt_publish {
    unsigned qos; /* 0..2 */
    bool dup;
    bool retain;
    struct mqtt_text topic;
    uint16_t packet_id; /* 0 for QoS 0 */
    const uint8_t *payload;
    size_t payload_length;
};

/* E_FORMAT: QoS 3, empty topic, packet id 0 with QoS 1 or 2; E_TRUNCATED. */
MUST_USE enum status mqtt_publish_read(const struct mqtt_packet *packet, struct mqtt_publish *publish);
void mqtt_publish_write(struct buffer *out, const struct mqtt_publish *publish);

/* PUBACK, PUBREC, PUBREL, PUBCOMP, UNSUBACK, SUBSCRIBE, SUBACK ...: the packet id that opens the body. */
MUST_USE enum status mqtt_packet_id_read(const struct mqtt_packet *packet, uint16_t *packet_id);

/* PUBACK, PUBREC, PUBREL, PUBCOMP (the flag bits that MQTT wants are added). */
void mqtt_ack_write(struct buffer *out, enum mqtt_packet_type type, uint16_t packet_id);

MUST_USE enum status mqtt_connack_read(const struct mqtt_packet *packet, bool *session_present, uint8_t *code);
void mqtt_connack_write(struct buffer *out, bool session_present, uint8_t code);

/* The first topic filter of a SUBSCRIBE; *count gets the number of filters. */
MUST_USE enum status mqtt_subscribe_read(const struct mqtt_packet *packet, uint16_t *packet_id,
                                         struct mqtt_text *filter, unsigned *qos, size_t *count);
void mqtt_subscribe_write(struct buffer *out, uint16_t packet_id, const char *filter, unsigned qos);

/* The first return code of a SUBACK; 0x80 is a failure that the device takes for success (protocol.md, 2.2). */
MUST_USE enum status mqtt_suback_read(const struct mqtt_packet *packet, uint16_t *packet_id, uint8_t *code);
void mqtt_suback_write(struct buffer *out, uint16_t packet_id, uint8_t code);

/* PINGREQ, PINGRESP, DISCONNECT. */
void mqtt_empty_write(struct buffer *out, enum mqtt_packet_type type);

#endif
