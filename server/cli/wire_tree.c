/* [id, type, value] triples of a vectors file: compared with a parsed message, and written as one. */
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/wire_vector.h"

enum { ID = 0, TYPE = 1, VALUE = 2, TRIPLE = 3, SHORT_PLACES = 6 };

static bool triple_is(const json_t *triple, const char *type)
{
    const char *text = json_string_value(json_array_get(triple, TYPE));
    return text != NULL && strcmp(text, type) == 0;
}

/* ------------------------------------------------------------------ compare */

static bool same_int(struct vector *vector, const json_t *value, const struct ttlv_item *item, bool cut)
{
    if (item->type != TTLV_NUMBER || item->places != 0) {
        return vector_fail(vector, "item %u is no int", item->id);
    }
    if (!cut && item->magnitude > INT64_MAX) {
        return json_number_value(value) == ttlv_number_value(item) ||
               vector_fail(vector, "item %u is %.0f", item->id, ttlv_number_value(item));
    }
    int64_t expected = 0;
    if (!json_whole(value, &expected)) {
        return vector_fail(vector, "item %u: the value is no whole number", item->id);
    }
    uint64_t bits = item->negative ? 0 - item->magnitude : item->magnitude;
    return vector_same_int(vector, "int", expected, cut ? (int32_t)(uint32_t)bits : (int64_t)bits);
}

static bool same_decimal(struct vector *vector, const json_t *value, const struct ttlv_item *item)
{
    if (item->type != TTLV_NUMBER || item->places == 0) {
        return vector_fail(vector, "item %u is no decimal", item->id);
    }
    double expected = json_number_value(value);
    double actual = ttlv_number_value(item);
    bool same = json_is_number(value) && fabs(expected - actual) <= 1e-14 * fabs(actual);
    return same || vector_fail(vector, "item %u: the file says %.17g, mockdc %.17g", item->id, expected, actual);
}

static bool same_bytes(struct vector *vector, const json_t *triple, const struct ttlv_item *item)
{
    const json_t *value = json_array_get(triple, VALUE);
    if (item->type != TTLV_BYTES || !json_is_string(value)) {
        return vector_fail(vector, "item %u is no string of bytes", item->id);
    }
    if (triple_is(triple, "string")) {
        struct bytes expected = {.data = (uint8_t *)json_string_value(value), .length = json_string_length(value)};
        return vector_same_bytes(vector, "string", &expected, item->bytes, item->length);
    }
    char hex[2 * UINT16_MAX + 1];
    hex_encode(item->bytes, item->length, hex);
    return vector_same_text(vector, "bytes", json_string_value(value), hex);
}

static bool same_level(struct vector *vector, const json_t *tree, struct ttlv_level level, bool cut);

static bool same_item(struct vector *vector, const json_t *triple, const struct ttlv_document *document,
                      const struct ttlv_item *item, bool cut)
{
    const json_t *value = json_array_get(triple, VALUE);
    int64_t id = 0;
    if (json_array_size(triple) != TRIPLE || !json_whole(json_array_get(triple, ID), &id)) {
        return vector_fail(vector, "a TTLV item of the file is no [id, type, value]");
    }
    if (!vector_same_int(vector, "item id", id, item->id)) {
        return false;
    }
    if (triple_is(triple, "int")) {
        return same_int(vector, value, item, cut);
    }
    if (triple_is(triple, "decimal") || triple_is(triple, "float")) {
        return same_decimal(vector, value, item);
    }
    if (triple_is(triple, "bool")) {
        return (json_is_boolean(value) && item->type == (json_is_true(value) ? TTLV_TRUE : TTLV_FALSE)) ||
               vector_fail(vector, "item %u is not that bool", item->id);
    }
    if (triple_is(triple, "string") || triple_is(triple, "bytes")) {
        return same_bytes(vector, triple, item);
    }
    if (triple_is(triple, "struct")) {
        return item->type == TTLV_STRUCT ? same_level(vector, value, ttlv_children(document, item), cut)
                                         : vector_fail(vector, "item %u is no struct", item->id);
    }
    return vector_fail(vector, "a TTLV item of the file has an unknown type");
}

static bool same_level(struct vector *vector, const json_t *tree, struct ttlv_level level, bool cut)
{
    size_t index = 0;
    const struct ttlv_item *items = level.document->items;
    for (size_t i = level.first; i < level.end; i = items[i].next, index++) {
        if (index < json_array_size(tree) &&
            !same_item(vector, json_array_get(tree, index), level.document, &items[i], cut)) {
            return false;
        }
    }
    return json_is_array(tree)
               ? vector_same_int(vector, "number of items", (int64_t)json_array_size(tree), (int64_t)index)
               : vector_fail(vector, "the TTLV items of the file are no list");
}

bool vector_same_tree(struct vector *vector, const json_t *tree, const struct ttlv_document *document, bool cut_ints)
{
    return same_level(vector, tree, ttlv_top(document), cut_ints);
}

/* ------------------------------------------------------------------ write */

static bool put_level(struct buffer *out, const json_t *tree);

static bool put_item(struct buffer *out, const json_t *triple)
{
    const json_t *value = json_array_get(triple, VALUE);
    int64_t whole_id = 0;
    int64_t number = 0;
    (void)json_whole(json_array_get(triple, ID), &whole_id);
    uint16_t id = (uint16_t)whole_id;
    if (triple_is(triple, "int") && json_whole(value, &number)) {
        ttlv_put_int(out, id, number);
    } else if (json_is_number(value)) {
        ttlv_put_number(out, id, json_number_value(value));
    } else if (json_is_boolean(value)) {
        ttlv_put_bool(out, id, json_is_true(value));
    } else if (triple_is(triple, "string")) {
        ttlv_put_bytes(out, id, (const uint8_t *)json_string_value(value), json_string_length(value));
    } else if (triple_is(triple, "bytes")) {
        uint8_t bytes[UINT16_MAX];
        size_t length = 0;
        if (hex_decode(json_string_value(value), bytes, sizeof bytes, &length) != OK) {
            return false;
        }
        ttlv_put_bytes(out, id, bytes, length);
    } else {
        size_t mark = ttlv_open_struct(out, id);
        ttlv_close_struct(out, mark, (uint16_t)json_array_size(value));
        return put_level(out, value);
    }
    return true;
}

static bool put_level(struct buffer *out, const json_t *tree)
{
    for (size_t i = 0; i < json_array_size(tree); i++) {
        if (!put_item(out, json_array_get(tree, i))) {
            return false;
        }
    }
    return true;
}

/* A short decimal's text names the same double that the device had; 15 places need not (protocol.md, 8). */
static bool decimals_are_short(const struct ttlv_document *document)
{
    for (size_t i = 0; i < document->count; i++) {
        if (document->items[i].type == TTLV_NUMBER && document->items[i].places > SHORT_PLACES) {
            return false;
        }
    }
    return true;
}

bool vector_tree_writes(struct vector *vector, const json_t *tree, const struct ttlv_document *document,
                        const struct bytes *expected)
{
    if (!decimals_are_short(document)) {
        return true;
    }
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = LIMIT_FRAME_PAYLOAD};
    return put_level(&out, tree) ? vector_same_buffer(vector, "TTLV written from the items", expected, &out)
                                 : vector_fail(vector, "a TTLV item of the file cannot be written");
}
