/* Denials: what the eligibility call says is what the evaluation does at that instant, and what logs and statistics
 * tell of it afterwards (behaviour.md, 4). */
#include <stdio.h>

#include "app/catalog.h"
#include "app/plans.h"
#include "base/text.h"
#include "fake_explanation.h"
#include "fake_user.h"
#include "fake_verification.h"
#include "support/suite.h"

static const int64_t minute = 60000;

static struct house house;

static void open_house(int64_t slots, bool strict)
{
    house_open(&house, slots);
    house.strict_gates = strict;
    house_reopen(&house);
    house_set_clock(&house, "2027-03-01T10:01:00Z");
}

/* --- random scenes ---------------------------------------------------------------------------------------------- */

enum { SCENES = 400, PLANS = 2 };

/* The same scenes in every run: xorshift32. */
static uint32_t random_state;

static uint32_t below(uint32_t end)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % end;
}

static struct maybe_int one_of(const int *values, uint32_t count)
{
    uint32_t i = below(count + 1);
    return i < count ? (struct maybe_int){true, values[i]} : (struct maybe_int){0};
}

/* Packages that stay: full and delta for an MCU, one of a module; and one for verifications alone. */
enum { FULL, DELTA, MODULE, VERIFIED, PACKAGES };
static const char *const targets[PACKAGES] = {"2", "3", "M2", "8"};
static int64_t packages[PACKAGES];

struct scene {
    int number;
    char device_key[16];
    char filler_key[16];
    int64_t device;
    const char *mcu_version; /* NULL: never reported */
    const char *module_version;
    bool online;
    struct plan plans[PLANS];
    int kinds[PLANS]; /* FULL, DELTA, MODULE */
    size_t plan_count;
};

/* It connects before there is any plan: nothing is decided then. */
static void make_device(struct scene *scene)
{
    static const char *const mcu_versions[] = {NULL, "0", "1", "1", "1", "2"};
    static const char *const module_versions[] = {"", "M1", "M1", "M2"};
    static const int batteries[] = {5, 29, 30, 80, 90};
    static const int signals[] = {-120, -113, -70, -60};
    static const int flashes[] = {999, 1000, 5000};
    struct device device = {0};
    struct info_report info = {0};
    struct status_report status = {
        .battery = one_of(batteries, 5), .signal = one_of(signals, 4), .flash_free = one_of(flashes, 3)};
    status.rsrp = one_of(signals, 4);
    (void)snprintf(scene->device_key, sizeof scene->device_key, "D%d", scene->number);
    (void)snprintf(scene->filler_key, sizeof scene->filler_key, "F%d", scene->number);
    scene->mcu_version = mcu_versions[below(6)];
    scene->module_version = module_versions[below(4)];
    text_copy_cut(info.versions.module_version, sizeof info.versions.module_version, scene->module_version);
    if (scene->mcu_version != NULL) {
        info.versions.mcu_count = 1;
        text_copy_cut(info.versions.mcus[0].component_no, sizeof info.versions.mcus[0].component_no, "C0");
        text_copy_cut(info.versions.mcus[0].version, sizeof info.versions.mcus[0].version, scene->mcu_version);
    }
    CU_ASSERT_EQUAL_FATAL(app_device_admit(house.app, "pk1", scene->device_key, AUTH_TYPE_0, false,
                                           "0123456789abcdef0123456789abcdef", &device),
                          OK);
    scene->device = device.id;
    app_device_online(house.app, device.id);
    CU_ASSERT_EQUAL(app_device_status(house.app, device.id, &status), OK);
    CU_ASSERT_EQUAL(app_device_info(house.app, device.id, &info), OK);
}

/* At 10:01 UTC; the clock may jump to 10:40 or 13:00 later. */
static void make_plan(struct scene *scene, size_t i)
{
    const char *const own[] = {scene->device_key, scene->filler_key};
    static const char *const others[] = {"X1", "X2"};
    struct plan *plan = &scene->plans[i];
    struct violations violations = {0};
    struct key_list white = {.keys = below(4) > 0 ? own : others, .count = below(2) == 0 ? 2 : 0};
    struct key_list black = {.keys = own, .count = below(8) == 0 ? 1 : 0};
    char name[24];
    scene->kinds[i] = (int)below(VERIFIED);
    (void)snprintf(name, sizeof name, "p%d-%zu", scene->number, i);
    if (below(3) == 0) {
        user_init_plan_of(&house, plan, name, packages[scene->kinds[i]]);
    } else {
        house_plan_init(&house, plan, name, packages[scene->kinds[i]]);
    }
    if (below(5) == 0) {
        house_set_planned(&plan->planned_start, "2027-03-01T10:20");
    }
    if (below(5) == 0) {
        house_set_planned(&plan->planned_end, "2027-03-01T12:30");
    }
    if (below(4) == 0) {
        int start_hour = below(2) == 0 ? 10 : 13;
        plan->push_period = (struct push_period){.set = true, .start_hour = start_hour, .end_hour = 14};
    }
    enum status status = app_plan_save(house.app, plan, white.count > 0 ? &white : NULL, &black, &violations);
    CU_ASSERT_EQUAL_FATAL(status, OK);
    if (below(12) > 0) {
        CU_ASSERT_EQUAL(app_plan_activate(house.app, plan->id), OK);
    }
}

