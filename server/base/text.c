#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum status text_copy(char *target, size_t capacity, const char *source)
{
    size_t length = strlen(source);
    if (length >= capacity) {
        return E_LIMIT;
    }
    memcpy(target, source, length + 1);
    return OK;
}

enum status text_copy_bytes(char *target, size_t capacity, const uint8_t *source, size_t length)
{
    size_t used = length == 0 ? 0 : strnlen((const char *)source, length);
    if (used >= capacity) {
        return E_LIMIT;
    }
    if (used > 0) {
        memcpy(target, source, used);
    }
    target[used] = '\0';
    return OK;
}

void text_copy_cut(char *target, size_t capacity, const char *source)
{
    size_t length = strnlen(source, capacity);
    if (length == capacity) {
        length = capacity - 1;
        while (length > 0 && ((unsigned char)source[length] & 0xC0U) == 0x80U) {
            length--;
        }
    }
    memcpy(target, source, length);
    target[length] = '\0';
}

bool text_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends_with(const char *text, const char *suffix)
{
    size_t length = strlen(text);
    size_t end = strlen(suffix);
    return end <= length && strcmp(text + length - end, suffix) == 0;
}

static bool is_word_byte(char c, const char *others)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr(others, c) != NULL;
}

bool text_is_word(const char *text, size_t least, size_t most, const char *others)
{
    size_t length = strnlen(text, most + 1);
    if (length < least || length > most) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (!is_word_byte(text[i], others)) {
            return false;
        }
    }
    return true;
}

/* The bytes that follow the lead byte `c`, or -1; `least` is the smallest code point that may be written so. */
static int utf8_tail(unsigned char c, uint32_t *bits, uint32_t *least)
{
    if (c < 0x80) {
        *bits = c;
        *least = 0;
        return 0;
    }
    if (c >= 0xC2 && c <= 0xDF) {
        *bits = c & 0x1FU;
        *least = 0x80;
        return 1;
    }
    if (c >= 0xE0 && c <= 0xEF) {
        *bits = c & 0x0FU;
        *least = 0x800;
        return 2;
    }
    if (c >= 0xF0 && c <= 0xF4) {
        *bits = c & 0x07U;
        *least = 0x10000;
        return 3;
    }
    return -1;
}

long text_utf8_length(const char *text)
{
    long count = 0;
    const unsigned char *p = (const unsigned char *)text;
    while (*p != 0) {
        uint32_t code = 0;
        uint32_t least = 0;
        int tail = utf8_tail(*p++, &code, &least);
        for (int i = 0; i < tail; i++, p++) {
            if ((*p & 0xC0U) != 0x80U) {
                return -1;
            }
            code = code << 6 | (*p & 0x3FU);
        }
        if (tail < 0 || code < least || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
            return -1;
        }
        count++;
    }
    return count;
}

enum status text_parse_int(const char *text, int64_t least, int64_t most, int64_t *value)
{
    const char *digits = text[0] == '-' ? text + 1 : text;
    if (digits[0] == '\0' || strspn(digits, "0123456789") != strlen(digits)) {
        return E_FORMAT;
    }
    errno = 0;
    long long number = strtoll(text, NULL, 10);
    if (errno != 0 || number < least || number > most) {
        return E_RANGE;
    }
    *value = number;
    return OK;
}

void hex_encode(const uint8_t *bytes, size_t length, char *hex)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        *hex++ = digits[bytes[i] >> 4];
        *hex++ = digits[bytes[i] & 0x0FU];
    }
    *hex = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

enum status hex_decode(const char *hex, uint8_t *bytes, size_t capacity, size_t *length)
{
    size_t digits = strlen(hex);
    if (digits % 2 != 0) {
        return E_FORMAT;
    }
    if (digits / 2 > capacity) {
        return E_LIMIT;
    }
    for (size_t i = 0; i < digits / 2; i++) {
        int high = hex_digit(hex[2 * i]);
        int low = hex_digit(hex[2 * i + 1]);
        if (high < 0 || low < 0) {
            return E_FORMAT;
        }
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    *length = digits / 2;
    return OK;
}
