/* The end of plans (behaviour.md, 3): terminated and ended, what that means to each kind of device, how plans end by
 * themselves. */
#include <stdio.h>

#include "app/catalog.h"
#include "app/plans.h"
#include "fake_house.h"
#include "support/suite.h"

static const int64_t minute = 60000;
static const int64_t tick = 10 * 60000LL;

static struct house house;

static void open_house(int64_t slots)
{
    house_open(&house, slots);
    house_set_clock(&house, "2027-03-01T10:01:00Z");
}

/* Activated, for `whitelisted` (NULL: all), to version `target`. */
static int64_t plan_of(const char *name, const char *target, const char *whitelisted)
{
    int64_t package = house_mcu_package(&house, target);
    return house_plan(&house, name, &package, 1, NULL, whitelisted);
}

/* As plan_of() for all devices, with a planned end (UTC). */
static int64_t plan_until(const char *name, const char *target, const char *end)
{
    struct plan plan;
    house_plan_init(&house, &plan, name, house_mcu_package(&house, target));
    house_set_planned(&plan.planned_end, end);
    return house_plan_start(&house, &plan, NULL);
}

/* --- over ------------------------------------------------------------------------------------------------------- */

struct listing {
    char words[400];
};

static void join_device(void *context, const struct plan_device *device)
{
    struct listing *listing = context;
    size_t used = strlen(listing->words);
    (void)snprintf(listing->words + used, sizeof listing->words - used, "%s %s %s; ", device->device_key,
                   device_status_name(device->task->status), reason_name(device->task->reason));
}

static void expect_list(int64_t plan, enum device_status status, const char *words)
{
    struct listing listing = {""};
    struct page page = {.limit = LIMIT_PAGE};
    bool more = true;
    CU_ASSERT_EQUAL(app_plan_devices_list(house.app, plan, status, &page, join_device, &listing, &more), OK);
    CHECK_ROW(listing.words, strcmp(listing.words, words) == 0 && !more);
}

static void ignore_minute(void *context, const struct timeline_point *point)
{
    (void)context;
    CU_ASSERT_TRUE(point->upgraded + point->failed > 0);
}

static void expect_statistics(int64_t plan, int64_t running, int64_t upgraded, int64_t failed, enum reason reason)
{
    struct plan_statistics statistics = {0};
    CU_ASSERT_EQUAL(app_plan_statistics(house.app, plan, &statistics, ignore_minute, NULL), OK);
    CU_ASSERT_EQUAL(statistics.total, running + upgraded + failed);
    CU_ASSERT_EQUAL(statistics.by_status[DEVICE_NON_UPGRADED], 0);
    CU_ASSERT_EQUAL(statistics.by_status[DEVICE_IN_UPGRADE], running);
    CU_ASSERT_EQUAL(statistics.by_status[DEVICE_UPGRADED], upgraded);
    CU_ASSERT_EQUAL(statistics.by_status[DEVICE_FAILED], failed);
    CU_ASSERT_EQUAL(statistics.by_reason[reason], failed);
}

enum { KEYS = 6 };
static const char *const member_keys[KEYS] = {"BLACK", "NEVER", "OFF", "RUN", "TASK", "UNSEEN"};

/* A plan with all kinds of members; `end` NULL: none planned. */
static int64_t start_members(const char *end)
{
    static const char *const black_keys[] = {"BLACK"};
    struct key_list white = {.keys = member_keys, .count = KEYS};
    struct key_list black = {.keys = black_keys, .count = 1};
    struct violations violations = {0};
    struct plan plan;
    house_plan_init(&house, &plan, "members", house_mcu_package(&house, "2"));
    if (end != NULL) {
        house_set_planned(&plan.planned_end, end);
    }
    CU_ASSERT_EQUAL_FATAL(app_plan_save(house.app, &plan, &white, &black, &violations), OK);
    CU_ASSERT_EQUAL_FATAL(app_plan_activate(house.app, plan.id), OK);
    int64_t id = plan.id;
    plan_finish(&plan);
    return id;
}

/*
 * One device of each kind: registered but never online, seen and gone, running, waiting with a task, never seen (and
 * blacklisted, which is no member). *running: its id.
 */
