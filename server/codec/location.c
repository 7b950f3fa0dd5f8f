/* 0x0122 (protocol.md, 6). */
#include "base/cleanup.h"
#include "codec/fields.h"

enum { ID_TEXT = 2 };

enum status location_decode(const uint8_t *payload, size_t length, char *text, size_t capacity)
{
    CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
    enum status status = ttlv_parse(&document, payload, length);
    if (status != OK) {
        return status;
    }
    return field_read_text(ttlv_top(&document), ID_TEXT, text, capacity) ? OK : E_NOT_FOUND;
}

enum status location_encode(const char *text, struct buffer *out)
{
    ttlv_put_string(out, ID_TEXT, text);
    return buffer_status(out);
}
