/*
 * What a schema cannot say of a scenario: names are unique, and what is named is there.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/device_keys.h"
#include "cli/json.h"
#include "scenario/scenario.h"

struct rules {
    const json_t *json;
    const char *folder;
    struct flaws *flaws;
    size_t fault_count; /* in the file, those of steps too */
};

static void check_unique(const struct rules *rules, const char *array, const char *member)
{
    size_t i = 0;
    const json_t *item = NULL;
    const json_t *items = json_object_get(rules->json, array);
    json_array_foreach(items, i, item)
    {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(json_text_of(item, member), json_text_of(json_array_get(items, k), member)) == 0) {
                char place[POINTER_MOST];
                (void)snprintf(place, sizeof place, "/%s/%zu/%s", array, i, member);
                flaws_add(rules->flaws, place, "'%s' is there already", json_text_of(item, member));
                break;
            }
        }
    }
}

/* The member must name a thing of the scenario, where it is given. */
static void check_name(const struct rules *rules, const json_t *object, const char *member, const char *array,
                       const char *pointer)
{
    const char *name = json_text_of(object, member);
    bool device = strcmp(array, "devices") == 0;
    if (json_object_get(object, member) == NULL ||
        (device ? scenario_device(rules->json, name) : scenario_named(rules->json, array, name)) != NULL) {
        return;
    }
    char place[POINTER_MOST];
    pointer_extend(pointer, member, place);
    flaws_add(rules->flaws, place, "no %.*s of this scenario is '%s'", (int)strlen(array) - 1, array, name);
}

static void check_keys(const struct rules *rules, const json_t *object, const char *member, const char *pointer)
{
    size_t i = 0;
    const json_t *key = NULL;
    char place[POINTER_MOST];
    pointer_extend(pointer, member, place);
    json_array_foreach(json_object_get(object, member), i, key)
    {
        if (scenario_device(rules->json, json_string_value(key)) == NULL) {
            char inner[POINTER_MOST];
            pointer_extend_index(place, i, inner);
            flaws_add(rules->flaws, inner, "no device of this scenario is '%s'", json_string_value(key));
        }
    }
}

/* One of several plans must be named by who means one. */
static void check_plan_is_clear(const struct rules *rules, const json_t *object, const char *pointer)
{
    size_t count = json_array_size(json_object_get(rules->json, "plans"));
    check_name(rules, object, "plan", "plans", pointer);
    if (json_object_get(object, "plan") == NULL && count != 1) {
        char place[POINTER_MOST];
        pointer_extend(pointer, "plan", place);
        flaws_add(rules->flaws, place,
                  count == 0 ? "there is no plan in this scenario" : "is required where there are several plans");
    }
}

static void check_fault(struct rules *rules, const json_t *fault, const char *pointer)
{
    char place[POINTER_MOST];
    pointer_extend(pointer, "match", place);
    const json_t *match = json_object_get(fault, "match");
    check_name(rules, match, "deviceKey", "devices", place);
    check_name(rules, match, "plan", "plans", place);
    rules->fault_count++;
}

/* --- product, packages, plans, devices -------------------------------------------------------------------------- */

static void check_path(const struct rules *rules, const char *path, const char *pointer)
{
    CLEANUP(cleanup_free) char *full = NULL;
    if (asprintf(&full, "%s/%s", rules->folder, path) >= 0 && access(full, R_OK) != 0) {
        flaws_add(rules->flaws, pointer, "%s: %s", full, strerror(errno));
    }
}

static void check_files(const struct rules *rules, const json_t *package, size_t index)
{
    size_t i = 0;
    const json_t *file = NULL;
    json_array_foreach(json_object_get(package, "files"), i, file)
    {
        const char *path = json_string_value(json_object_get(file, "path"));
        char place[POINTER_MOST];
        (void)snprintf(place, sizeof place, "/packages/%zu/files/%zu/path", index, i);
        if (path != NULL) {
            check_path(rules, path, place);
        }
    }
}

static void check_plan(const struct rules *rules, const json_t *plan, size_t index)
{
    size_t i = 0;
    const json_t *component = NULL;
    json_array_foreach(json_object_get(plan, "components"), i, component)
    {
        char place[POINTER_MOST];
        (void)snprintf(place, sizeof place, "/plans/%zu/components/%zu", index, i);
        check_name(rules, component, "package", "packages", place);
    }
    if (strcmp(json_text_of(plan, "mode"), "manual") == 0 && json_object_get(plan, "upgradeText") == NULL) {
        char place[POINTER_MOST];
        (void)snprintf(place, sizeof place, "/plans/%zu/upgradeText", index);
        flaws_add(rules->flaws, place, "is required in manual mode");
    }
}

static void check_device(const struct rules *rules, const json_t *device, size_t index)
{
    char place[POINTER_MOST];
    char last[LIMIT_DEVICE_KEY + 1];
    const json_t *count = json_object_get(device, "count");
    if (json_object_get(device, "real") != NULL &&
        json_object_get(json_object_get(rules->json, "product"), "productKey") == NULL) {
        (void)snprintf(place, sizeof place, "/devices/%zu/real", index);
        flaws_add(rules->flaws, place, "a real device needs /product with productKey and productSecret");
    }
    const char *path = json_string_value(json_object_get(json_object_get(device, "script"), "path"));
    if (path != NULL) {
        (void)snprintf(place, sizeof place, "/devices/%zu/script/path", index);
        check_path(rules, path, place);
    }
    if (count != NULL &&
        device_key_count(json_text_of(device, "deviceKey"), (size_t)json_integer_value(count) - 1, last) != OK) {
        (void)snprintf(place, sizeof place, "/devices/%zu/deviceKey", index);
        flaws_add(rules->flaws, place, "has too few digits at its end to count %lld devices",
                  json_integer_value(count));
    }
}

