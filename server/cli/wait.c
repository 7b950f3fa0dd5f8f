#include "cli/wait.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/instant.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/rest.h"

enum { EXIT_CAME = 0, EXIT_OTHER = 1, EXIT_USAGE = 2, EXIT_TIMEOUT = 3, EXIT_NO_SERVER = 4 };
enum { PATH_MOST = 1800, GRACE_MS = 10000, PAUSE_MS = 100 };

static const struct option wait_options[] = {
    {.kind = OPTION_TEXT,
     .name = "plan",
     .argument = "ID",
     .no_environment = true,
     .section = "What to wait for",
     .help = "This plan, or with --device a device in it. With --event: only events of this plan."},
    {.kind = OPTION_TEXT,
     .name = "device",
     .argument = "KEY",
     .no_environment = true,
     .help = "A device. One that the plan does not know yet is waited for as well."},
    {.kind = OPTION_TEXT,
     .name = "package",
     .argument = "ID",
     .no_environment = true,
     .help = "With --verification: its package."},
    {.kind = OPTION_TEXT,
     .name = "verification",
     .argument = "ID",
     .no_environment = true,
     .help = "A verification of --package."},
    {.kind = OPTION_TEXT,
     .name = "for",
     .argument = "STATUS,...",
     .no_environment = true,
     .help = "What it shall come to. A device: nonUpgraded, inUpgrade, upgraded (the default), failed. A plan: "
             "activated, upgrading, suspended, terminated, ended (the default). A verification: running, succeeded "
             "(the default), failed. With --event: only events that say this status of a plan or of a device in one."},
    {.kind = OPTION_TEXT,
     .name = "timeout",
     .argument = "SECONDS",
     .value = "30",
     .no_environment = true,
     .help = "How long, 0 to 3600; 0 only looks. Fractions are allowed."},
    {.kind = OPTION_TEXT,
     .name = "event",
     .argument = "KIND,...",
     .no_environment = true,
     .section = "Events",
     .help = "Wait for an event of these kinds, not for a status: plan, device, log, clock, package, product, fault. "
             "One that has happened already counts, since the last reset of its product; see --after."},
    {.kind = OPTION_TEXT,
     .name = "what",
     .argument = "WHAT,...",
     .no_environment = true,
     .help = "Only events that say this: created, deleted, online, offline, reported, upgrade, fired ..."},
    {.kind = OPTION_TEXT,
     .name = "log-kind",
     .argument = "KIND,...",
     .no_environment = true,
     .help = "Only entries of the upgrade log of these kinds: planIssued, downloading, attemptFailed ..."},
    {.kind = OPTION_TEXT,
     .name = "step",
     .argument = "STEP,...",
     .no_environment = true,
     .help = "Only upgrades with a component at this step: start, confirmed, downloading, upgrading ..."},
    {.kind = OPTION_TEXT,
     .name = "product-key",
     .argument = "KEY",
     .no_environment = true,
     .help = "Only events of this product."},
    {.kind = OPTION_TEXT,
     .name = "after",
     .argument = "CURSOR",
     .no_environment = true,
     .help = "Only events behind this cursor: the id of an event, or the cursor of an answer (--json)."},
    {.kind = OPTION_FLAG,
     .name = "json",
     .no_environment = true,
     .section = "Answer and server",
     .help = "Print the server's answer as JSON, also when the time is over."},
    REST_OPTIONS,
    {0}};

/* One wait: what is asked for, and what came of it. */
struct wait {
    const struct options *options;
    bool events;
    int64_t plan_id; /* 0: none, as the next two */
    int64_t package_id;
    int64_t verification_id;
    const char *words;  /* --for or its default; NULL: with --event, none */
    const char *finals; /* statuses after which no other comes */
    int64_t timeout_ms;
    int64_t end_ms;  /* monotonic */
    char thing[120]; /* "device 8671 in plan 1" */
    json_t *answer;  /* owned */
    struct error error;
};

/* --- the command line -------------------------------------------------------------------------------------------- */

static const char *text(const struct wait *wait, const char *option)
{
    return options_text(wait->options, option);
}

static enum status read_id(struct wait *wait, const char *option, int64_t *id)
{
    const char *given = text(wait, option);
    if (given != NULL && text_parse_int(given, 1, INT64_MAX, id) != OK) {
        return options_refuse(wait->options, option, &wait->error, E_FORMAT, "'%s' is no id", given);
    }
    return OK;
}

