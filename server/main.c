/*
 * mockdc SUB-COMMAND ...: chooses the sub-command.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"

enum { EXIT_USAGE = 2 };

static int run(const struct subcommand *command, int argc, char **argv)
{
    struct error error = {0};
    char strange[STRANGE_VARIABLES];
    if (commands_check_variables(commands, COMMANDS, strange, &error) != OK) {
        return command_complain(command, &error, EXIT_USAGE);
    }
    if (strange[0] != '\0' && command == &serve_command) {
        (void)fprintf(stderr, "mockdc %s: not used, for they are no variables of mockdc's: %s\n", command->name,
                      strange);
    }
    return command->run(argc, argv);
}

static int print_version(void)
{
    (void)printf("mockdc %s\n", MOCKDC_VERSION);
    return 0;
}

/* As for --help: wherever it stands, before a "--". */
static bool wants_version(int argc, char *const *argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--version") == 0) {
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        commands_help(stderr, commands, COMMANDS);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        commands_help(stdout, commands, COMMANDS);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        return print_version();
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i]->name) == 0) {
            return wants_version(argc - 1, argv + 1) ? print_version() : run(commands[i], argc - 1, argv + 1);
        }
    }
    (void)fprintf(stderr, "mockdc: there is no command '%s'; 'mockdc --help' lists them\n", argv[1]);
    return EXIT_USAGE;
}
