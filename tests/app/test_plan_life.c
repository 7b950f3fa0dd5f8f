/* The life of plans (behaviour.md, 3): every arrow, what it means to each kind of device, how plans end by themselves,
 * slots, and several plans for one device. */
#include <stdio.h>

#include "app/catalog.h"
#include "app/plans.h"
#include "base/text.h"
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

static int64_t package_of(const char *target)
{
    return house_package(&house, target, COMPONENT_MCU, target, 1);
}

/* Activated, for `whitelisted` (NULL: all), to version `target`. */
static int64_t plan_of(const char *name, const char *target, const char *whitelisted)
{
    int64_t package = package_of(target);
    return house_plan(&house, name, &package, 1, NULL, whitelisted);
}

static void set_planned(struct planned_moment *moment, const char *local)
{
    moment->set = true;
    text_copy_cut(moment->local, sizeof moment->local, local);
}

/* As plan_of() for all devices, with a planned end (UTC). */
static int64_t plan_until(const char *name, const char *target, const char *end)
{
    struct plan plan;
    house_plan_init(&house, &plan, name, package_of(target));
    set_planned(&plan.planned_end, end);
    return house_plan_start(&house, &plan, NULL);
}

static void expect_device(int64_t plan, const char *device_key, const char *status, const char *reason)
{
    CHECK_ROW(device_key, strcmp(house_status_of(&house, plan, device_key), status) == 0);
    CHECK_ROW(device_key, strcmp(house_reason_of(&house, plan, device_key), reason) == 0);
}

/* --- arrows ----------------------------------------------------------------------------------------------------- */

enum from { SAVED, ACTIVATED, UPGRADING, SUSPENDED_ACTIVATED, SUSPENDED_UPGRADING, TERMINATED, ENDED, FROM_COUNT };
enum act { ACTIVATE, SUSPEND, RESUME, TERMINATE, EDIT, DELETE, ACT_COUNT };

static enum status do_act(enum act act, struct plan *plan)
{
    struct violations violations = {0};
    switch (act) {
    case ACTIVATE:
        return app_plan_activate(house.app, plan->id);
    case SUSPEND:
        return app_plan_suspend(house.app, plan->id);
    case RESUME:
        return app_plan_resume(house.app, plan->id);
    case TERMINATE:
        return app_plan_terminate(house.app, plan->id);
    case EDIT:
        return app_plan_save(house.app, plan, NULL, NULL, &violations);
    default:
        return app_plan_delete(house.app, plan->id);
    }
}

static void start_device(const char *device_key)
{
    (void)house_device(&house, device_key, "C0", "1");
}

/* A plan in the state `from`, for one device of its own. */
static void make_plan(enum from from, int number, int64_t package, struct plan *plan)
{
    char name[16];
    char device_key[16];
    (void)snprintf(name, sizeof name, "p%d", number);
    (void)snprintf(device_key, sizeof device_key, "D%d", number);
    house_plan_init(&house, plan, name, package);
    const char *keys[] = {device_key};
    struct key_list white = {.keys = keys, .count = 1};
    struct violations violations = {0};
    if (from == ENDED) {
        set_planned(&plan->planned_end, "2027-03-01T10:00"); /* past: it ends as soon as it is activated */
    }
    CU_ASSERT_EQUAL_FATAL(app_plan_save(house.app, plan, &white, NULL, &violations), OK);
    if (from != SAVED) {
        CU_ASSERT_EQUAL(app_plan_activate(house.app, plan->id), OK);
    }
    if (from == UPGRADING || from == SUSPENDED_UPGRADING) {
        start_device(device_key);
    }
    if (from == SUSPENDED_ACTIVATED || from == SUSPENDED_UPGRADING) {
        CU_ASSERT_EQUAL(app_plan_suspend(house.app, plan->id), OK);
    }
    if (from == TERMINATED) {
        CU_ASSERT_EQUAL(app_plan_terminate(house.app, plan->id), OK);
    }
}

static const char *status_now(int64_t plan_id)
{
    struct plan plan = {0};
    if (app_plan_find(house.app, plan_id, &plan) != OK) {
        return "gone";
    }
    enum plan_status status = plan.status;
    plan_finish(&plan);
    return plan_status_name(status);
}

