#include "cli/wire.h"

#include <string.h>

enum { EXIT_USAGE = 2 };

static const struct option wire_options[] = {{.kind = OPTION_TEXT,
                                              .name = "session-key",
                                              .argument = "HEX",
                                              .no_environment = true,
                                              .help = "For decode: 32 digits; the frame may be encrypted with it."},
                                             {0}};

static int run(const struct options *options, struct error *error)
{
    const char *key = options_text(options, "session-key");
    const char *what = options->argument_count > 0 ? options->arguments[0] : "";
    bool check = strcmp(what, "check") == 0;
    if (!check && strcmp(what, "decode") != 0) {
        (void)error_set(error, E_FORMAT, what, "wants check or decode; see mockdc wire --help");
    } else if (options->argument_count != 2) {
        (void)error_set(error, E_FORMAT, what, "wants one %s; see mockdc wire --help", check ? "FILE" : "HEX");
    } else if (check && key != NULL) {
        (void)error_set(error, E_FORMAT, "--session-key", "is for decode");
    } else {
        return check ? wire_check_file(options->arguments[1], stdout, stderr)
                     : wire_decode_text(options->arguments[1], key, stdout, stderr);
    }
    return command_complain(&cli_wire_command, error, EXIT_USAGE);
}

static int wire_main(int argc, char **argv)
{
    struct options options;
    struct error error = {0};
    int code = 0;
    if (options_read(&options, wire_options, argc, argv, &error) != OK) {
        code = command_complain(&cli_wire_command, &error, EXIT_USAGE);
    } else if (options.wants_help) {
        command_help(stdout, &cli_wire_command);
    } else {
        code = run(&options, &error);
    }
    options_finish(&options);
    return code;
}

const struct subcommand cli_wire_command = {
    .name = "wire",
    .summary = "check vectors of the device protocol, decode a frame",
    .usage = "check FILE\ndecode HEX [--session-key HEX]",
    .about = "check runs every vector of a vectors file in both directions and names each that fails.\n\n"
             "decode prints a frame of the device protocol as JSON.",
    .words = "check decode",
    .examples = "# what did the device say?\nmockdc wire decode aaaa00175300020034000a005a00120825001a803c002202800000",
    .exits =
        "0  all vectors pass, the frame is right\n1  a vector fails, no frame or a wrong message\n2  wrong use, or "
        "the file cannot be used",
    .options = wire_options,
    .run = wire_main,
};
