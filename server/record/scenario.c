/* A session as a scenario that `mockdc run` plays. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "base/text.h"
#include "cli/json.h"
#include "codec/device_messages.h"
#include "codec/frame.h"
#include "record/recorded.h"

enum { STATUS_BYTES = 2048 };

/* Copies members that are there and not null. */
static void copy(json_t *to, const json_t *from, const char *const *names)
{
    for (; *names != NULL; names++) {
        json_t *value = json_object_get(from, *names);
        if (value != NULL && !json_is_null(value)) {
            (void)json_object_set(to, *names, value);
        }
    }
}

/* --- packages and plans ------------------------------------------------------------------------------------------- */

/* The file itself where it was given; else made-up bytes of its size, which differ from file to file. */
static json_t *file_of(const struct recorded *session, const json_t *file, json_int_t seed)
{
    json_t *path = json_object_get(session->paths, json_text_of(file, "md5"));
    if (path != NULL) {
        return json_pack("{s:O}", "path", path);
    }
    return json_pack("{s:O, s:O, s:I}", "name", json_object_get(file, "name"), "size", json_object_get(file, "size"),
                     "seed", seed);
}

static json_t *packages_of(const struct recorded *session)
{
    static const char *const names[] = {"name", "componentType", "packageType", "targetVersion", NULL};
    json_t *packages = json_array();
    const char *id = NULL;
    json_t *package = NULL;
    json_object_foreach(session->packages, id, package)
    {
        json_t *made = json_object();
        json_t *files = json_array();
        json_t *sources = json_object_get(package, "sourceVersions");
        copy(made, package, names);
        if (json_array_size(sources) > 0) {
            (void)json_object_set(made, "sourceVersions", sources);
        }
        size_t i = 0;
        json_t *file = NULL;
        json_array_foreach(json_object_get(package, "files"), i, file)
        {
            (void)json_array_append_new(
                files, file_of(session, file, (json_int_t)(10 * strtoll(id, NULL, 10) + (json_int_t)i)));
        }
        (void)json_object_set_new(made, "files", files);
        (void)json_array_append_new(packages, made);
    }
    return packages;
}

static json_t *component_of(const struct recorded *session, const json_t *component)
{
    static const char *const names[] = {"componentNo", "name", "componentType", "sequence", NULL};
    char id[24];
    json_t *made = json_object();
    (void)snprintf(id, sizeof id, "%lld", (long long)json_integer_value(json_object_get(component, "packageId")));
    copy(made, component, names);
    (void)json_object_set(made, "package", json_object_get(json_object_get(session->packages, id), "name"));
    return made;
}

/* Of lists only what they say about this device. A whitelist without it keeps others out as well. */
static void add_lists(const struct recorded *session, const json_t *item, json_t *made)
{
    const json_t *plan = json_object_get(item, "plan");
    if (json_integer_value(json_object_get(plan, "whitelistCount")) > 0) {
        bool listed = json_is_true(json_object_get(item, "whitelisted"));
        (void)json_object_set_new(made, "whitelist", json_pack("[s]", listed ? session->device_key : "0"));
    }
    if (json_is_true(json_object_get(item, "blacklisted"))) {
        (void)json_object_set_new(made, "blacklist", json_pack("[s]", session->device_key));
    }
}

static json_t *plan_of(const struct recorded *session, const json_t *item)
{
    static const char *const names[] = {"name", "mode", "timeZone", "pushPeriod", "strategy", "upgradeText", NULL};
    static const char *const moments[] = {"start", "end", NULL};
    const json_t *plan = json_object_get(item, "plan");
    json_t *made = json_object();
    json_t *components = json_array();
    const json_t *planned = json_object_get(plan, "plannedTime");
    size_t i = 0;
    json_t *component = NULL;
    copy(made, plan, names);
    if (json_is_object(planned)) {
        json_t *time = json_object();
        copy(time, planned, moments);
        (void)json_object_set_new(made, "plannedTime", time);
    }
    json_array_foreach(json_object_get(plan, "components"), i, component)
    {
        (void)json_array_append_new(components, component_of(session, component));
    }
    (void)json_object_set_new(made, "components", components);
    add_lists(session, item, made);
    return made;
}

static json_t *plans_of(const struct recorded *session)
{
    json_t *plans = json_array();
    size_t i = 0;
    json_t *item = NULL;
    json_array_foreach(session->plans, i, item)
    {
        (void)json_array_append_new(plans, plan_of(session, item));
    }
    return plans;
}

/* --- clock -------------------------------------------------------------------------------------------------------- */

/* Rules of time hold only at the time at which they were met. */
static bool has_time_rules(const struct recorded *session)
{
    size_t i = 0;
    json_t *item = NULL;
    json_array_foreach(session->plans, i, item)
    {
        const json_t *plan = json_object_get(item, "plan");
        if (json_is_object(json_object_get(plan, "pushPeriod")) ||
            json_is_object(json_object_get(plan, "plannedTime"))) {
            return true;
        }
    }
    return false;
}

static json_t *clock_of(const struct recorded *session)
{
    char now[INSTANT_TEXT];
    const char *clock = recorded_clock(session);
    if (clock == NULL && !has_time_rules(session)) {
        return NULL;
    }
    instant_format(recorded_first_at(session), now);
    return json_pack("{s:s, s:s}", "mode", clock != NULL ? clock : "offset", "now", now);
}

/* --- what came of it ---------------------------------------------------------------------------------------------- */