/* What happened before the moment that is looked at. */
static void make_past(struct scene *scene)
{
    static const char *const moments[] = {"2027-03-01T10:40:00Z", "2027-03-01T13:00:00Z"};
    if (below(8) == 0 && scene->mcu_version != NULL) {
        (void)verification_try(&house, packages[VERIFIED], "pk1", scene->device_key, "C0");
    }
    for (size_t i = 0; i < PLANS && (i == 0 || below(2) == 0); i++) {
        make_plan(scene, scene->plan_count++);
    }
    if (below(4) == 0) { /* another device takes what slots it gets */
        app_device_offline(house.app, house_device(&house, scene->filler_key, "C0", below(2) == 0 ? "1" : "0"));
    }
    if (below(6) == 0) {
        house_request(&house, scene->device);
    }
    if (below(2) == 0 && user_waiting_plan(&house, scene->device_key) != 0) {
        const char *to = below(2) == 0 ? "2027-03-01T12:00" : NULL;
        CU_ASSERT_EQUAL(user_confirm(&house, scene->device_key, "2027-03-01T10:30", to), OK);
    }
    if (below(2) == 0) {
        house_set_clock(&house, moments[below(2)]);
    }
    if (below(10) == 0) { /* whether it can be or not */
        enum status suspended = app_plan_suspend(house.app, scene->plans[0].id);
        CU_ASSERT_TRUE(suspended == OK || suspended == E_STATE);
    }
    scene->online = below(10) > 0;
    if (!scene->online) {
        app_device_offline(house.app, scene->device);
    }
}

struct tally {
    int64_t notified;
    int64_t skipped[REASON_COUNT];
};

static bool is_at_target(const struct scene *scene, size_t i)
{
    const char *version = scene->kinds[i] == MODULE ? scene->module_version : scene->mcu_version;
    return version != NULL && strcmp(version, targets[scene->kinds[i]]) == 0;
}

/* From the explanations alone: what an evaluation will do for this device. */
static void foresee(const struct scene *scene, struct tally *tally, bool gets[PLANS])
{
    enum reason first = REASON_NONE;
    for (size_t i = 0; i < scene->plan_count; i++) {
        int64_t plan = scene->plans[i].id;
        enum plan_status status = house_plan_status(&house, plan);
        struct kept_explanation explanation = explanation_of(&house, plan, scene->device_key);
        enum reason reason = explanation_reason(&explanation);
        CU_ASSERT_EQUAL(explanation.online, scene->online);
        gets[i] = false;
        if (status != PLAN_ACTIVATED && status != PLAN_UPGRADING) {
            CU_ASSERT_TRUE(!explanation.eligible && !explanation_check(&explanation, REASON_PLAN_STATUS)->ok);
        } else if (strcmp(house_status_of(&house, plan, scene->device_key), "inUpgrade") == 0) {
            CU_ASSERT_FALSE(explanation.eligible); /* this is what it is busy with: it counts nowhere */
        } else if (explanation.eligible && tally->notified == 0) {
            gets[i] = true;
            tally->notified = 1;
        } else if (scene->online && tally->notified == 0 && first == REASON_NONE) {
            first = reason == REASON_VERSION && is_at_target(scene, i) ? REASON_ALREADY_AT_TARGET : reason;
        }
    }
    if (first != REASON_NONE) {
        tally->skipped[first]++;
    }
}

