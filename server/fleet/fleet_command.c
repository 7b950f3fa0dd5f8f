#include "fleet/fleet_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/device_keys.h"
#include "base/instant.h"
#include "base/terminal.h"
#include "fleet/device_events.h"
#include "fleet/device_settings.h"
#include "fleet/ground.h"
#include "fleet/tally.h"

enum { START_TICK_MS = 20, SHOW_MS = 250, SPARE_DESCRIPTORS = 64 };

struct member {
    struct fleet *fleet;
    struct virtual_device *device;
    bool was_online;
};

struct fleet {
    struct ground ground;
    struct virtual_device_settings settings;
    const struct options *options;
    double faulty; /* share, 0..1 */
    int64_t rate;  /* devices a second; 0: all at once */
    bool stays;    /* --exit-after never */
    bool json;
    bool shows; /* stderr is a terminal */
    struct loop_timer *starter;
    struct loop_timer *shower;
    struct tally tally;
    struct member *members;
    enum status failure; /* of a device that could not be made, with its error */
    struct error error;
};

static void print_end(const struct fleet *fleet, const char *outcome)
{
    if (fleet->shows) {
        (void)fputs("\r\033[K", stderr);
    }
    tally_print(stdout, fleet->json, &fleet->tally, outcome, monotonic_ms());
}

static void on_end(void *context, const char *word, const char *text)
{
    (void)text;
    print_end(context, word);
}

static int exit_code_of(enum device_outcome outcome)
{
    if (outcome == DEVICE_UPGRADED) {
        return EXIT_UPGRADED;
    }
    return outcome == DEVICE_SHUT_OUT ? EXIT_SHUT_OUT : EXIT_FAILED;
}

static void key_of(const struct fleet *fleet, const struct member *member, char key[LIMIT_DEVICE_KEY + 1])
{
    key[0] = '\0';
    if (device_key_count(fleet->settings.device_key, (size_t)(member - fleet->members), key) != OK) {
        key[0] = '\0'; /* the last key was tried at the start */
    }
}

static void on_event(void *context, const struct device_event *event)
{
    struct member *member = context;
    struct fleet *fleet = member->fleet;
    if (fleet->ground.over) {
        return;
    }
    if (event->kind == DEVICE_EVENT_SDK && event->event == 3 && event->code == 10200 && !member->was_online) {
        member->was_online = true;
        fleet->tally.online++;
    }
    if (event->kind == DEVICE_EVENT_OUTCOME) {
        char key[LIMIT_DEVICE_KEY + 1];
        key_of(fleet, member, key);
        tally_add(&fleet->tally, key, event->outcome, event->text);
        if (tally_unfinished(&fleet->tally) == 0 && !fleet->stays) {
            enum device_outcome outcome = tally_outcome(&fleet->tally);
            print_end(fleet, device_outcome_name(outcome));
            ground_end(&fleet->ground, exit_code_of(outcome));
        }
    }
}

/* Spread evenly: with a share of 0.25 the 4th, the 8th, the 12th ... */
static bool is_faulty(const struct fleet *fleet, size_t index)
{
    return (size_t)((double)(index + 1) * fleet->faulty) > (size_t)((double)index * fleet->faulty);
}

static enum status start_device(struct fleet *fleet, size_t index)
{
    struct member *member = &fleet->members[index];
    struct ground *ground = &fleet->ground;
    struct virtual_device_settings settings = fleet->settings;
    member->fleet = fleet;
    enum status status = device_key_count(fleet->settings.device_key, index, settings.device_key);
    if (!is_faulty(fleet, index)) {
        device_settings_heal(&settings);
    }
    if (status == OK) {
        status = virtual_device_create(ground->loop, ground->mqtt_tls, ground->http_tls, &settings, on_event, member,
                                       &member->device, &fleet->error);
    }
    if (status == OK) {
        virtual_device_start(member->device);
    }
    return status;
}

static void on_start_tick(void *context)
{
    struct fleet *fleet = context;
    struct tally *tally = &fleet->tally;
    size_t due = tally->count;
    if (fleet->rate > 0) {
        int64_t passed = monotonic_ms() - tally->start_ms + START_TICK_MS;
        int64_t by_now = passed * fleet->rate / 1000 + 1;
        due = by_now < (int64_t)tally->count ? (size_t)by_now : tally->count;
    }
    for (; tally->started < due; tally->started++) {
        fleet->failure = start_device(fleet, tally->started);
        if (fleet->failure != OK) {
            ground_end(&fleet->ground, EXIT_FAILED);
            return;
        }
    }
    if (tally->started < tally->count) {
        loop_timer_arm(fleet->starter, START_TICK_MS);
    }
}

static void on_show(void *context)
{
    struct fleet *fleet = context;
    tally_show(stderr, &fleet->tally, monotonic_ms());
    loop_timer_arm(fleet->shower, SHOW_MS);
}

