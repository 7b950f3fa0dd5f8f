/*
 * man(7) source. A text is escaped so that no line of it is taken for a request: '\' and '-' are spelt, and a line that
 * begins with '.' or ''' gets a zero-width character in front.
 */
#include <ctype.h>
#include <string.h>

#include "config/command.h"

static void put_escaped(FILE *file, const char *text, size_t length)
{
    bool line_start = true;
    for (size_t i = 0; i < length; i++) {
        if (line_start && (text[i] == '.' || text[i] == '\'')) {
            (void)fputs("\\&", file);
        }
        if (text[i] == '\\') {
            (void)fputs("\\e", file);
        } else if (text[i] == '-') {
            (void)fputs("\\-", file);
        } else {
            (void)fputc(text[i], file);
        }
        line_start = text[i] == '\n';
    }
}

static void put_text(FILE *file, const char *text)
{
    put_escaped(file, text, strlen(text));
}

static void put_upper(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        (void)fputc(toupper((unsigned char)*text), file);
    }
}

/* Paragraphs with an empty line between them. */
static void put_paragraphs(FILE *file, const char *text)
{
    while (*text != '\0') {
        const char *end = strstr(text, "\n\n");
        size_t length = end == NULL ? strlen(text) : (size_t)(end - text);
        put_escaped(file, text, length);
        (void)fputs("\n", file);
        text += length;
        text += strspn(text, "\n");
        if (*text != '\0') {
            (void)fputs(".PP\n", file);
        }
    }
}

static void put_verbatim(FILE *file, const char *text)
{
    (void)fputs(".nf\n", file);
    put_text(file, text);
    (void)fputs("\n.fi\n", file);
}

static void put_option(FILE *file, const struct option *option)
{
    char variable[OPTION_VARIABLE];
    option_variable(option->name, variable);
    (void)fputs(".TP\n\\fB\\-\\-", file);
    put_text(file, option->name);
    (void)fputs("\\fR", file);
    if (option->argument != NULL) {
        (void)fputs(" \\fI", file);
        put_text(file, option->argument);
        (void)fputs("\\fR", file);
    }
    (void)fputs("\n", file);
    put_text(file, option->help);
    if (option->kind == OPTION_NUMBER) {
        (void)fprintf(file, " %lld to %lld.", (long long)option->least, (long long)option->most);
    }
    if (option->value != NULL && option->kind != OPTION_FLAG) {
        (void)fputs(" Default: ", file);
        put_text(file, option->value);
        (void)fputs(".", file);
    }
    if (!option->no_environment) {
        (void)fputs("\n.br\nVariable: ", file);
        put_text(file, variable);
    }
    if (option->secret) {
        (void)fputs(". The first line of a file instead: \\fB\\-\\-", file);
        put_text(file, option->name);
        (void)fputs("\\-file\\fR \\fIFILE\\fR", file);
        if (!option->no_environment) {
            (void)fprintf(file, ", %s_FILE", variable);
        }
    }
    (void)fputs("\n", file);
}

void command_manual(FILE *file, const struct subcommand *command)
{
    (void)fputs(".TH MOCKDC\\-", file);
    put_upper(file, command->name);
    (void)fprintf(file, " 1 \"\" \"mockdc %s\" \"mockdc manual\"\n.SH NAME\nmockdc\\-%s \\- ", MOCKDC_VERSION,
                  command->name);
    put_text(file, command->summary);
    (void)fputs("\n.SH SYNOPSIS\n", file);
    for (const char *usage = command->usage; *usage != '\0';) {
        size_t line = strcspn(usage, "\n");
        (void)fprintf(file, "\\fBmockdc %s\\fR ", command->name);
        put_escaped(file, usage, line);
        usage += line + (usage[line] == '\n');
        (void)fputs(*usage == '\0' ? "\n" : "\n.br\n", file);
    }
    (void)fputs(".SH DESCRIPTION\n", file);
    put_paragraphs(file, command->about);
    (void)fputs(".SH OPTIONS\n", file);
    for (const struct option *option = command->options; option->kind != OPTION_END; option++) {
        if (option->section != NULL) {
            (void)fprintf(file, ".SS %s\n", option->section);
        }
        put_option(file, option);
    }
    (void)fputs(".TP\n\\fB\\-\\-help\\fR\nShow the help.\n.TP\n\\fB\\-\\-version\\fR\nSay which version this is.\n.SH "
                "EXIT STATUS\n",
                file);
    put_verbatim(file, command->exits);
    if (command->examples != NULL) {
        (void)fputs(".SH EXAMPLES\n", file);
        put_verbatim(file, command->examples);
    }
    (void)fputs(".SH SEE ALSO\n\\fBmockdc\\fR(1)\n", file);
}

void commands_manual(FILE *file, const struct subcommand *const *commands, size_t count)
{
    (void)fprintf(
        file,
        ".TH MOCKDC 1 \"\" \"mockdc %s\" \"mockdc manual\"\n"
        ".SH NAME\nmockdc \\- a stand\\-in for the QuecThing Developer Center\n"
        ".SH SYNOPSIS\n\\fBmockdc\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n"
        ".SH DESCRIPTION\nFirmware updates over the air, tested on a laptop and in CI: devices connect by MQTT "
        "as to the platform, are told of upgrade plans, download firmware over HTTP, and each step is recorded.\n"
        ".SH COMMANDS\n",
        MOCKDC_VERSION);
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(file, ".TP\n\\fBmockdc\\-%s\\fR(1)\n", commands[i]->name);
        put_text(file, commands[i]->summary);
        (void)fputs("\n", file);
    }
    (void)fputs(".SH ENVIRONMENT\nEach option has a variable, named behind it on its command's page. NO_COLOR switches "
                "colour off.\n",
                file);
}
