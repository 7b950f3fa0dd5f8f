/*
 * Calls that wait: how soon they are answered.
 *
 * ?waitFor=upgraded with 1,000 waiters: the first answered within 5 ms of the change, all within 50 ms.
 *
 *   1,000 connections: GET /plans/1/devices/DK?waitFor=upgraded,failed&timeout=60 --> suspended
 *   the device sends status 11 over MQTT: t = 0 --> stored --> 1,000 answers
 *
 * GET /events?wait=, one call after the other: each is answered within 5 ms of the event it waits for.
 *
 *   GET /events?wait=10&after=CURSOR&kind=device&what=reported --> suspended
 *   the device reports another battery over MQTT: t = 0 --> stored --> the answer
 *
 * Sending comes a little before the change itself (front, broker and commit lie between): the figure is the longer one.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bench.h"
#include "codec/device_messages.h"
#include "crypto/password.h"
#include "support/raw_mqtt.h"
#include "support/server.h"
#include "support/suite.h"

enum {
    WAITERS = 1000,
    ROUNDS = 7,
    REPORTS = 400,
    REPORT_PAUSE_MS = 5,
    EVENTS = 64,
    ANSWER_SIZE = 4096,
    PATIENCE_MS = 10000,
    SETTLE_MS = 300
};

static const double first_goal_ms = 5;
static const double last_goal_ms = 50;
static const double event_goal_ms = 5;
static const char device_secret[] = "0123456789abcdef0123456789abcdef";
static const char random_text[] = "0123456789abcdef"; /* repeated randoms are normal (protocol.md, 3) */

struct scene {
    struct server server;
    int waiters[WAITERS];
    double first_ms[ROUNDS];
    double last_ms[ROUNDS];
};

/* --- the device ------------------------------------------------------------------------------------------------- */

static bool send_status(struct raw_mqtt *link, const char *client_id, int status, const char *version, uint16_t id)
{
    CLEANUP(cleanup_buffer) struct buffer payload = {.limit = LIMIT_FRAME_PAYLOAD};
    struct ota_status_message message = {
        .status = status, .component_type = {true, 1}, .component_no = "STM32", .versions = {.has_mcu_list = true}};
    (void)snprintf(message.versions.mcu_list, sizeof message.versions.mcu_list, "STM32:%s", version);
    if (ota_status_encode(&message, &payload) != OK) {
        return false;
    }
    struct frame frame = {
        .package_id = id, .command = COMMAND_OTA_STATUS, .payload = payload.data, .payload_length = payload.length};
    return raw_publish_frame(link, client_id, 0, 0, &frame);
}

static bool send_reports(struct raw_mqtt *link, const char *client_id)
{
    CLEANUP(cleanup_buffer) struct buffer status = {.limit = LIMIT_FRAME_PAYLOAD};
    CLEANUP(cleanup_buffer) struct buffer info = {.limit = LIMIT_FRAME_PAYLOAD};
    struct status_message status_message = {.battery = {true, 90}, .rsrp = {true, -90}};
    struct info_message info_message = {.model = "EC200U", .has_mcu_list = true, .mcu_list = "STM32:1_0_0"};
    if (status_message_encode(&status_message, &status) != OK || info_message_encode(&info_message, &info) != OK) {
        return false;
    }
    struct frame first = {
        .package_id = 1, .command = COMMAND_STATUS, .payload = status.data, .payload_length = status.length};
    struct frame second = {
        .package_id = 2, .command = COMMAND_INFO, .payload = info.data, .payload_length = info.length};
    return raw_publish_frame(link, client_id, 0, 0, &first) && raw_publish_frame(link, client_id, 0, 0, &second);
}

