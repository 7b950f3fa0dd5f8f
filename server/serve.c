#include "serve.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/app.h"
#include "base/cleanup.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/text.h"
#include "codec/device_url.h"
#include "config/address.h"
#include "config/options.h"
#include "crypto/random.h"
#include "data_dir.h"
#include "http/server.h"
#include "loop/loop.h"
#include "mqtt/door.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, SECRET_FILE_LIMIT = 256 };

static const struct option serve_options[] = {
    {.kind = OPTION_TEXT,
     .name = "http",
     .argument = "ADDRESS:PORT",
     .value = "127.0.0.1:8080",
     .help = "Where the REST API, the page and the firmware are served; port 0 picks a free one."},
    {.kind = OPTION_TEXT,
     .name = "mqtt",
     .argument = "ADDRESS:PORT",
     .value = "127.0.0.1:1883",
     .help = "Where devices and observers connect; port 0 picks a free one."},
    {.kind = OPTION_TEXT,
     .name = "mqtts",
     .argument = "ADDRESS:PORT",
     .value = "127.0.0.1:8883",
     .help = "The same over TLS; listens only when --tls-cert is given."},
    {.kind = OPTION_TEXT, .name = "tls-cert", .argument = "FILE", .help = "Certificate (chain) in PEM for --mqtts."},
    {.kind = OPTION_TEXT, .name = "tls-key", .argument = "FILE", .help = "Its private key in PEM."},
    {.kind = OPTION_TEXT,
     .name = "data-dir",
     .argument = "DIR",
     .value = "mockdc-data",
     .help = "Where database and firmware files live; made when missing."},
    {.kind = OPTION_FLAG, .name = "ephemeral", .help = "Keep the state in a temporary folder that goes at exit."},
    {.kind = OPTION_TEXT,
     .name = "ready-file",
     .argument = "FILE",
     .help = "Written (JSON: http, mqtt, pid) once all is up, removed at exit."},
    {.kind = OPTION_TEXT,
     .name = "public-url",
     .argument = "URL",
     .help = "What firmware URLs begin with, as devices reach this server (http://10.0.0.5:8080). Default: the address "
             "of the "
             "device's own connection with the HTTP port. Needed where ports are mapped."},
    {.kind = OPTION_TEXT,
     .name = "api-token",
     .argument = "TOKEN",
     .secret = true,
     .help = "The REST API wants 'Authorization: Bearer TOKEN'. Made and printed once when --http is not a loopback "
             "address."},
    {.kind = OPTION_TEXT, .name = "api-token-file", .argument = "FILE", .help = "The same, read from a file."},
    {.kind = OPTION_FLAG, .name = "no-auth", .help = "No API token although --http is not a loopback address."},
    {.kind = OPTION_TEXT,
     .name = "observer-token",
     .argument = "TOKEN",
     .secret = true,
     .help = "Password of the MQTT user 'observer', who may read every topic. Without it there is no observer."},
    {.kind = OPTION_TEXT,
     .name = "unknown-device",
     .argument = "reauth|refuse",
     .value = "reauth",
     .help = "What a device gets that has a secret but is not known here: told to authenticate again, or shut out."},
    {.kind = OPTION_FLAG,
     .name = "strict-gates",
     .help =
         "A battery or signal value that a device never reported fails the check instead of passing with a warning."},
    {.kind = OPTION_NUMBER,
     .name = "upgrades-at-once",
     .argument = "N",
     .value = "10000",
     .least = 1,
     .most = 1000000,
     .help = "Devices of one plan that upgrade at the same time; the rest waits."},
    {.kind = OPTION_TEXT,
     .name = "log-level",
     .argument = "LEVEL",
     .value = "info",
     .help = "debug, info, warn, error or off."},
    {.kind = OPTION_TEXT,
     .name = "log-format",
     .argument = "text|json",
     .value = "text",
     .help = "How a log line looks."},
    {0}};

static const char serve_about[] =
    "Runs the stand-in for the Developer Center: devices connect by MQTT, firmware and REST API are served over HTTP.\n"
    "Point a device at it by setting its server address to the --mqtt address. Ends on SIGINT and SIGTERM.\n\n"
    "exit codes: 0 ended by a signal, 1 something failed, 2 wrong command line";

/* The house: what is built in this order and torn down in reverse. */
struct house {
    struct options options;
    struct data_dir data;
    char token_text[SECRET_FILE_LIMIT];
    const char *api_token; /* NULL: none wanted */
    struct loop *loop;
    struct loop_timer *alarm;
    struct loop_signal *signals[2];
    struct app *app;
    struct http_server *http;
    struct mqtt_door *mqtt;
    struct address http_address;
    bool announced;
};

