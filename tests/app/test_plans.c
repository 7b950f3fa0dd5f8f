/* Plans through app/: what is refused and why, what a PUT leaves alone, what is shown of devices (behaviour.md 3, 10).
 */
#include "app/plans.h"

#include <stdio.h>

#include "app/internal.h"
#include "base/instant.h"
#include "fake_house.h"
#include "store/device_rows.h"
#include "store/task_rows.h"
#include "support/suite.h"

static struct house house;
static int64_t mcu_package;
static int64_t module_package;
static int64_t foreign_package;

/* "pk1" with an MCU package of one file and a module package of two; "pk2" with a copy of the first. */
static void open_house(void)
{
    struct product product = {.key = "pk2", .secret = "s", .name = "n"};
    struct violations violations = {0};
    house_open(&house, 10);
    mcu_package = house_package(&house, "mcu", COMPONENT_MCU, "2", 1);
    module_package = house_package(&house, "module", COMPONENT_MODULE, "2", 2);
    CHECK_FATAL(app_product_create(house.app, &product, &violations) == OK);
    struct package package = {.name = "foreign", .product_key = "pk2", .component_type = COMPONENT_MCU};
    package.target_version[0] = '2';
    package.file_count = 1;
    package.files[0] = (struct package_file){.name = "f.bin", .stored = "upload", .size = 1};
    memset(package.files[0].md5, 'a', 32);
    memset(package.files[0].sha256, 'a', 64);
    memset(package.files[0].crc32, 'a', 8);
    char path[LIMIT_PATH + 16];
    (void)snprintf(path, sizeof path, "%s/upload", app_upload_dir(house.app));
    FILE *stream = fopen(path, "we");
    CHECK_FATAL(stream != NULL && fputc('x', stream) == 'x' && fclose(stream) == 0);
    CHECK_FATAL(app_package_create(house.app, &package, &violations) == OK);
    foreign_package = package.id;
}

static struct plan good_plan(void)
{
    struct plan plan = {.name = "plan",
                        .product_key = "pk1",
                        .time_zone = "Asia/Shanghai",
                        .strategy = STRATEGY_DEFAULT,
                        .component_count = 1};
    plan.components[0] =
        (struct plan_component){.sequence = 1, .component_no = "C0", .name = "c", .type = COMPONENT_MCU};
    plan.components[0].package_id = mcu_package;
    return plan;
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

static void test_violations(void)
{
    static const char *const keys[] = {"A", "b-c"};
    enum spoil { PRODUCT, ZONE, NO_ZONE, NO_PACKAGE, FOREIGN, TYPE, WHITE_EMPTY, WHITE_KEY, BLACK_KEY, NAME };
    static const struct {
        const char *name;
        enum spoil spoil;
        const char *pointer;
    } rows[] = {{"no such product", PRODUCT, "/productKey"},
                {"no such zone", ZONE, "/timeZone"},
                {"empty zone", NO_ZONE, "/timeZone"},
                {"no such package", NO_PACKAGE, "/components/0/packageId"},
                {"package of another product", FOREIGN, "/components/0/packageId"},
                {"package of another type", TYPE, "/components/0/packageId"},
                {"empty whitelist", WHITE_EMPTY, "/whitelist"},
                {"malformed key in the whitelist", WHITE_KEY, "/whitelist/1"},
                {"malformed key in the blacklist", BLACK_KEY, "/blacklist/1"},
                {"no name", NAME, "/name"}};
    open_house();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plan plan = good_plan();
        struct violations violations = {0};
        struct key_list white = {0};
        struct key_list black = {0};
        switch (rows[i].spoil) {
        case PRODUCT:
            plan.product_key[2] = '9';
            break;
        case ZONE:
            (void)snprintf(plan.time_zone, sizeof plan.time_zone, "Mars/Phobos");
            break;
        case NO_ZONE:
            plan.time_zone[0] = '\0';
            break;
        case NO_PACKAGE:
            plan.components[0].package_id = 99;
            break;
        case FOREIGN:
            plan.components[0].package_id = foreign_package;
            break;
        case TYPE:
            plan.components[0].package_id = module_package;
            break;
        case WHITE_EMPTY:
            white = (struct key_list){.keys = keys, .count = 0};
            break;
        case WHITE_KEY:
            white = (struct key_list){.keys = keys, .count = 2};
            break;
        case BLACK_KEY:
            black = (struct key_list){.keys = keys, .count = 2};
            break;
        case NAME:
            plan.name[0] = '\0';
            break;
        }
        CHECK_ROW(rows[i].name, app_plan_save(house.app, &plan, &white, &black, &violations) == E_RULE);
        CHECK_ROW(rows[i].name, has(&violations, rows[i].pointer) && plan.id == 0);
    }
    house_close(&house);
}

