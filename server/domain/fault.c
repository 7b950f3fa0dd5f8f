#include "domain/fault.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "domain/names.h"

static const char *const point_names[FAULT_POINT_COUNT] = {
    "mqtt.connect", "mqtt.link", "ota.notify", "ota.url", "http.firmware", "plan",
};

static const char *const type_names[FAULT_TYPE_COUNT] = {
    [FAULT_REFUSE] = "refuse",
    [FAULT_BOOTSTRAP_ERROR] = "bootstrapError",
    [FAULT_REFUSE_SECRET] = "refuseSecret",
    [FAULT_CLOSE] = "close",
    [FAULT_SILENCE] = "silence",
    [FAULT_CUT] = "cut",
    [FAULT_BLACKHOLE] = "blackhole",
    [FAULT_DELAY] = "delay",
    [FAULT_DROP_FRAME] = "dropFrame",
    [FAULT_DUPLICATE_FRAME] = "duplicateFrame",
    [FAULT_CORRUPT_FRAME] = "corruptFrame",
    [FAULT_DROP] = "drop",
    [FAULT_DUPLICATE] = "duplicate",
    [FAULT_WHILE_UPGRADING] = "whileUpgrading",
    [FAULT_SET] = "set",
    [FAULT_BAD_CHECKSUM] = "badChecksum",
    [FAULT_TRUNCATE] = "truncate",
    [FAULT_TOO_MANY_TASKS] = "tooManyTasks",
    [FAULT_EARLY] = "early",
    [FAULT_OMIT] = "omit",
    [FAULT_UNREACHABLE_HOST] = "unreachableHost",
    [FAULT_EXPIRE_TOKEN] = "expireToken",
    [FAULT_STATUS] = "status",
    [FAULT_RESET] = "reset",
    [FAULT_CLOSE_BEFORE_HEADER] = "closeBeforeHeader",
    [FAULT_HEADER_DELAY] = "headerDelay",
    [FAULT_STALL] = "stall",
    [FAULT_THROTTLE] = "throttle",
    [FAULT_SHORT_BODY] = "shortBody",
    [FAULT_FLIP_BYTE] = "flipByte",
    [FAULT_RANDOM_BYTES] = "randomBytes",
    [FAULT_IGNORE_RANGE] = "ignoreRange",
    [FAULT_RANGE_OFF_BY_ONE] = "rangeOffByOne",
    [FAULT_CHUNKED] = "chunked",
    [FAULT_NO_CONTENT_LENGTH] = "noContentLength",
    [FAULT_LOWER_CASE_CONTENT_LENGTH] = "lowerCaseContentLength",
    [FAULT_EXPIRE] = "expire",
    [FAULT_SUSPEND] = "suspend",
    [FAULT_TERMINATE] = "terminate",
    [FAULT_END] = "end",
    [FAULT_REVOKE_PACKAGE] = "revokePackage",
};

