/* What depends on time: clocks, the times of plans, the order of activation, verifications with their deadlines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/clock.h"
#include "scratch.h"
#include "store/clock_rows.h"
#include "store/device_rows.h"
#include "store/plan_rows.h"
#include "store/product_rows.h"
#include "store/task_rows.h"
#include "store/verification_rows.h"
#include "support/suite.h"

static struct scratch scratch;

/* --- clocks ----------------------------------------------------------------------------------------------------- */

static bool join_clock(void *context, const char *product_key, const struct clock *clock)
{
    char *text = context;
    size_t used = strlen(text);
    (void)snprintf(text + used, 128 - used, "%s=%s %lld,", product_key == NULL ? "server" : product_key,
                   clock_mode_name(clock->mode), (long long)clock->value);
    return true;
}

static const char *clocks(void)
{
    static char text[128];
    text[0] = '\0';
    CHECK_OK(clock_each(scratch.store, join_clock, text));
    return text;
}

static void test_clocks(void)
{
    scratch_open(&scratch);
    scratch_product(&scratch, "pk1");
    scratch_product(&scratch, "pk2");
    CHECK_TEXT(clocks(), "");
    CHECK_OK(clock_save(scratch.store, NULL, &(struct clock){CLOCK_OFFSET, -5}));
    CHECK_OK(clock_save(scratch.store, "pk1", &(struct clock){CLOCK_MANUAL, 7}));
    CHECK_OK(clock_save(scratch.store, "pk2", &(struct clock){CLOCK_OFFSET, 8}));
    CHECK_OK(clock_save(scratch.store, "pk1", &(struct clock){CLOCK_MANUAL, 9})); /* the last one counts */
    CHECK(clock_save(scratch.store, "pk3", &(struct clock){CLOCK_MANUAL, 1}) == E_NOT_FOUND);
    scratch_reopen(&scratch);
    CHECK_TEXT(clocks(), "server=offset -5,pk1=manual 9,pk2=offset 8,");
    CHECK_OK(clock_drop(scratch.store, NULL));
    CHECK_OK(clock_drop(scratch.store, NULL));
    CHECK_OK(clock_drop(scratch.store, "pk3"));
    CHECK_TEXT(clocks(), "pk1=manual 9,pk2=offset 8,");
    CHECK_OK(product_delete(scratch.store, "pk1")); /* its clock goes with it */
    CHECK_TEXT(clocks(), "pk2=offset 8,");
    CHECK_OK(clock_drop(scratch.store, "pk2"));
    CHECK_TEXT(clocks(), "");
    scratch_close(&scratch);
}

/* --- plans ------------------------------------------------------------------------------------------------------ */

static struct planned_moment planned(const char *local, int64_t at)
{
    struct planned_moment moment = {.set = true, .at = at};
    (void)snprintf(moment.local, sizeof moment.local, "%s", local);
    return moment;
}

static void replace(const struct plan *plan)
{
    CHECK_FATAL(store_begin(scratch.store) == OK);
    CHECK_OK(plan_replace(scratch.store, plan));
    CHECK_FATAL(store_commit(scratch.store) == OK);
}

static void update(const struct plan *plan)
{
    CHECK_FATAL(store_begin(scratch.store) == OK);
    CHECK_OK(plan_update_status(scratch.store, plan));
    CHECK_FATAL(store_commit(scratch.store) == OK);
}

static void set_status(int64_t id, enum plan_status status)
{
    struct plan plan = {0};
    CHECK_FATAL(plan_find(scratch.store, id, &plan) == OK);
    plan.status = status;
    if (status != PLAN_SAVED && !plan.activated_at.known) {
        plan.activated_at = (struct maybe_instant){true, 100};
    }
    update(&plan);
    plan_finish(&plan);
}