static int64_t open_members(const char *end, int64_t *running)
{
    struct status_report low = {.battery = {true, 10}};
    struct violations violations = {0};
    open_house(100);
    int64_t off = house_device(&house, "OFF", "C0", "1");
    int64_t black = house_device(&house, "BLACK", "C0", "1");
    int64_t task = house_device(&house, "TASK", "C0", "1");
    *running = house_device(&house, "RUN", "C0", "1");
    CU_ASSERT_EQUAL(app_device_register(house.app, "pk1", "NEVER", NULL, &violations), OK);
    app_device_offline(house.app, off);
    int64_t plan = start_members(end);
    CU_ASSERT_EQUAL(app_device_status(house.app, task, &low), OK);
    house_request(&house, task);
    house_request(&house, black);
    house_expect_device(&house, plan, "TASK", "nonUpgraded", "battery");
    return plan;
}

/* What is seen everywhere of the waiting ones, with the reason why. RUN runs. */
static void expect_over(int64_t plan, enum reason reason)
{
    char words[400];
    const char *why = reason_name(reason);
    (void)snprintf(words, sizeof words,
                   "NEVER failed %s; OFF failed %s; RUN inUpgrade ; TASK failed %s; UNSEEN failed %s; ", why, why, why,
                   why);
    expect_list(plan, DEVICE_STATUS_COUNT, words);
    (void)snprintf(words, sizeof words, "NEVER failed %s; OFF failed %s; TASK failed %s; UNSEEN failed %s; ", why, why,
                   why, why);
    expect_list(plan, DEVICE_FAILED, words);
    expect_list(plan, DEVICE_NON_UPGRADED, "");
    expect_list(plan, DEVICE_IN_UPGRADE, "RUN inUpgrade ; ");
    house_expect_device(&house, plan, "NEVER", "failed", why);
    house_expect_device(&house, plan, "OFF", "failed", why);
    house_expect_device(&house, plan, "TASK", "failed", why);
    house_expect_device(&house, plan, "UNSEEN", "failed", why);
    house_expect_device(&house, plan, "BLACK", "", "?");
    expect_statistics(plan, 1, 0, 4, reason);
    enum log_kind kind = reason == REASON_PLAN_ENDED ? LOG_ENDED : LOG_TERMINATED;
    CU_ASSERT_EQUAL(house_log_count(&house, plan, "NEVER", kind), 1);
    CU_ASSERT_EQUAL(house_log_count(&house, plan, "OFF", kind), 1);
    CU_ASSERT_EQUAL(house_log_count(&house, plan, "TASK", kind), 1);
    CU_ASSERT_EQUAL(house_log_count(&house, plan, "RUN", kind), 1);
}

/* The running one goes on to success, and who comes now gets nothing. */
static void expect_aftermath(int64_t plan, int64_t running, enum reason reason)
{
    enum plan_status status = house_plan_status(&house, plan);
    house_upgrade(&house, running, "2");
    house_expect_device(&house, plan, "RUN", "upgraded", "");
    expect_statistics(plan, 0, 1, 4, reason);
    (void)house_device(&house, "UNSEEN", "C0", "1");
    (void)house_device(&house, "OFF", "C0", "1");
    house_pass(&house, 2 * tick);
    CU_ASSERT_EQUAL(house_notifies(&house, 0), 1);
    house_expect_device(&house, plan, "UNSEEN", "failed", reason_name(reason));
    expect_statistics(plan, 0, 1, 4, reason);
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), status);
}

static void test_terminated(void)
{
    int64_t running = 0;
    int64_t plan = open_members(NULL, &running);
    house_request(&house, running);
    CU_ASSERT_EQUAL(app_plan_terminate(house.app, plan), OK);
    expect_over(plan, REASON_PLAN_TERMINATED);
    expect_aftermath(plan, running, REASON_PLAN_TERMINATED);
    house_close(&house);
}

static void test_terminated_while_suspended(void)
{
    int64_t running = 0;
    int64_t plan = open_members(NULL, &running);
    house_request(&house, running);
    CU_ASSERT_EQUAL(app_plan_suspend(house.app, plan), OK);
    CU_ASSERT_EQUAL(app_plan_terminate(house.app, plan), OK);
    expect_over(plan, REASON_PLAN_TERMINATED);
    house_close(&house);
}

