/* The time for which a user says yes (behaviour.md, 6): which are taken, when the device is notified. */
#include "app/consent.h"

#include "base/instant.h"
#include "fake_user.h"
#include "support/suite.h"

static const int64_t minute = 60000;
static const int64_t tick = 10 * 60000LL;

static struct house house;

static void open_house(void)
{
    house_open(&house, 100);
    house_set_clock(&house, "2027-03-01T10:01:00Z");
}

struct window_row {
    const char *name;
    const char *zone;
    const char *now;
    const char *from;
    const char *to;
    const char *first; /* the tick that notifies; NULL: the confirm itself */
};

static void test_windows(void)
{
    static const struct window_row rows[] = {
        {"Berlin, winter", "Europe/Berlin", "2027-03-01T10:01:00Z", "2027-03-01T13:05", "2027-03-01T14:05",
         "2027-03-01T12:10:00Z"},
        {"Berlin, on a tick", "Europe/Berlin", "2027-03-01T10:01:00Z", "2027-03-01T13:00", "2027-03-01T14:00",
         "2027-03-01T12:00:00Z"},
        {"Berlin, summer", "Europe/Berlin", "2027-07-01T10:01:00Z", "2027-07-01T13:05", "2027-07-01T14:05",
         "2027-07-01T11:10:00Z"},
        {"Berlin, an hour that is not", "Europe/Berlin", "2027-03-27T10:01:00Z", "2027-03-28T02:30", NULL,
         "2027-03-28T01:30:00Z"},
        {"Shanghai", "Asia/Shanghai", "2027-03-01T10:01:00Z", "2027-03-01T22:30", "2027-03-01T23:30",
         "2027-03-01T14:30:00Z"},
        {"from alone", "UTC", "2027-03-01T10:01:00Z", "2027-03-02T00:00", NULL, "2027-03-02T00:00:00Z"},
        {"to alone", "UTC", "2027-03-01T10:01:00Z", NULL, "2027-03-01T11:01", NULL},
        {"from is past", "UTC", "2027-03-01T10:01:00Z", "2027-03-01T09:30", "2027-03-01T10:30", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct window_row *row = &rows[i];
        struct plan plan;
        int64_t now = 0;
        int64_t first = 0;
        house_open(&house, 100);
        house_set_clock(&house, row->now);
        user_init_plan(&house, &plan, "2", row->zone);
        (void)house_plan_start(&house, &plan, NULL);
        int64_t device = house_device(&house, "DK1", "C0", "1");
        CHECK_ROW(row->name, user_confirm(&house, "DK1", row->from, row->to) == OK);
        CHECK_ROW(row->name, house_notifies(&house, device) == (row->first == NULL ? 1 : 0));
        if (row->first != NULL) {
            CHECK_ROW(row->name, instant_parse(row->now, &now) == OK && instant_parse(row->first, &first) == OK);
            house_pass(&house, first - now - 1);
            CHECK_ROW(row->name, house_notifies(&house, device) == 0);
            house_pass(&house, 1);
            CHECK_ROW(row->name, house_notifies(&house, device) == 1);
        }
        house_close(&house);
    }
}

/* The end is exclusive: who comes when it is over gets nothing, and may be asked again. */
static void test_window_over(void)
{
    open_house();
    int64_t plan = user_start_plan(&house, "2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    app_device_offline(house.app, device);
    CU_ASSERT_EQUAL(user_confirm(&house, "DK1", "2027-03-01T10:00", "2027-03-01T11:00"), OK);
    house_pass(&house, 59 * minute); /* 11:00 */
    (void)house_device(&house, "DK1", "C0", "1");
    house_pass(&house, 3 * tick);
    CU_ASSERT_EQUAL(house.order_count, 0);
    house_expect_device(&house, plan, "DK1", "nonUpgraded", "userConfirmed");
    CU_ASSERT_EQUAL(user_waiting_plan(&house, "DK1"), plan);
    CU_ASSERT_EQUAL(user_confirm(&house, "DK1", NULL, NULL), OK);
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    house_close(&house);
}

/* 1 ms before the end it is still within. */
static void test_window_just_in_time(void)
{
    open_house();
    (void)user_start_plan(&house, "2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    app_device_offline(house.app, device);
    CU_ASSERT_EQUAL(user_confirm(&house, "DK1", "2027-03-01T10:00", "2027-03-01T11:00"), OK);
    house_pass(&house, 59 * minute - 1);
    (void)house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    house_close(&house);
}

static bool has(const struct violations *violations, const char *pointer)
{
    for (size_t i = 0; i < violations->count; i++) {
        if (strcmp(violations->items[i].pointer, pointer) == 0) {
            return true;
        }
    }
    return false;
}

/* At 10:01 in a plan from 10:00 to 18:00, all UTC. */
static void test_times_refused(void)
{
    static const struct {
        const char *name;
        const char *from;
        const char *to;
        const char *pointer; /* NULL: taken */
    } rows[] = {{"no local date-time", "tomorrow", NULL, "/from"},
                {"no local date-time", NULL, "2027-03-01", "/to"},
                {"with an offset", "2027-03-01T12:00Z", NULL, "/from"},
                {"with an offset", NULL, "2027-03-01T12:00+01:00", "/to"},
                {"no such day", "2027-02-29T12:00", NULL, "/from"},
                {"less than an hour", "2027-03-01T12:00", "2027-03-01T12:59:59", "/to"},
                {"an hour", "2027-03-01T12:00", "2027-03-01T13:00", NULL},
                {"the wrong order", "2027-03-01T12:00", "2027-03-01T11:00", "/to"},
                {"less than an hour from now", NULL, "2027-03-01T11:00:59", "/to"},
                {"an hour from now", NULL, "2027-03-01T11:01", NULL},
                {"over already", "2027-03-01T08:00", "2027-03-01T10:01", "/to"},
                {"over a moment ago", NULL, "2027-03-01T10:00:59", "/to"},
                {"from before the planned start", "2027-03-01T09:59", NULL, "/from"},
                {"from the planned start", "2027-03-01T10:00", NULL, NULL},
                {"to the planned end", "2027-03-01T17:00", "2027-03-01T18:00", NULL},
                {"to after the planned end", "2027-03-01T16:00", "2027-03-01T18:00:01", "/to"},
                {"from after the planned end", "2027-03-01T18:01", NULL, "/from"},
                {"less than an hour before the planned end", "2027-03-01T17:00:01", NULL, "/from"},
                {"an hour before the planned end", "2027-03-01T17:00", NULL, NULL}};
    open_house();
    int64_t plan = user_start_planned(&house, "2", "2027-03-01T10:00", "2027-03-01T18:00");
    int64_t device = house_device(&house, "DK1", "C0", "1");
    app_device_offline(house.app, device);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct violations violations = {0};
        enum status status = app_upgrade_confirm(house.app, "pk1", "DK1", rows[i].from, rows[i].to, &violations);
        CHECK_ROW(rows[i].name, status == (rows[i].pointer == NULL ? OK : E_RULE));
        CHECK_ROW(rows[i].name, rows[i].pointer == NULL ? violations.count == 0 : has(&violations, rows[i].pointer));
    }
    struct violations both = {0};
    CU_ASSERT_EQUAL(app_upgrade_confirm(house.app, "pk1", "DK1", "a", "b", &both), E_RULE);
    CU_ASSERT_TRUE(both.count == 2 && has(&both, "/from") && has(&both, "/to"));
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_ACTIVATED);
    house_close(&house);
}

/* What was refused changes nothing: the first yes still stands. */
static void test_refused_time_changes_nothing(void)
{
    open_house();
    (void)user_start_plan(&house, "2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(user_confirm(&house, "DK1", "2027-03-01T12:00", NULL), OK);
    CU_ASSERT_EQUAL(user_confirm(&house, "DK1", "2027-03-01T10:00", "2027-03-01T10:30"), E_RULE);
    CU_ASSERT_EQUAL(house.order_count, 0);
    house_pass(&house, 119 * minute);
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    house_close(&house);
}

static void test_second_yes_replaces(void)
{
    open_house();
    int64_t plan = user_start_plan(&house, "2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    app_device_offline(house.app, device);
    CU_ASSERT_EQUAL(user_confirm(&house, "DK1", NULL, "2027-03-01T12:00"), OK);
    CU_ASSERT_EQUAL(user_confirm(&house, "DK1", "2027-03-02T00:00", NULL), OK); /* later after all, and without end */
    (void)house_device(&house, "DK1", "C0", "1");
    house_pass(&house, 3 * tick);
    CU_ASSERT_EQUAL(house.order_count, 0);
    CU_ASSERT_EQUAL(user_confirm(&house, "DK1", NULL, NULL), OK); /* now after all */
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    CU_ASSERT_EQUAL(house_log_count(&house, plan, "DK1", LOG_CONFIRMED), 3);
    house_close(&house);
}

int main(void)
{
    static const struct test_case cases[] = {{"windows", test_windows},
                                             {"window over", test_window_over},
                                             {"window just in time", test_window_just_in_time},
                                             {"times refused", test_times_refused},
                                             {"a refused time changes nothing", test_refused_time_changes_nothing},
                                             {"a second yes replaces", test_second_yes_replaces},
                                             {0}};
    return suite_run("consent window", cases);
}
