/*
 * Issue 2: from exec of `mockdc serve` to a true /readyz in under 100 ms (median of 20, a fresh data folder each);
 * resident memory of server and broker together, idle, under 30 MB.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bench.h"
#include "support/server.h"
#include "support/suite.h"

enum { STARTS = 20, IDLE_MS = 2000, POLL_US = 300, GIVE_UP_S = 10, CHILDREN_MOST = 16 };

static const double goal_start_s = 0.1;
static const double goal_memory_kb = 30.0 * 1000 * 1000 / 1024; /* 30 MB */

struct started {
    pid_t pid;
    char folder[64];
    char ready_file[96];
    uint16_t port;
    double to_readyz_s;
    double to_file_s;
};

static bool readyz_is_true(uint16_t port)
{
    static const char request[] = "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CLEANUP(cleanup_fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = 1};
    char answer[64] = "";
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        return false;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return send(fd, request, sizeof request - 1, MSG_NOSIGNAL) > 0 && recv(fd, answer, sizeof answer - 1, 0) > 0 &&
           strncmp(answer, "HTTP/1.1 200", 12) == 0;
}

/* Starts one and polls until both /readyz and the ready file are there. The time begins before the fork. */
static bool start(struct started *started)
{
    char data[96];
    char http[32];
    char log[96];
    *started = (struct started){.port = bench_free_port()};
    (void)snprintf(started->folder, sizeof started->folder, "/tmp/mockdc-bench-XXXXXX");
    if (started->port == 0 || mkdtemp(started->folder) == NULL) {
        return false;
    }
    (void)snprintf(data, sizeof data, "%s/data", started->folder);
    (void)snprintf(log, sizeof log, "%s/log", started->folder);
    (void)snprintf(http, sizeof http, "127.0.0.1:%u", started->port);
    (void)snprintf(started->ready_file, sizeof started->ready_file, "%s/ready.json", started->folder);
    const char *argv[] = {MOCKDC_PATH,   "serve",      "--http", http,           "--mqtt",
                          "127.0.0.1:0", "--data-dir", data,     "--ready-file", started->ready_file,
                          NULL};
    double from = bench_now_s();
    started->pid = process_start(argv, log);
    while (started->pid > 0 && bench_now_s() - from < GIVE_UP_S) {
        if (started->to_file_s == 0 && access(started->ready_file, F_OK) == 0) {
            started->to_file_s = bench_now_s() - from;
        }
        if (started->to_readyz_s == 0 && readyz_is_true(started->port)) {
            started->to_readyz_s = bench_now_s() - from;
        }
        if (started->to_file_s > 0 && started->to_readyz_s > 0) {
            return true;
        }
        (void)usleep(POLL_US);
    }
    return false;
}

static void stop(struct started *started)
{
    if (started->pid > 0) {
        (void)kill(started->pid, SIGTERM);
        CU_ASSERT_EQUAL(process_wait(started->pid, 10), 0);
    }
    bench_remove_folder(started->folder);
}

static void measure_start(void)
{
    double readyz[STARTS];
    double file[STARTS];
    for (int i = 0; i < STARTS; i++) {
        struct started started;
        bool up = start(&started);
        stop(&started);
        CU_ASSERT_TRUE_FATAL(up);
        readyz[i] = started.to_readyz_s;
        file[i] = started.to_file_s;
    }
    double median = bench_median(readyz, STARTS);
    bench_row("start: exec to a true /readyz", "< 100 ms", median < goal_start_s, "%.1f ms (median of %d)",
              median * 1e3, STARTS);
    bench_note("start: exec to the ready file", "%.1f ms", bench_median(file, STARTS) * 1e3);
}

static void measure_memory(void)
{
    struct started started;
    CU_ASSERT_TRUE_FATAL(start(&started));
    sleep_ms(IDLE_MS);
    pid_t processes[1 + CHILDREN_MOST] = {started.pid};
    size_t count = 1 + bench_children(started.pid, processes + 1, CHILDREN_MOST);
    CU_ASSERT_TRUE(count >= 2); /* the broker */
    long resident = 0;
    long shared_fairly = 0;
    long server = bench_memory_kb(started.pid, "status", "VmRSS:");
    for (size_t i = 0; i < count; i++) {
        long rss = bench_memory_kb(processes[i], "status", "VmRSS:");
        long pss = bench_memory_kb(processes[i], "smaps_rollup", "Pss:");
        CU_ASSERT_TRUE(rss > 0);
        resident += rss;
        shared_fairly += pss;
    }
    stop(&started);
    bench_row("memory: server and broker, resident, idle", "< 30 MB", (double)resident < goal_memory_kb,
              "%.1f MB (server %.1f)", (double)resident * 1024 / 1e6, (double)server * 1024 / 1e6);
    bench_note("memory: the same, pages in common shared out (PSS)", "%.1f MB", (double)shared_fairly * 1024 / 1e6);
}

int main(void)
{
    static const struct test_case cases[] = {{"start", measure_start}, {"memory", measure_memory}, {0}};
    return suite_run("bench_start", cases);
}