/* --- ports of app/ -------------------------------------------------------------------------------------------- */

static int64_t port_now(void *context)
{
    (void)context;
    return instant_now();
}

static int64_t port_monotonic(void *context)
{
    (void)context;
    return monotonic_ms();
}

static enum status port_token(void *context, char token[LIMIT_TOKEN + 1])
{
    (void)context;
    return random_token(token);
}

static enum status port_notify(void *context, int64_t device_id, const struct notify_order *order)
{
    const struct house *house = context;
    return house->mqtt == NULL ? E_CLOSED : mqtt_door_notify(house->mqtt, device_id, order);
}

static enum status port_firmware(void *context, int64_t device_id, const struct firmware_order *order)
{
    const struct house *house = context;
    return house->mqtt == NULL ? E_CLOSED : mqtt_door_firmware(house->mqtt, device_id, order);
}

static void port_disconnect(void *context, int64_t device_id, const char *why)
{
    const struct house *house = context;
    if (house->mqtt != NULL) {
        mqtt_door_disconnect(house->mqtt, device_id, why);
    }
}

static void port_alarm(void *context, int64_t delay_ms)
{
    const struct house *house = context;
    loop_timer_arm(house->alarm, delay_ms);
}

static void port_changed(void *context, int64_t plan_id, const char *device_key)
{
    const struct house *house = context;
    if (house->http != NULL) {
        http_server_changed(house->http, plan_id, device_key);
    }
}

static bool port_frames_wanted(void *context)
{
    const struct house *house = context;
    return house->http != NULL && http_server_frames_wanted(house->http);
}

static void port_event(void *context, const struct event *event)
{
    const struct house *house = context;
    if (house->http != NULL) {
        http_server_event(house->http, event);
    }
}

static void on_alarm(void *context)
{
    const struct house *house = context;
    app_alarm(house->app);
}

static void on_signal(void *context, int number)
{
    const struct house *house = context;
    log_info("serve", "signal %d: going down", number);
    loop_stop(house->loop);
}

/* --- what the command line says ------------------------------------------------------------------------------- */

static enum status read_address(const struct options *options, const char *name, struct address *address,
                                struct error *error)
{
    const char *text = options_text(options, name);
    if (address_parse(text, address) != OK) {
        return error_set(error, E_FORMAT, name,
                         "'%s' is not ADDRESS:PORT with a numeric address (127.0.0.1:8080, [::1]:0)", text);
    }
    return OK;
}

static enum status read_secret_file(const char *path, char *secret, size_t capacity, struct error *error)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return error_set(error, E_FORMAT, "api-token-file", "cannot read %s: %s", path, strerror(errno));
    }
    size_t length = fread(secret, 1, capacity - 1, file);
    (void)fclose(file);
    secret[length] = '\0';
    secret[strcspn(secret, "\r\n")] = '\0';
    return secret[0] != '\0' ? OK : error_set(error, E_FORMAT, "api-token-file", "%s is empty", path);
}

/* The API token: given, from a file, or made when anybody on the network could reach the API. */
static enum status choose_api_token(struct house *house, struct error *error)
{
    const char *file = options_text(&house->options, "api-token-file");
    house->api_token = options_text(&house->options, "api-token");
    if (house->api_token == NULL && file != NULL) {
        house->api_token = house->token_text;
        return read_secret_file(file, house->token_text, sizeof house->token_text, error);
    }
    if (house->api_token == NULL && !address_is_loopback(&house->http_address) &&
        !options_flag(&house->options, "no-auth")) {
        if (random_token(house->token_text) != OK) {
            return error_set(error, E_CRYPTO, "api-token", "no random numbers");
        }
        house->api_token = house->token_text;
        (void)printf("API token (made because --http is not a loopback address): %s\n", house->api_token);
    }
    return OK;
}