static void test_all_in_one_pass(void)
{
    struct violations violations = {0};
    open_house();
    int64_t several = house_package(&house, "several", COMPONENT_MCU, "3", 2);
    struct plan plan = good_plan();
    plan.component_count = 2;
    plan.components[0].sequence = 2; /* sorting must not move the pointers */
    plan.components[0].package_id = several;
    plan.components[1] = (struct plan_component){1, "C1", "d", COMPONENT_MODULE, 99};
    plan.name[0] = plan.time_zone[0] = '\0';
    CHECK(app_plan_save(house.app, &plan, NULL, NULL, &violations) == E_RULE);
    CHECK(violations.count == 4 && has(&violations, "/name") && has(&violations, "/timeZone"));
    CHECK(has(&violations, "/components/0/packageId") && has(&violations, "/components/1/packageId"));
    house_close(&house);
}

static void test_put(void)
{
    static const char *const keys[] = {"A", "B"};
    struct key_list white = {.keys = keys, .count = 2};
    struct key_list none = {.keys = keys, .count = 0};
    struct violations violations = {0};
    struct plan found = {0};
    open_house();
    struct plan plan = good_plan();
    CHECK_OK(app_plan_save(house.app, &plan, &white, &white, &violations));
    CHECK(plan.id > 0 && plan.status == PLAN_SAVED && plan.created_at == house.now && plan.list_count[LIST_WHITE] == 2);
    int64_t created_at = house.now;
    house.now += 5000;
    plan.strategy.retries = 1;
    CHECK_OK(
        app_plan_save(house.app, &plan, NULL, &none, &violations)); /* whitelist not given: stays; blacklist: empty */
    CHECK(plan.list_count[LIST_WHITE] == 2 && plan.list_count[LIST_BLACK] == 0);
    CHECK_OK(app_plan_find(house.app, plan.id, &found));
    CHECK(found.created_at == created_at && found.strategy.retries == 1 && found.component_count == 1);
    plan_finish(&found);
    struct plan other = good_plan();
    CHECK(app_plan_save(house.app, &other, NULL, NULL, &violations) == E_EXISTS && other.id == 0);
    struct plan moved = plan;
    (void)snprintf(moved.product_key, sizeof moved.product_key, "pk2");
    moved.components[0].package_id = foreign_package;
    CHECK(app_plan_save(house.app, &moved, NULL, NULL, &violations) == E_RULE && has(&violations, "/productKey"));
    moved = plan;
    moved.id = 99;
    CHECK(app_plan_save(house.app, &moved, NULL, NULL, &violations) == E_NOT_FOUND);
    house_close(&house);
}

static void test_only_saved_plans_change(void)
{
    static const char *const keys[] = {"A"};
    struct key_list white = {.keys = keys, .count = 1};
    struct violations violations = {0};
    struct plan found = {0};
    open_house();
    struct plan plan = good_plan();
    CHECK_OK(app_plan_save(house.app, &plan, NULL, NULL, &violations));
    house.now += 7;
    CHECK_OK(app_plan_activate(house.app, plan.id));
    CHECK(app_plan_activate(house.app, plan.id) == E_STATE && app_plan_delete(house.app, plan.id) == E_STATE);
    CHECK(app_plan_save(house.app, &plan, NULL, NULL, &violations) == E_STATE);
    CHECK(app_plan_list_put(house.app, plan.id, LIST_WHITE, &white, &violations) == E_STATE);
    CHECK_OK(app_plan_find(house.app, plan.id, &found));
    CHECK(found.status == PLAN_ACTIVATED && found.activated_at.known && found.activated_at.at == house.now);
    plan_finish(&found);
    struct plan second = good_plan();
    (void)snprintf(second.name, sizeof second.name, "second");
    CHECK_OK(app_plan_save(house.app, &second, &white, NULL, &violations));
    CHECK_OK(app_plan_delete(house.app, second.id));
    CHECK(app_plan_find(house.app, second.id, &found) == E_NOT_FOUND);
    CHECK(app_plan_activate(house.app, 99) == E_NOT_FOUND && app_plan_delete(house.app, 99) == E_NOT_FOUND);
    house_close(&house);
}

