/* Firmware verifications (behaviour.md, 2; app/verifications.h): how they begin, what they go through, how they succeed
 * or fail by themselves. Their time and their neighbours: test_verification_time.c. */
#include "app/verifications.h"

#include <stdio.h>

#include "app/catalog.h"
#include "fake_verification.h"
#include "support/suite.h"

static const int64_t minute = 60000;
static const int64_t tick = 10 * 60000LL;

static struct house house;
static int64_t package; /* of an MCU, to "2" */

static void open_house(void)
{
    house_open(&house, 100);
    house_set_clock(&house, "2027-03-01T10:01:00Z");
    package = house_mcu_package(&house, "2");
}

/* --- begins ----------------------------------------------------------------------------------------------------- */

static const char whole_log[] =
    "planIssued planReceived confirmed urlIssued waitingDownload downloading downloading downloaded "
    "upgrading succeeded ";

/* On a clock that stands still, in a product without any plan. */
static void test_at_once(void)
{
    struct verification verification = {0};
    open_house();
    int64_t device = house_device(&house, "DK1", "C0", "1");
    size_t changes = house.changes;
    int64_t id = verification_started(&house, package, "DK1");
    CU_ASSERT_EQUAL_FATAL(house.order_count, 1);
    const struct order *order = &house.orders[0];
    CU_ASSERT_TRUE(order->is_notify && order->device_id == device && order->notify.count == 1);
    CU_ASSERT_TRUE(order->notify.min_battery == 0 && order->notify.min_signal == -140);
    CU_ASSERT_TRUE(order->notify.tasks[0].type == COMPONENT_MCU && order->notify.tasks[0].space == 1000);
    CU_ASSERT_STRING_EQUAL(order->notify.tasks[0].component_no, "C0");
    CU_ASSERT_STRING_EQUAL(order->notify.tasks[0].source_version, "1");
    CU_ASSERT_STRING_EQUAL(order->notify.tasks[0].target_version, "2");
    CU_ASSERT_TRUE(house.changes > changes && house.changed_plan_id == -id); /* those who wait for it look */
    CU_ASSERT_STRING_EQUAL(house.changed_device, "DK1");
    CU_ASSERT_EQUAL(app_verification_find(house.app, package, id, &verification), OK);
    CU_ASSERT_TRUE(verification.id == id && verification.package_id == package && verification.device_id == device);
    CU_ASSERT_STRING_EQUAL(verification.device_key, "DK1");
    CU_ASSERT_STRING_EQUAL(verification.component_no, "C0");
    CU_ASSERT_EQUAL(verification.deadline, verification.created_at + 60 * minute);
    CU_ASSERT_FALSE(verification.ended_at.known);
    verification_expect(&house, package, id, "running", "");
    verification_expect_log(&house, package, id, "planIssued ");
    house_close(&house);
}

static void test_every_step(void)
{
    struct verification verification = {0};
    open_house();
    int64_t device = house_device(&house, "DK1", "C0", "1");
    int64_t id = verification_started(&house, package, "DK1");
    house_pass(&house, minute);
    house_upgrade(&house, device, "2");
    CU_ASSERT_EQUAL(house.changed_plan_id, -id);
    verification_expect(&house, package, id, "succeeded", "");
    verification_expect_log(&house, package, id, whole_log);
    CU_ASSERT_EQUAL(app_verification_find(house.app, package, id, &verification), OK);
    CU_ASSERT_TRUE(verification.ended_at.known && verification.ended_at.at == verification.created_at + minute);
    house_pass(&house, 61 * minute); /* it stays what it is */
    verification_expect(&house, package, id, "succeeded", "");
    verification_expect_log(&house, package, id, whole_log);
    CU_ASSERT_EQUAL(house.order_count, 2); /* notify, firmware information */
    house_close(&house);
}

