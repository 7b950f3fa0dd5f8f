/*
 * What is to be known of a sub-command besides what it does: one struct, from which its help, its page of the manual
 * and the shell's completion are written.
 *
 *   struct subcommand --> mockdc serve --help     command_help()
 *                 \--> mockdc-serve.1          command_manual()
 *                  \-> bash, zsh, fish         commands_complete()
 */
#ifndef CONFIG_COMMAND_H
#define CONFIG_COMMAND_H

#include <stdio.h>

#include "config/options.h"

struct subcommand {
    const char *name;     /* "serve" */
    const char *summary;  /* one line without a full stop */
    const char *usage;    /* what follows "mockdc NAME": lines */
    const char *about;    /* paragraphs, an empty line between them */
    const char *words;    /* for completion: fixed first arguments, a blank between; NULL: none */
    const char *exits;    /* "0  ended by a signal" lines */
    const char *examples; /* "# what\nline" pairs, an empty line between them; NULL: none */
    const struct option *options;
    int (*run)(int argc, char **argv); /* argv[0] is the name; returns the exit code */
};

/* The text of `mockdc NAME --help`; headings are bold where `file` is a terminal that wants colour. */
void command_help(FILE *file, const struct subcommand *command);

/* The commands in one list, for `mockdc --help`. */
void commands_help(FILE *file, const struct subcommand *const *commands, size_t count);

/* man(7) source of mockdc-NAME.1, and of mockdc.1, which names all of them. */
void command_manual(FILE *file, const struct subcommand *command);
void commands_manual(FILE *file, const struct subcommand *const *commands, size_t count);

/* A completion script; E_NOT_FOUND: `shell` is none of bash, zsh, fish. */
MUST_USE enum status commands_complete(FILE *file, const char *shell, const struct subcommand *const *commands,
                                       size_t count);

/*
 * Looks for MOCKDC_... variables that no command knows. E_FORMAT when one is nearly a known one: most probably it is
 * misspelt; *error says which. Any other is a script's own: OK, with the names of all such in `strange`
 * ("MOCKDC_A, MOCKDC_B"), or "" there.
 */
enum { STRANGE_VARIABLES = 256 };
MUST_USE enum status commands_check_variables(const struct subcommand *const *commands, size_t count,
                                              char strange[STRANGE_VARIABLES], struct error *error);

/* For a command that takes no arguments: E_FORMAT when there is one. */
MUST_USE enum status command_no_arguments(const struct options *options, struct error *error);

/* Writes "mockdc NAME: place: text" to stderr; returns `code`. */
int command_complain(const struct subcommand *command, const struct error *error, int code);

#endif