static void test_ended(void)
{
    int64_t running = 0;
    int64_t plan = open_members("2027-03-01T10:05", &running);
    house_request(&house, running);
    house_pass(&house, 4 * minute - 1);
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_UPGRADING);
    house_pass(&house, 1); /* no tick: the end itself */
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_ENDED);
    expect_over(plan, REASON_PLAN_ENDED);
    expect_aftermath(plan, running, REASON_PLAN_ENDED);
    house_close(&house);
}

static void test_ended_while_suspended(void)
{
    int64_t running = 0;
    int64_t plan = open_members("2027-03-01T10:05", &running);
    house_request(&house, running);
    CU_ASSERT_EQUAL(app_plan_suspend(house.app, plan), OK);
    house_pass(&house, 4 * minute);
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_ENDED);
    CU_ASSERT_EQUAL(app_plan_resume(house.app, plan), E_STATE);
    expect_over(plan, REASON_PLAN_ENDED);
    house_close(&house);
}

/* From `activated`, without any device that started. */
static void test_ended_before_anything(void)
{
    open_house(100);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    int64_t plan = plan_until("p", "2", "2027-03-01T10:05");
    house_pass(&house, tick);
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_ENDED);
    house_expect_device(&house, plan, "DK1", "failed", "planEnded");
    CU_ASSERT_EQUAL(house_notifies(&house, device), 0);
    int64_t past = plan_until("past", "3", "2027-03-01T10:05");
    CU_ASSERT_EQUAL(house_plan_status(&house, past), PLAN_ENDED); /* ends as soon as it is activated */
    house_expect_device(&house, past, "DK1", "failed", "planEnded");
    house_close(&house);
}

/* What refuses after the plan is over is not offered it again. */
static void test_refused_afterwards(void)
{
    open_house(100);
    int64_t terminated = plan_of("terminated", "2", NULL);
    int64_t first = house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(app_plan_terminate(house.app, terminated), OK);
    house_status(&house, first, 1, "C0", NULL);
    house_status(&house, first, 3, "C0", NULL);
    house_expect_device(&house, terminated, "DK1", "failed", "planTerminated");
    CU_ASSERT_EQUAL(house_log_count(&house, terminated, "DK1", LOG_REFUSED), 1);
    int64_t ended = plan_until("ended", "3", "2027-03-01T10:05");
    house_request(&house, first);
    house_expect_device(&house, ended, "DK1", "inUpgrade", "");
    house_pass(&house, 5 * minute);
    CU_ASSERT_EQUAL(house_plan_status(&house, ended), PLAN_ENDED);
    house_status(&house, first, 3, "C0", NULL);
    house_expect_device(&house, ended, "DK1", "failed", "planEnded");
    house_pass(&house, 2 * tick);
    CU_ASSERT_EQUAL(house_notifies(&house, first), 2);
    house_close(&house);
}

/* Attempts are the device's own: neither planned end nor push period hold them up. */
static void test_retries_go_on(void)
{
    struct plan plan;
    open_house(100);
    house_plan_init(&house, &plan, "p", house_mcu_package(&house, "2"));
    plan.push_period = (struct push_period){.set = true, .start_hour = 10, .end_hour = 11};
    house_set_planned(&plan.planned_end, "2027-03-01T12:00");
    int64_t id = house_plan_start(&house, &plan, NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    house_status(&house, device, 1, "C0", NULL);
    house_pass(&house, 90 * minute); /* 11:31: the push period is over */
    house_status(&house, device, 2, "C0", NULL);
    house_status(&house, device, 6, "C0", NULL);
    CU_ASSERT_EQUAL(house_log_count(&house, id, "DK1", LOG_URL_ISSUED), 2);
    house_pass(&house, 30 * minute); /* 12:01 */
    CU_ASSERT_EQUAL(house_plan_status(&house, id), PLAN_ENDED);
    house_status(&house, device, 6, "C0", NULL);
    CU_ASSERT_EQUAL(house_log_count(&house, id, "DK1", LOG_URL_ISSUED), 3);
    house_pass(&house, 60 * minute); /* the timeout, too, is followed by an attempt */
    CU_ASSERT_EQUAL(house_log_count(&house, id, "DK1", LOG_URL_ISSUED), 4);
    house_status(&house, device, 11, "C0", "2");
    house_expect_device(&house, id, "DK1", "upgraded", "");
    house_close(&house);
}

/* --- ends by itself --------------------------------------------------------------------------------------------- */

static int64_t start_listed(const char *name, const char *end, const char *const *white_keys, size_t count,
                            const char *black_key)
{
    struct plan plan;
    struct key_list white = {.keys = white_keys, .count = count};
    struct key_list black = {.keys = &black_key, .count = black_key != NULL ? 1 : 0};
    struct violations violations = {0};
    house_plan_init(&house, &plan, name, house_mcu_package(&house, name));
    if (end != NULL) {
        house_set_planned(&plan.planned_end, end);
    }
    CU_ASSERT_EQUAL_FATAL(app_plan_save(house.app, &plan, &white, &black, &violations), OK);
    CU_ASSERT_EQUAL_FATAL(app_plan_activate(house.app, plan.id), OK);
    int64_t id = plan.id;
    plan_finish(&plan);
    return id;
}

/* Upgraded or failed alike, and only when every listed device exists. */
static void test_whitelist_final(void)
{
    static const char *const keys[] = {"DK1", "DK2"};
    open_house(100);
    int64_t plan = start_listed("2", NULL, keys, 2, NULL);
    int64_t first = house_device(&house, "DK1", "C0", "1");
    house_upgrade(&house, first, "2");
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_UPGRADING); /* DK2 was never seen */
    int64_t second = house_device(&house, "DK2", "C0", "1");
    house_status(&house, second, 2, "C0", NULL);
    for (int i = 0; i < 6; i++) {
        CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_UPGRADING);
        house_status(&house, second, 6, "C0", NULL);
    }
    house_expect_device(&house, plan, "DK2", "failed", "downloadFailed");
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_ENDED);
    CU_ASSERT_EQUAL(house_log_count(&house, plan, "DK2", LOG_ENDED), 0); /* nobody was waiting */
    house_close(&house);
}

