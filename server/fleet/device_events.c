#include "fleet/device_events.h"

#include <jansson.h>

#include "base/instant.h"

const char *device_outcome_name(enum device_outcome outcome)
{
    switch (outcome) {
    case DEVICE_UPGRADED:
        return "upgraded";
    case DEVICE_FAILED:
        return "failed";
    case DEVICE_SHUT_OUT:
        return "shutOut";
    case DEVICE_GOES_ON:
        break;
    }
    return "";
}

/* Takes over the members. Texts of a server may be no UTF-8: jansson refuses them, then the line goes without text. */
static void print_json(FILE *file, json_t *members, const char *text)
{
    char at[INSTANT_TEXT];
    instant_format(instant_now(), at);
    json_t *line = json_pack("{s:s}", "at", at);
    if (line != NULL && members != NULL) {
        (void)json_object_update(line, members);
        (void)json_object_set_new(line, "text", json_string(text));
        (void)json_dumpf(line, file, JSON_COMPACT);
        (void)fputc('\n', file);
        (void)fflush(file);
    }
    json_decref(members);
    json_decref(line);
}

void device_outcome_print(FILE *file, bool json, const char *outcome, const char *text)
{
    if (json) {
        print_json(file, json_pack("{s:s}", "outcome", outcome), text);
        return;
    }
    (void)fprintf(file, "# outcome %s: %s\n", outcome, text);
    (void)fflush(file);
}

static void print_text(FILE *file, const struct device_event *event)
{
    const char *comma = event->text[0] != '\0' ? "," : "";
    if (event->kind == DEVICE_EVENT_SDK) {
        (void)fprintf(file, "%d,%d%s%s\n", event->event, event->code, comma, event->text);
    } else {
        (void)fprintf(file, "# %s %s\n", event->word, event->text);
    }
    (void)fflush(file);
}

void device_event_print(FILE *file, bool json, const struct device_event *event)
{
    if (event->kind == DEVICE_EVENT_OUTCOME) {
        device_outcome_print(file, json, device_outcome_name(event->outcome), event->text);
    } else if (!json) {
        print_text(file, event);
    } else if (event->kind == DEVICE_EVENT_SDK) {
        print_json(file, json_pack("{s:i, s:i}", "event", event->event, "code", event->code), event->text);
    } else {
        print_json(file, json_pack("{s:s}", "note", event->word), event->text);
    }
}