/* What each point can do (api.md, the table of faults). */
static const struct action_rule {
    enum fault_point point;
    enum fault_type type;
    unsigned required;
    unsigned optional;
} action_rules[] = {
    {FAULT_MQTT_CONNECT, FAULT_REFUSE, FAULT_HAS_CODE, 0},
    {FAULT_MQTT_CONNECT, FAULT_BOOTSTRAP_ERROR, FAULT_HAS_CODE, 0},
    {FAULT_MQTT_CONNECT, FAULT_REFUSE_SECRET, 0, 0},
    {FAULT_MQTT_CONNECT, FAULT_CLOSE, 0, 0},
    {FAULT_MQTT_CONNECT, FAULT_SILENCE, 0, 0},
    {FAULT_MQTT_LINK, FAULT_CUT, 0, FAULT_HAS_AFTER_FRAMES},
    {FAULT_MQTT_LINK, FAULT_BLACKHOLE, FAULT_HAS_SECONDS, 0},
    {FAULT_MQTT_LINK, FAULT_DELAY, FAULT_HAS_MS, 0},
    {FAULT_MQTT_LINK, FAULT_DROP_FRAME, 0, FAULT_HAS_K},
    {FAULT_MQTT_LINK, FAULT_DUPLICATE_FRAME, 0, FAULT_HAS_K},
    {FAULT_MQTT_LINK, FAULT_CORRUPT_FRAME, 0, FAULT_HAS_K},
    {FAULT_OTA_NOTIFY, FAULT_DROP, 0, 0},
    {FAULT_OTA_NOTIFY, FAULT_DELAY, FAULT_HAS_MS, 0},
    {FAULT_OTA_NOTIFY, FAULT_DUPLICATE, 0, 0},
    {FAULT_OTA_NOTIFY, FAULT_WHILE_UPGRADING, 0, 0},
    {FAULT_OTA_NOTIFY, FAULT_SET, FAULT_HAS_FIELD | FAULT_HAS_VALUE, 0},
    {FAULT_OTA_NOTIFY, FAULT_BAD_CHECKSUM, 0, 0},
    {FAULT_OTA_NOTIFY, FAULT_TRUNCATE, 0, 0},
    {FAULT_OTA_NOTIFY, FAULT_TOO_MANY_TASKS, 0, 0},
    {FAULT_OTA_URL, FAULT_DROP, 0, 0},
    {FAULT_OTA_URL, FAULT_DELAY, FAULT_HAS_MS, 0},
    {FAULT_OTA_URL, FAULT_DUPLICATE, 0, 0},
    {FAULT_OTA_URL, FAULT_EARLY, 0, 0},
    {FAULT_OTA_URL, FAULT_SET, FAULT_HAS_FIELD | FAULT_HAS_VALUE, 0},
    {FAULT_OTA_URL, FAULT_OMIT, FAULT_HAS_FIELD, 0},
    {FAULT_OTA_URL, FAULT_UNREACHABLE_HOST, 0, 0},
    {FAULT_OTA_URL, FAULT_EXPIRE_TOKEN, 0, 0},
    {FAULT_HTTP_FIRMWARE, FAULT_STATUS, FAULT_HAS_CODE, FAULT_HAS_RETRY_AFTER | FAULT_HAS_LOCATION},
    {FAULT_HTTP_FIRMWARE, FAULT_REFUSE, 0, 0},
    {FAULT_HTTP_FIRMWARE, FAULT_RESET, 0, FAULT_HAS_AFTER_BYTES},
    {FAULT_HTTP_FIRMWARE, FAULT_CLOSE_BEFORE_HEADER, 0, 0},
    {FAULT_HTTP_FIRMWARE, FAULT_HEADER_DELAY, FAULT_HAS_SECONDS, 0},
    {FAULT_HTTP_FIRMWARE, FAULT_STALL, FAULT_HAS_AT_BYTE | FAULT_HAS_SECONDS, 0},
    {FAULT_HTTP_FIRMWARE, FAULT_THROTTLE, FAULT_HAS_BYTES_PER_SECOND, 0},
    {FAULT_HTTP_FIRMWARE, FAULT_CUT, FAULT_HAS_AT_BYTE, 0},
    {FAULT_HTTP_FIRMWARE, FAULT_SHORT_BODY, FAULT_HAS_BYTES, 0},
    {FAULT_HTTP_FIRMWARE, FAULT_FLIP_BYTE, FAULT_HAS_AT_BYTE, 0},
    {FAULT_HTTP_FIRMWARE, FAULT_RANDOM_BYTES, 0, 0},
    {FAULT_HTTP_FIRMWARE, FAULT_IGNORE_RANGE, 0, 0},
    {FAULT_HTTP_FIRMWARE, FAULT_RANGE_OFF_BY_ONE, 0, 0},
    {FAULT_HTTP_FIRMWARE, FAULT_CHUNKED, 0, 0},
    {FAULT_HTTP_FIRMWARE, FAULT_NO_CONTENT_LENGTH, 0, 0},
    {FAULT_HTTP_FIRMWARE, FAULT_LOWER_CASE_CONTENT_LENGTH, 0, 0},
    {FAULT_HTTP_FIRMWARE, FAULT_EXPIRE, FAULT_HAS_AT_BYTE, 0},
    {FAULT_PLAN, FAULT_SUSPEND, FAULT_HAS_AT_STEP, 0},
    {FAULT_PLAN, FAULT_TERMINATE, FAULT_HAS_AT_STEP, 0},
    {FAULT_PLAN, FAULT_END, FAULT_HAS_AT_STEP, 0},
    {FAULT_PLAN, FAULT_REVOKE_PACKAGE, FAULT_HAS_AT_STEP, 0},
};

