#include "scenario/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "cli/json.h"
#include "scenario/steps.h"

enum { WIRE_OTA_STATUS = 13, WORDS = 200 };

/* A device, or a plan, whose members are judged one after the other. */
struct judging {
    const json_t *expected;
    const char *pointer;
    const json_t *journal;
    const char *device_key;
    const json_t *device; /* NULL: unknown */
    const json_t *row;    /* in its plan */
    const json_t *log;
    struct flaws *findings;
};

static void find(const struct judging *judging, const char *member, const char *expected, const char *actual)
{
    char place[POINTER_MOST];
    pointer_extend(judging->pointer, member, place);
    flaws_add(judging->findings, place, "expected %s, actual %s", expected, actual);
}

/* "upgraded", 2, [1, 2], true as they are said. */
static void say(const json_t *value, char text[WORDS])
{
    CLEANUP(cleanup_free) char *json = value == NULL ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    (void)snprintf(text, WORDS, "%s",
                   value == NULL           ? "nothing"
                   : json_is_string(value) ? json_string_value(value)
                   : json == NULL          ? "?"
                                           : json);
}

/* The member, when it is expected, must be `actual`. */
static void judge_equal(const struct judging *judging, const char *member, const json_t *actual)
{
    const json_t *expected = json_object_get(judging->expected, member);
    if (expected != NULL && !json_equal(expected, actual)) {
        char wanted[WORDS];
        char found[WORDS];
        say(expected, wanted);
        say(actual, found);
        find(judging, member, wanted, found);
    }
}

/* --- what stands in the journal --------------------------------------------------------------------------------- */

static bool is_entry(const json_t *entry, const char *kind, const char *device_key)
{
    return strcmp(json_text_of(entry, "kind"), kind) == 0 &&
           (device_key == NULL || strcmp(json_text_of(entry, "deviceKey"), device_key) == 0);
}

/* A frame of this command that came whole and unharmed. */
static bool is_frame(const json_t *entry, const char *device_key, const char *direction, const char *command)
{
    return is_entry(entry, "frame", device_key) && strcmp(json_text_of(entry, "direction"), direction) == 0 &&
           strcmp(json_text_of(entry, "command"), command) == 0 && strcmp(json_text_of(entry, "verdict"), "ok") == 0;
}

static bool is_download(const json_t *entry, const char *device_key)
{
    json_int_t code = json_integer_value(json_object_get(entry, "status"));
    return is_entry(entry, "firmware", device_key) && (code == 200 || code == 206) &&
           json_integer_value(json_object_get(entry, "bytes")) > 0;
}

static bool is_connect(const json_t *entry, const char *device_key)
{
    return is_entry(entry, "connect", device_key);
}

static bool is_refusal(const json_t *entry, const char *device_key)
{
    return is_entry(entry, "refuse", device_key);
}

static bool is_notify(const json_t *entry, const char *device_key)
{
    return is_frame(entry, device_key, "server", "otaNotify");
}

static bool is_status(const json_t *entry, const char *device_key)
{
    return is_frame(entry, device_key, "device", "otaStatus");
}

/* The number of a status: what follows "13: " in "13: 4, 14: \"DOWNLOADSTART\" ..."; -1: there is none. */
static json_int_t status_number(const json_t *entry)
{
    char id[16];
    const char *decoded = json_text_of(entry, "decoded");
    int length = snprintf(id, sizeof id, "%d: ", WIRE_OTA_STATUS);
    for (const char *at = strstr(decoded, id); at != NULL; at = strstr(at + 1, id)) {
        if (at == decoded || at[-1] == ' ') {
            return strtoll(at + length, NULL, 10);
        }
    }
    return -1;
}

/* Statuses in the order in which they came; several 5 running count once. */
static json_t *reported_statuses(const struct judging *judging)
{
    enum { DOWNLOADING = 5 };
    json_t *statuses = json_array();
    json_int_t last = -1;
    size_t i = 0;
    const json_t *entry = NULL;
    json_array_foreach(judging->journal, i, entry)
    {
        if (is_status(entry, judging->device_key)) {
            json_int_t status = status_number(entry);
            if (status != DOWNLOADING || last != DOWNLOADING) {
                (void)json_array_append_new(statuses, json_integer(status));
            }
            last = status;
        }
    }
    return statuses;
}

typedef bool is_meant(const json_t *entry, const char *device_key);

/* How many entries of the device are meant must be what `member` says. */
static void judge_entries(const struct judging *judging, const char *member, is_meant *meant)
{
    json_int_t count = 0;
    size_t i = 0;
    const json_t *entry = NULL;
    json_array_foreach(judging->journal, i, entry)
    {
        count += meant(entry, judging->device_key) ? 1 : 0;
    }
    CLEANUP(cleanup_json) json_t *actual = json_integer(count);
    judge_equal(judging, member, actual);
}