static void expect_foreseen(const struct scene *scene, const struct tally *tally, const bool gets[PLANS])
{
    char row[32];
    struct evaluation result;
    int notifies = house_notifies(&house, scene->device);
    (void)snprintf(row, sizeof row, "scene %d", scene->number);
    CHECK_ROW(row, app_evaluate(house.app, "pk1", &result) == OK);
    CHECK_ROW(row, result.devices_checked == (scene->online ? 1 : 0));
    CHECK_ROW(row, result.notified == tally->notified);
    for (enum reason reason = REASON_NONE; reason < REASON_COUNT; reason++) {
        CHECK_ROW(row, result.skipped[reason] == tally->skipped[reason]);
    }
    CHECK_ROW(row, house_notifies(&house, scene->device) - notifies == (int)tally->notified);
    for (size_t i = 0; i < scene->plan_count; i++) {
        CHECK_ROW(row,
                  !gets[i] || strcmp(house_status_of(&house, scene->plans[i].id, scene->device_key), "inUpgrade") == 0);
    }
}

/* Over is what can be: the next scene has only its own device and plans. */
static void end_scene(struct scene *scene)
{
    app_device_offline(house.app, scene->device);
    for (size_t i = 0; i < scene->plan_count; i++) {
        enum status status = app_plan_terminate(house.app, scene->plans[i].id);
        CU_ASSERT_TRUE(status == OK || status == E_STATE);
        plan_finish(&scene->plans[i]);
    }
    house.order_count = 0;
    house_set_clock(&house, "2027-03-01T10:01:00Z");
}

static void play_scenes(int64_t slots, bool strict, uint32_t seed, struct tally *sum)
{
    random_state = seed;
    open_house(slots, strict);
    packages[FULL] = house_mcu_package(&house, targets[FULL]);
    packages[DELTA] = house_delta(&house, "delta", "0", targets[DELTA]);
    packages[MODULE] = house_package(&house, "module", COMPONENT_MODULE, targets[MODULE], 1);
    packages[VERIFIED] = house_mcu_package(&house, targets[VERIFIED]);
    for (int number = 0; number < SCENES; number++) {
        struct scene scene = {.number = number};
        struct tally tally = {0};
        bool gets[PLANS] = {false};
        make_device(&scene);
        make_past(&scene);
        foresee(&scene, &tally, gets);
        expect_foreseen(&scene, &tally, gets);
        end_scene(&scene);
        sum->notified += tally.notified;
        for (enum reason reason = REASON_NONE; reason < REASON_COUNT; reason++) {
            sum->skipped[reason] += tally.skipped[reason];
        }
    }
    house_close(&house);
}

/* The scenes must be worth something: each reason that an evaluation can count has been met in them. */
static void test_explain_agrees(void)
{
    static const enum reason met[] = {
        REASON_PLANNED_TIME, REASON_PUSH_PERIOD,    REASON_BLACKLIST,        REASON_WHITELIST, REASON_NOT_FINAL,
        REASON_NOT_BUSY,     REASON_VERSION,        REASON_BATTERY,          REASON_SIGNAL,    REASON_SPACE,
        REASON_SLOT,         REASON_USER_CONFIRMED, REASON_ALREADY_AT_TARGET};
    struct tally sum = {0};
    play_scenes(1, false, 20261123, &sum);
    play_scenes(2, true, 4711, &sum);
    CU_ASSERT_TRUE(sum.notified > SCENES / 10);
    for (size_t i = 0; i < sizeof met / sizeof met[0]; i++) {
        CHECK_ROW(reason_name(met[i]), sum.skipped[met[i]] > 0);
    }
    CU_ASSERT_EQUAL(sum.skipped[REASON_ONLINE], 0);
    CU_ASSERT_EQUAL(sum.skipped[REASON_PLAN_STATUS], 0);
}

/* --- logs and statistics ---------------------------------------------------------------------------------------- */

struct details {
    char words[500];
};

static void join_skipped(void *context, const struct log_entry *entry)
{
    struct details *details = context;
    if (entry->kind == LOG_SKIPPED) {
        size_t used = strlen(details->words);
        (void)snprintf(details->words + used, sizeof details->words - used, "%s; ", entry->detail);
    }
}

static void expect_skipped(int64_t plan, const char *device_key, const char *words)
{
    struct details details = {""};
    struct page page = {.limit = LIMIT_PAGE};
    bool more = false;
    CU_ASSERT_EQUAL(app_plan_device_log(house.app, plan, device_key, &page, join_skipped, &details, &more), OK);
    CHECK_ROW(details.words, strcmp(details.words, words) == 0);
}

