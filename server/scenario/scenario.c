#include "scenario/scenario.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/device_keys.h"
#include "base/text.h"
#include "cli/json.h"
#include "scenario/schema.h"

const json_t *scenario_named(const json_t *json, const char *array, const char *name)
{
    size_t i = 0;
    const json_t *item = NULL;
    json_array_foreach(json_object_get(json, array), i, item)
    {
        if (strcmp(json_text_of(item, "name"), name) == 0) {
            return item;
        }
    }
    return NULL;
}

const json_t *scenario_device(const json_t *json, const char *device_key)
{
    size_t i = 0;
    const json_t *device = NULL;
    json_array_foreach(json_object_get(json, "devices"), i, device)
    {
        const json_t *count = json_object_get(device, "count");
        json_int_t most = count != NULL ? json_integer_value(count) : 1;
        for (json_int_t n = 0; n < most; n++) {
            char key[LIMIT_DEVICE_KEY + 1];
            if (device_key_count(json_text_of(device, "deviceKey"), (size_t)n, key) == OK &&
                strcmp(key, device_key) == 0) {
                return device;
            }
        }
    }
    return NULL;
}

bool scenario_is_misbehaviour(const char *member, const json_t *value)
{
    if (strcmp(member, "flash") == 0) {
        return strcmp(json_string_value(value), "ok") != 0;
    }
    if (strcmp(member, "onNotify") == 0) {
        return strcmp(json_string_value(value), "accept") != 0;
    }
    return strcmp(member, "powerCut") == 0 || strcmp(member, "restartAt") == 0 || strcmp(member, "disorder") == 0;
}

static bool misbehaves(const json_t *device)
{
    const char *name = NULL;
    const json_t *value = NULL;
    json_object_foreach(json_object_get(device, "virtual"), name, value)
    {
        if (scenario_is_misbehaviour(name, value)) {
            return true;
        }
    }
    return false;
}

static bool has_faults(const json_t *json)
{
    bool found = json_array_size(json_object_get(json, "faults")) > 0;
    size_t i = 0;
    const json_t *item = NULL;
    json_array_foreach(json_object_get(json, "steps"), i, item)
    {
        found = found || json_object_get(item, "fault") != NULL;
    }
    json_array_foreach(json_object_get(json, "devices"), i, item)
    {
        found = found || misbehaves(item);
    }
    return found;
}

/* A product with keys of its own is one for all scenarios that name it; some calls of the API are for all products. */
static bool is_alone(const json_t *json)
{
    static const char *const own[] = {"/api/v1/products/", "/api/v1/packages", "/api/v1/plans"};
    bool alone = json_is_true(json_object_get(json, "alone")) ||
                 json_object_get(json_object_get(json, "product"), "productKey") != NULL;
    size_t i = 0;
    const json_t *step = NULL;
    json_array_foreach(json_object_get(json, "steps"), i, step)
    {
        const char *path = json_text_of(json_object_get(step, "request"), "path");
        bool is_own = path[0] == '\0';
        for (size_t k = 0; k < sizeof own / sizeof own[0]; k++) {
            is_own = is_own || text_starts_with(path, own[k]);
        }
        alone = alone || !is_own;
    }
    return alone;
}

enum status scenario_schema(json_t **schema)
{
    json_t *read = json_loads(scenario_schema_text, 0, NULL);
    if (read == NULL) {
        return E_INTERNAL;
    }
    *schema = read;
    return OK;
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

enum status scenario_read(const char *path, const json_t *schema, struct scenario *scenario, struct flaws *flaws)
{
    json_error_t wrong;
    *scenario = (struct scenario){.path = strdup(path), .folder = folder_of(path)};
    if (scenario->path == NULL || scenario->folder == NULL) {
        return E_NOMEM;
    }
    size_t before = flaws->count;
    scenario->json = json_load_file(path, JSON_REJECT_DUPLICATES, &wrong);
    if (scenario->json == NULL) {
        bool unread = json_error_code(&wrong) == json_error_cannot_open_file;
        if (unread) {
            flaws_add(flaws, "", "cannot be read: %s", strerror(errno));
            return E_IO;
        }
        flaws_add(flaws, "", "line %d, column %d: %s", wrong.line, wrong.column, wrong.text);
        return E_FORMAT;
    }
    schema_check(schema, scenario->json, "", flaws);
    if (flaws->count == before) {
        scenario_check_rules(scenario->json, scenario->folder, flaws);
    }
    if (flaws->count > before) {
        return E_FORMAT;
    }
    scenario->name = json_text_of(scenario->json, "name");
    scenario->alone = is_alone(scenario->json);
    scenario->has_faults = has_faults(scenario->json);
    return OK;
}

void scenario_finish(struct scenario *scenario)
{
    json_decref(scenario->json);
    free(scenario->path);
    free(scenario->folder);
    *scenario = (struct scenario){0};
}

static int is_json(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && text_ends_with(entry->d_name, ".json") ? 1 : 0;
}

static enum status find_in_folder(const char *folder, json_t *paths, struct error *error)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_json, alphasort);
    if (count < 0) {
        return error_set(error, E_IO, folder, "%s", strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        CLEANUP(cleanup_free) char *path = NULL;
        size_t length = strlen(folder);
        const char *slash = length > 0 && folder[length - 1] == '/' ? "" : "/";
        if (asprintf(&path, "%s%s%s", folder, slash, entries[i]->d_name) >= 0) {
            (void)json_array_append_new(paths, json_string(path));
        }
        free(entries[i]);
    }
    free(entries);
    return count > 0 ? OK : error_set(error, E_NOT_FOUND, folder, "no file *.json in this folder");
}

enum status scenarios_find(const char *path, json_t *paths, struct error *error)
{
    struct stat found;
    if (stat(path, &found) != 0) {
        return error_set(error, E_IO, path, "%s", strerror(errno));
    }
    if (S_ISDIR(found.st_mode)) {
        return find_in_folder(path, paths, error);
    }
    (void)json_array_append_new(paths, json_string(path));
    return OK;
}
