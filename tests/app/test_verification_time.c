/* Firmware verifications (behaviour.md, 2 and 10): their 60 minutes of the product's clock, what they are to the plans
 * of the device, to lists and to packages. */
#include "app/verifications.h"

#include <stdio.h>

#include "app/catalog.h"
#include "app/clock.h"
#include "base/instant.h"
#include "fake_user.h"
#include "fake_verification.h"
#include "support/suite.h"

static const int64_t minute = 60000;
static const int64_t hour = 60 * 60000LL;

static struct house house;
static int64_t package; /* of an MCU, to "2" */

static void open_house(void)
{
    house_open(&house, 100);
    house_set_clock(&house, "2027-03-01T10:01:00Z");
    package = house_mcu_package(&house, "2");
}

static struct verification find(int64_t id)
{
    struct verification verification = {0};
    CU_ASSERT_EQUAL_FATAL(app_verification_find(house.app, package, id, &verification), OK);
    return verification;
}

/* Started long ago enough: the last millisecond of the hour is still in time. */
static void expect_last_millisecond(const char *row, int64_t id)
{
    house_pass(&house, 60 * minute - 1);
    CHECK_ROW(row, find(id).status == VERIFICATION_RUNNING);
    house_pass(&house, 1);
    struct verification verification = find(id);
    CHECK_ROW(row, verification.status == VERIFICATION_FAILED && verification.reason == REASON_TIMEOUT);
    CHECK_ROW(row, verification.ended_at.at == verification.deadline);
}

/* --- 60 minutes ------------------------------------------------------------------------------------------------- */

static void test_sixty_minutes(void)
{
    static const struct {
        const char *name;
        int reports; /* how many of 1, 2, 4, 5, 8, 9 come before it falls silent */
        bool offline;
    } rows[] = {{"no answer", 0, false},
                {"received", 1, false},
                {"confirmed", 2, false},
                {"downloading", 4, false},
                {"installing", 6, false},
                {"offline without an answer", 0, true},
                {"offline, has received", 1, true},
                {"offline, installing", 6, true}};
    static const int statuses[] = {1, 2, 4, 5, 8, 9};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        open_house();
        int64_t device = house_device(&house, "DK1", "C0", "1");
        int64_t id = verification_started(&house, package, "DK1");
        for (int k = 0; k < rows[i].reports; k++) {
            house_status(&house, device, statuses[k], "C0", NULL);
        }
        if (rows[i].offline) {
            app_device_offline(house.app, device);
        }
        expect_last_millisecond(rows[i].name, id);
        CHECK_ROW(rows[i].name, house.changed_plan_id == -id && strcmp(house.changed_device, "DK1") == 0);
        house_close(&house);
    }
}

/* Unlike an attempt's timeout it is not put off by what the device reports. */
static void test_reports_do_not_put_it_off(void)
{
    open_house();
    int64_t device = house_device(&house, "DK1", "C0", "1");
    int64_t id = verification_started(&house, package, "DK1");
    house_status(&house, device, 1, "C0", NULL);
    house_pass(&house, 30 * minute);
    house_status(&house, device, 2, "C0", NULL);
    for (int i = 0; i < 29; i++) {
        house_pass(&house, minute);
        house_status(&house, device, 5, "C0", NULL);
    }
    verification_expect(&house, package, id, "running", "");
    house_pass(&house, minute);
    verification_expect(&house, package, id, "failed", "timeout");
    house_status(&house, device, 11, "C0", "2"); /* too late */
    verification_expect(&house, package, id, "failed", "timeout");
    house_close(&house);
}

struct hearing {
    int64_t id;
    int64_t at;
    int timeouts;
};

static void hear(void *context, enum status status, const struct advance_result *result)
{
    struct hearing *hearing = context;
    CU_ASSERT_EQUAL_FATAL(status, OK);
    for (size_t i = 0; i < result->fired_count; i++) {
        if (result->fired[i].kind == FIRED_VERIFICATION_TIMEOUT) {
            hearing->timeouts++;
            hearing->id = result->fired[i].id;
            hearing->at = result->fired[i].at;
            CU_ASSERT_STRING_EQUAL(result->fired[i].device_key, "DK1");
        }
        CU_ASSERT_NOT_EQUAL(result->fired[i].kind, FIRED_TIMEOUT);
    }
}