static void judge_time(const struct judging *judging)
{
    const json_t *took = json_object_get(judging->expected, "took");
    const json_t *least = json_object_get(took, "atLeast");
    const json_t *most = json_object_get(took, "atMost");
    int64_t begin = 0;
    int64_t end = 0;
    bool ended = instant_parse(json_text_of(judging->row, "startedAt"), &begin) == OK &&
                 instant_parse(json_text_of(judging->row, "endedAt"), &end) == OK;
    double seconds = (double)(end - begin) / 1000;
    if (took != NULL && (!ended || (least != NULL && seconds < json_number_value(least)) ||
                         (most != NULL && seconds > json_number_value(most)))) {
        char wanted[WORDS];
        char found[WORDS];
        say(took, wanted);
        (void)snprintf(found, sizeof found, "%.3f seconds", seconds);
        find(judging, "took", wanted, ended ? found : "no end");
    }
}

/* Frames of one command, perhaps with something in them. */
static void judge_frames(const struct judging *judging, const json_t *wanted, size_t index)
{
    const json_t *count = json_object_get(wanted, "count");
    const char *part = json_text_of(wanted, "contains");
    const char *verdict = json_object_get(wanted, "verdict") != NULL ? json_text_of(wanted, "verdict") : "ok";
    json_int_t found = 0;
    size_t i = 0;
    const json_t *entry = NULL;
    json_array_foreach(judging->journal, i, entry)
    {
        bool is_one = is_entry(entry, "frame", judging->device_key) &&
                      strcmp(json_text_of(entry, "direction"), json_text_of(wanted, "from")) == 0 &&
                      strcmp(json_text_of(entry, "command"), json_text_of(wanted, "command")) == 0 &&
                      strcmp(json_text_of(entry, "verdict"), verdict) == 0;
        found += is_one && strstr(json_text_of(entry, "decoded"), part) != NULL ? 1 : 0;
    }
    if (count != NULL ? found != json_integer_value(count) : found == 0) {
        char place[POINTER_MOST];
        (void)snprintf(place, sizeof place, "%.200s/frames/%zu", judging->pointer, index);
        flaws_add(judging->findings, place, "expected %s%lld %s of the %s%s%s, actual %lld",
                  count != NULL ? "" : "at least ", count != NULL ? json_integer_value(count) : 1,
                  json_text_of(wanted, "command"), json_text_of(wanted, "from"), part[0] != '\0' ? " with " : "", part,
                  found);
    }
}

static void judge_all_frames(const struct judging *judging)
{
    size_t i = 0;
    const json_t *wanted = NULL;
    json_array_foreach(json_object_get(judging->expected, "frames"), i, wanted)
    {
        judge_frames(judging, wanted, i);
    }
}

/* --- sequences -------------------------------------------------------------------------------------------------- */

/* The first item of `wanted` that does not come in its turn; NULL: all do. */
static const json_t *first_missing(const json_t *wanted, const json_t *came)
{
    size_t next = 0;
    size_t i = 0;
    const json_t *item = NULL;
    json_array_foreach(came, i, item)
    {
        next += json_equal(item, json_array_get(wanted, next)) ? 1 : 0;
    }
    return json_array_get(wanted, next);
}

static void judge_sequence(const struct judging *judging, const char *member, const json_t *came)
{
    const json_t *wanted = json_object_get(judging->expected, member);
    const json_t *missing = wanted != NULL ? first_missing(wanted, came) : NULL;
    if (missing != NULL) {
        char all[WORDS];
        char actual[WORDS];
        char one[WORDS];
        char expected[2 * WORDS + 32];
        say(wanted, all);
        say(missing, one);
        say(came, actual);
        (void)snprintf(expected, sizeof expected, "%s in this order (%s is missing)", all, one);
        find(judging, member, expected, actual);
    }
}

static json_t *log_kinds(const json_t *log)
{
    json_t *kinds = json_array();
    size_t i = 0;
    const json_t *entry = NULL;
    json_array_foreach(log, i, entry)
    {
        (void)json_array_append(kinds, json_object_get(entry, "kind"));
    }
    return kinds;
}

static void judge_last_error(const struct judging *judging)
{
    const char *wanted = json_string_value(json_object_get(judging->expected, "lastError"));
    const char *last = NULL;
    size_t i = 0;
    const json_t *entry = NULL;
    json_array_foreach(judging->log, i, entry)
    {
        const char *kind = json_text_of(entry, "kind");
        if (strcmp(kind, "attemptFailed") == 0 || strcmp(kind, "failed") == 0) {
            last = json_text_of(entry, "detail");
        }
    }
    if (wanted != NULL && (last == NULL || strstr(last, wanted) == NULL)) {
        find(judging, "lastError", wanted, last != NULL ? last : "no error at all");
    }
}

