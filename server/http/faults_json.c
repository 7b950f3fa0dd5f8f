#include "http/faults_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "http/json_value.h"

enum {
    CONNACK_FIRST = 1,
    CONNACK_LAST = 5,
    HTTP_FIRST = 200,
    HTTP_LAST = 599,
    BOOTSTRAP_FIRST = 10201,
    BOOTSTRAP_LAST = 10999
};

/* The words of a table, for messages: "must be one of a, b, c". */
static void break_choice(struct members *members, const char *member, const char *(*name)(int index), int count)
{
    char text[sizeof((struct violation *)0)->detail];
    size_t used = (size_t)snprintf(text, sizeof text, "must be one of");
    for (int i = 0; i < count && used < sizeof text; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s %s", i == 0 ? "" : ",", name(i));
    }
    members_break(members, member, text);
}

static const char *point_word(int index)
{
    return fault_point_name((enum fault_point)index);
}

static const char *step_word(int index)
{
    return component_step_name((enum component_step)index);
}

static const char *field_word(int index)
{
    return fault_field_name((enum fault_field)index);
}

/* One member's name, its bit, and whether it is an integer in a range. */
static const struct number_member {
    unsigned bit;
    const char *name;
    int64_t least;
    int64_t most;
} number_members[] = {
    {FAULT_HAS_AFTER_FRAMES, "afterFrames", 0, INT32_MAX},
    {FAULT_HAS_MS, "ms", 0, LIMIT_FAULT_MS},
    {FAULT_HAS_K, "k", 1, INT32_MAX},
    {FAULT_HAS_RETRY_AFTER, "retryAfter", 0, LIMIT_FAULT_MS / 1000},
    {FAULT_HAS_BYTES, "bytes", 0, LIMIT_FILE},
    {FAULT_HAS_BYTES_PER_SECOND, "bytesPerSecond", 1, INT32_MAX},
};

static int64_t *number_of(struct fault_action *action, unsigned bit)
{
    switch (bit) {
    case FAULT_HAS_AFTER_FRAMES:
        return &action->after_frames;
    case FAULT_HAS_MS:
        return &action->ms;
    case FAULT_HAS_K:
        return &action->k;
    case FAULT_HAS_RETRY_AFTER:
        return &action->retry_after_s;
    case FAULT_HAS_BYTES:
        return &action->bytes;
    default:
        return &action->bytes_per_second;
    }
}

/* Members that actions have, but not this one: a rule is broken, not the form (openapi.yaml: one schema for all). */
static void refuse_others(struct members *members, unsigned allowed)
{
    static const struct {
        unsigned bit;
        const char *name;
    } others[] = {
        {FAULT_HAS_AFTER_FRAMES, "afterFrames"},
        {FAULT_HAS_MS, "ms"},
        {FAULT_HAS_K, "k"},
        {FAULT_HAS_RETRY_AFTER, "retryAfter"},
        {FAULT_HAS_BYTES, "bytes"},
        {FAULT_HAS_BYTES_PER_SECOND, "bytesPerSecond"},
        {FAULT_HAS_CODE, "code"},
        {FAULT_HAS_SECONDS, "seconds"},
        {FAULT_HAS_FIELD, "field"},
        {FAULT_HAS_VALUE, "value"},
        {FAULT_HAS_LOCATION, "location"},
        {FAULT_HAS_AFTER_BYTES, "afterBytes"},
        {FAULT_HAS_AT_BYTE, "atByte"},
        {FAULT_HAS_AT_STEP, "atStep"},
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if ((allowed & others[i].bit) == 0 && members_any(members, others[i].name) != NULL) {
            members_break(members, others[i].name, "is no member of this action");
        }
    }
}

static enum member_need need_of(unsigned required, unsigned bit)
{
    return (required & bit) != 0 ? MEMBER_REQUIRED : MEMBER_OPTIONAL;
}

static void read_numbers(struct members *members, unsigned required, unsigned allowed, struct fault_action *action)
{
    for (size_t i = 0; i < sizeof number_members / sizeof number_members[0]; i++) {
        const struct number_member *member = &number_members[i];
        if ((allowed & member->bit) != 0 && members_int(members, member->name, need_of(required, member->bit),
                                                        member->least, member->most, number_of(action, member->bit))) {
            action->given |= member->bit;
        }
    }
}