static enum status read_timeout(struct wait *wait)
{
    const char *given = text(wait, "timeout");
    char *end = NULL;
    double seconds = strtod(given, &end);
    if (given[0] == '.' || strspn(given, "0123456789.") != strlen(given) || end == given || *end != '\0' ||
        seconds > LIMIT_WAIT_S) {
        return options_refuse(wait->options, "timeout", &wait->error, E_FORMAT, "'%s' is no number of seconds, 0 to %d",
                              given, LIMIT_WAIT_S);
    }
    wait->timeout_ms = llround(seconds * 1000);
    return OK;
}

static enum status refuse(struct wait *wait, const char *option, const char *why)
{
    return error_set(&wait->error, E_FORMAT, option, "%s", why);
}

static enum status choose_status(struct wait *wait)
{
    const char *words = text(wait, "for");
    bool verification = wait->verification_id != 0 || wait->package_id != 0;
    if (wait->plan_id == 0 && !verification) {
        return refuse(wait, "--plan", "it is needed, or --event, or --package and --verification");
    }
    if (verification && (wait->verification_id == 0 || wait->package_id == 0 || wait->plan_id != 0)) {
        return refuse(wait, "--verification", "it and --package belong together, without --plan");
    }
    if (verification && text(wait, "device") != NULL) {
        return refuse(wait, "--device", "a verification has only one");
    }
    if (text(wait, "product-key") != NULL) {
        return refuse(wait, "--product-key", "it is a filter of --event");
    }
    if (verification) {
        wait->finals = "succeeded,failed";
        wait->words = words != NULL ? words : "succeeded";
        (void)snprintf(wait->thing, sizeof wait->thing, "verification %" PRId64 " of package %" PRId64,
                       wait->verification_id, wait->package_id);
    } else if (text(wait, "device") != NULL) {
        wait->finals = "upgraded,failed";
        wait->words = words != NULL ? words : "upgraded";
        (void)snprintf(wait->thing, sizeof wait->thing, "device %.40s in plan %" PRId64, text(wait, "device"),
                       wait->plan_id);
    } else {
        wait->finals = "ended,terminated";
        wait->words = words != NULL ? words : "ended";
        (void)snprintf(wait->thing, sizeof wait->thing, "plan %" PRId64, wait->plan_id);
    }
    return OK;
}

static enum status read_question(struct wait *wait)
{
    static const char *const of_events[] = {"event", "what", "log-kind", "step", "after"};
    for (size_t i = 0; i < sizeof of_events / sizeof of_events[0]; i++) {
        wait->events = wait->events || text(wait, of_events[i]) != NULL;
    }
    enum status status = read_timeout(wait);
    if (status == OK) {
        status = read_id(wait, "plan", &wait->plan_id);
    }
    if (status == OK) {
        status = read_id(wait, "package", &wait->package_id);
    }
    if (status == OK) {
        status = read_id(wait, "verification", &wait->verification_id);
    }
    if (status != OK) {
        return status;
    }
    if (!wait->events) {
        return choose_status(wait);
    }
    wait->words = text(wait, "for");
    (void)snprintf(wait->thing, sizeof wait->thing, "event");
    return wait->package_id == 0 && wait->verification_id == 0
               ? OK
               : refuse(wait, wait->package_id != 0 ? "--package" : "--verification", "it is no filter of events");
}

/* --- the call ---------------------------------------------------------------------------------------------------- */

static void append_parameter(struct buffer *path, const char *name, const char *value)
{
    if (value != NULL) {
        buffer_append_format(path, "&%s=", name);
        rest_append_escaped(path, value);
    }
}

static void append_events(const struct wait *wait, struct buffer *path)
{
    buffer_append_format(path, "/api/v1/events?limit=1&wait=%.3f", (double)wait->timeout_ms / 1000);
    append_parameter(path, "kind", text(wait, "event"));
    append_parameter(path, "what", text(wait, "what"));
    append_parameter(path, "logKind", text(wait, "log-kind"));
    append_parameter(path, "status", wait->words);
    append_parameter(path, "step", text(wait, "step"));
    append_parameter(path, "productKey", text(wait, "product-key"));
    append_parameter(path, "deviceKey", text(wait, "device"));
    append_parameter(path, "planId", text(wait, "plan"));
    append_parameter(path, "after", text(wait, "after"));
}

/* Also for what is final: whoever waits for another status is told at once that it will not come. */
static void append_status(const struct wait *wait, int64_t left_ms, struct buffer *path)
{
    if (wait->verification_id != 0) {
        buffer_append_format(path, "/api/v1/packages/%" PRId64 "/verifications/%" PRId64, wait->package_id,
                             wait->verification_id);
    } else {
        buffer_append_format(path, "/api/v1/plans/%" PRId64, wait->plan_id);
    }
    if (text(wait, "device") != NULL) {
        buffer_append_text(path, "/devices/");
        rest_append_escaped(path, text(wait, "device"));
    }
    buffer_append_format(path, "?timeout=%.3f&waitFor=", (double)left_ms / 1000);
    rest_append_escaped(path, wait->words);
    buffer_append_format(path, ",%s", wait->finals);
}

