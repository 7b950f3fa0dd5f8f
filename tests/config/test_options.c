#include "config/options.h"

#include <stdlib.h>

#include "support/suite.h"

static const struct option table[] = {
    {.kind = OPTION_TEXT,
     .name = "http",
     .argument = "ADDRESS:PORT",
     .value = "127.0.0.1:8080",
     .help = "Where to listen."},
    {.kind = OPTION_TEXT, .name = "data-dir", .argument = "DIR", .help = "Where the state is kept."},
    {.kind = OPTION_TEXT, .name = "api-token", .argument = "TOKEN", .help = "Asked of every call.", .secret = true},
    {.kind = OPTION_NUMBER,
     .name = "slots",
     .argument = "N",
     .value = "10000",
     .least = 1,
     .most = 20000,
     .help = "Devices of a plan that upgrade at once."},
    {.kind = OPTION_FLAG,
     .name = "ephemeral",
     .help = "Keeps the state in a temporary folder that goes at exit, which suits tests that want to begin with "
             "nothing and "
             "to leave nothing behind."},
    {.kind = OPTION_TEXT, .name = "hidden", .argument = "WORD", .help = "Has no variable.", .no_environment = true},
    {0}};

static const char *const variables[] = {"MOCKDC_HTTP",  "MOCKDC_DATA_DIR",  "MOCKDC_API_TOKEN",
                                        "MOCKDC_SLOTS", "MOCKDC_EPHEMERAL", "MOCKDC_HIDDEN"};

/* "NAME=value" pairs; everything else of ours is unset. */
static void set_environment(const char *const *pairs)
{
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        (void)unsetenv(variables[i]);
    }
    for (; *pairs != NULL; pairs++) {
        char pair[128];
        (void)snprintf(pair, sizeof pair, "%s", *pairs);
        char *equals = strchr(pair, '=');
        *equals = '\0';
        (void)setenv(pair, equals + 1, 1);
    }
}

static enum status read_all(struct options *options, const char *const *arguments, struct error *error)
{
    static char program[] = "mockdc";
    char *argv[OPTIONS_ARGUMENTS + 8] = {program};
    int argc = 1;
    for (; arguments[argc - 1] != NULL; argc++) {
        memcpy(&argv[argc], &arguments[argc - 1],
               sizeof argv[argc]); /* main's argv is not const; nobody writes to it */
    }
    return options_read(options, table, argc, argv, error);
}

struct good_row {
    const char *name;
    const char *environment[4];
    const char *arguments[8];
    const char *http;
    enum option_source http_source;
    const char *data_dir; /* NULL: none */
    int64_t slots;
    bool ephemeral;
    const char *rest; /* the arguments that are no flags, one blank between */
};

static const struct good_row good_rows[] = {
    {"nothing", {NULL}, {NULL}, "127.0.0.1:8080", SOURCE_DEFAULT, NULL, 10000, false, ""},
    {"value behind a blank", {NULL}, {"--http", "0.0.0.0:1"}, "0.0.0.0:1", SOURCE_FLAG, NULL, 10000, false, ""},
    {"value behind '='", {NULL}, {"--http=0.0.0.0:1"}, "0.0.0.0:1", SOURCE_FLAG, NULL, 10000, false, ""},
    {"value with '='", {NULL}, {"--data-dir=a=b"}, "127.0.0.1:8080", SOURCE_DEFAULT, "a=b", 10000, false, ""},
    {"value that looks like a flag",
     {NULL},
     {"--data-dir", "--x"},
     "127.0.0.1:8080",
     SOURCE_DEFAULT,
     "--x",
     10000,
     false,
     ""},
    {"environment",
     {"MOCKDC_HTTP=1.1.1.1:1", "MOCKDC_DATA_DIR=d", "MOCKDC_SLOTS=7"},
     {NULL},
     "1.1.1.1:1",
     SOURCE_ENVIRONMENT,
     "d",
     7,
     false,
     ""},
    {"flag wins over the environment",
     {"MOCKDC_HTTP=1.1.1.1:1"},
     {"--http", "2.2.2.2:2"},
     "2.2.2.2:2",
     SOURCE_FLAG,
     NULL,
     10000,
     false,
     ""},
    {"the last of two flags wins",
     {NULL},
     {"--http", "2.2.2.2:2", "--http=3.3.3.3:3"},
     "3.3.3.3:3",
     SOURCE_FLAG,
     NULL,
     10000,
     false,
     ""},
    {"empty variable counts as none",
     {"MOCKDC_HTTP=", "MOCKDC_SLOTS=", "MOCKDC_EPHEMERAL="},
     {NULL},
     "127.0.0.1:8080",
     SOURCE_DEFAULT,
     NULL,
     10000,
     false,
     ""},
    {"least number", {NULL}, {"--slots", "1"}, "127.0.0.1:8080", SOURCE_DEFAULT, NULL, 1, false, ""},
    {"greatest number", {NULL}, {"--slots=20000"}, "127.0.0.1:8080", SOURCE_DEFAULT, NULL, 20000, false, ""},
    {"flag", {NULL}, {"--ephemeral", "x"}, "127.0.0.1:8080", SOURCE_DEFAULT, NULL, 10000, true, "x"},
    {"flag set to false",
     {"MOCKDC_EPHEMERAL=1"},
     {"--ephemeral=false"},
     "127.0.0.1:8080",
     SOURCE_DEFAULT,
     NULL,
     10000,
     false,
     ""},
    {"flag by its variable", {"MOCKDC_EPHEMERAL=yes"}, {NULL}, "127.0.0.1:8080", SOURCE_DEFAULT, NULL, 10000, true, ""},
    {"arguments around flags",
     {NULL},
     {"a", "--http", "h:1", "b", "--ephemeral", "c"},
     "h:1",
     SOURCE_FLAG,
     NULL,
     10000,
     true,
     "a b c"},
    {"'--' ends the flags",
     {NULL},
     {"--ephemeral", "--", "--http", "-x", "--"},
     "127.0.0.1:8080",
     SOURCE_DEFAULT,
     NULL,
     10000,
     true,
     "--http -x --"},
    {"'-' is an argument", {NULL}, {"-"}, "127.0.0.1:8080", SOURCE_DEFAULT, NULL, 10000, false, "-"},
    {"help behind '--' is an argument",
     {NULL},
     {"--", "--help"},
     "127.0.0.1:8080",
     SOURCE_DEFAULT,
     NULL,
     10000,
     false,
     "--help"},
};

