#include "cli/wire.h"

#include <string.h>

enum { EXIT_USAGE = 2 };

static void print_help(FILE *stream)
{
    (void)fputs("usage: mockdc wire check FILE\n"
                "       mockdc wire decode HEX [--session-key HEX]\n"
                "\n"
                "check   runs every vector of a vectors file in both directions and names each that\n"
                "        fails. Exit code: 0 all pass, 1 some fail, 2 the file can not be used.\n"
                "decode  prints a frame of the device protocol as JSON. With a session key (32 digits)\n"
                "        the frame may be encrypted. Exit code: 0, 1 no frame or a wrong message, 2 wrong use.\n",
                stream);
}

static int usage_error(const char *text, const char *word)
{
    (void)fprintf(stderr, "mockdc wire: %s%s; see mockdc wire --help\n", text, word);
    return EXIT_USAGE;
}

static int run_check(int argc, char **argv)
{
    if (argc != 1) {
        return usage_error("check wants one FILE", "");
    }
    return wire_check_file(argv[0], stdout, stderr);
}

static int run_decode(int argc, char **argv)
{
    static const char key_flag[] = "--session-key";
    const char *hex = NULL;
    const char *key = NULL;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], key_flag) == 0 && i + 1 < argc) {
            key = argv[++i];
        } else if (strncmp(argv[i], key_flag, strlen(key_flag)) == 0 && argv[i][strlen(key_flag)] == '=') {
            key = argv[i] + strlen(key_flag) + 1;
        } else if (argv[i][0] == '-') {
            return usage_error("unknown or incomplete option ", argv[i]);
        } else if (hex != NULL) {
            return usage_error("decode wants one HEX", "");
        } else {
            hex = argv[i];
        }
    }
    return hex == NULL ? usage_error("decode wants one HEX", "") : wire_decode_text(hex, key, stdout, stderr);
}

int cli_wire(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(stdout);
            return 0;
        }
    }
    if (argc >= 2 && strcmp(argv[1], "check") == 0) {
        return run_check(argc - 2, argv + 2);
    }
    if (argc >= 2 && strcmp(argv[1], "decode") == 0) {
        return run_decode(argc - 2, argv + 2);
    }
    return argc < 2 ? usage_error("wants check or decode", "") : usage_error("no such command: ", argv[1]);
}
