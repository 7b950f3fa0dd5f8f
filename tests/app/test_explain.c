/* Why a device is (not) notified, for people: the eligibility call (api.md; behaviour.md, 4). That it agrees with
 * the evaluation: test_denials.c. */
#include <stdio.h>

#include "app/catalog.h"
#include "app/plans.h"
#include "base/instant.h"
#include "base/text.h"
#include "fake_explanation.h"
#include "fake_user.h"
#include "fake_verification.h"
#include "support/suite.h"

static struct house house;

static void open_house(int64_t slots)
{
    house_open(&house, slots);
    house_set_clock(&house, "2027-03-01T10:01:00Z");
}

/* --- the words -------------------------------------------------------------------------------------------------- */

enum scene {
    ALL_WELL,
    OFFLINE,
    SAVED,
    SUSPENDED,
    STARTS_LATER,
    STARTS_AND_ENDS,
    PUSH_CLOSED,
    BLACKLISTED,
    NOT_LISTED,
    UPGRADED,
    FAILED,
    RUNNING,
    BUSY_PLAN,
    BUSY_VERIFICATION,
    UNKNOWN,
    AT_TARGET,
    NO_SOURCE,
    LOW_BATTERY,
    LOW_RSRP,
    LOW_RSSI,
    NO_SPACE,
    ENOUGH_SPACE,
    NOT_CONFIRMED,
    CONFIRMED_LATER,
    CONFIRMED_BEFORE,
    NO_SLOT,
    SCENES
};

/* What the plan is to be, before it is saved. */
static void prepare_plan(enum scene scene, struct plan *plan)
{
    if (scene == NOT_CONFIRMED || scene == CONFIRMED_LATER || scene == CONFIRMED_BEFORE) {
        user_init_plan(&house, plan, "2", "UTC");
    } else if (scene == NO_SOURCE) {
        house_plan_init(&house, plan, "p", house_delta(&house, "delta", "0", "2"));
    } else if (scene == NO_SPACE || scene == ENOUGH_SPACE) {
        house_plan_init(&house, plan, "p", house_package(&house, "m", COMPONENT_MODULE, "M2", 2));
    } else {
        house_plan_init(&house, plan, "p", house_mcu_package(&house, "2"));
    }
    text_copy_cut(plan->time_zone, sizeof plan->time_zone, "Asia/Shanghai"); /* 18:01 there */
    if (scene == STARTS_LATER || scene == STARTS_AND_ENDS) {
        house_set_planned(&plan->planned_start, "2027-03-01T18:30");
    }
    if (scene == STARTS_AND_ENDS) {
        house_set_planned(&plan->planned_end, "2027-03-02T00:00");
    }
    if (scene == PUSH_CLOSED) {
        plan->push_period = (struct push_period){.set = true, .start_hour = 22, .end_hour = 6};
    }
}

static void save_plan(enum scene scene, struct plan *plan)
{
    static const char *const own[] = {"DK1"};
    static const char *const others[] = {"DK8", "DK9"};
    struct key_list black = {.keys = own, .count = 1};
    struct key_list white = {.keys = others, .count = 2};
    struct violations violations = {0};
    enum status status = app_plan_save(house.app, plan, scene == NOT_LISTED ? &white : NULL,
                                       scene == BLACKLISTED ? &black : NULL, &violations);
    CU_ASSERT_EQUAL_FATAL(status, OK);
    if (scene != SAVED) {
        CU_ASSERT_EQUAL(app_plan_activate(house.app, plan->id), OK);
    }
    if (scene == SUSPENDED) {
        CU_ASSERT_EQUAL(app_plan_suspend(house.app, plan->id), OK);
    }
}

/* The device before there is the plan: so nothing is decided yet. */
static int64_t prepare_device(enum scene scene)
{
    static const struct status_report low_battery = {.battery = {true, 29}, .rsrp = {true, -113}};
    static const struct status_report low_rsrp = {.battery = {true, 30}, .signal = {true, -60}, .rsrp = {true, -114}};
    static const struct status_report low_rssi = {.battery = {true, 30}, .signal = {true, -114}};
    static const struct status_report no_space = {
        .battery = {true, 80}, .rsrp = {true, -90}, .flash_free = {true, 1999}};
    static const struct status_report space = {.battery = {true, 80}, .rsrp = {true, -90}, .flash_free = {true, 2000}};
    switch (scene) {
    case UNKNOWN:
        return house_device(&house, "DK1", NULL, NULL);
    case AT_TARGET:
        return house_device(&house, "DK1", "C0", "2");
    case LOW_BATTERY:
        return house_device_with(&house, "DK1", &low_battery);
    case LOW_RSRP:
        return house_device_with(&house, "DK1", &low_rsrp);
    case LOW_RSSI:
        return house_device_with(&house, "DK1", &low_rssi);
    case NO_SPACE:
        return house_device_with(&house, "DK1", &no_space);
    case ENOUGH_SPACE:
        return house_device_with(&house, "DK1", &space);
    default:
        return house_device(&house, "DK1", "C0", "1");
    }
}

