/* The referee over real sockets: a right device breaches nothing, whatever happens to it; a wrong one is named. */
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "support/suite.h"

/* "statusOrder topicKind": the rules of the device's protocolWarnings in the plan, in order. */
static void read_rules(const struct server *server, int64_t plan, char *rules, size_t capacity)
{
    char path[128];
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld/devices/" TEST_DK "/logs?limit=1000", (long long)plan);
    json_t *log = rest_expect(server, "GET", path, NULL, 200);
    size_t i = 0;
    json_t *entry = NULL;
    rules[0] = '\0';
    json_array_foreach(json_object_get(log, "items"), i, entry)
    {
        const char *detail = json_string_value(json_object_get(entry, "detail"));
        size_t used = strlen(rules);
        if (strcmp(json_string_value(json_object_get(entry, "kind")), "protocolWarning") == 0) {
            (void)snprintf(rules + used, capacity - used, "%s%.*s", used > 0 ? " " : "", (int)strcspn(detail, ":"),
                           detail);
        }
    }
    json_decref(log);
}

/* The rules in `warnings` of what is at the path, or of the first item there. */
static size_t read_warnings(const struct server *server, const char *path, char *rules, size_t capacity)
{
    json_t *answer = rest_expect(server, "GET", path, NULL, 200);
    json_t *items = json_object_get(answer, "items");
    json_t *warnings = json_object_get(items == NULL ? answer : json_array_get(items, 0), "warnings");
    size_t count = json_array_size(warnings);
    size_t i = 0;
    json_t *warning = NULL;
    CHECK(json_is_array(warnings));
    rules[0] = '\0';
    json_array_foreach(warnings, i, warning)
    {
        size_t used = strlen(rules);
        (void)snprintf(rules + used, capacity - used, "%s%s x%lld", used > 0 ? " " : "",
                       json_string_value(json_object_get(warning, "rule")),
                       (long long)json_integer_value(json_object_get(warning, "count")));
        CHECK(strlen(json_string_value(json_object_get(warning, "lastAt"))) == 24);
    }
    json_decref(answer);
    return count;
}

static size_t warnings_of_device(const struct server *server)
{
    char rules[256];
    return read_warnings(server, "/api/v1/products/" TEST_PK "/devices/" TEST_DK, rules, sizeof rules);
}

/* Of the device, of the device in the plan, and of its row in the plan's list: all the same here. */
static void check_warnings(const struct server *server, int64_t plan, const char *wanted)
{
    char row[128];
    char single[160];
    char rules[256];
    (void)snprintf(row, sizeof row, "/api/v1/plans/%lld/devices", (long long)plan);
    (void)snprintf(single, sizeof single, "%s/" TEST_DK, row);
    const char *const paths[] = {"/api/v1/products/" TEST_PK "/devices/" TEST_DK, single, row};
    for (size_t i = 0; i < 3; i++) {
        (void)read_warnings(server, paths[i], rules, sizeof rules);
        CHECK_TEXT(rules, wanted);
    }
}

/* A virtual device with the options upgrades; the rules that it breached meanwhile. */
static void run_virtual(const char *const *options, bool two, char *rules, size_t capacity)
{
    struct server server;
    server_start(&server, NULL);
    int64_t plan = two ? rest_two_component_plan(&server, TEST_DK, 200000) : rest_simple_plan(&server, 250000, NULL);
    CHECK(process_wait(device_start(&server, options, NULL), 60) == 0);
    CHECK(rest_await_device(&server, plan, TEST_DK, "upgraded"));
    read_rules(&server, plan, rules, capacity);
    CHECK((warnings_of_device(&server) == 0) == (rules[0] == '\0'));
    server_stop(&server);
}

