/*
 * The message inside a frame, whichever command it has. Inside cli only (and its tests).
 */
#ifndef CLI_WIRE_MESSAGE_H
#define CLI_WIRE_MESSAGE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "base/status.h"
#include "codec/frame.h"

/* Whether a codec/ message belongs to the command. */
bool message_is_known(uint16_t command);

/* Whether the payload of the command is TTLV at all (not raw data, not a list of ids). */
bool message_is_ttlv(uint16_t command);

/*
 * Decodes the payload and appends what encoding the result gives. `wants_sha256`: the device runs in mode 1 (0x0113
 * only). The decoder's or the encoder's status; E_NOT_FOUND for a command without message.
 */
MUST_USE enum status message_rewrite(const struct frame *frame, bool wants_sha256, struct buffer *out);

/* The decoded message as a JSON object, owned by the caller; NULL and a status when the device would refuse it. */
MUST_USE enum status message_json(const struct frame *frame, json_t **json);

#endif
