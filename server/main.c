/*
 * mockdc SUB-COMMAND ...: chooses the sub-command.
 */
#include <stdio.h>
#include <string.h>

#include "cli/wire.h"
#include "fleet/device_command.h"
#include "serve.h"

enum { EXIT_USAGE = 2 };

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"serve", serve_main, "the server: MQTT for devices, HTTP for firmware and the REST API"},
    {"device", fleet_device_main, "one virtual device that behaves as the QuecThing SDK does"},
    {"wire", cli_wire, "check vectors of the device protocol, decode a frame"},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(FILE *file)
{
    (void)fprintf(file,
                  "usage: mockdc COMMAND [OPTIONS]\n\n"
                  "mockdc stands in for the QuecThing Developer Center, to test firmware updates over the air.\n\n"
                  "commands:\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        (void)fprintf(file, "  %-8s %s\n", commands[i].name, commands[i].help);
    }
    (void)fprintf(file, "\n'mockdc COMMAND --help' explains each. 'mockdc --version' says which one this is.\n");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("mockdc %s\n", MOCKDC_VERSION);
        return 0;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    (void)fprintf(stderr, "mockdc: there is no command '%s'; 'mockdc --help' lists them\n", argv[1]);
    return EXIT_USAGE;
}
