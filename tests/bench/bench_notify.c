/*
 * Issue 3: thousands of eligible devices at once: all notifies handed to the broker in under 2 s, at least 0.7 of the
 * rate at which bare libmosquitto publishes the same messages to the same broker.
 *
 *   ours:  POST /evaluations --> plan decided, stored, logged --> libmosquitto ----\
 *                                                                                   broker --> observer: the last one
 * came bare:  libmosquitto alone, the messages of our first round, QoS 1 -------------/       \-> the devices' own
 * links
 *
 * Both sides have the same subscribers: every device, connected through the front, and one observer. 9,900 devices:
 * each takes two descriptors of the server, and the hard limit of this machine is 20,000.
 */
#include <mosquitto.h>
#include <pthread.h>
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

enum { DEVICES = 9900, ROUNDS = 5, PATIENCE_MS = 30000, KEEP_ALIVE_S = 3600 };

static const double goal_s = 2.0;
static const double goal_ratio = 0.7;
static const char product_secret[] = "secret1";
static const char random_text[] = "0123456789abcdef"; /* repeated randoms are normal (protocol.md, 3) */

struct message {
    char topic[96];
    uint8_t payload[400];
    size_t length;
};

struct scene {
    struct server server;
    struct raw_mqtt observer;
    struct mosquitto *bare;
    struct raw_mqtt links[DEVICES];
    struct message messages[DEVICES]; /* of our first round */
    int64_t package_id;
    double own_s[ROUNDS];
    double bare_s[ROUNDS];
};

static void client_id_of(int number, char client_id[64])
{
    (void)snprintf(client_id, 64, "qdpk186712304567%04d", number);
}

/* --- devices ---------------------------------------------------------------------------------------------------- */

static bool report_all(struct raw_mqtt *link, const char *client_id)
{
    CLEANUP(cleanup_buffer) struct buffer status = {.limit = LIMIT_FRAME_PAYLOAD};
    CLEANUP(cleanup_buffer) struct buffer info = {.limit = LIMIT_FRAME_PAYLOAD};
    struct status_message status_message = {
        .battery = {true, 90}, .signal = {true, -60}, .rsrp = {true, -90}, .flash_free = {true, 8388608}};
    struct info_message info_message = {
        .model = "EC200U", .has_mcu_list = true, .mcu_list = "STM32:1_0_0", .sdk_version = "2.9.2"};
    struct frame frames[2] = {{.package_id = 1, .command = COMMAND_STATUS}, {.package_id = 2, .command = COMMAND_INFO}};
    if (status_message_encode(&status_message, &status) != OK || info_message_encode(&info_message, &info) != OK) {
        return false;
    }
    frames[0].payload = status.data;
    frames[0].payload_length = status.length;
    frames[1].payload = info.data;
    frames[1].payload_length = info.length;
    return raw_publish_frame(link, client_id, 0, 0, &frames[0]) && raw_publish_frame(link, client_id, 0, 0, &frames[1]);
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

/* At the broker's own socket, so that it sees what the broker has, not what the front has passed on. */
static bool connect_observer(struct scene *scene)
{
    static const char filter[] = "q/1/d/#";
    char path[128];
    struct mqtt_packet packet;
    uint8_t subscribe[32] = {0x82, (uint8_t)(5 + sizeof filter - 1), 0, 1, 0, (uint8_t)(sizeof filter - 1)};
    memcpy(subscribe + 6, filter, sizeof filter - 1); /* QoS 0 follows */
    (void)snprintf(path, sizeof path, "%s/broker/mqtt.sock", scene->server.data_dir);
    return raw_open_unix(&scene->observer, path) && raw_connect_user(&scene->observer, "watcher", "mockdc-core") == 0 &&
           raw_send(&scene->observer, subscribe, 6 + sizeof filter) && raw_receive(&scene->observer, 5000, &packet) &&
           packet.type == MQTT_SUBACK;
}

/* Until the server has everybody's versions: the last one's are there. */
static bool await_reports(const struct scene *scene)
{
    char path[96];
    char client_id[64];
    client_id_of(DEVICES - 1, client_id);
    (void)snprintf(path, sizeof path, "/api/v1/products/pk1/devices/%s", client_id + 5);
    for (int i = 0; i < PATIENCE_MS / 100; i++) {
        json_t *json = rest_expect(&scene->server, "GET", path, NULL, 200);
        bool known = json_is_string(json_object_get(json, "sdkVersion"));
        json_decref(json);
        if (known) {
            return true;
        }
        sleep_ms(100);
    }
    return false;
}

/* First of all: libmosquitto's loop is a select(), which knows no descriptor above 1023. */
static bool connect_bare(struct scene *scene)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/broker/mqtt.sock", scene->server.data_dir);
    scene->bare = mosquitto_new("bare", true, NULL);
    bool connected = scene->bare != NULL &&
                     mosquitto_username_pw_set(scene->bare, "mockdc-core", NULL) == MOSQ_ERR_SUCCESS &&
                     mosquitto_max_inflight_messages_set(scene->bare, 0) == MOSQ_ERR_SUCCESS &&
                     mosquitto_connect(scene->bare, path, 0, KEEP_ALIVE_S) == MOSQ_ERR_SUCCESS;
    for (int i = 0; i < 10 && connected; i++) { /* CONNACK */
        connected = mosquitto_loop(scene->bare, 20, 1) == MOSQ_ERR_SUCCESS;
    }
    return connected;
}

