#include "fleet/device_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define TEXT(option, meta, standard, sentence)                                                                         \
    {                                                                                                                  \
        .kind = OPTION_TEXT, .name = (option), .argument = (meta), .value = (standard), .help = (sentence)             \
    }
#define CHOICE(option, words, standard, sentence)                                                                      \
    {                                                                                                                  \
        .kind = OPTION_CHOICE, .name = (option), .argument = (words), .value = (standard), .help = (sentence)          \
    }
#define SECRET(option, meta, sentence)                                                                                 \
    {                                                                                                                  \
        .kind = OPTION_TEXT, .name = (option), .argument = (meta), .help = (sentence), .secret = true                  \
    }
#define NUMBER(option, meta, standard, from, to, sentence)                                                             \
    {                                                                                                                  \
        .kind = OPTION_NUMBER, .name = (option), .argument = (meta), .value = (standard), .least = (from),             \
        .most = (to), .help = (sentence)                                                                               \
    }
#define FLAG(option, sentence)                                                                                         \
    {                                                                                                                  \
        .kind = OPTION_FLAG, .name = (option), .help = (sentence)                                                      \
    }

/* The rows that one device and a fleet share, around those of their own. */
#define SERVER_ROWS                                                                                                    \
    TEXT("mqtt", "SERVER", "127.0.0.1:1883",                                                                           \
         "HOST:PORT or a URL, as the SDK's server setting; TLS when it contains 's://'."),                             \
        TEXT("ca-file", "FILE", NULL,                                                                                  \
             "Certificates that the server's must chain to; without it any is taken, as the SDK does."),               \
        TEXT("product-key", "PK", NULL, "Product key, 1 to 32 characters; needed."),                                   \
        SECRET("product-secret", "PS", "Product secret, 1 to 32 characters; needed.")

#define BEHAVIOUR_ROWS                                                                                                 \
    TEXT("model", "TEXT", "EC200U", "Module type in 0x0044."),                                                         \
        TEXT("mcu", "COMPONENT=VERSION,..", NULL, "MCU components and their versions, as in STM32=1_0_0,GPS=2.0."),    \
        TEXT("module-version", "VERSION", "MODULE_1_0_0", "Version of the module's own firmware."),                    \
        TEXT("module-suffix", "TEXT", NULL, "What the application adds to it in 0x0044."),                             \
        NUMBER("battery", "PERCENT", "100", 0, 100, "Battery."), TEXT("voltage", "VOLT", "3.7", "Voltage."),           \
        NUMBER("signal", "DBM", "-70", -200, 100, "RSSI."),                                                            \
        TEXT("rsrp", "DBM", NULL, "RSRP; only then the application reports it."),                                      \
        NUMBER("flash-free", "BYTES", "4194304", 0, UINT32_MAX,                                                        \
               "Free flash; an MCU file that is larger is fetched in pieces, a larger module image fails."),           \
        NUMBER("keep-alive", "S", "120", 1, 65535, "MQTT keep alive; up to 20 becomes 21."),                           \
        FLAG("encrypt", "Announce session encryption and use it when the server sends a key."),                        \
        FLAG("sha256", "Mode 1: want a SHA-256 in the firmware information."),                                         \
        FLAG("no-request", "Do not ask for an upgrade when online."),                                                  \
        NUMBER("request-every", "S", "0", 0, 86400, "Ask again every S seconds; 0: no."),                              \
        NUMBER("delay-accept", "MS", "0", 0, 86400000, "The application's time to decide about a plan."),              \
        CHOICE("on-notify", "accept|refuse|ignore", "accept", "What the application decides."),                        \
        CHOICE("flash", "ok|fail|wrong-version|silent", "ok", "How flashing ends."),                                   \
        NUMBER("restart-at", "STEP", "0", 0, 9, "Restart once, when status 1, 2, 4, 5, 8 or 9 is acknowledged."),      \
        NUMBER("power-cut", "STEP", "0", 0, 9, "Power fails once, right after status 1, 2, 4, 5, 8 or 9 was sent."),   \
        NUMBER("power-off", "MS", "1000", 0, 86400000, "How long the power is off then."),                             \
        FLAG("disorder", "Report 4 and 8 behind the status that follows them."),                                       \
        NUMBER("time-scale", "N", "1", 1, 10000, "Divide the device's own waits: flashing, reboots, back-off."),       \
        NUMBER("upgrades", "N", "1", 1, 1000000, "Exit 0 after N upgraded plans."),                                    \
        CHOICE("exit-after", "upgraded|failed|never", "upgraded",                                                      \
               "upgraded: a failed attempt may be followed by another; failed: exit 1 at the first 12 or refusal; "    \
               "never: only a signal or the timeout ends it."),                                                        \
        NUMBER("patience", "S", "15", 1, 86400,                                                                        \
               "How long after a failed attempt another one may start, before exit 1."),                               \
        NUMBER("timeout", "S", "0", 0, 31536000, "Exit 3 after S seconds; 0: no limit.")

