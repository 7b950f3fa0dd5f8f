/* Manual mode as the app of a device's user sees it (behaviour.md, 6). */
#include "app/consent.h"

#include <stdlib.h>

#include "app/catalog.h"
#include "base/instant.h"
#include "base/text.h"
#include "fake_house.h"
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

static int64_t package_of(const char *target)
{
    return house_package(&house, target, COMPONENT_MCU, target, 1);
}

/* A plan in manual mode to version `target`, in `zone`, not stored yet. */
static void init_plan(struct plan *plan, const char *target, const char *zone)
{
    static const struct upgrade_text texts[] = {{"zh", "\xe5\xa5\xbd"}, {"en", "better"}, {"de", "besser"}};
    house_plan_init(&house, plan, target, package_of(target));
    plan->mode = PLAN_MANUAL;
    text_copy_cut(plan->time_zone, sizeof plan->time_zone, zone);
    plan->texts = calloc(3, sizeof *plan->texts);
    CU_ASSERT_PTR_NOT_NULL_FATAL(plan->texts);
    memcpy(plan->texts, texts, sizeof texts);
    plan->text_count = 3;
}

static int64_t start_plan(const char *target, const char *whitelisted)
{
    struct plan plan;
    init_plan(&plan, target, "UTC");
    return house_plan_start(&house, &plan, whitelisted);
}

static void set_planned(struct planned_moment *moment, const char *local)
{
    moment->set = true;
    text_copy_cut(moment->local, sizeof moment->local, local);
}

static int64_t start_planned(const char *target, const char *start, const char *end)
{
    struct plan plan;
    init_plan(&plan, target, "UTC");
    if (start != NULL) {
        set_planned(&plan.planned_start, start);
    }
    if (end != NULL) {
        set_planned(&plan.planned_end, end);
    }
    return house_plan_start(&house, &plan, NULL);
}

/* What the app shows. */
struct shown {
    int64_t plan_id;
    size_t texts;
    char english[32];
    char source[LIMIT_VERSION + 1];
    char target[LIMIT_VERSION + 1];
    bool at_target;
    bool confirmed;
};

static void keep_shown(void *context, const struct waiting_plan *waiting)
{
    struct shown *shown = context;
    shown->plan_id = waiting->plan->id;
    shown->texts = waiting->plan->text_count;
    for (size_t i = 0; i < waiting->plan->text_count; i++) {
        if (strcmp(waiting->plan->texts[i].language, "en") == 0) {
            text_copy_cut(shown->english, sizeof shown->english, waiting->plan->texts[i].text);
        }
    }
    const char *source = waiting->source_version[0];
    text_copy_cut(shown->source, sizeof shown->source, source != NULL ? source : "?");
    text_copy_cut(shown->target, sizeof shown->target, waiting->target_version[0]);
    shown->at_target = waiting->at_target[0];
    shown->confirmed = waiting->standing->user_confirmed;
}

/* The id of the plan that waits for the device; 0: none, and then neither yes nor no is taken. */
static int64_t waiting_plan(const char *device_key)
{
    struct shown shown = {0};
    enum status status = app_upgrade_waiting(house.app, "pk1", device_key, keep_shown, &shown);
    if (status == OK) {
        return shown.plan_id;
    }
    struct violations violations = {0};
    CU_ASSERT_EQUAL(status, E_STATE);
    CU_ASSERT_EQUAL(app_upgrade_confirm(house.app, "pk1", device_key, NULL, NULL, &violations), E_STATE);
    CU_ASSERT_EQUAL(app_upgrade_decline(house.app, "pk1", device_key), E_STATE);
    return 0;
}

static enum status confirm_for(const char *device_key, const char *from, const char *to)
{
    struct violations violations = {0};
    return app_upgrade_confirm(house.app, "pk1", device_key, from, to, &violations);
}

static void expect_device(int64_t plan, const char *device_key, const char *status, const char *reason)
{
    CHECK_ROW(device_key, strcmp(house_status_of(&house, plan, device_key), status) == 0);
    CHECK_ROW(device_key, strcmp(house_reason_of(&house, plan, device_key), reason) == 0);
}

/* --- who waits -------------------------------------------------------------------------------------------------- */

