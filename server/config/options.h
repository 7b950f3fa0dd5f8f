/*
 * Options of a sub-command from one table: flags, environment variables, keys of a JSON file, help, manual page and
 * shell completion all come from it.
 *
 *   static const struct option table[] = {
 *       {.name = "http", .kind = OPTION_TEXT, .value = "127.0.0.1:8080", .argument = "ADDRESS:PORT", .help = "..."},
 *       {0}};
 *
 *   --http 127.0.0.1:0      --http=127.0.0.1:0      MOCKDC_HTTP=127.0.0.1:0      {"http": "127.0.0.1:0"}
 *
 *   flag (the last one wins)  >  environment  >  file that --config names  >  default
 *
 * A secret option X has a twin X-file everywhere (--api-token-file, MOCKDC_API_TOKEN_FILE, "api-token-file"): the value
 * is the first line of that file. Flags may stand before, between and behind the other arguments; "--" ends them.
 */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum option_kind {
    OPTION_END,
    OPTION_TEXT,
    OPTION_CHOICE, /* one of the words of `argument`: "text|json" */
    OPTION_NUMBER,
    OPTION_FLAG,
    OPTION_CONFIG, /* names the JSON file; at most one in a table */
};

struct option {
    enum option_kind kind;
    const char *name;     /* "data-dir"; the variable is MOCKDC_DATA_DIR */
    const char *argument; /* what the help calls the value: "DIR"; NULL for OPTION_FLAG */
    const char *value;    /* default, as it would be written; NULL: none */
    int64_t least;        /* OPTION_NUMBER: range, inclusive */
    int64_t most;
    const char *help;    /* sentences; wrapped where they are printed */
    const char *section; /* heading in front of this option; NULL: it belongs to the last one */
    bool secret;         /* the value is never printed */
    bool no_environment; /* this one has neither variable nor key: it belongs to one command line */
};

enum { OPTIONS_MOST = 64, OPTIONS_ARGUMENTS = 64, OPTION_PLACE = 160, OPTION_VARIABLE = 64 };

enum option_source { SOURCE_DEFAULT, SOURCE_FILE, SOURCE_ENVIRONMENT, SOURCE_FLAG };

struct option_value {
    const char *text; /* borrowed from the table, the environment or argv, or `owned`; NULL: none */
    char *owned;
    enum option_source source;
    bool from_file; /* `text` was read from the file that the twin X-file names */
};

struct options {
    const struct option *table;
    struct option_value values[OPTIONS_MOST];
    char config_name[64]; /* last part of the JSON file's path; "" without one */
    size_t argument_count;
    const char *arguments[OPTIONS_ARGUMENTS]; /* what is no flag */
    bool wants_help;                          /* --help was given */
};

/*
 * Reads argv[1..], the environment and the JSON file. E_FORMAT: unknown option, missing or bad value; *error names the
 * option, its source and what is allowed (exit code 2). With --help nothing else is checked. *options is to be finished
 * in any case.
 */
MUST_USE enum status options_read(struct options *options, const struct option *table, int argc, char *const *argv,
                                  struct error *error);
void options_finish(struct options *options);

/* Values by name; asking for a name that the table does not have is a broken promise (assert). */
const char *options_text(const struct options *options, const char *name); /* NULL: not given and no default */
int64_t options_number(const struct options *options, const char *name);
bool options_flag(const struct options *options, const char *name);
enum option_source options_source(const struct options *options, const char *name);

/* Where the value comes from, as an error names it: "--http", "MOCKDC_HTTP", "my.json: http", "default of --http",
 * "--api-token" of what has no default and was not given. */
const char *options_place(const struct options *options, const char *name, char place[OPTION_PLACE]);

/* For a value that only the caller can judge: fills *error with its place. Returns `status`. */
enum status options_refuse(const struct options *options, const char *name, struct error *error, enum status status,
                           const char *format, ...) PRINTF_LIKE(5, 6);

/* "data-dir" -> "MOCKDC_DATA_DIR" */
void option_variable(const char *name, char variable[OPTION_VARIABLE]);

/* "default", "file", "environment", "flag" */
const char *option_source_name(enum option_source source);

/* The name of the table that `word` (of `length` bytes) most probably means, or NULL: at most two letters differ. */
const char *options_nearest(const struct option *table, const char *word, size_t length);

#endif