static enum status check_words(const struct options *options, struct error *error)
{
    const char *unknown = options_text(options, "unknown-device");
    const char *format = options_text(options, "log-format");
    const char *url = options_text(options, "public-url");
    enum log_level level = LOG_LEVEL_INFO;
    struct device_url parsed;
    if (strcmp(unknown, "reauth") != 0 && strcmp(unknown, "refuse") != 0) {
        return error_set(error, E_FORMAT, "unknown-device", "'%s' is neither reauth nor refuse", unknown);
    }
    if (strcmp(format, "text") != 0 && strcmp(format, "json") != 0) {
        return error_set(error, E_FORMAT, "log-format", "'%s' is neither text nor json", format);
    }
    if (log_level_parse(options_text(options, "log-level"), &level) != OK) {
        return error_set(error, E_FORMAT, "log-level", "is none of debug, info, warn, error, off");
    }
    if (url != NULL && !text_starts_with(url, "http://")) {
        return error_set(error, E_FORMAT, "public-url", "must begin with http://");
    }
    if (url != NULL && device_url_parse(url, &parsed) != OK) {
        return error_set(error, E_FORMAT, "public-url",
                         "no device would take '%s': it wants a host of 4 to 63 characters with a dot, not IPv6", url);
    }
    if ((options_text(options, "tls-cert") == NULL) != (options_text(options, "tls-key") == NULL)) {
        return error_set(error, E_FORMAT, "tls-cert", "--tls-cert and --tls-key belong together");
    }
    log_setup(level, strcmp(format, "json") == 0);
    return OK;
}

/* --- ready ---------------------------------------------------------------------------------------------------- */

static void format_url(const char *scheme, const struct address *address, uint16_t port, char *text, size_t capacity)
{
    struct address bound = *address;
    char place[128];
    bound.port = port;
    (void)snprintf(text, capacity, "%s://%s", scheme, address_format(&bound, place, sizeof place));
}

/* Writes the ready file under another name and renames it, so that nobody reads half of it. */
static void write_ready_file(const char *path, const char *http, const char *mqtt)
{
    CLEANUP(cleanup_free) char *temporary = NULL;
    if (asprintf(&temporary, "%s.%ld.tmp", path, (long)getpid()) < 0) {
        return;
    }
    FILE *file = fopen(temporary, "we");
    bool written = file != NULL && fprintf(file, "{\"http\": \"%s\", \"mqtt\": \"%s\", \"pid\": %ld}\n", http, mqtt,
                                           (long)getpid()) > 0;
    if (file != NULL && fclose(file) != 0) {
        written = false;
    }
    if (!written || rename(temporary, path) != 0) {
        log_error("serve", "the ready file %s cannot be written: %s", path, strerror(errno));
        (void)unlink(temporary);
    }
}

static void announce(void *context)
{
    struct house *house = context;
    if (house->announced) {
        return;
    }
    house->announced = true;
    struct address mqtt_address;
    struct error unused;
    if (read_address(&house->options, "mqtt", &mqtt_address, &unused) != OK) {
        return;
    }
    char http[160];
    char mqtt[160];
    format_url("http", &house->http_address, http_server_port(house->http), http, sizeof http);
    format_url("mqtt", &mqtt_address, mqtt_door_port(house->mqtt), mqtt, sizeof mqtt);
    http_server_set_mqtt_url(house->http, mqtt);
    const char *path = options_text(&house->options, "ready-file");
    if (path != NULL) {
        write_ready_file(path, http, mqtt);
    }
    (void)printf("mockdc %s is up: %s (REST API, firmware), %s (devices), ", MOCKDC_VERSION, http, mqtt);
    if (mqtt_door_tls_port(house->mqtt) != 0) {
        (void)printf("TLS on port %u, ", mqtt_door_tls_port(house->mqtt));
    }
    (void)printf("state in %s\n", house->data.path);
    (void)fflush(stdout);
    http_server_check_packages(house->http);
}

/* For /readyz: what is up. */
static void readiness(void *context, struct http_readiness *ready)
{
    const struct house *house = context;
    ready->store = app_store_is_well(house->app) == OK;
    ready->broker = house->mqtt != NULL && mqtt_door_is_ready(house->mqtt);
    ready->listener = house->announced;
}

/* Each link and download is a descriptor; the usual soft limit of 1024 would starve them early. The broker inherits it.
 */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* a refusal leaves us where we were */
    }
}

/* --- build and tear down -------------------------------------------------------------------------------------- */

static enum status build_app(struct house *house, struct error *error)
{
    struct app_settings settings = {.data_dir = house->data.path,
                                    .strict_gates = options_flag(&house->options, "strict-gates"),
                                    .slots = options_number(&house->options, "upgrades-at-once")};
    struct app_ports ports = {.context = house,
                              .now = port_now,
                              .monotonic = port_monotonic,
                              .token = port_token,
                              .notify = port_notify,
                              .firmware = port_firmware,
                              .disconnect = port_disconnect,
                              .alarm = port_alarm,
                              .changed = port_changed,
                              .event = port_event,
                              .frames_wanted = port_frames_wanted};
    return app_create(&settings, &ports, &house->app, error);
}