static const char *member(const json_t *json, const char *name)
{
    const char *value = json_string_value(json_object_get(json, name));
    return value == NULL ? "" : value;
}

/* What the server says of a call that it does not take. */
static int refused(struct wait *wait, const struct rest *rest, long http_status)
{
    const json_t *first = json_array_get(json_object_get(wait->answer, "errors"), 0);
    const char *detail = member(wait->answer, "detail");
    if (http_status == 401) {
        (void)error_set(&wait->error, E_DENIED, "--api-token", "%s wants one, or another one", rest_url(rest));
    } else if (first != NULL) {
        (void)error_set(&wait->error, E_FORMAT, rest_url(rest), "%s %s", member(first, "pointer"),
                        member(first, "detail"));
    } else {
        (void)error_set(&wait->error, E_STATE, rest_url(rest), "%ld %s%s%s", http_status, member(wait->answer, "title"),
                        detail[0] == '\0' ? "" : ": ", detail);
    }
    return http_status >= 500 ? EXIT_NO_SERVER : EXIT_USAGE;
}

static enum status call(struct wait *wait, struct rest *rest, const char *path, int64_t wait_ms, long *http_status)
{
    json_decref(wait->answer);
    wait->answer = NULL;
    return rest_call(rest, "GET", path, NULL, (long)(wait_ms + GRACE_MS), http_status, &wait->answer, &wait->error);
}

/* Whether `word` is one of those in `words`, with commas. */
static bool is_among(const char *word, const char *words)
{
    size_t length = strlen(word);
    for (const char *at = words; (at = strstr(at, word)) != NULL; at += length) {
        if ((at == words || at[-1] == ',') && (at[length] == ',' || at[length] == '\0')) {
            return length > 0;
        }
    }
    return false;
}

/* A device may not be known to the plan yet: then it is asked for again. The plan itself must be there. */
static int look_for_device(struct wait *wait, struct rest *rest, bool *again)
{
    char path[64];
    long http_status = 0;
    (void)snprintf(path, sizeof path, "/api/v1/plans/%" PRId64, wait->plan_id);
    if (call(wait, rest, path, 0, &http_status) != OK) {
        return EXIT_NO_SERVER;
    }
    if (http_status == 404) {
        (void)error_set(&wait->error, E_NOT_FOUND, "--plan", "there is no plan %" PRId64, wait->plan_id);
        return EXIT_USAGE;
    }
    if (http_status != 200) {
        return refused(wait, rest, http_status);
    }
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    *again = monotonic_ms() + PAUSE_MS < wait->end_ms;
    if (*again) {
        (void)nanosleep(&pause, NULL);
    }
    json_decref(wait->answer);
    wait->answer = json_pack("{s:o}", "detail",
                             json_sprintf("the plan does not know it, after %g s", (double)wait->timeout_ms / 1000));
    return EXIT_TIMEOUT;
}

static int ask(struct wait *wait, struct rest *rest)
{
    int code = EXIT_TIMEOUT;
    for (bool again = true; again;) {
        int64_t left_ms = wait->end_ms - monotonic_ms();
        struct buffer path;
        long http_status = 0;
        left_ms = left_ms > 0 ? left_ms : 0;
        buffer_init(&path, PATH_MOST);
        if (wait->events) {
            append_events(wait, &path);
        } else {
            append_status(wait, left_ms, &path);
        }
        enum status status = buffer_status(&path) == OK ? call(wait, rest, buffer_text(&path), left_ms, &http_status)
                                                        : error_set(&wait->error, E_LIMIT, "arguments", "are too long");
        buffer_finish(&path);
        again = false;
        if (status != OK) {
            return status == E_LIMIT ? EXIT_USAGE : EXIT_NO_SERVER;
        }
        if (http_status == 404 && text(wait, "device") != NULL && !wait->events) {
            code = look_for_device(wait, rest, &again);
        } else if (http_status == 409) {
            return EXIT_TIMEOUT;
        } else if (http_status != 200) {
            return refused(wait, rest, http_status);
        } else {
            return wait->events || is_among(member(wait->answer, "status"), wait->words) ? EXIT_CAME : EXIT_OTHER;
        }
    }
    return code;
}