/* One jump over it: it fails at its own instant, once, and the advance tells. */
static void test_jump(void)
{
    struct hearing hearing = {0};
    open_house();
    int64_t device = house_device(&house, "DK1", "C0", "1");
    int64_t id = verification_started(&house, package, "DK1");
    house_status(&house, device, 2, "C0", NULL);
    CU_ASSERT_EQUAL(app_clock_advance(house.app, "pk1", true, 5 * hour, hear, &hearing), OK);
    struct verification verification = find(id);
    CU_ASSERT_TRUE(hearing.timeouts == 1 && hearing.id == id && hearing.at == verification.created_at + hour);
    CU_ASSERT_TRUE(verification.ended_at.known && verification.ended_at.at == verification.created_at + hour);
    verification_expect(&house, package, id, "failed", "timeout");
    house_close(&house);
}

/* A clock that runs by itself. */
static void test_running_clock(void)
{
    house_open(&house, 100);
    package = house_mcu_package(&house, "2");
    (void)house_device(&house, "DK1", "C0", "1");
    int64_t id = verification_started(&house, package, "DK1");
    house_advance(&house, hour - 1);
    verification_expect(&house, package, id, "running", "");
    house_advance(&house, 1);
    verification_expect(&house, package, id, "failed", "timeout");
    CU_ASSERT_EQUAL(find(id).ended_at.at, find(id).created_at + hour);
    house_close(&house);
}

static void test_restart(void)
{
    open_house();
    (void)house_device(&house, "DK1", "C0", "1");
    int64_t id = verification_started(&house, package, "DK1");
    house_pass(&house, 20 * minute);
    house_reopen(&house);
    house_pass(&house, 40 * minute - 1);
    verification_expect(&house, package, id, "running", "");
    house_pass(&house, 1);
    verification_expect(&house, package, id, "failed", "timeout");
    house_close(&house);
}

/* It ran out while the server was down. */
static void test_ran_out_meanwhile(void)
{
    house_open(&house, 100);
    package = house_mcu_package(&house, "2");
    (void)house_device(&house, "DK1", "C0", "1");
    int64_t id = verification_started(&house, package, "DK1");
    house.now += 2 * hour;
    house_reopen(&house);
    house_advance(&house, minute);
    verification_expect(&house, package, id, "failed", "timeout");
    house_close(&house);
}

