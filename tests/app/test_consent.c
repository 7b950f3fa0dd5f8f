/* Manual mode as the app of a device's user sees it (behaviour.md, 6). */
#include "app/consent.h"

#include "fake_user.h"
#include "support/suite.h"

static const int64_t minute = 60000;
static const int64_t hour = 60 * 60000LL;
static const int64_t tick = 10 * 60000LL;

static struct house house;

static void open_house(void)
{
    house_open(&house, 100);
    house_set_clock(&house, "2027-03-01T10:01:00Z");
}

/* --- who waits -------------------------------------------------------------------------------------------------- */

static void test_texts(void)
{
    struct user_shown shown = {0};
    open_house();
    int64_t plan = user_start_plan(&house, "2", NULL);
    (void)house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(app_upgrade_waiting(house.app, "pk1", "DK1", user_keep_shown, &shown), OK);
    CU_ASSERT_TRUE(shown.plan_id == plan && shown.texts == 3 && !shown.confirmed && !shown.at_target);
    CU_ASSERT_STRING_EQUAL(shown.english, "better");
    CU_ASSERT_STRING_EQUAL(shown.source, "1");
    CU_ASSERT_STRING_EQUAL(shown.target, "2");
    CU_ASSERT_EQUAL(app_upgrade_waiting(house.app, "pk1", "DK9", user_keep_shown, &shown), E_NOT_FOUND);
    CU_ASSERT_EQUAL(app_upgrade_waiting(house.app, "pk9", "DK1", user_keep_shown, &shown), E_NOT_FOUND);
    CU_ASSERT_EQUAL(user_confirm(&house, "DK9", NULL, NULL), E_NOT_FOUND);
    CU_ASSERT_EQUAL(app_upgrade_decline(house.app, "pk1", "DK9"), E_NOT_FOUND);
    house_close(&house);
}

/* Nothing goes to the device on its own: no connect, no request, no tick, no evaluation. */
static void test_nothing_before_yes(void)
{
    open_house();
    int64_t plan = user_start_plan(&house, "2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    house_request(&house, device);
    house_pass(&house, 3 * tick);
    house_evaluate(&house);
    CU_ASSERT_EQUAL(house.order_count, 0);
    house_expect_device(&house, plan, "DK1", "nonUpgraded", "userConfirmed");
    CU_ASSERT_EQUAL(house_log_count(&house, plan, "DK1", LOG_SKIPPED), 1);
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_ACTIVATED);
    CU_ASSERT_EQUAL(user_waiting_plan(&house, "DK1"), plan);
    house_close(&house);
}

/* What is no condition for waiting: the link, battery, push period, another upgrade. */
static void test_waits_all_the_same(void)
{
    struct plan plan;
    struct status_report low = {.battery = {true, 1}};
    open_house();
    int64_t device = house_device(&house, "DK1", "C0", "1");
    int64_t silent_package = house_mcu_package(&house, "9");
    (void)house_plan(&house, "silent", &silent_package, 1, NULL, NULL);
    user_init_plan(&house, &plan, "2", "UTC");
    plan.push_period = (struct push_period){.set = true, .start_hour = 0, .end_hour = 1};
    int64_t id = house_plan_start(&house, &plan, NULL);
    house_request(&house, device);
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1); /* busy with the silent one */
    CU_ASSERT_EQUAL(app_device_status(house.app, device, &low), OK);
    CU_ASSERT_EQUAL(user_waiting_plan(&house, "DK1"), id);
    app_device_offline(house.app, device);
    CU_ASSERT_EQUAL(user_waiting_plan(&house, "DK1"), id);
    house_close(&house);
}

enum hindrance {
    NOTHING,
    SAVED,
    SUSPENDED,
    TERMINATED,
    ENDED,
    TOO_EARLY,
    BLACKLISTED,
    NOT_LISTED,
    UPGRADED,
    UNKNOWN_VERSION,
    AT_TARGET,
    NO_SOURCE,
    SILENT,
    HINDRANCES
};

