#include "record/recorded.h"

#include <stdbool.h>
#include <string.h>

#include "base/instant.h"
#include "cli/json.h"

/* The product's clock and the wall's are the same when they are no further apart. */
enum { SAME_MS = 2000 };

void recorded_finish(struct recorded *session)
{
    json_decref(session->entries);
    json_decref(session->plans);
    json_decref(session->packages);
    json_decref(session->faults);
    json_decref(session->clock);
    json_decref(session->paths);
    *session = (struct recorded){.device_key = NULL};
}

int64_t recorded_at(const json_t *entry)
{
    int64_t at = 0;
    return instant_parse(json_text_of(entry, "at"), &at) == OK ? at : 0;
}

int64_t recorded_first_at(const struct recorded *session)
{
    return recorded_at(json_array_get(session->entries, 0));
}

int64_t recorded_last_at(const struct recorded *session)
{
    return recorded_at(json_array_get(session->entries, json_array_size(session->entries) - 1));
}

const char *recorded_clock(const struct recorded *session)
{
    const char *mode = json_text_of(session->clock, "mode");
    int64_t wall = 0;
    const json_t *first = json_array_get(session->entries, 0);
    bool known = instant_parse(json_text_of(first, "wallAt"), &wall) == OK;
    int64_t apart = recorded_at(first) - wall;
    if (mode[0] == '\0' || (known && apart >= -SAME_MS && apart <= SAME_MS)) {
        return NULL;
    }
    return strcmp(mode, "manual") == 0 ? "manual" : "offset";
}

static bool is_kind(const json_t *entry, const char *kind)
{
    return strcmp(json_text_of(entry, "kind"), kind) == 0;
}

static bool begins(const json_t *entry)
{
    return is_kind(entry, "connect") || is_kind(entry, "refuse");
}

static bool is_notify(const json_t *entry)
{
    return strcmp(json_text_of(entry, "command"), "otaNotify") == 0;
}

/* Journals of servers that do not know of which plan a frame is have no planId there: then time decides. */
static bool is_of_plan(const json_t *entry, int64_t plan_id, int64_t started_at)
{
    const json_t *plan = json_object_get(entry, "planId");
    return json_is_integer(plan) ? json_integer_value(plan) == plan_id : recorded_at(entry) >= started_at;
}

static bool is_of_later_plan(const json_t *entry, int64_t plan_id, int64_t ended_at)
{
    const json_t *plan = json_object_get(entry, "planId");
    return json_is_integer(plan) ? json_integer_value(plan) != plan_id : ended_at > 0 && recorded_at(entry) > ended_at;
}

enum status recorded_cut(struct recorded *session, int64_t plan_id, int64_t plan_started_at, int64_t plan_ended_at)
{
    size_t count = json_array_size(session->entries);
    size_t begin = count;
    size_t end = count;
    size_t notify = 0;
    for (size_t i = 0; i < count && notify == 0; i++) {
        const json_t *entry = json_array_get(session->entries, i);
        if (begins(entry) && (plan_id != 0 || begin == count)) {
            begin = i;
        }
        if (plan_id != 0 && is_notify(entry) && is_of_plan(entry, plan_id, plan_started_at)) {
            notify = i;
        }
    }
    for (size_t i = notify + 1; plan_id != 0 && notify > 0 && i < end; i++) {
        const json_t *entry = json_array_get(session->entries, i);
        bool is_next = is_notify(entry) && is_of_later_plan(entry, plan_id, plan_ended_at);
        bool is_over = begins(entry) && plan_ended_at > 0 && recorded_at(entry) > plan_ended_at;
        end = is_next || is_over ? i : end;
    }
    if (begin == count || (plan_id != 0 && notify == 0)) {
        return E_NOT_FOUND;
    }
    json_t *kept = json_array();
    for (size_t i = begin; kept != NULL && i < end; i++) {
        (void)json_array_append(kept, json_array_get(session->entries, i));
    }
    json_decref(session->entries);
    session->entries = kept;
    return kept == NULL ? E_NOMEM : OK;
}