static void test_texts(void)
{
    struct shown shown = {0};
    open_house();
    int64_t plan = start_plan("2", NULL);
    (void)house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(app_upgrade_waiting(house.app, "pk1", "DK1", keep_shown, &shown), OK);
    CU_ASSERT_TRUE(shown.plan_id == plan && shown.texts == 3 && !shown.confirmed && !shown.at_target);
    CU_ASSERT_STRING_EQUAL(shown.english, "better");
    CU_ASSERT_STRING_EQUAL(shown.source, "1");
    CU_ASSERT_STRING_EQUAL(shown.target, "2");
    CU_ASSERT_EQUAL(app_upgrade_waiting(house.app, "pk1", "DK9", keep_shown, &shown), E_NOT_FOUND);
    CU_ASSERT_EQUAL(app_upgrade_waiting(house.app, "pk9", "DK1", keep_shown, &shown), E_NOT_FOUND);
    CU_ASSERT_EQUAL(confirm_for("DK9", NULL, NULL), E_NOT_FOUND);
    CU_ASSERT_EQUAL(app_upgrade_decline(house.app, "pk1", "DK9"), E_NOT_FOUND);
    house_close(&house);
}

/* Nothing goes to the device on its own: no connect, no request, no tick, no evaluation. */
static void test_nothing_before_yes(void)
{
    open_house();
    int64_t plan = start_plan("2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    house_request(&house, device);
    house_pass(&house, 3 * tick);
    house_evaluate(&house);
    CU_ASSERT_EQUAL(house.order_count, 0);
    expect_device(plan, "DK1", "nonUpgraded", "userConfirmed");
    CU_ASSERT_EQUAL(house_log_count(&house, plan, "DK1", LOG_SKIPPED), 1);
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_ACTIVATED);
    CU_ASSERT_EQUAL(waiting_plan("DK1"), plan);
    house_close(&house);
}

/* What is no condition for waiting: the link, battery, push period, another upgrade. */
static void test_waits_all_the_same(void)
{
    struct plan plan;
    struct status_report low = {.battery = {true, 1}};
    open_house();
    int64_t device = house_device(&house, "DK1", "C0", "1");
    int64_t silent_package = package_of("9");
    (void)house_plan(&house, "silent", &silent_package, 1, NULL, NULL);
    init_plan(&plan, "2", "UTC");
    plan.push_period = (struct push_period){.set = true, .start_hour = 0, .end_hour = 1};
    int64_t id = house_plan_start(&house, &plan, NULL);
    house_request(&house, device);
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1); /* busy with the silent one */
    CU_ASSERT_EQUAL(app_device_status(house.app, device, &low), OK);
    CU_ASSERT_EQUAL(waiting_plan("DK1"), id);
    app_device_offline(house.app, device);
    CU_ASSERT_EQUAL(waiting_plan("DK1"), id);
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
        set_planned(&plan->planned_start, "2027-03-01T10:02");
    }
    if (hindrance == ENDED) {
        set_planned(&plan->planned_end, "2027-03-01T10:00");
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
        CU_ASSERT_EQUAL(confirm_for("DK1", NULL, NULL), OK);
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
        init_plan(&plan, "2", "UTC");
        hinder(hindrance, &plan, &device);
        CHECK_ROW(names[hindrance], waiting_plan("DK1") == (hindrance == NOTHING ? plan.id : 0));
        app_device_offline(house.app, device);
        CHECK_ROW(names[hindrance], waiting_plan("DK1") == (hindrance == NOTHING ? plan.id : 0));
        plan_finish(&plan);
        house_close(&house);
    }
}

static void test_first_in_order_of_activation(void)
{
    struct plan older;
    struct violations violations = {0};
    open_house();
    init_plan(&older, "2", "UTC");
    CU_ASSERT_EQUAL(app_plan_save(house.app, &older, NULL, NULL, &violations), OK);
    int64_t first = start_plan("3", NULL);
    CU_ASSERT_EQUAL(app_plan_activate(house.app, older.id), OK);
    (void)house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(waiting_plan("DK1"), first);
    CU_ASSERT_EQUAL(app_upgrade_decline(house.app, "pk1", "DK1"), OK);
    expect_device(first, "DK1", "failed", "declined");
    CU_ASSERT_EQUAL(waiting_plan("DK1"), older.id);
    CU_ASSERT_EQUAL(confirm_for("DK1", NULL, NULL), OK);
    expect_device(older.id, "DK1", "inUpgrade", "");
    CU_ASSERT_EQUAL(waiting_plan("DK1"), 0);
    plan_finish(&older);
    house_close(&house);
}