static void hinder(enum hindrance hindrance, struct plan *plan, int64_t *device)
{
    static const char *const own[] = {"DK1"};
    static const char *const others[] = {"DK8", "DK9"};
    struct key_list white = {0};
    struct key_list black = {0};
    struct violations violations = {0};
    if (hindrance == NO_SOURCE) {
        plan->components[0].package_id = house_delta(&house, "delta", "0", "3");
    }
    if (hindrance == SILENT) {
        plan->mode = PLAN_SILENT;
    }
    if (hindrance == TOO_EARLY) {
        house_set_planned(&plan->planned_start, "2027-03-01T10:02");
    }
    if (hindrance == ENDED) {
        house_set_planned(&plan->planned_end, "2027-03-01T10:00");
    }
    if (hindrance == BLACKLISTED) {
        black = (struct key_list){.keys = own, .count = 1};
    }
    if (hindrance == NOT_LISTED) {
        white = (struct key_list){.keys = others, .count = 2};
    }
    CU_ASSERT_EQUAL_FATAL(app_plan_save(house.app, plan, &white, &black, &violations), OK);
    if (hindrance != SAVED) {
        CU_ASSERT_EQUAL(app_plan_activate(house.app, plan->id), OK);
    }
    if (hindrance == SUSPENDED) {
        CU_ASSERT_EQUAL(app_plan_suspend(house.app, plan->id), OK);
    }
    if (hindrance == TERMINATED) {
        CU_ASSERT_EQUAL(app_plan_terminate(house.app, plan->id), OK);
    }
    const char *version = hindrance == AT_TARGET ? "2" : "1";
    *device = house_device(&house, "DK1", hindrance == UNKNOWN_VERSION ? NULL : "C0", version);
    if (hindrance == UPGRADED) {
        CU_ASSERT_EQUAL(user_confirm(&house, "DK1", NULL, NULL), OK);
        house_upgrade(&house, *device, "2");
    }
}

static void test_who_waits(void)
{
    static const char *const names[HINDRANCES] = {
        "nothing",    "saved",    "suspended",       "terminated", "ended",     "too early", "blacklisted",
        "not listed", "upgraded", "unknown version", "at target",  "no source", "silent"};
    for (enum hindrance hindrance = NOTHING; hindrance < HINDRANCES; hindrance++) {
        struct plan plan;
        int64_t device = 0;
        open_house();
        user_init_plan(&house, &plan, "2", "UTC");
        hinder(hindrance, &plan, &device);
        CHECK_ROW(names[hindrance], user_waiting_plan(&house, "DK1") == (hindrance == NOTHING ? plan.id : 0));
        app_device_offline(house.app, device);
        CHECK_ROW(names[hindrance], user_waiting_plan(&house, "DK1") == (hindrance == NOTHING ? plan.id : 0));
        plan_finish(&plan);
        house_close(&house);
    }
}

static void test_first_in_order_of_activation(void)
{
    struct plan older;
    struct violations violations = {0};
    open_house();
    user_init_plan(&house, &older, "2", "UTC");
    CU_ASSERT_EQUAL(app_plan_save(house.app, &older, NULL, NULL, &violations), OK);
    int64_t first = user_start_plan(&house, "3", NULL);
    CU_ASSERT_EQUAL(app_plan_activate(house.app, older.id), OK);
    (void)house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(user_waiting_plan(&house, "DK1"), first);
    CU_ASSERT_EQUAL(app_upgrade_decline(house.app, "pk1", "DK1"), OK);
    house_expect_device(&house, first, "DK1", "failed", "declined");
    CU_ASSERT_EQUAL(user_waiting_plan(&house, "DK1"), older.id);
    CU_ASSERT_EQUAL(user_confirm(&house, "DK1", NULL, NULL), OK);
    house_expect_device(&house, older.id, "DK1", "inUpgrade", "");
    CU_ASSERT_EQUAL(user_waiting_plan(&house, "DK1"), 0);
    plan_finish(&older);
    house_close(&house);
}

/* --- yes -------------------------------------------------------------------------------------------------------- */

static void test_yes_online(void)
{
    open_house();
    int64_t plan = user_start_plan(&house, "2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    int64_t other = house_device(&house, "DK2", "C0", "1");
    CU_ASSERT_EQUAL(user_confirm(&house, "DK1", NULL, NULL), OK);
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1); /* at once */
    CU_ASSERT_EQUAL(house_notifies(&house, other), 0);
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_UPGRADING);
    CU_ASSERT_EQUAL(user_waiting_plan(&house, "DK1"), 0); /* it runs: there is nothing to ask for */
    CU_ASSERT_EQUAL(house_log_count(&house, plan, "DK1", LOG_CONFIRMED), 1);
    house_upgrade(&house, device, "2");
    house_expect_device(&house, plan, "DK1", "upgraded", "");
    CU_ASSERT_EQUAL(user_waiting_plan(&house, "DK1"), 0);
    house_close(&house);
}

