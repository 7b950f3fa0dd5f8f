#include "crypto/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_length(size_t count)
{
    return (count + 2) / 3 * 4;
}

void base64_encode(const uint8_t *bytes, size_t count, char *text)
{
    for (size_t i = 0; i < count; i += 3) {
        uint32_t second = i + 1 < count ? bytes[i + 1] : 0;
        uint32_t third = i + 2 < count ? bytes[i + 2] : 0;
        uint32_t group = (uint32_t)bytes[i] << 16 | second << 8 | third;
        *text++ = alphabet[group >> 18];
        *text++ = alphabet[group >> 12 & 63];
        *text++ = i + 1 < count ? alphabet[group >> 6 & 63] : '=';
        *text++ = i + 2 < count ? alphabet[group & 63] : '=';
    }
}

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

enum status base64_decode(const char *text, size_t length, uint8_t *bytes, size_t *count)
{
    size_t padding = length >= 4 ? (size_t)(text[length - 1] == '=') + (size_t)(text[length - 2] == '=') : 0;
    if (length % 4 != 0 || (padding == 1 && text[length - 1] != '=')) {
        return E_FORMAT;
    }
    uint8_t *to = bytes;
    for (size_t i = 0; i < length; i += 4) {
        uint32_t group = 0;
        size_t empty = i + 4 == length ? padding : 0;
        for (size_t k = 0; k < 4; k++) {
            int value = k >= 4 - empty ? 0 : value_of(text[i + k]);
            if (value < 0) {
                return E_FORMAT;
            }
            group = group << 6 | (uint32_t)value;
        }
        if ((empty == 1 && (group & 0xFF) != 0) || (empty == 2 && (group & 0xFFFF) != 0)) {
            return E_FORMAT; /* one text for one content */
        }
        *to++ = (uint8_t)(group >> 16);
        if (empty < 2) {
            *to++ = (uint8_t)(group >> 8 & 0xFF);
        }
        if (empty < 1) {
            *to++ = (uint8_t)(group & 0xFF);
        }
    }
    *count = (size_t)(to - bytes);
    return OK;
}
