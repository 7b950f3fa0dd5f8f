#include "http/json_value.h"

#include <stdlib.h>
#include <string.h>

#include "base/instant.h"

json_t *json_instant(int64_t at)
{
    char text[INSTANT_TEXT];
    instant_format(at, text);
    return json_string(text);
}

json_t *json_maybe_instant(const struct maybe_instant *instant)
{
    return instant->known ? json_instant(instant->at) : json_null();
}

json_t *json_maybe_int(const struct maybe_int *value)
{
    return value->known ? json_integer(value->value) : json_null();
}

json_t *json_maybe_number(const struct maybe_number *value)
{
    json_t *number = value->known ? json_real(value->value) : NULL; /* NULL too for what is no number */
    return number != NULL ? number : json_null();
}

json_t *json_maybe_text(const char *text)
{
    if (text[0] == '\0') {
        return json_null();
    }
    json_t *json = json_string(text);
    if (json != NULL) {
        return json;
    }
    char *ascii = strdup(text);
    for (char *p = ascii; p != NULL && *p != '\0'; p++) {
        *p = (unsigned char)*p < 0x80 ? *p : '?';
    }
    json = ascii == NULL ? NULL : json_string(ascii);
    free(ascii);
    return json;
}

json_t *warnings_json(const struct warnings *warnings)
{
    json_t *array = json_array();
    for (size_t i = 0; i < PROTOCOL_RULE_COUNT; i++) {
        if (warnings->of[i].count > 0) {
            (void)json_array_append_new(
                array, json_pack("{s:s, s:I, s:o}", "rule", protocol_rule_name((enum protocol_rule)i), "count",
                                 (json_int_t)warnings->of[i].count, "lastAt", json_instant(warnings->of[i].last_at)));
        }
    }
    return array;
}

json_t *log_entry_json(const struct log_entry *entry)
{
    struct maybe_int attempt = {.known = entry->attempt > 0, .value = entry->attempt};
    return json_pack("{s:o, s:o, s:o, s:s, s:s, s:o, s:o}", "at", json_instant(entry->at), "componentNo",
                     json_maybe_text(entry->component_no), "attempt", json_maybe_int(&attempt), "direction",
                     log_direction_name(entry->direction), "kind", log_kind_name(entry->kind), "code",
                     json_maybe_int(&entry->code), "detail", json_maybe_text(entry->detail));
}

json_t *reasons_json(const int64_t counts[REASON_COUNT])
{
    json_t *json = json_object();
    for (int reason = REASON_NONE + 1; reason < REASON_COUNT; reason++) {
        if (counts[reason] > 0) {
            (void)json_object_set_new(json, reason_name((enum reason)reason), json_integer(counts[reason]));
        }
    }
    return json;
}