static void join_key(void *context, const char *key)
{
    (void)strcat(strcat(context, key), ",");
}

static void test_lists(void)
{
    static const char *const keys[] = {"B", "A", "x y"};
    struct key_list good = {.keys = keys, .count = 2};
    struct key_list bad = {.keys = keys, .count = 3};
    struct key_list none = {0};
    struct page page = {.limit = 10};
    struct violations violations = {0};
    char text[64] = "";
    bool more = true;
    open_house();
    struct plan plan = good_plan();
    CHECK_OK(app_plan_save(house.app, &plan, NULL, NULL, &violations));
    CHECK_OK(app_plan_list_put(house.app, plan.id, LIST_WHITE, &good, &violations));
    CHECK(app_plan_list_put(house.app, plan.id, LIST_WHITE, &bad, &violations) == E_RULE && has(&violations, "/2"));
    violations = (struct violations){0};
    CHECK(app_plan_list_put(house.app, plan.id, LIST_WHITE, &none, &violations) == E_RULE && has(&violations, ""));
    CHECK_OK(app_plan_list_get(house.app, plan.id, LIST_WHITE, &page, join_key, text, &more));
    CHECK(strcmp(text, "A,B,") == 0 && !more); /* the failed ones left it as it was */
    violations = (struct violations){0};
    CHECK_OK(app_plan_list_put(house.app, plan.id, LIST_BLACK, &good, &violations));
    CHECK_OK(app_plan_list_put(house.app, plan.id, LIST_BLACK, &none, &violations)); /* a blacklist may be emptied */
    text[0] = '\0';
    CHECK_OK(app_plan_list_get(house.app, plan.id, LIST_BLACK, &page, join_key, text, &more));
    CHECK_TEXT(text, "");
    CHECK(app_plan_list_get(house.app, 99, LIST_BLACK, &page, join_key, text, &more) == E_NOT_FOUND);
    CHECK(app_plan_list_put(house.app, 99, LIST_BLACK, &good, &violations) == E_NOT_FOUND);
    house_close(&house);
}

static void join_device(void *context, const struct plan_device *device)
{
    char *text = context;
    size_t length = strlen(text);
    (void)snprintf(text + length, 128 - length, "%s:%s:%d%% ", device->device_key,
                   component_step_name(device->task->components[0].step), device->task->components[0].progress);
}

static void count_log(void *context, const struct log_entry *entry)
{
    (void)entry;
    ++*(int *)context;
}

static void add_minute(void *context, const struct timeline_point *point)
{
    struct timeline_point *sum = context;
    sum->upgraded += point->upgraded;
    sum->failed += point->failed;
}

