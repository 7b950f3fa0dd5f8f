/*
 * Issue 2: firmware over 32 connections, at least 0.9 of nginx for 10 MB and at least 1.0 for 64 KB. Both serve the
 * same bytes to the same client (http_load.h), in turns.
 *
 * The token is that of a device that confirmed its upgrade, was told the URL and never downloads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "http_load.h"
#include "nginx.h"
#include "server/device.h"
#include "support/suite.h"

enum {
    CONNECTIONS = 32,
    ROUNDS = 15,
    DEVICE_ROUNDS = 5,
    WRK_ROUNDS = 3,
    BIG = 10 * 1000 * 1000,
    SMALL = 64 * 1024,
    SIDES = 2
};

static const double round_s = 0.5; /* short and many: the other users of the machine come and go */
static const double warm_up_s = 0.2;

struct side {
    const char *path;
    uint16_t port;
    pid_t pid;
    double rate[ROUNDS]; /* bytes a second */
    double cpu[ROUNDS];  /* processors busy, of the server */
    double client[ROUNDS];
};

struct source {
    struct server server;
    struct test_device device;
    struct firmware_message firmware;
    char path[LIMIT_URL + 1];
};

/* A server with a firmware URL of `size` bytes that stays alive. */
static void source_open(struct source *source, size_t size)
{
    static const char *const options[] = {"--log-level", "warn", NULL};
    struct notify_message notify;
    *source = (struct source){0};
    server_start(&source->server, options);
    (void)rest_simple_plan(&source->server, size, NULL);
    CU_ASSERT_TRUE_FATAL(device_go_online(&source->server, &source->device, TEST_DK, false));
    CU_ASSERT_TRUE(device_report(&source->device, "V1", "STM32:1_0_0"));
    CU_ASSERT_TRUE_FATAL(device_expect_notify(&source->device, 10000, &notify));
    CU_ASSERT_TRUE(device_status(&source->device, OTA_STATUS_PLAN_RECEIVED, "STM32", 1, NULL, NULL));
    CU_ASSERT_TRUE(device_status(&source->device, OTA_STATUS_CONFIRMED, "STM32", 1, NULL, NULL));
    CU_ASSERT_TRUE_FATAL(device_expect_firmware(&source->device, 5000, &source->firmware));
    const char *path = strstr(source->firmware.files[0].url, "/firmware/");
    CU_ASSERT_PTR_NOT_NULL_FATAL(path);
    (void)snprintf(source->path, sizeof source->path, "%s", path);
}

static void source_close(struct source *source)
{
    device_go_offline(&source->device);
    server_stop(&source->server);
}

static bool run_round(struct side *side, int64_t size, bool device_way, double seconds, int round)
{
    struct http_load load = {.port = side->port,
                             .path = side->path,
                             .size = size,
                             .connections = CONNECTIONS,
                             .seconds = seconds,
                             .device_way = device_way};
    struct http_result result;
    double cpu = bench_cpu_family_s(side->pid);
    bool well = http_load_run(&load, &result);
    if (!well || result.failures > 0 || result.bytes == 0) {
        (void)fprintf(stderr, "    %s on port %u: %llu answers, %llu failures\n", side->path, side->port,
                      (unsigned long long)result.answers, (unsigned long long)result.failures);
        return false;
    }
    if (round >= 0) {
        side->rate[round] = (double)result.bytes / result.seconds;
        side->cpu[round] = (bench_cpu_family_s(side->pid) - cpu) / result.seconds;
        side->client[round] = result.client_cpu_s / result.seconds;
    }
    return true;
}

/* In turns, each round begun by the other side. */
static bool run_rounds(struct side sides[SIDES], int64_t size, bool device_way, int rounds)
{
    for (int round = -1; round < rounds; round++) {
        for (int turn = 0; turn < SIDES; turn++) {
            struct side *side = &sides[(turn + round + 1) % SIDES];
            if (!run_round(side, size, device_way, round < 0 ? warm_up_s : round_s, round)) {
                return false;
            }
        }
    }
    return true;
}

