#include "config/options.h"

#include <stdlib.h>
#include <unistd.h>

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
    {.kind = OPTION_CHOICE, .name = "format", .argument = "text|json", .value = "text", .help = "How."},
    {.kind = OPTION_CONFIG, .name = "config", .argument = "FILE", .help = "Options in JSON."},
    {.kind = OPTION_TEXT, .name = "hidden", .argument = "WORD", .help = "Has no variable.", .no_environment = true},
    {0}};

static const char *const variables[] = {"MOCKDC_HTTP",           "MOCKDC_DATA_DIR",  "MOCKDC_API_TOKEN",
                                        "MOCKDC_SLOTS",          "MOCKDC_EPHEMERAL", "MOCKDC_HIDDEN",
                                        "MOCKDC_API_TOKEN_FILE", "MOCKDC_CONFIG"};

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
    {"beginning of a name", {NULL}, {"--htt", "x"}, "--htt", "no such option; did you mean --http?"},
    {"name with more behind it", {NULL}, {"--https", "x"}, "--https", "no such option; did you mean --http?"},
    {"a secret behind a mistyped flag",
     {NULL},
     {"--api-tokn=SECRET"},
     "--api-tokn",
     "no such option; did you mean --api-token?"},
    {"short flag", {NULL}, {"-v"}, "-v", "no such option; --help lists them"},
    {"value missing at the end", {NULL}, {"--http"}, "--http", "a value (ADDRESS:PORT) is missing"},
    {"empty value", {NULL}, {"--http="}, "--http", "a value (ADDRESS:PORT) is missing"},
    {"no number", {NULL}, {"--slots", "many"}, "--slots", "'many' is not a whole number from 1 to 20000"},
    {"number with a unit", {NULL}, {"--slots", "5k"}, "--slots", "'5k' is not a whole number from 1 to 20000"},
    {"below the least", {NULL}, {"--slots", "0"}, "--slots", "'0' is not a whole number from 1 to 20000"},
    {"above the most", {NULL}, {"--slots", "20001"}, "--slots", "'20001' is not a whole number from 1 to 20000"},
    {"no such word", {NULL}, {"--format", "yaml"}, "--format", "'yaml' is none of text|json"},
    {"part of a word", {NULL}, {"--format", "tex"}, "--format", "'tex' is none of text|json"},
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

/* A file with this text; unlink() it. */
static void write_file(char path[32], const char *text)
{
    (void)snprintf(path, 32, "/tmp/mockdc-options-XXXXXX");
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
}

/* Reads with --config of a file with this text. */
static enum status read_with_file(struct options *options, const char *text, const char *extra, struct error *error)
{
    char path[32];
    write_file(path, text);
    const char *arguments[] = {"--config", path, extra, NULL};
    enum status status = read_all(options, arguments, error);
    (void)unlink(path);
    return status;
}

static void test_file(void)
{
    static const char *const environment[] = {"MOCKDC_SLOTS=7", NULL};
    static const char text[] = "{\"http\": \"1.1.1.1:1\", \"slots\": 8, \"ephemeral\": true, \"format\": \"json\"}";
    struct options options;
    struct error error = {0};
    set_environment(environment);
    CU_ASSERT_EQUAL(read_with_file(&options, text, "--format=text", &error), OK);
    CHECK_TEXT(options_text(&options, "http"), "1.1.1.1:1");
    CHECK(options_source(&options, "http") == SOURCE_FILE);
    CU_ASSERT_EQUAL(options_number(&options, "slots"), 7); /* the environment wins over the file */
    CHECK(options_source(&options, "slots") == SOURCE_ENVIRONMENT);
    CHECK(options_flag(&options, "ephemeral"));
    CHECK_TEXT(options_text(&options, "format"), "text"); /* and a flag over both */
    options_finish(&options);
}