/* Connected, reported, notified (the plan is active) and confirmed. */
static bool bring_device(const struct scene *scene, struct raw_mqtt *link, const char *device_key, char client_id[64])
{
    char password[PASSWORD_LIMIT];
    char path[64];
    char body[160];
    uint8_t content[1024];
    struct frame frame;
    (void)snprintf(client_id, 64, "qdpk1%s", device_key);
    (void)snprintf(path, sizeof path, "/api/v1/products/pk1/devices");
    (void)snprintf(body, sizeof body, "{\"deviceKey\":\"%s\",\"deviceSecret\":\"%s\"}", device_key, device_secret);
    json_decref(rest_expect(&scene->server, "POST", path, body, 201));
    return password_make_type1(false, device_secret, "secret1", random_text, password, sizeof password) == OK &&
           raw_open(link, scene->server.mqtt_port) && raw_connect_code(link, client_id, password) == 0 &&
           raw_subscribe_own(link, client_id) && send_reports(link, client_id) &&
           raw_receive_frame(link, PATIENCE_MS, content, sizeof content, &frame) &&
           frame.command == COMMAND_OTA_NOTIFY && send_status(link, client_id, 2, "1_0_0", 3) &&
           raw_receive_frame(link, PATIENCE_MS, content, sizeof content, &frame) &&
           frame.command == COMMAND_FIRMWARE_INFO;
}

/* --- the waiters ------------------------------------------------------------------------------------------------ */

static int open_socket(const struct scene *scene)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(scene->server.http_port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bool well = fd >= 0 && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0 &&
                connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    return well ? fd : -1;
}

static int open_waiter(const struct scene *scene, int64_t plan_id, const char *device_key)
{
    char request[256];
    int fd = open_socket(scene);
    int length = snprintf(request, sizeof request,
                          "GET /api/v1/plans/%lld/devices/%s?waitFor=upgraded,failed&timeout=60 HTTP/1.1\r\n"
                          "Host: 127.0.0.1\r\n\r\n",
                          (long long)plan_id, device_key);
    return fd >= 0 && send(fd, request, (size_t)length, 0) == length ? fd : -1;
}

static bool is_upgraded(int fd)
{
    char answer[ANSWER_SIZE];
    ssize_t got = recv(fd, answer, sizeof answer - 1, 0);
    answer[got > 0 ? got : 0] = '\0';
    return strncmp(answer, "HTTP/1.1 200", 12) == 0 && strstr(answer, "\"upgraded\"") != NULL;
}

/* Milliseconds since `start` at which the first and the last had their answer. */
static bool await_answers(const struct scene *scene, double start, double *first_ms, double *last_ms)
{
    CLEANUP(cleanup_fd) int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < WAITERS; i++) {
        struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = scene->waiters[i]};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, scene->waiters[i], &event) != 0) {
            return false;
        }
    }
    for (int answered = 0; answered < WAITERS;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(epoll, events, EVENTS, PATIENCE_MS);
        double now = (bench_now_s() - start) * 1e3;
        if (count <= 0) {
            return false;
        }
        for (int i = 0; i < count; i++) {
            if (!is_upgraded(events[i].data.fd)) {
                return false;
            }
        }
        *first_ms = answered == 0 ? now : *first_ms;
        *last_ms = now;
        answered += count;
    }
    return true;
}

static bool run_round(struct scene *scene, int64_t plan_id, int round)
{
    char device_key[17];
    char client_id[64];
    struct raw_mqtt link = {.fd = -1};
    (void)snprintf(device_key, sizeof device_key, "86712304567%04d", round);
    bool well = bring_device(scene, &link, device_key, client_id);
    for (int i = 0; i < WAITERS && well; i++) {
        scene->waiters[i] = open_waiter(scene, plan_id, device_key);
        well = scene->waiters[i] >= 0;
    }
    sleep_ms(SETTLE_MS); /* all of them are waiting now */
    double start = bench_now_s();
    well = well && send_status(&link, client_id, 11, "2_0_0", 4) &&
           await_answers(scene, start, &scene->first_ms[round], &scene->last_ms[round]);
    for (int i = 0; i < WAITERS; i++) {
        (void)close(scene->waiters[i]);
    }
    raw_close(&link);
    return well;
}

/* --- one waiter for events ---------------------------------------------------------------------------------------- */

static bool send_battery(struct raw_mqtt *link, const char *client_id, int battery, uint16_t id)
{
    CLEANUP(cleanup_buffer) struct buffer payload = {.limit = LIMIT_FRAME_PAYLOAD};
    struct status_message message = {.battery = {true, battery}, .rsrp = {true, -90}};
    if (status_message_encode(&message, &payload) != OK) {
        return false;
    }
    struct frame frame = {
        .package_id = id, .command = COMMAND_STATUS, .payload = payload.data, .payload_length = payload.length};
    return raw_publish_frame(link, client_id, 0, 0, &frame);
}

