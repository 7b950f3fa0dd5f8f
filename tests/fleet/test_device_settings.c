#include "fleet/device_settings.h"

#include <stdbool.h>

#include "support/suite.h"

static void test_server_addresses(void)
{
    static const struct {
        const char *text;
        enum status status;
        const char *host;
        unsigned port;
        bool tls;
    } rows[] = {
        {"127.0.0.1:1884", OK, "127.0.0.1", 1884, false},
        {"127.0.0.1", OK, "127.0.0.1", 1883, false},
        {"mqtt://iot.example.com", OK, "iot.example.com", 1883, false},
        {"mqtts://iot.example.com", OK, "iot.example.com", 8883, true},
        {"mqtts://iot.example.com:1/", OK, "iot.example.com", 1, true},
        {"", E_FORMAT, "", 0, false},
        {"mqtt://:1883", E_FORMAT, "", 0, false},
        {"host:0", E_FORMAT, "", 0, false},
        {"host:65536", E_FORMAT, "", 0, false},
        {"host:x", E_FORMAT, "", 0, false},
        {"0123456789012345678901234567890123456789012345678901234567890123", E_LIMIT, "", 0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct device_server server = {.port = 0};
        CHECK_ROW(rows[i].text, device_server_parse(rows[i].text, &server) == rows[i].status);
        CHECK_ROW(rows[i].text, strcmp(server.host, rows[i].host) == 0);
        CHECK_ROW(rows[i].text, server.port == rows[i].port && server.tls == rows[i].tls);
    }
}

enum { MOST_ARGUMENTS = 12 };

static enum status read_settings(const char *const *extra, struct virtual_device_settings *settings,
                                 struct error *error)
{
    char *argv[MOST_ARGUMENTS] = {(char *)"device", (char *)"--product-key=pk", (char *)"--product-secret=ps",
                                  (char *)"--device-key=dk1"};
    int argc = 4;
    for (; *extra != NULL; extra++) {
        argv[argc++] = (char *)*extra;
    }
    struct options options;
    enum status status = options_read(&options, device_option_table, argc, argv, error);
    return status == OK ? device_settings_read(&options, settings, error) : status;
}

static void test_defaults(void)
{
    struct virtual_device_settings settings = {.battery = -1};
    struct error error = {0};
    static const char *const none[] = {NULL};
    CHECK_OK(read_settings(none, &settings, &error));
    CHECK(settings.battery == 100 && settings.requests && !settings.encrypt && !settings.rsrp.known);
    CHECK(settings.upgrades == 1 && settings.time_scale == 1 && settings.flash == DEVICE_FLASH_OK);
    CHECK(settings.decision == DEVICE_ACCEPTS && settings.patience == DEVICE_UNTIL_UPGRADED);
    CHECK_TEXT(settings.mcus.text, "");
}

static void test_values(void)
{
    struct virtual_device_settings settings = {.battery = -1};
    struct error error = {0};
    static const char *const some[] = {"--mcu=STM32=1_0_0,GPS=2.0", "--rsrp=-90", "--voltage=4.1", "--power-cut=9",
                                       "--flash=wrong-version",     "--sha256",   "--no-request",  NULL};
    CHECK_OK(read_settings(some, &settings, &error));
    CHECK_TEXT(settings.mcus.text, "STM32:1_0_0;GPS:2.0");
    CHECK(settings.rsrp.known && settings.rsrp.value == -90);
    CHECK(settings.voltage > 4.09 && settings.voltage < 4.11);
    CHECK(settings.power_cut_at == 9 && settings.flash == DEVICE_FLASH_WRONG_VERSION);
    CHECK(settings.sha256 && !settings.requests);
}

static void test_refusals(void)
{
    static const char *const rows[][3] = {
        {"--mcu=STM32"},       {"--mcu==1"},          {"--mcu=A=1;2"},       {"--device-key=0123456789ABCDEF0"},
        {"--power-cut=3"},     {"--power-cut=7"},     {"--restart-at=10"},   {"--restart-at=4", "--power-cut=5"},
        {"--flash=sometimes"}, {"--on-notify=maybe"}, {"--exit-after=noon"}, {"--voltage=high"},
        {"--rsrp=strong"},     {"--mqtt=:1"},         {"--product-key="},    {"--battery=101"},
        {"--nonsense"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct virtual_device_settings settings = {.battery = -1};
        struct error error = {0};
        CHECK_ROW(rows[i][0], read_settings(rows[i], &settings, &error) == E_FORMAT);
        CHECK_ROW(rows[i][0], error.place[0] != '\0' && settings.battery == -1);
    }
}

/* A flag that a script makes meaningless is refused; one that stands beside it is not. */
static void test_script(void)
{
    static const struct {
        const char *flag;
        enum status status;
    } rows[] = {
        {"--json", OK},          {"--time-scale=10", OK},      {"--device-secret=x", OK},
        {"--timeout=9", OK},     {"--battery=5", E_FORMAT},    {"--no-request", E_FORMAT},
        {"--mcu=A=1", E_FORMAT}, {"--state-file=x", E_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *argv[] = {(char *)"device", (char *)"--script=moves.json", (char *)rows[i].flag};
        struct options options;
        struct error error = {0};
        CHECK_OK(options_read(&options, device_option_table, 3, argv, &error));
        CHECK_ROW(rows[i].flag, device_settings_check_script(&options, &error) == rows[i].status);
        CHECK_ROW(rows[i].flag, (error.text[0] != '\0') == (rows[i].status != OK));
        options_finish(&options);
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"server addresses", test_server_addresses},
                                             {"defaults", test_defaults},
                                             {"values", test_values},
                                             {"refusals", test_refusals},
                                             {"with a script", test_script},
                                             {0}};
    return suite_run("device_settings", cases);
}