static void test_arrows(void)
{
    static const char *const from_names[FROM_COUNT] = {"saved",     "activated",  "upgrading", "suspended",
                                                       "suspended", "terminated", "ended"};
    static const char *const act_names[ACT_COUNT] = {"activate", "suspend", "resume", "terminate", "edit", "delete"};
    /* what the plan is afterwards; NULL: refused */
    static const char *const expect[FROM_COUNT][ACT_COUNT] = {
        [SAVED] = {[ACTIVATE] = "activated", [EDIT] = "saved", [DELETE] = "gone"},
        [ACTIVATED] = {[SUSPEND] = "suspended", [TERMINATE] = "terminated"},
        [UPGRADING] = {[SUSPEND] = "suspended", [TERMINATE] = "terminated"},
        [SUSPENDED_ACTIVATED] = {[RESUME] = "activated", [TERMINATE] = "terminated"},
        [SUSPENDED_UPGRADING] = {[RESUME] = "upgrading", [TERMINATE] = "terminated"}};
    open_house(100);
    int64_t package = package_of("2");
    for (int i = 0; i < FROM_COUNT * ACT_COUNT; i++) {
        struct plan plan;
        char row[64];
        enum from from = (enum from)(i / ACT_COUNT);
        enum act act = (enum act)(i % ACT_COUNT);
        (void)snprintf(row, sizeof row, "%s %s (%d)", act_names[act], from_names[from], i);
        make_plan(from, i, package, &plan);
        CHECK_ROW(row, strcmp(status_now(plan.id), from_names[from]) == 0);
        const char *wanted = expect[from][act];
        size_t changes = house.changes;
        int orders = house_notifies(&house, 0);
        CHECK_ROW(row, do_act(act, &plan) == (wanted != NULL ? OK : E_STATE));
        CHECK_ROW(row, strcmp(status_now(plan.id), wanted != NULL ? wanted : from_names[from]) == 0);
        bool moved = wanted != NULL && act != EDIT;
        CHECK_ROW(row, (house.changes > changes) == moved); /* those who wait for the plan are told, once it moved */
        CHECK_ROW(row, !moved || (house.changed_plan_id == plan.id && house.changed_device[0] == '\0'));
        CHECK_ROW(row, house_notifies(&house, 0) == orders); /* none of them evaluates */
        plan_finish(&plan);
    }
    house_close(&house);
}

static void test_unknown(void)
{
    struct plan plan = {0};
    open_house(100);
    house_plan_init(&house, &plan, "p", package_of("2"));
    plan.id = 99;
    for (enum act act = ACTIVATE; act < ACT_COUNT; act++) {
        CU_ASSERT_EQUAL(do_act(act, &plan), E_NOT_FOUND);
    }
    house_close(&house);
}

static void test_instants(void)
{
    struct plan plan = {0};
    open_house(100);
    int64_t id = plan_of("p", "2", NULL);
    CU_ASSERT_EQUAL(app_plan_find(house.app, id, &plan), OK);
    int64_t activated = plan.activated_at.at;
    CU_ASSERT_TRUE(plan.activated_at.known && !plan.started_at.known && !plan.ended_at.known);
    plan_finish(&plan);
    house_pass(&house, minute);
    start_device("DK1");
    house_pass(&house, minute);
    CU_ASSERT_EQUAL(app_plan_suspend(house.app, id), OK);
    house_pass(&house, minute);
    CU_ASSERT_EQUAL(app_plan_resume(house.app, id), OK);
    CU_ASSERT_EQUAL(app_plan_find(house.app, id, &plan), OK);
    CU_ASSERT_EQUAL(plan.activated_at.at, activated); /* a resume is no activation */
    CU_ASSERT_TRUE(plan.started_at.known && plan.started_at.at == activated + minute);
    plan_finish(&plan);
    CU_ASSERT_EQUAL(app_plan_terminate(house.app, id), OK);
    CU_ASSERT_EQUAL(app_plan_find(house.app, id, &plan), OK);
    CU_ASSERT_TRUE(plan.ended_at.known && plan.ended_at.at == activated + 3 * minute);
    plan_finish(&plan);
    house_close(&house);
}

/* --- activated, suspended, resumed ------------------------------------------------------------------------------ */

static void test_activate_waits_for_the_tick(void)
{
    open_house(100);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    int64_t plan = plan_of("p", "2", NULL);
    house_advance(&house, 60 * minute); /* the wall's clock is not the product's */
    CU_ASSERT_EQUAL(house.order_count, 0);
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_ACTIVATED);
    house_pass(&house, 9 * minute); /* 10:10 */
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_UPGRADING);
    house_close(&house);
}

