/* What a person and a shell read of a sub-command. */
#include <stdlib.h>
#include <unistd.h>

#include "config/command.h"
#include "support/suite.h"

static const struct option table[] = {
    {.kind = OPTION_TEXT,
     .name = "http",
     .section = "addresses",
     .argument = "ADDRESS:PORT",
     .value = "127.0.0.1:8080",
     .help = "Where to listen, which is told here in so many words that the line has to be broken somewhere before "
             "its end."},
    {.kind = OPTION_TEXT, .name = "api-token", .argument = "TOKEN", .help = "Asked.", .secret = true},
    {.kind = OPTION_CHOICE, .name = "format", .argument = "text|json", .value = "text", .help = ".dot first."},
    {.kind = OPTION_NUMBER, .name = "slots", .argument = "N", .value = "3", .least = 1, .most = 9, .help = "How many."},
    {.kind = OPTION_TEXT, .name = "data-dir", .argument = "DIR", .help = "Where."},
    {.kind = OPTION_FLAG, .name = "quick", .help = "No wait.", .no_environment = true},
    {0}};

static int run(int argc, char **argv)
{
    (void)argv;
    return argc;
}

static const struct subcommand serve = {.name = "serve",
                                        .summary = "the server",
                                        .usage = "[OPTIONS]\n--quick",
                                        .about = "Runs.\n\nAnd ends \\ well.",
                                        .words = "now later",
                                        .exits = "0  well\n1  not",
                                        .examples = "# try\nmockdc serve",
                                        .options = table,
                                        .run = run};
static const struct subcommand *const all[] = {&serve};

/* What `write` prints; to be freed. */
static char *printed(void (*write)(FILE *file))
{
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    write(file);
    (void)fclose(file);
    return text;
}

static void check_parts(const char *text, const char *const *parts)
{
    for (; *parts != NULL; parts++) {
        CHECK_ROW(*parts, strstr(text, *parts) != NULL);
    }
}

static void write_help(FILE *file)
{
    command_help(file, &serve);
}

static void test_help(void)
{
    static const char *const parts[] = {
        "usage: mockdc serve [OPTIONS]\n       mockdc serve --quick\n\nRuns.\n\nAnd ends",
        "\nexamples:\n  # try\n  mockdc serve\n",
        "\naddresses:\n  --http ADDRESS:PORT\n        Where to listen",
        "        [default 127.0.0.1:8080; MOCKDC_HTTP]\n",
        "  --api-token-file FILE\n        The same, the first line of a file.\n",
        "[MOCKDC_API_TOKEN_FILE]",
        "  --quick\n        No wait.\n  --help\n",
        "\nexit codes:\n  0  well\n  1  not\n",
        NULL};
    char *text = printed(write_help);
    check_parts(text, parts);
    CHECK(strchr(text, '\033') == NULL); /* a file is no terminal */
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        CHECK_ROW(line, strcspn(line, "\n") <= 100);
    }
    free(text);
}

static void write_manual(FILE *file)
{
    command_manual(file, &serve);
    commands_manual(file, all, 1);
}

static void test_manual(void)
{
    static const char *const parts[] = {".TH MOCKDC\\-SERVE 1",
                                        ".SH NAME\nmockdc\\-serve \\- the server\n",
                                        ".SH EXIT STATUS\n.nf\n0  well",
                                        "\n\\&.dot first.", /* no request */
                                        "ends \\e well",
                                        "\\fB\\-\\-slots\\fR \\fIN\\fR\nHow many. 1 to 9. Default: 3.",
                                        "Variable: MOCKDC_SLOTS",
                                        "MOCKDC_API_TOKEN_FILE",
                                        ".TH MOCKDC 1",
                                        "\\fBmockdc\\-serve\\fR(1)\nthe server",
                                        NULL};
    char *text = printed(write_manual);
    check_parts(text, parts);
    free(text);
}

static void write_bash(FILE *file)
{
    CHECK_OK(commands_complete(file, "bash", all, 1));
}
static void write_zsh(FILE *file)
{
    CHECK_OK(commands_complete(file, "zsh", all, 1));
}
static void write_fish(FILE *file)
{
    CHECK_OK(commands_complete(file, "fish", all, 1));
}
static void write_csh(FILE *file)
{
    CHECK(commands_complete(file, "csh", all, 1) == E_NOT_FOUND);
}

