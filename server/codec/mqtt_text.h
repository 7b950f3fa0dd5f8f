/*
 * MQTT's strings (16 bit length, bytes) and the frame of a packet. Inside codec only.
 */
#ifndef CODEC_MQTT_TEXT_H
#define CODEC_MQTT_TEXT_H

#include "codec/mqtt_packet.h"
#include "codec/reader.h"

enum { MQTT_WILL_FLAG = 0x04, MQTT_PASSWORD_FLAG = 0x40, MQTT_USER_NAME_FLAG = 0x80 };

struct mqtt_text mqtt_text_read(struct reader *reader);

/* Fails the buffer with E_LIMIT when the text has over 65535 bytes. */
void mqtt_text_write(struct buffer *out, struct mqtt_text text);

/* First byte and remaining length; fails the buffer with E_LIMIT when the body is longer than MQTT can say. */
void mqtt_header_write(struct buffer *out, enum mqtt_packet_type type, unsigned flags, size_t body_length);

#endif
