/* The command line beside `serve`: config, health, manual; what is said of wrong options, wherever they stand. */
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device.h"
#include "support/suite.h"

static char output[16384];

/* Runs a line of the shell in which $M is mockdc. */
static int shell(const char *line)
{
    (void)setenv("M", server_program(), 1);
    return shell_run(line, output, sizeof output);
}

static bool says(const char *text)
{
    return strstr(output, text) != NULL;
}

/* Key, source and what is allowed, with exit code 2. */
static void test_wrong_options(void)
{
    static const struct {
        const char *line;
        const char *parts[3];
    } rows[] = {
        {"$M serve --htp 127.0.0.1:0", {"--htp", "did you mean --http?"}},
        {"$M serve --http nowhere", {"--http: 'nowhere'", "ADDRESS:PORT"}},
        {"MOCKDC_HTTP=nowhere $M serve", {"MOCKDC_HTTP: 'nowhere'", "ADDRESS:PORT"}},
        {"MOCKDC_HTPP=127.0.0.1:0 $M serve", {"MOCKDC_HTPP", "did you mean MOCKDC_HTTP?"}},
        {"MOCKDC_MAX_BODY=1 $M serve", {"MOCKDC_MAX_BODY: '1'", "from 1024 to 1073741824"}},
        {"$M serve --config <(echo '{\"log-format\": \"yaml\"}')", {": log-format: 'yaml'", "text|json"}},
        {"$M serve --config <(echo '{\"mqtt\": \"x\"}')", {": mqtt: 'x'", "ADDRESS:PORT"}},
        {"$M serve --config <(echo '{\"nonsense\": 1}')", {": nonsense", "no such option"}},
        {"$M serve --tls-cert /dev/null", {"--tls-cert", "belong together"}},
        {"$M serve --seed /nowhere", {"--seed: '/nowhere'", "no folder"}},
        {"$M serve --api-token-file /nowhere/token", {"--api-token-file", "cannot read /nowhere/token"}},
        {"$M serve --log-level loud", {"--log-level: 'loud'", "debug|info|warn|error|off"}},
        {"$M config --public-url http://localhost:1", {"--public-url", "no device would take"}},
        {"$M config --http nowhere", {"--http: 'nowhere'"}},
        {"$M health --wait soon", {"--wait: 'soon'", "whole number"}},
        {"$M health --url ftp://x", {"--url: 'ftp://x'", "http://HOST:PORT"}},
        {"$M health now", {"now", "is no option"}},
        {"$M wait --timeout 1", {"--plan", "it is needed, or --event"}},
        {"$M wait --plan x", {"--plan: 'x'", "is no id"}},
        {"$M wait --plan 1 --timeout 3601", {"--timeout: '3601'", "0 to 3600"}},
        {"$M wait --plan 1 --timeout 0x10", {"--timeout: '0x10'", "0 to 3600"}},
        {"$M wait --verification 1", {"--verification", "--package belong together"}},
        {"$M wait --package 1 --verification 1 --device d", {"--device", "has only one"}},
        {"$M wait --event log --package 1", {"--package", "no filter of events"}},
        {"$M wait --plan 1 --product-key p", {"--product-key", "filter of --event"}},
        {"$M wait --plan 1 now", {"now", "is no option"}},
        {"$M device --flash maybe", {"--flash: 'maybe'", "ok|fail|wrong-version|silent"}},
        {"$M fleet --product-key p --product-secret s --faulty 5x", {"--faulty", "'5x' is no percentage"}},
        {"$M fleet --product-key p --product-secret s --device-key PUMP9 --count 2",
         {"--device-key", "too few digits"}},
        {"$M qualify --product-key p --product-secret s", {"--device-key", "it is needed"}},
        {"$M qualify --product-key p --product-secret s --device-key d --image-a /dev/null",
         {"--version-a", "belong together"}},
        {"$M manual nothing", {"no command 'nothing'"}},
        {"$M manual --completion csh", {"--completion: 'csh'", "bash|zsh|fish"}},
        {"$M record --device-key d", {": --product-key: 1 to 32"}},
        {"$M nonsense", {"no command 'nonsense'"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_ROW(rows[i].line, shell(rows[i].line) == 2);
        for (size_t part = 0; part < 3 && rows[i].parts[part] != NULL; part++) {
            CHECK_ROW(rows[i].parts[part], says(rows[i].parts[part]));
        }
    }
    /* a script's own variable is told, not refused */
    CU_ASSERT_EQUAL(
        shell("MOCKDC_BINARY=x timeout -s TERM 2 $M serve --ephemeral --http 127.0.0.1:0 --mqtt 127.0.0.1:0"), 124);
    CHECK(says("no variables of mockdc's: ") && says("MOCKDC_BINARY"));
}

/* Of each command that the help lists. */
static void test_help_and_version(void)
{
    CU_ASSERT_EQUAL(
        shell("n=0; for c in $($M --help | sed -n '/^commands:/,/^$/s/^  \\([a-z]*\\) .*/\\1/p'); do n=$((n+1))\n"
              "$M $c --help | grep -q \"^usage: mockdc $c\" || { echo \"$c: no help\"; exit 1; }\n"
              "[ \"$($M $c --version)\" = \"$($M --version)\" ] || { echo \"$c: no version\"; exit 1; }\n"
              "done; echo \"$n commands\"; [ $n -ge 11 ]"),
        0);
    CHECK(says(" commands"));
}

static void test_config(void)
{
    CU_ASSERT_EQUAL(
        shell("MOCKDC_MQTT=127.0.0.1:5 MOCKDC_API_TOKEN=secret1 $M config --json --http 127.0.0.1:9 --config "
              "<(echo '{\"strict-gates\": true, \"observer-token\": \"secret2\"}')"),
        0);
    static const struct {
        const char *option;
        const char *value; /* as text */
        const char *source;
    } rows[] = {{"http", "127.0.0.1:9", "flag"},          {"mqtt", "127.0.0.1:5", "environment"},
                {"strict-gates", "true", "file"},         {"upgrades-at-once", "10000", "default"},
                {"api-token", "(hidden)", "environment"}, {"observer-token", "(hidden)", "file"},
                {"public-url", "null", "default"}};
    CHECK(!says("secret1") && !says("secret2"));
    json_t *json = json_loads(output, 0, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const json_t *option = json_object_get(json, rows[i].option);
        const json_t *value = json_object_get(option, "value");
        char *text = json_is_string(value) ? strdup(json_string_value(value)) : json_dumps(value, JSON_ENCODE_ANY);
        CHECK_ROW(rows[i].option, text != NULL && strcmp(text, rows[i].value) == 0);
        CHECK_ROW(rows[i].option, strcmp(json_text_at(option, "source"), rows[i].source) == 0);
        free(text);
    }
    json_decref(json);
    CU_ASSERT_EQUAL(shell("$M config --http 127.0.0.1:9"), 0);
    CHECK(says("127.0.0.1:9") && says("--http"));
}

static void test_health(void)
{
    struct server server;
    char line[512];
    CU_ASSERT_EQUAL(shell("MOCKDC_RUNTIME_DIR=/tmp/mockdc-nobody-here $M health"), 1);
    CHECK(says("none runs here"));
    CU_ASSERT_EQUAL(shell("$M health --url http://127.0.0.1:1 --wait 1"), 1);
    server_start(&server, (const char *const[]){"--api-token", "x", NULL});
    (void)snprintf(line, sizeof line, "$M health --url %s", server.http);
    CU_ASSERT_EQUAL(shell(line), 0); /* needs no token */
    CHECK(says("ready: http://127.0.0.1"));
    (void)snprintf(line, sizeof line, "$M health --json --api-token x --url %s", server.http);
    CU_ASSERT_EQUAL(shell(line), 0);
    CHECK(says("\"broker\": true") && says("\"seeds\": []"));
    server_stop(&server);
}

/* It waits for a server that does not run yet, finds it by the run-time folder, and not after it has ended. */
static void test_health_finds(void)
{
    static const char story[] = "D=$(mktemp -d); export MOCKDC_RUNTIME_DIR=$D/run\n"
                                "$M health --wait 10 >$D/early & early=$!\n"
                                "sleep 0.1\n"
                                "$M serve --ephemeral --http 127.0.0.1:0 --mqtt 127.0.0.1:0 >$D/out 2>&1 & server=$!\n"
                                "wait $early; echo early=$?; cat $D/early\n"
                                "kill $server; wait $server; echo serve=$?\n"
                                "$M health; echo gone=$?\n"
                                "stat -c mode=%a $D/run; rm -r $D";
    CU_ASSERT_EQUAL(shell(story), 0);
    CHECK(says("early=0") && says("ready: http://127.0.0.1:"));
    CHECK(says("serve=0") && says("gone=1") && says("mode=700"));
}

static void test_help(void)
{
    static const char *const commands[] = {"serve", "device", "fleet", "qualify", "health",
                                           "wait",  "config", "wire",  "manual"};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "$M %s --help", commands[i]);
        CHECK_ROW(commands[i], shell(line) == 0);
        CHECK_ROW(commands[i], says("usage: mockdc") && says("exit codes:") && strchr(output, '\033') == NULL);
        (void)snprintf(line, sizeof line, "$M manual %s", commands[i]);
        CHECK_ROW(commands[i], shell(line) == 0 && says(".TH MOCKDC\\-") && says(".SH EXIT STATUS"));
    }
    CU_ASSERT_EQUAL(shell("$M --help"), 0);
    CHECK(says("commands:") && says("qualify"));
    CU_ASSERT_EQUAL(shell("script -qec \"$M --help\" /dev/null"), 0); /* a terminal: bold headings */
    CHECK(strchr(output, '\033') != NULL);
    CU_ASSERT_EQUAL(shell("NO_COLOR=1 script -qec \"$M --help\" /dev/null"), 0);
    CHECK(strchr(output, '\033') == NULL);
    CU_ASSERT_EQUAL(shell("$M"), 2);
}

int main(void)
{
    static const struct test_case cases[] = {{"wrong options", test_wrong_options},
                                             {"help and version", test_help_and_version},
                                             {"config", test_config},
                                             {"health", test_health},
                                             {"health finds", test_health_finds},
                                             {"help", test_help},
                                             {0}};
    return suite_run("commands", cases);
}