static void test_blacklisted_are_not_waited_for(void)
{
    static const char *const keys[] = {"DK1", "DK2"};
    open_house(100);
    int64_t plan = start_listed("2", NULL, keys, 2, "DK2");
    int64_t first = house_device(&house, "DK1", "C0", "1");
    house_upgrade(&house, first, "2");
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_ENDED);
    house_close(&house);
}

static void test_planned_end_alone_ends(void)
{
    static const char *const keys[] = {"DK1"};
    open_house(100);
    int64_t plan = start_listed("2", "2027-03-01T11:00", keys, 1, NULL);
    int64_t first = house_device(&house, "DK1", "C0", "1");
    house_upgrade(&house, first, "2");
    house_expect_device(&house, plan, "DK1", "upgraded", "");
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_UPGRADING);
    house_pass(&house, 60 * minute);
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_ENDED);
    house_expect_device(&house, plan, "DK1", "upgraded", ""); /* stays what it was */
    house_close(&house);
}

static void test_plan_for_all_stays_open(void)
{
    open_house(100);
    int64_t plan = plan_of("p", "2", NULL);
    int64_t first = house_device(&house, "DK1", "C0", "1");
    house_upgrade(&house, first, "2");
    house_pass(&house, 1000 * tick);
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_UPGRADING);
    int64_t late = house_device(&house, "DK2", "C0", "1");
    CU_ASSERT_EQUAL(house_notifies(&house, late), 1);
    house_close(&house);
}

/* A suspended plan whose running device was the last one ends, too. */
static void test_whitelist_final_while_suspended(void)
{
    static const char *const keys[] = {"DK1"};
    open_house(100);
    int64_t plan = start_listed("2", NULL, keys, 1, NULL);
    int64_t first = house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(app_plan_suspend(house.app, plan), OK);
    house_upgrade(&house, first, "2");
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_ENDED);
    house_close(&house);
}

int main(void)
{
    static const struct test_case cases[] = {{"terminated", test_terminated},
                                             {"terminated while suspended", test_terminated_while_suspended},
                                             {"ended", test_ended},
                                             {"ended while suspended", test_ended_while_suspended},
                                             {"ended before anything", test_ended_before_anything},
                                             {"refused after the end", test_refused_afterwards},
                                             {"retries go on", test_retries_go_on},
                                             {"whitelist final", test_whitelist_final},
                                             {"blacklisted are not waited for", test_blacklisted_are_not_waited_for},
                                             {"a planned end alone ends", test_planned_end_alone_ends},
                                             {"a plan for all stays open", test_plan_for_all_stays_open},
                                             {"whitelist final while suspended", test_whitelist_final_while_suspended},
                                             {0}};
    return suite_run("plan end", cases);
}
