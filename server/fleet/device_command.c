#include "fleet/device_command.h"

#include <stdio.h>

#include "fleet/device_events.h"
#include "fleet/device_settings.h"
#include "fleet/ground.h"

struct run {
    struct ground ground;
    struct virtual_device *device;
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

static enum status play(struct run *run, const struct options *options, struct error *error)
{
    struct virtual_device_settings settings;
    run->json = options_flag(options, "json");
    enum status status = device_settings_read(options, &settings, error);
    if (status != OK) {
        return status;
    }
    struct ground *ground = &run->ground;
    status = ground_open(ground, options, on_end, run, error);
    if (status == OK) {
        status = virtual_device_create(ground->loop, ground->mqtt_tls, ground->http_tls, &settings, on_event, run,
                                       &run->device, error);
    }
    if (status == OK) {
        virtual_device_start(run->device);
        status = loop_run(ground->loop);
    }
    virtual_device_destroy(run->device);
    ground_close(ground);
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
                "mockdc device ... --power-cut 5",
    .exits = "0    upgraded\n1    failed\n2    wrong command line\n3    the time of --timeout is over\n"
             "4    shut out by the server\n128+ ended by this signal",
    .options = device_option_table,
    .run = device_main,
};
