/*
 * What every device of ours does to a message on its way to and from the link: frame, session cipher, password.
 *
 *   command, payload --device_seal--> clear or encrypted frame --PUBLISH--> ... --PUBLISH--> device_open --> frame
 */
#ifndef FLEET_DEVICE_WIRE_H
#define FLEET_DEVICE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "codec/frame.h"

/* Package ids of one process run count 1, 2 ... and skip 0 and 0xFFFF (protocol.md, 7). */
uint16_t device_next_package_id(uint16_t last);

/* Appends the frame to `out`, encrypted when `key` (SESSION_KEY bytes) is not NULL. */
MUST_USE enum status device_seal(const uint8_t *key, const struct frame *frame, struct buffer *out);

/*
 * The frame of a message, as the device reads it: decrypted when `key` is not NULL, run over by the topic splitter when
 * it `splits`. `memory` takes what the frame points into. NULL: read; else why it is dropped. Static memory.
 */
const char *device_open(const uint8_t *key, const uint8_t *payload, size_t length, bool splits, struct buffer *memory,
                        struct frame *frame);

/* The password of a CONNECT: of type 1 when there is a secret. */
MUST_USE enum status device_password(bool announces_encryption, const char *product_key, const char *product_secret,
                                     const char *device_key, const char *device_secret, char *text, size_t capacity);

#endif
