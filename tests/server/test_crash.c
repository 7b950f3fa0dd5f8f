/* kill -9 of server or broker in the middle of an upgrade leads to the same success. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "support/suite.h"

/* Until the component of the device is at the step, or 20 s. */
static bool await_step(const struct server *server, int64_t plan, int component, const char *step)
{
    char path[128];
    char member[32];
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld/devices/" TEST_DK, (long long)plan);
    (void)snprintf(member, sizeof member, "components.%d.step", component);
    for (int i = 0; i < 2000; i++) {
        int http_status = 0;
        json_t *json = rest_call(server, "GET", path, NULL, &http_status);
        bool there = strcmp(json_text_at(json, member), step) == 0;
        json_decref(json);
        if (there) {
            return true;
        }
        sleep_ms(5);
    }
    return false;
}

static void test_server_killed_between_confirm_and_success(void)
{
    struct server server;
    struct test_device device = {0};
    struct notify_message notify;
    struct firmware_message firmware;
    server_start(&server, NULL);
    int64_t plan = rest_simple_plan(&server, 5000, NULL);
    CU_ASSERT_TRUE_FATAL(device_go_online(&server, &device, TEST_DK, true));
    CU_ASSERT_TRUE(device_report(&device, "V1", "STM32:1_0_0"));
    CU_ASSERT_TRUE_FATAL(device_expect_notify(&device, 6000, &notify));
    CU_ASSERT_TRUE(device_status(&device, 1, "STM32", 1, NULL, NULL));
    CU_ASSERT_TRUE(device_status(&device, 2, "STM32", 1, NULL, NULL));
    CU_ASSERT_TRUE_FATAL(device_expect_firmware(&device, 3000, &firmware));
    CU_ASSERT_TRUE(device_status(&device, 4, "STM32", 1, NULL, NULL)); /* acknowledged: it must be in the store */
    server_kill(&server);
    CU_ASSERT_TRUE(raw_is_closed(&device.link, 3000));
    server_restart(&server);
    CU_ASSERT_TRUE(await_step(&server, plan, 0, "downloading"));
    json_decref(rest_expect(&server, "HEAD", firmware.files[0].url + strlen(server.http), NULL, 200)); /* still alive */
    device_go_offline(&device);
    CU_ASSERT_TRUE_FATAL(device_go_online(&server, &device, TEST_DK, true)); /* with the secret it got before */
    CU_ASSERT_TRUE(device_report(&device, "V1", "STM32:1_0_0"));
    CU_ASSERT_TRUE(device_status(&device, 9, "STM32", 1, NULL, NULL));
    CU_ASSERT_TRUE(device_status(&device, 11, "STM32", 1, NULL, "STM32:2_0_0"));
    CU_ASSERT_TRUE(rest_await_device(&server, plan, TEST_DK, "upgraded"));
    device_go_offline(&device);
    server_stop(&server);
}

/* MCU and module in one plan; server or broker is killed when a component is at a step. The same success follows. */
static void kill_at(const char *name, bool broker, int component, const char *step)
{
    static const char *const options[] = {"--delay-accept", "300", "--time-scale", "5", "--module-version",
                                          "MODULE_V1",      NULL};
    struct server server;
    server_start(&server, NULL);
    int64_t plan = rest_two_component_plan(&server, TEST_DK, 200000);
    pid_t device = device_start(&server, options, NULL);
    CHECK_ROW(name, await_step(&server, plan, component, step));
    if (broker) {
        pid_t pid = server_broker_pid(&server);
        CU_ASSERT_TRUE_FATAL(pid > 0);
        (void)kill(pid, SIGKILL);
    } else {
        server_kill(&server);
        server_restart(&server);
    }
    CHECK_ROW(name, process_wait(device, 60) == 0);
    CHECK_ROW(name, rest_await_device(&server, plan, TEST_DK, "upgraded"));
    server_stop(&server);
}

static void test_killed_at_each_step(void)
{
    static const struct {
        const char *name;
        bool broker;
        int component;
        const char *step;
    } rows[] = {{"server, notified", false, 0, "start"},           {"server, MCU flashes", false, 0, "upgrading"},
                {"server, module flashes", false, 1, "upgrading"}, {"broker, notified", true, 0, "start"},
                {"broker, MCU flashes", true, 0, "upgrading"},     {"broker, module flashes", true, 1, "upgrading"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kill_at(rows[i].name, rows[i].broker, rows[i].component, rows[i].step);
    }
}

/* The broker comes back by itself, /readyz tells the truth meanwhile, and a device is let in again. */
static void test_broker_comes_back(void)
{
    struct server server;
    struct test_device device = {0};
    int http_status = 0;
    server_start(&server, NULL);
    (void)rest_simple_plan(&server, 5000, NULL);
    for (int round = 0; round < 3; round++) {
        pid_t pid = server_broker_pid(&server);
        CU_ASSERT_TRUE_FATAL(pid > 0);
        (void)kill(pid, SIGKILL);
        bool back = false;
        for (int i = 0; i < 1000 && !back; i++) {
            sleep_ms(10);
            json_decref(rest_call(&server, "GET", "/readyz", NULL, &http_status));
            back = http_status == 200 && server_broker_pid(&server) > 0 && server_broker_pid(&server) != pid;
        }
        CU_ASSERT_TRUE(back);
    }
    CU_ASSERT_TRUE(device_go_online(&server, &device, TEST_DK, false));
    device_go_offline(&device);
    server_stop(&server);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"kill -9 of the server loses no acknowledged status", test_server_killed_between_confirm_and_success},
        {"a virtual device survives kill -9 of server and broker at each step", test_killed_at_each_step},
        {"the broker comes back", test_broker_comes_back},
        {0}};
    return suite_run("crash", cases);
}
