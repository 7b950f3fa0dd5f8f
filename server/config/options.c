#include "config/options.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/internal.h"

static const char twin_end[] = "-file";
enum { TWIN_END = sizeof twin_end - 1, NEAR = 2, NAME_LENGTH = 48 };

void option_variable(const char *name, char variable[OPTION_VARIABLE])
{
    size_t length = (size_t)snprintf(variable, OPTION_VARIABLE, "MOCKDC_%s", name);
    for (size_t i = 0; i < length && i < OPTION_VARIABLE; i++) {
        variable[i] = variable[i] == '-' ? '_' : (char)toupper((unsigned char)variable[i]);
    }
}

const char *option_source_name(enum option_source source)
{
    static const char *const names[] = {"default", "file", "environment", "flag"};
    return names[source];
}

static size_t index_of(const struct option *table, const char *name, size_t length)
{
    size_t i = 0;
    while (table[i].kind != OPTION_END &&
           (strlen(table[i].name) != length || strncmp(table[i].name, name, length) != 0)) {
        i++;
    }
    return i;
}

bool option_find(const struct option *table, const char *name, size_t length, struct option_found *found)
{
    *found = (struct option_found){.index = index_of(table, name, length)};
    if (table[found->index].kind != OPTION_END) {
        return true;
    }
    if (length > TWIN_END && strncmp(name + length - TWIN_END, twin_end, TWIN_END) == 0) {
        *found = (struct option_found){.index = index_of(table, name, length - TWIN_END), .twin = true};
        return table[found->index].kind != OPTION_END && table[found->index].secret;
    }
    return false;
}

static size_t known_index(const struct options *options, const char *name)
{
    size_t i = index_of(options->table, name, strlen(name));
    assert(options->table[i].kind != OPTION_END);
    return i;
}

/* How many letters must be changed, added or left out to make `a` of `b` (Levenshtein); both are short. */
static size_t distance(const char *a, size_t a_length, const char *b)
{
    size_t row[NAME_LENGTH + 1];
    size_t b_length = strlen(b);
    if (a_length > NAME_LENGTH || b_length > NAME_LENGTH) {
        return NAME_LENGTH;
    }
    for (size_t j = 0; j <= b_length; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            best = row[j] + 1 < best ? row[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b_length];
}

const char *options_nearest(const struct option *table, const char *word, size_t length)
{
    const char *nearest = NULL;
    size_t least = NEAR + 1;
    for (const struct option *option = table; option->kind != OPTION_END; option++) {
        size_t far = distance(word, length, option->name);
        if (far < least && far < strlen(option->name) / 2) {
            least = far;
            nearest = option->name;
        }
    }
    return nearest;
}

static bool flag_value(const char *text, bool *value)
{
    if (strcmp(text, "true") == 0 || strcmp(text, "1") == 0 || strcmp(text, "yes") == 0) {
        *value = true;
        return true;
    }
    if (strcmp(text, "false") == 0 || strcmp(text, "0") == 0 || strcmp(text, "no") == 0) {
        *value = false;
        return true;
    }
    return false;
}

/* Whether `value` is one of the words of "text|json". */
static bool is_choice(const char *words, const char *value)
{
    size_t length = strlen(value);
    for (const char *word = words;; word++) {
        size_t here = strcspn(word, "|");
        if (here == length && strncmp(word, value, length) == 0) {
            return true;
        }
        word += here;
        if (*word == '\0') {
            return false;
        }
    }
}

static enum status check_value(const struct option *option, const char *value, const char *place, struct error *error)
{
    int64_t number = 0;
    bool flag = false;
    if (option->kind == OPTION_NUMBER && text_parse_int(value, option->least, option->most, &number) != OK) {
        return error_set(error, E_FORMAT, place, "'%s' is not a whole number from %lld to %lld", value,
                         (long long)option->least, (long long)option->most);
    }
    if (option->kind == OPTION_FLAG && !flag_value(value, &flag)) {
        return error_set(error, E_FORMAT, place, "'%s' is neither true nor false", value);
    }
    if (option->kind == OPTION_CHOICE && !is_choice(option->argument, value)) {
        return error_set(error, E_FORMAT, place, "'%s' is none of %s", value, option->argument);
    }
    return OK;
}

enum status option_take(struct options *options, struct option_found found, const char *value,
                        enum option_source source, const char *place, struct error *error)
{
    const struct option *option = &options->table[found.index];
    struct option_value *slot = &options->values[found.index];
    if (value[0] == '\0' && option->kind != OPTION_NUMBER && option->kind != OPTION_FLAG) {
        return error_set(error, E_FORMAT, place, "a value (%s) is missing", found.twin ? "FILE" : option->argument);
    }
    enum status status = found.twin ? OK : check_value(option, value, place, error);
    if (status != OK || source < slot->source) {
        return status; /* a bad value is told even where a better one hides it */
    }
    if (source == slot->source && source != SOURCE_DEFAULT && source != SOURCE_FLAG) {
        return error_set(error, E_FORMAT, place, "%s and %s%s exclude each other", option->name, option->name,
                         twin_end);
    }
    slot->text = value;
    slot->source = source;
    slot->from_file = found.twin;
    return OK;
}

static enum status read_variable(struct options *options, size_t i, bool twin, struct error *error)
{
    char name[OPTION_VARIABLE];
    char variable[OPTION_VARIABLE];
    (void)snprintf(name, sizeof name, "%s%s", options->table[i].name, twin ? twin_end : "");
    option_variable(name, variable);
    const char *value = getenv(variable);
    if (value == NULL || value[0] == '\0') {
        return OK;
    }
    return option_take(options, (struct option_found){.index = i, .twin = twin}, value, SOURCE_ENVIRONMENT, variable,
                       error);
}

static enum status read_environment(struct options *options, struct error *error)
{
    enum status status = OK;
    for (size_t i = 0; options->table[i].kind != OPTION_END && status == OK; i++) {
        if (!options->table[i].no_environment) {
            status = read_variable(options, i, false, error);
        }
        if (status == OK && options->table[i].secret) {
            status = read_variable(options, i, true, error);
        }
    }
    return status;
}

/* Reads the flag at argv[*at]; moves *at to the last argument it used. */
static enum status read_flag(struct options *options, int argc, char *const *argv, int *at, struct error *error)
{
    const char *name = argv[*at] + 2;
    const char *equals = strchr(name, '=');
    size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
    char flag[OPTION_PLACE]; /* without the value: it may be a secret */
    (void)snprintf(flag, sizeof flag, "%.*s", (int)strcspn(argv[*at], "="), argv[*at]);
    struct option_found found;
    if (!option_find(options->table, name, length, &found)) {
        const char *nearest = options_nearest(options->table, name, length);
        return nearest == NULL ? error_set(error, E_FORMAT, flag, "no such option; --help lists them")
                               : error_set(error, E_FORMAT, flag, "no such option; did you mean --%s?", nearest);
    }
    const char *value = equals != NULL ? equals + 1 : NULL;
    if (value == NULL && options->table[found.index].kind == OPTION_FLAG) {
        value = "true";
    }
    if (value == NULL) {
        if (*at + 1 >= argc) {
            return error_set(error, E_FORMAT, flag, "a value (%s) is missing",
                             found.twin ? "FILE" : options->table[found.index].argument);
        }
        value = argv[++*at];
    }
    return option_take(options, found, value, SOURCE_FLAG, flag, error);
}

static enum status read_arguments(struct options *options, int argc, char *const *argv, struct error *error)
{
    enum status status = OK;
    bool flags_over = false;
    for (int i = 1; i < argc && status == OK; i++) {
        if (!flags_over && strcmp(argv[i], "--") == 0) {
            flags_over = true;
        } else if (!flags_over && argv[i][0] == '-' && argv[i][1] == '-') {
            status = read_flag(options, argc, argv, &i, error);
        } else if (!flags_over && argv[i][0] == '-' && argv[i][1] != '\0') {
            status = error_set(error, E_FORMAT, argv[i], "no such option; --help lists them");
        } else if (options->argument_count == OPTIONS_ARGUMENTS) {
            status = error_set(error, E_LIMIT, argv[i], "more than %d arguments", OPTIONS_ARGUMENTS);
        } else {
            options->arguments[options->argument_count++] = argv[i];
        }
    }
    return status;
}

enum status options_read(struct options *options, const struct option *table, int argc, char *const *argv,
                         struct error *error)
{
    *options = (struct options){.table = table};
    for (size_t i = 0; table[i].kind != OPTION_END; i++) {
        assert(i < OPTIONS_MOST);
        options->values[i].text = table[i].value;
    }
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            options->wants_help = true;
            return OK;
        }
    }
    /* flags first, though they win: one of them names the file */
    enum status status = read_arguments(options, argc, argv, error);
    if (status == OK) {
        status = read_environment(options, error);
    }
    if (status == OK) {
        status = options_read_config(options, error);
    }
    return status == OK ? options_read_secrets(options, error) : status;
}

