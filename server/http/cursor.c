#include "http/cursor.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void cursor_write(const char *key, char cursor[CURSOR_TEXT])
{
    size_t length = strlen(key);
    assert(length <= CURSOR_SORT_KEY);
    uint32_t bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < length; i++) {
        bits = (bits << 8 | (uint8_t)key[i]) & 0xFFFFU;
        for (held += 8; held >= 6; held -= 6) {
            *cursor++ = letters[bits >> (held - 6) & 0x3FU];
        }
    }
    if (held > 0) {
        *cursor++ = letters[bits << (6 - held) & 0x3FU];
    }
    *cursor = '\0';
}

static enum status decode(const char *cursor, char key[CURSOR_SORT_KEY + 1])
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t length = 0;
    for (; *cursor != '\0'; cursor++) {
        const char *letter = strchr(letters, *cursor);
        if (letter == NULL || length == CURSOR_SORT_KEY) {
            return E_FORMAT;
        }
        bits = (bits << 6 | (uint32_t)(letter - letters)) & 0xFFFFU;
        held += 6;
        if (held >= 8) {
            held -= 8;
            key[length++] = (char)(bits >> held & 0xFFU);
        }
    }
    key[length] = '\0';
    return held < 6 && (bits & ((1U << held) - 1)) == 0 && strlen(key) == length ? OK : E_FORMAT;
}

enum status cursor_read(const char *cursor, enum cursor_kind kind, char key[CURSOR_SORT_KEY + 1])
{
    char decoded[CURSOR_SORT_KEY + 1] = {0};
    enum status status = decode(cursor, decoded);
    if (status != OK) {
        return status;
    }
    int64_t id = 0;
    bool right = kind == CURSOR_KEY ? text_is_word(decoded, 1, CURSOR_SORT_KEY, "")
                                    : decoded[0] != '0' && text_parse_int(decoded, 1, INT64_MAX, &id) == OK;
    if (!right) {
        return E_FORMAT;
    }
    memcpy(key, decoded, sizeof decoded);
    return OK;
}
