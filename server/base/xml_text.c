#include "base/xml_text.h"

#include <stdbool.h>
#include <string.h>

/* Decodes one UTF-8 character of [p, ...\0]; returns its length, 0 when it is none (RFC 3629). */
static size_t decode(const unsigned char *p, uint32_t *character)
{
    size_t length = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    static const unsigned char masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t value = p[0] & masks[length];
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xC0U) != 0x80U) {
            return 0;
        }
        value = value << 6 | (p[i] & 0x3FU);
    }
    bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    *character = value;
    return overlong || surrogate || value > 0x10FFFF ? 0 : length;
}

static bool is_allowed(uint32_t character)
{
    bool control = (character < 0x20 && character != '\t' && character != '\n' && character != '\r') ||
                   (character >= 0x7F && character <= 0x9F);
    return !control && character != 0xFFFE && character != 0xFFFF;
}

static const char *reference(uint32_t character, bool attribute)
{
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;"; /* "]]>" must not occur */
    case '"':
        return "&quot;";
    case '\r':
        return "&#13;";
    case '\n':
        return attribute ? "&#10;" : NULL;
    case '\t':
        return attribute ? "&#9;" : NULL;
    default:
        return NULL;
    }
}

static void append(struct buffer *buffer, const char *text, bool attribute)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0';) {
        uint32_t character = '?';
        size_t length = decode(p, &character);
        const char *escaped = length == 0 ? "?" : reference(character, attribute);
        if (escaped != NULL) {
            buffer_append_text(buffer, escaped);
        } else if (is_allowed(character)) {
            buffer_append(buffer, p, length);
        }
        p += length == 0 ? 1 : length;
    }
}

void xml_append_text(struct buffer *buffer, const char *text)
{
    append(buffer, text, false);
}

void xml_append_attribute(struct buffer *buffer, const char *name, const char *value)
{
    buffer_append_format(buffer, " %s=\"", name);
    append(buffer, value, true);
    buffer_append_text(buffer, "\"");
}
