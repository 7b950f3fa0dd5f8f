/*
 * Issue 3: evaluating one plan over 100,000 registered, 10,000 online devices: under 100 ms, and linear.
 *
 *   1,000 / 10,000 / 100,000 registered, a tenth online --> app_evaluate()     again:  every reason known, nothing
 * stored first:  each denial stored and logged
 *
 * The app with its real store in a temporary folder; no device is eligible (battery), so that only the decision counts.
 * What notifies cost is bench_notify's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "app/catalog.h"
#include "app/clock.h"
#include "app/devices.h"
#include "app/internal.h"
#include "app/plans.h"
#include "base/instant.h"
#include "base/text.h"
#include "bench.h"
#include "store/device_rows.h"
#include "support/suite.h"

enum { ROUNDS = 9, ONLINE_SHARE = 10, BATCH = 1000, SIZES = 3, LARGEST = 100000, NOBODY_HAS = 90, EVERYBODY_HAS = 30 };

static const double goal_ms = 100;
static const double advance_goal_s = 2;

/* --- an app without doors --------------------------------------------------------------------------------------- */

static int64_t port_now(void *context)
{
    (void)context;
    return instant_now();
}

static int64_t port_monotonic(void *context)
{
    (void)context;
    return monotonic_ms();
}

static enum status port_token(void *context, char token[LIMIT_TOKEN + 1])
{
    unsigned *count = context;
    (void)snprintf(token, LIMIT_TOKEN + 1, "token%017u", (*count)++);
    return OK;
}

static enum status port_notify(void *context, int64_t device_id, const struct notify_order *order)
{
    (void)context;
    (void)device_id;
    (void)order;
    return OK;
}

static enum status port_firmware(void *context, int64_t device_id, const struct firmware_order *order)
{
    (void)context;
    (void)device_id;
    (void)order;
    return OK;
}

static void port_disconnect(void *context, int64_t device_id, const char *why)
{
    (void)context;
    (void)device_id;
    (void)why;
}

static void port_alarm(void *context, int64_t delay_ms)
{
    (void)context;
    (void)delay_ms;
}

static bool port_frames_wanted(void *context)
{
    (void)context;
    return false;
}

static void port_event(void *context, const struct event *event)
{
    (void)context;
    (void)event;
}

static void port_changed(void *context, int64_t plan_id, const char *device_key)
{
    (void)context;
    (void)plan_id;
    (void)device_key;
}

struct scene {
    char folder[64];
    struct app *app;
    unsigned tokens;
    int64_t package_id;
};

static int64_t make_package(struct scene *scene)
{
    struct package package = {.component_type = COMPONENT_MCU,
                              .name = "new",
                              .product_key = "pk1",
                              .target_version = "2_0_0",
                              .file_count = 1,
                              .files = {{.size = 4, .name = "fw.bin", .stored = "upload"}}};
    struct violations violations = {0};
    char path[LIMIT_PATH];
    memset(package.files[0].md5, 'a', 32);
    memset(package.files[0].sha256, 'b', 64);
    memset(package.files[0].crc32, 'c', 8);
    (void)snprintf(path, sizeof path, "%s/upload", app_upload_dir(scene->app));
    FILE *file = fopen(path, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    (void)fputs("abcd", file);
    (void)fclose(file);
    CU_ASSERT_EQUAL_FATAL(app_package_create(scene->app, &package, &violations), OK);
    int64_t id = package.id;
    package_finish(&package);
    return id;
}

static void open_scene(struct scene *scene)
{
    struct app_settings settings = {.data_dir = scene->folder, .slots = 10000};
    struct app_ports ports = {.context = &scene->tokens,
                              .now = port_now,
                              .monotonic = port_monotonic,
                              .token = port_token,
                              .notify = port_notify,
                              .firmware = port_firmware,
                              .disconnect = port_disconnect,
                              .alarm = port_alarm,
                              .changed = port_changed,
                              .event = port_event,
                              .frames_wanted = port_frames_wanted};
    struct product product = {.key = "pk1", .secret = "secret1", .name = "one"};
    struct violations violations = {0};
    struct error error = {0};
    *scene = (struct scene){.folder = "/tmp/mockdc-bench-XXXXXX"};
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(scene->folder));
    CU_ASSERT_EQUAL_FATAL(app_create(&settings, &ports, &scene->app, &error), OK);
    CU_ASSERT_EQUAL_FATAL(app_product_create(scene->app, &product, &violations), OK);
    scene->package_id = make_package(scene);
}

static void close_scene(struct scene *scene)
{
    app_destroy(scene->app);
    bench_remove_folder(scene->folder);
}

static void make_plan(struct scene *scene, int min_battery)
{
    struct plan plan = {.mode = PLAN_SILENT,
                        .name = "all",
                        .product_key = "pk1",
                        .time_zone = "Europe/Berlin",
                        .strategy = STRATEGY_DEFAULT,
                        .component_count = 1,
                        .components = {{.sequence = 1,
                                        .component_no = "STM32",
                                        .name = "controller",
                                        .type = COMPONENT_MCU,
                                        .package_id = scene->package_id}}};
    struct key_list none = {0};
    struct violations violations = {0};
    plan.strategy.min_battery = min_battery;
    CU_ASSERT_EQUAL_FATAL(app_plan_save(scene->app, &plan, &none, &none, &violations), OK);
    CU_ASSERT_EQUAL_FATAL(app_plan_activate(scene->app, plan.id), OK);
    plan_finish(&plan);
}