/* No gate, no slot: what plans ask for does not matter, not even strictly. */
static void test_no_gates(void)
{
    struct status_report poor = {
        .battery = {true, 1}, .signal = {true, -130}, .rsrp = {true, -139}, .flash_free = {true, 1}};
    house_open(&house, 1);
    house.strict_gates = true;
    house_reopen(&house);
    house_set_clock(&house, "2027-03-01T10:01:00Z");
    package = house_mcu_package(&house, "2");
    int64_t module_package = house_package(&house, "module", COMPONENT_MODULE, "M2", 5);
    int64_t plan = house_plan(&house, "p", &package, 1, NULL, "SLOT");
    int64_t slot = house_device(&house, "SLOT", "C0", "1");
    house_expect_device(&house, plan, "SLOT", "inUpgrade", ""); /* the only slot is taken */
    CU_ASSERT_EQUAL(house_notifies(&house, slot), 1);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    struct info_report info = {.versions = {.module_version = "M1"}};
    CU_ASSERT_EQUAL(app_device_status(house.app, device, &poor), OK);
    CU_ASSERT_EQUAL(app_device_info(house.app, device, &info), OK);
    int64_t id = verification_started(&house, module_package, "DK1");
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    house_status(&house, device, 2, "C0", NULL);
    const struct order *order = &house.orders[house.order_count - 1];
    CU_ASSERT_TRUE(!order->is_notify && order->firmware.type == COMPONENT_MODULE && order->firmware.file_count == 5);
    struct info_report done = {.versions = {.module_version = "M2"}};
    CU_ASSERT_EQUAL(app_device_info(house.app, device, &done), OK);
    verification_expect(&house, module_package, id, "succeeded", "");

    struct device bare = {0}; /* that never reported a status at all */
    CU_ASSERT_EQUAL_FATAL(
        app_device_admit(house.app, "pk1", "BARE", AUTH_TYPE_0, false, "0123456789abcdef0123456789abcdef", &bare), OK);
    app_device_online(house.app, bare.id);
    CU_ASSERT_EQUAL(app_device_info(house.app, bare.id, &info), OK);
    (void)verification_started(&house, module_package, "BARE");
    CU_ASSERT_EQUAL(house_notifies(&house, bare.id), 1);
    house_close(&house);
}

/* --- refused ---------------------------------------------------------------------------------------------------- */

enum hindrance { OFFLINE, NEVER_ONLINE, BUSY_PLAN, BUSY_VERIFICATION, UNKNOWN, OTHER_COMPONENT, NO_SOURCE, HINDRANCES };

static void hinder(enum hindrance hindrance)
{
    struct violations violations = {0};
    if (hindrance == NEVER_ONLINE) {
        CU_ASSERT_EQUAL(app_device_register(house.app, "pk1", "DK1", NULL, &violations), OK);
        return;
    }
    const char *component = hindrance == UNKNOWN ? NULL : hindrance == OTHER_COMPONENT ? "C1" : "C0";
    int64_t device = house_device(&house, "DK1", component, "1");
    int64_t other = house_mcu_package(&house, "3");
    if (hindrance == OFFLINE) {
        app_device_offline(house.app, device);
    } else if (hindrance == BUSY_PLAN) {
        (void)house_plan(&house, "p", &other, 1, NULL, NULL);
        house_request(&house, device);
    } else if (hindrance == BUSY_VERIFICATION) {
        (void)verification_started(&house, other, "DK1");
    } else if (hindrance == NO_SOURCE) {
        package = house_delta(&house, "delta", "0", "2");
    }
}

static void test_refused_for_now(void)
{
    static const struct {
        const char *name;
        const char *why;
    } rows[HINDRANCES] = {
        [OFFLINE] = {"offline", "the device is offline"},
        [NEVER_ONLINE] = {"never online", "the device is offline"},
        [BUSY_PLAN] = {"a plan", "the device is in upgrade by a plan"},
        [BUSY_VERIFICATION] = {"a verification", "the device is busy with another verification"},
        [UNKNOWN] = {"version unknown", "the device has not reported a version of this component"},
        [OTHER_COMPONENT] = {"another component", "the device has not reported a version of this component"},
        [NO_SOURCE] = {"no source", "the device's version is none of the source versions of this delta package"}};
    for (enum hindrance hindrance = OFFLINE; hindrance < HINDRANCES; hindrance++) {
        const char *row = rows[hindrance].name;
        open_house();
        hinder(hindrance);
        size_t orders = house.order_count;
        struct verification_answer answer = verification_try(&house, package, "pk1", "DK1", "C0");
        CHECK_ROW(row, answer.status == E_STATE && answer.violations.count == 0);
        CHECK_ROW(row, answer.why != NULL && strcmp(answer.why, rows[hindrance].why) == 0);
        CHECK_ROW(row, house.order_count == orders);
        CHECK_ROW(row, verification_count(&house, package) == 0); /* it leaves no trace */
        house_close(&house);
    }
}