/* What happens once the plan is there. */
static void play(enum scene scene, int64_t device)
{
    if (scene == UPGRADED || scene == FAILED || scene == RUNNING) {
        house_request(&house, device);
    }
    if (scene == UPGRADED) {
        house_upgrade(&house, device, "2");
        house_report(&house, device, "C0", "1"); /* flashed back by hand */
    } else if (scene == FAILED) {
        house_status(&house, device, 2, "C0", NULL);
        for (int i = 0; i < 6; i++) {
            house_status(&house, device, 6, "C0", NULL);
        }
    } else if (scene == BUSY_VERIFICATION) {
        (void)verification_started(&house, house_mcu_package(&house, "3"), "DK1");
    } else if (scene == CONFIRMED_LATER) {
        CU_ASSERT_EQUAL(user_confirm(&house, "DK1", "2027-03-01T20:00", NULL), OK);
    } else if (scene == CONFIRMED_BEFORE) {
        app_device_offline(house.app, device);
        CU_ASSERT_EQUAL(user_confirm(&house, "DK1", "2027-03-01T18:00", "2027-03-01T19:00"), OK);
        house_set_clock(&house, "2027-03-01T11:00:00Z");
        (void)house_device(&house, "DK1", "C0", "1");
    } else if (scene == NO_SLOT) {
        (void)house_device(&house, "OTHER", "C0", "1");
    } else if (scene == OFFLINE) {
        app_device_offline(house.app, device);
    }
}

struct row {
    const char *name;
    enum reason check; /* the only one that is not ok; REASON_NONE: all are, then `words` is the check that is meant */
    enum reason words;
    const char *expected;
    const char *actual;
    const char *next_at; /* NULL: none */
};

static const char confirm_window[] = "confirmed by the user, for 2027-03-01T10:00:00.000Z to 2027-03-01T11:00:00.000Z";

