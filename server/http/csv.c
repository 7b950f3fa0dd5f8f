#include "http/csv.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void csv_add(struct csv *csv, const char *text)
{
    struct buffer *buffer = csv->buffer;
    if (csv->fields++ > 0) {
        buffer_append_text(buffer, ",");
    }
    size_t length = strlen(text);
    bool utf8 = text_utf8_length(text) >= 0;
    /* blanks at the ends are part of a field, but not every reader knows */
    bool quoted = strpbrk(text, ",\"\r\n") != NULL || (length > 0 && (text[0] == ' ' || text[length - 1] == ' '));
    if (!quoted && utf8) {
        buffer_append(buffer, text, length);
        return;
    }
    buffer_append_text(buffer, "\"");
    for (const char *p = text; *p != '\0'; p++) {
        buffer_append(buffer, !utf8 && (unsigned char)*p >= 0x80 ? "?" : p, 1);
        if (*p == '"') {
            buffer_append_text(buffer, "\"");
        }
    }
    buffer_append_text(buffer, "\"");
}

void csv_add_int(struct csv *csv, int64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%lld", (long long)number);
    csv_add(csv, text);
}

void csv_end(struct csv *csv)
{
    buffer_append_text(csv->buffer, "\r\n");
    csv->fields = 0;
}