/* Devices number `from` to `to`, as if they had connected and reported before; every tenth stays online. */
static void add_devices(struct scene *scene, int from, int to)
{
    for (int start = from; start < to; start += BATCH) {
        CU_ASSERT_EQUAL_FATAL(app_batch_begin(scene->app), OK);
        for (int i = start; i < start + BATCH && i < to; i++) {
            struct device device = {.product_key = "pk1",
                                    .secret = "s",
                                    .enabled = true,
                                    .battery = {true, 50},
                                    .rsrp = {true, -90},
                                    .flash_free = {true, 1 << 20},
                                    .module_version = "MODULE_V1",
                                    .mcu_count = 1,
                                    .mcus = {{"STM32", "1_0_0"}}};
            (void)snprintf(device.device_key, sizeof device.device_key, "86712%010d", i);
            CU_ASSERT_EQUAL_FATAL(device_insert(scene->app->store, &device), OK);
            if (i % ONLINE_SHARE == 0) {
                app_device_online(scene->app, device.id);
            }
        }
        CU_ASSERT_EQUAL_FATAL(app_batch_end(scene->app), OK);
    }
}

/* --- evaluation ------------------------------------------------------------------------------------------------- */

static double evaluate_ms(struct scene *scene, int64_t expected)
{
    struct evaluation result = {0};
    double start = bench_now_s();
    CU_ASSERT_EQUAL_FATAL(app_evaluate(scene->app, "pk1", &result), OK);
    double took = (bench_now_s() - start) * 1e3;
    CU_ASSERT_EQUAL(result.devices_checked, expected);
    CU_ASSERT_EQUAL(result.skipped[REASON_BATTERY], expected);
    return took;
}

static void measure_size(struct scene *scene, int registered)
{
    char figure[128];
    double again[ROUNDS];
    double first = evaluate_ms(scene, registered / ONLINE_SHARE);
    for (int i = 0; i < ROUNDS; i++) {
        again[i] = evaluate_ms(scene, registered / ONLINE_SHARE);
    }
    double median = bench_median(again, ROUNDS);
    double each_us = median * 1e3 / (registered / (double)ONLINE_SHARE);
    (void)snprintf(figure, sizeof figure, "evaluate a plan: %d registered, %d online", registered,
                   registered / ONLINE_SHARE);
    if (registered == LARGEST) {
        bench_row(figure, "< 100 ms", median < goal_ms, "%.1f ms (%.1f us each); first time %.0f ms", median, each_us,
                  first);
    } else {
        bench_note(figure, "%.2f ms (%.1f us each); first time %.1f ms", median, each_us, first);
    }
}

static void test_evaluate(void)
{
    static const int sizes[SIZES] = {1000, 10000, LARGEST};
    for (int i = 0; i < SIZES; i++) {
        struct scene scene;
        open_scene(&scene);
        add_devices(&scene, 0, sizes[i]);
        make_plan(&scene, NOBODY_HAS);
        measure_size(&scene, sizes[i]);
        close_scene(&scene);
    }
}

/* What storing 10,000 issued plans costs without any broker: the app's share of bench_notify. */
static void test_issue(void)
{
    struct scene scene;
    struct evaluation result = {0};
    open_scene(&scene);
    add_devices(&scene, 0, LARGEST);
    make_plan(&scene, EVERYBODY_HAS);
    double start = bench_now_s();
    CU_ASSERT_EQUAL_FATAL(app_evaluate(scene.app, "pk1", &result), OK);
    double took = (bench_now_s() - start) * 1e3;
    CU_ASSERT_EQUAL(result.notified, LARGEST / ONLINE_SHARE);
    bench_note("issue a plan to 10,000 devices: decided, stored, logged", "%.0f ms (%.1f us each)", took,
               took * 1e3 * ONLINE_SHARE / LARGEST);
    close_scene(&scene);
}

/* --- a month ---------------------------------------------------------------------------------------------------- */

struct arrival {
    bool arrived;
    int64_t total;
};

static void on_done(void *context, enum status status, const struct advance_result *result)
{
    struct arrival *arrival = context;
    CU_ASSERT_EQUAL(status, OK);
    arrival->arrived = true;
    arrival->total = result == NULL ? 0 : result->fired_total;
}

/* 10,000 devices in a plan, all online, none of them due for anything: 4,320 ticks. */
static void test_month(void)
{
    enum { DEVICES = 10000 };
    static const int64_t month_ms = 30LL * 24 * 3600 * 1000;
    struct scene scene;
    struct arrival arrival = {0};
    open_scene(&scene);
    add_devices(&scene, 0, DEVICES);
    for (int i = 0; i < DEVICES; i++) {
        app_device_online(scene.app, i + 1);
    }
    make_plan(&scene, NOBODY_HAS);
    double start = bench_now_s();
    CU_ASSERT_EQUAL_FATAL(app_clock_advance(scene.app, "pk1", true, month_ms, on_done, &arrival), OK);
    while (!arrival.arrived) {
        app_alarm(scene.app);
    }
    double took = bench_now_s() - start;
    CU_ASSERT_EQUAL(arrival.total, month_ms / EVALUATION_PERIOD_MS);
    bench_row("advance a month with 10,000 devices online in a plan", "< 2 s", took < advance_goal_s, "%.3f s", took);
    close_scene(&scene);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"evaluate", test_evaluate}, {"issue", test_issue}, {"a month", test_month}, {0}};
    return suite_run("bench_evaluate", cases);
}
