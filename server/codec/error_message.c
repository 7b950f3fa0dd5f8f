/* 0x00A3 (protocol.md, 4.5). */
#include "base/cleanup.h"
#include "codec/fields.h"
#include "codec/server_messages.h"

enum { ID_CODE = 1, ID_PACKAGE = 2 };

enum status error_message_encode(const struct error_message *message, struct buffer *out)
{
    ttlv_put_int(out, ID_CODE, message->code);
    (void)field_put_int(out, ID_PACKAGE, &message->package_id);
    return buffer_status(out);
}

enum status error_message_decode(const uint8_t *payload, size_t length, struct error_message *message)
{
    CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
    enum status status = ttlv_parse(&document, payload, length);
    if (status != OK) {
        return status;
    }
    int32_t code = 0;
    if (!ttlv_get_int(ttlv_top(&document), ID_CODE, &code)) {
        return E_FORMAT;
    }
    message->code = code;
    field_read_int(ttlv_top(&document), ID_PACKAGE, &message->package_id);
    return OK;
}