enum { IN_NOTIFY = 1 << FAULT_OTA_NOTIFY, IN_URL = 1 << FAULT_OTA_URL };

static const struct field_rule {
    unsigned points;
    bool number;
} field_rules[FAULT_FIELD_COUNT] = {
    [FAULT_FIELD_COMPONENT_NO] = {IN_NOTIFY | IN_URL, false},
    [FAULT_FIELD_SOURCE_VERSION] = {IN_NOTIFY | IN_URL, false},
    [FAULT_FIELD_TARGET_VERSION] = {IN_NOTIFY | IN_URL, false},
    [FAULT_FIELD_COMPONENT_TYPE] = {IN_NOTIFY | IN_URL, true},
    [FAULT_FIELD_BATTERY_LIMIT] = {IN_NOTIFY, true},
    [FAULT_FIELD_USE_SPACE] = {IN_NOTIFY, true},
    [FAULT_FIELD_MIN_SIGNAL_INTENSITY] = {IN_NOTIFY, true},
    [FAULT_FIELD_URL] = {IN_URL, false},
    [FAULT_FIELD_SIZE] = {IN_URL, true},
    [FAULT_FIELD_MD5] = {IN_URL, false},
    [FAULT_FIELD_CRC] = {IN_URL, false},
    [FAULT_FIELD_SHA256] = {IN_URL, false},
};

static const char *const field_names[FAULT_FIELD_COUNT] = {
    "componentNo",        "sourceVersion", "targetVersion", "componentType", "batteryLimit", "useSpace",
    "minSignalIntensity", "url",           "size",          "md5",           "crc",          "sha256",
};

const char *fault_point_name(enum fault_point point)
{
    assert(point < FAULT_POINT_COUNT);
    return point_names[point];
}

enum status fault_point_parse(const char *name, enum fault_point *point)
{
    size_t index = 0;
    enum status status = names_find(point_names, FAULT_POINT_COUNT, name, &index);
    if (status == OK) {
        *point = (enum fault_point)index;
    }
    return status;
}

const char *fault_type_name(enum fault_type type)
{
    assert(type < FAULT_TYPE_COUNT);
    return type_names[type];
}

enum status fault_type_parse(const char *name, enum fault_type *type)
{
    size_t index = 0;
    enum status status = names_find(type_names, FAULT_TYPE_COUNT, name, &index);
    if (status == OK) {
        *type = (enum fault_type)index;
    }
    return status;
}

const char *fault_field_name(enum fault_field field)
{
    assert(field < FAULT_FIELD_COUNT);
    return field_names[field];
}

enum status fault_field_parse(const char *name, enum fault_field *field)
{
    size_t index = 0;
    enum status status = names_find(field_names, FAULT_FIELD_COUNT, name, &index);
    if (status == OK) {
        *field = (enum fault_field)index;
    }
    return status;
}

bool fault_field_belongs(enum fault_field field, enum fault_point point)
{
    return (field_rules[field].points & 1U << point) != 0;
}

bool fault_field_is_number(enum fault_field field)
{
    return field_rules[field].number;
}

bool fault_members(enum fault_point point, enum fault_type type, unsigned *required, unsigned *allowed)
{
    for (size_t i = 0; i < sizeof action_rules / sizeof action_rules[0]; i++) {
        if (action_rules[i].point == point && action_rules[i].type == type) {
            *required = action_rules[i].required;
            *allowed = action_rules[i].required | action_rules[i].optional;
            return true;
        }
    }
    return false;
}

int64_t fault_place_in(const struct fault_place *place, int64_t size)
{
    double at = place->is_share ? (double)size * place->value / 100.0 : place->value;
    return at >= (double)size ? size : (int64_t)at;
}