/* What a clock is set to says nothing about the time that it has run: it starts anew. */
static void test_set_clock(void)
{
    static const struct {
        const char *name;
        const char *now; /* NULL: the product's own clock is dropped */
    } rows[] = {{"forward, far beyond", "2027-05-01T00:00:00Z"},
                {"forward a little", "2027-03-01T10:52:00Z"},
                {"back", "2026-01-01T00:00:00Z"},
                {"the server's again", NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        open_house();
        (void)house_device(&house, "DK1", "C0", "1");
        int64_t id = verification_started(&house, package, "DK1");
        house_pass(&house, 50 * minute);
        int64_t now = house.now;
        if (rows[i].now != NULL) {
            house_set_clock(&house, rows[i].now);
            CU_ASSERT_EQUAL(instant_parse(rows[i].now, &now), OK);
        } else {
            CU_ASSERT_EQUAL(app_clock_drop(house.app, "pk1"), OK);
        }
        CHECK_ROW(rows[i].name, find(id).status == VERIFICATION_RUNNING && find(id).deadline == now + hour);
        expect_last_millisecond(rows[i].name, id);
        house_close(&house);
    }
}

/* One that has ended keeps its deadline, and another product's clock is none of its business. */
static void test_clocks_of_others(void)
{
    struct product product = {.key = "pk2", .secret = "s", .name = "n"};
    struct violations violations = {0};
    struct clock_view view;
    struct maybe_instant later = {.known = true};
    open_house();
    CU_ASSERT_EQUAL(app_product_create(house.app, &product, &violations), OK);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    int64_t first = verification_started(&house, package, "DK1");
    house_upgrade(&house, device, "2");
    house_report(&house, device, "C0", "1"); /* flashed back by hand */
    int64_t second = verification_started(&house, package, "DK1");
    int64_t deadline = find(second).deadline;
    later.at = deadline + hour;
    CU_ASSERT_EQUAL(app_clock_set(house.app, "pk2", CLOCK_MANUAL, later, &view), OK);
    CU_ASSERT_EQUAL(app_clock_set(house.app, NULL, CLOCK_MANUAL, later, &view), OK);
    CU_ASSERT_TRUE(find(second).status == VERIFICATION_RUNNING && find(second).deadline == deadline);
    house_set_clock(&house, "2027-03-02T00:00:00Z");
    CU_ASSERT_TRUE(find(second).deadline > deadline);
    CU_ASSERT_EQUAL(find(first).deadline, deadline);
    house_close(&house);
}

/* --- plans ------------------------------------------------------------------------------------------------------ */

static void count_list(void *context, const struct plan *plan)
{
    CU_ASSERT_TRUE(plan->id > 0);
    ++*(int *)context;
}

static int plans_listed(const char *product_key, enum plan_status status, const char *query)
{
    int count = 0;
    bool more = true;
    struct page page = {.limit = LIMIT_PAGE, .query = query};
    CU_ASSERT_EQUAL(app_plans_list(house.app, product_key, status, &page, count_list, &count, &more), OK);
    return count;
}

static void keep_active_plan(void *context, const struct device_view *view)
{
    *(struct maybe_int *)context = view->active_plan_id;
}

/* No list of plans, no device and no evaluation knows it. */
static void test_is_no_plan(void)
{
    struct maybe_int active = {0};
    struct evaluation result;
    open_house();
    int64_t device = house_device(&house, "DK1", "C0", "1");
    int64_t id = verification_started(&house, package, "DK1");
    for (enum plan_status status = PLAN_SAVED; status <= PLAN_STATUS_COUNT; status++) {
        CU_ASSERT_EQUAL(plans_listed(NULL, status, NULL) + plans_listed("pk1", status, NULL), 0);
    }
    CU_ASSERT_EQUAL(plans_listed(NULL, PLAN_STATUS_COUNT, "verification"), 0);
    CU_ASSERT_EQUAL(app_device_view(house.app, "pk1", "DK1", keep_active_plan, &active), OK);
    CU_ASSERT_FALSE(active.known);
    CU_ASSERT_EQUAL(user_waiting_plan(&house, "DK1"), 0);
    CU_ASSERT_EQUAL(app_evaluate(house.app, "pk1", &result), OK);
    CU_ASSERT_TRUE(result.devices_checked == 1 && result.notified == 0);
    for (enum reason reason = REASON_NONE; reason < REASON_COUNT; reason++) {
        CU_ASSERT_EQUAL(result.skipped[reason], 0);
    }
    house_upgrade(&house, device, "2");
    verification_expect(&house, package, id, "succeeded", "");
    CU_ASSERT_EQUAL(plans_listed(NULL, PLAN_STATUS_COUNT, NULL), 0);
    house_close(&house);
}

static const char *last_target(void)
{
    const struct order *order = &house.orders[house.order_count - 1];
    return house.order_count > 0 && order->is_notify ? order->notify.tasks[0].target_version : "";
}

enum ending { BY_STATUS, BY_VERSION, BY_FAILURE, BY_REFUSAL, BY_TIME, ENDINGS };

static void end_it(enum ending ending, int64_t device)
{
    house_status(&house, device, 1, "C0", NULL);
    if (ending == BY_REFUSAL) {
        house_status(&house, device, 3, "C0", NULL);
        return;
    }
    house_status(&house, device, 2, "C0", NULL);
    if (ending == BY_STATUS) {
        house_status(&house, device, 11, "C0", "2");
    } else if (ending == BY_VERSION) {
        house_report(&house, device, "C0", "2");
    } else if (ending == BY_FAILURE) {
        house_status(&house, device, 6, "C0", NULL);
    } else {
        house_pass(&house, 35 * minute);
    }
}

/* A plan that waits for the device gets nothing through meanwhile, and comes right after it however it ended: after a
 * status at once, otherwise when the device must be idle; no tick is needed. */
static void test_waiting_plan(void)
{
    static const char *const names[ENDINGS] = {"by status", "by version", "by failure", "by refusal", "by time"};
    struct evaluation result;
    for (enum ending ending = BY_STATUS; ending < ENDINGS; ending++) {
        open_house();
        int64_t next = house_mcu_package(&house, "3");
        int64_t device = house_device(&house, "DK1", "C0", "1");
        int64_t id = verification_started(&house, package, "DK1");
        house_status(&house, device, 1, "C0", NULL);
        int64_t plan = house_plan(&house, "p", &next, 1, NULL, NULL);
        house_pass(&house, 25 * minute); /* 10:26 */
        house_request(&house, device);
        CHECK_ROW(names[ending], app_evaluate(house.app, "pk1", &result) == OK);
        CHECK_ROW(names[ending], result.notified == 0 && result.skipped[REASON_NOT_BUSY] == 1);
        app_device_offline(house.app, device);
        (void)house_device(&house, "DK1", "C0", "1");
        CHECK_ROW(names[ending], strcmp(last_target(), "2") == 0);
        house_expect_device(&house, plan, "DK1", "nonUpgraded", "notBusy");
        CHECK_ROW(names[ending], house_log_count(&house, plan, "DK1", LOG_SKIPPED) == 1);
        end_it(ending, device);
        CHECK_ROW(names[ending], find(id).status != VERIFICATION_RUNNING);
        if (ending == BY_STATUS) {
            CHECK_ROW(names[ending], strcmp(last_target(), "3") == 0);
        } else {
            house_advance(&house, LIMIT_SETTLE_MS);
        }
        CHECK_ROW(names[ending], strcmp(last_target(), "3") == 0);
        house_expect_device(&house, plan, "DK1", "inUpgrade", "");
        house_upgrade(&house, device, "3");
        house_expect_device(&house, plan, "DK1", "upgraded", "");
        house_close(&house);
    }
}

/* Whatever the lists and times of plans say about the device, and in whichever state they are. */
static void test_plans_do_not_matter(void)
{
    static const char *const keys[] = {"DK1"};
    struct key_list black = {.keys = keys, .count = 1};
    struct violations violations = {0};
    struct plan plan;
    open_house();
    int64_t device = house_device(&house, "DK1", "C0", "1");
    house_plan_init(&house, &plan, "blacklists it", package);
    CU_ASSERT_EQUAL_FATAL(app_plan_save(house.app, &plan, NULL, &black, &violations), OK);
    CU_ASSERT_EQUAL(app_plan_activate(house.app, plan.id), OK);
    plan_finish(&plan);
    house_plan_init(&house, &plan, "closed", package);
    plan.push_period = (struct push_period){.set = true, .start_hour = 20, .end_hour = 21};
    house_set_planned(&plan.planned_start, "2027-06-01T00:00");
    int64_t closed = house_plan_start(&house, &plan, NULL);
    int64_t elsewhere = house_plan(&house, "others", &package, 1, NULL, "DK9");
    CU_ASSERT_EQUAL(app_plan_terminate(house.app, elsewhere), OK);
    int64_t id = verification_started(&house, package, "DK1");
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    house_upgrade(&house, device, "2");
    verification_expect(&house, package, id, "succeeded", "");
    house_expect_device(&house, closed, "DK1", "nonUpgraded", "plannedTime"); /* nor does it matter to them */
    house_close(&house);
}

/* --- lists, packages, devices ----------------------------------------------------------------------------------- */

struct ids {
    char words[64];
    char last[24];
};

static void join_id(void *context, const struct verification *verification)
{
    struct ids *ids = context;
    size_t used = strlen(ids->words);
    (void)snprintf(ids->words + used, sizeof ids->words - used, "%lld:%s ", (long long)verification->id,
                   verification->device_key);
    (void)snprintf(ids->last, sizeof ids->last, "%lld", (long long)verification->id);
}

static void test_lists(void)
{
    struct verification verification;
    struct ids ids = {0};
    struct page page = {.limit = 2};
    bool more = false;
    open_house();
    int64_t other = house_mcu_package(&house, "3");
    (void)house_device(&house, "DK1", "C0", "1");
    (void)house_device(&house, "DK2", "C0", "1");
    (void)house_device(&house, "DK3", "C0", "1");
    (void)house_device(&house, "DK4", "C0", "1");
    int64_t first = verification_started(&house, package, "DK3");
    int64_t foreign = verification_started(&house, other, "DK4");
    (void)verification_started(&house, package, "DK1");
    (void)verification_started(&house, package, "DK2");
    CU_ASSERT_EQUAL(app_verifications_list(house.app, package, &page, join_id, &ids, &more), OK);
    CU_ASSERT_STRING_EQUAL(ids.words, "1:DK3 3:DK1 ");
    CU_ASSERT_TRUE(more);
    char after[24];
    (void)snprintf(after, sizeof after, "%s", ids.last);
    page.after = after;
    CU_ASSERT_EQUAL(app_verifications_list(house.app, package, &page, join_id, &ids, &more), OK);
    CU_ASSERT_STRING_EQUAL(ids.words, "1:DK3 3:DK1 4:DK2 ");
    CU_ASSERT_FALSE(more);
    CU_ASSERT_EQUAL(verification_count(&house, other), 1);
    CU_ASSERT_EQUAL(app_verification_find(house.app, other, first, &verification), E_NOT_FOUND);
    CU_ASSERT_EQUAL(app_verification_find(house.app, package, foreign, &verification), E_NOT_FOUND);
    CU_ASSERT_EQUAL(app_verification_find(house.app, package, 99, &verification), E_NOT_FOUND);
    CU_ASSERT_EQUAL(app_verifications_list(house.app, 99, &page, join_id, &ids, &more), E_NOT_FOUND);
    house_close(&house);
}

/* In use while it runs; afterwards it goes, and its verifications with it. */
static void test_package_in_use(void)
{
    struct verification verification;
    struct package found = {0};
    open_house();
    int64_t device = house_device(&house, "DK1", "C0", "1");
    int64_t id = verification_started(&house, package, "DK1");
    CU_ASSERT_EQUAL(app_package_delete(house.app, package), E_STATE);
    house_status(&house, device, 2, "C0", NULL);
    CU_ASSERT_EQUAL(app_package_delete(house.app, package), E_STATE);
    house_status(&house, device, 11, "C0", "2");
    verification_expect(&house, package, id, "succeeded", "");
    CU_ASSERT_EQUAL(app_package_delete(house.app, package), OK);
    CU_ASSERT_EQUAL(app_package_find(house.app, package, &found), E_NOT_FOUND);
    CU_ASSERT_EQUAL(app_verification_find(house.app, package, id, &verification), E_NOT_FOUND);
    house_close(&house);
}

/* A device that is deleted takes its verification along: the package is free, and nothing fires. */
static void test_device_deleted(void)
{
    open_house();
    (void)house_device(&house, "DK1", "C0", "1");
    (void)verification_started(&house, package, "DK1");
    CU_ASSERT_EQUAL(app_device_delete(house.app, "pk1", "DK1"), OK);
    CU_ASSERT_EQUAL(verification_count(&house, package), 0);
    struct hearing hearing = {0};
    CU_ASSERT_EQUAL(app_clock_advance(house.app, "pk1", true, 2 * hour, hear, &hearing), OK);
    CU_ASSERT_EQUAL(hearing.timeouts, 0);
    CU_ASSERT_EQUAL(app_package_delete(house.app, package), OK);
    house_close(&house);
}

int main(void)
{
    static const struct test_case cases[] = {{"sixty minutes", test_sixty_minutes},
                                             {"reports do not put it off", test_reports_do_not_put_it_off},
                                             {"a jump", test_jump},
                                             {"a running clock", test_running_clock},
                                             {"a restart", test_restart},
                                             {"ran out meanwhile", test_ran_out_meanwhile},
                                             {"the clock is set", test_set_clock},
                                             {"clocks of others", test_clocks_of_others},
                                             {"is no plan", test_is_no_plan},
                                             {"the waiting plan", test_waiting_plan},
                                             {"plans do not matter", test_plans_do_not_matter},
                                             {"lists", test_lists},
                                             {"a package in use", test_package_in_use},
                                             {"a device is deleted", test_device_deleted},
                                             {0}};
    return suite_run("verification time", cases);
}
