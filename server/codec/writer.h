/*
 * Big-endian integers into a buffer, and lengths that are written after what they count. Inside codec only.
 *
 *   mark = writer_reserve_u16(out);     [ .. .. ]
 *   ... append ...                      [ .. .. ] x x x
 *   writer_set_u16(out, mark, 3);       [ 00 03 ] x x x
 */
#ifndef CODEC_WRITER_H
#define CODEC_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

void writer_u8(struct buffer *out, uint8_t value);
void writer_u16(struct buffer *out, uint16_t value);

/* The low `count` bytes (1..8) of `value`. */
void writer_uint(struct buffer *out, uint64_t value, size_t count);

/* Two bytes to be filled later; returns their place. */
size_t writer_reserve_u16(struct buffer *out);
void writer_set_u16(struct buffer *out, size_t mark, uint16_t value);

/* Marks the buffer as failed (the first failure stays). */
void writer_fail(struct buffer *out, enum status status);

#endif