static const struct row rows[SCENES] = {
    [ALL_WELL] = {"all well", REASON_NONE, REASON_ONLINE, "online", "online", NULL},
    [OFFLINE] = {"offline", REASON_ONLINE, REASON_ONLINE, "online", "offline", NULL},
    [SAVED] = {"saved", REASON_PLAN_STATUS, REASON_PLAN_STATUS, "activated or upgrading", "saved", NULL},
    [SUSPENDED] = {"suspended", REASON_PLAN_STATUS, REASON_PLAN_STATUS, "activated or upgrading", "suspended", NULL},
    [STARTS_LATER] = {"starts later", REASON_PLANNED_TIME, REASON_PLANNED_TIME, "from 2027-03-01T18:30 (Asia/Shanghai)",
                      "2027-03-01T10:01:00.000Z", "2027-03-01T10:30:00Z"},
    [STARTS_AND_ENDS] = {"starts and ends", REASON_PLANNED_TIME, REASON_PLANNED_TIME,
                         "from 2027-03-01T18:30 to 2027-03-02T00:00 (Asia/Shanghai)", "2027-03-01T10:01:00.000Z",
                         "2027-03-01T10:30:00Z"},
    [PUSH_CLOSED] = {"push period closed", REASON_PUSH_PERIOD, REASON_PUSH_PERIOD, "22:00 to 06:00 (Asia/Shanghai)",
                     "2027-03-01T10:01:00.000Z", "2027-03-01T14:00:00Z"},
    [BLACKLISTED] = {"blacklisted", REASON_BLACKLIST, REASON_BLACKLIST, "not on the blacklist", "on the blacklist",
                     NULL},
    [NOT_LISTED] = {"not whitelisted", REASON_WHITELIST, REASON_WHITELIST, "on the whitelist, if there is one",
                    "not on the whitelist", NULL},
    [UPGRADED] = {"upgraded", REASON_NOT_FINAL, REASON_NOT_FINAL, "neither upgraded nor failed in this plan",
                  "upgraded", NULL},
    [FAILED] = {"failed", REASON_NOT_FINAL, REASON_NOT_FINAL, "neither upgraded nor failed in this plan", "failed",
                NULL},
    [RUNNING] = {"in upgrade by this plan", REASON_NOT_BUSY, REASON_NOT_BUSY, "in upgrade by no plan",
                 "in upgrade by plan 1", NULL},
    [BUSY_PLAN] = {"busy with a plan", REASON_NOT_BUSY, REASON_NOT_BUSY, "in upgrade by no plan",
                   "in upgrade by plan 1", NULL},
    [BUSY_VERIFICATION] = {"busy with a verification", REASON_NOT_BUSY, REASON_NOT_BUSY, "in upgrade by no plan",
                           "in upgrade by verification 1", NULL},
    [UNKNOWN] = {"version unknown", REASON_VERSION, REASON_VERSION, "C0: a known version", "C0: never reported", NULL},
    [AT_TARGET] = {"at target", REASON_VERSION, REASON_VERSION, "C0: another version than 2", "C0: 2", NULL},
    [NO_SOURCE] = {"no source", REASON_VERSION, REASON_VERSION, "C0: a source version of the delta package (0)",
                   "C0: 1", NULL},
    [LOW_BATTERY] = {"battery", REASON_BATTERY, REASON_BATTERY, "at least 30 %", "29 %", NULL},
    [LOW_RSRP] = {"RSRP", REASON_SIGNAL, REASON_SIGNAL, "at least -113 dBm", "RSRP -114 dBm", NULL},
    [LOW_RSSI] = {"RSSI", REASON_SIGNAL, REASON_SIGNAL, "at least -113 dBm", "RSSI -114 dBm", NULL},
    [NO_SPACE] = {"space", REASON_SPACE, REASON_SPACE, "at least 2000 bytes free", "1999 bytes free", NULL},
    [ENOUGH_SPACE] = {"enough space", REASON_NONE, REASON_SPACE, "at least 2000 bytes free", "2000 bytes free", NULL},
    [NOT_CONFIRMED] = {"not confirmed", REASON_USER_CONFIRMED, REASON_USER_CONFIRMED, "confirmed by the user",
                       "not confirmed", NULL},
    [CONFIRMED_LATER] = {"confirmed for later", REASON_USER_CONFIRMED, REASON_USER_CONFIRMED,
                         "confirmed by the user, from 2027-03-01T12:00:00.000Z on",
                         "confirmed for a time that has not begun", "2027-03-01T12:00:00Z"},
    [CONFIRMED_BEFORE] = {"confirmed for before", REASON_USER_CONFIRMED, REASON_USER_CONFIRMED, confirm_window,
                          "confirmed for a time that is over", NULL},
    [NO_SLOT] = {"no slot", REASON_SLOT, REASON_SLOT, "fewer than 1 devices in upgrade", "1 in upgrade", NULL},
};

static void expect_row(const struct row *row, const struct kept_explanation *explanation)
{
    CHECK_ROW(row->name, explanation->eligible == (row->check == REASON_NONE));
    for (size_t i = 0; i < ELIGIBILITY_CHECKS; i++) {
        const struct kept_check *check = &explanation->checks[i];
        char name[96];
        (void)snprintf(name, sizeof name, "%s: %s", row->name, reason_name(check->check));
        CHECK_ROW(name, check->ok == (check->check != row->check));
    }
    const struct kept_check *meant = explanation_check(explanation, row->words);
    int64_t next = 0;
    CHECK_ROW(meant->expected, strcmp(meant->expected, row->expected) == 0);
    CHECK_ROW(meant->actual, strcmp(meant->actual, row->actual) == 0);
    CHECK_ROW(row->name, meant->next_at.known == (row->next_at != NULL));
    CHECK_ROW(row->name,
              row->next_at == NULL || (instant_parse(row->next_at, &next) == OK && meant->next_at.at == next));
}

static void test_each_check(void)
{
    for (enum scene scene = ALL_WELL; scene < SCENES; scene++) {
        struct plan plan;
        open_house(scene == NO_SLOT ? 1 : 100);
        int64_t device = prepare_device(scene);
        if (scene == BUSY_PLAN) {
            int64_t other = house_mcu_package(&house, "3");
            (void)house_plan(&house, "other", &other, 1, NULL, NULL);
            house_request(&house, device);
        }
        prepare_plan(scene, &plan);
        save_plan(scene, &plan);
        play(scene, device);
        struct kept_explanation explanation = explanation_of(&house, plan.id, "DK1");
        expect_row(&rows[scene], &explanation);
        plan_finish(&plan);
        house_close(&house);
    }
}

