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

enum { CONNECTIONS = 32, ROUNDS = 7, DEVICE_ROUNDS = 3, BIG = 10 * 1000 * 1000, SMALL = 64 * 1024, SIDES = 2 };

static const double round_s = 1.0;
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

static void note_wrk(const char *name, const struct side sides[SIDES])
{
    double rates[SIDES][DEVICE_ROUNDS];
    char figure[128];
    for (int round = 0; round < DEVICE_ROUNDS; round++) {
        for (int i = 0; i < SIDES; i++) {
            if (!wrk_rate(&sides[i], &rates[i][round])) {
                return;
            }
        }
    }
    double own = bench_median(rates[0], DEVICE_ROUNDS);
    double peer = bench_median(rates[1], DEVICE_ROUNDS);
    (void)snprintf(figure, sizeof figure, "download %s: the same seen by wrk -t1", name);
    bench_note(figure, "%.2f (%.2f of %.2f GB/s)", own / peer, own / 1e9, peer / 1e9);
}

static void measure(const char *name, size_t size, double goal)
{
    struct source source;
    struct nginx nginx;
    char figure[128];
    char goal_text[32];
    source_open(&source, size);
    const void *bytes = test_bytes(size, 1); /* what rest_simple_plan() uploaded */
    bool up = nginx_start(&nginx, "auto", bytes, size);
    CU_ASSERT_TRUE(up);
    struct side sides[SIDES] = {{.path = source.path, .port = source.server.http_port, .pid = source.server.pid},
                                {.path = "/fw.bin", .port = nginx.port, .pid = nginx.pid}};
    for (int i = 0; up && i < SIDES; i++) {
        CU_ASSERT_TRUE(http_fetch_is(sides[i].port, sides[i].path, bytes, size));
    }
    bool measured = up && run_rounds(sides, (int64_t)size, false, ROUNDS);
    CU_ASSERT_TRUE(measured);
    if (measured) {
        double own = bench_median(sides[0].rate, ROUNDS);
        double peer = bench_median(sides[1].rate, ROUNDS);
        (void)snprintf(figure, sizeof figure, "download %s, %d connections: of nginx", name, CONNECTIONS);
        (void)snprintf(goal_text, sizeof goal_text, ">= %.2f", goal);
        bench_row(figure, goal_text, own / peer >= goal, "%.2f (%.2f of %.2f GB/s)", own / peer, own / 1e9, peer / 1e9);
        (void)snprintf(figure, sizeof figure, "download %s: processors busy, server + client", name);
        bench_note(figure, "mockdc %.2f + %.2f, nginx %.2f + %.2f", bench_median(sides[0].cpu, ROUNDS),
                   bench_median(sides[0].client, ROUNDS), bench_median(sides[1].cpu, ROUNDS),
                   bench_median(sides[1].client, ROUNDS));
    }
    measured = measured && run_rounds(sides, (int64_t)size, true, DEVICE_ROUNDS);
    CU_ASSERT_TRUE(measured);
    if (measured) {
        double own = bench_median(sides[0].rate, DEVICE_ROUNDS);
        double peer = bench_median(sides[1].rate, DEVICE_ROUNDS);
        (void)snprintf(figure, sizeof figure, "download %s: the device's way (Range, a connection each)", name);
        bench_note(figure, "%.2f (%.2f of %.2f GB/s)", own / peer, own / 1e9, peer / 1e9);
        note_wrk(name, sides);
    }
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
