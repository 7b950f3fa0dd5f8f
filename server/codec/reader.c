#include "codec/reader.h"

void reader_init(struct reader *reader, const uint8_t *bytes, size_t length)
{
    *reader = (struct reader){.bytes = bytes, .length = length};
}

size_t reader_left(const struct reader *reader)
{
    return reader->status == OK ? reader->length - reader->position : 0;
}

const uint8_t *reader_bytes(struct reader *reader, size_t count)
{
    if (reader->status != OK) {
        return NULL;
    }
    if (count > reader->length - reader->position) {
        reader->status = E_TRUNCATED;
        return NULL;
    }
    const uint8_t *bytes = reader->bytes + reader->position;
    reader->position += count;
    return bytes;
}

uint64_t reader_uint(struct reader *reader, size_t count)
{
    const uint8_t *bytes = reader_bytes(reader, count);
    uint64_t value = 0;
    for (size_t i = 0; bytes != NULL && i < count; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

uint8_t reader_u8(struct reader *reader)
{
    return (uint8_t)reader_uint(reader, 1);
}

uint16_t reader_u16(struct reader *reader)
{
    return (uint16_t)reader_uint(reader, 2);
}

enum status reader_done(const struct reader *reader)
{
    if (reader->status != OK) {
        return reader->status;
    }
    return reader->position == reader->length ? OK : E_FORMAT;
}