static void test_yes_offline(void)
{
    struct user_shown shown = {0};
    open_house();
    int64_t plan = user_start_plan(&house, "2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    app_device_offline(house.app, device);
    CU_ASSERT_EQUAL(user_confirm(&house, "DK1", NULL, NULL), OK);
    house_pass(&house, 2 * tick);
    CU_ASSERT_EQUAL(house.order_count, 0);
    CU_ASSERT_EQUAL(app_upgrade_waiting(house.app, "pk1", "DK1", user_keep_shown, &shown), OK);
    CU_ASSERT_TRUE(shown.confirmed);
    house_reopen(&house); /* the yes is kept */
    (void)house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    house_expect_device(&house, plan, "DK1", "inUpgrade", "");
    house_close(&house);
}

/* The other gates hold all the same. */
static void test_yes_opens_no_other_gate(void)
{
    struct status_report low = {.battery = {true, 1}};
    struct status_report full = {.battery = {true, 100}};
    open_house();
    int64_t plan = user_start_plan(&house, "2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(app_device_status(house.app, device, &low), OK);
    CU_ASSERT_EQUAL(user_confirm(&house, "DK1", NULL, NULL), OK);
    CU_ASSERT_EQUAL(house.order_count, 0);
    house_expect_device(&house, plan, "DK1", "nonUpgraded", "battery");
    CU_ASSERT_EQUAL(app_device_status(house.app, device, &full), OK);
    house_pass(&house, tick);
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    house_close(&house);
}

static void test_yes_outside_the_push_period(void)
{
    struct plan plan;
    open_house();
    user_init_plan(&house, &plan, "2", "UTC");
    plan.push_period = (struct push_period){.set = true, .start_hour = 12, .end_hour = 13};
    int64_t id = house_plan_start(&house, &plan, NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(user_confirm(&house, "DK1", NULL, NULL), OK);
    house_expect_device(&house, id, "DK1", "nonUpgraded", "pushPeriod");
    house_pass(&house, 119 * minute - 1);
    CU_ASSERT_EQUAL(house.order_count, 0);
    house_pass(&house, 1); /* 12:00, where it opens, is a tick */
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    house_close(&house);
}

/* The device may still refuse; the user's yes stays and it is offered again. */
static void test_device_refuses(void)
{
    open_house();
    int64_t plan = user_start_plan(&house, "2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(user_confirm(&house, "DK1", NULL, NULL), OK);
    house_status(&house, device, 3, "C0", NULL);
    house_expect_device(&house, plan, "DK1", "nonUpgraded", "refused");
    house_pass(&house, tick);
    CU_ASSERT_EQUAL(house_notifies(&house, device), 2);
    house_close(&house);
}

/* --- no --------------------------------------------------------------------------------------------------------- */

static void test_no(void)
{
    open_house();
    int64_t plan = user_start_plan(&house, "2", NULL);
    int64_t package = house_mcu_package(&house, "3");
    int64_t device = house_device(&house, "DK1", "C0", "1");
    int64_t next = house_plan(&house, "next", &package, 1, NULL, NULL);
    size_t changes = house.changes;
    CU_ASSERT_EQUAL(app_upgrade_decline(house.app, "pk1", "DK1"), OK);
    house_expect_device(&house, plan, "DK1", "failed", "declined");
    CU_ASSERT_TRUE(house.changes > changes);
    CU_ASSERT_STRING_EQUAL(house.changed_device, "DK1");
    CU_ASSERT_EQUAL(house_log_count(&house, plan, "DK1", LOG_FAILED), 1);
    CU_ASSERT_EQUAL(user_waiting_plan(&house, "DK1"), 0); /* no way back */
    house_advance(&house, LIMIT_SETTLE_MS);
    CU_ASSERT_EQUAL_FATAL(house_notifies(&house, device), 1); /* the next plan comes */
    CU_ASSERT_STRING_EQUAL(house.orders[0].notify.tasks[0].target_version, "3");
    house_upgrade(&house, device, "3");
    house_expect_device(&house, next, "DK1", "upgraded", "");
    house_pass(&house, 3 * tick);
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    house_close(&house);
}

static void test_no_after_yes(void)
{
    open_house();
    int64_t plan = user_start_plan(&house, "2", NULL);
    (void)house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(user_confirm(&house, "DK1", "2027-03-01T12:00", NULL), OK);
    CU_ASSERT_EQUAL(app_upgrade_decline(house.app, "pk1", "DK1"), OK);
    house_pass(&house, 4 * hour);
    CU_ASSERT_EQUAL(house.order_count, 0);
    house_expect_device(&house, plan, "DK1", "failed", "declined");
    house_close(&house);
}

/* A device that was never evaluated, of a plan that ends with it. */
static void test_no_ends_the_whitelist(void)
{
    open_house();
    int64_t device = house_device(&house, "DK1", "C0", "1");
    app_device_offline(house.app, device);
    int64_t plan = user_start_plan(&house, "2", "DK1");
    CU_ASSERT_EQUAL(app_upgrade_decline(house.app, "pk1", "DK1"), OK);
    house_expect_device(&house, plan, "DK1", "failed", "declined");
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_ENDED);
    house_close(&house);
}

/* --- the plan goes first ---------------------------------------------------------------------------------------- */

static void test_suspended_first(void)
{
    open_house();
    int64_t plan = user_start_plan(&house, "2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(user_confirm(&house, "DK1", "2027-03-01T11:00", NULL), OK);
    CU_ASSERT_EQUAL(app_plan_suspend(house.app, plan), OK);
    CU_ASSERT_EQUAL(user_waiting_plan(&house, "DK1"), 0);
    house_pass(&house, 2 * hour);
    CU_ASSERT_EQUAL(house.order_count, 0);
    CU_ASSERT_EQUAL(app_plan_resume(house.app, plan), OK);
    CU_ASSERT_EQUAL(house.order_count, 0);
    CU_ASSERT_EQUAL(user_waiting_plan(&house, "DK1"), plan);
    house_pass(&house, tick); /* the yes still stands */
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    house_close(&house);
}

static void test_terminated_first(void)
{
    open_house();
    int64_t plan = user_start_plan(&house, "2", NULL);
    int64_t running = house_device(&house, "RUN", "C0", "1");
    (void)house_device(&house, "YES", "C0", "1");
    (void)house_device(&house, "ASKED", "C0", "1");
    CU_ASSERT_EQUAL(user_confirm(&house, "RUN", NULL, NULL), OK);
    CU_ASSERT_EQUAL(user_confirm(&house, "YES", "2027-03-01T11:00", NULL), OK);
    CU_ASSERT_EQUAL(app_plan_terminate(house.app, plan), OK);
    CU_ASSERT_EQUAL(user_waiting_plan(&house, "YES"), 0);
    CU_ASSERT_EQUAL(user_waiting_plan(&house, "ASKED"), 0);
    house_pass(&house, 2 * hour);
    house_expect_device(&house, plan, "YES", "failed", "planTerminated");
    house_expect_device(&house, plan, "ASKED", "failed", "planTerminated");
    CU_ASSERT_EQUAL(house_notifies(&house, 0) - house_notifies(&house, running), 0);
    house_upgrade(&house, running, "2");
    house_expect_device(&house, plan, "RUN", "upgraded", "");
    house_close(&house);
}

static void test_ended_first(void)
{
    open_house();
    int64_t plan = user_start_planned(&house, "2", NULL, "2027-03-01T12:00");
    int64_t device = house_device(&house, "DK1", "C0", "1");
    app_device_offline(house.app, device);
    CU_ASSERT_EQUAL(user_confirm(&house, "DK1", NULL, NULL), OK);
    house_pass(&house, 119 * minute);
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_ENDED);
    house_expect_device(&house, plan, "DK1", "failed", "planEnded");
    (void)house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(house.order_count, 0);
    CU_ASSERT_EQUAL(user_waiting_plan(&house, "DK1"), 0);
    house_close(&house);
}

/* Silent plans go by a question that nobody answers; in order of activation the question does not hold them up. */
static void test_silent_goes_by(void)
{
    open_house();
    int64_t asking = user_start_plan(&house, "2", NULL);
    int64_t package = house_mcu_package(&house, "3");
    int64_t silent = house_plan(&house, "silent", &package, 1, NULL, NULL);
    (void)house_device(&house, "DK1", "C0", "1");
    house_expect_device(&house, asking, "DK1", "nonUpgraded", "userConfirmed");
    house_expect_device(&house, silent, "DK1", "inUpgrade", "");
    house_close(&house);
}

int main(void)
{
    static const struct test_case cases[] = {{"texts", test_texts},
                                             {"nothing before the yes", test_nothing_before_yes},
                                             {"waits all the same", test_waits_all_the_same},
                                             {"who waits", test_who_waits},
                                             {"the first in order of activation", test_first_in_order_of_activation},
                                             {"yes, online", test_yes_online},
                                             {"yes, offline", test_yes_offline},
                                             {"yes opens no other gate", test_yes_opens_no_other_gate},
                                             {"yes outside the push period", test_yes_outside_the_push_period},
                                             {"the device refuses", test_device_refuses},
                                             {"no", test_no},
                                             {"no after yes", test_no_after_yes},
                                             {"no ends the whitelist", test_no_ends_the_whitelist},
                                             {"suspended first", test_suspended_first},
                                             {"terminated first", test_terminated_first},
                                             {"ended first", test_ended_first},
                                             {"silent goes by", test_silent_goes_by},
                                             {0}};
    return suite_run("consent", cases);
}
