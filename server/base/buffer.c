#include "base/buffer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

void buffer_init(struct buffer *buffer, size_t limit)
{
    *buffer = (struct buffer){.limit = limit};
}

void buffer_finish(struct buffer *buffer)
{
    if (buffer != NULL) {
        free(buffer->data);
        buffer_init(buffer, buffer->limit);
    }
}

void cleanup_buffer(struct buffer *buffer)
{
    buffer_finish(buffer);
}

uint8_t *buffer_reserve(struct buffer *buffer, size_t count)
{
    if (buffer->status != OK) {
        return NULL;
    }
    if (count > buffer->limit - buffer->length) {
        buffer->status = E_LIMIT;
        return NULL;
    }
    size_t needed = buffer->length + count;
    if (needed > buffer->capacity || buffer->data == NULL) {
        size_t capacity = buffer->capacity == 0 ? FIRST_CAPACITY : buffer->capacity;
        while (capacity < needed) {
            capacity *= 2;
        }
        if (capacity > buffer->limit) {
            capacity = buffer->limit;
        }
        uint8_t *data = realloc(buffer->data, capacity == 0 ? 1 : capacity);
        if (data == NULL) {
            buffer->status = E_NOMEM;
            return NULL;
        }
        buffer->data = data;
        buffer->capacity = capacity;
    }
    return buffer->data + buffer->length;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t count)
{
    uint8_t *room = buffer_reserve(buffer, count);
    if (room != NULL && count > 0) {
        memcpy(room, bytes, count);
        buffer->length += count;
    }
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_append_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        buffer->status = E_INTERNAL;
        return;
    }
    char *room = (char *)buffer_reserve(buffer, (size_t)length + 1);
    if (room == NULL) {
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(room, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buffer->length += (size_t)length;
}

void buffer_consume(struct buffer *buffer, size_t count)
{
    assert(count <= buffer->length);
    if (count == 0) {
        return;
    }
    buffer->length -= count;
    memmove(buffer->data, buffer->data + count, buffer->length);
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    buffer->status = OK;
}

enum status buffer_status(const struct buffer *buffer)
{
    return buffer->status;
}

const char *buffer_text(struct buffer *buffer)
{
    uint8_t *room = buffer_reserve(buffer, 1);
    if (room == NULL) {
        return "";
    }
    *room = 0;
    return (const char *)buffer->data;
}
