#include "scenario/command.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/json.h"
#include "cli/own_server.h"
#include "scenario/crew.h"

enum { EXIT_PASSED = 0, EXIT_FAILED = 1, EXIT_WRONG = 2, SCENARIOS_MOST = 10000, CALL_MS = 10000 };

#define TEXT(option, meta, standard, sentence)                                                                         \
    {                                                                                                                  \
        .kind = OPTION_TEXT, .name = (option), .argument = (meta), .value = (standard), .help = (sentence)             \
    }
#define FLAG(option, sentence)                                                                                         \
    {                                                                                                                  \
        .kind = OPTION_FLAG, .name = (option), .no_environment = true, .help = (sentence)                              \
    }

static const struct option run_options[] = {
    TEXT("junit", "FILE", NULL, "Write the report as JUnit XML."),
    TEXT("har", "FILE", NULL, "Write what went over the wire as an HTTP archive: a page for each scenario."),
    {.kind = OPTION_NUMBER,
     .name = "jobs",
     .argument = "N",
     .value = "4",
     .least = 1,
     .most = CREW_MOST,
     .help = "How many scenarios are played at once. Those that touch what all share are played alone, at the end."},
    {.kind = OPTION_NUMBER,
     .name = "timeout",
     .argument = "S",
     .value = "120",
     .least = 1,
     .most = 86400,
     .help = "How long one scenario may take."},
    FLAG("without-faults",
         "Arm no fault, and let virtual devices behave: a scenario that shows a fault must then fail."),
    FLAG("keep", "Leave the products on the server, to look at them. Needs --url."),
    FLAG("list", "Say what the scenarios show, and play none."),
    FLAG("quiet", "Only the verdicts, not the steps."),
    {.kind = OPTION_TEXT,
     .name = "mqtt",
     .argument = "SERVER",
     .no_environment =
         true, /* MOCKDC_MQTT says where 'mockdc serve' listens, which need not be the server of this run */
     .help = "Where virtual devices find the server. Default: what the server says of itself."},
    TEXT("listen-mqtt", "ADDRESS:PORT", "127.0.0.1:0",
         "Without --url: where the server of our own listens for devices; for real ones give your address."),
    TEXT("listen-http", "ADDRESS:PORT", "127.0.0.1:0", "And for their downloads."),
    REST_OPTIONS_OR("one of our own, for the time of the run"),
    {0}};

struct run {
    struct options options;
    struct own_server own;
    struct bench bench;
    struct programme programme;
    json_t *paths;
};

/* Set by the signal handler; a second signal ends the process at once. */
static struct bench *running;

