#include "http/verifications_json.h"

#include <inttypes.h>
#include <stdio.h>

#include "http/json_value.h"

struct log_view {
    json_t *entries;
    char last[24]; /* id of the last entry, in decimal */
};

static void add_entry(void *context, const struct log_entry *entry)
{
    struct log_view *view = context;
    (void)json_array_append_new(view->entries, log_entry_json(entry));
    (void)snprintf(view->last, sizeof view->last, "%" PRId64, entry->id);
}

/* The whole log, page by page. */
static enum status read_log(struct app *app, const struct verification *verification, json_t *entries)
{
    struct log_view view = {.entries = entries};
    enum status status = OK;
    bool more = true;
    while (status == OK && more) {
        char after[sizeof view.last];
        (void)snprintf(after, sizeof after, "%s", view.last);
        struct page page = {.after = after[0] == '\0' ? NULL : after, .limit = LIMIT_PAGE};
        status = app_verification_log(app, verification, &page, add_entry, &view, &more);
    }
    return status;
}

enum status verification_json(struct app *app, const struct verification *verification, json_t **json)
{
    json_t *entries = json_array();
    enum status status = entries == NULL ? E_NOMEM : read_log(app, verification, entries);
    if (status != OK) {
        json_decref(entries);
        return status;
    }
    *json = json_pack("{s:I, s:I, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "id", (json_int_t)verification->id, "packageId",
                      (json_int_t)verification->package_id, "deviceKey", verification->device_key, "componentNo",
                      verification->component_no, "status", verification_status_name(verification->status), "reason",
                      json_maybe_text(reason_name(verification->reason)), "createdAt",
                      json_instant(verification->created_at), "endedAt", json_maybe_instant(&verification->ended_at),
                      "log", entries);
    return *json == NULL ? E_NOMEM : OK;
}