/* What is wrong with the request itself, all in one answer. */
static void test_violations(void)
{
    static const struct {
        const char *name;
        const char *product_key;
        const char *device_key;
        const char *component_no;
        bool several; /* files */
        const char *pointers;
    } rows[] = {{"another product", "pk2", "DK1", "C0", false, "/productKey "},
                {"no such product", "pk9", "DK1", "C0", false, "/productKey "},
                {"no such device", "pk1", "DK9", "C0", false, "/deviceKey "},
                {"device of another product", "pk1", "PK2DK", "C0", false, "/deviceKey "},
                {"no component", "pk1", "DK1", "", false, "/componentNo "},
                {"component of 33 bytes", "pk1", "DK1", "123456789012345678901234567890123", false, "/componentNo "},
                {"component with a separator", "pk1", "DK1", "C;0", false, "/componentNo "},
                {"several files for an MCU", "pk1", "DK1", "C0", true, "/componentNo "},
                {"all", "pk2", "DK9", "", true, "/productKey /componentNo /deviceKey "}};
    open_house();
    struct product product = {.key = "pk2", .secret = "s", .name = "n"};
    struct violations none = {0};
    CU_ASSERT_EQUAL(app_product_create(house.app, &product, &none), OK);
    CU_ASSERT_EQUAL(app_device_register(house.app, "pk2", "PK2DK", NULL, &none), OK);
    int64_t several = house_package(&house, "several", COMPONENT_MCU, "3", 2);
    (void)house_device(&house, "DK1", "C0", "1");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char pointers[200] = "";
        size_t used = 0;
        struct verification_answer answer = verification_try(
            &house, rows[i].several ? several : package, rows[i].product_key, rows[i].device_key, rows[i].component_no);
        for (size_t k = 0; k < answer.violations.count; k++) {
            used +=
                (size_t)snprintf(pointers + used, sizeof pointers - used, "%s ", answer.violations.items[k].pointer);
        }
        CHECK_ROW(rows[i].name, answer.status == E_RULE && strcmp(pointers, rows[i].pointers) == 0);
    }
    CU_ASSERT_EQUAL(verification_try(&house, 99, "pk1", "DK1", "C0").status, E_NOT_FOUND);
    CU_ASSERT_EQUAL(verification_count(&house, package) + verification_count(&house, several), 0);
    CU_ASSERT_EQUAL(house.order_count, 0);
    house_close(&house);
}

static void test_delta_from_its_source(void)
{
    open_house();
    int64_t delta = house_delta(&house, "delta", "1", "2");
    int64_t device = house_device(&house, "DK1", "C0", "1");
    int64_t id = verification_started(&house, delta, "DK1");
    house_upgrade(&house, device, "2");
    verification_expect(&house, delta, id, "succeeded", "");
    /* at its target it has nothing to do, although that is no source either */
    int64_t again = verification_started(&house, delta, "DK1");
    verification_expect(&house, delta, again, "succeeded", "alreadyAtTarget");
    house_close(&house);
}

/* --- ends by itself --------------------------------------------------------------------------------------------- */

static void test_at_target(void)
{
    struct verification verification = {0};
    open_house();
    int64_t device = house_device(&house, "DK1", "C0", "2");
    int64_t id = verification_started(&house, package, "DK1");
    verification_expect(&house, package, id, "succeeded", "alreadyAtTarget");
    verification_expect_log(&house, package, id, "succeeded ");
    CU_ASSERT_EQUAL(app_verification_find(house.app, package, id, &verification), OK);
    CU_ASSERT_TRUE(verification.ended_at.known && verification.ended_at.at == verification.created_at);
    house_pass(&house, 61 * minute);
    house_request(&house, device);
    CU_ASSERT_EQUAL(house.order_count, 0);
    verification_expect(&house, package, id, "succeeded", "alreadyAtTarget");
    (void)verification_started(&house, package, "DK1"); /* it keeps the device from nothing */
    house_close(&house);
}

