#include "domain/characters.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"

bool characters_have_control(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7F) {
            return true;
        }
    }
    return false;
}

bool characters_are_name(const char *text)
{
    long length = text_utf8_length(text);
    return length >= 1 && length <= LIMIT_NAME_CHARACTERS && !characters_have_control(text);
}

bool characters_are_secret(const char *text, size_t most)
{
    size_t length = strnlen(text, most + 1);
    if (length == 0 || length > most) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (text[i] < 0x20 || text[i] > 0x7E || text[i] == ';') {
            return false;
        }
    }
    return true;
}
