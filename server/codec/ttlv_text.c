#include "codec/ttlv_text.h"

#include <inttypes.h>

#include "base/limits.h"

static bool is_printable(const struct ttlv_item *item)
{
    for (size_t i = 0; i < item->length; i++) {
        if (item->bytes[i] < 0x20 || item->bytes[i] > 0x7E) {
            return false;
        }
    }
    return item->length > 0;
}

static void write_bytes(const struct ttlv_item *item, struct buffer *text)
{
    if (is_printable(item)) {
        buffer_append_text(text, "\"");
        buffer_append(text, item->bytes, item->length);
        buffer_append_text(text, "\"");
        return;
    }
    buffer_append_text(text, "0x");
    for (size_t i = 0; i < item->length; i++) {
        buffer_append_format(text, "%02x", item->bytes[i]);
    }
}

static void write_value(const struct ttlv_item *item, struct buffer *text)
{
    switch (item->type) {
    case TTLV_FALSE:
    case TTLV_TRUE:
        buffer_append_text(text, item->type == TTLV_TRUE ? "true" : "false");
        break;
    case TTLV_NUMBER:
        if (item->places == 0) {
            buffer_append_format(text, "%s%" PRIu64, item->negative ? "-" : "", item->magnitude);
        } else {
            buffer_append_format(text, "%.*f", item->places, ttlv_number_value(item));
        }
        break;
    case TTLV_BYTES:
        write_bytes(item, text);
        break;
    case TTLV_STRUCT:
        buffer_append_text(text, "{");
        break;
    }
}

/* The array as it stands, with a brace where a struct's children end: no recursion, however deep a device nests. */
void ttlv_write_text(const struct ttlv_document *document, struct buffer *text)
{
    size_t ends[LIMIT_TTLV_DEPTH + 1];
    size_t depth = 0;
    for (size_t i = 0; i < document->count && buffer_status(text) == OK; i++) {
        const struct ttlv_item *item = &document->items[i];
        buffer_append_format(text, "%u: ", item->id);
        write_value(item, text);
        if (item->type == TTLV_STRUCT && depth <= LIMIT_TTLV_DEPTH) {
            ends[depth++] = item->next;
        }
        bool closed = item->type != TTLV_STRUCT || item->next == i + 1;
        while (depth > 0 && ends[depth - 1] == i + 1) {
            buffer_append_text(text, "}");
            depth--;
        }
        if (closed && i + 1 < document->count) {
            buffer_append_text(text, ", ");
        }
    }
}
