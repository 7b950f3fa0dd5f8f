/* Bytes of a test are written in hexadecimal, blanks allowed: "aaaa 000a 39". */
#ifndef TESTS_CODEC_HEX_H
#define TESTS_CODEC_HEX_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"

struct hex_bytes {
    uint8_t data[1024];
    size_t length;
};

static inline struct hex_bytes from_hex(const char *text)
{
    char digits[2 * sizeof(((struct hex_bytes *)NULL)->data) + 1];
    size_t count = 0;
    for (; *text != '\0' && count + 1 < sizeof digits; text++) {
        if (*text != ' ') {
            digits[count++] = *text;
        }
    }
    digits[count] = '\0';
    struct hex_bytes bytes = {.length = 0};
    if (hex_decode(digits, bytes.data, sizeof bytes.data, &bytes.length) != OK) {
        (void)fprintf(stderr, "    the test itself has wrong hexadecimal: %s\n", text);
    }
    return bytes;
}

static inline bool buffer_is_hex(const struct buffer *buffer, const char *hex)
{
    struct hex_bytes bytes = from_hex(hex);
    bool same = buffer->status == OK && buffer->length == bytes.length &&
                (bytes.length == 0 || memcmp(buffer->data, bytes.data, bytes.length) == 0);
    if (!same && buffer->length < sizeof bytes.data) {
        char text[2 * sizeof bytes.data + 1];
        hex_encode(buffer->data, buffer->length, text);
        (void)fprintf(stderr, "    wanted %s\n    got    %s\n", hex, text);
    }
    return same;
}

#endif
