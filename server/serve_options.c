#include "serve_options.h"

#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/text.h"
#include "codec/device_url.h"

#define DIGITS_OF(number) #number
#define DIGITS(number)    DIGITS_OF(number)

const struct option serve_options[] = {
    {.kind = OPTION_TEXT,
     .section = "addresses",
     .name = "http",
     .argument = "ADDRESS:PORT",
     .value = "127.0.0.1:8080",
     .help = "Where the REST API, the page and the firmware are served; port 0 picks a free one. On anything but a "
             "loopback address the API wants a token."},
    {.kind = OPTION_TEXT,
     .name = "mqtt",
     .argument = "ADDRESS:PORT",
     .value = "127.0.0.1:1883",
     .help = "Where devices and observers connect; port 0 picks a free one."},
    {.kind = OPTION_TEXT,
     .name = "https",
     .argument = "ADDRESS:PORT",
     .value = "127.0.0.1:8443",
     .help = "The same as --http over TLS; listens only when --tls-cert is given. Firmware URLs stay http://: the SDK "
             "checks digests, not certificates."},
    {.kind = OPTION_TEXT,
     .name = "mqtts",
     .argument = "ADDRESS:PORT",
     .value = "127.0.0.1:8883",
     .help = "The same as --mqtt over TLS; listens only when --tls-cert is given."},
    {.kind = OPTION_TEXT,
     .name = "tls-cert",
     .argument = "FILE",
     .help = "Certificate (chain) in PEM, for --https and --mqtts alike."},
    {.kind = OPTION_TEXT, .name = "tls-key", .argument = "FILE", .help = "Its private key in PEM, not encrypted."},
    {.kind = OPTION_TEXT,
     .name = "public-url",
     .argument = "URL",
     .help = "What firmware URLs begin with, as devices reach this server (http://10.0.0.5:8080). Default: the address "
             "of the device's own connection with the HTTP port. Needed where ports are mapped; the server says so "
             "when it sees that they are."},

    {.kind = OPTION_TEXT,
     .section = "state",
     .name = "data-dir",
     .argument = "DIR",
     .value = "mockdc-data",
     .help = "Where database and firmware files live; made when missing."},
    {.kind = OPTION_FLAG, .name = "ephemeral", .help = "Keep the state in a temporary folder that goes at exit."},
    {.kind = OPTION_TEXT,
     .name = "seed",
     .argument = "DIR",
     .help = "Fixtures (*.json, in the order of their names) that are imported before the server is ready. What exists "
             "already is kept. A fixture that is wrong stops the start."},
    {.kind = OPTION_TEXT,
     .name = "ready-file",
     .argument = "FILE",
     .help = "Written (JSON: http, mqtt, pid) once all is up, removed at exit."},
    {.kind = OPTION_TEXT,
     .name = "runtime-dir",
     .argument = "DIR",
     .help = "Where each server leaves its ready file for 'mockdc health'. Default: mockdc-UID in the temporary "
             "folder."},
    {.kind = OPTION_CONFIG,
     .name = "config",
     .argument = "FILE",
     .help =
         "A JSON object with options: {\"http\": \"0.0.0.0:8080\", \"api-token-file\": \"/run/token\"}. Environment "
         "and flags win over it."},

    {.kind = OPTION_TEXT,
     .section = "who may do what",
     .name = "api-token",
     .argument = "TOKEN",
     .secret = true,
     .help = "The REST API wants 'Authorization: Bearer TOKEN'. Made and printed once when --http or --https is not a "
             "loopback address."},
    {.kind = OPTION_FLAG, .name = "no-auth", .help = "No API token although an address is not loopback."},
    {.kind = OPTION_TEXT,
     .name = "observer-token",
     .argument = "TOKEN",
     .secret = true,
     .help = "Password of the MQTT user 'observer', who may read every topic. Without it there is no observer."},

    {.kind = OPTION_CHOICE,
     .section = "behaviour",
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

    {.kind = OPTION_NUMBER,
     .section = "limits",
     .name = "max-body",
     .argument = "BYTES",
     .value = DIGITS(LIMIT_HTTP_BODY),
     .least = 1024,
     .most = 1073741824,
     .help = "JSON or CSV body of one call; package files have the platform's own limits. Above: 413."},
    {.kind = OPTION_NUMBER,
     .name = "max-header",
     .argument = "BYTES",
     .value = DIGITS(LIMIT_HTTP_HEADER),
     .least = 4096,
     .most = 1048576,
     .help = "Memory for the header of one HTTP request and its answer. Above: 431 or 414."},
    {.kind = OPTION_NUMBER,
     .name = "max-connections",
     .argument = "N",
     .value = DIGITS(LIMIT_HTTP_CONNECTIONS),
     .least = 8,
     .most = 100000,
     .help = "Open HTTP connections. Above: closed at once."},
    {.kind = OPTION_NUMBER,
     .name = "http-idle",
     .argument = "SECONDS",
     .value = DIGITS(LIMIT_HTTP_IDLE_S),
     .least = 1,
     .most = 3600,
     .help = "An HTTP connection on which nothing moves for so long is closed."},
    {.kind = OPTION_NUMBER,
     .name = "slow-client",
     .argument = "SECONDS",
     .value = DIGITS(LIMIT_HTTP_SLOW_S),
     .least = 1,
     .most = 3600,
     .help = "Time for the header of a request; a body has so long plus a second for each 1,000 bytes that came. "
             "Downloads may be as slow as they like."},
    {.kind = OPTION_NUMBER,
     .name = "max-links",
     .argument = "N",
     .value = DIGITS(LIMIT_LINKS),
     .least = 1,
     .most = 100000,
     .help = "MQTT connections. Above: closed at once."},
    {.kind = OPTION_NUMBER,
     .name = "max-links-per-address",
     .argument = "N",
     .value = DIGITS(LIMIT_LINKS),
     .least = 1,
     .most = 100000,
     .help = "MQTT connections of one IP address. Above: closed at once."},
    {.kind = OPTION_NUMBER,
     .name = "max-devices",
     .argument = "N",
     .value = DIGITS(LIMIT_DEVICES),
     .least = 1,
     .most = 10000000,
     .help = "Registered devices. Above: a new one is refused, by REST and by MQTT."},

    {.kind = OPTION_NUMBER,
     .name = "journal-size",
     .argument = "BYTES",
     .value = DIGITS(LIMIT_JOURNAL_BYTES),
     .least = 65536,
     .most = 1073741824,
     .help = "Memory for the journal of what went over the wire. Above: the oldest entries give way, and are counted."},

    {.kind = OPTION_CHOICE,
     .section = "log",
     .name = "log-level",
     .argument = "debug|info|warn|error|off",
     .value = "info",
     .help = "What is worth a line on standard error."},
    {.kind = OPTION_CHOICE,
     .name = "log-format",
     .argument = "text|json",
     .value = "text",
     .help = "How a line looks; json: one object with at, level, room, its subjects (device, plan, request ...) and "
             "text."},
    {.kind = OPTION_FLAG,
     .name = "access-log",
     .help = "A line for each HTTP request: id, address, method, path, status, bytes, milliseconds."},
    {0}};

static enum status read_address(const struct options *options, const char *name, struct address *address,
                                struct error *error)
{
    const char *text = options_text(options, name);
    return address_parse(text, address) == OK
               ? OK
               : options_refuse(options, name, error, E_FORMAT,
                                "'%s' is not ADDRESS:PORT with a numeric address (127.0.0.1:8080, [::1]:0)", text);
}

static enum status check_public_url(const struct options *options, struct error *error)
{
    const char *url = options_text(options, "public-url");
    struct device_url parsed;
    if (url != NULL && !text_starts_with(url, "http://")) {
        return options_refuse(options, "public-url", error, E_FORMAT, "must begin with http://");
    }
    if (url != NULL && device_url_parse(url, &parsed) != OK) {
        return options_refuse(options, "public-url", error, E_FORMAT,
                              "no device would take '%s': it wants a host of 4 to 63 characters with a dot, not IPv6",
                              url);
    }
    return OK;
}

static enum status check_seed(const struct options *options, struct error *error)
{
    const char *folder = options_text(options, "seed");
    struct stat info;
    if (folder != NULL && (stat(folder, &info) != 0 || !S_ISDIR(info.st_mode))) {
        return options_refuse(options, "seed", error, E_FORMAT, "'%s' is no folder", folder);
    }
    return OK;
}

enum status serve_settings_read(const struct options *options, struct serve_settings *settings, struct error *error)
{
    struct serve_settings read = {
        .tls_cert = options_text(options, "tls-cert"),
        .tls_key = options_text(options, "tls-key"),
        .public_url = options_text(options, "public-url"),
        .seed_dir = options_text(options, "seed"),
        .api_token = options_text(options, "api-token"),
        .observer_token = options_text(options, "observer-token"),
        .no_auth = options_flag(options, "no-auth"),
        .refuse_unknown = strcmp(options_text(options, "unknown-device"), "refuse") == 0,
        .log_json = strcmp(options_text(options, "log-format"), "json") == 0,
        .access_log = options_flag(options, "access-log"),
    };
    enum status status = log_level_parse(options_text(options, "log-level"), &read.log_level);
    if (status != OK) {
        return options_refuse(options, "log-level", error, status, "is no level");
    }
    if ((read.tls_cert == NULL) != (read.tls_key == NULL)) {
        const char *given = read.tls_cert != NULL ? "tls-cert" : "tls-key";
        return options_refuse(options, given, error, E_FORMAT, "--tls-cert and --tls-key belong together");
    }
    struct address unused;
    bool tls = read.tls_cert != NULL;
    if ((status = read_address(options, "http", &read.http, error)) != OK ||
        (status = read_address(options, "mqtt", &read.mqtt, error)) != OK ||
        (status = read_address(options, "https", tls ? &read.https : &unused, error)) != OK ||
        (status = read_address(options, "mqtts", tls ? &read.mqtts : &unused, error)) != OK ||
        (status = check_public_url(options, error)) != OK || (status = check_seed(options, error)) != OK) {
        return status;
    }
    *settings = read;
    return OK;
}
