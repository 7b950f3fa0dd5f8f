/*
 * Options of a sub-command from one table: flags, environment variables and the help text all come from it.
 *
 *   static const struct option table[] = {
 *       {.name = "http", .kind = OPTION_TEXT, .value = "127.0.0.1:8080", .argument = "ADDRESS:PORT", .help = "..."},
 *       {0}};
 *
 *   --http 127.0.0.1:0      --http=127.0.0.1:0      MOCKDC_HTTP=127.0.0.1:0      a flag wins over the environment,
 *                                                                               a later flag over an earlier one
 *
 * Flags may stand before, between and behind the other arguments; "--" ends them.
 */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

enum option_kind { OPTION_END, OPTION_TEXT, OPTION_NUMBER, OPTION_FLAG };

struct option {
    enum option_kind kind;
    const char *name;     /* "data-dir"; the variable is MOCKDC_DATA_DIR */
    const char *argument; /* what the help calls the value: "DIR"; NULL for OPTION_FLAG */
    const char *value;    /* default, as it would be written; NULL: none */
    int64_t least;        /* OPTION_NUMBER: range, inclusive */
    int64_t most;
    const char *help;    /* one sentence; wrapped by options_help() */
    bool secret;         /* the value is never printed */
    bool no_environment; /* this one has no variable */
};

enum { OPTIONS_MOST = 48, OPTIONS_ARGUMENTS = 64 };

enum option_source { SOURCE_DEFAULT, SOURCE_ENVIRONMENT, SOURCE_FLAG };

struct options {
    const struct option *table;
    const char *values[OPTIONS_MOST]; /* borrowed from the table, the environment or argv */
    enum option_source sources[OPTIONS_MOST];
    size_t argument_count;
    const char *arguments[OPTIONS_ARGUMENTS]; /* what is no flag */
    bool wants_help;                          /* --help was given */
};

/*
 * Reads argv[1..] and the environment. E_FORMAT: unknown flag, missing or bad value; *error names the option, its
 * source and what is allowed (exit code 2). With --help nothing else is checked.
 */
MUST_USE enum status options_read(struct options *options, const struct option *table, int argc, char *const *argv,
                                  struct error *error);

/* Values by name; asking for a name that the table does not have is a broken promise (assert). */
const char *options_text(const struct options *options, const char *name); /* NULL: not given and no default */
int64_t options_number(const struct options *options, const char *name);
bool options_flag(const struct options *options, const char *name);
enum option_source options_source(const struct options *options, const char *name);

/* Usage line, `about` (paragraphs), then every option with its variable and default. */
void options_help(FILE *file, const char *usage, const char *about, const struct option *table);

#endif