static void test_devices_of_a_plan(void)
{
    struct page page = {.limit = 10};
    struct plan_statistics statistics;
    struct timeline_point sum = {0};
    char text[128] = "";
    bool more = true;
    int entries = 0;
    open_house();
    int64_t plan = house_plan(&house, "plan", &mcu_package, 1, NULL, NULL);
    int64_t device = house_device(&house, "A", "C0", "1");
    struct violations violations = {0};
    CHECK_OK(app_device_register(house.app, "pk1", "B", NULL, &violations));
    house_status(&house, device, 1, "C0", "1");
    house_status(&house, device, 2, "C0", "1");
    house_status(&house, device, 4, "C0", "1");
    CHECK_FATAL(house.order_count == 2 && !house.orders[1].is_notify);
    firmware_table_note(house.app->table, house.orders[1].firmware.files[0].token, 370); /* of 1000 bytes */
    CHECK_OK(app_plan_devices_list(house.app, plan, DEVICE_STATUS_COUNT, &page, join_device, text, &more));
    CHECK_TEXT(text, "A:downloading:37% B:waiting:0% ");
    CHECK(!more);
    text[0] = '\0';
    CHECK_OK(app_plan_device_view(house.app, plan, "A", join_device, text));
    CHECK_TEXT(text, "A:downloading:37% ");
    CHECK(app_plan_device_view(house.app, plan, "Z", join_device, text) == E_NOT_FOUND);
    CHECK(app_plan_device_view(house.app, 99, "A", join_device, text) == E_NOT_FOUND);
    CHECK_OK(app_plan_device_log(house.app, plan, "A", &page, count_log, &entries, &more));
    CHECK(entries > 3);
    entries = 0;
    CHECK_OK(app_plan_device_log(house.app, plan, "B", &page, count_log, &entries, &more));
    CHECK(entries == 0);
    CHECK(app_plan_device_log(house.app, plan, "Z", &page, count_log, &entries, &more) == E_NOT_FOUND);
    CHECK_OK(app_plan_statistics(house.app, plan, &statistics, add_minute, &sum));
    CHECK(statistics.total == 2 && statistics.by_status[DEVICE_IN_UPGRADE] == 1 && sum.upgraded == 0);
    house_status(&house, device, 8, "C0", "1");
    house_status(&house, device, 9, "C0", "1");
    house_status(&house, device, 11, "C0", "2");
    CHECK_OK(app_plan_statistics(house.app, plan, &statistics, add_minute, &sum));
    CHECK(statistics.by_status[DEVICE_UPGRADED] == 1 && sum.upgraded == 1 && sum.failed == 0);
    CHECK(app_plan_statistics(house.app, 99, &statistics, add_minute, &sum) == E_NOT_FOUND);
    house_close(&house);
}

/* --- planned time and zone -------------------------------------------------------------------------------------- */

static struct planned_moment planned(const char *local)
{
    struct planned_moment moment = {0};
    if (local != NULL) {
        house_set_planned(&moment, local);
    }
    return moment;
}

static const char *detail_of(const struct violations *violations, const char *pointer)
{
    for (size_t i = 0; i < violations->count; i++) {
        if (strcmp(violations->items[i].pointer, pointer) == 0) {
            return violations->items[i].detail;
        }
    }
    return "";
}

static const char no_date_time[] = "must be a local date-time without offset, such as 2027-03-01T09:00";
static const char no_zone_mars[] = "'Mars/Phobos' is not the IANA name of a time zone, such as Asia/Shanghai";

