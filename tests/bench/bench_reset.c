/*
 * Issue 6: a product with 1,000 connected devices in the middle of their upgrades is reset in under 10 ms.
 *
 *   1,000 links, each: status 1, 2 --> firmware information, a live link --> POST /products/pk1/reset: answered
 *                                                                            ... links cut, rows gone, behind it
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "bench.h"
#include "codec/device_messages.h"
#include "crypto/password.h"
#include "support/raw_mqtt.h"
#include "support/server.h"
#include "support/suite.h"

enum { DEVICES = 1000, ROUNDS = 7, PATIENCE_MS = 30000 };

static const double goal_ms = 10;
static const char product_secret[] = "secret1";
static const char random_text[] = "0123456789abcdef";

struct scene {
    struct server server;
    struct raw_mqtt links[DEVICES];
    int64_t plan_id;
    double reset_ms[ROUNDS];
    double cut_ms[ROUNDS];
    double ping_ms[ROUNDS];
    double make_ms[ROUNDS];
    double over_ms[ROUNDS];    /* restored over what is there */
    double restore_ms[ROUNDS]; /* restored after a reset */
    double reset_cpu[ROUNDS];  /* the same, of the loop's thread alone: without what else the machine does */
    double make_cpu[ROUNDS];
    double over_cpu[ROUNDS];
    double restore_cpu[ROUNDS];
};

/* Milliseconds that the server's main thread, which is the loop's, has run. */
static double cpu_ms(const struct scene *scene)
{
    char path[64];
    unsigned long long ran = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/schedstat", (int)scene->server.pid);
    FILE *file = fopen(path, "re");
    bool read = file != NULL && fscanf(file, "%llu", &ran) == 1;
    if (file != NULL) {
        (void)fclose(file);
    }
    return read ? (double)ran / 1e6 : 0;
}

/* A call that is answered with `expected`; the caller releases the answer. */
static json_t *timed_call(const struct scene *scene, const char *path, const char *body, int expected, double *wall,
                          double *cpu)
{
    double ran = cpu_ms(scene);
    double start = bench_now_s();
    json_t *answer = rest_expect(&scene->server, "POST", path, body, expected);
    *wall = (bench_now_s() - start) * 1000;
    *cpu = cpu_ms(scene) - ran;
    return answer;
}

static void client_id_of(int number, char client_id[64])
{
    (void)snprintf(client_id, 64, "qdpk186712304567%04d", number);
}

static bool send_frame(struct raw_mqtt *link, const char *client_id, uint16_t id, uint16_t command,
                       const struct buffer *payload)
{
    struct frame frame = {
        .package_id = id, .command = command, .payload = payload->data, .payload_length = payload->length};
    return raw_publish_frame(link, client_id, 0, 0, &frame);
}

static bool report_all(struct raw_mqtt *link, const char *client_id)
{
    CLEANUP(cleanup_buffer) struct buffer status = {.limit = LIMIT_FRAME_PAYLOAD};
    CLEANUP(cleanup_buffer) struct buffer info = {.limit = LIMIT_FRAME_PAYLOAD};
    struct status_message status_message = {
        .battery = {true, 90}, .signal = {true, -60}, .rsrp = {true, -90}, .flash_free = {true, 8388608}};
    struct info_message info_message = {
        .model = "EC200U", .has_mcu_list = true, .mcu_list = "STM32:1_0_0", .sdk_version = "2.9.2"};
    return status_message_encode(&status_message, &status) == OK && info_message_encode(&info_message, &info) == OK &&
           send_frame(link, client_id, 1, COMMAND_STATUS, &status) &&
           send_frame(link, client_id, 2, COMMAND_INFO, &info);
}

/* "Plan received", "confirmed": the firmware information follows. */
static bool accept(struct raw_mqtt *link, const char *client_id)
{
    static const int statuses[] = {1, 2, 4, 5};
    bool sent = true;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0] && sent; i++) {
        CLEANUP(cleanup_buffer) struct buffer payload = {.limit = LIMIT_FRAME_PAYLOAD};
        struct ota_status_message message = {.status = statuses[i], .component_no = "STM32"};
        sent = ota_status_encode(&message, &payload) == OK &&
               send_frame(link, client_id, (uint16_t)(3 + i), COMMAND_OTA_STATUS, &payload);
    }
    return sent;
}

