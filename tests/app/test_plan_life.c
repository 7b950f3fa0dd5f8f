/* The life of plans (behaviour.md, 3): every arrow, what is suspended and resumed, slots, and several plans for one
 * device.
 */
#include <stdio.h>

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
        house_set_planned(&plan->planned_end, "2027-03-01T10:00"); /* past: it ends as soon as it is activated */
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
    int64_t package = house_mcu_package(&house, "2");
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
    house_plan_init(&house, &plan, "p", house_mcu_package(&house, "2"));
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
    house_expect_device(&house, plan, "WAIT", "nonUpgraded", "");
    house_upgrade(&house, running, "2"); /* goes on to its end */
    house_expect_device(&house, plan, "RUN", "upgraded", "");
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
    house_expect_device(&house, plan, "DK1", "upgraded", "");
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
    house_expect_device(&house, plan, "DK1", "nonUpgraded", "refused");
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
    house_expect_device(&house, plan, "WAIT", "nonUpgraded", "slot");
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
        house_plan_init(&house, &plans[i], names[i], house_mcu_package(&house, names[i]));
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
        house_expect_device(&house, plans[order[i]].id, "DK1", "upgraded", "");
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
    house_expect_device(&house, second, "DK1", "nonUpgraded", "notBusy");
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
    house_expect_device(&house, first, "DK1", "", "?");
    house_expect_device(&house, third, "DK1", "inUpgrade", "");
    house_close(&house);
}

static void ignore_minute(void *context, const struct timeline_point *point)
{
    (void)context;
    CU_ASSERT_TRUE(point->upgraded + point->failed > 0);
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
    house_expect_device(&house, plan, "DK3", "nonUpgraded", "slot");
    house_expect_device(&house, plan, "DK4", "nonUpgraded", "slot");
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
    house_expect_device(&house, first, "DK1", "inUpgrade", "");
    house_expect_device(&house, second, "DK2", "inUpgrade", "");
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
