#include "codec/fields.h"

#include <string.h>

void field_read_int(struct ttlv_level level, uint16_t id, struct wire_int *value)
{
    value->value = 0;
    value->known = ttlv_get_int(level, id, &value->value);
}

bool field_read_text(struct ttlv_level level, uint16_t id, char *text, size_t capacity)
{
    const uint8_t *bytes = NULL;
    size_t length = 0;
    text[0] = '\0';
    if (!ttlv_get_bytes(level, id, &bytes, &length)) {
        return false;
    }
    length = strnlen((const char *)bytes, length);
    if (length >= capacity) {
        length = capacity - 1;
        while (length > 0 && (bytes[length] & 0xC0U) == 0x80U) {
            length--;
        }
    }
    memcpy(text, bytes, length);
    text[length] = '\0';
    return true;
}

enum status field_read_required(struct ttlv_level level, uint16_t id, char *text, size_t capacity)
{
    char read[LIMIT_URL + 1];
    enum status status = ttlv_get_string(level, id, read, capacity < sizeof read ? capacity : sizeof read);
    if (status != OK) {
        return status == E_NOT_FOUND ? E_FORMAT : status;
    }
    if (read[0] == '\0') {
        return E_FORMAT;
    }
    memcpy(text, read, strlen(read) + 1);
    return OK;
}

unsigned field_put_int(struct buffer *out, uint16_t id, const struct wire_int *value)
{
    if (!value->known) {
        return 0;
    }
    ttlv_put_int(out, id, value->value);
    return 1;
}

unsigned field_put_text(struct buffer *out, uint16_t id, const char *text)
{
    if (text[0] == '\0') {
        return 0;
    }
    ttlv_put_string(out, id, text);
    return 1;
}