static void read_code(struct members *members, enum fault_type type, struct fault_action *action)
{
    int64_t least = type == FAULT_REFUSE ? CONNACK_FIRST : type == FAULT_STATUS ? HTTP_FIRST : BOOTSTRAP_FIRST;
    int64_t most = type == FAULT_REFUSE ? CONNACK_LAST : type == FAULT_STATUS ? HTTP_LAST : BOOTSTRAP_LAST;
    int64_t code = 0;
    if (members_int(members, "code", MEMBER_REQUIRED, least, most, &code)) {
        action->code = (int)code;
        action->given |= FAULT_HAS_CODE;
    }
}

static void read_seconds(struct members *members, struct fault_action *action)
{
    double seconds = 0;
    if (!members_number(members, "seconds", MEMBER_REQUIRED, &seconds)) {
        return;
    }
    if (!(seconds >= 0 && seconds * 1000 <= LIMIT_FAULT_MS)) {
        members_break(members, "seconds", "must be 0 to 3600");
        return;
    }
    action->ms = llround(seconds * 1000);
    action->given |= FAULT_HAS_SECONDS;
}

/* A number of bytes, or "50%". */
static void read_place(struct members *members, const char *name, enum member_need need, unsigned bit,
                       struct fault_action *action)
{
    const json_t *value = members_any(members, name);
    if (value == NULL) {
        if (need == MEMBER_REQUIRED) {
            members_break(members, name, "is required");
        }
        return;
    }
    struct fault_place place = {0};
    if (json_is_integer(value) && json_integer_value(value) >= 0 && json_integer_value(value) <= LIMIT_FILE) {
        place.value = (double)json_integer_value(value);
    } else {
        const char *text = json_is_string(value) ? json_string_value(value) : "";
        char *end = NULL;
        place.is_share = true;
        place.value = *text >= '0' && *text <= '9' ? strtod(text, &end) : -1;
        if (!(place.value >= 0 && place.value <= 100) || end == NULL || strcmp(end, "%") != 0) {
            members_break(members, name, "must be a number of bytes from 0, or a share of the file as \"50%\"");
            return;
        }
    }
    action->at_byte = place;
    action->given |= bit;
}

static void read_field(struct members *members, enum fault_point point, unsigned allowed, struct fault_action *action)
{
    const char *word = members_word(members, "field", MEMBER_REQUIRED);
    const json_t *value = (allowed & FAULT_HAS_VALUE) != 0 ? members_any(members, "value") : NULL;
    if (word == NULL) {
        return;
    }
    if (fault_field_parse(word, &action->field) != OK) {
        break_choice(members, "field", field_word, FAULT_FIELD_COUNT);
        return;
    }
    action->given |= FAULT_HAS_FIELD;
    if (!fault_field_belongs(action->field, point)) {
        members_break(members, "field",
                      point == FAULT_OTA_URL ? "is no member of a firmware information" : "is no member of a notify");
    }
    if ((allowed & FAULT_HAS_VALUE) == 0) {
        return;
    }
    bool number = fault_field_is_number(action->field);
    if (number ? !json_is_integer(value) : !json_is_string(value)) {
        members_break(members, "value", number ? "must be an integer for this field" : "must be a text for this field");
    } else if (!number && text_copy(action->value, sizeof action->value, json_string_value(value)) != OK) {
        members_break(members, "value", "must have at most 256 bytes");
    } else {
        action->number = json_integer_value(value);
        action->given |= FAULT_HAS_VALUE;
    }
}

static void read_step(struct members *members, struct fault_action *action)
{
    const char *word = members_word(members, "atStep", MEMBER_REQUIRED);
    if (word == NULL) {
        return;
    }
    for (int i = STEP_START; i < COMPONENT_STEP_COUNT; i++) {
        if (strcmp(component_step_name((enum component_step)i), word) == 0) {
            action->at_step = (enum component_step)i;
            action->given |= FAULT_HAS_AT_STEP;
            return;
        }
    }
    break_choice(members, "atStep", step_word, COMPONENT_STEP_COUNT);
}