static void test_times_of_a_plan(void)
{
    struct plan plan = {0};
    scratch_open(&scratch);
    scratch_product(&scratch, "pk1");
    int64_t id = scratch_plan(&scratch, "pk1", "plan", scratch_package(&scratch, "pk1", "p"));
    CHECK_FATAL(plan_find(scratch.store, id, &plan) == OK);
    CHECK(!plan.push_period.set && !plan.planned_start.set && !plan.planned_end.set);
    plan.push_period = (struct push_period){true, 22, 0}; /* hour 0 is an hour, not nothing */
    plan.planned_start = planned("2027-03-01T09:00", 1000);
    replace(&plan);
    plan.status = PLAN_SUSPENDED;
    plan.suspended_from = PLAN_UPGRADING;
    update(&plan);
    plan_finish(&plan);
    scratch_reopen(&scratch);
    CHECK_FATAL(plan_find(scratch.store, id, &plan) == OK);
    CHECK(plan.push_period.set && plan.push_period.start_hour == 22 && plan.push_period.end_hour == 0);
    CHECK(plan.planned_start.set && plan.planned_start.at == 1000 && !plan.planned_end.set);
    CHECK_TEXT(plan.planned_start.local, "2027-03-01T09:00");
    CHECK(plan.status == PLAN_SUSPENDED && plan.suspended_from == PLAN_UPGRADING);
    plan.push_period = (struct push_period){0};
    plan.planned_start = (struct planned_moment){0};
    plan.planned_end = planned("2027-03-02T09:00", 2000);
    replace(&plan);
    plan_finish(&plan);
    CHECK_FATAL(plan_find(scratch.store, id, &plan) == OK);
    CHECK(!plan.push_period.set && !plan.planned_start.set && plan.planned_end.at == 2000);
    plan_finish(&plan);
    scratch_close(&scratch);
}

static bool join_plan(void *context, const struct plan *plan)
{
    char *text = context;
    size_t used = strlen(text);
    (void)snprintf(text + used, 128 - used, "%s,", plan->name);
    return true;
}

static void test_scheduled(void)
{
    static const struct {
        const char *name;
        const char *product;
        bool push;
        bool start;
        bool end;
        enum plan_status status;
    } rows[] = {{"push", "pk1", true, false, false, PLAN_ACTIVATED},
                {"start", "pk1", false, true, false, PLAN_UPGRADING},
                {"end", "pk1", false, false, true, PLAN_SUSPENDED},
                {"saved", "pk1", true, true, true, PLAN_SAVED},
                {"over", "pk1", true, true, true, PLAN_ENDED},
                {"stopped", "pk1", true, true, true, PLAN_TERMINATED},
                {"timeless", "pk1", false, false, false, PLAN_ACTIVATED},
                {"other", "pk2", true, false, false, PLAN_ACTIVATED}};
    char text[128] = "";
    scratch_open(&scratch);
    scratch_product(&scratch, "pk1");
    scratch_product(&scratch, "pk2");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plan plan = {0};
        int64_t package = scratch_package(&scratch, rows[i].product, rows[i].name);
        int64_t id = scratch_plan(&scratch, rows[i].product, rows[i].name, package);
        CHECK_FATAL(plan_find(scratch.store, id, &plan) == OK);
        plan.push_period = (struct push_period){rows[i].push, 1, 2};
        plan.planned_start = rows[i].start ? planned("s", 1) : plan.planned_start;
        plan.planned_end = rows[i].end ? planned("e", 2) : plan.planned_end;
        replace(&plan);
        plan_finish(&plan);
        set_status(id, rows[i].status);
    }
    CHECK_OK(plan_scheduled_each(scratch.store, NULL, join_plan, text)); /* none has a clock of its own */
    CHECK_TEXT(text, "push,start,end,other,");
    CHECK_OK(clock_save(scratch.store, "pk2", &(struct clock){CLOCK_MANUAL, 1}));
    text[0] = '\0';
    CHECK_OK(plan_scheduled_each(scratch.store, NULL, join_plan, text));
    CHECK_TEXT(text, "push,start,end,");
    text[0] = '\0';
    CHECK_OK(plan_scheduled_each(scratch.store, "pk2", join_plan, text));
    CHECK_TEXT(text, "other,");
    scratch_close(&scratch);
}