static void test_right_devices(void)
{
    static const struct {
        const char *name;
        bool two;
        const char *options[7];
    } rows[] = {
        {"plain", false, {NULL}},
        {"encrypted, SHA-256, pieces", false, {"--encrypt", "--sha256", "--flash-free", "100000", NULL}},
        {"power cut in 4", false, {"--power-cut", "4", "--power-off", "200", NULL}},
        {"power cut in 5", false, {"--power-cut", "5", "--power-off", "200", NULL}},
        {"power cut in 9", false, {"--power-cut", "9", "--power-off", "200", NULL}},
        {"MCU and module", true, {"--module-version", "MODULE_V1", "--module-suffix", "APP", "--encrypt", NULL}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char rules[256];
        run_virtual(rows[i].options, rows[i].two, rules, sizeof rules);
        if (rules[0] != '\0') {
            (void)fprintf(stderr, "    %s: %s\n", rows[i].name, rules);
        }
        CHECK_ROW(rows[i].name, rules[0] == '\0');
    }
}

static void test_disorder(void)
{
    static const char *const options[] = {"--disorder", NULL};
    char rules[256];
    run_virtual(options, false, rules, sizeof rules);
    CHECK(strncmp(rules, "statusOrder", 11) == 0);
}

/* It upgrades, but downloads with a request of its own making and says 9 before 8. */
static void test_hand_written(void)
{
    struct server server;
    struct test_device device = {0};
    struct notify_message notify;
    struct firmware_message firmware;
    char rules[256];
    int code = 0;
    server_start(&server, NULL);
    int64_t plan = rest_simple_plan(&server, 5000, NULL);
    CHECK_FATAL(device_go_online(&server, &device, TEST_DK, false));
    CHECK_FATAL(device_report(&device, "MODULE_V1", "STM32:1_0_0"));
    CHECK_FATAL(device_expect_notify(&device, 5000, &notify));
    CHECK(device_status(&device, 1, "STM32", 1, NULL, NULL) && device_status(&device, 2, "STM32", 1, NULL, NULL));
    CHECK_FATAL(device_expect_firmware(&device, 5000, &firmware));
    json_decref(rest_call(&server, "GET", strstr(firmware.files[0].url, "/firmware/"), NULL, &code));
    CHECK(device_status(&device, 4, "STM32", 1, NULL, NULL) && device_status(&device, 5, "STM32", 1, NULL, NULL));
    CHECK(device_status(&device, 9, "STM32", 1, NULL, NULL));
    CHECK(device_status(&device, 11, "STM32", 1, "MODULE_V1", "STM32:2_0_0"));
    CHECK(rest_await_device(&server, plan, TEST_DK, "upgraded"));
    read_rules(&server, plan, rules, sizeof rules);
    CHECK(strstr(rules, "firmwareHeader") != NULL && strstr(rules, "rangeAlways") != NULL);
    CHECK(strstr(rules, "statusOrder") != NULL);
    check_warnings(&server, plan, "statusOrder x1 firmwareHeader x1 rangeAlways x1");
    device_go_offline(&device);
    server_stop(&server);
}

/* It reports a component that is not in the plan. */
static void test_foreign_component(void)
{
    struct server server;
    struct test_device device = {0};
    struct notify_message notify;
    struct firmware_message firmware;
    char rules[256];
    server_start(&server, NULL);
    int64_t plan = rest_simple_plan(&server, 5000, NULL);
    CHECK_FATAL(device_go_online(&server, &device, TEST_DK, false));
    CHECK(device_report(&device, "MODULE_V1", "STM32:1_0_0"));
    CHECK_FATAL(device_expect_notify(&device, 5000, &notify));
    CHECK(device_status(&device, 1, "STM32", 1, NULL, NULL) && device_status(&device, 2, "STM32", 1, NULL, NULL));
    CHECK_FATAL(device_expect_firmware(&device, 5000, &firmware));
    CHECK(device_status(&device, 4, "ESP", 1, NULL, NULL));
    read_rules(&server, plan, rules, sizeof rules);
    CHECK_TEXT(rules, "statusPlan");
    device_go_offline(&device);
    server_stop(&server);
}

/* Its 2 got lost with the link: it takes no notify, waits 30 s for firmware information, and says 12. It is right. */
static void test_lost_confirm(void)
{
    struct server server;
    struct test_device device = {0};
    struct notify_message notify;
    char kinds[512];
    char rules[256];
    server_start(&server, NULL);
    int64_t plan = rest_simple_plan(&server, 5000, NULL);
    CHECK_FATAL(device_go_online(&server, &device, TEST_DK, false));
    CHECK(device_report(&device, "MODULE_V1", "STM32:1_0_0"));
    CHECK_FATAL(device_expect_notify(&device, 5000, &notify));
    CHECK(device_status(&device, 1, "STM32", 1, NULL, NULL));
    device_go_offline(&device);
    CHECK_FATAL(device_go_online(&server, &device, TEST_DK, false));
    CHECK(device_report(&device, "MODULE_V1", "STM32:1_0_0"));
    CHECK_FATAL(device_expect_notify(&device, 5000, &notify));
    CHECK(device_status(&device, 12, "STM32", 1, "MODULE_V1", "STM32:1_0_0"));
    read_rules(&server, plan, rules, sizeof rules);
    CHECK_TEXT(rules, "");
    rest_log_kinds(&server, plan, TEST_DK, kinds, sizeof kinds);
    CHECK(strstr(kinds, "reportIgnored") != NULL);
    device_go_offline(&device);
    server_stop(&server);
}

int main(void)
{
    static const struct test_case cases[] = {{"right devices breach nothing", test_right_devices},
                                             {"a device that reports out of order is named", test_disorder},
                                             {"a request and an order of its own making", test_hand_written},
                                             {"a component that is not in the plan", test_foreign_component},
                                             {"a confirm that got lost with the link", test_lost_confirm},
                                             {0}};
    return suite_run("server referee", cases);
}