/* --- a device --------------------------------------------------------------------------------------------------- */

static const json_t *component_of(const struct judging *judging)
{
    const json_t *components = json_object_get(judging->row, "components");
    const char *wanted = json_string_value(json_object_get(judging->expected, "componentNo"));
    size_t i = 0;
    const json_t *component = NULL;
    json_array_foreach(components, i, component)
    {
        if (wanted == NULL || strcmp(wanted, json_text_of(component, "componentNo")) == 0) {
            return component;
        }
    }
    return NULL;
}

static void judge_status(const struct judging *judging)
{
    const json_t *status = json_object_get(judging->row, "status");
    const json_t *expected = json_object_get(judging->expected, "status");
    const char *reason = json_text_of(judging->row, "reason");
    if (expected != NULL && !json_equal(expected, status)) {
        char wanted[WORDS];
        char found[WORDS];
        say(expected, wanted);
        (void)snprintf(found, sizeof found, "%s%s%s%s", status != NULL ? json_string_value(status) : "unknown",
                       reason[0] != '\0' ? " (" : "", reason, reason[0] != '\0' ? ")" : "");
        find(judging, "status", wanted, found);
    }
}

static void judge_device_members(const struct judging *judging)
{
    CLEANUP(cleanup_json) json_t *statuses = reported_statuses(judging);
    CLEANUP(cleanup_json) json_t *kinds = log_kinds(judging->log);
    const json_t *component = component_of(judging);
    const json_t *versions = json_object_get(judging->expected, "mcuVersions");
    const json_t *came = json_object_get(judging->device, "mcuVersions");
    judge_status(judging);
    judge_equal(judging, "reason", json_object_get(judging->row, "reason"));
    judge_equal(judging, "step", json_object_get(component, "step"));
    judge_equal(judging, "attempts", json_object_get(component, "attempts"));
    judge_equal(judging, "progress", json_object_get(component, "progress"));
    judge_entries(judging, "downloads", is_download);
    judge_entries(judging, "connects", is_connect);
    judge_entries(judging, "refusals", is_refusal);
    judge_time(judging);
    judge_all_frames(judging);
    judge_equal(judging, "statuses", statuses);
    judge_sequence(judging, "statusesInclude", statuses);
    judge_sequence(judging, "log", kinds);
    judge_last_error(judging);
    judge_equal(judging, "online", json_object_get(judging->device, "online"));
    judge_equal(judging, "moduleVersion", json_object_get(judging->device, "moduleVersion"));
    judge_equal(judging, "encrypted", json_object_get(judging->device, "sessionEncrypted"));
    if (versions != NULL && !json_has(came, versions)) {
        char wanted[WORDS];
        char found[WORDS];
        say(versions, wanted);
        say(came, found);
        find(judging, "mcuVersions", wanted, found);
    }
}

static void judge_devices(const json_t *expect, const json_t *evidence, struct flaws *findings)
{
    const char *key = NULL;
    const json_t *expected = NULL;
    json_object_foreach(json_object_get(expect, "devices"), key, expected)
    {
        char pointer[POINTER_MOST];
        const json_t *found = json_object_get(json_object_get(evidence, "devices"), key);
        json_t *plans = json_object_get(found, "plans");
        const char *name = json_string_value(json_object_get(expected, "plan"));
        const json_t *plan =
            name != NULL ? json_object_get(plans, name) : json_object_iter_value(json_object_iter(plans));
        pointer_extend("/expect/devices", key, pointer);
        const struct judging judging = {.expected = expected,
                                        .pointer = pointer,
                                        .journal = json_object_get(evidence, "journal"),
                                        .device_key = key,
                                        .device = json_object_get(found, "device"),
                                        .row = json_object_get(plan, "row"),
                                        .log = json_object_get(plan, "log"),
                                        .findings = findings};
        judge_device_members(&judging);
    }
}

/* --- plans, faults, warnings, notifies -------------------------------------------------------------------------- */

static void judge_plans(const json_t *expect, const json_t *evidence, struct flaws *findings)
{
    static const char *const counts[] = {"nonUpgraded", "inUpgrade", "upgraded", "failed"};
    const char *name = NULL;
    const json_t *expected = NULL;
    json_object_foreach(json_object_get(expect, "plans"), name, expected)
    {
        char pointer[POINTER_MOST];
        const json_t *found = json_object_get(json_object_get(evidence, "plans"), name);
        pointer_extend("/expect/plans", name, pointer);
        const struct judging judging = {.expected = expected, .pointer = pointer, .findings = findings};
        judge_equal(&judging, "status", json_object_get(json_object_get(found, "plan"), "status"));
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
            judge_equal(&judging, counts[i], json_object_get(json_object_get(found, "statistics"), counts[i]));
        }
    }
}

