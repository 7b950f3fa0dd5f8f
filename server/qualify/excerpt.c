#include "qualify/excerpt.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/entries.h"
#include "cli/json.h"

void excerpt_of_case(const struct stand *stand, struct buffer *text)
{
    CLEANUP(cleanup_json) json_t *entries = stand_journal(stand, NULL);
    CLEANUP(cleanup_json) json_t *page = NULL;
    struct error ignored;
    if (json_array_size(entries) == 0 &&
        stand_call(stand, "GET", 200, NULL, &page, &ignored, "/api/v1/journal?kind=connect,refuse&since=%s&limit=1000",
                   stand->since) == OK) {
        json_decref(entries);
        entries = json_incref(json_object_get(page, "items"));
    }
    entries_append(text, entries, EXCERPT_LINES, "", true);
    if (text->length == 0) {
        buffer_append_text(text, "nothing came over the wire\n");
    }
}

void excerpt_of_malformed(const struct stand *stand, struct buffer *text)
{
    CLEANUP(cleanup_json) json_t *malformed = json_array();
    char cursor[STAND_TEXT] = "";
    do {
        CLEANUP(cleanup_json) json_t *page = NULL;
        struct error ignored;
        size_t i = 0;
        json_t *entry = NULL;
        if (stand_call(stand, "GET", 200, NULL, &page, &ignored,
                       "/api/v1/journal?kind=frame&productKey=%s&deviceKey=%s&limit=1000%s%s", stand->product_key,
                       stand->device_key, cursor[0] != '\0' ? "&cursor=" : "", cursor) != OK) {
            break;
        }
        json_array_foreach(json_object_get(page, "items"), i, entry)
        {
            if (strcmp(json_text_of(entry, "verdict"), "malformed") == 0) {
                (void)json_array_append(malformed, entry);
            }
        }
        text_copy_cut(cursor, sizeof cursor, json_text_of(page, "nextCursor"));
    } while (cursor[0] != '\0');
    entries_append(text, malformed, EXCERPT_LINES, "", true);
}

void excerpt_of_outcome(const struct stand *stand, const struct stand_outcome *outcome, struct buffer *text)
{
    CLEANUP(cleanup_json) json_t *journal = NULL;
    struct error ignored;
    const json_t *first = json_array_get(outcome->log, 0);
    if (first != NULL && stand_call(stand, "GET", 200, NULL, &journal, &ignored,
                                    "/api/v1/journal?productKey=%s&deviceKey=%s&since=%s&limit=1000",
                                    stand->product_key, stand->device_key, json_text_of(first, "at")) == OK) {
        entries_append(text, json_object_get(journal, "items"), EXCERPT_LINES, "", true);
    }
    if (text->length == 0) {
        entries_append(text, outcome->log, EXCERPT_LINES, "", true);
    }
}