static void open_scene(struct scene *scene)
{
    static const char *const options[] = {"--log-level", "warn", NULL};
    server_start(&scene->server, options);
    json_decref(rest_expect(&scene->server, "POST", "/api/v1/products",
                            "{\"name\":\"one\",\"productKey\":\"pk1\",\"productSecret\":\"secret1\"}", 201));
    scene->package_id = rest_package(&scene->server,
                                     "{\"name\":\"new\",\"productKey\":\"pk1\",\"componentType\":\"mcu\","
                                     "\"packageType\":\"full\",\"targetVersion\":\"2_0_0\"}",
                                     "fw.bin", test_bytes(1000, 1), 1000);
    bool connected = connect_bare(scene);
    for (int i = 0; i < DEVICES && connected; i++) {
        connected = connect_device(scene, i);
    }
    CU_ASSERT_TRUE_FATAL(connected && await_reports(scene) && connect_observer(scene));
    sleep_ms(LIMIT_SETTLE_MS + 1000); /* what each connect leads to has happened: the evaluation is for all */
}

static void close_scene(struct scene *scene)
{
    raw_close(&scene->observer);
    mosquitto_destroy(scene->bare);
    for (int i = 0; i < DEVICES; i++) {
        raw_close(&scene->links[i]);
    }
    server_stop(&scene->server);
}

/* --- what the observer sees ------------------------------------------------------------------------------------- */

/* Counts messages until all are there; keeps them in `messages` when given. */
static bool see_all(struct raw_mqtt *observer, struct message *messages)
{
    struct mqtt_packet packet;
    for (int seen = 0; seen < DEVICES;) {
        struct mqtt_publish publish;
        if (!raw_receive(observer, PATIENCE_MS, &packet)) {
            return false;
        }
        if (packet.type != MQTT_PUBLISH || mqtt_publish_read(&packet, &publish) != OK) {
            continue;
        }
        if (messages != NULL) {
            struct message *message = &messages[seen];
            if (publish.topic.length >= sizeof message->topic || publish.payload_length > sizeof message->payload) {
                return false;
            }
            memcpy(message->topic, publish.topic.text, publish.topic.length);
            message->topic[publish.topic.length] = '\0';
            memcpy(message->payload, publish.payload, publish.payload_length);
            message->length = publish.payload_length;
        }
        seen++;
    }
    return true;
}

/* The devices' links are emptied between rounds, so that no buffer on the way is full. */
static void empty_links(struct scene *scene)
{
    struct mqtt_packet packet;
    for (int i = 0; i < DEVICES; i++) {
        while (raw_receive(&scene->links[i], 0, &packet)) {
        }
    }
}

/* --- ours ------------------------------------------------------------------------------------------------------- */

/* A new plan to another version each round; the one before is over, so that its devices are not busy. */
static int64_t make_plan(const struct scene *scene, int round)
{
    char body[512];
    (void)snprintf(
        body, sizeof body,
        "{\"name\":\"plan %d\",\"productKey\":\"pk1\",\"mode\":\"silent\",\"timeZone\":\"UTC\",\"components\":"
        "[{\"componentNo\":\"STM32\",\"name\":\"c\",\"componentType\":\"mcu\",\"packageId\":%lld,"
        "\"sequence\":1}]}",
        round, (long long)scene->package_id);
    json_t *plan = rest_expect(&scene->server, "POST", "/api/v1/plans", body, 201);
    int64_t id = json_integer_value(json_object_get(plan, "id"));
    json_decref(plan);
    (void)snprintf(body, sizeof body, "/api/v1/plans/%lld/activate", (long long)id);
    json_decref(rest_expect(&scene->server, "POST", body, NULL, 200));
    return id;
}

static void *ask_for_evaluation(void *context)
{
    const struct scene *scene = context;
    json_t *answer = rest_expect(&scene->server, "POST", "/api/v1/evaluations", "{}", 200);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(answer, "notified")), DEVICES);
    json_decref(answer);
    return NULL;
}