static void test_completion(void)
{
    static const char *const bash[] = {"serve)",
                                       "--format) COMPREPLY=($(compgen -W 'text json' --",
                                       "--data-dir) COMPREPLY=($(compgen -d",
                                       "--api-token-file)",
                                       "now later",
                                       "complete -F _mockdc mockdc",
                                       NULL};
    static const char *const zsh[] = {"#compdef mockdc", "bashcompinit", "complete -F _mockdc mockdc", NULL};
    static const char *const fish[] = {"-l format -x -a 'text json'",
                                       "-l data-dir -x -a '(__fish_complete_directories)'",
                                       "-l quick\n",
                                       "-l api-token-file -r -F",
                                       "-a 'now later'",
                                       NULL};
    char *text = printed(write_bash);
    check_parts(text, bash);
    free(text);
    text = printed(write_zsh);
    check_parts(text, zsh);
    free(text);
    text = printed(write_fish);
    check_parts(text, fish);
    free(text);
    free(printed(write_csh));
}

/* The script, run by the shell it is for. */
static void test_completion_works(void)
{
    static const struct {
        const char *words; /* of COMP_WORDS */
        int at;
        const char *reply;
    } rows[] = {
        {"mockdc se", 1, "serve"},       {"mockdc serve --form", 2, "--format"}, {"mockdc serve --format j", 3, "json"},
        {"mockdc serve la", 2, "later"}, {"mockdc serve --slots x", 3, ""},
    };
    char path[] = "/tmp/mockdc-completion-XXXXXX";
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    FILE *file = fdopen(fd, "w");
    write_bash(file);
    (void)fclose(file);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[512];
        char reply[64] = "";
        (void)snprintf(line, sizeof line,
                       "bash -c 'source %s; COMP_WORDS=(%s); COMP_CWORD=%d; _mockdc; printf %%s \"${COMPREPLY[*]}\"'",
                       path, rows[i].words, rows[i].at);
        FILE *shell = popen(line, "r");
        CU_ASSERT_PTR_NOT_NULL_FATAL(shell);
        size_t got = fread(reply, 1, sizeof reply - 1, shell);
        reply[got] = '\0';
        CHECK_ROW(rows[i].words, pclose(shell) == 0);
        CHECK_ROW(rows[i].words, strcmp(reply, rows[i].reply) == 0);
    }
    (void)unlink(path);
}

static void test_variables(void)
{
    static const struct {
        const char *name;
        enum status status;
        const char *says; /* in the error, or what is strange */
    } rows[] = {
        {"MOCKDC_SLOTS", OK, ""},
        {"MOCKDC_API_TOKEN_FILE", OK, ""},
        {"MOCKDC_HTPP", E_FORMAT, "did you mean MOCKDC_HTTP?"},
        {"MOCKDC_DATADIR", E_FORMAT, "did you mean MOCKDC_DATA_DIR?"},
        {"MOCKDC_BINARY", OK, "MOCKDC_BINARY"},
        {"MOCKDCX", OK, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char strange[STRANGE_VARIABLES];
        struct error error = {0};
        (void)clearenv();
        (void)setenv(rows[i].name, "1", 1);
        CHECK_ROW(rows[i].name, commands_check_variables(all, 1, strange, &error) == rows[i].status);
        CHECK_ROW(rows[i].name,
                  rows[i].status == OK ? strcmp(strange, rows[i].says) == 0 : strstr(error.text, rows[i].says) != NULL);
    }
    (void)clearenv();
    (void)setenv("MOCKDC_ONE_OF_OURS", "1", 1);
    (void)setenv("MOCKDC_ANOTHER", "1", 1);
    char both[STRANGE_VARIABLES];
    CHECK_OK(commands_check_variables(all, 1, both, NULL));
    CHECK(strcmp(both, "MOCKDC_ONE_OF_OURS, MOCKDC_ANOTHER") == 0 ||
          strcmp(both, "MOCKDC_ANOTHER, MOCKDC_ONE_OF_OURS") == 0);
    (void)clearenv();
}

int main(void)
{
    static const struct test_case cases[] = {{"help", test_help},
                                             {"manual", test_manual},
                                             {"completion", test_completion},
                                             {"completion works", test_completion_works},
                                             {"variables", test_variables},
                                             {0}};
    return suite_run("command", cases);
}