/* All words of a device that may be upgraded. */
static void test_all_words(void)
{
    static const char *const words[ELIGIBILITY_CHECKS][2] = {
        {"online", "online"},
        {"activated or upgrading", "activated"},
        {"at any time", "2027-03-01T10:01:00.000Z"},
        {"at any time of day", "2027-03-01T10:01:00.000Z"},
        {"not on the blacklist", "not on the blacklist"},
        {"on the whitelist, if there is one", "the plan has no whitelist"},
        {"neither upgraded nor failed in this plan", "nonUpgraded"},
        {"in upgrade by no plan", "in upgrade by no plan"},
        {"C0: another version than 2", "C0: 1"},
        {"at least 30 %", "80 %"},
        {"at least -113 dBm", "RSRP -90 dBm"},
        {"no module image to store", "1000000 bytes free"},
        {"confirmed by the user, in manual mode", "silent mode asks nobody"},
        {"fewer than 100 devices in upgrade", "0 in upgrade"}};
    int64_t at = 0;
    open_house(100);
    (void)house_device(&house, "DK1", "C0", "1");
    int64_t package = house_mcu_package(&house, "2");
    int64_t plan = house_plan(&house, "p", &package, 1, NULL, NULL);
    struct kept_explanation explanation = explanation_of(&house, plan, "DK1");
    CU_ASSERT_TRUE(explanation.eligible && explanation.online);
    CU_ASSERT_TRUE(instant_parse("2027-03-01T10:01:00Z", &at) == OK && explanation.at == at);
    for (size_t i = 0; i < ELIGIBILITY_CHECKS; i++) {
        const struct kept_check *check = &explanation.checks[i];
        CHECK_ROW(check->expected, strcmp(check->expected, words[i][0]) == 0);
        CHECK_ROW(check->actual, strcmp(check->actual, words[i][1]) == 0);
        CHECK_ROW(check->expected, check->ok && !check->warning);
    }
    CU_ASSERT_EQUAL(house.order_count, 0); /* to ask is not to act */
    house_close(&house);
}

/* --- who is asked for ------------------------------------------------------------------------------------------- */

static void ignore(void *context, const struct explanation *explanation)
{
    (void)explanation;
    *(bool *)context = true;
}

static void test_keys(void)
{
    static const char *const keys[] = {"SEEN", "NEVER", "BOTH", "UNSEENBOTH"};
    static const char *const black_keys[] = {"BOTH", "UNSEENBOTH"};
    struct key_list white = {.keys = keys, .count = 4};
    struct key_list black = {.keys = black_keys, .count = 2};
    struct violations violations = {0};
    struct product product = {.key = "pk2", .secret = "s", .name = "n"};
    struct plan plan;
    bool called = false;
    open_house(100);
    CU_ASSERT_EQUAL(app_product_create(house.app, &product, &violations), OK);
    CU_ASSERT_EQUAL(app_device_register(house.app, "pk2", "ELSEWHERE", NULL, &violations), OK);
    CU_ASSERT_EQUAL(app_device_register(house.app, "pk1", "REGISTERED", NULL, &violations), OK);
    (void)house_device(&house, "SEEN", "C0", "1");
    (void)house_device(&house, "BOTH", "C0", "1");
    house_plan_init(&house, &plan, "p", house_mcu_package(&house, "2"));
    CU_ASSERT_EQUAL_FATAL(app_plan_save(house.app, &plan, &white, &black, &violations), OK);
    CU_ASSERT_EQUAL(app_plan_activate(house.app, plan.id), OK);
    int64_t all = house_plan(&house, "all", &plan.components[0].package_id, 1, NULL, NULL);

    struct kept_explanation seen = explanation_of(&house, plan.id, "SEEN");
    CU_ASSERT_TRUE(seen.eligible);
    CU_ASSERT_STRING_EQUAL(explanation_check(&seen, REASON_WHITELIST)->actual, "on the whitelist");
    struct kept_explanation never = explanation_of(&house, plan.id, "NEVER");
    CU_ASSERT_TRUE(!never.online && explanation_reason(&never) == REASON_ONLINE);
    CU_ASSERT_TRUE(explanation_check(&never, REASON_WHITELIST)->ok && explanation_check(&never, REASON_BLACKLIST)->ok);
    CU_ASSERT_STRING_EQUAL(explanation_check(&never, REASON_VERSION)->actual, "C0: never reported");
    CU_ASSERT_STRING_EQUAL(explanation_check(&never, REASON_NOT_FINAL)->actual, "nonUpgraded");
    struct kept_explanation both = explanation_of(&house, plan.id, "BOTH");
    CU_ASSERT_TRUE(explanation_reason(&both) == REASON_BLACKLIST && explanation_check(&both, REASON_WHITELIST)->ok);
    struct kept_explanation unseen = explanation_of(&house, plan.id, "UNSEENBOTH");
    CU_ASSERT_FALSE(explanation_check(&unseen, REASON_BLACKLIST)->ok);
    CU_ASSERT_TRUE(explanation_check(&unseen, REASON_WHITELIST)->ok);
    struct kept_explanation registered = explanation_of(&house, plan.id, "REGISTERED");
    CU_ASSERT_FALSE(explanation_check(&registered, REASON_WHITELIST)->ok);

    CU_ASSERT_EQUAL(app_plan_device_explain(house.app, plan.id, "NOBODY", ignore, &called), E_NOT_FOUND);
    CU_ASSERT_EQUAL(app_plan_device_explain(house.app, plan.id, "", ignore, &called), E_NOT_FOUND);
    CU_ASSERT_EQUAL(app_plan_device_explain(house.app, plan.id, "ELSEWHERE", ignore, &called), E_NOT_FOUND);
    CU_ASSERT_EQUAL(app_plan_device_explain(house.app, all, "NEVER", ignore, &called), E_NOT_FOUND);
    CU_ASSERT_EQUAL(app_plan_device_explain(house.app, 99, "SEEN", ignore, &called), E_NOT_FOUND);
    CU_ASSERT_FALSE(called);
    plan_finish(&plan);
    house_close(&house);
}