static void read_action(const json_t *body, struct verdict *verdict, struct fault *fault, bool has_point)
{
    struct members members;
    members_open(&members, body, "/action", verdict);
    struct fault_action *action = &fault->action;
    unsigned required = 0;
    unsigned allowed = 0;
    const char *word = members_word(&members, "type", MEMBER_REQUIRED);
    if (word == NULL || !has_point) {
        return;
    }
    if (fault_type_parse(word, &action->type) != OK ||
        !fault_members(fault->point, action->type, &required, &allowed)) {
        members_break(&members, "type", "is no action of this point");
        return;
    }
    refuse_others(&members, allowed);
    read_numbers(&members, required, allowed, action);
    if ((allowed & FAULT_HAS_K) != 0 && (action->given & FAULT_HAS_K) == 0) {
        action->k = 1; /* the next one */
        action->given |= FAULT_HAS_K;
    }
    if ((allowed & FAULT_HAS_CODE) != 0) {
        read_code(&members, action->type, action);
    }
    if ((allowed & FAULT_HAS_SECONDS) != 0) {
        read_seconds(&members, action);
    }
    if ((allowed & FAULT_HAS_AT_BYTE) != 0) {
        read_place(&members, "atByte", MEMBER_REQUIRED, FAULT_HAS_AT_BYTE, action);
    }
    if ((allowed & FAULT_HAS_AFTER_BYTES) != 0) {
        read_place(&members, "afterBytes", MEMBER_OPTIONAL, FAULT_HAS_AFTER_BYTES, action);
    }
    if ((allowed & FAULT_HAS_LOCATION) != 0 &&
        members_text(&members, "location", MEMBER_OPTIONAL, action->location, sizeof action->location)) {
        action->given |= FAULT_HAS_LOCATION;
        if (strpbrk(action->location, "\r\n") != NULL) {
            members_break(&members, "location", "must be one line");
        }
    }
    if ((allowed & FAULT_HAS_FIELD) != 0) {
        read_field(&members, fault->point, allowed, action);
    }
    if ((allowed & FAULT_HAS_AT_STEP) != 0) {
        read_step(&members, action);
    }
    members_close(&members);
}

static void read_match(const json_t *body, struct verdict *verdict, struct fault_match *match)
{
    struct members members;
    members_open(&members, body, "/match", verdict);
    (void)members_text(&members, "productKey", MEMBER_OPTIONAL, match->product_key, sizeof match->product_key);
    if (members_text(&members, "deviceKey", MEMBER_OPTIONAL, match->device_key, sizeof match->device_key) &&
        !device_key_is_valid(match->device_key)) {
        members_break(&members, "deviceKey", "is no device key: 1 to 16 letters and digits");
    }
    match->plan_id.known = members_int(&members, "planId", MEMBER_OPTIONAL, 1, INT64_MAX, &match->plan_id.value);
    (void)members_text(&members, "componentNo", MEMBER_OPTIONAL, match->component_no, sizeof match->component_no);
    match->attempt.known = members_int(&members, "attempt", MEMBER_OPTIONAL, 1, INT32_MAX, &match->attempt.value);
    members_close(&members);
}

static void read_trigger(const json_t *body, struct verdict *verdict, struct fault_trigger *trigger)
{
    struct members members;
    int64_t seed = 0;
    members_open(&members, body, "/trigger", verdict);
    trigger->times.known = members_int(&members, "times", MEMBER_OPTIONAL, 1, INT32_MAX, &trigger->times.value);
    (void)members_int(&members, "skip", MEMBER_OPTIONAL, 0, INT32_MAX, &trigger->skip);
    (void)members_int(&members, "everyNth", MEMBER_OPTIONAL, 1, INT32_MAX, &trigger->every_nth);
    if (members_number(&members, "probability", MEMBER_OPTIONAL, &trigger->probability) &&
        !(trigger->probability >= 0 && trigger->probability <= 1)) {
        members_break(&members, "probability", "must be 0 to 1");
    }
    (void)members_int(&members, "seed", MEMBER_OPTIONAL, 0, INT64_MAX, &seed);
    trigger->seed = (uint64_t)seed;
    members_close(&members);
}

void fault_from_json(const json_t *body, struct verdict *verdict, struct fault *fault)
{
    *fault = (struct fault){.trigger = {.every_nth = 1, .probability = 1}};
    struct members members;
    members_open(&members, body, "", verdict);
    const char *word = members_word(&members, "point", MEMBER_REQUIRED);
    bool has_point = word != NULL && fault_point_parse(word, &fault->point) == OK;
    if (word != NULL && !has_point) {
        break_choice(&members, "point", point_word, FAULT_POINT_COUNT);
    }
    const json_t *action = members_object(&members, "action", MEMBER_REQUIRED);
    if (action != NULL) {
        read_action(action, verdict, fault, has_point);
    }
    const json_t *match = members_object(&members, "match", MEMBER_OPTIONAL);
    if (match != NULL) {
        read_match(match, verdict, &fault->match);
    }
    const json_t *trigger = members_object(&members, "trigger", MEMBER_OPTIONAL);
    if (trigger != NULL) {
        read_trigger(trigger, verdict, &fault->trigger);
    }
    members_close(&members);
}

