/* Evaluation and upgrade through app/, on a clock that the test sets (behaviour.md 4 and 5). */
#include <stdio.h>
#include <string.h>

#include "app/evaluation.h"
#include "fake_house.h"
#include "support/suite.h"

static const int64_t minute = 60000;

static struct house house;

static int64_t plan_of(const char *name, const char *target, const struct strategy *strategy, const char *whitelisted)
{
    int64_t package = house_package(&house, name, COMPONENT_MCU, target, 1);
    return house_plan(&house, name, &package, 1, strategy, whitelisted);
}

static void test_next_tick(void)
{
    static const struct {
        const char *name;
        int64_t now;
        int64_t next;
    } rows[] = {{"on a tick", 1795428000000, 1795428600000},
                {"1 ms before", 1795428599999, 1795428600000},
                {"1 ms after", 1795428600001, 1795429200000},
                {"epoch", 0, 600000}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_ROW(rows[i].name, evaluation_next_tick(rows[i].now) == rows[i].next);
    }
}

static void keep_issued(void *context, const struct log_entry *entry)
{
    if (entry->kind == LOG_PLAN_ISSUED) {
        (void)snprintf(context, sizeof entry->detail, "%s", entry->detail);
    }
}

/* The platform pushes by itself only from SDK 2.9.2 on; that we do to others stands in their log (behaviour.md, 10). */
static void test_old_sdk(void)
{
    static const struct {
        const char *version;
        bool noted;
    } rows[] = {{"2.9.0", true},   {"2.9.1", true},  {"2.9.2", false}, {"2.9.10", false},
                {"2.10.0", false}, {"1.12.3", true}, {"3.0.0", false}, {"", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct page page = {.limit = 100};
        struct info_report info = {0};
        char detail[sizeof((struct log_entry *)NULL)->detail] = "";
        bool more = false;
        house_open(&house, 100);
        int64_t device = house_device(&house, "DK1", "C0", "1");
        (void)snprintf(info.sdk_version, sizeof info.sdk_version, "%s", rows[i].version);
        CU_ASSERT_EQUAL(app_device_info(house.app, device, &info), OK);
        int64_t plan = plan_of("p", "2", NULL, NULL);
        house_evaluate(&house);
        CU_ASSERT_EQUAL(app_plan_device_log(house.app, plan, "DK1", &page, keep_issued, detail, &more), OK);
        CHECK_ROW(rows[i].version, detail[0] != '\0');
        CHECK_ROW(rows[i].version, (strstr(detail, "only from 2.9.2 on") != NULL) == rows[i].noted);
        house_close(&house);
    }
}

static void test_success(void)
{
    house_open(&house, 100);
    int64_t plan = plan_of("p", "2", NULL, NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL_FATAL(house.order_count, 1); /* evaluated as soon as both reports were there */
    CU_ASSERT_TRUE(house.orders[0].is_notify);
    CU_ASSERT_EQUAL(house.orders[0].notify.tasks[0].space, 1000);
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_UPGRADING);
    house_status(&house, device, 1, "C0", NULL);
    house_status(&house, device, 2, "C0", NULL);
    CU_ASSERT_EQUAL_FATAL(house.order_count, 2);
    CU_ASSERT_EQUAL(strlen(house.orders[1].firmware.files[0].token), LIMIT_TOKEN);
    CU_ASSERT_STRING_EQUAL(house.orders[1].firmware.files[0].extension, ".bin");
    house_status(&house, device, 4, "C0", NULL);
    firmware_table_note(app_firmware_table(house.app), house.orders[1].firmware.files[0].token, 500);
    house_status(&house, device, 5, "C0", NULL);
    house_status(&house, device, 11, "C0", "2");
    CU_ASSERT_STRING_EQUAL(house_status_of(&house, plan, "DK1"), "upgraded");
    const struct firmware_entry *entry = NULL;
    CU_ASSERT_EQUAL(firmware_table_take(app_firmware_table(house.app), house.orders[1].firmware.files[0].token, &entry),
                    E_STATE);
    CU_ASSERT_EQUAL(house.order_count, 2);
    house_close(&house);
}

/* A plan made after the device connected: found by the tick at hh:10, not before. */
static void test_tick(void)
{
    house_open(&house, 100);
    (void)house_device(&house, "DK1", "C0", "1");
    (void)plan_of("p", "2", NULL, NULL);
    house_advance(&house, 7 * minute - 1);
    CU_ASSERT_EQUAL(house.order_count, 0);
    house_advance(&house, 1);
    CU_ASSERT_EQUAL(house.order_count, 1);
    house_advance(&house, 10 * minute); /* no status 1: again at the next tick */
    CU_ASSERT_EQUAL(house.order_count, 2);
    house_close(&house);
}

static void test_request_waits_for_reports(void)
{
    struct version_report versions = {.module_is_bare = true, .mcu_count = 1, .mcus = {{"C0", "1"}}};
    struct device device;
    house_open(&house, 100);
    int64_t plan = plan_of("p", "2", NULL, NULL);
    CU_ASSERT_EQUAL(app_device_admit(house.app, "pk1", "DK1", AUTH_TYPE_0, false, "s", &device), OK);
    app_device_online(house.app, device.id);
    CU_ASSERT_EQUAL(app_device_request(house.app, device.id, &versions), OK); /* the very first frame */
    CU_ASSERT_EQUAL(house.order_count, 0);
    house_advance(&house, LIMIT_SETTLE_MS - 1);
    CU_ASSERT_EQUAL(house.order_count, 0);
    house_advance(&house, 1); /* status and information never came: at most 3 s */
    CU_ASSERT_EQUAL(house.order_count, 1);
    CU_ASSERT_EQUAL(house_log_count(&house, plan, "DK1", LOG_OTA_REQUEST), 1);
    house_close(&house);
}

/* An evaluation on request may come between the reports: what it issued went out on this very link. */
static void test_notified_before_reports(void)
{
    struct version_report versions = {.module_is_bare = true, .mcu_count = 1, .mcus = {{"C0", "1"}}};
    struct device device;
    house_open(&house, 100);
    int64_t plan = plan_of("p", "2", NULL, NULL);
    CU_ASSERT_EQUAL(app_device_admit(house.app, "pk1", "DK1", AUTH_TYPE_0, false, "s", &device), OK);
    app_device_online(house.app, device.id);
    CU_ASSERT_EQUAL(app_device_request(house.app, device.id, &versions), OK);
    house_evaluate(&house);
    CU_ASSERT_EQUAL(house_notifies(&house, device.id), 1);
    house_report(&house, device.id, "C0", "1");
    house_advance(&house, LIMIT_SETTLE_MS);
    CU_ASSERT_EQUAL(house_notifies(&house, device.id), 1);
    app_device_offline(house.app, device.id);
    (void)house_device(&house, "DK1", "C0", "1"); /* but of a new link it knows nothing */
    CU_ASSERT_EQUAL(house_notifies(&house, device.id), 2);
    CU_ASSERT_STRING_EQUAL(house_status_of(&house, plan, "DK1"), "inUpgrade");
    house_close(&house);
}

static void test_denials_once(void)
{
    static const struct strategy needy = {.retries = 5, .min_signal = -113, .min_battery = 90, .timeout_minutes = 60};
    struct evaluation result;
    house_open(&house, 100);
    int64_t plan = plan_of("p", "2", &needy, NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(house.order_count, 0);
    CU_ASSERT_STRING_EQUAL(house_reason_of(&house, plan, "DK1"), "battery");
    CU_ASSERT_EQUAL(app_evaluate(house.app, "pk1", &result), OK);
    CU_ASSERT_EQUAL(result.devices_checked, 1);
    CU_ASSERT_EQUAL(result.notified, 0);
    CU_ASSERT_EQUAL(result.skipped[REASON_BATTERY], 1);
    CU_ASSERT_EQUAL(house_log_count(&house, plan, "DK1", LOG_SKIPPED), 1);
    struct status_report full = {.battery = {true, 100}};
    CU_ASSERT_EQUAL(app_device_status(house.app, device, &full), OK);
    CU_ASSERT_EQUAL(app_evaluate(house.app, NULL, &result), OK);
    CU_ASSERT_EQUAL(result.notified, 1);
    house_close(&house);
}

static void test_retries_and_next_plan(void)
{
    static const struct strategy once = {.retries = 1, .min_signal = -113, .min_battery = 30, .timeout_minutes = 60};
    house_open(&house, 100);
    int64_t first = plan_of("first", "2", &once, NULL);
    int64_t second = plan_of("second", "3", NULL, NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    house_status(&house, device, 1, "C0", NULL);
    house_status(&house, device, 2, "C0", NULL);
    CU_ASSERT_STRING_EQUAL(house_reason_of(&house, second, "DK1"), "");
    house_status(&house, device, 6, "C0", NULL);
    CU_ASSERT_EQUAL_FATAL(house.order_count, 3); /* notify, url, url again */
    CU_ASSERT_STRING_NOT_EQUAL(house.orders[1].firmware.files[0].token, house.orders[2].firmware.files[0].token);
    house_status(&house, device, 12, "C0", "1");
    CU_ASSERT_STRING_EQUAL(house_status_of(&house, first, "DK1"), "failed");
    CU_ASSERT_STRING_EQUAL(house_reason_of(&house, first, "DK1"), "upgradeFailed");
    CU_ASSERT_EQUAL_FATAL(house.order_count, 4); /* the next plan at once */
    CU_ASSERT_STRING_EQUAL(house.orders[3].notify.tasks[0].target_version, "3");
    house_close(&house);
}

static void test_timeout(void)
{
    static const struct strategy quick = {.retries = 0, .min_signal = -113, .min_battery = 30, .timeout_minutes = 2};
    house_open(&house, 100);
    int64_t plan = plan_of("p", "2", &quick, NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    house_advance(&house, 5 * minute); /* after the notify there is no limit */
    house_status(&house, device, 1, "C0", NULL);
    house_status(&house, device, 2, "C0", NULL);
    house_advance(&house, 2 * minute - 1);
    CU_ASSERT_STRING_EQUAL(house_status_of(&house, plan, "DK1"), "inUpgrade");
    house_status(&house, device, 4, "C0", NULL); /* a report restarts it */
    house_advance(&house, 2 * minute - 1);
    CU_ASSERT_STRING_EQUAL(house_status_of(&house, plan, "DK1"), "inUpgrade");
    house_advance(&house, 1);
    CU_ASSERT_STRING_EQUAL(house_status_of(&house, plan, "DK1"), "failed");
    CU_ASSERT_STRING_EQUAL(house_reason_of(&house, plan, "DK1"), "timeout");
    house_close(&house);
}

static void test_reconnect(void)
{
    house_open(&house, 100);
    int64_t plan = plan_of("p", "2", NULL, NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    app_device_offline(house.app, device);
    house_advance(&house, minute);
    CU_ASSERT_EQUAL(house.order_count, 1);
    (void)house_device(&house, "DK1", "C0", "1"); /* has forgotten the plan: notified again */
    CU_ASSERT_EQUAL_FATAL(house.order_count, 2);
    CU_ASSERT_TRUE(house.orders[1].is_notify);
    house_status(&house, device, 1, "C0", NULL);
    house_status(&house, device, 2, "C0", NULL);
    CU_ASSERT_EQUAL(house.order_count, 3);
    app_device_offline(house.app, device);
    (void)house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(house.order_count, 3);
    house_advance(&house, LIMIT_SETTLE_MS); /* the firmware information may have been lost with the link */
    CU_ASSERT_EQUAL_FATAL(house.order_count, 4);
    CU_ASSERT_STRING_EQUAL(house.orders[2].firmware.files[0].token, house.orders[3].firmware.files[0].token);
    app_device_offline(house.app, device);
    (void)house_device(&house, "DK1", "C0", "2"); /* target reached: success, whatever status was lost */
    CU_ASSERT_STRING_EQUAL(house_status_of(&house, plan, "DK1"), "upgraded");
    house_close(&house);
}

/* After a restart of the server the token still serves and the upgrade goes on. */
static void test_restart(void)
{
    house_open(&house, 100);
    int64_t plan = plan_of("p", "2", NULL, NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    house_status(&house, device, 2, "C0", NULL);
    CU_ASSERT_EQUAL_FATAL(house.order_count, 2);
    const char *token = house.orders[1].firmware.files[0].token;
    house_reopen(&house);
    const struct firmware_entry *entry = NULL;
    CU_ASSERT_EQUAL_FATAL(firmware_table_take(app_firmware_table(house.app), token, &entry), OK);
    CU_ASSERT_EQUAL(entry->size, 1000);
    firmware_table_release(app_firmware_table(house.app), entry);
    (void)house_device(&house, "DK1", "C0", "1");
    house_status(&house, device, 9, "C0", NULL);
    house_status(&house, device, 11, "C0", "2");
    CU_ASSERT_STRING_EQUAL(house_status_of(&house, plan, "DK1"), "upgraded");
    house_close(&house);
}

static void test_at_target_and_whitelist_end(void)
{
    house_open(&house, 100);
    int64_t plan = plan_of("p", "2", NULL, "DK1");
    (void)house_device(&house, "DK2", "C0", "1"); /* not listed: no trace */
    CU_ASSERT_EQUAL(house.order_count, 0);
    CU_ASSERT_STRING_EQUAL(house_status_of(&house, plan, "DK2"), "");
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_ACTIVATED);
    (void)house_device(&house, "DK1", "C0", "2");
    CU_ASSERT_EQUAL(house.order_count, 0);
    CU_ASSERT_STRING_EQUAL(house_status_of(&house, plan, "DK1"), "upgraded");
    CU_ASSERT_STRING_EQUAL(house_reason_of(&house, plan, "DK1"), "alreadyAtTarget");
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_ENDED);
    house_close(&house);
}

static void test_slots(void)
{
    house_open(&house, 1);
    int64_t plan = plan_of("p", "2", NULL, NULL);
    int64_t first = house_device(&house, "DK1", "C0", "1");
    (void)house_device(&house, "DK2", "C0", "1");
    CU_ASSERT_EQUAL(house.order_count, 1);
    CU_ASSERT_STRING_EQUAL(house_reason_of(&house, plan, "DK2"), "slot");
    house_status(&house, first, 2, "C0", NULL);
    house_status(&house, first, 11, "C0", "2");
    house_advance(&house, 10 * minute);
    CU_ASSERT_STRING_EQUAL(house_status_of(&house, plan, "DK2"), "inUpgrade");
    house_close(&house);
}

/* An order that could not go out is not lost: the reconnect brings it. */
static void test_order_lost(void)
{
    house_open(&house, 100);
    (void)plan_of("p", "2", NULL, NULL);
    house.refuse = true;
    int64_t device = house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(house.order_count, 0);
    house.refuse = false;
    app_device_offline(house.app, device);
    (void)house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(house.order_count, 1);
    house_close(&house);
}

/* A batch: one message that fails undoes only itself, and nothing is said before the commit. */
static void test_batch(void)
{
    struct status_report report = {.battery = {true, 55}};
    struct device device;
    house_open(&house, 100);
    (void)plan_of("p", "2", NULL, NULL);
    CU_ASSERT_EQUAL(app_device_admit(house.app, "pk1", "DK1", AUTH_TYPE_0, false, "s", &device), OK);
    CU_ASSERT_EQUAL_FATAL(app_batch_begin(house.app), OK);
    CU_ASSERT_EQUAL(app_device_status(house.app, device.id, &report), OK);
    CU_ASSERT_EQUAL(app_device_status(house.app, 424242, &report), E_NOT_FOUND);
    CU_ASSERT_EQUAL(app_batch_end(house.app), OK);
    CU_ASSERT_EQUAL(app_device_find(house.app, "pk1", "DK1", &device), OK);
    CU_ASSERT_EQUAL(device.battery.value, 55);
    house_close(&house);
}

int main(void)
{
    static const struct test_case cases[] = {{"ticks at each hh:m0", test_next_tick},
                                             {"SDKs before 2.9.2 are noted", test_old_sdk},
                                             {"from connect to success", test_success},
                                             {"a tick finds a new plan and repeats a notify", test_tick},
                                             {"a request waits for the reports", test_request_waits_for_reports},
                                             {"a denial is told once", test_denials_once},
                                             {"retries, then the next plan", test_retries_and_next_plan},
                                             {"timeout", test_timeout},
                                             {"notified before the reports", test_notified_before_reports},
                                             {"reconnects", test_reconnect},
                                             {"restart of the server", test_restart},
                                             {"at target; a whitelist ends the plan", test_at_target_and_whitelist_end},
                                             {"slots", test_slots},
                                             {"an order that was lost", test_order_lost},
                                             {"a batch", test_batch},
                                             {0}};
    return suite_run("upgrades", cases);
}
