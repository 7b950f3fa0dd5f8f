/* Reading: a message to a document, and the SDK's reading functions over it. */
#include "codec/ttlv.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "codec/reader.h"

enum { FIRST_ITEMS = 16, UNTIL_THE_END = -1 };

void ttlv_init(struct ttlv_document *document)
{
    *document = (struct ttlv_document){0};
}

void ttlv_finish(struct ttlv_document *document)
{
    free(document->items);
    ttlv_init(document);
}

void cleanup_ttlv(struct ttlv_document *document)
{
    ttlv_finish(document);
}

static enum status add_item(struct ttlv_document *document, const struct ttlv_item *item)
{
    if (document->count == LIMIT_TTLV_ITEMS) {
        return E_LIMIT;
    }
    if (document->count == document->capacity) {
        size_t capacity = document->capacity == 0 ? FIRST_ITEMS : 2 * document->capacity;
        struct ttlv_item *items = realloc(document->items, capacity * sizeof *items);
        if (items == NULL) {
            return E_NOMEM;
        }
        document->items = items;
        document->capacity = capacity;
    }
    document->items[document->count++] = *item;
    return OK;
}

static enum status read_value(struct reader *reader, struct ttlv_item *item)
{
    switch (item->type) {
    case TTLV_FALSE:
    case TTLV_TRUE:
        break;
    case TTLV_NUMBER: {
        uint8_t form = reader_u8(reader);
        item->negative = (form & 0x80U) != 0;
        item->places = form >> 3 & 0x0FU;
        item->magnitude = reader_uint(reader, (form & 0x07U) + 1U);
        break;
    }
    case TTLV_BYTES:
        item->length = reader_u16(reader);
        item->bytes = reader_bytes(reader, item->length);
        break;
    case TTLV_STRUCT:
        item->children = reader_u16(reader);
        break;
    default:
        return E_FORMAT;
    }
    return reader->status;
}

/* One level: `wanted` items, or all that is left (UNTIL_THE_END). Nests by recursion, at most LIMIT_TTLV_DEPTH deep. */
static enum status read_level(struct ttlv_document *document, struct reader *reader, long wanted, unsigned depth)
{
    if (depth > LIMIT_TTLV_DEPTH) {
        return E_LIMIT;
    }
    bool is_array = false;
    for (long i = 0; wanted == UNTIL_THE_END ? reader_left(reader) > 0 : i < wanted; i++) {
        uint16_t word = reader_u16(reader);
        struct ttlv_item item = {.id = word >> 3, .type = (enum ttlv_type)(word & 0x07U)};
        enum status status = reader->status == OK ? read_value(reader, &item) : reader->status;
        if (status != OK) {
            return status;
        }
        is_array = i == 0 ? item.id == 0 : is_array;
        if (is_array && item.id != 0) {
            return E_FORMAT;
        }
        size_t index = document->count;
        status = add_item(document, &item);
        if (status == OK && item.type == TTLV_STRUCT) {
            status = read_level(document, reader, (long)item.children, depth + 1);
        }
        if (status != OK) {
            return status;
        }
        document->items[index].next = document->count;
    }
    return OK;
}

enum status ttlv_parse(struct ttlv_document *document, const uint8_t *bytes, size_t length)
{
    document->count = 0;
    struct reader reader;
    reader_init(&reader, bytes, length);
    enum status status = length == 0 ? E_FORMAT : read_level(document, &reader, UNTIL_THE_END, 0);
    if (status == OK) {
        status = reader_done(&reader);
    }
    if (status != OK) {
        document->count = 0;
    }
    return status;
}

struct ttlv_level ttlv_top(const struct ttlv_document *document)
{
    return (struct ttlv_level){.document = document, .first = 0, .end = document->count};
}

struct ttlv_level ttlv_children(const struct ttlv_document *document, const struct ttlv_item *item)
{
    size_t first = (size_t)(item - document->items) + 1;
    return (struct ttlv_level){.document = document, .first = first, .end = item->next};
}

const struct ttlv_item *ttlv_find(struct ttlv_level level, uint16_t id)
{
    const struct ttlv_item *items = level.document->items;
    for (size_t i = level.first; i < level.end; i = items[i].next) {
        if (items[i].id == id) {
            return &items[i];
        }
    }
    return NULL;
}

bool ttlv_get_int(struct ttlv_level level, uint16_t id, int32_t *value)
{
    const struct ttlv_item *item = ttlv_find(level, id);
    if (item == NULL || item->type != TTLV_NUMBER || item->places != 0) {
        return false;
    }
    uint64_t bits = item->negative ? 0 - item->magnitude : item->magnitude;
    *value = (int32_t)(uint32_t)bits;
    return true;
}

double ttlv_number_value(const struct ttlv_item *item)
{
    double value = (double)item->magnitude;
    double scale = 1;
    for (unsigned i = 0; i < item->places; i++) {
        scale *= 10;
    }
    value /= scale;
    return item->negative && item->magnitude != 0 ? -value : value;
}

bool ttlv_get_number(struct ttlv_level level, uint16_t id, double *value)
{
    const struct ttlv_item *item = ttlv_find(level, id);
    if (item == NULL || item->type != TTLV_NUMBER) {
        return false;
    }
    *value = ttlv_number_value(item);
    return true;
}

bool ttlv_get_bool(struct ttlv_level level, uint16_t id, bool *value)
{
    const struct ttlv_item *item = ttlv_find(level, id);
    if (item == NULL || (item->type != TTLV_FALSE && item->type != TTLV_TRUE)) {
        return false;
    }
    *value = item->type == TTLV_TRUE;
    return true;
}

bool ttlv_get_bytes(struct ttlv_level level, uint16_t id, const uint8_t **bytes, size_t *length)
{
    const struct ttlv_item *item = ttlv_find(level, id);
    if (item == NULL || item->type != TTLV_BYTES) {
        return false;
    }
    *bytes = item->bytes;
    *length = item->length;
    return true;
}

enum status ttlv_get_string(struct ttlv_level level, uint16_t id, char *text, size_t capacity)
{
    const uint8_t *bytes = NULL;
    size_t length = 0;
    if (!ttlv_get_bytes(level, id, &bytes, &length)) {
        return E_NOT_FOUND;
    }
    return text_copy_bytes(text, capacity, bytes, length);
}
