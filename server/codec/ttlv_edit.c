#include "codec/ttlv_edit.h"

static bool is_meant(const struct ttlv_item *item, const struct ttlv_edit *edit)
{
    return item->id == edit->id && item->type != TTLV_STRUCT;
}

static void put_change(struct buffer *out, const struct ttlv_edit *edit)
{
    if (edit->change == TTLV_TEXT_SET) {
        ttlv_put_string(out, edit->id, edit->text);
    } else if (edit->change == TTLV_NUMBER_SET) {
        ttlv_put_int(out, edit->id, edit->number);
    }
}

static void put_plain(struct buffer *out, const struct ttlv_item *item)
{
    if (item->type == TTLV_BYTES) {
        ttlv_put_bytes(out, item->id, item->bytes, item->length);
    } else if (item->type == TTLV_NUMBER) {
        ttlv_put_number(out, item->id, ttlv_number_value(item));
    } else {
        ttlv_put_bool(out, item->id, item->type == TTLV_TRUE);
    }
}

/* Children of a struct that stay. */
static uint16_t count_children(const struct ttlv_document *document, const struct ttlv_item *item,
                               const struct ttlv_edit *edit)
{
    struct ttlv_level level = ttlv_children(document, item);
    size_t count = 0;
    for (size_t i = level.first; i < level.end; i = document->items[i].next) {
        count += edit->change == TTLV_OMITTED && is_meant(&document->items[i], edit) ? 0 : 1;
    }
    return (uint16_t)count;
}

void ttlv_put_edited(struct buffer *out, const struct ttlv_document *document, const struct ttlv_edit *edit)
{
    bool found = false;
    for (size_t i = 0; i < document->count; i++) { /* flat: a struct's children follow it */
        const struct ttlv_item *item = &document->items[i];
        if (is_meant(item, edit)) {
            put_change(out, edit);
            found = true;
        } else if (item->type == TTLV_STRUCT) {
            ttlv_close_struct(out, ttlv_open_struct(out, item->id), count_children(document, item, edit));
        } else {
            put_plain(out, item);
        }
    }
    if (!found) {
        put_change(out, edit);
    }
}
