/*
 * Orders -> frames -> bus (QoS 1, not retained). Every frame gets the next package id of its link; one of 256 bytes or
 * more must survive the device's topic splitter (protocol.md, 2.4): other package ids are tried, and when the length's
 * low byte is 0x2F an unknown TTLV is added.
 */
#ifndef MQTT_DOWNLINK_H
#define MQTT_DOWNLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"
#include "domain/orders.h"

struct link;

/*
 * Appends the clear frame. `payload` is TTLV and may grow by two bytes; *last_id is the package id used last and
 * becomes the one used now (0: none yet).
 */
MUST_USE enum status downlink_frame(uint16_t *last_id, uint16_t command, struct buffer *payload, struct buffer *out);

/* 0x00B4 with the secret, the session key, or both, as the link needs; from then on the link encrypts. */
MUST_USE enum status downlink_configuration(struct link *link);

/* What a fault made of a frame, as bits. */
enum {
    DOWNLINK_ALTERED = 1,      /* its payload is not what it should be */
    DOWNLINK_BAD_CHECKSUM = 2, /* no device takes it */
};

/* Appends frame and publishes it, encrypted when the link is. E_CLOSED: the bus is down. */
MUST_USE enum status downlink_send(struct link *link, uint16_t command, struct buffer *payload, unsigned flaws);

MUST_USE enum status downlink_notify(struct link *link, const struct notify_order *order);
MUST_USE enum status downlink_firmware(struct link *link, const struct firmware_order *order);

/* `base` + "/firmware/" + token + extension. E_LIMIT: does not fit. */
MUST_USE enum status downlink_url(const char *base, const char *token, const char *extension, char *url,
                                  size_t capacity);

#endif
