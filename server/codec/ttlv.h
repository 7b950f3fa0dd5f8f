/*
 * TTLV, the content of most frames (protocol.md, TTLV).
 *
 *   item   = word (id << 3 | type), value
 *   type 0 false | 1 true | 2 number | 3 bytes | 4 struct        number: s eeee lll, then lll+1 magnitude bytes
 *
 *   000a 00 5a            id 1, int 90
 *   0012 08 25            id 2, decimal 3.7  (one decimal place, magnitude 37)
 *   002b 0003 312e30      id 5, bytes "1.0"
 *   0024 0002 ...         id 4, struct of two items
 *
 * A document is the parsed message: a flat array of items; a struct's children follow it, `next` jumps over them.
 *
 *   index   0:id 4 struct   1:id 1   2:id 2   3:id 6 ...
 *           children 1..2; next = 3
 *
 * A message parses completely or not at all.
 */
#ifndef CODEC_TTLV_H
#define CODEC_TTLV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"

enum ttlv_type { TTLV_FALSE = 0, TTLV_TRUE = 1, TTLV_NUMBER = 2, TTLV_BYTES = 3, TTLV_STRUCT = 4 };

struct ttlv_item {
    uint16_t id; /* 0..8191 */
    enum ttlv_type type;
    bool negative;        /* number */
    uint8_t places;       /* number: decimal places 0..15; 0 is an int, above a decimal */
    uint64_t magnitude;   /* number */
    const uint8_t *bytes; /* bytes: borrowed from the message */
    size_t length;        /* bytes: count */
    size_t children;      /* struct: number of direct children; the first is the next item of the array */
    size_t next;          /* index behind this item and its children */
};

struct ttlv_document {
    struct ttlv_item *items;
    size_t count;
    size_t capacity;
};

/* Empty; ttlv_finish() frees. */
void ttlv_init(struct ttlv_document *document);
void ttlv_finish(struct ttlv_document *document);
void cleanup_ttlv(struct ttlv_document *document);

/*
 * Parses the whole of `bytes` (borrowed for the life of the document), with the device's verdicts: an empty message,
 * an invalid type, a truncated item, a trailing byte, and ids other than 0 behind a first id 0 are E_FORMAT or
 * E_TRUNCATED; E_LIMIT: over LIMIT_TTLV_ITEMS or LIMIT_TTLV_DEPTH. After a failure the document is empty.
 */
MUST_USE enum status ttlv_parse(struct ttlv_document *document, const uint8_t *bytes, size_t length);

/* A level of the document: all top items, or a struct's children. Walk: for (i = first; i < end; i = items[i].next). */
struct ttlv_level {
    const struct ttlv_document *document;
    size_t first;
    size_t end;
};

struct ttlv_level ttlv_top(const struct ttlv_document *document);
struct ttlv_level ttlv_children(const struct ttlv_document *document, const struct ttlv_item *item);

/* The first item with `id` on the level (protocol.md: the first counts), or NULL. Borrowed. */
const struct ttlv_item *ttlv_find(struct ttlv_level level, uint16_t id);

/* Reads as the SDK reads: false when the item is missing or of another kind; then the output is untouched. */
bool ttlv_get_int(struct ttlv_level level, uint16_t id, int32_t *value);   /* ints only, cut to signed 32 bit */
bool ttlv_get_number(struct ttlv_level level, uint16_t id, double *value); /* int or decimal; not rounded */
bool ttlv_get_bool(struct ttlv_level level, uint16_t id, bool *value);
bool ttlv_get_bytes(struct ttlv_level level, uint16_t id, const uint8_t **bytes, size_t *length);

/* A string, read up to a zero byte. E_NOT_FOUND: missing or another type; E_LIMIT: does not fit `capacity`. */
MUST_USE enum status ttlv_get_string(struct ttlv_level level, uint16_t id, char *text, size_t capacity);

/* The value of a number item. */
double ttlv_number_value(const struct ttlv_item *item);

/* Writers: append one item to the buffer, as the SDK writes it (shortest magnitude). Check buffer_status() at the end.
 */
void ttlv_put_bool(struct buffer *out, uint16_t id, bool value);
void ttlv_put_int(struct buffer *out, uint16_t id, int64_t value);
void ttlv_put_number(struct buffer *out, uint16_t id, double value); /* decimals by the SDK's own multiplication loop */
void ttlv_put_bytes(struct buffer *out, uint16_t id, const uint8_t *bytes, size_t length);
void ttlv_put_string(struct buffer *out, uint16_t id, const char *text);

/* A struct: open returns a mark, close writes the number of items given. */
size_t ttlv_open_struct(struct buffer *out, uint16_t id);
void ttlv_close_struct(struct buffer *out, size_t mark, uint16_t items);

/* The whole document again, each number in its shortest form. */
void ttlv_put_document(struct buffer *out, const struct ttlv_document *document);

#endif
