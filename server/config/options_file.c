/*
 * Values that stand in files: the JSON file of --config, and the secrets of X-file.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/internal.h"

enum { SECRET_MOST = 1024 };

static void free_json(json_t **json)
{
    json_decref(*json);
}

static void close_file(FILE **file)
{
    if (*file != NULL) {
        (void)fclose(*file);
    }
}

/* A value as the command line would write it, owned by the caller; NULL: neither text nor number nor truth. */
static char *value_text(const json_t *value)
{
    char *text = NULL;
    if (json_is_string(value)) {
        return strdup(json_string_value(value));
    }
    if (json_is_boolean(value)) {
        return strdup(json_is_true(value) ? "true" : "false");
    }
    if (json_is_integer(value) && asprintf(&text, "%" JSON_INTEGER_FORMAT, json_integer_value(value)) < 0) {
        return NULL;
    }
    return text;
}

static enum status take_member(struct options *options, const char *key, const json_t *value, struct error *error)
{
    char place[OPTION_PLACE];
    struct option_found found;
    (void)snprintf(place, sizeof place, "%s: %s", options->config_name, key);
    if (!option_find(options->table, key, strlen(key), &found) ||
        (options->table[found.index].no_environment && !found.twin) ||
        options->table[found.index].kind == OPTION_CONFIG) {
        const char *nearest = options_nearest(options->table, key, strlen(key));
        return nearest == NULL ? error_set(error, E_FORMAT, place, "no such option; keys are the flags without '--'")
                               : error_set(error, E_FORMAT, place, "no such option; did you mean '%s'?", nearest);
    }
    CLEANUP(cleanup_free) char *text = value_text(value);
    if (text == NULL) {
        return error_set(error, E_FORMAT, place, "must be a text, a whole number, true or false");
    }
    enum status status = option_take(options, found, text, SOURCE_FILE, place, error);
    if (options->values[found.index].text == text) {
        options->values[found.index].owned = text;
        text = NULL;
    }
    return status;
}

enum status options_read_config(struct options *options, struct error *error)
{
    size_t i = 0;
    while (options->table[i].kind != OPTION_END && options->table[i].kind != OPTION_CONFIG) {
        i++;
    }
    const char *path = options->table[i].kind == OPTION_END ? NULL : options->values[i].text;
    if (path == NULL) {
        return OK;
    }
    const char *slash = strrchr(path, '/');
    (void)snprintf(options->config_name, sizeof options->config_name, "%s", slash == NULL ? path : slash + 1);
    CLEANUP(close_file) FILE *file = fopen(path, "re");
    if (file == NULL) {
        return options_refuse(options, options->table[i].name, error, E_FORMAT, "cannot read %s: %s", path,
                              strerror(errno));
    }
    json_error_t wrong;
    CLEANUP(free_json) json_t *root = json_loadf(file, JSON_REJECT_DUPLICATES, &wrong);
    if (root == NULL) {
        return error_set(error, E_FORMAT, options->config_name, "line %d: %s", wrong.line, wrong.text);
    }
    if (!json_is_object(root)) {
        return error_set(error, E_FORMAT, options->config_name, "must be a JSON object: {\"http\": \"127.0.0.1:0\"}");
    }
    enum status status = OK;
    const char *key;
    json_t *value;
    json_object_foreach(root, key, value)
    {
        status = take_member(options, key, value, error);
        if (status != OK) {
            break;
        }
    }
    return status;
}

static enum status read_secret(struct options *options, size_t i, struct error *error)
{
    struct option_value *value = &options->values[i];
    const char *name = options->table[i].name;
    CLEANUP(close_file) FILE *file = fopen(value->text, "re");
    if (file == NULL) {
        return options_refuse(options, name, error, E_FORMAT, "cannot read %s: %s", value->text, strerror(errno));
    }
    char secret[SECRET_MOST + 1];
    size_t length = fread(secret, 1, sizeof secret, file);
    if (ferror(file) != 0) {
        return options_refuse(options, name, error, E_FORMAT, "cannot read %s: %s", value->text, strerror(errno));
    }
    if (length > SECRET_MOST) {
        return options_refuse(options, name, error, E_FORMAT, "%s holds more than %d bytes", value->text, SECRET_MOST);
    }
    secret[length] = '\0';
    secret[strcspn(secret, "\r\n")] = '\0';
    if (secret[0] == '\0') {
        return options_refuse(options, name, error, E_FORMAT, "%s is empty", value->text);
    }
    char *copy = strdup(secret);
    if (copy == NULL) {
        return options_refuse(options, name, error, E_NOMEM, "%s", status_text(E_NOMEM));
    }
    free(value->owned);
    value->owned = copy;
    value->text = copy;
    return OK;
}

enum status options_read_secrets(struct options *options, struct error *error)
{
    enum status status = OK;
    for (size_t i = 0; options->table[i].kind != OPTION_END && status == OK; i++) {
        if (options->values[i].from_file) {
            status = read_secret(options, i, error);
        }
    }
    return status;
}