static void test_reads(void)
{
    for (size_t i = 0; i < sizeof good_rows / sizeof good_rows[0]; i++) {
        const struct good_row *row = &good_rows[i];
        struct options options;
        struct error error = {.text = ""};
        set_environment(row->environment);
        CHECK_ROW(row->name, read_all(&options, row->arguments, &error) == OK);
        CHECK_ROW(row->name, !options.wants_help);
        CHECK_ROW(row->name, strcmp(options_text(&options, "http"), row->http) == 0);
        CHECK_ROW(row->name, options_source(&options, "http") == row->http_source);
        const char *data_dir = options_text(&options, "data-dir");
        CHECK_ROW(row->name, (data_dir == NULL) == (row->data_dir == NULL));
        CHECK_ROW(row->name, data_dir == NULL || row->data_dir == NULL || strcmp(data_dir, row->data_dir) == 0);
        CHECK_ROW(row->name, options_number(&options, "slots") == row->slots);
        CHECK_ROW(row->name, options_flag(&options, "ephemeral") == row->ephemeral);
        char rest[128] = "";
        for (size_t at = 0; at < options.argument_count; at++) {
            size_t used = strlen(rest);
            (void)snprintf(rest + used, sizeof rest - used, "%s%s", at == 0 ? "" : " ", options.arguments[at]);
        }
        CHECK_ROW(row->name, strcmp(rest, row->rest) == 0);
    }
}

static void test_no_variable(void)
{
    struct options options;
    struct error error = {.text = ""};
    static const char *const environment[] = {"MOCKDC_HIDDEN=x", NULL};
    static const char *const none[] = {NULL};
    static const char *const given[] = {"--hidden", "y", NULL};
    set_environment(environment);
    CHECK_OK(read_all(&options, none, &error));
    CHECK(options_text(&options, "hidden") == NULL);
    CHECK_OK(read_all(&options, given, &error));
    CHECK_TEXT(options_text(&options, "hidden"), "y");
}

struct bad_row {
    const char *name;
    const char *environment[2];
    const char *arguments[4];
    const char *place;
    const char *text;
};

