#include "config/options.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { VARIABLE_LENGTH = 64, FLAG_LENGTH = 48, HELP_WIDTH = 100, HELP_INDENT = 8 };

/* "data-dir" -> "MOCKDC_DATA_DIR" */
static void variable_name(const char *name, char variable[VARIABLE_LENGTH])
{
    size_t length = (size_t)snprintf(variable, VARIABLE_LENGTH, "MOCKDC_%s", name);
    for (size_t i = 0; i < length && i < VARIABLE_LENGTH; i++) {
        variable[i] = variable[i] == '-' ? '_' : (char)toupper((unsigned char)variable[i]);
    }
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

static size_t known_index(const struct options *options, const char *name)
{
    size_t i = index_of(options->table, name, strlen(name));
    assert(options->table[i].kind != OPTION_END);
    return i;
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

/* Takes `value` for option i after checking it; `place` is the flag or the variable, for the error. */
static enum status take_value(struct options *options, size_t i, const char *value, enum option_source source,
                              const char *place, struct error *error)
{
    const struct option *option = &options->table[i];
    int64_t number = 0;
    bool flag = false;
    if (option->kind == OPTION_NUMBER && text_parse_int(value, option->least, option->most, &number) != OK) {
        return error_set(error, E_FORMAT, place, "'%s' is not a whole number from %lld to %lld", value,
                         (long long)option->least, (long long)option->most);
    }
    if (option->kind == OPTION_FLAG && !flag_value(value, &flag)) {
        return error_set(error, E_FORMAT, place, "'%s' is neither true nor false", value);
    }
    if (option->kind == OPTION_TEXT && value[0] == '\0') {
        return error_set(error, E_FORMAT, place, "a value (%s) is missing", option->argument);
    }
    options->values[i] = value;
    options->sources[i] = source;
    return OK;
}

static enum status read_environment(struct options *options, struct error *error)
{
    for (size_t i = 0; options->table[i].kind != OPTION_END; i++) {
        char variable[VARIABLE_LENGTH];
        variable_name(options->table[i].name, variable);
        const char *value = options->table[i].no_environment ? NULL : getenv(variable);
        if (value != NULL && value[0] != '\0') {
            enum status status = take_value(options, i, value, SOURCE_ENVIRONMENT, variable, error);
            if (status != OK) {
                return status;
            }
        }
    }
    return OK;
}

/* Reads the flag at argv[*at]; moves *at to the last argument it used. */
static enum status read_flag(struct options *options, int argc, char *const *argv, int *at, struct error *error)
{
    const char *name = argv[*at] + 2;
    const char *equals = strchr(name, '=');
    char flag[FLAG_LENGTH]; /* without the value: it may be a secret */
    (void)snprintf(flag, sizeof flag, "%.*s", (int)strcspn(argv[*at], "="), argv[*at]);
    size_t i = index_of(options->table, name, equals != NULL ? (size_t)(equals - name) : strlen(name));
    if (options->table[i].kind == OPTION_END) {
        return error_set(error, E_FORMAT, flag, "no such option; --help lists them");
    }
    const char *value = equals != NULL ? equals + 1 : NULL;
    if (value == NULL && options->table[i].kind == OPTION_FLAG) {
        value = "true";
    }
    if (value == NULL) {
        if (*at + 1 >= argc) {
            return error_set(error, E_FORMAT, flag, "a value (%s) is missing", options->table[i].argument);
        }
        value = argv[++*at];
    }
    return take_value(options, i, value, SOURCE_FLAG, flag, error);
}

enum status options_read(struct options *options, const struct option *table, int argc, char *const *argv,
                         struct error *error)
{
    *options = (struct options){.table = table};
    for (size_t i = 0; table[i].kind != OPTION_END; i++) {
        assert(i < OPTIONS_MOST);
        options->values[i] = table[i].value;
    }
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            options->wants_help = true;
            return OK;
        }
    }
    enum status status = read_environment(options, error);
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

const char *options_text(const struct options *options, const char *name)
{
    return options->values[known_index(options, name)];
}

int64_t options_number(const struct options *options, const char *name)
{
    size_t i = known_index(options, name);
    assert(options->table[i].kind == OPTION_NUMBER && options->values[i] != NULL);
    return strtoll(options->values[i], NULL, 10);
}

bool options_flag(const struct options *options, const char *name)
{
    const char *text = options_text(options, name);
    bool value = false;
    return text != NULL && flag_value(text, &value) && value;
}

enum option_source options_source(const struct options *options, const char *name)
{
    return options->sources[known_index(options, name)];
}

/* Prints `text` in lines of at most HELP_WIDTH, each behind HELP_INDENT blanks. */
static void print_wrapped(FILE *file, const char *text)
{
    size_t column = 0;
    while (*text != '\0') {
        size_t word = strcspn(text, " ");
        if (column == 0 || column + 1 + word > HELP_WIDTH) {
            (void)fprintf(file, "%s%*s", column == 0 ? "" : "\n", HELP_INDENT, "");
            column = HELP_INDENT;
        } else {
            (void)fputc(' ', file);
            column++;
        }
        (void)fprintf(file, "%.*s", (int)word, text);
        column += word;
        text += word + strspn(text + word, " ");
    }
    (void)fputc('\n', file);
}

void options_help(FILE *file, const char *usage, const char *about, const struct option *table)
{
    (void)fprintf(file, "usage: %s\n\n%s\n\noptions:\n", usage, about);
    for (const struct option *option = table; option->kind != OPTION_END; option++) {
        (void)fprintf(file, "  --%s%s%s\n", option->name, option->argument != NULL ? " " : "",
                      option->argument != NULL ? option->argument : "");
        print_wrapped(file, option->help);
        char variable[VARIABLE_LENGTH];
        variable_name(option->name, variable);
        bool has_default = option->value != NULL && option->kind != OPTION_FLAG;
        if (has_default || !option->no_environment) {
            (void)fprintf(file, "%*s[%s%s%s%s]\n", HELP_INDENT, "", has_default ? "default " : "",
                          has_default ? option->value : "", has_default && !option->no_environment ? "; " : "",
                          option->no_environment ? "" : variable);
        }
    }
    (void)fprintf(file, "  --help\n");
    print_wrapped(file, "Show this text.");
}