void options_finish(struct options *options)
{
    for (size_t i = 0; i < OPTIONS_MOST; i++) {
        free(options->values[i].owned);
        options->values[i] = (struct option_value){0};
    }
}

const char *options_text(const struct options *options, const char *name)
{
    return options->values[known_index(options, name)].text;
}

int64_t options_number(const struct options *options, const char *name)
{
    size_t i = known_index(options, name);
    assert(options->table[i].kind == OPTION_NUMBER && options->values[i].text != NULL);
    return strtoll(options->values[i].text, NULL, 10);
}

bool options_flag(const struct options *options, const char *name)
{
    const char *text = options_text(options, name);
    bool value = false;
    return text != NULL && flag_value(text, &value) && value;
}

enum option_source options_source(const struct options *options, const char *name)
{
    return options->values[known_index(options, name)].source;
}

const char *options_place(const struct options *options, const char *name, char place[OPTION_PLACE])
{
    size_t i = known_index(options, name);
    const char *end = options->values[i].from_file ? twin_end : "";
    char variable[OPTION_VARIABLE];
    char full[OPTION_VARIABLE];
    (void)snprintf(full, sizeof full, "%s%s", name, end);
    switch (options->values[i].source) {
    case SOURCE_DEFAULT:
        (void)snprintf(place, OPTION_PLACE, "%s--%s", options->table[i].value == NULL ? "" : "default of ", full);
        break;
    case SOURCE_FILE:
        (void)snprintf(place, OPTION_PLACE, "%s: %s", options->config_name, full);
        break;
    case SOURCE_ENVIRONMENT:
        option_variable(full, variable);
        (void)snprintf(place, OPTION_PLACE, "%s", variable);
        break;
    case SOURCE_FLAG:
        (void)snprintf(place, OPTION_PLACE, "--%s", full);
        break;
    }
    return place;
}

enum status options_refuse(const struct options *options, const char *name, struct error *error, enum status status,
                           const char *format, ...)
{
    char place[OPTION_PLACE];
    char text[sizeof error->text];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return error_set(error, status, options_place(options, name, place), "%s", text);
}
