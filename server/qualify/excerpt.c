#include "qualify/excerpt.h"

#include "base/cleanup.h"
#include "cli/entries.h"
#include "cli/json.h"

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
