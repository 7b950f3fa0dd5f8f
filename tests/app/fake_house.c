#include "fake_house.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/catalog.h"
#include "app/clock.h"
#include "app/internal.h"
#include "app/remains.h"
#include "base/instant.h"
#include "base/text.h"
#include "support/suite.h"

static int64_t port_now(void *context)
{
    const struct house *house = context;
    return house->now;
}

static int64_t port_monotonic(void *context)
{
    struct house *house = context;
    house->monotonic_extra += house->monotonic_step;
    return house->now + house->monotonic_extra;
}

static enum status port_token(void *context, char token[LIMIT_TOKEN + 1])
{
    struct house *house = context;
    (void)snprintf(token, LIMIT_TOKEN + 1, "token%017u", house->tokens++);
    return OK;
}

static struct order *next_order(struct house *house, int64_t device_id)
{
    CU_ASSERT_FATAL(house->order_count < ORDERS_MOST);
    CU_ASSERT_EQUAL(house->app->depth, 0); /* commit before effect */
    struct order *order = &house->orders[house->order_count++];
    order->device_id = device_id;
    return order;
}

static enum status port_notify(void *context, int64_t device_id, const struct notify_order *notify)
{
    struct house *house = context;
    if (house->refuse) {
        return E_CLOSED;
    }
    struct order *order = next_order(house, device_id);
    order->is_notify = true;
    order->notify = *notify;
    return OK;
}

static enum status port_firmware(void *context, int64_t device_id, const struct firmware_order *firmware)
{
    struct house *house = context;
    if (house->refuse) {
        return E_CLOSED;
    }
    struct order *order = next_order(house, device_id);
    order->is_notify = false;
    order->firmware = *firmware;
    return OK;
}

static void port_disconnect(void *context, int64_t device_id, const char *why)
{
    struct house *house = context;
    CU_ASSERT_TRUE(device_id > 0 && why[0] != '\0');
    house->disconnects++;
}

static void port_disconnect_all(void *context, const char *product_key, const char *why)
{
    struct house *house = context;
    CU_ASSERT_TRUE((product_key == NULL || product_key[0] != '\0') && why[0] != '\0');
    house->disconnects++;
}

static void port_alarm(void *context, int64_t delay_ms)
{
    struct house *house = context;
    house->delay = delay_ms;
}

static void port_changed(void *context, int64_t plan_id, const char *device_key)
{
    struct house *house = context;
    CU_ASSERT_EQUAL(house->app->depth, 0);
    house->changes++;
    house->changed_plan_id = plan_id;
    text_copy_cut(house->changed_device, sizeof house->changed_device, device_key);
}

static bool port_frames_wanted(void *context)
{
    (void)context;
    return false;
}

static void port_event(void *context, const struct event *event)
{
    struct house *house = context;
    CU_ASSERT_EQUAL(house->app->depth, 0);
    if (house->event_count < HOUSE_EVENTS) {
        struct told *told = &house->events[house->event_count++];
        *told = (struct told){.kind = event->kind, .what = event->what, .plan_id = event->plan_id};
        text_copy_cut(told->device_key, sizeof told->device_key, event->device_key);
    }
}

static void open_app(struct house *house)
{
    struct error error = {0};
    struct app_settings settings = {
        .data_dir = house->folder, .slots = house->slots, .strict_gates = house->strict_gates};
    struct app_ports ports = {.context = house,
                              .now = port_now,
                              .monotonic = port_monotonic,
                              .token = port_token,
                              .notify = port_notify,
                              .firmware = port_firmware,
                              .disconnect = port_disconnect,
                              .disconnect_all = port_disconnect_all,
                              .alarm = port_alarm,
                              .changed = port_changed,
                              .event = port_event,
                              .frames_wanted = port_frames_wanted};
    enum status status = app_create(&settings, &ports, &house->app, &error);
    if (status != OK) {
        (void)fprintf(stderr, "    %s: %s\n", error.place, error.text);
    }
    CU_ASSERT_EQUAL_FATAL(status, OK);
}

