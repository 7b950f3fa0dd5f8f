#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "codec/ttlv.h"
#include "fuzz.h"

static void check_same(const struct ttlv_document *a, const struct ttlv_document *b)
{
    FUZZ_HOLDS(a->count == b->count);
    for (size_t i = 0; i < a->count; i++) {
        const struct ttlv_item *x = &a->items[i];
        const struct ttlv_item *y = &b->items[i];
        FUZZ_HOLDS(x->id == y->id && x->type == y->type && x->children == y->children && x->next == y->next);
        FUZZ_HOLDS(x->magnitude == y->magnitude && x->places == y->places && x->length == y->length);
        FUZZ_HOLDS(x->negative == y->negative || x->magnitude == 0);
        FUZZ_HOLDS(x->length == 0 || memcmp(x->bytes, y->bytes, x->length) == 0);
    }
}

/* The getters over every id that is there; a number that is read is written so that it reads the same. */
static void check_getters(struct ttlv_level level)
{
    for (size_t i = level.first; i < level.end; i = level.document->items[i].next) {
        const struct ttlv_item *item = &level.document->items[i];
        char text[16];
        int32_t number = 0;
        bool flag = false;
        double value = 0;
        (void)ttlv_get_bool(level, item->id, &flag);
        (void)!ttlv_get_string(level, item->id, text, sizeof text);
        if (ttlv_get_int(level, item->id, &number)) {
            FUZZ_HOLDS(ttlv_get_number(level, item->id, &value));
        }
        if (item->type == TTLV_STRUCT) {
            check_getters(ttlv_children(level.document, item));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
    if (ttlv_parse(&document, data, size) != OK) {
        FUZZ_HOLDS(document.count == 0);
        return 0;
    }
    check_getters(ttlv_top(&document));
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = 1 << 20};
    CLEANUP(cleanup_buffer) struct buffer again = {.limit = 1 << 20};
    CLEANUP(cleanup_ttlv) struct ttlv_document back = {0};
    ttlv_put_document(&out, &document);
    FUZZ_HOLDS(buffer_status(&out) == OK && out.length <= size);
    FUZZ_HOLDS(ttlv_parse(&back, out.data, out.length) == OK);
    check_same(&document, &back);
    ttlv_put_document(&again, &back);
    FUZZ_HOLDS(again.length == out.length && memcmp(again.data, out.data, out.length) == 0);
    return 0;
}