static json_t *place_json(const struct fault_place *place)
{
    if (!place->is_share) {
        return json_integer((json_int_t)place->value);
    }
    char text[32];
    (void)snprintf(text, sizeof text, "%.10g%%", place->value);
    return json_string(text);
}

static json_t *action_json(const struct fault_action *action)
{
    struct fault_action copy = *action;
    json_t *json = json_pack("{s:s}", "type", fault_type_name(action->type));
    for (size_t i = 0; i < sizeof number_members / sizeof number_members[0]; i++) {
        if ((action->given & number_members[i].bit) != 0) {
            (void)json_object_set_new(json, number_members[i].name,
                                      json_integer(*number_of(&copy, number_members[i].bit)));
        }
    }
    if ((action->given & FAULT_HAS_CODE) != 0) {
        (void)json_object_set_new(json, "code", json_integer(action->code));
    }
    if ((action->given & FAULT_HAS_SECONDS) != 0) {
        (void)json_object_set_new(json, "seconds", json_real((double)action->ms / 1000));
    }
    if ((action->given & FAULT_HAS_AT_BYTE) != 0) {
        (void)json_object_set_new(json, "atByte", place_json(&action->at_byte));
    }
    if ((action->given & FAULT_HAS_AFTER_BYTES) != 0) {
        (void)json_object_set_new(json, "afterBytes", place_json(&action->at_byte));
    }
    if ((action->given & FAULT_HAS_LOCATION) != 0) {
        (void)json_object_set_new(json, "location", json_string(action->location));
    }
    if ((action->given & FAULT_HAS_FIELD) != 0) {
        (void)json_object_set_new(json, "field", json_string(fault_field_name(action->field)));
    }
    if ((action->given & FAULT_HAS_VALUE) != 0) {
        (void)json_object_set_new(json, "value",
                                  fault_field_is_number(action->field) ? json_integer(action->number)
                                                                       : json_string(action->value));
    }
    if ((action->given & FAULT_HAS_AT_STEP) != 0) {
        (void)json_object_set_new(json, "atStep", json_string(component_step_name(action->at_step)));
    }
    return json;
}

static void set_text(json_t *json, const char *name, const char *value)
{
    if (value[0] != '\0') {
        (void)json_object_set_new(json, name, json_string(value));
    }
}

static void set_known(json_t *json, const char *name, const struct maybe_int *value)
{
    if (value->known) {
        (void)json_object_set_new(json, name, json_integer(value->value));
    }
}

static json_t *match_json(const struct fault_match *match)
{
    json_t *json = json_object();
    set_text(json, "productKey", match->product_key);
    set_text(json, "deviceKey", match->device_key);
    set_known(json, "planId", &match->plan_id);
    set_text(json, "componentNo", match->component_no);
    set_known(json, "attempt", &match->attempt);
    return json;
}

static json_t *trigger_json(const struct fault_trigger *trigger)
{
    json_t *json =
        json_pack("{s:I, s:I, s:f, s:I}", "skip", (json_int_t)trigger->skip, "everyNth", (json_int_t)trigger->every_nth,
                  "probability", trigger->probability, "seed", (json_int_t)trigger->seed);
    set_known(json, "times", &trigger->times);
    return json;
}

static json_t *subject_json(const struct fault_subject *subject)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "productKey", json_maybe_text(subject->product_key), "deviceKey",
                     json_maybe_text(subject->device_key), "planId",
                     subject->plan_id > 0 ? json_integer(subject->plan_id) : json_null(), "componentNo",
                     json_maybe_text(subject->component_no), "attempt",
                     subject->attempt > 0 ? json_integer(subject->attempt) : json_null());
}

json_t *fault_to_json(const struct fault *fault)
{
    return json_pack("{s:I, s:s, s:o, s:o, s:o, s:I, s:I, s:b, s:o, s:o, s:o}", "id", (json_int_t)fault->id, "point",
                     fault_point_name(fault->point), "action", action_json(&fault->action), "match",
                     match_json(&fault->match), "trigger", trigger_json(&fault->trigger), "seen",
                     (json_int_t)fault->seen, "fired", (json_int_t)fault->fired, "exhausted", fault_is_exhausted(fault),
                     "createdAt", json_instant(fault->created_at), "lastFiredAt",
                     json_maybe_instant(&fault->last_fired_at), "lastFiredOn",
                     fault->last_fired_at.known ? subject_json(&fault->last_fired_on) : json_null());
}