static void on_signal(int number)
{
    running->interrupted = number;
    (void)signal(number, SIG_DFL);
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

static void print_flaws(const char *path, const struct flaws *flaws)
{
    for (size_t i = 0; i < flaws->count; i++) {
        (void)fprintf(stderr, "%s: %s%s%s\n", path, flaws->items[i].pointer,
                      flaws->items[i].pointer[0] != '\0' ? ": " : "", flaws->items[i].text);
    }
}

/* Reads all files and tells of every one that is wrong. */
static enum status read_files(struct run *run, struct error *error)
{
    CLEANUP(cleanup_json) json_t *schema = NULL;
    struct programme *programme = &run->programme;
    size_t count = json_array_size(run->paths);
    size_t wrong = 0;
    CLEANUP(cleanup_free) struct flaws *flaws = calloc(1, sizeof *flaws);
    programme->scenarios = calloc(count, sizeof *programme->scenarios);
    programme->outcomes = calloc(count, sizeof *programme->outcomes);
    if (flaws == NULL || programme->scenarios == NULL || programme->outcomes == NULL) {
        return error_set(error, E_NOMEM, "", "%s", status_text(E_NOMEM));
    }
    enum status status = scenario_schema(&schema);
    for (size_t i = 0; status == OK && i < count; i++) {
        const char *path = json_string_value(json_array_get(run->paths, i));
        flaws->count = 0;
        outcome_init(&programme->outcomes[i]);
        wrong += scenario_read(path, schema, &programme->scenarios[i], flaws) != OK ? 1 : 0;
        programme->count = i + 1;
        print_flaws(path, flaws);
    }
    if (status == OK && wrong > 0) {
        return error_set(error, E_FORMAT, "files", "%zu of %zu are no scenarios that can be played", wrong, count);
    }
    return status;
}

static enum status find_files(struct run *run, struct error *error)
{
    enum status status = OK;
    run->paths = json_array();
    for (size_t i = 0; status == OK && i < run->options.argument_count; i++) {
        status = scenarios_find(run->options.arguments[i], run->paths, error);
    }
    size_t count = json_array_size(run->paths);
    if (status == OK && (count == 0 || count > SCENARIOS_MOST)) {
        status = error_set(error, E_FORMAT, "FILE|FOLDER", "%s",
                           count == 0 ? "name a scenario, or a folder of them" : "at most 10000 scenarios");
    }
    return status == OK ? read_files(run, error) : status;
}

static void list(const struct programme *programme)
{
    for (size_t i = 0; i < programme->count; i++) {
        const struct scenario *scenario = &programme->scenarios[i];
        const json_t *tags = json_object_get(scenario->json, "tags");
        size_t k = 0;
        const json_t *tag = NULL;
        (void)printf("%s\n    %s", scenario->path, scenario->name);
        json_array_foreach(tags, k, tag)
        {
            (void)printf("%s%s", k == 0 ? "  [" : ", ", json_string_value(tag));
        }
        (void)printf("%s\n", json_array_size(tags) > 0 ? "]" : "");
        if (json_text_of(scenario->json, "about")[0] != '\0') {
            (void)printf("    %s\n", json_text_of(scenario->json, "about"));
        }
    }
}

/* --- the server ------------------------------------------------------------------------------------------------- */

/* "mqtt://0.0.0.0:1883" of a server at http://192.0.2.7:8080 is mqtt://192.0.2.7:1883. */
static void reach(const char *url, const char *mqtt, char reached[READY_URL])
{
    const char *any = "mqtt://0.0.0.0:";
    const char *host = strstr(url, "://") + 3;
    if (text_starts_with(mqtt, any)) {
        (void)snprintf(reached, READY_URL, "mqtt://%.*s:%s", (int)strcspn(host, ":/"), host, mqtt + strlen(any));
    } else {
        (void)snprintf(reached, READY_URL, "%s", mqtt);
    }
}

/* The server of --url, asked where it takes devices. */
static enum status find_server(struct run *run, struct rest **rest, struct error *error)
{
    CLEANUP(cleanup_json) json_t *server = NULL;
    enum status status = rest_open(&run->options, rest, error);
    if (status == OK) {
        status = rest_ask(*rest, "GET", 200, NULL, &server, CALL_MS, error, "/api/v1/server");
    }
    if (status == OK) {
        run->bench.url = rest_url(*rest);
        run->bench.token = options_text(&run->options, "api-token");
        run->bench.ca_file = options_text(&run->options, "ca-file");
        reach(run->bench.url, json_text_of(server, "mqtt"), run->bench.mqtt);
    }
    return status;
}

static enum status open_server(struct run *run, struct rest **rest, struct error *error)
{
    const struct options *options = &run->options;
    enum status status = OK;
    if (options_text(options, "url") != NULL) {
        status = find_server(run, rest, error);
    } else {
        status = own_server_start(&run->own, options_text(options, "listen-mqtt"), options_text(options, "listen-http"),
                                  error);
        run->bench.url = run->own.ready.http;
        run->bench.token = run->own.token;
        (void)snprintf(run->bench.mqtt, sizeof run->bench.mqtt, "%s", run->own.ready.mqtt);
    }
    const char *mqtt = options_text(options, "mqtt");
    if (mqtt != NULL) {
        text_copy_cut(run->bench.mqtt, sizeof run->bench.mqtt, mqtt);
    }
    return status;
}

/* --- the run ---------------------------------------------------------------------------------------------------- */

static void watch_signals(struct bench *bench)
{
    struct sigaction action = {.sa_handler = on_signal};
    running = bench;
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

static enum status report(struct run *run, double seconds, struct error *error)
{
    const char *junit = options_text(&run->options, "junit");
    const char *har = options_text(&run->options, "har");
    programme_summary(stdout, &run->programme, seconds);
    enum status status = junit != NULL ? programme_junit(junit, &run->programme, seconds, error) : OK;
    return status == OK && har != NULL ? programme_archive(har, &run->programme, error) : status;
}

static enum status play_all(struct run *run, int *exit_code, struct error *error)
{
    struct rest *rest = NULL;
    int64_t begin = monotonic_ms();
    enum status status = open_server(run, &rest, error);
    if (status == OK) {
        watch_signals(&run->bench);
        crew_play(&run->bench, &run->programme, (size_t)options_number(&run->options, "jobs"));
        status = report(run, (double)(monotonic_ms() - begin) / 1000, error);
        *exit_code = programme_count(&run->programme).passed == run->programme.count ? EXIT_PASSED : EXIT_FAILED;
    }
    own_server_stop(&run->own);
    rest_close(rest);
    return status;
}

static enum status run_all(struct run *run, int *exit_code, struct error *error)
{
    const struct options *options = &run->options;
    struct bench *bench = &run->bench;
    *exit_code = EXIT_WRONG;
    bench->without_faults = options_flag(options, "without-faults");
    bench->keep = options_flag(options, "keep");
    bench->wants_archive = options_text(options, "har") != NULL;
    bench->timeout_ms = options_number(options, "timeout") * 1000;
    run->programme.quiet = options_flag(options, "quiet");
    run->programme.colour = terminal_has_colour(STDOUT_FILENO);
    if (bench->keep && options_text(options, "url") == NULL) {
        return options_refuse(options, "keep", error, E_FORMAT, "a server of our own ends with the run: give --url");
    }
    enum status status = find_files(run, error);
    if (status == OK && options_flag(options, "list")) {
        list(&run->programme);
        *exit_code = EXIT_PASSED;
        return OK;
    }
    return status == OK ? play_all(run, exit_code, error) : status;
}

static void finish(struct run *run)
{
    for (size_t i = 0; i < run->programme.count; i++) {
        scenario_finish(&run->programme.scenarios[i]);
        outcome_finish(&run->programme.outcomes[i]);
    }
    free(run->programme.scenarios);
    free(run->programme.outcomes);
    json_decref(run->paths);
    options_finish(&run->options);
}

static int run_main(int argc, char **argv)
{
    static struct run run;
    struct error error = {0};
    int exit_code = EXIT_WRONG;
    enum status status = options_read(&run.options, run_options, argc, argv, &error);
    if (status == OK && run.options.wants_help) {
        command_help(stdout, &scenario_run_command);
        options_finish(&run.options);
        return EXIT_PASSED;
    }
    if (status == OK) {
        status = run_all(&run, &exit_code, &error);
    }
    if (status != OK) {
        exit_code = command_complain(&scenario_run_command, &error, EXIT_WRONG);
    }
    finish(&run);
    return exit_code;
}

const struct subcommand scenario_run_command = {
    .name = "run",
    .summary = "scenarios with a verdict: product, plan, devices, faults, and what must come of it",
    .usage = "[OPTIONS] FILE|FOLDER...",
    .about =
        "Plays scenarios. A scenario is a JSON file that says which packages and plans there are, which devices, what "
        "goes wrong when, what is done, and what must come of it. Its schema is schema/scenario.schema.json; those of "
        "fixtures/scenarios/ are examples. Each has a fresh product, which is deleted afterwards.\n\n"
        "Without --url a server of our own is started for the time of the run. What the devices of a scenario that "
        "failed said last, and the end of their upgrade log, stand below its verdict.",
    .examples = "# all scenarios of a folder, four at once, with a report for the CI server\n"
                "mockdc run --junit report.xml fixtures/scenarios\n\n"
                "# one, against a server that runs here, to look at it afterwards\n"
                "mockdc run --url http://127.0.0.1:8080 --keep my-case.json",
    .exits = "0  all passed\n1  at least one did not\n2  wrong command line, wrong file, or no server",
    .options = run_options,
    .run = run_main,
};
