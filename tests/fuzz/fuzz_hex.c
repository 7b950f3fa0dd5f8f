#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "fuzz.h"

enum { LONGEST = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > LONGEST) {
        return 0;
    }
    char hex[2 * LONGEST + 1];
    uint8_t bytes[LONGEST];
    size_t length = 0;
    hex_encode(data, size, hex);
    FUZZ_HOLDS(hex_decode(hex, bytes, sizeof bytes, &length) == OK);
    FUZZ_HOLDS(length == size && (size == 0 || memcmp(bytes, data, size) == 0));

    char text[LONGEST + 1];
    memcpy(text, data, size);
    text[size] = '\0';
    if (hex_decode(text, bytes, sizeof bytes, &length) == OK) {
        FUZZ_HOLDS(2 * length == strlen(text));
        hex_encode(bytes, length, hex);
        FUZZ_HOLDS(strcasecmp(hex, text) == 0);
    }
    long characters = text_utf8_length(text);
    FUZZ_HOLDS(characters <= (long)strlen(text));
    int64_t number = 0;
    (void)!text_parse_int(text, INT64_MIN, INT64_MAX, &number);
    return 0;
}