/* Once until the reason is another one; the entry tells what was wanted and what was. */
static void test_denials_are_logged_once(void)
{
    struct status_report report = {.battery = {true, 10}, .rsrp = {true, -130}};
    open_house(100, false);
    int64_t device = house_device_with(&house, "DK1", &report);
    int64_t package = house_mcu_package(&house, "2");
    int64_t plan = house_plan(&house, "p", &package, 1, NULL, NULL);
    expect_skipped(plan, "DK1", "");
    house_evaluate(&house);
    house_evaluate(&house);
    house_request(&house, device);
    house_pass(&house, 30 * minute);
    expect_skipped(plan, "DK1", "battery: expected at least 30 %, is 10 %; ");
    report.battery.value = 20; /* the same reason */
    CU_ASSERT_EQUAL(app_device_status(house.app, device, &report), OK);
    house_evaluate(&house);
    expect_skipped(plan, "DK1", "battery: expected at least 30 %, is 10 %; ");
    report.battery.value = 30;
    CU_ASSERT_EQUAL(app_device_status(house.app, device, &report), OK);
    house_evaluate(&house);
    house_evaluate(&house);
    expect_skipped(plan, "DK1",
                   "battery: expected at least 30 %, is 10 %; signal: expected at least -113 dBm, is RSRP -130 dBm; ");
    report.battery.value = 5; /* back: it has changed again */
    CU_ASSERT_EQUAL(app_device_status(house.app, device, &report), OK);
    house_evaluate(&house);
    expect_skipped(plan, "DK1",
                   "battery: expected at least 30 %, is 10 %; signal: expected at least -113 dBm, is RSRP -130 dBm; "
                   "battery: expected at least 30 %, is 5 %; ");
    house_expect_device(&house, plan, "DK1", "nonUpgraded", "battery");
    house_close(&house);
}

static void ignore_minute(void *context, const struct timeline_point *point)
{
    (void)context;
    (void)point;
}

static void expect_reasons(int64_t plan, int64_t battery, int64_t signal, int64_t version, int64_t none)
{
    struct plan_statistics statistics = {0};
    int64_t all = 0;
    CU_ASSERT_EQUAL(app_plan_statistics(house.app, plan, &statistics, ignore_minute, NULL), OK);
    for (enum reason reason = REASON_ONLINE; reason < REASON_COUNT; reason++) {
        all += statistics.by_reason[reason];
    }
    CU_ASSERT_EQUAL(statistics.by_reason[REASON_BATTERY], battery);
    CU_ASSERT_EQUAL(statistics.by_reason[REASON_SIGNAL], signal);
    CU_ASSERT_EQUAL(statistics.by_reason[REASON_VERSION], version);
    CU_ASSERT_EQUAL(all, battery + signal + version);
    CU_ASSERT_EQUAL(statistics.total, all + none);
}

/* Devices by the reason that they have now; who is not of the plan counts nowhere. */
static void test_statistics(void)
{
    static const char *const black_keys[] = {"BLACK"};
    struct key_list black = {.keys = black_keys, .count = 1};
    struct violations violations = {0};
    struct status_report empty = {.battery = {true, 1}, .rsrp = {true, -90}};
    struct status_report weak = {.battery = {true, 90}, .rsrp = {true, -139}};
    struct plan plan;
    open_house(100, false);
    int64_t first = house_device_with(&house, "A", &empty);
    (void)house_device_with(&house, "B", &empty);
    (void)house_device_with(&house, "C", &weak);
    (void)house_device(&house, "D", "C1", "1");
    (void)house_device_with(&house, "BLACK", &empty);
    house_plan_init(&house, &plan, "p", house_mcu_package(&house, "2"));
    CU_ASSERT_EQUAL_FATAL(app_plan_save(house.app, &plan, NULL, &black, &violations), OK);
    CU_ASSERT_EQUAL(app_plan_activate(house.app, plan.id), OK);
    expect_reasons(plan.id, 0, 0, 0, 4); /* nobody has looked yet */
    house_evaluate(&house);
    expect_reasons(plan.id, 2, 1, 1, 0);
    CU_ASSERT_EQUAL(app_device_status(house.app, first, &weak), OK);
    house_evaluate(&house);
    expect_reasons(plan.id, 1, 2, 1, 0);
    weak.rsrp.value = -80;
    CU_ASSERT_EQUAL(app_device_status(house.app, first, &weak), OK);
    house_evaluate(&house);
    expect_reasons(plan.id, 1, 1, 1, 1); /* in upgrade: none any more */
    house_expect_device(&house, plan.id, "A", "inUpgrade", "");
    plan_finish(&plan);
    house_close(&house);
}

int main(void)
{
    static const struct test_case cases[] = {{"explain agrees", test_explain_agrees},
                                             {"denials are logged once", test_denials_are_logged_once},
                                             {"statistics", test_statistics},
                                             {0}};
    return suite_run("denials", cases);
}
