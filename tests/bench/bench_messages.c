/*
 * Issue 2: messages through the front and broker, at least 0.8 of the same broker reached directly (QoS 1, 100
 * clients).
 *
 *   front:   100 devices, type 1 password --TCP--> front --unix socket--> broker --> server (stored, then acknowledged)
 *   direct:  100 devices, user name = client id --------unix socket-----> broker --> server (the same subscriber)
 *
 * Both sets of devices are registered, both are connected all the time, only one sends at a time. The broker
 * acknowledges by itself what comes directly, so the server may lag behind; each round ends when it has caught up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "crypto/password.h"
#include "mqtt_load.h"
#include "support/server.h"
#include "support/suite.h"

enum { CLIENTS = 100, SIDES = 2, ROUNDS = 7, CATCH_UP_MS = 1000, CATCH_UP_TRIES = 20 };

static const double round_s = 1.0;
static const double warm_up_s = 0.5;
static const double goal = 0.8;
static const char product[] = "pk1";
static const char product_secret[] = "secret1";
static const char device_secret[] = "0123456789abcdef0123456789abcdef";
static const char random_text[] = "0123456789abcdef"; /* repeated randoms are normal (protocol.md, 3) */

struct side {
    struct mqtt_sender senders[CLIENTS];
    double rate[ROUNDS];    /* acknowledgements a second */
    double handled[ROUNDS]; /* messages a second until the server had handled them all */
    double server_cpu[ROUNDS];
    double broker_cpu[ROUNDS];
    double client_cpu[ROUNDS];
};

struct scene {
    struct server server;
    pid_t broker;
    struct mqtt_sender pace; /* a device whose acknowledgement tells that the server has caught up */
    struct side front;
    struct side direct;
};

static void device_key(char key[16], int number)
{
    (void)snprintf(key, 16, "86712304567%04d", number);
}

static void register_device(const struct server *server, int number)
{
    char key[16];
    char path[64];
    char body[160];
    device_key(key, number);
    (void)snprintf(path, sizeof path, "/api/v1/products/%s/devices", product);
    (void)snprintf(body, sizeof body, "{\"deviceKey\":\"%s\",\"deviceSecret\":\"%s\"}", key, device_secret);
    json_decref(rest_expect(server, "POST", path, body, 201));
}

static bool connect_front(const struct server *server, struct mqtt_sender *sender, int number)
{
    char key[16];
    char client_id[64];
    char password[PASSWORD_LIMIT];
    device_key(key, number);
    (void)snprintf(client_id, sizeof client_id, "qd%s%s", product, key);
    mqtt_sender_init(sender, client_id);
    return password_make_type1(false, device_secret, product_secret, random_text, password, sizeof password) == OK &&
           raw_open(&sender->link, server->mqtt_port) && raw_connect_code(&sender->link, client_id, password) == 0 &&
           raw_subscribe_own(&sender->link, client_id);
}

/* As the front does: the user name is the client id, which the broker's access list wants. */
static bool connect_direct(const char *socket_path, struct mqtt_sender *sender, int number)
{
    char key[16];
    char client_id[64];
    device_key(key, number);
    (void)snprintf(client_id, sizeof client_id, "qd%s%s", product, key);
    mqtt_sender_init(sender, client_id);
    return raw_open_unix(&sender->link, socket_path) && raw_connect_user(&sender->link, client_id, client_id) == 0 &&
           raw_subscribe_own(&sender->link, client_id);
}

static void open_scene(struct scene *scene)
{
    static const char *const options[] = {"--log-level", "warn", NULL};
    char socket_path[128];
    server_start(&scene->server, options);
    scene->broker = server_broker_pid(&scene->server);
    json_decref(rest_expect(&scene->server, "POST", "/api/v1/products",
                            "{\"name\":\"one\",\"productKey\":\"pk1\",\"productSecret\":\"secret1\"}", 201));
    for (int i = 0; i <= SIDES * CLIENTS; i++) {
        register_device(&scene->server, i);
    }
    (void)snprintf(socket_path, sizeof socket_path, "%s/broker/mqtt.sock", scene->server.data_dir);
    bool connected = connect_front(&scene->server, &scene->pace, SIDES * CLIENTS);
    for (int i = 0; i < CLIENTS && connected; i++) {
        connected = connect_front(&scene->server, &scene->front.senders[i], i) &&
                    connect_direct(socket_path, &scene->direct.senders[i], CLIENTS + i);
    }
    CU_ASSERT_TRUE_FATAL(connected);
}

static void close_scene(struct scene *scene)
{
    raw_close(&scene->pace.link);
    for (int i = 0; i < CLIENTS; i++) {
        raw_close(&scene->front.senders[i].link);
        raw_close(&scene->direct.senders[i].link);
    }
    server_stop(&scene->server);
}

