/* The main job over real sockets: a virtual device upgrades; a hand-written one goes each way of behaviour.md 5. */
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "support/suite.h"

static void check_story(const struct server *server, int64_t plan, const char *dk, const char *const *kinds)
{
    char story[2048];
    rest_log_kinds(server, plan, dk, story, sizeof story);
    const char *at = story;
    for (; *kinds != NULL; kinds++) {
        const char *found = strstr(at, *kinds);
        if (found == NULL) {
            (void)fprintf(stderr, "    '%s' does not follow in: %s\n", *kinds, story);
        }
        CU_ASSERT_PTR_NOT_NULL_FATAL(found);
        at = found + strlen(*kinds);
    }
}

/* The virtual device with options, against a plan of `size` bytes; must end with `code` and the plan's device `status`.
 */
static void run_virtual(size_t size, const char *strategy, const char *const *options, int code, const char *status,
                        const char *const *story)
{
    struct server server;
    char output[128];
    server_start(&server, NULL);
    int64_t plan = rest_simple_plan(&server, size, strategy);
    (void)snprintf(output, sizeof output, "%s/device.log", server.folder);
    CU_ASSERT_EQUAL(process_wait(device_start(&server, options, output), 60), code);
    CU_ASSERT_TRUE(rest_await_device(&server, plan, TEST_DK, status));
    check_story(&server, plan, TEST_DK, story);
    server_stop(&server);
}

static void test_virtual_mcu(void)
{
    static const char *const story[] = {"otaRequest",  "planIssued", "planReceived", "confirmed", "urlIssued",
                                        "downloading", "downloaded", "upgrading",    "succeeded", NULL};
    run_virtual(300000, NULL, NULL, 0, "upgraded", story);
}

static void test_virtual_encrypted(void)
{
    static const char *const options[] = {"--encrypt", "--sha256", NULL};
    static const char *const story[] = {"planIssued", "confirmed", "succeeded", NULL};
    run_virtual(70000, NULL, options, 0, "upgraded", story);
}

static void test_virtual_pieces(void)
{
    static const char *const options[] = {"--flash-free", "100000", NULL};
    static const char *const story[] = {"urlIssued", "downloaded", "downloaded", "downloaded", "succeeded", NULL};
    run_virtual(250000, NULL, options, 0, "upgraded", story);
}

static void test_virtual_power_cut(void)
{
    static const char *const options[] = {"--power-cut", "5", "--power-off", "200", NULL};
    static const char *const story[] = {"urlIssued", "attemptFailed", "urlIssued", "succeeded", NULL};
    run_virtual(300000, NULL, options, 0, "upgraded", story);
}

static void test_virtual_flash_fails(void)
{
    static const char *const options[] = {"--flash", "fail", NULL};
    static const char *const story[] = {"attemptFailed", "urlIssued", "failed", NULL};
    run_virtual(5000, "{\"retries\":1}", options, 1, "failed", story);
}

static void test_virtual_two_components(void)
{
    static const char *const options[] = {"--module-version", "MODULE_V1", "--module-suffix", "APP", "--encrypt", NULL};
    struct server server;
    server_start(&server, NULL);
    int64_t plan = rest_two_component_plan(&server, TEST_DK, 200000);
    CU_ASSERT_EQUAL(process_wait(device_start(&server, options, NULL), 60), 0);
    CU_ASSERT_TRUE(rest_await_device(&server, plan, TEST_DK, "upgraded"));
    server_stop(&server);
}

/* A server with the simple plan and a hand-written device that has reported. */
static int64_t begin(struct server *server, struct test_device *device, const char *strategy, bool session)
{
    *device = (struct test_device){0};
    server_start(server, NULL);
    int64_t plan = rest_simple_plan(server, 5000, strategy);
    CU_ASSERT_TRUE_FATAL(device_go_online(server, device, TEST_DK, session));
    CU_ASSERT_TRUE_FATAL(device_report(device, "MODULE_V1", "STM32:1_0_0"));
    return plan;
}

static void end(struct server *server, struct test_device *device)
{
    device_go_offline(device);
    server_stop(server);
}