const struct option device_option_table[] = {
    SERVER_ROWS,
    TEXT("device-key", "DK", NULL, "Device key, 1 to 16 characters (IMEI or MAC); needed."),
    SECRET("device-secret", "DS", "Device secret; without it the device authenticates with the product secret first."),
    TEXT("state-file", "FILE", NULL, "The device's flash: read at start, written at each change."),
    TEXT("script", "FILE", NULL,
         "Repeat a recorded session, move by move, instead of behaving by itself: a JSON array, as the member 'script' "
         "of what 'mockdc record' writes. Of the other options only those of server, keys and secrets, --time-scale, "
         "--timeout and --json go with it."),
    BEHAVIOUR_ROWS,
    FLAG("json", "One JSON object per line."),
    {0},
};

const struct option fleet_option_table[] = {
    SERVER_ROWS,
    TEXT("device-key", "DK", "867000000000001",
         "Device key of the first device; the digits at its end count up for the others."),
    NUMBER("count", "N", "100", 1, FLEET_MOST, "How many devices."),
    NUMBER("rate", "N", "500", 0, 1000000, "Devices switched on per second; 0: all at once."),
    TEXT(
        "faulty", "PERCENT", "100",
        "The share of devices, spread evenly, for which --flash, --on-notify, --power-cut, --restart-at and --disorder "
        "hold; the others behave."),
    BEHAVIOUR_ROWS,
    FLAG("json", "The summary as one JSON object."),
    {0},
};

struct word {
    const char *name;
    int value;
};

static const struct word decisions[] = {
    {"accept", DEVICE_ACCEPTS}, {"refuse", DEVICE_REFUSES}, {"ignore", DEVICE_IGNORES}};
static const struct word flashes[] = {{"ok", DEVICE_FLASH_OK},
                                      {"fail", DEVICE_FLASH_FAIL},
                                      {"wrong-version", DEVICE_FLASH_WRONG_VERSION},
                                      {"silent", DEVICE_FLASH_SILENT}};
static const struct word patiences[] = {
    {"upgraded", DEVICE_UNTIL_UPGRADED}, {"failed", DEVICE_UNTIL_FAILED}, {"never", DEVICE_FOR_EVER}};

struct reading {
    const struct options *options;
    struct error *error;
    enum status status; /* the first failure stays */
};

static void refuse(struct reading *reading, const char *name, const char *wanted)
{
    if (reading->status == OK) {
        reading->status = options_refuse(reading->options, name, reading->error, E_FORMAT, "%s", wanted);
    }
}

static void read_text(struct reading *reading, const char *name, char *target, size_t capacity, bool needed)
{
    const char *text = options_text(reading->options, name);
    char wanted[64];
    (void)snprintf(wanted, sizeof wanted, "1 to %zu characters are needed", capacity - 1);
    if (text == NULL || text[0] == '\0') {
        if (needed) {
            refuse(reading, name, wanted);
        }
    } else if (text_copy(target, capacity, text) != OK) {
        refuse(reading, name, wanted);
    }
}

/* The option is a choice of these words: one of them it is. */
static int read_word(const struct reading *reading, const char *name, const struct word *words)
{
    const char *text = options_text(reading->options, name);
    while (strcmp(words->name, text) != 0) {
        words++;
    }
    return words->value;
}

static int read_step(struct reading *reading, const char *name)
{
    int step = (int)options_number(reading->options, name);
    if (step == 3 || step == 6 || step == 7) {
        refuse(reading, name, "one of 1, 2, 4, 5, 8, 9");
    }
    return step;
}

static void read_mcus(struct reading *reading, struct mcu_text *mcus)
{
    const char *text = options_text(reading->options, "mcu");
    while (text != NULL && *text != '\0') {
        char component_no[LIMIT_COMPONENT_NO + 1];
        char version[LIMIT_VERSION + 1];
        size_t length = strcspn(text, ",");
        const char *sign = memchr(text, '=', length);
        if (sign == NULL ||
            text_copy_bytes(component_no, sizeof component_no, (const uint8_t *)text, (size_t)(sign - text)) != OK ||
            text_copy_bytes(version, sizeof version, (const uint8_t *)sign + 1, (size_t)(text + length - sign - 1)) !=
                OK ||
            mcu_text_set(mcus, component_no, version) != OK) {
            refuse(reading, "mcu", "COMPONENT=VERSION,.. with 1..32 and 0..64 characters, no ';' and ':', 511 in all");
            return;
        }
        text += length + (text[length] == ',' ? 1 : 0);
    }
}

