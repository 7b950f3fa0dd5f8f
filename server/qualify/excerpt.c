#include "qualify/excerpt.h"

#include <string.h>

#include "base/cleanup.h"

static void cleanup_json(json_t **json)
{
    json_decref(*json);
}

static const char *text_of(const json_t *entry, const char *name)
{
    const char *text = json_string_value(json_object_get(entry, name));
    return text != NULL ? text : "";
}

/* The time of day of "2026-11-24T14:38:30.195Z". */
static const char *time_of(const json_t *entry)
{
    const char *at = text_of(entry, "at");
    const char *time = strchr(at, 'T');
    return time != NULL ? time + 1 : at;
}

/* What an entry of the journal, or of the log, says besides its kind. */
static const char *words_of(const json_t *entry)
{
    static const char *const members[] = {"detail", "decoded", "reason", "target", "topic"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (text_of(entry, members[i])[0] != '\0') {
            return text_of(entry, members[i]);
        }
    }
    return "";
}

static void append_last(struct buffer *text, const json_t *entries)
{
    size_t count = json_array_size(entries);
    for (size_t i = count > EXCERPT_LINES ? count - EXCERPT_LINES : 0; i < count; i++) {
        const json_t *entry = json_array_get(entries, i);
        buffer_append_format(text, "%.12s %-6s %-15s %s\n", time_of(entry), text_of(entry, "direction"),
                             text_of(entry, "kind"), words_of(entry));
        if (text_of(entry, "clear")[0] != '\0') {
            buffer_append_format(text, "             %s\n", text_of(entry, "clear"));
        }
    }
}

void excerpt_of_outcome(const struct stand *stand, const struct stand_outcome *outcome, struct buffer *text)
{
    CLEANUP(cleanup_json) json_t *journal = NULL;
    struct error ignored;
    const json_t *first = json_array_get(outcome->log, 0);
    if (first != NULL && stand_call(stand, "GET", 200, NULL, &journal, &ignored,
                                    "/api/v1/journal?productKey=%s&deviceKey=%s&since=%s&limit=1000",
                                    stand->product_key, stand->device_key, text_of(first, "at")) == OK) {
        append_last(text, json_object_get(journal, "items"));
    }
    if (text->length == 0) {
        append_last(text, outcome->log);
    }
}