static void judge_faults(const json_t *expect, const json_t *evidence, bool at_end, struct flaws *findings)
{
    const json_t *faults = json_object_get(evidence, "faults");
    const json_t *wanted = json_object_get(json_object_get(expect, "faults"), "fired");
    size_t i = 0;
    const json_t *fault = NULL;
    json_array_foreach(faults, i, fault)
    {
        char pointer[POINTER_MOST];
        json_int_t fired = json_integer_value(json_object_get(fault, "fired"));
        const char *point = json_text_of(fault, "point");
        const char *type = json_text_of(json_object_get(fault, "action"), "type");
        if (wanted != NULL && fired != json_integer_value(json_array_get(wanted, i))) {
            (void)snprintf(pointer, sizeof pointer, "/expect/faults/fired/%zu", i);
            flaws_add(findings, pointer, "expected that %s %s fires %lld times, actual %lld", point, type,
                      json_integer_value(json_array_get(wanted, i)), fired);
        } else if (wanted == NULL && at_end && fired == 0) {
            flaws_add(findings, "/expect/faults", "expected that %s %s fires, actual: it did not", point, type);
        }
    }
}

static bool is_listed(const json_t *list, const char *word)
{
    size_t i = 0;
    const json_t *item = NULL;
    json_array_foreach(list, i, item)
    {
        if (strcmp(json_string_value(item), word) == 0) {
            return true;
        }
    }
    return false;
}

static bool was_warned(const json_t *journal, const char *rule)
{
    size_t i = 0;
    const json_t *entry = NULL;
    json_array_foreach(journal, i, entry)
    {
        if (is_entry(entry, "warning", NULL) && strcmp(json_text_of(entry, "rule"), rule) == 0) {
            return true;
        }
    }
    return false;
}

static void judge_warnings(const json_t *expect, const json_t *journal, bool at_end, struct flaws *findings)
{
    const json_t *may = json_object_get(expect, "warnings");
    const json_t *must = json_object_get(expect, "warned");
    size_t i = 0;
    const json_t *item = NULL;
    json_array_foreach(must, i, item)
    {
        if (!was_warned(journal, json_string_value(item))) {
            flaws_add(findings, "/expect/warned", "expected a warning %s of the referee, actual: there is none",
                      json_string_value(item));
        }
    }
    if (!at_end && may == NULL) {
        return;
    }
    json_array_foreach(journal, i, item)
    {
        const char *rule = json_text_of(item, "rule");
        if (is_entry(item, "warning", NULL) && !is_listed(may, rule) && !is_listed(must, rule)) {
            flaws_add(findings, "/expect/warnings", "expected no warning of the referee, actual %s: %s of %s", rule,
                      json_text_of(item, "detail"), json_text_of(item, "deviceKey"));
        }
    }
}

static void judge_not_notified(const json_t *expect, const json_t *journal, struct flaws *findings)
{
    size_t i = 0;
    const json_t *key = NULL;
    json_array_foreach(json_object_get(expect, "notNotified"), i, key)
    {
        size_t k = 0;
        const json_t *entry = NULL;
        json_array_foreach(journal, k, entry)
        {
            if (is_notify(entry, json_string_value(key))) {
                flaws_add(findings, "/expect/notNotified", "expected that %s is not notified, actual: it was, at %s",
                          json_string_value(key), json_text_of(entry, "at"));
                break;
            }
        }
    }
}

static void judge_window(const json_t *expect, const json_t *journal, struct flaws *findings)
{
    const json_t *window = json_object_get(expect, "notifiedOnlyWithin");
    int64_t from = 0;
    int64_t to = 0;
    if (window == NULL) {
        return;
    }
    if (instant_parse(json_text_of(window, "from"), &from) != OK ||
        instant_parse(json_text_of(window, "to"), &to) != OK) {
        flaws_add(findings, "/expect/notifiedOnlyWithin", "are no instants");
        return;
    }
    size_t i = 0;
    const json_t *entry = NULL;
    json_array_foreach(journal, i, entry)
    {
        int64_t at = 0;
        if (is_notify(entry, NULL) && (instant_parse(json_text_of(entry, "at"), &at) != OK || at < from || at >= to)) {
            flaws_add(findings, "/expect/notifiedOnlyWithin", "expected from %s to %s, actual %s to %s",
                      json_text_of(window, "from"), json_text_of(window, "to"), json_text_of(entry, "at"),
                      json_text_of(entry, "deviceKey"));
        }
    }
}

void judge(const json_t *expect, const json_t *evidence, bool at_end, struct flaws *findings)
{
    const json_t *journal = json_object_get(evidence, "journal");
    judge_devices(expect, evidence, findings);
    judge_plans(expect, evidence, findings);
    judge_warnings(expect, journal, at_end, findings);
    judge_not_notified(expect, journal, findings);
    judge_window(expect, journal, findings);
    judge_faults(expect, evidence, at_end, findings);
}
