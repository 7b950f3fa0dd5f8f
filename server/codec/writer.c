#include "codec/writer.h"

void writer_uint(struct buffer *out, uint64_t value, size_t count)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < count; i++) {
        bytes[i] = (uint8_t)(value >> (8 * (count - 1 - i)));
    }
    buffer_append(out, bytes, count);
}

void writer_u8(struct buffer *out, uint8_t value)
{
    writer_uint(out, value, 1);
}

void writer_u16(struct buffer *out, uint16_t value)
{
    writer_uint(out, value, 2);
}

size_t writer_reserve_u16(struct buffer *out)
{
    size_t mark = out->length;
    writer_u16(out, 0);
    return mark;
}

void writer_set_u16(struct buffer *out, size_t mark, uint16_t value)
{
    if (buffer_status(out) == OK) {
        out->data[mark] = (uint8_t)(value >> 8);
        out->data[mark + 1] = (uint8_t)value;
    }
}

void writer_fail(struct buffer *out, enum status status)
{
    if (out->status == OK) {
        out->status = status;
    }
}
