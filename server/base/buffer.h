/*
 * A growing byte buffer that is born with its limit.
 *
 *   data: [ b b b b b b . . . . ]      length <= capacity <= limit
 *           0         length  capacity
 *
 * The first failure (limit, memory) sticks: later appends do nothing and buffer_status() tells. So a caller appends
 * freely and checks once.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct buffer {
    uint8_t *data;
    size_t length;
    size_t capacity;
    size_t limit;
    enum status status; /* OK, E_LIMIT or E_NOMEM */
};

/* An empty buffer of at most `limit` bytes; allocates nothing yet. */
void buffer_init(struct buffer *buffer, size_t limit);

/* Frees the bytes; the buffer is empty and usable again with the same limit. NULL is allowed. */
void buffer_finish(struct buffer *buffer);

/* For CLEANUP(). */
void cleanup_buffer(struct buffer *buffer);

void buffer_append(struct buffer *buffer, const void *bytes, size_t count);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_format(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);

/* Room for `count` more bytes at data + length (the caller adds to `length` what it wrote), or NULL after a failure. */
uint8_t *buffer_reserve(struct buffer *buffer, size_t count);

/* Removes the first `count` (<= length) bytes. */
void buffer_consume(struct buffer *buffer, size_t count);

/* Forgets content and failure, keeps the memory. */
void buffer_clear(struct buffer *buffer);

MUST_USE enum status buffer_status(const struct buffer *buffer);

/* The content as a zero-terminated string; "" after a failure. Borrowed until the next change. */
const char *buffer_text(struct buffer *buffer);

#endif