/* Waits until the server has handled all that was sent: it does so in order, and acknowledges after the commit. */
static bool catch_up(struct scene *scene)
{
    for (int i = 0; i < CATCH_UP_TRIES; i++) {
        double start = bench_now_s();
        if (!mqtt_sender_send_one(&scene->pace, CATCH_UP_TRIES * CATCH_UP_MS)) {
            return false;
        }
        if ((bench_now_s() - start) * 1e3 < CATCH_UP_MS) { /* else the front had let it through */
            return true;
        }
    }
    return false;
}

static bool run_round(struct scene *scene, struct side *side, unsigned window, double seconds, int round)
{
    struct mqtt_load_result result;
    double server_cpu = bench_cpu_s(scene->server.pid);
    double broker_cpu = bench_cpu_s(scene->broker);
    double start = bench_now_s();
    if (!mqtt_load_run(side->senders, CLIENTS, window, seconds, &result)) {
        return false;
    }
    if (round >= 0) {
        side->rate[round] = (double)result.acks / result.seconds;
        side->server_cpu[round] = (bench_cpu_s(scene->server.pid) - server_cpu) / result.seconds;
        side->broker_cpu[round] = (bench_cpu_s(scene->broker) - broker_cpu) / result.seconds;
        side->client_cpu[round] = result.client_cpu_s / result.seconds;
    }
    bool caught_up = catch_up(scene);
    if (round >= 0) {
        side->handled[round] = (double)result.acks / (bench_now_s() - start);
    }
    return caught_up;
}

/* The last signal of a device is what the server shows of it: it did handle the messages. */
static bool was_handled(const struct scene *scene, const struct mqtt_sender *sender, int number)
{
    char key[16];
    char path[96];
    device_key(key, number);
    (void)snprintf(path, sizeof path, "/api/v1/products/%s/devices/%s", product, key);
    json_t *json = rest_expect(&scene->server, "GET", path, NULL, 200);
    bool same = json_integer_value(json_object_get(json, "signal")) == sender->signal;
    json_decref(json);
    return same;
}

static void report(const struct side *front, const struct side *direct, unsigned window)
{
    char figure[128];
    double own = bench_median(front->rate, ROUNDS);
    double peer = bench_median(direct->rate, ROUNDS);
    double ratio = bench_median_ratio(front->rate, direct->rate, ROUNDS);
    (void)snprintf(figure, sizeof figure, "messages, QoS 1, %d clients, window %u: of the broker alone", CLIENTS,
                   window);
    if (window == 1) {
        bench_row(figure, ">= 0.80", ratio >= goal, "%.2f (%.0f of %.0f/s)", ratio, own, peer);
    } else {
        bench_note(figure, "%.2f (%.0f of %.0f/s)", ratio, own, peer);
    }
    (void)snprintf(figure, sizeof figure, "messages, window %u: handled by the server", window);
    bench_note(figure, "front %.0f/s, direct %.0f/s", bench_median(front->handled, ROUNDS),
               bench_median(direct->handled, ROUNDS));
    (void)snprintf(figure, sizeof figure, "messages, window %u: processors busy, server + broker + client", window);
    bench_note(figure, "front %.2f + %.2f + %.2f, direct %.2f + %.2f + %.2f", bench_median(front->server_cpu, ROUNDS),
               bench_median(front->broker_cpu, ROUNDS), bench_median(front->client_cpu, ROUNDS),
               bench_median(direct->server_cpu, ROUNDS), bench_median(direct->broker_cpu, ROUNDS),
               bench_median(direct->client_cpu, ROUNDS));
}

static bool measure_window(struct scene *scene, unsigned window)
{
    struct side *sides[SIDES] = {&scene->front, &scene->direct};
    for (int round = -1; round < ROUNDS; round++) {
        for (int turn = 0; turn < SIDES; turn++) {
            struct side *side = sides[(turn + round + 1) % SIDES];
            if (!run_round(scene, side, window, round < 0 ? warm_up_s : round_s, round)) {
                return false;
            }
        }
    }
    report(&scene->front, &scene->direct, window);
    return true;
}

static void measure(void)
{
    static struct scene scene;
    open_scene(&scene);
    CU_ASSERT_TRUE(measure_window(&scene, 1));
    CU_ASSERT_TRUE(measure_window(&scene, 8));
    CU_ASSERT_TRUE(was_handled(&scene, &scene.front.senders[0], 0));
    CU_ASSERT_TRUE(was_handled(&scene, &scene.direct.senders[0], CLIENTS));
    close_scene(&scene);
}

int main(void)
{
    static const struct test_case cases[] = {{"messages", measure}, {0}};
    return suite_run("bench_messages", cases);
}
