#include "cli/health.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/terminal.h"
#include "cli/rest.h"

enum { EXIT_READY = 0, EXIT_NOT_READY = 1, EXIT_USAGE = 2, PAUSE_MS = 20, CALL_MS = 5000, DOT_MS = 500 };

static const struct option health_options[] = {
    {.kind = OPTION_NUMBER,
     .name = "wait",
     .argument = "SECONDS",
     .value = "0",
     .least = 0,
     .most = 86400,
     .no_environment = true,
     .help = "Wait so long for it to become ready, also for it to start."},
    {.kind = OPTION_FLAG, .name = "json", .no_environment = true, .help = "Print the answer of /readyz?verbose."},
    REST_OPTIONS,
    {0}};

/* What was seen last. */
struct finding {
    bool ready;
    char url[128];
    json_t *json; /* owned; NULL: no answer */
    struct error error;
};

/* E_FORMAT, E_STATE: asking again changes nothing. */
static enum status ask(const struct options *options, struct finding *finding)
{
    struct rest *rest = NULL;
    json_decref(finding->json);
    *finding = (struct finding){0};
    enum status status = rest_open(options, &rest, &finding->error);
    if (status != OK) {
        return status;
    }
    long http_status = 0;
    (void)snprintf(finding->url, sizeof finding->url, "%s", rest_url(rest));
    status = rest_call(rest, "GET", "/readyz?verbose", NULL, CALL_MS, &http_status, &finding->json, &finding->error);
    if (status == OK) {
        finding->ready = http_status == 200 && json_is_true(json_object_get(finding->json, "ready"));
        if (!finding->ready) {
            status = error_set(&finding->error, E_AGAIN, finding->url, "not ready (%ld)", http_status);
        }
    }
    rest_close(rest);
    return status;
}

static void pause_ms(int milliseconds)
{
    const struct timespec pause = {.tv_nsec = milliseconds * 1000000L};
    (void)nanosleep(&pause, NULL);
}

static enum status ask_until(const struct options *options, struct finding *finding)
{
    int64_t now = monotonic_ms();
    int64_t end = now + options_number(options, "wait") * 1000;
    bool dots = terminal_is(STDERR_FILENO);
    int64_t next_dot = now + DOT_MS;
    bool dotted = false;
    enum status status = ask(options, finding);
    while (!finding->ready && status != E_FORMAT && status != E_STATE && (now = monotonic_ms()) < end) {
        if (dots && now >= next_dot) {
            (void)fputc('.', stderr);
            dotted = true;
            next_dot += DOT_MS;
        }
        pause_ms(PAUSE_MS);
        status = ask(options, finding);
    }
    if (dotted) {
        (void)fputc('\n', stderr);
    }
    return status;
}

/* "broker: down" for each part that is false. */
static void print_parts(const json_t *json)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)json, name, value)
    {
        if (json_is_false(value) && strcmp(name, "ready") != 0) {
            (void)printf("  %s is not up\n", name);
        }
    }
}

static void print(const struct options *options, const struct finding *finding)
{
    if (options_flag(options, "json") && finding->json != NULL) {
        (void)json_dumpf(finding->json, stdout, JSON_INDENT(2));
        (void)putchar('\n');
    } else if (finding->ready) {
        (void)printf("ready: %s\n", finding->url);
    } else {
        (void)printf("not ready: %s%s%s\n", finding->error.place, finding->error.place[0] == '\0' ? "" : ": ",
                     finding->error.text);
        print_parts(finding->json);
    }
}

static int health_main(int argc, char **argv)
{
    struct options options;
    struct finding finding = {0};
    enum status status = options_read(&options, health_options, argc, argv, &finding.error);
    int code = EXIT_READY;
    if (status == OK && options.wants_help) {
        command_help(stdout, &cli_health_command);
    } else if (status == OK && (status = command_no_arguments(&options, &finding.error)) == OK) {
        status = ask_until(&options, &finding);
        if (status != E_FORMAT) {
            print(&options, &finding);
            code = finding.ready ? EXIT_READY : EXIT_NOT_READY;
            status = OK;
        }
    }
    if (status != OK) {
        code = command_complain(&cli_health_command, &finding.error, EXIT_USAGE);
    }
    json_decref(finding.json);
    options_finish(&options);
    return code;
}

const struct subcommand cli_health_command = {
    .name = "health",
    .summary = "ask whether a server is ready, or wait until it is",
    .usage = "[--wait SECONDS] [--url URL]",
    .about =
        "Asks /readyz: 0 when broker, store and listener are up. Without --url it asks the server that runs on this "
        "machine under this user, at whatever port that listens.",
    .examples = "# in a script: start, wait, go on\nmockdc serve --ephemeral & mockdc health --wait 10\n\n"
                "# in another container\nmockdc health --wait 30 --url http://mockdc:8080",
    .exits = "0  ready\n1  not ready, or nobody answers\n2  wrong command line",
    .options = health_options,
    .run = health_main,
};