static void test_order_of_activation(void)
{
    int64_t *ids = NULL;
    size_t count = 0;
    int64_t plans[3];
    scratch_open(&scratch);
    scratch_product(&scratch, "pk1");
    int64_t package = scratch_package(&scratch, "pk1", "p");
    for (int i = 0; i < 3; i++) {
        plans[i] = scratch_plan(&scratch, "pk1", (const char *[]){"a", "b", "c"}[i], package);
    }
    set_status(plans[2], PLAN_ACTIVATED);
    scratch_reopen(&scratch);
    set_status(plans[0], PLAN_ACTIVATED);
    set_status(plans[2], PLAN_SUSPENDED);
    set_status(plans[1], PLAN_ACTIVATED);
    set_status(plans[2], PLAN_ACTIVATED); /* resumed: it keeps its place */
    CHECK_OK(plan_active_ids(scratch.store, "pk1", &ids, &count));
    CHECK_FATAL(count == 3);
    CHECK(ids[0] == plans[2] && ids[1] == plans[0] && ids[2] == plans[1]);
    free(ids);
    scratch_close(&scratch);
}

/* --- verifications ---------------------------------------------------------------------------------------------- */

static struct verification verify(const char *product_key, int64_t package, int64_t device, int64_t deadline)
{
    struct verification verification = {
        .package_id = package, .device_id = device, .component_no = "C0", .created_at = 5, .deadline = deadline};
    struct plan plan = {.time_zone = "UTC", .status = PLAN_TERMINATED, .component_count = 1};
    plan.components[0] =
        (struct plan_component){.sequence = 1, .component_no = "C0", .name = "c", .type = COMPONENT_MCU};
    plan.components[0].package_id = package;
    (void)snprintf(plan.product_key, sizeof plan.product_key, "%s", product_key);
    CHECK_FATAL(store_begin(scratch.store) == OK);
    CHECK_OK(verification_insert(scratch.store, &verification, &plan));
    CHECK_FATAL(store_commit(scratch.store) == OK);
    CHECK(verification.id > 0 && plan.id == -verification.id);
    return verification;
}

static size_t due(const char *scope, int64_t now)
{
    int64_t ids[8];
    size_t count = 0;
    CHECK_OK(verifications_due(scratch.store, scope, now, ids, 8, &count));
    return count;
}

static bool has_plan(int64_t id)
{
    struct plan plan = {0};
    bool found = plan_find(scratch.store, id, &plan) == OK;
    plan_finish(&plan);
    return found;
}

static bool count_one(void *context, const struct verification *verification)
{
    (void)verification;
    ++*(int *)context;
    return true;
}

