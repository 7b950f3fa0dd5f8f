/*
 * mockdc serve: builds the house and tears it down in reverse.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/app.h"
#include "app/faults.h"
#include "base/cleanup.h"
#include "base/descriptors.h"
#include "base/instant.h"
#include "base/log.h"
#include "commands.h"
#include "config/ready_file.h"
#include "crypto/random.h"
#include "data_dir.h"
#include "http/metrics.h"
#include "http/server.h"
#include "loop/loop.h"
#include "mqtt/door.h"
#include "serve_options.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* The house: what is built in this order and torn down in reverse. */
struct house {
    struct options options;
    struct serve_settings settings;
    struct data_dir data;
    char made_token[LIMIT_TOKEN + 1];
    const char *api_token; /* NULL: none wanted */
    struct loop *loop;
    struct loop_timer *alarm;
    struct loop_signal *signals[2];
    struct loop_signal *orphans; /* NULL: somebody else is process 1 */
    struct app *app;
    struct http_server *http;
    struct mqtt_door *mqtt;
    bool announced;
    struct loop_wakeup *faults_fired;
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

static void port_disconnect_all(void *context, const char *product_key, const char *why)
{
    const struct house *house = context;
    if (house->mqtt != NULL) {
        mqtt_door_disconnect_all(house->mqtt, product_key, why);
    }
}

static void port_links_revoked(void *context)
{
    const struct house *house = context;
    if (house->http != NULL) {
        http_server_links_revoked(house->http);
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

static void port_faults_fired(void *context)
{
    const struct house *house = context;
    loop_wakeup_post(house->faults_fired);
}

static enum status port_frame_text(void *context, const uint8_t *frame, size_t length, struct buffer *text)
{
    (void)context;
    return mqtt_frame_text(frame, length, text);
}

static void port_fault_armed(void *context, enum fault_point point)
{
    const struct house *house = context;
    if (house->mqtt != NULL) {
        mqtt_door_fault_armed(house->mqtt, point);
    }
}

static void on_faults_fired(void *context)
{
    const struct house *house = context;
    app_faults_tell(house->app);
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

/*
 * In a container we are process 1, to whom the kernel gives every process whose parent has gone; nobody else would reap
 * them. The broker is left to its own watcher (loop/child.h).
 */
static void reap_orphans(void *context, int number)
{
    const struct house *house = context;
    siginfo_t ended = {0};
    (void)number;
    while (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid != 0) {
        if (house->mqtt != NULL && ended.si_pid == mqtt_door_broker_pid(house->mqtt)) {
            return;
        }
        (void)waitpid(ended.si_pid, NULL, 0);
        ended = (siginfo_t){0};
    }
}

/* --- who may call --------------------------------------------------------------------------------------------- */

/* The API token: given, or made when anybody on the network could reach the API. */
static enum status choose_api_token(struct house *house, struct error *error)
{
    const struct serve_settings *settings = &house->settings;
    bool wide = !address_is_loopback(&settings->http) ||
                (settings->https.host[0] != '\0' && !address_is_loopback(&settings->https));
    house->api_token = settings->api_token;
    if (house->api_token == NULL && wide && !settings->no_auth) {
        if (random_token(house->made_token) != OK) {
            return error_set(error, E_CRYPTO, "api-token", "no random numbers");
        }
        house->api_token = house->made_token;
        (void)printf("API token (made because an address is not loopback; --no-auth to do without): %s\n",
                     house->api_token);
    }
    return OK;
}

/* --- ready ---------------------------------------------------------------------------------------------------- */

static void format_url(const char *scheme, const struct address *address, uint16_t port, char url[READY_URL])
{
    struct address bound = *address;
    char place[96];
    bound.port = port;
    (void)snprintf(url, READY_URL, "%s://%s", scheme, address_format(&bound, place, sizeof place));
}

static void describe(const struct house *house, struct ready *ready)
{
    const struct serve_settings *settings = &house->settings;
    *ready = (struct ready){.pid = (long)getpid()};
    format_url("http", &settings->http, http_server_port(house->http), ready->http);
    format_url("mqtt", &settings->mqtt, mqtt_door_port(house->mqtt), ready->mqtt);
    if (settings->tls_cert != NULL) {
        format_url("https", &settings->https, http_server_tls_port(house->http), ready->https);
        format_url("mqtts", &settings->mqtts, mqtt_door_tls_port(house->mqtt), ready->mqtts);
    }
}

static void announce(void *context)
{
    struct house *house = context;
    if (house->announced) {
        return;
    }
    house->announced = true;
    struct ready ready;
    struct error error = {0};
    describe(house, &ready);
    http_server_set_mqtt_url(house->http, ready.mqtt);
    const char *path = options_text(&house->options, "ready-file");
    if (ready_folder_add(options_text(&house->options, "runtime-dir"), &ready, &error) != OK) {
        log_warn("serve", "'mockdc health' will not find this server: %s", error.text);
    }
    if (path != NULL && ready_file_write(path, &ready, &error) != OK) {
        log_error("serve", "%s", error.text);
    }
    (void)printf("mockdc %s is up: %s (REST API, firmware), %s (devices), ", MOCKDC_VERSION, ready.http, ready.mqtt);
    if (ready.https[0] != '\0') {
        (void)printf("%s and %s (TLS), ", ready.https, ready.mqtts);
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

/* For /metrics: the other door. */
static void gauges(void *context, struct buffer *text)
{
    const struct house *house = context;
    struct mqtt_counters counters = {0};
    if (house->mqtt != NULL) {
        mqtt_door_counters(house->mqtt, &counters);
    }
    metrics_family(text, "mockdc_mqtt_links", "gauge", "Open MQTT connections.");
    metrics_value(text, "mockdc_mqtt_links", NULL, (double)counters.links);
    metrics_family(text, "mockdc_mqtt_links_total", "counter", "MQTT connections by what became of them.");
    metrics_value(text, "mockdc_mqtt_links_total", "outcome=\"accepted\"", (double)counters.accepted);
    metrics_value(text, "mockdc_mqtt_links_total", "outcome=\"refused\"", (double)counters.refused);
    metrics_value(text, "mockdc_mqtt_links_total", "outcome=\"limit\"", (double)counters.turned_away);
    metrics_family(text, "mockdc_mqtt_messages_total", "counter", "Messages of and to devices.");
    metrics_value(text, "mockdc_mqtt_messages_total", "direction=\"up\"", (double)counters.uplinks);
    metrics_value(text, "mockdc_mqtt_messages_total", "direction=\"down\"", (double)counters.downlinks);
    metrics_family(text, "mockdc_mqtt_malformed_total", "counter", "Messages that could not be read.");
    metrics_value(text, "mockdc_mqtt_malformed_total", NULL, (double)counters.malformed);
    metrics_family(text, "mockdc_broker_restarts_total", "counter", "Times that the broker had to be restarted.");
    metrics_value(text, "mockdc_broker_restarts_total", NULL, (double)counters.broker_restarts);
}

/* --- build and tear down -------------------------------------------------------------------------------------- */

static enum status build_app(struct house *house, struct error *error)
{
    const struct options *options = &house->options;
    struct app_settings settings = {.data_dir = house->data.path,
                                    .strict_gates = options_flag(options, "strict-gates"),
                                    .slots = options_number(options, "upgrades-at-once"),
                                    .max_devices = options_number(options, "max-devices"),
                                    .journal_bytes = options_number(options, "journal-size")};
    struct app_ports ports = {.context = house,
                              .now = port_now,
                              .monotonic = port_monotonic,
                              .token = port_token,
                              .notify = port_notify,
                              .firmware = port_firmware,
                              .disconnect = port_disconnect,
                              .disconnect_all = port_disconnect_all,
                              .links_revoked = port_links_revoked,
                              .alarm = port_alarm,
                              .changed = port_changed,
                              .event = port_event,
                              .frames_wanted = port_frames_wanted,
                              .faults_fired = port_faults_fired,
                              .frame_text = port_frame_text,
                              .fault_armed = port_fault_armed};
    return app_create(&settings, &ports, &house->app, error);
}

static enum status build_http(struct house *house, struct error *error)
{
    const struct options *options = &house->options;
    struct http_settings settings = {.address = house->settings.http,
                                     .tls_address = house->settings.https,
                                     .tls_cert = house->settings.tls_cert,
                                     .tls_key = house->settings.tls_key,
                                     .public_url = house->settings.public_url,
                                     .api_token = house->api_token,
                                     .access_log = house->settings.access_log,
                                     .max_body = options_number(options, "max-body"),
                                     .max_header = options_number(options, "max-header"),
                                     .max_connections = (int)options_number(options, "max-connections"),
                                     .idle_s = (int)options_number(options, "http-idle"),
                                     .slow_s = (int)options_number(options, "slow-client"),
                                     .readiness = readiness,
                                     .gauges = gauges,
                                     .readiness_context = house};
    return http_server_create(house->loop, house->app, &settings, &house->http, error);
}

static enum status build_mqtt(struct house *house, struct error *error)
{
    const struct serve_settings *given = &house->settings;
    struct mqtt_settings settings = {.mqtt = given->mqtt,
                                     .mqtts = given->mqtts,
                                     .tls_cert = given->tls_cert,
                                     .tls_key = given->tls_key,
                                     .observer_token = given->observer_token,
                                     .refuse_unknown = given->refuse_unknown,
                                     .public_url = given->public_url,
                                     .http_port = http_server_port(house->http),
                                     .max_links = options_number(&house->options, "max-links"),
                                     .max_links_per_address = options_number(&house->options, "max-links-per-address"),
                                     .data_dir = house->data.path,
                                     .on_ready = announce,
                                     .on_ready_context = house};
    return mqtt_door_create(house->loop, house->app, &settings, &house->mqtt, error);
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
    if (status == OK && getpid() == 1) {
        status = loop_signal_create(house->loop, SIGCHLD, reap_orphans, house, &house->orphans);
    }
    if (status == OK) {
        status = loop_wakeup_create(house->loop, on_faults_fired, house, &house->faults_fired);
    }
    if (status != OK) {
        return error_set(error, status, "loop", "cannot be made: %s", status_text(status));
    }
    if ((status = data_dir_open(&house->data, options_text(&house->options, "data-dir"),
                                options_flag(&house->options, "ephemeral"), error)) != OK ||
        (status = build_app(house, error)) != OK || (status = build_http(house, error)) != OK) {
        return status;
    }
    status = build_mqtt(house, error);
    if (status == OK && house->settings.seed_dir != NULL) {
        status = http_server_seed(house->http, house->settings.seed_dir, error);
    }
    return status;
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
    if (house->announced) {
        ready_folder_remove(options_text(&house->options, "runtime-dir"));
    }
    if (house->announced && path != NULL) {
        (void)unlink(path);
    }
    mqtt_door_destroy(house->mqtt);
    house->mqtt = NULL;
    http_server_destroy(house->http);
    house->http = NULL;
    app_destroy(house->app);
    if (house->faults_fired != NULL) {
        loop_wakeup_destroy(house->faults_fired);
    }
    for (size_t i = 0; i < 2; i++) {
        loop_signal_destroy(house->signals[i]);
    }
    loop_signal_destroy(house->orphans);
    loop_timer_destroy(house->alarm);
    loop_destroy(house->loop);
    data_dir_close(&house->data);
}

/* Builds the house, lives in it until a signal comes, and tears it down. */
static int live(struct house *house)
{
    struct error error = {0};
    (void)signal(SIGPIPE, SIG_IGN);
    (void)umask(S_IRWXG | S_IRWXO); /* what is kept is nobody else's business */
    (void)descriptors_raise();
    int code = EXIT_FAILED;
    enum status status = build(house, &error);
    if (status == OK) {
        status = loop_run(house->loop);
    } else {
        code = strcmp(error.place, "seed") == 0 ? EXIT_USAGE : EXIT_FAILED; /* a fixture is part of what was said */
        (void)command_complain(&serve_command, &error, code);
    }
    tear_down(house);
    return status == OK ? 0 : code;
}

static int serve_main(int argc, char **argv)
{
    struct house house = {.data = {.lock_fd = -1}};
    struct error error = {0};
    int code = 0;
    enum status status = options_read(&house.options, serve_options, argc, argv, &error);
    if (status == OK && house.options.wants_help) {
        command_help(stdout, &serve_command);
    } else if (status == OK && (status = command_no_arguments(&house.options, &error)) == OK &&
               (status = serve_settings_read(&house.options, &house.settings, &error)) == OK &&
               (status = choose_api_token(&house, &error)) == OK) {
        log_setup(house.settings.log_level, house.settings.log_json);
        code = live(&house);
    }
    options_finish(&house.options);
    return status == OK ? code : command_complain(&serve_command, &error, EXIT_USAGE);
}

const struct subcommand serve_command = {
    .name = "serve",
    .summary = "the server: MQTT for devices, HTTP for firmware and the REST API",
    .usage = "[OPTIONS]",
    .about =
        "Runs the stand-in for the Developer Center: devices connect by MQTT, firmware and REST API are served over "
        "HTTP. Point a device at it by setting its server address to the --mqtt address. Ends on SIGINT and "
        "SIGTERM.\n\n"
        "'mockdc config' with the same options shows what it would run with, and why.",
    .examples = "# try it\nmockdc serve --ephemeral\n\n"
                "# for devices in this network; the token is printed once\n"
                "mockdc serve --data-dir state --http 0.0.0.0:8080 --mqtt 0.0.0.0:1883\n\n"
                "# for a test: free ports, known to the script by the file\n"
                "mockdc serve --ephemeral --http 127.0.0.1:0 --mqtt 127.0.0.1:0 --ready-file ready.json\n\n"
                "# TLS for devices and the API\n"
                "mockdc serve --tls-cert cert.pem --tls-key key.pem --https 0.0.0.0:8443 --mqtts 0.0.0.0:8883",
    .exits = "0  ended by SIGINT or SIGTERM\n1  something failed\n2  a wrong option, variable or key",
    .options = serve_options,
    .run = serve_main,
};