static void test_suspended(void)
{
    open_house(100);
    int64_t running = house_device(&house, "RUN", "C0", "1");
    int64_t waiting = house_device(&house, "WAIT", "C0", "1");
    int64_t plan = plan_of("p", "2", NULL);
    house_request(&house, running);
    CU_ASSERT_EQUAL(house_notifies(&house, running), 1);
    CU_ASSERT_EQUAL(app_plan_suspend(house.app, plan), OK);
    house_pass(&house, 3 * tick);
    house_request(&house, waiting);
    house_evaluate(&house);
    app_device_offline(house.app, waiting);
    (void)house_device(&house, "WAIT", "C0", "1");
    CU_ASSERT_EQUAL(house_notifies(&house, waiting), 0);
    expect_device(plan, "WAIT", "nonUpgraded", "");
    house_upgrade(&house, running, "2"); /* goes on to its end */
    expect_device(plan, "RUN", "upgraded", "");
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_SUSPENDED);
    CU_ASSERT_EQUAL(app_plan_resume(house.app, plan), OK);
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_UPGRADING);
    CU_ASSERT_EQUAL(house_notifies(&house, waiting), 0); /* not by the resume itself */
    house_pass(&house, tick);
    CU_ASSERT_EQUAL(house_notifies(&house, waiting), 1);
    house_close(&house);
}