static void test_times_refused(void)
{
    static const struct {
        const char *name;
        const char *zone;
        const char *start;
        const char *end;
        const char *pointer;
        const char *detail;
        size_t count; /* of violations */
    } rows[] = {{"unknown zone, named", "Mars/Phobos", NULL, NULL, "/timeZone", no_zone_mars, 1},
                {"unknown zone with times", "Mars/Phobos", "2027-03-01T09:00", "2027-03-01T08:00", "/timeZone",
                 no_zone_mars, 1},
                {"a path", "../../etc/passwd", NULL, NULL, "/timeZone",
                 "'../../etc/passwd' is not the IANA name of a time zone, such as Asia/Shanghai", 1},
                {"an offset as zone", "+08:00", NULL, NULL, "/timeZone",
                 "'+08:00' is not the IANA name of a time zone, such as Asia/Shanghai", 1},
                {"start with offset", "UTC", "2027-03-01T09:00Z", NULL, "/plannedTime/start", no_date_time, 1},
                {"start with offset", "UTC", "2027-03-01T09:00+08:00", NULL, "/plannedTime/start", no_date_time, 1},
                {"a day", "UTC", "2027-03-01", NULL, "/plannedTime/start", no_date_time, 1},
                {"a blank", "UTC", "2027-03-01 09:00", NULL, "/plannedTime/start", no_date_time, 1},
                {"no such day", "UTC", NULL, "2027-02-29T09:00", "/plannedTime/end", no_date_time, 1},
                {"no such hour", "UTC", NULL, "2027-02-28T24:00", "/plannedTime/end", no_date_time, 1},
                {"both", "UTC", "soon", "later", "/plannedTime/end", no_date_time, 2},
                {"end before start", "UTC", "2027-03-01T09:00", "2027-03-01T08:59", "/plannedTime/end",
                 "must be after the start", 1},
                {"end at start", "UTC", "2027-03-01T09:00", "2027-03-01T09:00:00", "/plannedTime/end",
                 "must be after the start", 1},
                /* 02:30 is 03:30 that day: as instants they are the wrong way round */
                {"end before start in the gap", "Europe/Berlin", "2027-03-28T02:30", "2027-03-28T03:15",
                 "/plannedTime/end", "must be after the start", 1},
                {"all", "Mars/Phobos", "soon", NULL, "/plannedTime/start", no_date_time, 2}};
    open_house();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plan plan = good_plan();
        struct violations violations = {0};
        (void)snprintf(plan.time_zone, sizeof plan.time_zone, "%s", rows[i].zone);
        plan.planned_start = planned(rows[i].start);
        plan.planned_end = planned(rows[i].end);
        CHECK_ROW(rows[i].name, app_plan_save(house.app, &plan, NULL, NULL, &violations) == E_RULE && plan.id == 0);
        CHECK_ROW(rows[i].name, violations.count == rows[i].count);
        CHECK_ROW(rows[i].name, strcmp(detail_of(&violations, rows[i].pointer), rows[i].detail) == 0);
    }
    house_close(&house);
}

/* The instant of a local time, as the answer of the save and as it is stored (server/README.md, Local times). */
static void test_times_are_instants(void)
{
    static const struct {
        const char *name;
        const char *zone;
        const char *local;
        const char *instant;
    } rows[] = {
        {"Shanghai", "Asia/Shanghai", "2027-03-01T09:00", "2027-03-01T01:00:00Z"},
        {"with seconds", "Asia/Shanghai", "2027-03-01T09:00:59", "2027-03-01T01:00:59Z"},
        {"half an hour", "Asia/Kolkata", "2027-03-01T00:00", "2027-02-28T18:30:00Z"},
        {"Berlin, winter", "Europe/Berlin", "2027-03-28T01:59:59", "2027-03-28T00:59:59Z"},
        {"Berlin, the gap begins", "Europe/Berlin", "2027-03-28T02:00", "2027-03-28T01:00:00Z"},
        {"Berlin, in the gap", "Europe/Berlin", "2027-03-28T02:30", "2027-03-28T01:30:00Z"},
        {"Berlin, the gap is over", "Europe/Berlin", "2027-03-28T03:00", "2027-03-28T01:00:00Z"},
        {"Berlin, before the repeated hour", "Europe/Berlin", "2027-10-31T01:59", "2027-10-30T23:59:00Z"},
        {"Berlin, repeated: the first", "Europe/Berlin", "2027-10-31T02:30", "2027-10-31T00:30:00Z"},
        {"Berlin, after the repeated hour", "Europe/Berlin", "2027-10-31T03:00", "2027-10-31T02:00:00Z"},
        {"New York, in the gap", "America/New_York", "2027-03-14T02:30", "2027-03-14T07:30:00Z"},
        {"New York, repeated: the first", "America/New_York", "2027-11-07T01:30", "2027-11-07T05:30:00Z"},
        {"Lord Howe, a gap of half an hour", "Australia/Lord_Howe", "2027-10-03T02:15", "2027-10-02T15:45:00Z"}};
    open_house();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plan plan = good_plan();
        struct plan found = {0};
        struct violations violations = {0};
        int64_t instant = 0;
        CHECK_ROW(rows[i].name, instant_parse(rows[i].instant, &instant) == OK);
        (void)snprintf(plan.name, sizeof plan.name, "plan %zu", i);
        (void)snprintf(plan.time_zone, sizeof plan.time_zone, "%s", rows[i].zone);
        plan.planned_end = planned(rows[i].local);
        CHECK_ROW(rows[i].name, app_plan_save(house.app, &plan, NULL, NULL, &violations) == OK);
        CHECK_ROW(rows[i].name, plan.planned_end.at == instant && !plan.planned_start.set);
        plan.planned_start = plan.planned_end; /* a PUT moves it to the start */
        plan.planned_end = planned(NULL);
        CHECK_ROW(rows[i].name, app_plan_save(house.app, &plan, NULL, NULL, &violations) == OK);
        CHECK_ROW(rows[i].name, app_plan_find(house.app, plan.id, &found) == OK);
        CHECK_ROW(rows[i].name, found.planned_start.set && found.planned_start.at == instant);
        CHECK_ROW(rows[i].name, strcmp(found.planned_start.local, rows[i].local) == 0 && !found.planned_end.set);
        plan_finish(&found);
    }
    house_close(&house);
}

