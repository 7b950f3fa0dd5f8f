#include "http/plans_json.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "http/json_value.h"

static json_t *components_json(const struct plan *plan)
{
    json_t *components = json_array();
    for (size_t i = 0; i < plan->component_count; i++) {
        const struct plan_component *component = &plan->components[i];
        (void)json_array_append_new(
            components, json_pack("{s:s, s:s, s:s, s:I, s:i}", "componentNo", component->component_no, "name",
                                  component->name, "componentType", component_type_name(component->type), "packageId",
                                  (json_int_t)component->package_id, "sequence", component->sequence));
    }
    return components;
}

static json_t *texts_json(const struct plan *plan)
{
    json_t *texts = plan->text_count == 0 ? json_null() : json_object();
    for (size_t i = 0; i < plan->text_count; i++) {
        (void)json_object_set_new(texts, plan->texts[i].language, json_string(plan->texts[i].text));
    }
    return texts;
}

static json_t *push_period_json(const struct push_period *period)
{
    char start[16];
    char end[16];
    (void)snprintf(start, sizeof start, "%02d:00", period->start_hour);
    (void)snprintf(end, sizeof end, "%02d:00", period->end_hour);
    return period->set ? json_pack("{s:s, s:s}", "start", start, "end", end) : json_null();
}

/* What its author wrote, and the instants that it means. */
static json_t *planned_time_json(const struct plan *plan)
{
    const struct planned_moment *start = &plan->planned_start;
    const struct planned_moment *end = &plan->planned_end;
    if (!start->set && !end->set) {
        return json_null();
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "start", json_maybe_text(start->set ? start->local : ""), "end",
                     json_maybe_text(end->set ? end->local : ""), "startAt",
                     start->set ? json_instant(start->at) : json_null(), "endAt",
                     end->set ? json_instant(end->at) : json_null());
}

json_t *plan_json(const struct plan *plan)
{
    const struct strategy *strategy = &plan->strategy;
    json_t *strategy_json =
        json_pack("{s:i, s:i, s:i, s:i}", "retries", strategy->retries, "minSignal", strategy->min_signal, "minBattery",
                  strategy->min_battery, "timeoutMinutes", strategy->timeout_minutes);
    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:o}", "id",
                     (json_int_t)plan->id, "name", plan->name, "productKey", plan->product_key, "status",
                     plan_status_name(plan->status), "mode", plan_mode_name(plan->mode), "timeZone", plan->time_zone,
                     "pushPeriod", push_period_json(&plan->push_period), "plannedTime", planned_time_json(plan),
                     "strategy", strategy_json, "components", components_json(plan), "upgradeText", texts_json(plan),
                     "whitelistCount", (json_int_t)plan->list_count[LIST_WHITE], "blacklistCount",
                     (json_int_t)plan->list_count[LIST_BLACK], "createdAt", json_instant(plan->created_at),
                     "activatedAt", json_maybe_instant(&plan->activated_at), "startedAt",
                     json_maybe_instant(&plan->started_at), "endedAt", json_maybe_instant(&plan->ended_at));
}

enum status keys_read(struct keys *keys, const json_t *array, const char *path, struct verdict *verdict)
{
    size_t count = json_array_size(array);
    if (count > LIMIT_PLAN_LIST) {
        violation_add(&verdict->broken, "must be at most 1000000 device keys", "%s", path);
        return OK;
    }
    keys->keys = calloc(count + 1, sizeof *keys->keys); /* an empty list is there too */
    if (keys->keys == NULL) {
        return E_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        const char *key = json_string_value(json_array_get(array, i));
        if (key == NULL) {
            violation_add(&verdict->wrong, "must be a string", "%s/%zu", path, i);
            continue;
        }
        keys->keys[keys->count++] = key;
    }
    return OK;
}

static void read_strategy(struct strategy *strategy, const json_t *json, struct verdict *verdict)
{
    *strategy = STRATEGY_DEFAULT;
    if (json == NULL) {
        return;
    }
    struct {
        const char *name;
        int *target;
    } numbers[] = {{"retries", &strategy->retries},
                   {"minSignal", &strategy->min_signal},
                   {"minBattery", &strategy->min_battery},
                   {"timeoutMinutes", &strategy->timeout_minutes}};
    struct members members;
    members_open(&members, json, "/strategy", verdict);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        int64_t number = 0;
        if (members_int(&members, numbers[i].name, MEMBER_OPTIONAL, INT32_MIN, INT32_MAX, &number)) {
            *numbers[i].target = (int)number;
        }
    }
    members_close(&members);
}

static void read_component(struct plan_component *component, const json_t *json, size_t i, struct verdict *verdict)
{
    char path[32];
    (void)snprintf(path, sizeof path, "/components/%zu", i);
    struct members members;
    members_open(&members, json, path, verdict);
    (void)members_text(&members, "componentNo", MEMBER_REQUIRED, component->component_no,
                       sizeof component->component_no);
    (void)members_text(&members, "name", MEMBER_REQUIRED, component->name, sizeof component->name);
    const char *word = members_word(&members, "componentType", MEMBER_REQUIRED);
    if (word != NULL && component_type_parse(word, &component->type) != OK) {
        members_break(&members, "componentType", "must be module or mcu");
    }
    (void)members_int(&members, "packageId", MEMBER_REQUIRED, INT64_MIN, INT64_MAX, &component->package_id);
    int64_t sequence = 0;
    if (members_int(&members, "sequence", MEMBER_REQUIRED, INT32_MIN, INT32_MAX, &sequence)) {
        component->sequence = (int)sequence;
    }
    members_close(&members);
}

