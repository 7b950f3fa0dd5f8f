/*
 * mockdc manual: the pages and the completion scripts that the build installs, from the same tables as --help.
 */
#include <stdio.h>
#include <string.h>

#include "commands.h"

enum { EXIT_USAGE = 2 };

static const struct option manual_options[] = {{.kind = OPTION_CHOICE,
                                                .name = "completion",
                                                .argument = "bash|zsh|fish",
                                                .no_environment = true,
                                                .help = "Print the completion script of this shell instead."},
                                               {0}};

static int print_page(const char *name)
{
    if (name == NULL) {
        commands_manual(stdout, commands, COMMANDS);
        return 0;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            command_manual(stdout, commands[i]);
            return 0;
        }
    }
    (void)fprintf(stderr, "mockdc manual: there is no command '%s'\n", name);
    return EXIT_USAGE;
}

static int manual_main(int argc, char **argv)
{
    struct options options;
    struct error error = {0};
    enum status status = options_read(&options, manual_options, argc, argv, &error);
    if (status == OK && options.wants_help) {
        command_help(stdout, &manual_command);
    } else if (status == OK && options_text(&options, "completion") != NULL) {
        status = commands_complete(stdout, options_text(&options, "completion"), commands, COMMANDS);
    } else if (status == OK) {
        int code = print_page(options.argument_count > 0 ? options.arguments[0] : NULL);
        options_finish(&options);
        return code;
    }
    options_finish(&options);
    return status == OK ? 0 : command_complain(&manual_command, &error, EXIT_USAGE);
}

const struct subcommand manual_command = {
    .name = "manual",
    .summary = "print a page of the manual, or a completion script",
    .usage = "[COMMAND]\n--completion SHELL",
    .about = "Prints the source of a page of the manual: of COMMAND, or of mockdc itself. An installed mockdc has them "
             "in place already.",
    .examples = "# read about the options of the server\nmockdc manual serve | man -l -\n\n"
                "# complete mockdc's options in this shell\nsource <(mockdc manual --completion bash)",
    .exits = "0  printed\n2  wrong command line",
    .options = manual_options,
    .run = manual_main,
};