/* --- yes -------------------------------------------------------------------------------------------------------- */

static void test_yes_online(void)
{
    open_house();
    int64_t plan = start_plan("2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    int64_t other = house_device(&house, "DK2", "C0", "1");
    CU_ASSERT_EQUAL(confirm_for("DK1", NULL, NULL), OK);
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1); /* at once */
    CU_ASSERT_EQUAL(house_notifies(&house, other), 0);
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_UPGRADING);
    CU_ASSERT_EQUAL(waiting_plan("DK1"), 0); /* it runs: there is nothing to ask for */
    CU_ASSERT_EQUAL(house_log_count(&house, plan, "DK1", LOG_CONFIRMED), 1);
    house_upgrade(&house, device, "2");
    expect_device(plan, "DK1", "upgraded", "");
    CU_ASSERT_EQUAL(waiting_plan("DK1"), 0);
    house_close(&house);
}

static void test_yes_offline(void)
{
    struct shown shown = {0};
    open_house();
    int64_t plan = start_plan("2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    app_device_offline(house.app, device);
    CU_ASSERT_EQUAL(confirm_for("DK1", NULL, NULL), OK);
    house_pass(&house, 2 * tick);
    CU_ASSERT_EQUAL(house.order_count, 0);
    CU_ASSERT_EQUAL(app_upgrade_waiting(house.app, "pk1", "DK1", keep_shown, &shown), OK);
    CU_ASSERT_TRUE(shown.confirmed);
    house_reopen(&house); /* the yes is kept */
    (void)house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    expect_device(plan, "DK1", "inUpgrade", "");
    house_close(&house);
}

/* The other gates hold all the same. */
static void test_yes_opens_no_other_gate(void)
{
    struct status_report low = {.battery = {true, 1}};
    struct status_report full = {.battery = {true, 100}};
    open_house();
    int64_t plan = start_plan("2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(app_device_status(house.app, device, &low), OK);
    CU_ASSERT_EQUAL(confirm_for("DK1", NULL, NULL), OK);
    CU_ASSERT_EQUAL(house.order_count, 0);
    expect_device(plan, "DK1", "nonUpgraded", "battery");
    CU_ASSERT_EQUAL(app_device_status(house.app, device, &full), OK);
    house_pass(&house, tick);
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    house_close(&house);
}

static void test_yes_outside_the_push_period(void)
{
    struct plan plan;
    open_house();
    init_plan(&plan, "2", "UTC");
    plan.push_period = (struct push_period){.set = true, .start_hour = 12, .end_hour = 13};
    int64_t id = house_plan_start(&house, &plan, NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(confirm_for("DK1", NULL, NULL), OK);
    expect_device(id, "DK1", "nonUpgraded", "pushPeriod");
    house_pass(&house, 119 * minute - 1);
    CU_ASSERT_EQUAL(house.order_count, 0);
    house_pass(&house, 1); /* 12:00, where it opens, is a tick */
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    house_close(&house);
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
        init_plan(&plan, "2", row->zone);
        (void)house_plan_start(&house, &plan, NULL);
        int64_t device = house_device(&house, "DK1", "C0", "1");
        CHECK_ROW(row->name, confirm_for("DK1", row->from, row->to) == OK);
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
    int64_t plan = start_plan("2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    app_device_offline(house.app, device);
    CU_ASSERT_EQUAL(confirm_for("DK1", "2027-03-01T10:00", "2027-03-01T11:00"), OK);
    house_pass(&house, 59 * minute); /* 11:00 */
    (void)house_device(&house, "DK1", "C0", "1");
    house_pass(&house, 3 * tick);
    CU_ASSERT_EQUAL(house.order_count, 0);
    expect_device(plan, "DK1", "nonUpgraded", "userConfirmed");
    CU_ASSERT_EQUAL(waiting_plan("DK1"), plan);
    CU_ASSERT_EQUAL(confirm_for("DK1", NULL, NULL), OK);
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    house_close(&house);
}

/* 1 ms before the end it is still within. */
static void test_window_just_in_time(void)
{
    open_house();
    (void)start_plan("2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    app_device_offline(house.app, device);
    CU_ASSERT_EQUAL(confirm_for("DK1", "2027-03-01T10:00", "2027-03-01T11:00"), OK);
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
    int64_t plan = start_planned("2", "2027-03-01T10:00", "2027-03-01T18:00");
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
    (void)start_plan("2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(confirm_for("DK1", "2027-03-01T12:00", NULL), OK);
    CU_ASSERT_EQUAL(confirm_for("DK1", "2027-03-01T10:00", "2027-03-01T10:30"), E_RULE);
    CU_ASSERT_EQUAL(house.order_count, 0);
    house_pass(&house, 119 * minute);
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    house_close(&house);
}

static void test_second_yes_replaces(void)
{
    open_house();
    int64_t plan = start_plan("2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    app_device_offline(house.app, device);
    CU_ASSERT_EQUAL(confirm_for("DK1", NULL, "2027-03-01T12:00"), OK);
    CU_ASSERT_EQUAL(confirm_for("DK1", "2027-03-02T00:00", NULL), OK); /* later after all, and without end */
    (void)house_device(&house, "DK1", "C0", "1");
    house_pass(&house, 3 * tick);
    CU_ASSERT_EQUAL(house.order_count, 0);
    CU_ASSERT_EQUAL(confirm_for("DK1", NULL, NULL), OK); /* now after all */
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    CU_ASSERT_EQUAL(house_log_count(&house, plan, "DK1", LOG_CONFIRMED), 3);
    house_close(&house);
}

/* The device may still refuse; the user's yes stays and it is offered again. */
static void test_device_refuses(void)
{
    open_house();
    int64_t plan = start_plan("2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(confirm_for("DK1", NULL, NULL), OK);
    house_status(&house, device, 3, "C0", NULL);
    expect_device(plan, "DK1", "nonUpgraded", "refused");
    house_pass(&house, tick);
    CU_ASSERT_EQUAL(house_notifies(&house, device), 2);
    house_close(&house);
}

/* --- no --------------------------------------------------------------------------------------------------------- */

static void test_no(void)
{
    open_house();
    int64_t plan = start_plan("2", NULL);
    int64_t package = package_of("3");
    int64_t device = house_device(&house, "DK1", "C0", "1");
    int64_t next = house_plan(&house, "next", &package, 1, NULL, NULL);
    size_t changes = house.changes;
    CU_ASSERT_EQUAL(app_upgrade_decline(house.app, "pk1", "DK1"), OK);
    expect_device(plan, "DK1", "failed", "declined");
    CU_ASSERT_TRUE(house.changes > changes);
    CU_ASSERT_STRING_EQUAL(house.changed_device, "DK1");
    CU_ASSERT_EQUAL(house_log_count(&house, plan, "DK1", LOG_FAILED), 1);
    CU_ASSERT_EQUAL(waiting_plan("DK1"), 0); /* no way back */
    house_advance(&house, LIMIT_SETTLE_MS);
    CU_ASSERT_EQUAL_FATAL(house_notifies(&house, device), 1); /* the next plan comes */
    CU_ASSERT_STRING_EQUAL(house.orders[0].notify.tasks[0].target_version, "3");
    house_upgrade(&house, device, "3");
    expect_device(next, "DK1", "upgraded", "");
    house_pass(&house, 3 * tick);
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    house_close(&house);
}

static void test_no_after_yes(void)
{
    open_house();
    int64_t plan = start_plan("2", NULL);
    (void)house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(confirm_for("DK1", "2027-03-01T12:00", NULL), OK);
    CU_ASSERT_EQUAL(app_upgrade_decline(house.app, "pk1", "DK1"), OK);
    house_pass(&house, 4 * hour);
    CU_ASSERT_EQUAL(house.order_count, 0);
    expect_device(plan, "DK1", "failed", "declined");
    house_close(&house);
}

/* A device that was never evaluated, of a plan that ends with it. */
static void test_no_ends_the_whitelist(void)
{
    open_house();
    int64_t device = house_device(&house, "DK1", "C0", "1");
    app_device_offline(house.app, device);
    int64_t plan = start_plan("2", "DK1");
    CU_ASSERT_EQUAL(app_upgrade_decline(house.app, "pk1", "DK1"), OK);
    expect_device(plan, "DK1", "failed", "declined");
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_ENDED);
    house_close(&house);
}

/* --- the plan goes first ---------------------------------------------------------------------------------------- */

static void test_suspended_first(void)
{
    open_house();
    int64_t plan = start_plan("2", NULL);
    int64_t device = house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(confirm_for("DK1", "2027-03-01T11:00", NULL), OK);
    CU_ASSERT_EQUAL(app_plan_suspend(house.app, plan), OK);
    CU_ASSERT_EQUAL(waiting_plan("DK1"), 0);
    house_pass(&house, 2 * hour);
    CU_ASSERT_EQUAL(house.order_count, 0);
    CU_ASSERT_EQUAL(app_plan_resume(house.app, plan), OK);
    CU_ASSERT_EQUAL(house.order_count, 0);
    CU_ASSERT_EQUAL(waiting_plan("DK1"), plan);
    house_pass(&house, tick); /* the yes still stands */
    CU_ASSERT_EQUAL(house_notifies(&house, device), 1);
    house_close(&house);
}

static void test_terminated_first(void)
{
    open_house();
    int64_t plan = start_plan("2", NULL);
    int64_t running = house_device(&house, "RUN", "C0", "1");
    (void)house_device(&house, "YES", "C0", "1");
    (void)house_device(&house, "ASKED", "C0", "1");
    CU_ASSERT_EQUAL(confirm_for("RUN", NULL, NULL), OK);
    CU_ASSERT_EQUAL(confirm_for("YES", "2027-03-01T11:00", NULL), OK);
    CU_ASSERT_EQUAL(app_plan_terminate(house.app, plan), OK);
    CU_ASSERT_EQUAL(waiting_plan("YES"), 0);
    CU_ASSERT_EQUAL(waiting_plan("ASKED"), 0);
    house_pass(&house, 2 * hour);
    expect_device(plan, "YES", "failed", "planTerminated");
    expect_device(plan, "ASKED", "failed", "planTerminated");
    CU_ASSERT_EQUAL(house_notifies(&house, 0) - house_notifies(&house, running), 0);
    house_upgrade(&house, running, "2");
    expect_device(plan, "RUN", "upgraded", "");
    house_close(&house);
}

static void test_ended_first(void)
{
    open_house();
    int64_t plan = start_planned("2", NULL, "2027-03-01T12:00");
    int64_t device = house_device(&house, "DK1", "C0", "1");
    app_device_offline(house.app, device);
    CU_ASSERT_EQUAL(confirm_for("DK1", NULL, NULL), OK);
    house_pass(&house, 119 * minute);
    CU_ASSERT_EQUAL(house_plan_status(&house, plan), PLAN_ENDED);
    expect_device(plan, "DK1", "failed", "planEnded");
    (void)house_device(&house, "DK1", "C0", "1");
    CU_ASSERT_EQUAL(house.order_count, 0);
    CU_ASSERT_EQUAL(waiting_plan("DK1"), 0);
    house_close(&house);
}

/* Silent plans go by a question that nobody answers; in order of activation the question does not hold them up. */
static void test_silent_goes_by(void)
{
    open_house();
    int64_t asking = start_plan("2", NULL);
    int64_t package = package_of("3");
    int64_t silent = house_plan(&house, "silent", &package, 1, NULL, NULL);
    (void)house_device(&house, "DK1", "C0", "1");
    expect_device(asking, "DK1", "nonUpgraded", "userConfirmed");
    expect_device(silent, "DK1", "inUpgrade", "");
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
                                             {"windows", test_windows},
                                             {"window over", test_window_over},
                                             {"window just in time", test_window_just_in_time},
                                             {"times refused", test_times_refused},
                                             {"a refused time changes nothing", test_refused_time_changes_nothing},
                                             {"a second yes replaces", test_second_yes_replaces},
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
