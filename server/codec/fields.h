/*
 * Members of messages, as the decoders and encoders of all messages read and write them. Inside codec only.
 */
#ifndef CODEC_FIELDS_H
#define CODEC_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "codec/device_messages.h"
#include "codec/ttlv.h"

/* Absent when the item is missing or no int. */
void field_read_int(struct ttlv_level level, uint16_t id, struct wire_int *value);

/*
 * Reads up to a zero byte and cuts what does not fit, between UTF-8 characters. False (and an empty text) when the item
 * is missing or of another type; an empty string gives true.
 */
bool field_read_text(struct ttlv_level level, uint16_t id, char *text, size_t capacity);

/* The same, but E_FORMAT when it is missing or empty, E_LIMIT when it does not fit. */
MUST_USE enum status field_read_required(struct ttlv_level level, uint16_t id, char *text, size_t capacity);

/* Each returns the number of items written, 0 or 1: absent members and empty texts are left out. */
unsigned field_put_int(struct buffer *out, uint16_t id, const struct wire_int *value);
unsigned field_put_text(struct buffer *out, uint16_t id, const char *text);

#endif