bool fault_matches(const struct fault *fault, const struct fault_subject *subject)
{
    const struct fault_match *match = &fault->match;
    return (match->product_key[0] == '\0' || strcmp(match->product_key, subject->product_key) == 0) &&
           (match->device_key[0] == '\0' || strcmp(match->device_key, subject->device_key) == 0) &&
           (!match->plan_id.known || match->plan_id.value == subject->plan_id) &&
           (match->component_no[0] == '\0' || strcmp(match->component_no, subject->component_no) == 0) &&
           (!match->attempt.known || match->attempt.value == subject->attempt);
}

/* splitmix64: small, well spread, the same everywhere. */
static uint64_t next_random(uint64_t *state)
{
    *state += 0x9E3779B97F4A7C15U;
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

void fault_begin(struct fault *fault)
{
    fault->seen = 0;
    fault->fired = 0;
    fault->random = fault->trigger.seed;
    fault->last_fired_at = (struct maybe_instant){0};
}

bool fault_is_exhausted(const struct fault *fault)
{
    return fault->trigger.times.known && fault->fired >= fault->trigger.times.value;
}

bool fault_use(struct fault *fault)
{
    const struct fault_trigger *trigger = &fault->trigger;
    int64_t number = ++fault->seen - trigger->skip; /* from 1 on: those that may fire */
    bool due = number > 0 && number % trigger->every_nth == 0;
    if (due && trigger->probability < 1) {
        due = (double)(next_random(&fault->random) >> 11) * 0x1p-53 < trigger->probability;
    }
    if (!due || fault_is_exhausted(fault)) {
        return false;
    }
    fault->fired++;
    return true;
}

static int describe_place(const struct fault_place *place, const char *word, char *text, size_t room)
{
    return place->is_share ? snprintf(text, room, ", %s %.3g %%", word, place->value)
                           : snprintf(text, room, ", %s %.0f", word, place->value);
}

static int describe_member(const struct fault_action *action, unsigned member, char *text, size_t room)
{
    switch (member) {
    case FAULT_HAS_CODE:
        return snprintf(text, room, ", code %d", action->code);
    case FAULT_HAS_AFTER_FRAMES:
        return snprintf(text, room, ", after %" PRId64 " frames", action->after_frames);
    case FAULT_HAS_SECONDS:
    case FAULT_HAS_MS:
        return snprintf(text, room, ", %" PRId64 " ms", action->ms);
    case FAULT_HAS_K:
        return snprintf(text, room, ", frame %" PRId64, action->k);
    case FAULT_HAS_FIELD:
        return snprintf(text, room, ", %s", fault_field_name(action->field));
    case FAULT_HAS_VALUE:
        return fault_field_is_number(action->field) ? snprintf(text, room, " = %" PRId64, action->number)
                                                    : snprintf(text, room, " = '%.40s'", action->value);
    case FAULT_HAS_RETRY_AFTER:
        return snprintf(text, room, ", Retry-After %" PRId64, action->retry_after_s);
    case FAULT_HAS_LOCATION:
        return snprintf(text, room, ", Location %.40s", action->location);
    case FAULT_HAS_AFTER_BYTES:
        return describe_place(&action->at_byte, "after byte", text, room);
    case FAULT_HAS_AT_BYTE:
        return describe_place(&action->at_byte, "at byte", text, room);
    case FAULT_HAS_BYTES:
        return snprintf(text, room, ", %" PRId64 " bytes", action->bytes);
    case FAULT_HAS_BYTES_PER_SECOND:
        return snprintf(text, room, ", %" PRId64 " bytes/s", action->bytes_per_second);
    case FAULT_HAS_AT_STEP:
        return snprintf(text, room, ", at step %s", component_step_name(action->at_step));
    default:
        return 0;
    }
}

void fault_describe(const struct fault *fault, char text[FAULT_TEXT])
{
    int used = snprintf(text, FAULT_TEXT, "fault %" PRId64 ": %s %s", fault->id, fault_point_name(fault->point),
                        fault_type_name(fault->action.type));
    for (unsigned member = 1; member <= FAULT_HAS_AT_STEP; member <<= 1) {
        if ((fault->action.given & member) != 0 && used > 0 && used < FAULT_TEXT) {
            used += describe_member(&fault->action, member, text + used, (size_t)(FAULT_TEXT - used));
        }
    }
}