struct event_client {
    int fd;
    char cursor[64];
    char answer[ANSWER_SIZE];
};

static bool ask_for_events(const struct event_client *client, const char *query)
{
    char request[320];
    int length =
        snprintf(request, sizeof request,
                 "GET /api/v1/events?limit=1&kind=device&what=reported&%s%s%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
                 query, client->cursor[0] == '\0' ? "" : "&after=", client->cursor);
    return send(client->fd, request, (size_t)length, MSG_NOSIGNAL) == length;
}

/* An answer of this status with a cursor, which is kept. */
static bool take_events(struct event_client *client, const char *status_line)
{
    ssize_t got = recv(client->fd, client->answer, sizeof client->answer - 1, 0);
    client->answer[got > 0 ? got : 0] = '\0';
    const char *cursor = strstr(client->answer, "\"cursor\":\"");
    if (cursor == NULL || strncmp(client->answer, status_line, strlen(status_line)) != 0) {
        return false;
    }
    cursor += strlen("\"cursor\":\"");
    (void)snprintf(client->cursor, sizeof client->cursor, "%.*s", (int)strcspn(cursor, "\""), cursor);
    return true;
}

static int by_value(const void *a, const void *b)
{
    double first = *(const double *)a;
    double second = *(const double *)b;
    return (first > second) - (first < second);
}

static bool measure_events(const struct scene *scene, double ms[REPORTS])
{
    char client_id[64];
    struct raw_mqtt link = {.fd = -1};
    struct event_client client = {.fd = open_socket(scene)};
    bool well = client.fd >= 0 && bring_device(scene, &link, "867123045679999", client_id);
    sleep_ms(SETTLE_MS); /* what it has reported so far has been told */
    well = well && ask_for_events(&client, "wait=0&deviceKey=nobody") && take_events(&client, "HTTP/1.1 409");
    for (int i = 0; i < REPORTS && well; i++) {
        well = ask_for_events(&client, "wait=10&deviceKey=867123045679999");
        sleep_ms(REPORT_PAUSE_MS); /* it waits now */
        double start = bench_now_s();
        well = well && send_battery(&link, client_id, 10 + i % 80, (uint16_t)(10 + i)) &&
               take_events(&client, "HTTP/1.1 200");
        ms[i] = (bench_now_s() - start) * 1e3;
    }
    (void)close(client.fd);
    raw_close(&link);
    qsort(ms, REPORTS, sizeof ms[0], by_value);
    return well;
}

static void report(const struct scene *scene)
{
    double first = bench_median(scene->first_ms, ROUNDS);
    double last = bench_median(scene->last_ms, ROUNDS);
    bench_row("waitFor, 1,000 waiters: the first, from sending status 11", "< 5 ms", first < first_goal_ms, "%.2f ms",
              first);
    bench_row("waitFor, 1,000 waiters: the last", "< 50 ms", last < last_goal_ms, "%.1f ms", last);
}

static void measure(void)
{
    static const char *const options[] = {"--log-level", "warn", NULL};
    static struct scene scene;
    static double ms[REPORTS];
    server_start(&scene.server, options);
    int64_t plan_id = rest_simple_plan(&scene.server, 1000, NULL);
    bool well = true;
    for (int round = 0; round < ROUNDS && well; round++) {
        well = run_round(&scene, plan_id, round);
    }
    CU_ASSERT_TRUE(well);
    if (well) {
        report(&scene);
    }
    well = measure_events(&scene, ms);
    CU_ASSERT_TRUE(well);
    if (well) {
        bench_row("events?wait=, 400 events: median, from sending a report", "< 5 ms", ms[REPORTS / 2] < event_goal_ms,
                  "%.2f ms (99 %% within %.2f)", ms[REPORTS / 2], ms[REPORTS * 99 / 100]);
        bench_row("events?wait=, 400 events: the worst", "< 5 ms", ms[REPORTS - 1] < event_goal_ms, "%.2f ms",
                  ms[REPORTS - 1]);
    }
    server_stop(&scene.server);
}

int main(void)
{
    static const struct test_case cases[] = {{"waiting", measure}, {0}};
    return suite_run("bench_waiting", cases);
}