/* Notified on connect without any request; every member of notify and firmware information is as the plan says. */
static void test_messages(void)
{
    struct server server;
    struct test_device device;
    struct notify_message notify;
    struct firmware_message firmware;
    int64_t plan = begin(&server, &device, "{\"minBattery\":20,\"minSignal\":-100}", false);
    CU_ASSERT_TRUE_FATAL(device_expect_notify(&device, 6000, &notify));
    CU_ASSERT_EQUAL(notify.count, 1);
    CU_ASSERT_STRING_EQUAL(notify.tasks[0].component_no, "STM32");
    CU_ASSERT_STRING_EQUAL(notify.tasks[0].source_version, "1_0_0");
    CU_ASSERT_STRING_EQUAL(notify.tasks[0].target_version, "2_0_0");
    CU_ASSERT_EQUAL(notify.tasks[0].component_type, 1);
    CU_ASSERT_EQUAL(notify.tasks[0].battery.value, 20);
    CU_ASSERT_EQUAL(notify.tasks[0].signal.value, -100);
    CU_ASSERT_EQUAL(notify.tasks[0].space.value, 5000);
    CU_ASSERT_TRUE(device_status(&device, 1, "STM32", 1, NULL, NULL));
    CU_ASSERT_TRUE(device_status(&device, 2, "STM32", 1, NULL, NULL));
    CU_ASSERT_TRUE_FATAL(device_expect_firmware(&device, 3000, &firmware));
    CU_ASSERT_EQUAL(firmware.file_count, 1);
    CU_ASSERT_EQUAL(firmware.files[0].size, 5000);
    CU_ASSERT_EQUAL(strlen(firmware.files[0].md5), 32);
    CU_ASSERT_EQUAL(strlen(firmware.crc), 8);
    CU_ASSERT_STRING_EQUAL(firmware.sha256, "");
    char begins[96];
    (void)snprintf(begins, sizeof begins, "%s/firmware/", server.http);
    CU_ASSERT_EQUAL(strncmp(firmware.files[0].url, begins, strlen(begins)), 0);
    CU_ASSERT_EQUAL(strlen(firmware.files[0].url), strlen(begins) + 22 + 4);
    for (int status = 4; status <= 9; status += status == 5 ? 3 : 1) {
        CU_ASSERT_TRUE(device_status(&device, status, "STM32", 1, NULL, NULL));
    }
    CU_ASSERT_TRUE(device_status(&device, 11, "STM32", 1, "MODULE_V1", "STM32:2_0_0"));
    CU_ASSERT_TRUE(rest_await_device(&server, plan, TEST_DK, "upgraded"));
    char story[2048];
    rest_log_kinds(&server, plan, TEST_DK, story, sizeof story);
    CU_ASSERT_PTR_NOT_NULL(strstr(story, "planReceived confirmed"));
    CU_ASSERT_PTR_NOT_NULL(strstr(story, "succeeded"));
    end(&server, &device);
}

/* 3: back to nonUpgraded, offered again by an evaluation. */
static void test_refused(void)
{
    struct server server;
    struct test_device device;
    struct notify_message notify;
    int64_t plan = begin(&server, &device, NULL, true);
    CU_ASSERT_TRUE_FATAL(device_expect_notify(&device, 6000, &notify));
    CU_ASSERT_TRUE(device_status(&device, 1, "STM32", 1, NULL, NULL));
    CU_ASSERT_TRUE(device_status(&device, 3, "STM32", 1, NULL, NULL));
    CU_ASSERT_TRUE(rest_await_device(&server, plan, TEST_DK, "nonUpgraded"));
    json_decref(rest_expect(&server, "POST", "/api/v1/evaluations", "{}", 200));
    CU_ASSERT_TRUE(device_expect_notify(&device, 3000, &notify));
    end(&server, &device);
}

/* 6: the firmware information comes again with another token, the old one is gone (410); no new notify. */
static void test_retry(void)
{
    struct server server;
    struct test_device device;
    struct notify_message notify;
    struct firmware_message first;
    struct firmware_message second;
    int64_t plan = begin(&server, &device, "{\"retries\":1}", false);
    CU_ASSERT_TRUE_FATAL(device_expect_notify(&device, 6000, &notify));
    CU_ASSERT_TRUE(device_status(&device, 1, "STM32", 1, NULL, NULL));
    CU_ASSERT_TRUE(device_status(&device, 2, "STM32", 1, NULL, NULL));
    CU_ASSERT_TRUE_FATAL(device_expect_firmware(&device, 3000, &first));
    CU_ASSERT_TRUE(device_status(&device, 4, "STM32", 1, NULL, NULL));
    CU_ASSERT_TRUE(device_status(&device, 6, "STM32", 1, NULL, NULL));
    CU_ASSERT_TRUE_FATAL(device_expect_firmware(&device, 3000, &second));
    CU_ASSERT_STRING_NOT_EQUAL(first.files[0].url, second.files[0].url);
    json_decref(rest_expect(&server, "GET", first.files[0].url + strlen(server.http), NULL, 410));
    CU_ASSERT_TRUE(device_status(&device, 12, "STM32", 1, NULL, "STM32:1_0_0"));
    CU_ASSERT_TRUE(rest_await_device(&server, plan, TEST_DK, "failed"));
    end(&server, &device);
}