static void read_components(struct plan *plan, const json_t *array, struct verdict *verdict)
{
    size_t count = json_array_size(array);
    if (count > LIMIT_COMPONENTS) {
        violation_add(&verdict->broken, "must be 1 to 20 components", "/components");
        return;
    }
    plan->component_count = count;
    for (size_t i = 0; i < count; i++) {
        read_component(&plan->components[i], json_array_get(array, i), i, verdict);
    }
}

static enum status read_texts(struct plan *plan, const json_t *object, struct verdict *verdict)
{
    size_t count = json_object_size(object);
    if (count > LIMIT_UPGRADE_TEXTS) {
        violation_add(&verdict->broken, "must be at most 32 languages", "/upgradeText");
        return OK;
    }
    plan->texts = count == 0 ? NULL : calloc(count, sizeof *plan->texts);
    if (plan->texts == NULL) {
        return count == 0 ? OK : E_NOMEM;
    }
    const char *language = NULL;
    json_t *text = NULL;
    json_object_foreach((json_t *)object, language, text)
    {
        struct upgrade_text *target = &plan->texts[plan->text_count];
        char pointer[MEMBER_PATH] = "/upgradeText";
        pointer_append(pointer, sizeof pointer, language);
        if (!json_is_string(text)) {
            violation_add(&verdict->wrong, "must be a string", "%s", pointer);
        } else if (text_copy(target->language, sizeof target->language, language) != OK) {
            violation_add(&verdict->broken, "a language is 1 to 16 letters, digits, '-' or '_'", "%s", pointer);
        } else if (text_copy(target->text, sizeof target->text, json_string_value(text)) != OK) {
            violation_add(&verdict->broken, "is too long: at most 4096 bytes", "%s", pointer);
        } else {
            plan->text_count++;
        }
    }
    return OK;
}

static void read_push_period(struct push_period *period, const json_t *json, struct verdict *verdict)
{
    if (json == NULL) {
        return;
    }
    struct {
        const char *name;
        int *hour;
    } hours[] = {{"start", &period->start_hour}, {"end", &period->end_hour}};
    bool right = true;
    struct members members;
    members_open(&members, json, "/pushPeriod", verdict);
    for (size_t i = 0; i < sizeof hours / sizeof hours[0]; i++) {
        const char *text = members_word(&members, hours[i].name, MEMBER_REQUIRED);
        if (text != NULL && push_hour_parse(text, hours[i].hour) != OK) {
            members_break(&members, hours[i].name, "must be a whole hour, \"00:00\" to \"23:00\"");
            text = NULL;
        }
        right &= text != NULL;
    }
    members_close(&members);
    period->set = right; /* half a period would be judged as one */
}

/* The texts only: whether they are times, and which, depends on the time zone, which app/ knows. */
static void read_planned_time(struct plan *plan, const json_t *json, struct verdict *verdict)
{
    if (json == NULL) {
        return;
    }
    struct {
        const char *name;
        struct planned_moment *moment;
    } moments[] = {{"start", &plan->planned_start}, {"end", &plan->planned_end}};
    bool named = false;
    struct members members;
    members_open(&members, json, "/plannedTime", verdict);
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        const char *text = members_word(&members, moments[i].name, MEMBER_OPTIONAL);
        const json_t *given = json_object_get(json, moments[i].name);
        named |= given != NULL && !json_is_null(given);
        if (text == NULL) {
            continue;
        }
        if (text_copy(moments[i].moment->local, sizeof moments[i].moment->local, text) != OK) {
            members_break(&members, moments[i].name, "must be a local date-time without offset, as 2027-03-01T09:00");
        } else {
            moments[i].moment->set = true;
        }
    }
    members_close(&members);
    if (!named) {
        violation_add(&verdict->broken, "must have start, end or both", "/plannedTime");
    }
}

enum status plan_read(struct plan *plan, struct keys lists[PLAN_LIST_COUNT], const json_t *json,
                      struct verdict *verdict)
{
    struct members members;
    members_open(&members, json, "", verdict);
    (void)members_text(&members, "name", MEMBER_REQUIRED, plan->name, sizeof plan->name);
    (void)members_text(&members, "productKey", MEMBER_REQUIRED, plan->product_key, sizeof plan->product_key);
    const char *mode = members_word(&members, "mode", MEMBER_REQUIRED);
    if (mode != NULL && plan_mode_parse(mode, &plan->mode) != OK) {
        members_break(&members, "mode", "must be silent or manual");
    }
    (void)members_text(&members, "timeZone", MEMBER_REQUIRED, plan->time_zone, sizeof plan->time_zone);
    read_push_period(&plan->push_period, members_object(&members, "pushPeriod", MEMBER_OPTIONAL), verdict);
    read_planned_time(plan, members_object(&members, "plannedTime", MEMBER_OPTIONAL), verdict);
    read_strategy(&plan->strategy, members_object(&members, "strategy", MEMBER_OPTIONAL), verdict);
    read_components(plan, members_array(&members, "components", MEMBER_REQUIRED), verdict);
    enum status status = read_texts(plan, members_object(&members, "upgradeText", MEMBER_OPTIONAL), verdict);
    for (int list = 0; list < PLAN_LIST_COUNT && status == OK; list++) {
        const char *name = plan_list_name((enum plan_list)list);
        const json_t *array = members_array(&members, name, MEMBER_OPTIONAL);
        char path[16];
        (void)snprintf(path, sizeof path, "/%s", name);
        status = array == NULL ? OK : keys_read(&lists[list], array, path, verdict);
    }
    members_close(&members);
    return status;
}