/* The zone decides about the same local time; a PUT of the zone alone moves the instant. */
static void test_zone_moves_the_instant(void)
{
    struct violations violations = {0};
    open_house();
    struct plan plan = good_plan();
    plan.planned_start = planned("2027-03-01T09:00");
    CHECK_OK(app_plan_save(house.app, &plan, NULL, NULL, &violations));
    int64_t shanghai = plan.planned_start.at;
    (void)snprintf(plan.time_zone, sizeof plan.time_zone, "UTC");
    CHECK_OK(app_plan_save(house.app, &plan, NULL, NULL, &violations));
    CHECK(plan.planned_start.at == shanghai + 8 * 3600000LL);
    house_close(&house);
}

/* It may be saved, and stays saved; activated it ends. */
static void test_past_end(void)
{
    struct violations violations = {0};
    struct plan found = {0};
    open_house();
    (void)house_device(&house, "DK1", "C0", "1");
    struct plan plan = good_plan();
    plan.planned_start = planned("2026-11-22T09:00");
    plan.planned_end = planned("2026-11-23T18:03"); /* 10:03 UTC, which is now */
    CHECK_OK(app_plan_save(house.app, &plan, NULL, NULL, &violations));
    CHECK(plan.planned_end.at == house.now && plan.status == PLAN_SAVED);
    house_advance(&house, 3600000);
    CHECK(house_plan_status(&house, plan.id) == PLAN_SAVED);
    CHECK_OK(app_plan_activate(house.app, plan.id));
    CHECK_OK(app_plan_find(house.app, plan.id, &found));
    CHECK(found.status == PLAN_ENDED && found.activated_at.known && found.ended_at.known);
    CHECK(found.ended_at.at == house.now && !found.started_at.known);
    plan_finish(&found);
    house_expect_device(&house, plan.id, "DK1", "failed", "planEnded");
    CHECK(house.order_count == 0);
    struct plan later = good_plan(); /* a millisecond before its end it is not over */
    (void)snprintf(later.name, sizeof later.name, "later");
    later.planned_end = planned("2026-11-23T19:03:01");
    CHECK_OK(app_plan_save(house.app, &later, NULL, NULL, &violations));
    house_advance(&house, 999);
    CHECK_OK(app_plan_activate(house.app, later.id));
    CHECK(house_plan_status(&house, later.id) == PLAN_ACTIVATED);
    house_advance(&house, 1);
    CHECK(house_plan_status(&house, later.id) == PLAN_ENDED);
    house_close(&house);
}

int main(void)
{
    static const struct test_case cases[] = {{"violations", test_violations},
                                             {"all in one pass", test_all_in_one_pass},
                                             {"put", test_put},
                                             {"only saved plans change", test_only_saved_plans_change},
                                             {"lists", test_lists},
                                             {"devices of a plan", test_devices_of_a_plan},
                                             {"times refused", test_times_refused},
                                             {"times are instants", test_times_are_instants},
                                             {"the zone moves the instant", test_zone_moves_the_instant},
                                             {"past end", test_past_end},
                                             {0}};
    return suite_run("plans", cases);
}