/* A status that was lost: the version in 0x0115 after a reconnect decides. */
static void test_version_decides(void)
{
    struct server server;
    struct test_device device;
    struct notify_message notify;
    struct firmware_message firmware;
    int64_t plan = begin(&server, &device, NULL, false);
    CU_ASSERT_TRUE_FATAL(device_expect_notify(&device, 6000, &notify));
    CU_ASSERT_TRUE(device_status(&device, 1, "STM32", 1, NULL, NULL));
    CU_ASSERT_TRUE(device_status(&device, 2, "STM32", 1, NULL, NULL));
    CU_ASSERT_TRUE_FATAL(device_expect_firmware(&device, 3000, &firmware));
    CU_ASSERT_TRUE(device_status(&device, 9, "STM32", 1, NULL, NULL));
    raw_reset(&device.link);
    CU_ASSERT_TRUE_FATAL(device_go_online(&server, &device, TEST_DK, false));
    CU_ASSERT_TRUE(device_request(&device, "MODULE_V1", "STM32:2_0_0"));
    CU_ASSERT_TRUE(rest_await_device(&server, plan, TEST_DK, "upgraded"));
    end(&server, &device);
}

/* One confirm for both; the second component's firmware information follows the first's success without a notify. */
static void test_two_components(void)
{
    struct server server;
    struct test_device device = {0};
    struct notify_message notify;
    struct firmware_message firmware;
    char body[128];
    server_start(&server, NULL);
    int64_t id = rest_two_component_plan(&server, TEST_DK, 4000);
    CU_ASSERT_TRUE_FATAL(device_go_online(&server, &device, TEST_DK, false));
    CU_ASSERT_TRUE(device_request(&device, "MODULE_V1", "STM32:1_0_0")); /* the very first frame (protocol.md, 4.3) */
    CU_ASSERT_TRUE(device_report(&device, "MODULE_V1APP", "STM32:1_0_0"));
    CU_ASSERT_TRUE_FATAL(device_expect_notify(&device, 6000, &notify));
    CU_ASSERT_EQUAL(notify.count, 2);
    CU_ASSERT_STRING_EQUAL(notify.tasks[0].component_no, "STM32");
    CU_ASSERT_TRUE(device_status(&device, 1, "FOTA", 0, NULL, NULL)); /* names the last of the array */
    CU_ASSERT_TRUE(device_status(&device, 2, "FOTA", 0, NULL, NULL));
    CU_ASSERT_TRUE_FATAL(device_expect_firmware(&device, 3000, &firmware));
    CU_ASSERT_STRING_EQUAL(firmware.component_no, "STM32");
    CU_ASSERT_STRING_EQUAL(firmware.files[0].url + strlen(firmware.files[0].url) - 7, ".tar.gz");
    CU_ASSERT_TRUE(device_status(&device, 11, "STM32", 1, "MODULE_V1", "STM32:2_0_0"));
    CU_ASSERT_TRUE_FATAL(device_expect_firmware(&device, 3000, &firmware));
    CU_ASSERT_STRING_EQUAL(firmware.component_no, "FOTA");
    CU_ASSERT_TRUE(device_status(&device, 9, "FOTA", 0, NULL, NULL));
    device_go_offline(&device);
    CU_ASSERT_TRUE_FATAL(device_go_online(&server, &device, TEST_DK, false));
    CU_ASSERT_TRUE(device_report(&device, "MODULE_V2APP", "STM32:2_0_0"));
    CU_ASSERT_TRUE(device_status(&device, 11, "FOTA", 0, "MODULE_V2", "STM32:2_0_0"));
    CU_ASSERT_TRUE(rest_await_device(&server, id, TEST_DK, "upgraded"));
    (void)snprintf(body, sizeof body, "/api/v1/plans/%lld", (long long)id);
    json_t *plan = rest_expect(&server, "GET", body, NULL, 200);
    CU_ASSERT_STRING_EQUAL(json_text_at(plan, "status"), "ended"); /* every listed device is final */
    json_decref(plan);
    end(&server, &device);
}

int main(void)
{
    static const struct test_case cases[] = {{"a virtual device upgrades its MCU", test_virtual_mcu},
                                             {"with session encryption and SHA-256", test_virtual_encrypted},
                                             {"in pieces", test_virtual_pieces},
                                             {"over a power cut while it downloads", test_virtual_power_cut},
                                             {"fails when flashing fails", test_virtual_flash_fails},
                                             {"MCU, then the module over its reboot", test_virtual_two_components},
                                             {"notify and firmware information", test_messages},
                                             {"refused, offered again", test_refused},
                                             {"download error: a new URL", test_retry},
                                             {"a lost status: the version decides", test_version_decides},
                                             {"MCU and module in sequence", test_two_components},
                                             {0}};
    return suite_run("upgrade", cases);
}