/* One attempt: a first failure is the last. */
static void test_one_attempt(void)
{
    static const struct {
        const char *name;
        int last;            /* status of the failure */
        const char *version; /* with it */
        const char *reason;
        const char *log;
    } rows[] = {{"download error", 6, NULL, "downloadFailed",
                 "planIssued planReceived confirmed urlIssued waitingDownload downloading failed "},
                {"upgrade error", 12, NULL, "upgradeFailed",
                 "planIssued planReceived confirmed urlIssued waitingDownload downloading failed "},
                {"wrong version", 11, "9", "wrongVersion",
                 "planIssued planReceived confirmed urlIssued waitingDownload downloading failed "},
                {"refused", 3, NULL, "refused", "planIssued planReceived refused failed "}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        open_house();
        int64_t device = house_device(&house, "DK1", "C0", "1");
        int64_t id = verification_started(&house, package, "DK1");
        house_status(&house, device, 1, "C0", NULL);
        if (rows[i].last != 3) {
            house_status(&house, device, 2, "C0", NULL);
            house_status(&house, device, 4, "C0", NULL);
        }
        size_t orders = house.order_count;
        house_status(&house, device, rows[i].last, "C0", rows[i].version);
        verification_expect(&house, package, id, "failed", rows[i].reason);
        house_advance(&house, LIMIT_SETTLE_MS);
        house_pass(&house, 3 * tick);
        house_request(&house, device);
        CHECK_ROW(rows[i].name, house.order_count == orders); /* neither again nor anything else */
        verification_expect_log(&house, package, id, rows[i].log);
        CHECK_ROW(rows[i].name, verification_try(&house, package, "pk1", "DK1", "C0").status == OK); /* free again */
        house_close(&house);
    }
}

/* As with plans: a notify without an answer is repeated. */
static void test_unanswered(void)
{
    open_house();
    int64_t device = house_device(&house, "DK1", "C0", "1");
    int64_t id = verification_started(&house, package, "DK1");
    house_pass(&house, 9 * minute);
    CU_ASSERT_EQUAL(house_notifies(&house, device), 2);
    house_upgrade(&house, device, "2");
    house_pass(&house, 2 * tick);
    CU_ASSERT_EQUAL(house_notifies(&house, device), 2);
    verification_expect(&house, package, id, "succeeded", "");
    house_close(&house);
}

/* --- the link breaks -------------------------------------------------------------------------------------------- */

static void test_reconnect_before_the_confirm(void)
{
    open_house();
    int64_t device = house_device(&house, "DK1", "C0", "1");
    int64_t id = verification_started(&house, package, "DK1");
    app_device_offline(house.app, device);
    house_pass(&house, 2 * tick);
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    (void)house_device(&house, "DK1", "C0", "1"); /* it has forgotten: told again */
    CU_ASSERT_EQUAL(house_notifies(&house, device), 2);
    house_upgrade(&house, device, "2");
    verification_expect(&house, package, id, "succeeded", "");
    house_close(&house);
}

static void test_reconnect_in_the_middle(void)
{
    open_house();
    int64_t device = house_device(&house, "DK1", "C0", "1");
    int64_t id = verification_started(&house, package, "DK1");
    house_status(&house, device, 1, "C0", NULL);
    house_status(&house, device, 2, "C0", NULL);
    house_status(&house, device, 4, "C0", NULL);
    size_t orders = house.order_count;
    house_reopen(&house); /* even a restart of the server */
    verification_expect(&house, package, id, "running", "");
    (void)house_device(&house, "DK1", "C0", "1");
    house_advance(&house, LIMIT_SETTLE_MS);
    CU_ASSERT_EQUAL(house.order_count, orders); /* it downloads on: neither notify nor another attempt */
    house_status(&house, device, 8, "C0", NULL);
    house_status(&house, device, 9, "C0", NULL);
    house_status(&house, device, 11, "C0", "2");
    verification_expect(&house, package, id, "succeeded", "");
    house_close(&house);
}

/* No status can be relied on: the version decides, and only that of the component. */
static void test_success_is_the_version(void)
{
    open_house();
    int64_t device = house_device(&house, "DK1", "C0", "1");
    int64_t id = verification_started(&house, package, "DK1");
    house_status(&house, device, 2, "C0", NULL);
    app_device_offline(house.app, device);
    (void)house_device(&house, "DK1", "C1", "2");
    verification_expect(&house, package, id, "running", "");
    house_report(&house, device, "C0", "1");
    verification_expect(&house, package, id, "running", "");
    house_report(&house, device, "C0", "2");
    verification_expect(&house, package, id, "succeeded", "");
    house_close(&house);
}

int main(void)
{
    static const struct test_case cases[] = {{"at once", test_at_once},
                                             {"every step", test_every_step},
                                             {"no gates", test_no_gates},
                                             {"refused for now", test_refused_for_now},
                                             {"violations", test_violations},
                                             {"a delta from its source", test_delta_from_its_source},
                                             {"at target", test_at_target},
                                             {"one attempt", test_one_attempt},
                                             {"unanswered", test_unanswered},
                                             {"reconnect before the confirm", test_reconnect_before_the_confirm},
                                             {"reconnect in the middle", test_reconnect_in_the_middle},
                                             {"success is the version", test_success_is_the_version},
                                             {0}};
    return suite_run("verifications", cases);
}