void house_open(struct house *house, int64_t slots)
{
    *house = (struct house){.now = 1795428180000, .slots = slots}; /* 2026-11-23T10:03:00Z */
    (void)snprintf(house->folder, sizeof house->folder, "/tmp/mockdc-app-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(house->folder));
    open_app(house);
    struct product product = {.key = "pk1", .secret = "secret1", .name = "one"};
    struct violations violations = {0};
    CU_ASSERT_EQUAL_FATAL(app_product_create(house->app, &product, &violations), OK);
}

void house_reopen(struct house *house)
{
    app_destroy(house->app);
    open_app(house);
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

void house_close(struct house *house)
{
    struct error error = {0};
    CU_ASSERT_EQUAL(remains_finish(house->app), OK);
    CU_ASSERT_EQUAL(store_integrity(house->app->store, &error), OK);
    app_destroy(house->app);
    (void)nftw(house->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void house_advance(struct house *house, int64_t milliseconds)
{
    int64_t end = house->now + milliseconds;
    while (house->now + house->delay <= end) {
        house->now += house->delay;
        app_alarm(house->app);
        CU_ASSERT_TRUE_FATAL(house->delay > 0); /* else the server would spin */
    }
    house->delay -= end - house->now;
    house->now = end;
}

void house_set_clock(struct house *house, const char *now)
{
    struct clock_view view;
    struct maybe_instant at = {.known = true};
    CU_ASSERT_EQUAL_FATAL(instant_parse(now, &at.at), OK);
    CU_ASSERT_EQUAL_FATAL(app_clock_set(house->app, "pk1", CLOCK_MANUAL, at, &view), OK);
}

static void note_advanced(void *context, enum status status, const struct advance_result *result)
{
    (void)result;
    *(bool *)context = status == OK;
}

void house_pass(struct house *house, int64_t milliseconds)
{
    bool done = false;
    CU_ASSERT_EQUAL_FATAL(app_clock_advance(house->app, "pk1", true, milliseconds, note_advanced, &done), OK);
    CU_ASSERT_TRUE_FATAL(done);
}

/* Stores `files` files for it and makes it. */
static int64_t make_package(struct house *house, struct package *package, size_t files)
{
    struct violations violations = {0};
    package->file_count = files;
    for (size_t i = 0; i < files; i++) {
        struct package_file *file = &package->files[i];
        char path[LIMIT_PATH + 128];
        file->index = (int)i;
        file->size = 1000;
        (void)snprintf(file->name, sizeof file->name, "fw%zu.bin", i);
        (void)snprintf(file->stored, sizeof file->stored, "%.40s-%zu", package->name, i);
        (void)snprintf(path, sizeof path, "%s/%s", app_upload_dir(house->app), file->stored);
        FILE *stream = fopen(path, "we");
        CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
        for (int k = 0; k < 1000; k++) {
            (void)fputc('x', stream);
        }
        (void)fclose(stream);
        memset(file->md5, 'a', 32);
        memset(file->sha256, 'b', 64);
        memset(file->crc32, 'c', 8);
    }
    enum status status = app_package_create(house->app, package, &violations);
    for (size_t i = 0; i < violations.count; i++) {
        (void)fprintf(stderr, "    %s %s\n", violations.items[i].pointer, violations.items[i].detail);
    }
    CU_ASSERT_EQUAL_FATAL(status, OK);
    return package->id;
}

static struct package blank_package(const char *name, enum component_type type, const char *target)
{
    struct package package = {.component_type = type, .package_type = PACKAGE_FULL};
    CU_ASSERT_EQUAL(text_copy(package.name, sizeof package.name, name), OK);
    CU_ASSERT_EQUAL(text_copy(package.product_key, sizeof package.product_key, "pk1"), OK);
    CU_ASSERT_EQUAL(text_copy(package.target_version, sizeof package.target_version, target), OK);
    return package;
}

int64_t house_package(struct house *house, const char *name, enum component_type type, const char *target, size_t files)
{
    struct package package = blank_package(name, type, target);
    int64_t id = make_package(house, &package, files);
    package_finish(&package);
    return id;
}

int64_t house_mcu_package(struct house *house, const char *target)
{
    return house_package(house, target, COMPONENT_MCU, target, 1);
}

int64_t house_delta(struct house *house, const char *name, const char *source, const char *target)
{
    struct package package = blank_package(name, COMPONENT_MCU, target);
    package.package_type = PACKAGE_DELTA;
    package.sources = calloc(1, sizeof *package.sources);
    CU_ASSERT_PTR_NOT_NULL_FATAL(package.sources);
    package.source_count = 1;
    text_copy_cut(package.sources[0], sizeof package.sources[0], source);
    int64_t id = make_package(house, &package, 1);
    package_finish(&package);
    return id;
}

void house_set_planned(struct planned_moment *moment, const char *local)
{
    moment->set = true;
    text_copy_cut(moment->local, sizeof moment->local, local);
}

int64_t house_plan_start(struct house *house, struct plan *plan, const char *whitelisted)
{
    struct violations violations = {0};
    struct key_list white = {.keys = &whitelisted, .count = 1};
    struct key_list none = {0};
    enum status status = app_plan_save(house->app, plan, whitelisted != NULL ? &white : &none, &none, &violations);
    for (size_t i = 0; i < violations.count; i++) {
        (void)fprintf(stderr, "    %s %s\n", violations.items[i].pointer, violations.items[i].detail);
    }
    CU_ASSERT_EQUAL_FATAL(status, OK);
    CU_ASSERT_EQUAL_FATAL(app_plan_activate(house->app, plan->id), OK);
    int64_t id = plan->id;
    plan_finish(plan);
    return id;
}

static void add_component(struct house *house, struct plan *plan, int64_t package_id)
{
    struct package package = {0};
    size_t i = plan->component_count++;
    CU_ASSERT_EQUAL_FATAL(app_package_find(house->app, package_id, &package), OK);
    struct plan_component *component = &plan->components[i];
    *component =
        (struct plan_component){.sequence = (int)i + 1, .type = package.component_type, .package_id = package_id};
    (void)snprintf(component->component_no, sizeof component->component_no, "C%zu", i);
    (void)snprintf(component->name, sizeof component->name, "component %zu", i);
    package_finish(&package);
}

void house_plan_init(struct house *house, struct plan *plan, const char *name, int64_t package_id)
{
    *plan = (struct plan){.mode = PLAN_SILENT, .strategy = STRATEGY_DEFAULT};
    CU_ASSERT_EQUAL(text_copy(plan->name, sizeof plan->name, name), OK);
    CU_ASSERT_EQUAL(text_copy(plan->product_key, sizeof plan->product_key, "pk1"), OK);
    CU_ASSERT_EQUAL(text_copy(plan->time_zone, sizeof plan->time_zone, "UTC"), OK);
    add_component(house, plan, package_id);
}

int64_t house_plan(struct house *house, const char *name, const int64_t *packages, size_t count,
                   const struct strategy *strategy, const char *whitelisted)
{
    struct plan plan;
    house_plan_init(house, &plan, name, packages[0]);
    for (size_t i = 1; i < count; i++) {
        add_component(house, &plan, packages[i]);
    }
    plan.strategy = strategy != NULL ? *strategy : STRATEGY_DEFAULT;
    return house_plan_start(house, &plan, whitelisted);
}

static void fill_versions(struct version_report *report, const char *component, const char *version)
{
    if (component != NULL) {
        report->mcu_count = 1;
        text_copy_cut(report->mcus[0].component_no, sizeof report->mcus[0].component_no, component);
        text_copy_cut(report->mcus[0].version, sizeof report->mcus[0].version, version);
    }
}

void house_report(struct house *house, int64_t device_id, const char *mcu_component, const char *mcu_version)
{
    struct status_report status = {.battery = {true, 80}, .rsrp = {true, -90}, .flash_free = {true, 1000000}};
    struct info_report info = {0};
    fill_versions(&info.versions, mcu_component, mcu_version);
    CU_ASSERT_EQUAL(app_device_status(house->app, device_id, &status), OK);
    CU_ASSERT_EQUAL(app_device_info(house->app, device_id, &info), OK);
}

static int64_t admit(struct house *house, const char *device_key)
{
    struct device device;
    CU_ASSERT_EQUAL_FATAL(app_device_admit(house->app, "pk1", device_key, AUTH_TYPE_0, false,
                                           "0123456789abcdef0123456789abcdef", &device),
                          OK);
    app_device_online(house->app, device.id);
    return device.id;
}

int64_t house_device_with(struct house *house, const char *device_key, const struct status_report *status)
{
    int64_t id = admit(house, device_key);
    struct info_report info = {.versions = {.module_version = "M1"}};
    fill_versions(&info.versions, "C0", "1");
    if (status != NULL) {
        CU_ASSERT_EQUAL(app_device_status(house->app, id, status), OK);
    }
    CU_ASSERT_EQUAL(app_device_info(house->app, id, &info), OK);
    return id;
}

int64_t house_device(struct house *house, const char *device_key, const char *mcu_component, const char *mcu_version)
{
    int64_t id = admit(house, device_key);
    house_report(house, id, mcu_component, mcu_version);
    return id;
}

void house_status(struct house *house, int64_t device_id, int status, const char *component, const char *mcu_version)
{
    struct upgrade_report report = {.status = status, .component_type = {true, COMPONENT_MCU}};
    text_copy_cut(report.component_no, sizeof report.component_no, component);
    if (mcu_version != NULL) {
        fill_versions(&report.versions, component, mcu_version);
        report.versions.module_is_bare = true;
    }
    CU_ASSERT_EQUAL(app_device_upgrade(house->app, device_id, &report), OK);
}

void house_upgrade(struct house *house, int64_t device_id, const char *version)
{
    static const int statuses[] = {1, 2, 4, 5, 8, 9};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        house_status(house, device_id, statuses[i], "C0", NULL);
    }
    house_status(house, device_id, 11, "C0", version);
}

void house_request(struct house *house, int64_t device_id)
{
    struct version_report versions = {0};
    CU_ASSERT_EQUAL(app_device_request(house->app, device_id, &versions), OK);
}

int house_notifies(const struct house *house, int64_t device_id)
{
    int count = 0;
    for (size_t i = 0; i < house->order_count; i++) {
        const struct order *order = &house->orders[i];
        count += order->is_notify && (device_id == 0 || order->device_id == device_id) ? 1 : 0;
    }
    return count;
}

void house_evaluate(struct house *house)
{
    struct evaluation result;
    CU_ASSERT_EQUAL(app_evaluate(house->app, "pk1", &result), OK);
}

static void keep_task(void *context, const struct plan_device *device)
{
    struct task *task = context;
    *task = *device->task;
}

const char *house_status_of(struct house *house, int64_t plan_id, const char *device_key)
{
    struct task task = {0};
    return app_plan_device_view(house->app, plan_id, device_key, keep_task, &task) == OK
               ? device_status_name(task.status)
               : "";
}

const char *house_reason_of(struct house *house, int64_t plan_id, const char *device_key)
{
    struct task task = {0};
    return app_plan_device_view(house->app, plan_id, device_key, keep_task, &task) == OK ? reason_name(task.reason)
                                                                                         : "?";
}

void house_expect_device(struct house *house, int64_t plan_id, const char *device_key, const char *status,
                         const char *reason)
{
    CHECK_ROW(device_key, strcmp(house_status_of(house, plan_id, device_key), status) == 0);
    CHECK_ROW(device_key, strcmp(house_reason_of(house, plan_id, device_key), reason) == 0);
}

struct counting {
    enum log_kind kind;
    int count;
};

static void count_kind(void *context, const struct log_entry *entry)
{
    struct counting *counting = context;
    counting->count += entry->kind == counting->kind ? 1 : 0;
}

int house_log_count(struct house *house, int64_t plan_id, const char *device_key, enum log_kind kind)
{
    struct counting counting = {.kind = kind};
    struct page page = {.limit = LIMIT_PAGE};
    bool more = false;
    CU_ASSERT_EQUAL(app_plan_device_log(house->app, plan_id, device_key, &page, count_kind, &counting, &more), OK);
    return counting.count;
}

enum plan_status house_plan_status(struct house *house, int64_t plan_id)
{
    struct plan plan = {0};
    CU_ASSERT_EQUAL(app_plan_find(house->app, plan_id, &plan), OK);
    enum plan_status status = plan.status;
    plan_finish(&plan);
    return status;
}
