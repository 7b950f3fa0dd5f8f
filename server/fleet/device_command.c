#include "fleet/device_command.h"

#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>

#include "fleet/device_events.h"
#include "fleet/device_settings.h"

enum { EXIT_UPGRADED = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_TIMEOUT = 3, EXIT_SHUT_OUT = 4, EXIT_SIGNAL = 128 };

struct run {
    struct loop *loop;
    SSL_CTX *mqtt_tls;
    SSL_CTX *http_tls;
    struct virtual_device *device;
    struct loop_timer *timeout;
    struct loop_signal *interrupt;
    struct loop_signal *terminate;
    bool json;
    bool over;
    int exit_code;
};

static void end_run(struct run *run, int exit_code)
{
    if (!run->over) {
        run->over = true;
        run->exit_code = exit_code;
        loop_stop(run->loop);
    }
}

static void on_event(void *context, const struct device_event *event)
{
    struct run *run = context;
    if (run->over) {
        return;
    }
    device_event_print(stdout, run->json, event);
    if (event->kind != DEVICE_EVENT_OUTCOME) {
        return;
    }
    switch (event->outcome) {
    case DEVICE_UPGRADED:
        end_run(run, EXIT_UPGRADED);
        break;
    case DEVICE_FAILED:
        end_run(run, EXIT_FAILED);
        break;
    case DEVICE_SHUT_OUT:
        end_run(run, EXIT_SHUT_OUT);
        break;
    case DEVICE_GOES_ON:
        break;
    }
}

static void on_timeout(void *context)
{
    struct run *run = context;
    if (!run->over) {
        device_outcome_print(stdout, run->json, "timeout", "the time of --timeout is over");
        end_run(run, EXIT_TIMEOUT);
    }
}

static void on_signal(void *context, int number)
{
    struct run *run = context;
    if (!run->over) {
        device_outcome_print(stdout, run->json, "interrupted", "a signal ended the device");
        end_run(run, EXIT_SIGNAL + number);
    }
}

/* Any certificate is taken, as the SDK does, unless `ca_file` names those to trust. */
static enum status make_tls(const char *ca_file, SSL_CTX **tls, struct error *error)
{
    *tls = SSL_CTX_new(TLS_client_method());
    if (*tls == NULL) {
        return error_set(error, E_NOMEM, "TLS", "no context");
    }
    if (ca_file != NULL) {
        if (SSL_CTX_load_verify_locations(*tls, ca_file, NULL) != 1) {
            return error_set(error, E_IO, "--ca-file", "%s cannot be read as certificates", ca_file);
        }
        SSL_CTX_set_verify(*tls, SSL_VERIFY_PEER, NULL);
    }
    return OK;
}

static enum status start(struct run *run, const struct options *options, struct error *error)
{
    struct virtual_device_settings settings;
    enum status status = device_settings_read(options, &settings, error);
    if (status == OK) {
        status = make_tls(options_text(options, "ca-file"), &run->mqtt_tls, error);
    }
    if (status == OK) {
        status = make_tls(options_text(options, "ca-file"), &run->http_tls, error);
    }
    if (status == OK && (status = loop_create(&run->loop)) == OK &&
        (status = loop_timer_create(run->loop, on_timeout, run, &run->timeout)) == OK &&
        (status = loop_signal_create(run->loop, SIGINT, on_signal, run, &run->interrupt)) == OK) {
        status = loop_signal_create(run->loop, SIGTERM, on_signal, run, &run->terminate);
    }
    if (status == OK) {
        status = virtual_device_create(run->loop, run->mqtt_tls, run->http_tls, &settings, on_event, run, &run->device,
                                       error);
    }
    if (status != OK) {
        return status;
    }
    int64_t timeout_s = options_number(options, "timeout");
    if (timeout_s > 0) {
        loop_timer_arm(run->timeout, timeout_s * 1000);
    }
    virtual_device_start(run->device);
    return OK;
}

static void finish(struct run *run)
{
    virtual_device_destroy(run->device);
    loop_signal_destroy(run->terminate);
    loop_signal_destroy(run->interrupt);
    loop_timer_destroy(run->timeout);
    if (run->loop != NULL) {
        loop_destroy(run->loop);
    }
    SSL_CTX_free(run->http_tls);
    SSL_CTX_free(run->mqtt_tls);
}

static int device_main(int argc, char **argv)
{
    struct options options;
    struct error error = {0};
    struct run run = {.exit_code = EXIT_FAILED};
    enum status status = options_read(&options, device_option_table, argc, argv, &error);
    if (status == OK && options.wants_help) {
        command_help(stdout, &fleet_device_command);
        options_finish(&options);
        return 0;
    }
    if (status == OK) {
        status = command_no_arguments(&options, &error);
    }
    if (status == OK) {
        run.json = options_flag(&options, "json");
        status = start(&run, &options, &error);
    }
    if (status == OK) {
        status = loop_run(run.loop);
    }
    finish(&run);
    options_finish(&options);
    if (status != OK && error.text[0] == '\0') {
        (void)error_set(&error, status, "", "%s", status_text(status));
    }
    return status == OK ? run.exit_code : command_complain(&fleet_device_command, &error, EXIT_USAGE);
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