static enum status build_http(struct house *house, struct error *error)
{
    struct http_settings settings = {.address = house->http_address,
                                     .api_token = house->api_token,
                                     .readiness = readiness,
                                     .readiness_context = house};
    enum status status = http_server_create(house->loop, house->app, &settings, &house->http, error);
    house->http_address.port = status == OK ? http_server_port(house->http) : house->http_address.port;
    return status;
}

static enum status build_mqtt(struct house *house, struct error *error)
{
    const struct options *options = &house->options;
    struct mqtt_settings settings = {.tls_cert = options_text(options, "tls-cert"),
                                     .tls_key = options_text(options, "tls-key"),
                                     .observer_token = options_text(options, "observer-token"),
                                     .refuse_unknown = strcmp(options_text(options, "unknown-device"), "refuse") == 0,
                                     .public_url = options_text(options, "public-url"),
                                     .http_port = http_server_port(house->http),
                                     .data_dir = house->data.path,
                                     .on_ready = announce,
                                     .on_ready_context = house};
    enum status status = read_address(options, "mqtt", &settings.mqtt, error);
    if (status == OK && settings.tls_cert != NULL) {
        status = read_address(options, "mqtts", &settings.mqtts, error);
    }
    return status == OK ? mqtt_door_create(house->loop, house->app, &settings, &house->mqtt, error) : status;
}

static enum status build(struct house *house, struct error *error)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    enum status status = loop_create(&house->loop);
    if (status == OK) {
        status = loop_timer_create(house->loop, on_alarm, house, &house->alarm);
    }
    for (size_t i = 0; i < 2 && status == OK; i++) {
        status = loop_signal_create(house->loop, numbers[i], on_signal, house, &house->signals[i]);
    }
    if (status != OK) {
        return error_set(error, status, "loop", "cannot be made: %s", status_text(status));
    }
    if ((status = data_dir_open(&house->data, options_text(&house->options, "data-dir"),
                                options_flag(&house->options, "ephemeral"), error)) != OK ||
        (status = build_app(house, error)) != OK || (status = build_http(house, error)) != OK) {
        return status;
    }
    return build_mqtt(house, error);
}

/* What came and went, for who reads the log of a test that failed. */
static void log_counters(const struct house *house)
{
    struct mqtt_counters counters;
    mqtt_door_counters(house->mqtt, &counters);
    log_info("serve",
             "links accepted=%" PRIu64 " refused=%" PRIu64 "; messages up=%" PRIu64 " down=%" PRIu64
             " malformed=%" PRIu64 " duplicate=%" PRIu64 "; repeats absorbed=%" PRIu64 "; broker restarts=%" PRIu64,
             counters.accepted, counters.refused, counters.uplinks, counters.downlinks, counters.malformed,
             counters.duplicates, counters.repeats_absorbed, counters.broker_restarts);
}

static void tear_down(struct house *house)
{
    if (house->mqtt != NULL) {
        log_counters(house);
    }
    const char *path = options_text(&house->options, "ready-file");
    if (house->announced && path != NULL) {
        (void)unlink(path);
    }
    mqtt_door_destroy(house->mqtt);
    house->mqtt = NULL;
    http_server_destroy(house->http);
    house->http = NULL;
    app_destroy(house->app);
    for (size_t i = 0; i < 2; i++) {
        loop_signal_destroy(house->signals[i]);
    }
    loop_timer_destroy(house->alarm);
    loop_destroy(house->loop);
    data_dir_close(&house->data);
}

static int complain(const struct error *error, int code)
{
    (void)fprintf(stderr, "mockdc serve: %s: %s\n", error->place, error->text);
    return code;
}

int serve_main(int argc, char **argv)
{
    struct house house = {.data = {.lock_fd = -1}};
    struct error error = {0};
    if (options_read(&house.options, serve_options, argc, argv, &error) != OK) {
        return complain(&error, EXIT_USAGE);
    }
    if (house.options.wants_help) {
        options_help(stdout, "mockdc serve [OPTIONS]", serve_about, serve_options);
        return 0;
    }
    if (house.options.argument_count > 0) {
        (void)error_set(&error, E_FORMAT, house.options.arguments[0], "is no option; --help lists them");
        return complain(&error, EXIT_USAGE);
    }
    if (check_words(&house.options, &error) != OK ||
        read_address(&house.options, "http", &house.http_address, &error) != OK ||
        choose_api_token(&house, &error) != OK) {
        return complain(&error, EXIT_USAGE);
    }
    (void)signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    enum status status = build(&house, &error);
    if (status == OK) {
        status = loop_run(house.loop);
    } else {
        (void)complain(&error, EXIT_FAILED);
    }
    tear_down(&house);
    return status == OK ? 0 : EXIT_FAILED;
}