/* The status of a frame 0x0114 that was read; 0: it is none. */
static int32_t status_of(const json_t *entry)
{
    struct ota_status_message message;
    uint8_t bytes[STATUS_BYTES];
    uint8_t scratch[STATUS_BYTES];
    size_t length = 0;
    struct frame frame;
    bool known = strcmp(json_text_of(entry, "command"), "otaStatus") == 0 &&
                 strcmp(json_text_of(entry, "verdict"), "ok") == 0 &&
                 hex_decode(json_text_of(entry, "clear"), bytes, sizeof bytes, &length) == OK &&
                 frame_decode(bytes, length, scratch, &frame) == OK &&
                 ota_status_decode(frame.payload, frame.payload_length, &message) == OK;
    return known ? message.status : 0;
}

static json_t *statuses_of(const struct recorded *session)
{
    json_t *statuses = json_array();
    int32_t last = 0;
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(session->entries, i, entry)
    {
        int32_t status = status_of(entry);
        if (status != 0 && !(status == OTA_STATUS_DOWNLOADING && last == OTA_STATUS_DOWNLOADING)) {
            (void)json_array_append_new(statuses, json_integer(status));
        }
        last = status != 0 ? status : last;
    }
    return statuses;
}

static json_int_t downloads_of(const struct recorded *session)
{
    json_int_t count = 0;
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(session->entries, i, entry)
    {
        json_int_t code = json_integer_value(json_object_get(entry, "status"));
        bool got = strcmp(json_text_of(entry, "kind"), "firmware") == 0 && (code == 200 || code == 206) &&
                   json_integer_value(json_object_get(entry, "bytes")) > 0;
        count += got ? 1 : 0;
    }
    return count;
}

/* Each rule once; NULL: none was broken. */
static json_t *warnings_of(const struct recorded *session)
{
    json_t *rules = json_object();
    json_t *warnings = json_array();
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(session->entries, i, entry)
    {
        const char *rule = json_text_of(entry, "rule");
        if (rule[0] != '\0' && json_object_get(rules, rule) == NULL) {
            (void)json_object_set_new(rules, rule, json_true());
            (void)json_array_append_new(warnings, json_string(rule));
        }
    }
    json_decref(rules);
    if (json_array_size(warnings) > 0) {
        return warnings;
    }
    json_decref(warnings);
    return NULL;
}

static json_t *expectation_of(const struct recorded *session, json_t *fired)
{
    static const char *const names[] = {"status", NULL};
    json_t *device = json_object();
    json_t *devices = json_object();
    json_t *expect = json_object();
    json_t *warnings = warnings_of(session);
    size_t plans = json_array_size(session->plans);
    if (plans > 0) {
        const json_t *item = json_array_get(session->plans, plans - 1);
        const json_t *row = json_object_get(item, "row");
        json_t *component = json_array_get(json_object_get(row, "components"), 0);
        (void)json_object_set(device, "plan", json_object_get(json_object_get(item, "plan"), "name"));
        copy(device, row, names);
        (void)json_object_set(device, "reason", json_object_get(row, "reason"));
        (void)json_object_set(device, "attempts", json_object_get(component, "attempts"));
    }
    (void)json_object_set_new(device, "statuses", statuses_of(session));
    (void)json_object_set_new(device, "downloads", json_integer(downloads_of(session)));
    (void)json_object_set_new(devices, session->device_key, device);
    (void)json_object_set_new(expect, "devices", devices);
    if (json_array_size(fired) > 0) {
        (void)json_object_set_new(expect, "faults", json_pack("{s:O}", "fired", fired));
    }
    if (warnings != NULL) {
        (void)json_object_set_new(expect, "warnings", warnings);
    }
    return expect;
}

static json_t *about_of(const struct recorded *session)
{
    char at[INSTANT_TEXT];
    char text[160];
    instant_format(recorded_first_at(session), at);
    (void)snprintf(text, sizeof text, "What device %s did from %s on, recorded by mockdc %s.", session->device_key, at,
                   MOCKDC_VERSION);
    return json_string(text);
}

static void add_array(json_t *scenario, const char *name, json_t *array)
{
    if (json_array_size(array) > 0) {
        (void)json_object_set(scenario, name, array);
    }
    json_decref(array);
}

enum status scenario_make(struct recorded *session, int64_t longest_wait_ms, json_t **scenario)
{
    json_t *moves = NULL;
    json_t *fired = NULL;
    enum status status = moves_make(session->entries, longest_wait_ms, &moves, &session->doubts);
    if (status != OK) {
        return status;
    }
    char name[64];
    (void)snprintf(name, sizeof name, "session of %s", session->device_key);
    json_t *made = json_pack("{s:s, s:o, s:[s]}", "name", name, "about", about_of(session), "tags", "recorded");
    json_t *clock = clock_of(session);
    if (clock != NULL) {
        (void)json_object_set_new(made, "clock", clock);
    }
    add_array(made, "packages", packages_of(session));
    add_array(made, "plans", plans_of(session));
    (void)json_object_set_new(made, "devices",
                              json_pack("[{s:s, s:o}]", "deviceKey", session->device_key, "script", moves));
    add_array(made, "faults", faults_make(session, &fired));
    add_array(made, "steps", steps_make(session));
    (void)json_object_set_new(made, "expect", expectation_of(session, fired));
    json_decref(fired);
    if (json_object_size(made) == 0) {
        json_decref(made);
        return E_NOMEM;
    }
    *scenario = made;
    return OK;
}
