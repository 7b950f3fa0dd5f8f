/* Writing: items as the SDK writes them, with the shortest magnitude. */
#include "codec/ttlv.h"

#include <string.h>

#include "codec/writer.h"

enum { MOST_PLACES = 15, MOST_BYTES = 0xFFFF };

static void put_word(struct buffer *out, uint16_t id, enum ttlv_type type)
{
    writer_u16(out, (uint16_t)((unsigned)id << 3 | (unsigned)type));
}

static void put_magnitude(struct buffer *out, uint16_t id, bool negative, unsigned places, uint64_t magnitude)
{
    size_t count = 1;
    while (count < 8 && magnitude >> (8 * count) != 0) {
        count++;
    }
    put_word(out, id, TTLV_NUMBER);
    writer_u8(out, (uint8_t)((negative ? 0x80U : 0U) | places << 3 | (unsigned)(count - 1)));
    writer_uint(out, magnitude, count);
}

void ttlv_put_bool(struct buffer *out, uint16_t id, bool value)
{
    put_word(out, id, value ? TTLV_TRUE : TTLV_FALSE);
}

void ttlv_put_int(struct buffer *out, uint16_t id, int64_t value)
{
    bool negative = value < 0;
    put_magnitude(out, id, negative, 0, negative ? 0 - (uint64_t)value : (uint64_t)value);
}

/* The part of a double that fits a magnitude; NaN is 0. */
static uint64_t whole_part(double value)
{
    if (!(value >= 0)) {
        return 0;
    }
    return value < 18446744073709551616.0 ? (uint64_t)value : UINT64_MAX;
}

void ttlv_put_number(struct buffer *out, uint16_t id, double value)
{
    bool negative = value < 0;
    double rest = negative ? -value : value;
    unsigned places = 0;
    /* from 2^53 on a double has no fraction, so the product never leaves 64 bits */
    while (places < MOST_PLACES && rest < 9007199254740992.0 && rest > (double)whole_part(rest)) {
        rest *= 10;
        places++;
    }
    put_magnitude(out, id, negative, places, whole_part(rest));
}

void ttlv_put_bytes(struct buffer *out, uint16_t id, const uint8_t *bytes, size_t length)
{
    if (length > MOST_BYTES) {
        writer_fail(out, E_LIMIT);
        return;
    }
    put_word(out, id, TTLV_BYTES);
    writer_u16(out, (uint16_t)length);
    buffer_append(out, bytes, length);
}

void ttlv_put_string(struct buffer *out, uint16_t id, const char *text)
{
    ttlv_put_bytes(out, id, (const uint8_t *)text, strlen(text));
}

size_t ttlv_open_struct(struct buffer *out, uint16_t id)
{
    put_word(out, id, TTLV_STRUCT);
    return writer_reserve_u16(out);
}

void ttlv_close_struct(struct buffer *out, size_t mark, uint16_t items)
{
    writer_set_u16(out, mark, items);
}

void ttlv_put_document(struct buffer *out, const struct ttlv_document *document)
{
    for (size_t i = 0; i < document->count; i++) {
        const struct ttlv_item *item = &document->items[i];
        switch (item->type) {
        case TTLV_FALSE:
        case TTLV_TRUE:
            ttlv_put_bool(out, item->id, item->type == TTLV_TRUE);
            break;
        case TTLV_NUMBER:
            put_magnitude(out, item->id, item->negative && item->magnitude != 0, item->places, item->magnitude);
            break;
        case TTLV_BYTES:
            ttlv_put_bytes(out, item->id, item->bytes, item->length);
            break;
        case TTLV_STRUCT:
            /* its children follow in the array */
            ttlv_close_struct(out, ttlv_open_struct(out, item->id), (uint16_t)item->children);
            break;
        }
    }
}
