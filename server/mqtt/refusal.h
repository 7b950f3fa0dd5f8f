/*
 * What a link that never reaches the broker is told (protocol.md, 4.4, 4.5, 13).
 *
 *   CONNECT --> CONNACK 0     SUBSCRIBE --> SUBACK + PUBLISH { 0x00A3 code | 0x00B4 {9: true} }     or CONNACK 2..5
 */
#ifndef MQTT_REFUSAL_H
#define MQTT_REFUSAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"
#include "mqtt/authenticate.h"

/* Whether the refusal ends with the CONNACK. */
bool refusal_is_connack(const struct decision *decision);

/* The answer to the CONNECT. */
void refusal_write_connack(const struct decision *decision, struct buffer *out);

/* The answer to the SUBSCRIBE, and the message behind its *suback bytes. */
MUST_USE enum status refusal_write_message(const struct decision *decision, uint16_t subscribe_id, size_t *suback,
                                           struct buffer *out);

/* CONNACK of MQTT 5 "unsupported protocol version", for a client that speaks level 5. */
void refusal_write_version5(struct buffer *out);

#endif
