#include "record/command.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "base/text.h"
#include "cli/json.h"
#include "cli/text_file.h"
#include "record/fetch.h"
#include "record/pretty.h"

enum { EXIT_RECORDED = 0, EXIT_IMPOSSIBLE = 1, EXIT_USAGE = 2, EXIT_NO_SERVER = 3 };

#define TEXT(option, meta, sentence)                                                                                   \
    {                                                                                                                  \
        .kind = OPTION_TEXT, .name = (option), .argument = (meta), .help = (sentence)                                  \
    }

static const struct option record_options[] = {
    TEXT("product-key", "PK", "Product key of the device; needed."),
    TEXT("device-key", "DK", "Device key of the device; needed."),
    {.kind = OPTION_NUMBER,
     .name = "plan",
     .argument = "ID",
     .value = "0",
     .least = 0,
     .most = INT64_MAX,
     .no_environment = true,
     .help =
         "From the connection on which the device was notified of this plan to the first one behind its end, or the "
         "notify of another plan; 0: whatever it did."},
    TEXT("since", "TIME", "From the first connection at or after this instant on, as 2026-11-23T10:00:00Z."),
    TEXT("output", "FILE", "Write the scenario there. Default: print it."),
    TEXT("files", "DIR",
         "Folder of the firmware files; one with the right name and MD5 is named in the scenario instead of made-up "
         "bytes of its size. It must lie in the folder of the scenario."),
    {.kind = OPTION_NUMBER,
     .name = "longest-wait",
     .argument = "S",
     .value = "10",
     .least = 1,
     .most = 86400,
     .help = "What the device waited longer is cut to this. No rule of the server depends on it: its limits are upper "
             "ones."},
    REST_OPTIONS,
    {0}};

static enum status need(const struct options *options, const char *name, size_t most, const char **value,
                        struct error *error)
{
    *value = options_text(options, name);
    return *value != NULL && text_is_word(*value, 1, most, "")
               ? OK
               : options_refuse(options, name, error, E_FORMAT, "1 to %zu letters and digits are needed", most);
}

static enum status read_all(const struct options *options, struct wanted *wanted, struct error *error)
{
    int64_t at = 0;
    enum status status = need(options, "product-key", LIMIT_PRODUCT_KEY, &wanted->product_key, error);
    if (status == OK) {
        status = need(options, "device-key", LIMIT_DEVICE_KEY, &wanted->device_key, error);
    }
    wanted->plan_id = options_number(options, "plan");
    wanted->since = options_text(options, "since");
    wanted->files = options_text(options, "files");
    if (status == OK && wanted->since != NULL && instant_parse(wanted->since, &at) != OK) {
        status = options_refuse(options, "since", error, E_FORMAT,
                                "an instant as of RFC 3339 is needed, as 2026-11-23T10:00:00Z");
    }
    return status;
}

static enum status write_scenario(const json_t *scenario, const char *path, struct error *error)
{
    CLEANUP(cleanup_buffer) struct buffer text;
    buffer_init(&text, 4 * (size_t)LIMIT_SCRIPT_BYTES);
    pretty_append(&text, scenario);
    if (buffer_status(&text) != OK) {
        return error_set(error, buffer_status(&text), "scenario", "%s", status_text(buffer_status(&text)));
    }
    if (path != NULL) {
        return text_file_write(path, &text, error);
    }
    bool written = fwrite(text.data, 1, text.length, stdout) == text.length && fflush(stdout) == 0;
    return written ? OK : error_set(error, E_IO, "output", "%s", strerror(errno));
}

static enum status record(struct rest *rest, struct wanted *wanted, const struct options *options, struct error *error)
{
    struct recorded session;
    CLEANUP(cleanup_json) json_t *scenario = NULL;
    const char *output = options_text(options, "output");
    CLEANUP(cleanup_free) char *path = strdup(output != NULL ? output : "./stdout");
    wanted->folder = path == NULL ? "." : dirname(path);
    enum status status = recorded_fetch(rest, wanted, &session, error);
    if (status == OK) {
        status = scenario_make(&session, options_number(options, "longest-wait") * 1000, &scenario);
        if (status != OK) {
            (void)error_set(error, status, "session", "%s", status_text(status));
        }
    }
    if (status == OK) {
        status = write_scenario(scenario, output, error);
    }
    for (size_t i = 0; i < session.doubts.count; i++) {
        (void)fprintf(stderr, "note: %s\n", session.doubts.items[i]);
    }
    if (status == OK) {
        const json_t *device = json_array_get(json_object_get(scenario, "devices"), 0);
        (void)fprintf(
            stderr, "%zu moves, %zu plans, %zu faults%s%s\n", json_array_size(json_object_get(device, "script")),
            json_array_size(json_object_get(scenario, "plans")), json_array_size(json_object_get(scenario, "faults")),
            output != NULL ? " -> " : "", output != NULL ? output : "");
    }
    recorded_finish(&session);
    return status;
}

static int record_main(int argc, char **argv)
{
    struct options options;
    struct error error = {0};
    struct wanted wanted = {.plan_id = 0};
    struct rest *rest = NULL;
    int exit_code = EXIT_USAGE;
    enum status status = options_read(&options, record_options, argc, argv, &error);
    if (status == OK && options.wants_help) {
        command_help(stdout, &record_command);
        options_finish(&options);
        return EXIT_RECORDED;
    }
    if (status == OK && (status = command_no_arguments(&options, &error)) == OK &&
        (status = read_all(&options, &wanted, &error)) == OK) {
        status = rest_open(&options, &rest, &error);
        exit_code = status == E_FORMAT ? EXIT_USAGE : EXIT_NO_SERVER;
    }
    if (status == OK) {
        status = record(rest, &wanted, &options, &error);
        exit_code = status == E_CLOSED || status == E_TIMEOUT ? EXIT_NO_SERVER : EXIT_IMPOSSIBLE;
    }
    rest_close(rest);
    options_finish(&options);
    return status == OK ? EXIT_RECORDED : command_complain(&record_command, &error, exit_code);
}

const struct subcommand record_command = {
    .name = "record",
    .summary = "make a scenario of what a device did",
    .usage = "--product-key PK --device-key DK [--plan ID] [--since TIME] [--output FILE] [OPTIONS]",
    .about =
        "Takes a device's session from the journal of a running server and writes a scenario for 'mockdc run': "
        "packages "
        "as made-up files of the same size (or your own, with --files), plans, the faults that fired on it, the clock, "
        "a virtual device that repeats the session move by move ('mockdc device --script'), and what came of it as the "
        "expectation.\n\n"
        "A recording holds what went over the wire, not what was in the device: package ids, device secret and session "
        "key are made anew, versions are what it reported then. It is refused when the journal has lost a part of the "
        "session, or when a fault that fired has been removed since; what it can only approach is told as a note.",
    .examples = "# the session in which a board failed, as a file for CI\n"
                "mockdc record --product-key p1a2b3 --device-key 867123045678901 --plan 1 --output failed.json\n\n"
                "# play it\n"
                "mockdc run failed.json",
    .exits = "0  recorded\n1  there is no such session, or it cannot be recorded\n2  wrong command line\n3  no server "
             "answers",
    .options = record_options,
    .run = record_main,
};
