#include "fleet/device_command.h"

#include <stdio.h>

#include "fleet/device_events.h"
#include "fleet/device_settings.h"
#include "fleet/ground.h"
#include "fleet/replay.h"

struct run {
    struct ground ground;
    struct virtual_device *device;
    struct script script;
    struct replay *replay;
    bool json;
};

static void on_event(void *context, const struct device_event *event)
{
    struct run *run = context;
    if (run->ground.over) {
        return;
    }
    device_event_print(stdout, run->json, event);
    if (event->kind != DEVICE_EVENT_OUTCOME) {
        return;
    }
    switch (event->outcome) {
    case DEVICE_UPGRADED:
        ground_end(&run->ground, EXIT_UPGRADED);
        break;
    case DEVICE_FAILED:
        ground_end(&run->ground, EXIT_FAILED);
        break;
    case DEVICE_SHUT_OUT:
        ground_end(&run->ground, EXIT_SHUT_OUT);
        break;
    case DEVICE_GOES_ON:
        break;
    }
}

static void on_end(void *context, const char *word, const char *text)
{
    const struct run *run = context;
    device_outcome_print(stdout, run->json, word, text);
}

static void on_replay_note(void *context, const char *word, const char *text)
{
    const struct run *run = context;
    device_event_print(stdout, run->json,
                       &(struct device_event){.kind = DEVICE_EVENT_NOTE, .word = word, .text = text});
}

static void on_replay_end(void *context, bool all_made, const char *text)
{
    struct run *run = context;
    device_outcome_print(stdout, run->json, all_made ? "replayed" : "diverged", text);
    ground_end(&run->ground, all_made ? EXIT_UPGRADED : EXIT_FAILED);
}

/* Every wrong member of the script on a line of its own, then what is wrong as a whole. */
static enum status read_script(struct run *run, const struct options *options, struct error *error)
{
    struct violations wrong = {0};
    enum status status = device_settings_check_script(options, error);
    if (status == OK) {
        status = script_read_file(options_text(options, "script"), &run->script, &wrong, error);
    }
    for (size_t i = 0; i < wrong.count; i++) {
        (void)fprintf(stderr, "mockdc device: %s: %s\n",
                      wrong.items[i].pointer[0] == '\0' ? "/" : wrong.items[i].pointer, wrong.items[i].detail);
    }
    return status;
}

static enum status play_script(struct run *run, const struct virtual_device_settings *settings)
{
    static const struct replay_handlers handlers = {.on_note = on_replay_note, .on_end = on_replay_end};
    struct ground *ground = &run->ground;
    enum status status = replay_create(ground->loop, ground->mqtt_tls, ground->http_tls, settings, &run->script,
                                       &handlers, run, &run->replay);
    if (status == OK) {
        replay_start(run->replay);
        status = ground->over ? OK : loop_run(ground->loop);
    }
    replay_destroy(run->replay);
    return status;
}

static enum status play_device(struct run *run, const struct virtual_device_settings *settings, struct error *error)
{
    struct ground *ground = &run->ground;
    enum status status = virtual_device_create(ground->loop, ground->mqtt_tls, ground->http_tls, settings, on_event,
                                               run, &run->device, error);
    if (status == OK) {
        virtual_device_start(run->device);
        status = loop_run(ground->loop);
    }
    virtual_device_destroy(run->device);
    return status;
}

static enum status play(struct run *run, const struct options *options, struct error *error)
{
    struct virtual_device_settings settings;
    bool scripted = options_text(options, "script") != NULL;
    run->json = options_flag(options, "json");
    enum status status = device_settings_read(options, &settings, error);
    if (status == OK && scripted) {
        status = read_script(run, options, error);
    }
    if (status != OK) {
        return status;
    }
    status = ground_open(&run->ground, options, on_end, run, error);
    if (status == OK) {
        status = scripted ? play_script(run, &settings) : play_device(run, &settings, error);
    }
    ground_close(&run->ground);
    script_finish(&run->script);
    return status;
}

static int device_main(int argc, char **argv)
{
    struct options options;
    struct error error = {0};
    struct run run = {0};
    enum status status = options_read(&options, device_option_table, argc, argv, &error);
    if (status == OK && options.wants_help) {
        command_help(stdout, &fleet_device_command);
        options_finish(&options);
        return EXIT_UPGRADED;
    }
    if (status == OK) {
        status = command_no_arguments(&options, &error);
    }
    if (status == OK) {
        status = play(&run, &options, &error);
    }
    options_finish(&options);
    if (status != OK && error.text[0] == '\0') {
        (void)error_set(&error, status, "", "%s", status_text(status));
    }
    return status == OK ? run.ground.exit_code : command_complain(&fleet_device_command, &error, EXIT_USAGE);
}

const struct subcommand fleet_device_command = {
    .name = "device",
    .summary = "one virtual device that behaves as the QuecThing SDK does",
    .usage = "--product-key PK --product-secret PS --device-key DK [OPTIONS]",
    .about =
        "One virtual device that behaves as the QuecThing SDK 2.9.0 behaves: it connects, asks for an upgrade, accepts "
        "the "
        "plan, downloads, checks the digests, flashes and reports. Each event is printed as the SDK gives it to its "
        "application; lines with '#' tell what happens besides.",
    .examples = "# upgrade the MCU of one device\n"
                "mockdc device --product-key demo --product-secret demosecret --device-key 867123045678901 --mcu "
                "STM32=1_0_0\n\n"
                "# lose power while it downloads, right after status 5\n"
                "mockdc device ... --power-cut 5\n\n"
                "# repeat what a device did in a session that was recorded\n"
                "mockdc device --product-key demo --product-secret demosecret --device-key 867123045678901 --script "
                "moves.json",
    .exits = "0    upgraded; --script: every move could be made\n1    failed; --script: the server did not let a move "
             "happen\n2    wrong command line or script\n3    the time of --timeout is over\n"
             "4    shut out by the server\n128+ ended by this signal",
    .options = device_option_table,
    .run = device_main,
};