static void test_verifications(void)
{
    struct verification found;
    struct maybe_instant next;
    int64_t ids[1];
    size_t used = 0;
    int listed = 0;
    bool more = false;
    scratch_open(&scratch);
    scratch_product(&scratch, "pk1");
    int64_t package = scratch_package(&scratch, "pk1", "p");
    int64_t devices[2] = {scratch_device(&scratch, "pk1", "A"), scratch_device(&scratch, "pk1", "B")};
    struct verification one = verify("pk1", package, devices[0], 2000);
    struct verification two = verify("pk1", package, devices[1], 1000);
    CHECK_OK(verification_find(scratch.store, one.id, &found));
    CHECK(found.status == VERIFICATION_RUNNING && found.deadline == 2000 && found.created_at == 5);
    CHECK_TEXT(found.device_key, "A");
    CHECK(verification_find(scratch.store, 99, &found) == E_NOT_FOUND);
    CHECK(due(NULL, 999) == 0 && due(NULL, 1000) == 1 && due(NULL, 2000) == 2);
    CHECK_OK(verifications_due(scratch.store, NULL, 5000, ids, 1, &used));
    CHECK(used == 1 && ids[0] == two.id); /* earliest first, no more than fit */
    CHECK_OK(verifications_next_deadline(scratch.store, NULL, &next));
    CHECK(next.known && next.at == 1000);
    CHECK_OK(clock_save(scratch.store, "pk1", &(struct clock){CLOCK_MANUAL, 1}));
    CHECK(due(NULL, 5000) == 0 && due("pk1", 5000) == 2);
    CHECK_OK(verifications_rearm(scratch.store, NULL, 9000));
    CHECK(due("pk1", 5000) == 2); /* of another clock */
    CHECK_OK(verifications_rearm(scratch.store, "pk1", 9000));
    CHECK(due("pk1", 8999) == 0 && due("pk1", 9000) == 2);
    (void)scratch_task(&scratch, -one.id, devices[0], DEVICE_FAILED); /* final at once */
    struct task task = scratch_task(&scratch, -two.id, devices[1], DEVICE_IN_UPGRADE);
    CHECK(due("pk1", 9000) == 1);
    task.status = DEVICE_UPGRADED;
    task.ended_at = (struct maybe_instant){true, 77};
    CHECK_FATAL(store_begin(scratch.store) == OK);
    CHECK_OK(task_save(scratch.store, &task));
    CHECK_FATAL(store_commit(scratch.store) == OK);
    CHECK(due("pk1", 9000) == 0);
    CHECK_OK(verifications_next_deadline(scratch.store, "pk1", &next));
    CHECK(!next.known);
    CHECK_OK(verification_find(scratch.store, two.id, &found));
    CHECK(found.status == VERIFICATION_SUCCEEDED && found.ended_at.at == 77);
    CHECK_OK(verification_list(scratch.store, package, &(struct page){.limit = 1}, count_one, &listed, &more));
    CHECK(listed == 1 && more);
    scratch_close(&scratch);
}

/* No list of plans shows what carries a verification out; with device or package it goes, too. */
static void test_verification_is_no_plan(void)
{
    char text[128] = "";
    int64_t *ids = NULL;
    size_t count = 0;
    bool more = false;
    struct verification found;
    scratch_open(&scratch);
    scratch_product(&scratch, "pk1");
    int64_t package = scratch_package(&scratch, "pk1", "p");
    int64_t device = scratch_device(&scratch, "pk1", "A");
    struct verification one = verify("pk1", package, device, 2000);
    set_status(-one.id, PLAN_ACTIVATED); /* the worst case */
    CHECK_OK(
        plan_list_page(scratch.store, NULL, PLAN_STATUS_COUNT, &(struct page){.limit = 5}, join_plan, text, &more));
    CHECK_OK(plan_scheduled_each(scratch.store, NULL, join_plan, text));
    CHECK_TEXT(text, "");
    CHECK_OK(plan_active_ids(scratch.store, NULL, &ids, &count));
    CHECK(count == 0);
    free(ids);
    CHECK(has_plan(-one.id));
    CHECK_OK(device_delete(scratch.store, device));
    CHECK(verification_find(scratch.store, one.id, &found) == E_NOT_FOUND && !has_plan(-one.id));
    struct verification two = verify("pk1", package, scratch_device(&scratch, "pk1", "B"), 2000);
    CHECK_OK(product_delete(scratch.store, "pk1"));
    CHECK(!has_plan(-two.id));
    scratch_close(&scratch);
}

int main(void)
{
    static const struct test_case cases[] = {{"clocks", test_clocks},
                                             {"times of a plan", test_times_of_a_plan},
                                             {"scheduled plans", test_scheduled},
                                             {"order of activation", test_order_of_activation},
                                             {"verifications", test_verifications},
                                             {"a verification is no plan", test_verification_is_no_plan},
                                             {0}};
    return suite_run("store: what depends on time", cases);
}