/* A running device that fails in a suspended plan gets its further attempts. */
static void test_suspended_retries(void)
{
    open_house(100);
    int64_t plan = plan_of("p", "2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    house_status(&house, device, 1, "C0", NULL);
    house_status(&house, device, 2, "C0", NULL);
    CU_ASSERT_EQUAL(app_plan_suspend(house.app, plan), OK);
    house_status(&house, device, 6, "C0", NULL);
    CU_ASSERT_EQUAL(house_log_count(&house, plan, "DK1", LOG_URL_ISSUED), 2);
    house_status(&house, device, 11, "C0", "2");
    expect_device(plan, "DK1", "upgraded", "");
    house_close(&house);
}

/* A refusal takes the device back to those who wait: nothing while suspended, again after the resume. */
static void test_suspended_refusal(void)
{
    open_house(100);
    int64_t plan = plan_of("p", "2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(app_plan_suspend(house.app, plan), OK);
    house_status(&house, device, 3, "C0", NULL);
    expect_device(plan, "DK1", "nonUpgraded", "refused");
    house_pass(&house, 2 * tick);
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    CU_ASSERT_EQUAL(app_plan_resume(house.app, plan), OK);
    house_pass(&house, tick);
    CU_ASSERT_EQUAL(house_notifies(&house, device), 2);
    house_close(&house);
}

static void test_log_of_people(void)
{
    static const enum log_kind kinds[] = {LOG_SUSPENDED, LOG_RESUMED, LOG_TERMINATED};
    open_house(1);
    int64_t plan = plan_of("p", "2", NULL);
    int64_t done = house_device(&house, "DONE", "C0", "1");
    house_upgrade(&house, done, "2");
    (void)house_device(&house, "RUN", "C0", "1");
    (void)house_device(&house, "WAIT", "C0", "1"); /* no slot for it */
    expect_device(plan, "WAIT", "nonUpgraded", "slot");
    CU_ASSERT_EQUAL(app_plan_suspend(house.app, plan), OK);
    CU_ASSERT_EQUAL(app_plan_resume(house.app, plan), OK);
    CU_ASSERT_EQUAL(app_plan_terminate(house.app, plan), OK);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        CHECK_ROW(log_kind_name(kinds[i]), house_log_count(&house, plan, "RUN", kinds[i]) == 1);
        CHECK_ROW(log_kind_name(kinds[i]), house_log_count(&house, plan, "WAIT", kinds[i]) == 1);
        CHECK_ROW(log_kind_name(kinds[i]), house_log_count(&house, plan, "DONE", kinds[i]) == 0); /* it is final */
    }
    house_close(&house);
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
    house_plan_init(&house, &plan, "members", package_of("2"));
    if (end != NULL) {
        set_planned(&plan.planned_end, end);
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
    expect_device(plan, "TASK", "nonUpgraded", "battery");
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
    expect_device(plan, "NEVER", "failed", why);
    expect_device(plan, "OFF", "failed", why);
    expect_device(plan, "TASK", "failed", why);
    expect_device(plan, "UNSEEN", "failed", why);
    expect_device(plan, "BLACK", "", "?");
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
    expect_device(plan, "RUN", "upgraded", "");
    expect_statistics(plan, 0, 1, 4, reason);
    (void)house_device(&house, "UNSEEN", "C0", "1");
    (void)house_device(&house, "OFF", "C0", "1");
    house_pass(&house, 2 * tick);
    CU_ASSERT_EQUAL(house_notifies(&house, 0), 1);
    expect_device(plan, "UNSEEN", "failed", reason_name(reason));
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
    expect_device(plan, "DK1", "failed", "planEnded");
    CU_ASSERT_EQUAL(house_notifies(&house, device), 0);
    int64_t past = plan_until("past", "3", "2027-03-01T10:05");
    CU_ASSERT_EQUAL(house_plan_status(&house, past), PLAN_ENDED); /* ends as soon as it is activated */
    expect_device(past, "DK1", "failed", "planEnded");
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
    expect_device(terminated, "DK1", "failed", "planTerminated");
    CU_ASSERT_EQUAL(house_log_count(&house, terminated, "DK1", LOG_REFUSED), 1);
    int64_t ended = plan_until("ended", "3", "2027-03-01T10:05");
    house_request(&house, first);
    expect_device(ended, "DK1", "inUpgrade", "");
    house_pass(&house, 5 * minute);
    CU_ASSERT_EQUAL(house_plan_status(&house, ended), PLAN_ENDED);
    house_status(&house, first, 3, "C0", NULL);
    expect_device(ended, "DK1", "failed", "planEnded");
    house_pass(&house, 2 * tick);
    CU_ASSERT_EQUAL(house_notifies(&house, first), 2);
    house_close(&house);
}

/* Attempts are the device's own: neither planned end nor push period hold them up. */
static void test_retries_go_on(void)
{
    struct plan plan;
    open_house(100);
    house_plan_init(&house, &plan, "p", package_of("2"));
    plan.push_period = (struct push_period){.set = true, .start_hour = 10, .end_hour = 11};
    set_planned(&plan.planned_end, "2027-03-01T12:00");
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
    expect_device(id, "DK1", "upgraded", "");
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
    house_plan_init(&house, &plan, name, package_of(name));
    if (end != NULL) {
        set_planned(&plan.planned_end, end);
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
    expect_device(plan, "DK2", "failed", "downloadFailed");
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
    expect_device(plan, "DK1", "upgraded", "");
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_UPGRADING);
    house_pass(&house, 60 * minute);
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_ENDED);
    expect_device(plan, "DK1", "upgraded", ""); /* stays what it was */
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

/* --- several plans, slots --------------------------------------------------------------------------------------- */

static const char *last_target(void)
{
    const struct order *order = &house.orders[house.order_count - 1];
    return house.order_count > 0 && order->is_notify ? order->notify.tasks[0].target_version : "";
}

/* In order of activation, not of creation, each right after the success of the one before; on a clock that stands
 * still, and on one that was set back in between. */
static void several_plans(const char *set_between)
{
    static const char *const names[] = {"2", "3", "4"};
    static const size_t order[] = {2, 0, 1};
    struct plan plans[3];
    struct violations violations = {0};
    open_house(100);
    for (size_t i = 0; i < 3; i++) {
        house_plan_init(&house, &plans[i], names[i], package_of(names[i]));
        CU_ASSERT_EQUAL_FATAL(app_plan_save(house.app, &plans[i], NULL, NULL, &violations), OK);
    }
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(app_plan_activate(house.app, plans[order[i]].id), OK);
        if (set_between != NULL && i == 0) {
            house_set_clock(&house, set_between);
        }
    }
    int64_t device = house_device(&house, "DK1", "C0", "1");
    for (size_t i = 0; i < 3; i++) {
        CHECK_ROW(names[order[i]], strcmp(last_target(), names[order[i]]) == 0);
        CU_ASSERT_EQUAL(house_notifies(&house, device), (int)i + 1); /* one at a time */
        house_upgrade(&house, device, names[order[i]]);
        expect_device(plans[order[i]].id, "DK1", "upgraded", "");
    }
    for (size_t i = 0; i < 3; i++) {
        plan_finish(&plans[i]);
    }
    house_close(&house);
}

static void test_several_plans(void)
{
    several_plans(NULL);
}

static void test_several_plans_clock_set_back(void)
{
    several_plans("2027-02-01T00:00:00Z");
}

/* A suspended plan keeps its place. */
static void test_place_is_kept(void)
{
    open_house(100);
    int64_t first = plan_of("first", "2", NULL);
    house_pass(&house, minute);
    int64_t second = plan_of("second", "3", NULL);
    CU_ASSERT_EQUAL(app_plan_suspend(house.app, first), OK);
    house_pass(&house, minute);
    CU_ASSERT_EQUAL(app_plan_resume(house.app, first), OK);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_STRING_EQUAL(last_target(), "2");
    house_pass(&house, 2 * tick);
    expect_device(second, "DK1", "nonUpgraded", "notBusy");
    house_upgrade(&house, device, "2");
    CU_ASSERT_STRING_EQUAL(last_target(), "3");
    house_close(&house);
}

/* A plan that failed, was terminated or is not for the device does not hold up the next. */
static void test_next_after_termination(void)
{
    open_house(100);
    int64_t first = plan_of("first", "2", "OTHER");
    int64_t second = plan_of("second", "3", NULL);
    int64_t third = plan_of("third", "4", NULL);
    CU_ASSERT_EQUAL(app_plan_suspend(house.app, second), OK);
    (void)house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_STRING_EQUAL(last_target(), "4");
    expect_device(first, "DK1", "", "?");
    expect_device(third, "DK1", "inUpgrade", "");
    house_close(&house);
}

static void test_slots(void)
{
    struct plan_statistics statistics;
    open_house(2);
    int64_t plan = plan_of("p", "2", NULL);
    int64_t first = house_device(&house, "DK1", "C0", "1");
    int64_t second = house_device(&house, "DK2", "C0", "1");
    int64_t third = house_device(&house, "DK3", "C0", "1");
    int64_t fourth = house_device(&house, "DK4", "C0", "1");
    CU_ASSERT_EQUAL(house_notifies(&house, 0), 2);
    expect_device(plan, "DK3", "nonUpgraded", "slot");
    expect_device(plan, "DK4", "nonUpgraded", "slot");
    CU_ASSERT_EQUAL(app_plan_statistics(house.app, plan, &statistics, ignore_minute, NULL), OK);
    CU_ASSERT_EQUAL(statistics.by_reason[REASON_SLOT], 2);
    house_pass(&house, 2 * tick);
    CU_ASSERT_EQUAL(house_notifies(&house, third) + house_notifies(&house, fourth), 0);
    house_upgrade(&house, first, "2");
    house_status(&house, second, 3, "C0", NULL); /* a refusal frees its slot as well */
    CU_ASSERT_EQUAL(house_notifies(&house, third) + house_notifies(&house, fourth), 0);
    house_pass(&house, tick); /* three want two slots */
    CU_ASSERT_EQUAL(app_plan_statistics(house.app, plan, &statistics, ignore_minute, NULL), OK);
    CU_ASSERT_EQUAL(statistics.by_status[DEVICE_IN_UPGRADE], 2);
    CU_ASSERT_EQUAL(statistics.by_status[DEVICE_NON_UPGRADED], 1);
    CU_ASSERT_EQUAL(statistics.by_reason[REASON_SLOT], 1);
    house_close(&house);
}

/* Slots are those of one plan: another has its own. */
static void test_slots_per_plan(void)
{
    open_house(1);
    int64_t first = plan_of("first", "2", "DK1");
    int64_t second = plan_of("second", "3", "DK2");
    (void)house_device(&house, "DK1", "C0", "1");
    (void)house_device(&house, "DK2", "C0", "1");
    expect_device(first, "DK1", "inUpgrade", "");
    expect_device(second, "DK2", "inUpgrade", "");
    house_close(&house);
}

/* --- told ------------------------------------------------------------------------------------------------------- */

static void test_changed_is_told(void)
{
    open_house(100);
    int64_t plan = plan_of("p", "2", "DK1");
    size_t before = house.changes;
    int64_t device = house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(house.changes, before + 2); /* plan: upgrading; device: inUpgrade */
    house_status(&house, device, 1, "C0", NULL);
    house_status(&house, device, 2, "C0", NULL);
    house_status(&house, device, 4, "C0", NULL);
    CU_ASSERT_EQUAL(house.changes, before + 2); /* no status is another */
    house_status(&house, device, 11, "C0", "2");
    CU_ASSERT_EQUAL(house.changes, before + 4); /* device: upgraded; plan: ended */
    CU_ASSERT_EQUAL(house.changed_plan_id, plan);
    house_close(&house);
}

int main(void)
{
    static const struct test_case cases[] = {{"arrows", test_arrows},
                                             {"no such plan", test_unknown},
                                             {"instants", test_instants},
                                             {"activate waits for the tick", test_activate_waits_for_the_tick},
                                             {"suspended", test_suspended},
                                             {"suspended: retries", test_suspended_retries},
                                             {"suspended: refusal", test_suspended_refusal},
                                             {"log of what people did", test_log_of_people},
                                             {"terminated", test_terminated},
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
                                             {"several plans", test_several_plans},
                                             {"several plans, clock set back", test_several_plans_clock_set_back},
                                             {"a suspended plan keeps its place", test_place_is_kept},
                                             {"the next after others", test_next_after_termination},
                                             {"slots", test_slots},
                                             {"slots per plan", test_slots_per_plan},
                                             {"changed is told", test_changed_is_told},
                                             {0}};
    return suite_run("plan life", cases);
}
