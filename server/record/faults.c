/* The faults that fired in a session, so that they fire at the same uses when it is played. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "cli/json.h"
#include "record/recorded.h"

/* The entry of the journal that is a use of the fault's point; NULL: uses of this point are in no entry. */
static const char *use_of(const json_t *fault)
{
    const char *point = json_text_of(fault, "point");
    if (strcmp(point, "http.firmware") == 0 &&
        strcmp(json_text_of(json_object_get(fault, "action"), "type"), "refuse") == 0) {
        return "firmwareInfo"; /* its URL names a closed port: nothing is requested */
    }
    static const char *const uses[][2] = {{"mqtt.connect", "connect"},
                                          {"ota.notify", "otaNotify"},
                                          {"ota.url", "firmwareInfo"},
                                          {"http.firmware", "firmware"}};
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        if (strcmp(point, uses[i][0]) == 0) {
            return uses[i][1];
        }
    }
    return NULL;
}

static int64_t wall_of(const json_t *entry, const char *member)
{
    int64_t at = 0;
    return instant_parse(json_text_of(entry, member), &at) == OK ? at : 0;
}

/* Uses of the point by the device before the fault was there: they must pass when it is there from the beginning. */
static json_int_t uses_before(const struct recorded *session, const json_t *fault)
{
    const char *use = use_of(fault);
    int64_t created = wall_of(fault, "createdAt");
    json_int_t count = 0;
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(session->entries, i, entry)
    {
        const char *kind = json_text_of(entry, "kind");
        bool is_use = use != NULL && (strcmp(kind, use) == 0 || strcmp(json_text_of(entry, "command"), use) == 0 ||
                                      (strcmp(use, "connect") == 0 && strcmp(kind, "refuse") == 0));
        count += is_use && wall_of(entry, "wallAt") < created ? 1 : 0;
    }
    return count;
}

static json_int_t fired_here(const struct recorded *session, json_int_t id)
{
    json_int_t count = 0;
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(session->entries, i, entry)
    {
        count += json_integer_value(json_object_get(entry, "faultId")) == id ? 1 : 0;
    }
    return count;
}

/* Members that only say what is so anyway are left out. */
static json_t *trigger_of(struct recorded *session, const json_t *fault, json_int_t fired)
{
    const json_t *given = json_object_get(fault, "trigger");
    const json_t *times = json_object_get(given, "times");
    json_int_t skip = json_integer_value(json_object_get(given, "skip")) + uses_before(session, fault);
    json_int_t every = json_integer_value(json_object_get(given, "everyNth"));
    double probability = json_number_value(json_object_get(given, "probability"));
    json_t *trigger = json_object();
    if (json_is_integer(times)) {
        (void)json_object_set_new(trigger, "times", json_integer(fired));
    }
    if (skip > 0) {
        (void)json_object_set_new(trigger, "skip", json_integer(skip));
    }
    if (every > 1) {
        (void)json_object_set_new(trigger, "everyNth", json_integer(every));
    }
    if (json_is_number(json_object_get(given, "probability")) && probability < 1) {
        (void)json_object_set_new(trigger, "probability", json_real(probability));
        (void)json_object_set(trigger, "seed", json_object_get(given, "seed"));
    }
    bool others = strcmp(json_text_of(json_object_get(fault, "match"), "deviceKey"), session->device_key) != 0 &&
                  json_integer_value(json_object_get(fault, "fired")) > fired;
    if (others && json_object_size(trigger) > 0) {
        doubt(
            &session->doubts,
            "Fault %lld fired on other devices too; when it fires on this one alone, its trigger may count otherwise.",
            (long long)json_integer_value(json_object_get(fault, "id")));
    }
    return trigger;
}

static const char *plan_name(const struct recorded *session, json_int_t id)
{
    size_t i = 0;
    json_t *item = NULL;
    json_array_foreach(session->plans, i, item)
    {
        const json_t *plan = json_object_get(item, "plan");
        if (json_integer_value(json_object_get(plan, "id")) == id) {
            return json_text_of(plan, "name");
        }
    }
    return NULL;
}

static json_t *match_of(const struct recorded *session, const json_t *fault)
{
    const json_t *given = json_object_get(fault, "match");
    const json_t *plan = json_object_get(given, "planId");
    json_t *match = json_pack("{s:s}", "deviceKey", session->device_key);
    const char *name = json_is_integer(plan) ? plan_name(session, json_integer_value(plan)) : NULL;
    if (name != NULL) {
        (void)json_object_set_new(match, "plan", json_string(name));
    }
    static const char *const others[] = {"componentNo", "attempt"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        json_t *value = json_object_get(given, others[i]);
        if (value != NULL && !json_is_null(value)) {
            (void)json_object_set(match, others[i], value);
        }
    }
    return match;
}

json_t *faults_make(struct recorded *session, json_t **fired)
{
    json_t *faults = json_array();
    size_t i = 0;
    json_t *fault = NULL;
    *fired = json_array();
    json_array_foreach(session->faults, i, fault)
    {
        json_int_t count = fired_here(session, json_integer_value(json_object_get(fault, "id")));
        json_t *trigger = trigger_of(session, fault, count);
        json_t *made = json_pack("{s:O, s:O, s:o}", "point", json_object_get(fault, "point"), "action",
                                 json_object_get(fault, "action"), "match", match_of(session, fault));
        if (json_object_size(trigger) > 0) {
            (void)json_object_set(made, "trigger", trigger);
        }
        json_decref(trigger);
        if (made == NULL || json_array_append_new(faults, made) != 0) {
            json_decref(faults);
            return NULL;
        }
        (void)json_array_append_new(*fired, json_integer(count));
    }
    return faults;
}