static void test_bad_file(void)
{
    static const struct {
        const char *text;
        const char *says;
    } rows[] = {
        {"{\"htp\": \"1.1.1.1:1\"}", "did you mean 'http'?"},
        {"{\"zzz\": 1}", "no such option"},
        {"{\"hidden\": \"x\"}", "no such option"},
        {"{\"config\": \"x\"}", "no such option"},
        {"{\"slots\": 0}", "'0' is not a whole number from 1 to 20000"},
        {"{\"slots\": 1.5}", "must be a text, a whole number"},
        {"{\"http\": [\"1.1.1.1:1\"]}", "must be a text"},
        {"{\"http\": \"\"}", "a value (ADDRESS:PORT) is missing"},
        {"{\"format\": \"yaml\"}", "'yaml' is none of text|json"},
        {"{\"ephemeral\": \"perhaps\"}", "neither true nor false"},
        {"{\"http\": \"a\", \"http\": \"b\"}", "line 1"},
        {"[]", "must be a JSON object"},
        {"{", "line 1"},
        {"{\"api-token\": \"a\", \"api-token-file\": \"b\"}", "exclude each other"},
    };
    static const char *const none[] = {NULL};
    set_environment(none);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct options options;
        struct error error = {0};
        CHECK_ROW(rows[i].text, read_with_file(&options, rows[i].text, NULL, &error) == E_FORMAT);
        CHECK_ROW(rows[i].text, strstr(error.text, rows[i].says) != NULL);
        CHECK_ROW(rows[i].text, strncmp(error.place, "mockdc-options-", 15) == 0); /* which file */
        options_finish(&options);
    }
    static const char *const missing[] = {"--config", "/nowhere/mockdc.json", NULL};
    struct options options;
    struct error error = {0};
    CU_ASSERT_EQUAL(read_all(&options, missing, &error), E_FORMAT);
    CHECK_TEXT(error.place, "--config");
    options_finish(&options);
}

static void test_secrets(void)
{
    char path[32];
    char variable[64];
    struct options options;
    struct error error = {0};
    write_file(path, "open sesame\nsecond line\n");
    (void)snprintf(variable, sizeof variable, "MOCKDC_API_TOKEN_FILE=%s", path);
    const char *const environment[] = {variable, NULL};
    static const char *const nothing[] = {NULL};
    set_environment(environment);
    CU_ASSERT_EQUAL(read_all(&options, nothing, &error), OK);
    CHECK_TEXT(options_text(&options, "api-token"), "open sesame");
    options_finish(&options);

    static const char *const flag[] = {"--api-token", "by flag", NULL};
    CU_ASSERT_EQUAL(read_all(&options, flag, &error), OK);
    CHECK_TEXT(options_text(&options, "api-token"), "by flag");
    options_finish(&options);

    static const char *const both[] = {"MOCKDC_API_TOKEN=x", "MOCKDC_API_TOKEN_FILE=/x", NULL};
    set_environment(both);
    CU_ASSERT_EQUAL(read_all(&options, nothing, &error), E_FORMAT);
    CHECK(strstr(error.text, "exclude each other") != NULL);
    options_finish(&options);

    static const char *const none[] = {NULL};
    static const char *const absent[] = {"--api-token-file", "/nowhere/token", NULL};
    set_environment(none);
    CU_ASSERT_EQUAL(read_all(&options, absent, &error), E_FORMAT);
    CHECK_TEXT(error.place, "--api-token-file");
    options_finish(&options);
    (void)unlink(path);

    write_file(path, "\n");
    const char *const empty[] = {"--api-token-file", path, NULL};
    CU_ASSERT_EQUAL(read_all(&options, empty, &error), E_FORMAT);
    CHECK(strstr(error.text, "is empty") != NULL);
    options_finish(&options);
    (void)unlink(path);

    static const char *const no_secret[] = {"--data-dir-file", "x", NULL}; /* only secrets have a twin */
    CU_ASSERT_EQUAL(read_all(&options, no_secret, &error), E_FORMAT);
    options_finish(&options);
}

static void test_places(void)
{
    static const char *const environment[] = {"MOCKDC_SLOTS=7", NULL};
    char place[OPTION_PLACE];
    struct options options;
    struct error error = {0};
    set_environment(environment);
    CU_ASSERT_EQUAL(read_with_file(&options, "{\"http\": \"1.1.1.1:1\"}", "--data-dir=x", &error), OK);
    CHECK(strstr(options_place(&options, "http", place), ": http") != NULL);
    CHECK_TEXT(options_place(&options, "slots", place), "MOCKDC_SLOTS");
    CHECK_TEXT(options_place(&options, "data-dir", place), "--data-dir");
    CHECK_TEXT(options_place(&options, "format", place), "default of --format");
    CU_ASSERT_EQUAL(options_refuse(&options, "slots", &error, E_RULE, "is %d too many", 3), E_RULE);
    CHECK_TEXT(error.place, "MOCKDC_SLOTS");
    CHECK_TEXT(error.text, "is 3 too many");
    options_finish(&options);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"reads", test_reads},         {"option without a variable", test_no_variable},
        {"refuses", test_refuses},     {"too many arguments", test_too_many_arguments},
        {"help wins", test_help_wins}, {"file", test_file},
        {"bad file", test_bad_file},   {"secrets", test_secrets},
        {"places", test_places},       {0}};
    return suite_run("options", cases);
}