static enum status read_faulty(struct fleet *fleet, struct error *error)
{
    const char *text = options_text(fleet->options, "faulty");
    char *end = NULL;
    double percent = strtod(text, &end);
    if (end == text || (*end != '\0' && !(end[0] == '%' && end[1] == '\0')) || !(percent >= 0 && percent <= 100)) {
        return options_refuse(fleet->options, "faulty", error, E_FORMAT, "'%s' is no percentage, as in 5%%", text);
    }
    fleet->faulty = percent / 100;
    return OK;
}

static enum status read_fleet(struct fleet *fleet, struct error *error)
{
    const struct options *options = fleet->options;
    char last[LIMIT_DEVICE_KEY + 1];
    enum status status = device_settings_read(options, &fleet->settings, error);
    if (status == OK) {
        status = read_faulty(fleet, error);
    }
    if (status != OK) {
        return status;
    }
    fleet->tally.count = (size_t)options_number(options, "count");
    fleet->rate = options_number(options, "rate");
    fleet->json = options_flag(options, "json");
    fleet->shows = terminal_is(STDERR_FILENO);
    fleet->stays = fleet->settings.patience == DEVICE_FOR_EVER;
    if (fleet->stays) { /* what became of them is still counted */
        fleet->settings.patience = DEVICE_UNTIL_UPGRADED;
    }
    if (device_key_count(fleet->settings.device_key, fleet->tally.count - 1, last) != OK) {
        return options_refuse(options, "device-key", error, E_FORMAT,
                              "'%s' has too few digits at its end to count %zu devices", fleet->settings.device_key,
                              fleet->tally.count);
    }
    uint64_t descriptors = descriptors_raise();
    if (descriptors < fleet->tally.count + SPARE_DESCRIPTORS) {
        return options_refuse(options, "count", error, E_LIMIT,
                              "the system allows %llu descriptors, and each device needs one, three while it "
                              "downloads; see ulimit -Hn",
                              (unsigned long long)descriptors);
    }
    return OK;
}

static enum status play(struct fleet *fleet, struct error *error)
{
    struct ground *ground = &fleet->ground;
    enum status status = ground_open(ground, fleet->options, on_end, fleet, error);
    fleet->members = calloc(fleet->tally.count, sizeof *fleet->members);
    if (status == OK && fleet->members == NULL) {
        status = E_NOMEM;
    }
    if (status == OK && (status = loop_timer_create(ground->loop, on_start_tick, fleet, &fleet->starter)) == OK) {
        status = loop_timer_create(ground->loop, on_show, fleet, &fleet->shower);
    }
    if (status == OK) {
        fleet->tally.start_ms = monotonic_ms();
        loop_timer_arm(fleet->starter, 0);
        if (fleet->shows) {
            loop_timer_arm(fleet->shower, 0);
        }
        status = loop_run(ground->loop);
        *error = fleet->error;
        status = status == OK ? fleet->failure : status;
    }
    for (size_t i = 0; fleet->members != NULL && i < fleet->tally.started; i++) {
        virtual_device_destroy(fleet->members[i].device);
    }
    free(fleet->members);
    loop_timer_destroy(fleet->shower);
    loop_timer_destroy(fleet->starter);
    ground_close(ground);
    return status;
}

static int fleet_main(int argc, char **argv)
{
    struct options options;
    struct error error = {0};
    struct fleet fleet = {.options = &options};
    enum status status = options_read(&options, fleet_option_table, argc, argv, &error);
    if (status == OK && options.wants_help) {
        command_help(stdout, &fleet_fleet_command);
        options_finish(&options);
        return EXIT_UPGRADED;
    }
    if (status == OK) {
        status = command_no_arguments(&options, &error);
    }
    if (status == OK && (status = read_fleet(&fleet, &error)) == OK) {
        status = play(&fleet, &error);
    }
    options_finish(&options);
    if (status != OK && error.text[0] == '\0') {
        (void)error_set(&error, status, "", "%s", status_text(status));
    }
    return status == OK ? fleet.ground.exit_code : command_complain(&fleet_fleet_command, &error, EXIT_USAGE);
}

const struct subcommand fleet_fleet_command = {
    .name = "fleet",
    .summary = "many virtual devices in one process",
    .usage = "--product-key PK --product-secret PS [--count N] [--rate N] [--faulty PERCENT] [OPTIONS]",
    .about =
        "As many virtual devices as you want, each of them as 'mockdc device' is, with device keys that count up. On a "
        "terminal a line shows how far they are. The summary at the end names the first devices that failed.\n\n"
        "The fleet ends when every device is upgraded or has failed; with --exit-after never it stays online.",
    .examples =
        "# a thousand devices, 200 more each second\n"
        "mockdc fleet --product-key demo --product-secret demosecret --count 1000 --rate 200 --mcu STM32=1_0_0\n\n"
        "# one in twenty cannot flash what it has loaded\n"
        "mockdc fleet ... --count 1000 --flash fail --faulty 5%",
    .exits =
        "0    all upgraded\n1    at least one failed\n2    wrong command line\n3    the time of --timeout is over\n"
        "4    at least one was shut out by the server\n128+ ended by this signal",
    .options = fleet_option_table,
    .run = fleet_main,
};