/* Status 3: back to the start, and no plan that would be issued again. */
static bool refuse_all(struct scene *scene, int64_t plan_id, int round)
{
    char path[96];
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld/terminate", (long long)plan_id);
    json_decref(rest_expect(&scene->server, "POST", path, NULL, 200));
    for (int i = 0; i < DEVICES; i++) {
        CLEANUP(cleanup_buffer) struct buffer payload = {.limit = LIMIT_FRAME_PAYLOAD};
        struct ota_status_message refused = {.status = OTA_STATUS_REFUSED, .component_no = "STM32"};
        char client_id[64];
        client_id_of(i, client_id);
        if (ota_status_encode(&refused, &payload) != OK) {
            return false;
        }
        struct frame frame = {.package_id = (uint16_t)(3 + round),
                              .command = COMMAND_OTA_STATUS,
                              .payload = payload.data,
                              .payload_length = payload.length};
        if (!raw_publish_frame(&scene->links[i], client_id, 0, 0, &frame)) {
            return false;
        }
    }
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld/statistics", (long long)plan_id);
    for (int i = 0; i < PATIENCE_MS / 100; i++) {
        json_t *counts = rest_expect(&scene->server, "GET", path, NULL, 200);
        bool idle = json_integer_value(json_object_get(counts, "inUpgrade")) == 0;
        json_decref(counts);
        if (idle) {
            return true;
        }
        sleep_ms(100);
    }
    return false;
}

static bool run_own(struct scene *scene, int round)
{
    pthread_t caller;
    sleep_ms(LIMIT_SETTLE_MS +
             500); /* whoever finished looks for its next plan so much later: not in what is measured */
    int64_t plan_id = make_plan(scene, round);
    double start = bench_now_s();
    if (pthread_create(&caller, NULL, ask_for_evaluation, scene) != 0) {
        return false;
    }
    bool seen = see_all(&scene->observer, round == 0 ? scene->messages : NULL);
    scene->own_s[round] = bench_now_s() - start;
    (void)pthread_join(caller, NULL);
    empty_links(scene);
    return seen && refuse_all(scene, plan_id, round);
}

/* --- bare libmosquitto ------------------------------------------------------------------------------------------ */

static bool publish_all(const struct scene *scene, struct mosquitto *bare)
{
    for (int i = 0; i < DEVICES; i++) {
        const struct message *message = &scene->messages[i];
        if (mosquitto_publish(bare, NULL, message->topic, (int)message->length, message->payload, 1, false) !=
            MOSQ_ERR_SUCCESS) {
            return false;
        }
        if (i % 64 == 0 && mosquitto_loop(bare, 0, 1) != MOSQ_ERR_SUCCESS) {
            return false;
        }
    }
    while (mosquitto_want_write(bare)) {
        if (mosquitto_loop(bare, 10, 1) != MOSQ_ERR_SUCCESS) {
            return false;
        }
    }
    return true;
}

struct bare_run {
    const struct scene *scene;
    struct mosquitto *bare;
    bool published;
};

static void *publish_bare(void *context)
{
    struct bare_run *run = context;
    run->published = publish_all(run->scene, run->bare);
    /* acknowledgements, so that the broker keeps nothing for this client */
    for (int i = 0; i < 20 && mosquitto_loop(run->bare, 10, 100) == MOSQ_ERR_SUCCESS; i++) {
    }
    return NULL;
}

static bool run_bare(struct scene *scene, int round)
{
    pthread_t publisher;
    struct bare_run run = {.scene = scene, .bare = scene->bare};
    double start = bench_now_s();
    bool well = pthread_create(&publisher, NULL, publish_bare, &run) == 0;
    if (well) {
        well = see_all(&scene->observer, NULL);
        scene->bare_s[round] = bench_now_s() - start;
        (void)pthread_join(publisher, NULL);
    }
    empty_links(scene);
    return well && run.published;
}

static void report(const struct scene *scene)
{
    double own = bench_median(scene->own_s, ROUNDS);
    double bare = bench_median(scene->bare_s, ROUNDS);
    double ratio = bench_median_ratio(scene->bare_s, scene->own_s, ROUNDS);
    bench_row("9,900 eligible devices: all notifies at the broker", "< 2 s", own < goal_s, "%.2f s", own);
    bench_row("the same, of bare libmosquitto's rate", ">= 0.70", ratio >= goal_ratio, "%.2f (%.0f of %.0f/s)", ratio,
              DEVICES / own, DEVICES / bare);
}

static void measure(void)
{
    static struct scene scene;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    (void)mosquitto_lib_init();
    open_scene(&scene);
    bool well = true;
    for (int round = 0; round < ROUNDS && well; round++) {
        well = run_own(&scene, round) && run_bare(&scene, round);
    }
    CU_ASSERT_TRUE(well);
    if (well) {
        report(&scene);
    }
    close_scene(&scene);
    (void)mosquitto_lib_cleanup();
}
int main(void)
{
    static const struct test_case cases[] = {{"notify", measure}, {0}};
    return suite_run("bench_notify", cases);
}