/* What wrk says, for those who know it; false when it is not there. */
static bool wrk_rate(const struct side *side, double *bytes_per_s)
{
    char command[2048];
    char line[256];
    (void)snprintf(command, sizeof command, "wrk -t1 -c%d -d1s http://127.0.0.1:%u%s 2>/dev/null", CONNECTIONS,
                   side->port, side->path);
    FILE *pipe = popen(command, "re"); // NOLINT(cert-env33-c): our own command, no outside text
    *bytes_per_s = 0;
    while (pipe != NULL && fgets(line, sizeof line, pipe) != NULL) {
        char *at = strstr(line, "Transfer/sec:");
        if (at != NULL) {
            double value = strtod(at + strlen("Transfer/sec:"), &at);
            *bytes_per_s = value * (*at == 'G' ? 1073741824.0 : *at == 'M' ? 1048576.0 : 1024.0);
        }
    }
    return pipe != NULL && pclose(pipe) == 0 && *bytes_per_s > 0;
}

/* "0.93 (2.41 of 2.59 GB/s)" with goal and verdict, or without when `goal` is 0. */
static void report(const char *figure, double goal, const double *own, const double *peer, size_t count)
{
    char goal_text[32];
    double ratio = bench_median_ratio(own, peer, count);
    double own_gb = bench_median(own, count) / 1e9;
    double peer_gb = bench_median(peer, count) / 1e9;
    if (goal > 0) {
        (void)snprintf(goal_text, sizeof goal_text, ">= %.2f", goal);
        bench_row(figure, goal_text, ratio >= goal, "%.2f (%.2f of %.2f GB/s)", ratio, own_gb, peer_gb);
    } else {
        bench_note(figure, "%.2f (%.2f of %.2f GB/s)", ratio, own_gb, peer_gb);
    }
}

static void note_wrk(const char *name, const struct side sides[SIDES])
{
    double rates[SIDES][WRK_ROUNDS];
    char figure[128];
    for (int round = 0; round < WRK_ROUNDS; round++) {
        for (int i = 0; i < SIDES; i++) {
            if (!wrk_rate(&sides[i], &rates[i][round])) {
                return;
            }
        }
    }
    (void)snprintf(figure, sizeof figure, "download %s: the same seen by wrk -t1", name);
    report(figure, 0, rates[0], rates[1], WRK_ROUNDS);
}

static bool measure_sides(const char *name, int64_t size, double goal, struct side sides[SIDES])
{
    char figure[128];
    if (!run_rounds(sides, size, false, ROUNDS)) {
        return false;
    }
    (void)snprintf(figure, sizeof figure, "download %s, %d connections: of nginx", name, CONNECTIONS);
    report(figure, goal, sides[0].rate, sides[1].rate, ROUNDS);
    (void)snprintf(figure, sizeof figure, "download %s: processors busy, server + client", name);
    bench_note(figure, "mockdc %.2f + %.2f, nginx %.2f + %.2f", bench_median(sides[0].cpu, ROUNDS),
               bench_median(sides[0].client, ROUNDS), bench_median(sides[1].cpu, ROUNDS),
               bench_median(sides[1].client, ROUNDS));
    if (!run_rounds(sides, size, true, DEVICE_ROUNDS)) {
        return false;
    }
    (void)snprintf(figure, sizeof figure, "download %s: the device's way (Range, a connection each)", name);
    report(figure, 0, sides[0].rate, sides[1].rate, DEVICE_ROUNDS);
    note_wrk(name, sides);
    return true;
}

static void measure(const char *name, size_t size, double goal)
{
    struct source source;
    struct nginx nginx;
    source_open(&source, size);
    const void *bytes = test_bytes(size, 1); /* what rest_simple_plan() uploaded */
    bool up = nginx_start(&nginx, "auto", bytes, size);
    struct side sides[SIDES] = {{.path = source.path, .port = source.server.http_port, .pid = source.server.pid},
                                {.path = "/fw.bin", .port = nginx.port, .pid = nginx.pid}};
    for (int i = 0; up && i < SIDES; i++) {
        CU_ASSERT_TRUE(http_fetch_is(sides[i].port, sides[i].path, bytes, size));
    }
    CU_ASSERT_TRUE(up && measure_sides(name, (int64_t)size, goal, sides));
    nginx_stop(&nginx);
    source_close(&source);
}

static void measure_big(void)
{
    measure("10 MB", BIG, 0.9);
}

static void measure_small(void)
{
    measure("64 KB", SMALL, 1.0);
}

int main(void)
{
    static const struct test_case cases[] = {{"10 MB", measure_big}, {"64 KB", measure_small}, {0}};
    return suite_run("bench_download", cases);
}