static bool connect_device(struct scene *scene, int number)
{
    char client_id[64];
    char password[PASSWORD_LIMIT];
    client_id_of(number, client_id);
    struct raw_mqtt *link = &scene->links[number];
    return password_make_type0(false, "pk1", product_secret, client_id + 5, random_text, password, sizeof password) ==
               OK &&
           raw_open(link, scene->server.mqtt_port) && raw_connect_code(link, client_id, password) == 0 &&
           raw_subscribe_own(link, client_id) && report_all(link, client_id);
}

static int64_t number_at(const struct scene *scene, const char *path, const char *member)
{
    json_t *json = rest_expect(&scene->server, "GET", path, NULL, 200);
    int64_t value = json_integer_value(json_object_get(json, member));
    json_decref(json);
    return value;
}

/* The package, the plan, and a second product that stays out of it. */
static void make_plan(struct scene *scene)
{
    char body[512];
    int64_t package_id = rest_package(&scene->server,
                                      "{\"name\":\"new\",\"productKey\":\"pk1\",\"componentType\":\"mcu\","
                                      "\"packageType\":\"full\",\"targetVersion\":\"2_0_0\"}",
                                      "fw.bin", test_bytes(1000, 1), 1000);
    (void)snprintf(body, sizeof body,
                   "{\"name\":\"plan\",\"productKey\":\"pk1\",\"mode\":\"silent\",\"timeZone\":\"UTC\",\"components\":"
                   "[{\"componentNo\":\"STM32\",\"name\":\"c\",\"componentType\":\"mcu\",\"packageId\":%lld,"
                   "\"sequence\":1}]}",
                   (long long)package_id);
    json_t *plan = rest_expect(&scene->server, "POST", "/api/v1/plans", body, 201);
    scene->plan_id = json_integer_value(json_object_get(plan, "id"));
    json_decref(plan);
    (void)snprintf(body, sizeof body, "/api/v1/plans/%lld/activate", (long long)scene->plan_id);
    json_decref(rest_expect(&scene->server, "POST", body, NULL, 200));
}

/* All devices in the middle of the download. */
static bool upgrade_all(struct scene *scene)
{
    char path[96];
    make_plan(scene);
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld/statistics", (long long)scene->plan_id);
    for (int i = 0; i < DEVICES; i++) {
        if (!connect_device(scene, i)) {
            return false;
        }
    }
    for (int i = 0; i < PATIENCE_MS / 100 && number_at(scene, path, "inUpgrade") < DEVICES; i++) {
        sleep_ms(100);
    }
    for (int i = 0; i < DEVICES; i++) {
        char client_id[64];
        client_id_of(i, client_id);
        if (!accept(&scene->links[i], client_id)) {
            return false;
        }
    }
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld/devices?status=inUpgrade&limit=1000",
                   (long long)scene->plan_id);
    for (int i = 0; i < PATIENCE_MS / 100; i++) {
        int downloading = 0;
        json_t *list = rest_expect(&scene->server, "GET", path, NULL, 200);
        size_t n;
        json_t *item;
        json_array_foreach(json_object_get(list, "items"), n, item)
        {
            downloading += strcmp(json_text_at(item, "components.0.step"), "downloading") == 0;
        }
        json_decref(list);
        if (downloading == DEVICES) {
            return true;
        }
        sleep_ms(100);
    }
    return false;
}

/* Until the server has closed every link. */
static bool await_cut(struct scene *scene)
{
    struct mqtt_packet packet;
    for (int i = 0; i < DEVICES; i++) {
        while (raw_receive(&scene->links[i], 5000, &packet)) {
        }
        raw_close(&scene->links[i]);
    }
    return number_at(scene, "/api/v1/products/pk1/devices?limit=1", "x") == 0;
}

