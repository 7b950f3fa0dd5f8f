#include "config/command.h"

#include <string.h>
#include <unistd.h>

#include "base/terminal.h"

enum { HELP_WIDTH = 100, HELP_INDENT = 8 };

static const char variable_start[] = "MOCKDC_";

/* Prints `text` in lines of at most HELP_WIDTH, each behind `indent` blanks; line ends in the text stay. */
static void print_wrapped(FILE *file, const char *text, int indent)
{
    size_t column = 0;
    while (*text != '\0') {
        size_t word = strcspn(text, " \n");
        if (column == 0 || column + 1 + word > HELP_WIDTH) {
            (void)fprintf(file, "%s%*s", column == 0 ? "" : "\n", indent, "");
            column = (size_t)indent;
        } else {
            (void)fputc(' ', file);
            column++;
        }
        (void)fprintf(file, "%.*s", (int)word, text);
        column += word;
        text += word;
        text += strspn(text, " ");
        for (; *text == '\n'; text++) {
            (void)fputc('\n', file);
            column = 0;
        }
    }
    if (column != 0) {
        (void)fputc('\n', file);
    }
}

/* Prints lines as they are, each behind two blanks. */
static void print_lines(FILE *file, const char *text)
{
    while (*text != '\0') {
        size_t line = strcspn(text, "\n");
        (void)fprintf(file, "%s%.*s\n", line == 0 ? "" : "  ", (int)line, text);
        text += line + (text[line] == '\n');
    }
}

static void print_heading(FILE *file, const char *heading)
{
    bool bold = terminal_has_colour(fileno(file));
    (void)fprintf(file, "\n%s%s:%s\n", bold ? "\033[1m" : "", heading, bold ? "\033[0m" : "");
}

static void print_origin(FILE *file, const struct option *option)
{
    char variable[OPTION_VARIABLE];
    option_variable(option->name, variable);
    bool has_default = option->value != NULL && option->kind != OPTION_FLAG;
    if (has_default || !option->no_environment) {
        (void)fprintf(file, "%*s[%s%s%s%s]\n", HELP_INDENT, "", has_default ? "default " : "",
                      has_default ? option->value : "", has_default && !option->no_environment ? "; " : "",
                      option->no_environment ? "" : variable);
    }
}

static void print_option(FILE *file, const struct option *option)
{
    (void)fprintf(file, "  --%s%s%s\n", option->name, option->argument != NULL ? " " : "",
                  option->argument != NULL ? option->argument : "");
    print_wrapped(file, option->help, HELP_INDENT);
    print_origin(file, option);
    if (option->secret) {
        char variable[OPTION_VARIABLE];
        option_variable(option->name, variable);
        (void)fprintf(file, "  --%s-file FILE\n%*sThe same, the first line of a file.\n", option->name, HELP_INDENT,
                      "");
        if (!option->no_environment) {
            (void)fprintf(file, "%*s[%s_FILE]\n", HELP_INDENT, "", variable);
        }
    }
}

void command_help(FILE *file, const struct subcommand *command)
{
    const char *usage = command->usage;
    for (const char *word = "usage:"; *usage != '\0'; word = "      ") {
        size_t line = strcspn(usage, "\n");
        (void)fprintf(file, "%s mockdc %s %.*s\n", word, command->name, (int)line, usage);
        usage += line + (usage[line] == '\n');
    }
    (void)fputc('\n', file);
    print_wrapped(file, command->about, 0);
    if (command->examples != NULL) {
        print_heading(file, "examples");
        print_lines(file, command->examples);
    }
    if (command->options[0].kind != OPTION_END && command->options[0].section == NULL) {
        print_heading(file, "options");
    }
    for (const struct option *option = command->options; option->kind != OPTION_END; option++) {
        if (option->section != NULL) {
            print_heading(file, option->section);
        }
        print_option(file, option);
    }
    (void)fprintf(file, "  --help\n%*sShow this text.\n  --version\n%*sSay which version this is.\n", HELP_INDENT, "",
                  HELP_INDENT, "");
    print_heading(file, "exit codes");
    print_lines(file, command->exits);
}

void commands_help(FILE *file, const struct subcommand *const *commands, size_t count)
{
    (void)fprintf(file,
                  "usage: mockdc COMMAND [OPTIONS]\n\n"
                  "mockdc stands in for the QuecThing Developer Center, to test firmware updates over the air.\n");
    print_heading(file, "commands");
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(file, "  %-11s %s\n", commands[i]->name, commands[i]->summary);
    }
    (void)fprintf(file, "\n'mockdc COMMAND --help' explains each. 'mockdc --version' says which one this is.\n");
}

/* Whether a command knows the variable "MOCKDC_<rest>"; else *nearest gets what may be meant. */
static bool is_known(const struct subcommand *command, const char *variable, size_t length, char *nearest)
{
    char rest[OPTION_VARIABLE];
    size_t count = 0;
    for (const char *c = variable + sizeof variable_start - 1; c < variable + length; c++) {
        char low = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
        rest[count++] = low == '_' ? '-' : low;
    }
    rest[count] = '\0';
    for (const struct option *option = command->options; option->kind != OPTION_END; option++) {
        size_t name = strlen(option->name);
        if (strncmp(rest, option->name, name) == 0 &&
            (rest[name] == '\0' || (option->secret && strcmp(rest + name, "-file") == 0))) {
            return true;
        }
    }
    const char *near = options_nearest(command->options, rest, count);
    if (near != NULL && nearest[0] == '\0') {
        option_variable(near, nearest);
    }
    return false;
}

enum status commands_check_variables(const struct subcommand *const *commands, size_t count,
                                     char strange[STRANGE_VARIABLES], struct error *error)
{
    strange[0] = '\0';
    for (char **entry = environ; *entry != NULL; entry++) {
        size_t length = strcspn(*entry, "=");
        if (strncmp(*entry, variable_start, sizeof variable_start - 1) != 0 || length >= OPTION_VARIABLE) {
            continue;
        }
        char nearest[OPTION_VARIABLE] = "";
        bool known = false;
        for (size_t i = 0; i < count && !known; i++) {
            known = is_known(commands[i], *entry, length, nearest);
        }
        if (!known && nearest[0] != '\0') {
            char place[OPTION_VARIABLE];
            (void)snprintf(place, sizeof place, "%.*s", (int)length, *entry);
            return error_set(error, E_FORMAT, place, "no such variable; did you mean %s?", nearest);
        }
        if (!known) {
            size_t used = strlen(strange);
            (void)snprintf(strange + used, STRANGE_VARIABLES - used, "%s%.*s", used == 0 ? "" : ", ", (int)length,
                           *entry);
        }
    }
    return OK;
}

enum status command_no_arguments(const struct options *options, struct error *error)
{
    return options->argument_count == 0
               ? OK
               : error_set(error, E_FORMAT, options->arguments[0], "is no option; --help lists them");
}

int command_complain(const struct subcommand *command, const struct error *error, int code)
{
    (void)fprintf(stderr, "mockdc %s: %s%s%s\n", command->name, error->place, error->place[0] == '\0' ? "" : ": ",
                  error->text);
    return code;
}
