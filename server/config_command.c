/*
 * mockdc config: what `mockdc serve` would run with, here and now, and why.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/terminal.h"
#include "commands.h"
#include "serve_options.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* For manual and completion: our own options; those of serve stand on its page. */
static const struct option config_options[] = {
    {.kind = OPTION_FLAG,
     .name = "json",
     .no_environment = true,
     .help = "One JSON object: {\"http\": {\"value\": \"127.0.0.1:8080\", \"source\": \"default\"}, ...}."},
    {.kind = OPTION_CONFIG, .name = "config", .argument = "FILE", .help = "As for serve, like all its other options."},
    {0}};

/* The options of serve behind our own; made once, the program has one thread here. */
static const struct option *option_table(void)
{
    static struct option table[OPTIONS_MOST];
    size_t count = 0;
    table[count++] = config_options[0];
    for (const struct option *option = serve_options; option->kind != OPTION_END; option++) {
        table[count++] = *option;
    }
    table[count] = (struct option){0};
    return table;
}

/* What may be shown of a value; NULL: there is none. */
static const char *shown(const struct option *option, const char *text)
{
    if (text == NULL) {
        return option->kind == OPTION_FLAG ? "false" : NULL;
    }
    return option->secret ? "(hidden)" : text;
}

static void print_text(const struct options *options)
{
    bool colour = terminal_has_colour(STDOUT_FILENO);
    for (const struct option *option = serve_options; option->kind != OPTION_END; option++) {
        const char *value = shown(option, options_text(options, option->name));
        char place[OPTION_PLACE];
        bool given = options_source(options, option->name) != SOURCE_DEFAULT;
        (void)printf("%s%-22s %-28s%s %s\n", colour && given ? "\033[1m" : "", option->name,
                     value == NULL ? "-" : value, colour && given ? "\033[0m" : "",
                     given ? options_place(options, option->name, place) : "default");
    }
}

static json_t *to_json(const struct options *options)
{
    json_t *root = json_object();
    for (const struct option *option = serve_options; option->kind != OPTION_END; option++) {
        const char *name = option->name;
        const char *text = shown(option, options_text(options, name));
        json_t *value = text == NULL                    ? json_null()
                        : option->kind == OPTION_NUMBER ? json_integer(options_number(options, name))
                        : option->kind == OPTION_FLAG   ? json_boolean(options_flag(options, name))
                                                        : json_string(text);
        char place[OPTION_PLACE];
        json_t *entry =
            json_pack("{s:o, s:s, s:s}", "value", value, "source", option_source_name(options_source(options, name)),
                      "place", options_place(options, name, place));
        (void)json_object_set_new(root, name, entry);
    }
    return root;
}

static int print(const struct options *options)
{
    if (!options_flag(options, "json")) {
        print_text(options);
        return 0;
    }
    json_t *root = to_json(options);
    bool written = root != NULL && json_dumpf(root, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF;
    json_decref(root);
    return written ? 0 : EXIT_FAILED;
}

static int config_main(int argc, char **argv)
{
    struct options options;
    struct error error = {0};
    struct serve_settings settings;
    struct subcommand described = config_command;
    described.options = option_table();
    enum status status = options_read(&options, described.options, argc, argv, &error);
    int code = 0;
    if (status == OK && options.wants_help) {
        command_help(stdout, &described);
    } else if (status == OK && (status = command_no_arguments(&options, &error)) == OK &&
               (status = serve_settings_read(&options, &settings, &error)) == OK) {
        code = print(&options);
    }
    options_finish(&options);
    return status == OK ? code : command_complain(&config_command, &error, EXIT_USAGE);
}

const struct subcommand config_command = {
    .name = "config",
    .summary = "show the effective options of the server, and where each comes from",
    .usage = "[--json] [OPTIONS OF SERVE]",
    .about = "Reads flags, environment and file exactly as 'mockdc serve' would, checks them, and prints each option "
             "with its value and its source. Starts nothing. Secrets are not shown.",
    .examples = "# is this file right?\nmockdc config --config mockdc.json\n\n"
                "# where does the address come from?\nMOCKDC_HTTP=0.0.0.0:80 mockdc config --json",
    .exits = "0  the options are right\n2  one is wrong: it is named with its source and what is allowed",
    .options = config_options,
    .run = config_main,
};