static const struct bad_row bad_rows[] = {
    {"unknown flag", {NULL}, {"--nonsense"}, "--nonsense", "no such option; --help lists them"},
    {"beginning of a name", {NULL}, {"--htt", "x"}, "--htt", "no such option; --help lists them"},
    {"name with more behind it", {NULL}, {"--https", "x"}, "--https", "no such option; --help lists them"},
    {"a secret behind a mistyped flag",
     {NULL},
     {"--api-tokn=SECRET"},
     "--api-tokn",
     "no such option; --help lists them"},
    {"short flag", {NULL}, {"-v"}, "-v", "no such option; --help lists them"},
    {"value missing at the end", {NULL}, {"--http"}, "--http", "a value (ADDRESS:PORT) is missing"},
    {"empty value", {NULL}, {"--http="}, "--http", "a value (ADDRESS:PORT) is missing"},
    {"no number", {NULL}, {"--slots", "many"}, "--slots", "'many' is not a whole number from 1 to 20000"},
    {"number with a unit", {NULL}, {"--slots", "5k"}, "--slots", "'5k' is not a whole number from 1 to 20000"},
    {"below the least", {NULL}, {"--slots", "0"}, "--slots", "'0' is not a whole number from 1 to 20000"},
    {"above the most", {NULL}, {"--slots", "20001"}, "--slots", "'20001' is not a whole number from 1 to 20000"},
    {"neither true nor false", {NULL}, {"--ephemeral=maybe"}, "--ephemeral", "'maybe' is neither true nor false"},
    {"number in the environment",
     {"MOCKDC_SLOTS=x"},
     {NULL},
     "MOCKDC_SLOTS",
     "'x' is not a whole number from 1 to 20000"},
    {"flag in the environment", {"MOCKDC_EPHEMERAL=2"}, {NULL}, "MOCKDC_EPHEMERAL", "'2' is neither true nor false"},
};

static void test_refuses(void)
{
    for (size_t i = 0; i < sizeof bad_rows / sizeof bad_rows[0]; i++) {
        const struct bad_row *row = &bad_rows[i];
        struct options options;
        struct error error = {.text = ""};
        set_environment(row->environment);
        CHECK_ROW(row->name, read_all(&options, row->arguments, &error) == E_FORMAT);
        CHECK_ROW(row->name, strcmp(error.place, row->place) == 0);
        CHECK_ROW(row->name, strcmp(error.text, row->text) == 0);
        CHECK_ROW(row->name, read_all(&options, row->arguments, NULL) == E_FORMAT);
    }
}

static void test_too_many_arguments(void)
{
    struct options options;
    struct error error = {.text = ""};
    const char *arguments[OPTIONS_ARGUMENTS + 2];
    static const char *const none[] = {NULL};
    set_environment(none);
    for (size_t i = 0; i < OPTIONS_ARGUMENTS + 1; i++) {
        arguments[i] = "a";
    }
    arguments[OPTIONS_ARGUMENTS] = NULL;
    CHECK_OK(read_all(&options, arguments, &error));
    CHECK(options.argument_count == OPTIONS_ARGUMENTS);
    arguments[OPTIONS_ARGUMENTS] = "b";
    arguments[OPTIONS_ARGUMENTS + 1] = NULL;
    CHECK(read_all(&options, arguments, &error) == E_LIMIT);
    CHECK_TEXT(error.place, "b");
}

/* Help is asked for by people whose other arguments may be wrong. */
static void test_help_wins(void)
{
    static const char *const calls[][4] = {{"--help"}, {"-h"}, {"--nonsense", "--help"}, {"--slots", "x", "--help"}};
    static const char *const environment[] = {"MOCKDC_SLOTS=x", NULL};
    set_environment(environment);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        struct options options;
        CHECK_ROW(calls[i][0], read_all(&options, calls[i], NULL) == OK);
        CHECK_ROW(calls[i][0], options.wants_help);
    }
}

static char *help_text(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    CHECK_FATAL(file != NULL);
    options_help(file, "mockdc serve [options]", "Starts the server.", table);
    (void)fclose(file);
    return text;
}

static void test_help_text(void)
{
    static const char *const parts[] = {
        "usage: mockdc serve [options]\n\nStarts the server.\n\noptions:\n",
        "  --http ADDRESS:PORT\n        Where to listen.\n        [default 127.0.0.1:8080; MOCKDC_HTTP]\n",
        "  --data-dir DIR\n        Where the state is kept.\n        [MOCKDC_DATA_DIR]\n",
        "[default 10000; MOCKDC_SLOTS]\n",
        "  --ephemeral\n",
        "[MOCKDC_EPHEMERAL]\n",
        "  --hidden WORD\n        Has no variable.\n  --help\n",
    };
    static const char *const none[] = {"MOCKDC_API_TOKEN=very-secret", NULL};
    set_environment(none);
    char *text = help_text();
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        CHECK_ROW(parts[i], strstr(text, parts[i]) != NULL);
    }
    CHECK(strstr(text, "very-secret") == NULL);
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        CHECK_ROW(line, length <= 100);
        line += length + (line[length] == '\n' ? 1 : 0);
    }
    free(text);
}

int main(void)
{
    static const struct test_case cases[] = {{"reads", test_reads},
                                             {"option without a variable", test_no_variable},
                                             {"refuses", test_refuses},
                                             {"too many arguments", test_too_many_arguments},
                                             {"help wins", test_help_wins},
                                             {"help text", test_help_text},
                                             {0}};
    return suite_run("options", cases);
}
