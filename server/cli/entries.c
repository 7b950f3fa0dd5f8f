#include "cli/entries.h"

#include <string.h>

#include "cli/json.h"

/* The time of day of "2026-11-24T14:38:30.195Z". */
static const char *time_of(const json_t *entry)
{
    const char *at = json_text_of(entry, "at");
    const char *time = strchr(at, 'T');
    return time != NULL ? time + 1 : at;
}

/* What an entry says besides its kind. */
static const char *words_of(const json_t *entry)
{
    static const char *const members[] = {"detail", "decoded", "reason", "target", "topic"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const char *words = json_text_of(entry, members[i]);
        if (words[0] != '\0') {
            return words;
        }
    }
    return "";
}

void entries_append(struct buffer *text, const json_t *entries, size_t most, const char *indent, bool raw)
{
    size_t count = json_array_size(entries);
    for (size_t i = count > most ? count - most : 0; i < count; i++) {
        const json_t *entry = json_array_get(entries, i);
        const char *command = json_text_of(entry, "command"); /* says more than that it is a frame */
        buffer_append_format(text, "%s%.12s %-6s %-15s %s\n", indent, time_of(entry), json_text_of(entry, "direction"),
                             command[0] != '\0' ? command : json_text_of(entry, "kind"), words_of(entry));
        if (raw && json_text_of(entry, "clear")[0] != '\0') {
            buffer_append_format(text, "%s             %s\n", indent, json_text_of(entry, "clear"));
        }
    }
}