/* Back to the 1,000 devices in mid-upgrade, from nothing. */
static bool measure_restore(struct scene *scene, int round)
{
    sleep_ms(300); /* what the reset left to be done is done */
    static const char restore[] = "/api/v1/products/pk1/snapshots/mid/restore";
    json_t *restored = timed_call(scene, restore, NULL, 200, &scene->restore_ms[round], &scene->restore_cpu[round]);
    bool well = json_integer_value(json_object_get(restored, "devices")) == DEVICES;
    json_decref(restored);
    json_decref(timed_call(scene, restore, NULL, 200, &scene->over_ms[round], &scene->over_cpu[round]));
    json_decref(rest_expect(&scene->server, "DELETE", "/api/v1/products/pk1/snapshots/mid", NULL, 204));
    json_decref(rest_expect(&scene->server, "POST", "/api/v1/products/pk1/reset", NULL, 200));
    sleep_ms(300);
    return well;
}

static bool run_round(struct scene *scene, int round)
{
    if (!upgrade_all(scene)) {
        return false;
    }
    sleep_ms(1000); /* until the statuses have been worked off */
    json_decref(timed_call(scene, "/api/v1/products/pk1/snapshots", "{\"name\":\"mid\"}", 201, &scene->make_ms[round],
                           &scene->make_cpu[round]));
    double ping = 0;
    double start = 0;
    for (int i = 0; i < 3; i++) { /* what a call costs that does nothing; the last of them, connections are made */
        ping = bench_now_s();
        json_decref(rest_expect(&scene->server, "GET", "/api/v1/products/pk1", NULL, 200));
        start = bench_now_s();
    }
    scene->ping_ms[round] = (start - ping) * 1000;
    json_t *counts =
        timed_call(scene, "/api/v1/products/pk1/reset", NULL, 200, &scene->reset_ms[round], &scene->reset_cpu[round]);
    double end = bench_now_s();
    bool all = json_integer_value(json_object_get(counts, "devices")) == DEVICES &&
               json_integer_value(json_object_get(counts, "links")) == DEVICES &&
               json_integer_value(json_object_get(counts, "firmwareLinks")) == DEVICES;
    json_decref(counts);
    all = await_cut(scene) && all;
    scene->cut_ms[round] = (bench_now_s() - end) * 1000;
    return all && measure_restore(scene, round);
}

static double worst(const double *values)
{
    double most = 0;
    for (int i = 0; i < ROUNDS; i++) {
        most = values[i] > most ? values[i] : most;
    }
    return most;
}

static void note(const char *what, double *wall, double *cpu)
{
    double most = worst(wall);
    bench_note(what, "%.1f ms (worst %.1f; the loop's CPU time %.1f)", bench_median(wall, ROUNDS), most,
               bench_median(cpu, ROUNDS));
}

static void measure(void)
{
    static struct scene scene;
    static const char *const options[] = {"--log-level", "warn", NULL};
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    server_start(&scene.server, options);
    json_decref(rest_expect(&scene.server, "POST", "/api/v1/products",
                            "{\"name\":\"one\",\"productKey\":\"pk1\",\"productSecret\":\"secret1\"}", 201));
    bool well = true;
    for (int round = 0; round < ROUNDS && well; round++) {
        well = run_round(&scene, round);
    }
    CU_ASSERT_TRUE(well);
    if (well) {
        double middle = bench_median(scene.reset_ms, ROUNDS);
        bench_row("reset of a product, 1,000 devices in mid-upgrade: answered", "< 10 ms", middle < goal_ms,
                  "%.1f ms (worst %.1f; a plain GET %.1f)", middle, worst(scene.reset_ms),
                  bench_median(scene.ping_ms, ROUNDS));
        note("the same reset", scene.reset_ms, scene.reset_cpu);
        note("snapshot of the same product: made", scene.make_ms, scene.make_cpu);
        note("the same: restored after a reset", scene.restore_ms, scene.restore_cpu);
        note("the same: restored over what is there", scene.over_ms, scene.over_cpu);
        bench_note("reset: until the last of the 1,000 links was cut", "%.0f ms", bench_median(scene.cut_ms, ROUNDS));
    }
    server_stop(&scene.server);
}

int main(void)
{
    static const struct test_case cases[] = {{"reset", measure}, {0}};
    return suite_run("bench_reset", cases);
}