/* --- the answer -------------------------------------------------------------------------------------------------- */

/* "log downloading, device 8671, plan 1, at 2027-03-01T09:00:00.000Z: 40 %" */
static void print_event(const json_t *event)
{
    const json_t *entry = json_object_get(event, "entry");
    const json_t *plan = json_object_get(event, "planId");
    const char *word = entry != NULL ? member(entry, "kind") : member(event, "status");
    const char *device = member(event, "deviceKey");
    const char *detail = entry != NULL ? member(entry, "detail") : member(event, "text");
    (void)printf("%s %s%s%s", member(event, "kind"), entry != NULL ? word : member(event, "what"),
                 entry == NULL && word[0] != '\0' ? " " : "", entry == NULL ? word : "");
    if (device[0] != '\0') {
        (void)printf(", device %s", device);
    } else if (member(event, "productKey")[0] != '\0') {
        (void)printf(", product %s", member(event, "productKey"));
    }
    if (json_is_integer(plan)) {
        (void)printf(", plan %" JSON_INTEGER_FORMAT, json_integer_value(plan));
    }
    (void)printf(", at %s%s%s\n", member(event, "at"), detail[0] == '\0' ? "" : ": ", detail);
}

static void print(const struct wait *wait, int code)
{
    const json_t *answer = wait->answer;
    const char *reason = member(answer, "reason");
    if (options_flag(wait->options, "json")) {
        (void)json_dumpf(answer, stdout, JSON_INDENT(2));
        (void)putchar('\n');
    } else if (code == EXIT_TIMEOUT) {
        (void)printf("timeout: %s: %s\n", wait->thing, member(answer, "detail"));
    } else if (wait->events) {
        print_event(json_array_get(json_object_get(answer, "items"), 0));
    } else {
        (void)printf("%s: %s%s%s\n", member(answer, "status"), wait->thing, reason[0] == '\0' ? "" : ", reason ",
                     reason);
    }
}

static int wait_until(struct wait *wait)
{
    struct rest *rest = NULL;
    enum status status = rest_open(wait->options, &rest, &wait->error);
    if (status != OK) {
        return status == E_NOT_FOUND ? EXIT_NO_SERVER : EXIT_USAGE;
    }
    wait->end_ms = monotonic_ms() + wait->timeout_ms;
    int code = ask(wait, rest);
    rest_close(rest);
    return code;
}

static int wait_main(int argc, char **argv)
{
    struct options options;
    struct wait wait = {.options = &options};
    int code = EXIT_USAGE;
    enum status status = options_read(&options, wait_options, argc, argv, &wait.error);
    if (status == OK && options.wants_help) {
        command_help(stdout, &cli_wait_command);
        code = EXIT_CAME;
    } else if (status == OK && command_no_arguments(&options, &wait.error) == OK && read_question(&wait) == OK) {
        code = wait_until(&wait);
        if (code == EXIT_CAME || code == EXIT_OTHER || code == EXIT_TIMEOUT) {
            print(&wait, code);
        }
    }
    if (code == EXIT_USAGE || code == EXIT_NO_SERVER) {
        (void)command_complain(&cli_wait_command, &wait.error, code);
    }
    json_decref(wait.answer);
    options_finish(&options);
    return code;
}

const struct subcommand cli_wait_command = {
    .name = "wait",
    .summary = "wait for the outcome of an upgrade, or for an event",
    .usage = "--plan ID [--device KEY] [--for STATUS,...] [--timeout SECONDS]\n"
             "--package ID --verification ID [--for STATUS,...]\n"
             "--event KIND,... [--log-kind KIND,...] [--device KEY] [--plan ID] ...",
    .about =
        "Waits until a device in a plan, a plan or a verification has one of the statuses of --for, or until an event "
        "comes; at once when it is so already. When another status comes after which nothing follows, it does not wait "
        "on: exit code 1. When the time is over it says what came nearest.\n\n"
        "Without --url it asks the server that runs on this machine under this user.",
    .examples = "# 0 when the device is upgraded, 1 when its upgrade failed\n"
                "mockdc wait --plan 1 --device 867123045678901 --timeout 120\n\n"
                "# until the download has begun\n"
                "mockdc wait --event log --log-kind downloading --device 867123045678901\n\n"
                "# until all devices of the whitelist are through\n"
                "mockdc wait --plan 1 --for ended --timeout 3600",
    .exits = "0  it came\n1  another status came, after which nothing follows: failed instead of upgraded\n"
             "2  wrong command line, or refused by the server\n3  the time is over\n4  no server answers, or it stops",
    .options = wait_options,
    .run = wait_main,
};