static void read_numbers(struct reading *reading, struct virtual_device_settings *settings)
{
    const struct options *options = reading->options;
    settings->battery = (int32_t)options_number(options, "battery");
    settings->signal = (int32_t)options_number(options, "signal");
    settings->flash_free = (uint32_t)options_number(options, "flash-free");
    settings->keep_alive_s = (unsigned)options_number(options, "keep-alive");
    settings->request_every_ms = options_number(options, "request-every") * 1000;
    settings->decide_after_ms = options_number(options, "delay-accept");
    settings->power_off_ms = options_number(options, "power-off");
    settings->time_scale = (unsigned)options_number(options, "time-scale");
    settings->upgrades = (unsigned)options_number(options, "upgrades");
    settings->patience_ms = options_number(options, "patience") * 1000;
    settings->restart_at = read_step(reading, "restart-at");
    settings->power_cut_at = read_step(reading, "power-cut");
    if (settings->restart_at != 0 && settings->power_cut_at != 0) {
        refuse(reading, "restart-at", "not together with --power-cut");
    }
    char *end = NULL;
    const char *voltage = options_text(options, "voltage");
    settings->voltage = strtod(voltage, &end);
    if (end == voltage || *end != '\0' || !(settings->voltage >= 0 && settings->voltage <= 1000)) {
        refuse(reading, "voltage", "a number of volts, 0 to 1000");
    }
    const char *rsrp = options_text(options, "rsrp");
    int64_t value = 0;
    if (rsrp != NULL && text_parse_int(rsrp, -200, 100, &value) != OK) {
        refuse(reading, "rsrp", "a whole number from -200 to 100");
    }
    settings->rsrp = (struct wire_int){rsrp != NULL, (int32_t)value};
}

enum status device_settings_read(const struct options *options, struct virtual_device_settings *settings,
                                 struct error *error)
{
    struct reading reading = {options, error, OK};
    struct virtual_device_settings read = {0};
    if (device_server_parse(options_text(options, "mqtt"), &read.server) != OK) {
        refuse(&reading, "mqtt", "[scheme://]HOST[:PORT] of at most 63 characters");
    }
    read_text(&reading, "product-key", read.product_key, sizeof read.product_key, true);
    read_text(&reading, "product-secret", read.product_secret, sizeof read.product_secret, true);
    read_text(&reading, "device-key", read.device_key, sizeof read.device_key, true);
    read_text(&reading, "model", read.model, sizeof read.model, false);
    read_text(&reading, "module-version", read.module_version, sizeof read.module_version, true);
    read_text(&reading, "module-suffix", read.module_suffix, sizeof read.module_suffix, false);
    if (options->table == device_option_table) {
        read_text(&reading, "device-secret", read.device_secret, sizeof read.device_secret, false);
        read_text(&reading, "state-file", read.state_file, sizeof read.state_file, false);
    }
    read_mcus(&reading, &read.mcus);
    read_numbers(&reading, &read);
    read.encrypt = options_flag(options, "encrypt");
    read.sha256 = options_flag(options, "sha256");
    read.requests = !options_flag(options, "no-request");
    read.disorder = options_flag(options, "disorder");
    read.decision = (enum device_decision)read_word(&reading, "on-notify", decisions);
    read.flash = (enum device_flash_outcome)read_word(&reading, "flash", flashes);
    read.patience = (enum device_patience)read_word(&reading, "exit-after", patiences);
    if (reading.status == OK) {
        *settings = read;
    }
    return reading.status;
}

enum status device_settings_check_script(const struct options *options, struct error *error)
{
    static const char *const allowed[] = {"script",     "mqtt",          "ca-file", "product-key", "product-secret",
                                          "device-key", "device-secret", "json",    "timeout",     "time-scale"};
    for (const struct option *option = options->table; option->kind != OPTION_END; option++) {
        bool fits = options_source(options, option->name) != SOURCE_FLAG;
        for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
            fits = fits || strcmp(allowed[i], option->name) == 0;
        }
        if (!fits) {
            return options_refuse(options, option->name, error, E_FORMAT,
                                  "not together with --script: what the device does, the script says");
        }
    }
    return OK;
}

void device_settings_heal(struct virtual_device_settings *settings)
{
    settings->flash = DEVICE_FLASH_OK;
    settings->decision = DEVICE_ACCEPTS;
    settings->restart_at = 0;
    settings->power_cut_at = 0;
    settings->disorder = false;
}