/* --- steps and expectations ------------------------------------------------------------------------------------- */

static void check_device_expectation(const struct rules *rules, const json_t *expected, const char *pointer)
{
    static const char *const of_plan[] = {"status",   "reason", "step",      "attempts",
                                          "progress", "log",    "lastError", "took"};
    check_name(rules, expected, "plan", "plans", pointer);
    for (size_t i = 0; i < sizeof of_plan / sizeof of_plan[0]; i++) {
        if (json_object_get(expected, of_plan[i]) != NULL) {
            check_plan_is_clear(rules, expected, pointer);
            return;
        }
    }
}

static void check_expectation(const struct rules *rules, const json_t *expect, const char *pointer)
{
    char place[POINTER_MOST];
    char inner[POINTER_MOST];
    const char *key = NULL;
    const json_t *expected = NULL;
    pointer_extend(pointer, "devices", place);
    json_object_foreach(json_object_get(expect, "devices"), key, expected)
    {
        pointer_extend(place, key, inner);
        if (scenario_device(rules->json, key) == NULL) {
            flaws_add(rules->flaws, inner, "no device of this scenario is '%s'", key);
        } else {
            check_device_expectation(rules, expected, inner);
        }
    }
    pointer_extend(pointer, "plans", place);
    json_object_foreach(json_object_get(expect, "plans"), key, expected)
    {
        if (scenario_named(rules->json, "plans", key) == NULL) {
            pointer_extend(place, key, inner);
            flaws_add(rules->flaws, inner, "no plan of this scenario is '%s'", key);
        }
    }
    check_keys(rules, expect, "notNotified", pointer);
    const json_t *fired = json_object_get(json_object_get(expect, "faults"), "fired");
    if (fired != NULL && json_array_size(fired) != rules->fault_count) {
        (void)snprintf(place, sizeof place, "%.200s/faults/fired", pointer);
        flaws_add(rules->flaws, place, "has %zu numbers, but %zu faults are armed until then", json_array_size(fired),
                  rules->fault_count);
    }
}

static void check_step(struct rules *rules, const json_t *step, size_t index)
{
    static const char *const of_devices[] = {"start", "stop", "disconnect", "decline"};
    static const char *const of_plans[] = {"activate", "suspend", "resume", "terminate"};
    char pointer[POINTER_MOST];
    char place[POINTER_MOST];
    (void)snprintf(pointer, sizeof pointer, "/steps/%zu", index);
    for (size_t i = 0; i < 4; i++) {
        check_name(rules, step, of_devices[i], "devices", pointer);
        check_name(rules, step, of_plans[i], "plans", pointer);
    }
    const char *name = json_object_iter_key(json_object_iter((json_t *)(uintptr_t)step));
    const json_t *value = json_object_get(step, name);
    pointer_extend(pointer, name, place);
    if (strcmp(name, "await") == 0) {
        check_name(rules, value, "deviceKey", "devices", place);
        const json_t *fault = json_object_get(value, "firedFault");
        if (fault != NULL && json_integer_value(fault) >= (json_int_t)rules->fault_count) {
            pointer_extend(place, "firedFault", pointer);
            flaws_add(rules->flaws, pointer, "%zu faults are armed until then", rules->fault_count);
        } else if (fault == NULL && json_object_get(value, "online") == NULL &&
                   json_object_get(value, "version") == NULL) {
            check_plan_is_clear(rules, value, place);
        }
    } else if (strcmp(name, "confirm") == 0 || strcmp(name, "verify") == 0) {
        check_name(rules, value, "deviceKey", "devices", place);
        check_name(rules, value, "package", "packages", place);
    } else if (strcmp(name, "fault") == 0) {
        check_fault(rules, value, place);
    } else if (strcmp(name, "expect") == 0) {
        check_expectation(rules, value, place);
    } else if (strcmp(name, "advance") == 0 && json_object_get(rules->json, "clock") == NULL) {
        flaws_add(rules->flaws, place, "needs a clock of the product: see /clock");
    }
}

void scenario_check_rules(const json_t *json, const char *folder, struct flaws *flaws)
{
    struct rules rules = {.json = json, .folder = folder, .flaws = flaws};
    size_t i = 0;
    const json_t *item = NULL;
    check_unique(&rules, "packages", "name");
    check_unique(&rules, "plans", "name");
    check_unique(&rules, "devices", "deviceKey");
    json_array_foreach(json_object_get(json, "packages"), i, item)
    {
        check_files(&rules, item, i);
    }
    json_array_foreach(json_object_get(json, "plans"), i, item)
    {
        check_plan(&rules, item, i);
    }
    json_array_foreach(json_object_get(json, "devices"), i, item)
    {
        check_device(&rules, item, i);
    }
    json_array_foreach(json_object_get(json, "faults"), i, item)
    {
        char place[POINTER_MOST];
        (void)snprintf(place, sizeof place, "/faults/%zu", i);
        check_fault(&rules, item, place);
    }
    json_array_foreach(json_object_get(json, "steps"), i, item)
    {
        check_step(&rules, item, i);
    }
    check_expectation(&rules, json_object_get(json, "expect"), "/expect");
}