/* Values that were never reported: battery and signal; free flash fails nobody unless it is known. */
static void test_never_reported(void)
{
    for (int strict = 0; strict < 2; strict++) {
        const char *row = strict == 1 ? "strict" : "lenient";
        house_open(&house, 100);
        house.strict_gates = strict == 1;
        house_reopen(&house);
        int64_t package = house_package(&house, "m", COMPONENT_MODULE, "M2", 1);
        (void)house_device_with(&house, "DK1", NULL);
        int64_t plan = house_plan(&house, "p", &package, 1, NULL, NULL);
        struct kept_explanation explanation = explanation_of(&house, plan, "DK1");
        const struct kept_check *battery = explanation_check(&explanation, REASON_BATTERY);
        const struct kept_check *signal = explanation_check(&explanation, REASON_SIGNAL);
        const struct kept_check *space = explanation_check(&explanation, REASON_SPACE);
        CHECK_ROW(row, battery->ok == (strict == 0) && battery->warning == (strict == 0));
        CHECK_ROW(row, signal->ok == (strict == 0) && signal->warning == (strict == 0));
        CHECK_ROW(row, space->ok && !space->warning);
        CHECK_ROW(row, strcmp(battery->actual, "never reported") == 0 && strcmp(signal->actual, "never reported") == 0);
        CHECK_ROW(row, explanation_reason(&explanation) == (strict == 1 ? REASON_BATTERY : REASON_NONE));
        house_close(&house);
    }
}

/* In manual mode the yes of the user is the check; once it is given, he has confirmed. */
static void test_manual(void)
{
    open_house(100);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    int64_t plan = user_start_plan(&house, "2", NULL);
    app_device_offline(house.app, device);
    CU_ASSERT_EQUAL(user_confirm(&house, "DK1", NULL, "2027-03-01T12:00"), OK);
    struct kept_explanation explanation = explanation_of(&house, plan, "DK1");
    const struct kept_check *user = explanation_check(&explanation, REASON_USER_CONFIRMED);
    CU_ASSERT_TRUE(user->ok && explanation_reason(&explanation) == REASON_ONLINE);
    CU_ASSERT_STRING_EQUAL(user->expected, "confirmed by the user, until 2027-03-01T12:00:00.000Z");
    CU_ASSERT_STRING_EQUAL(user->actual, "confirmed");
    house_close(&house);
}

int main(void)
{
    static const struct test_case cases[] = {{"each check", test_each_check},
                                             {"all words", test_all_words},
                                             {"keys", test_keys},
                                             {"never reported", test_never_reported},
                                             {"manual", test_manual},

                                             {0}};
    return suite_run("explain", cases);
}
