/*
 * What the use cases tell those who watch: in order, once each, after the commit; what fails tells nothing.
 */
#include <stdio.h>

#include "app/catalog.h"
#include "app/plans.h"
#include "base/text.h"
#include "fake_house.h"
#include "support/suite.h"

static struct house house;

/* "plan:created device:online log:entry ..." of what was told since the last call. */
static const char *told(void)
{
    static char text[2048];
    text[0] = '\0';
    for (size_t i = 0; i < house.event_count; i++) {
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof text - used, "%s%s:%s", i == 0 ? "" : " ",
                       event_kind_name(house.events[i].kind), event_what_name(house.events[i].what));
    }
    house.event_count = 0;
    return text;
}

static void test_catalog(void)
{
    house_open(&house, 10);
    (void)told();
    int64_t package = house_mcu_package(&house, "2");
    CHECK_TEXT(told(), "package:created");
    struct plan plan;
    house_plan_init(&house, &plan, "p", package);
    int64_t id = house_plan_start(&house, &plan, NULL);
    CHECK_TEXT(told(), "plan:created plan:changed");
    CHECK_OK(app_plan_suspend(house.app, id));
    CHECK_OK(app_plan_terminate(house.app, id));
    CHECK_TEXT(told(), "plan:changed plan:changed");
    CHECK(app_plan_suspend(house.app, id) == E_STATE);
    CHECK(app_plan_delete(house.app, id) == E_STATE);
    CHECK(app_package_delete(house.app, 999) == E_NOT_FOUND);
    CHECK_TEXT(told(), "");
    CHECK_OK(app_product_delete(house.app, "pk1"));
    CHECK_TEXT(told(), "product:deleted");
    house_close(&house);
}

static void test_device(void)
{
    house_open(&house, 10);
    (void)told();
    int64_t device = house_device(&house, "d1", "C0", "1");
    CHECK_TEXT(told(), "device:created device:online device:reported device:reported");
    house_report(&house, device, "C0", "1");
    CHECK_TEXT(told(), ""); /* the same again is no news */
    house_report(&house, device, "C0", "1b");
    CHECK_TEXT(told(), "device:reported");
    CHECK_OK(app_device_enable(house.app, "pk1", "d1", false));
    CHECK_TEXT(told(), "device:disabled");
    CHECK_OK(app_device_delete(house.app, "pk1", "d1"));
    CHECK_TEXT(told(), "device:deleted");
    house_close(&house);
}

/* Each entry of the log is told, and behind it the row that it made. */
static void test_upgrade(void)
{
    house_open(&house, 10);
    int64_t package = house_mcu_package(&house, "2");
    int64_t device = house_device(&house, "d1", "C0", "1");
    int64_t plan = house_plan(&house, "p", &package, 1, &STRATEGY_DEFAULT, NULL);
    (void)told();
    house_evaluate(&house);
    CHECK(house.event_count > 2 && house.events[0].kind == EVENT_LOG && house.events[0].plan_id == plan);
    CHECK_TEXT(house.events[0].device_key, "d1");
    (void)told();
    house_upgrade(&house, device, "2");
    int logs = 0;
    size_t rows = 0;
    for (size_t i = 0; i < house.event_count; i++) {
        logs += house.events[i].kind == EVENT_LOG;
        rows += house.events[i].what == WHAT_UPGRADE;
    }
    CHECK(logs >= 6 && rows >= 5 && house.event_count < HOUSE_EVENTS);
    CHECK(house.events[house.event_count - 1].what == WHAT_UPGRADE);
    CHECK_TEXT(house_status_of(&house, plan, "d1"), "upgraded");
    house_close(&house);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"catalog", test_catalog}, {"device", test_device}, {"upgrade", test_upgrade}, {0}};
    return suite_run("app: events", cases);
}
