#include "bench.h"

#include <arpa/inet.h>
#include <assert.h>
#include <dirent.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FAMILY_MOST = 64, TICK_FIELDS_BEFORE_UTIME = 11 };

double bench_now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The text of /proc/PID/stat behind the program's name: " S ppid ..."; false when the process is gone. */
static bool read_stat(pid_t pid, char *text, size_t capacity)
{
    char path[64];
    char line[1024] = "";
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    (void)!fgets(line, sizeof line, file);
    (void)fclose(file);
    const char *end = strrchr(line, ')');
    (void)snprintf(text, capacity, "%s", end != NULL ? end + 1 : "");
    return end != NULL;
}

double bench_cpu_s(pid_t pid)
{
    char text[1024];
    if (!read_stat(pid, text, sizeof text)) {
        return 0;
    }
    char *at = text + strspn(text, " ");
    for (int i = 0; i < TICK_FIELDS_BEFORE_UTIME; i++) {
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    double user = strtod(at, &at);
    double system = strtod(at, &at);
    return (user + system) / (double)sysconf(_SC_CLK_TCK);
}

double bench_own_cpu_s(void)
{
    struct timespec used;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

size_t bench_children(pid_t parent, pid_t *children, size_t most)
{
    DIR *proc = opendir("/proc");
    size_t count = 0;
    char text[1024];
    for (struct dirent *entry = proc != NULL ? readdir(proc) : NULL; entry != NULL && count < most;
         entry = readdir(proc)) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && read_stat(pid, text, sizeof text) &&
            strtol(text + strcspn(text, "RSDZTtXIWPK") + 1, NULL, 10) == parent) {
            children[count++] = pid;
        }
    }
    if (proc != NULL) {
        (void)closedir(proc);
    }
    return count;
}

double bench_cpu_family_s(pid_t pid)
{
    pid_t children[FAMILY_MOST];
    size_t count = bench_children(pid, children, FAMILY_MOST);
    double sum = bench_cpu_s(pid);
    for (size_t i = 0; i < count; i++) {
        sum += bench_cpu_s(children[i]);
    }
    return sum;
}

long bench_memory_kb(pid_t pid, const char *file, const char *name)
{
    char path[64];
    char line[256];
    long found = -1;
    (void)snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, file);
    FILE *stream = fopen(path, "re");
    while (stream != NULL && found < 0 && fgets(line, sizeof line, stream) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            found = strtol(line + strlen(name), NULL, 10);
        }
    }
    if (stream != NULL) {
        (void)fclose(stream);
    }
    return found;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

double bench_median(const double *values, size_t count)
{
    double sorted[BENCH_ROUNDS_MOST];
    assert(count > 0 && count <= BENCH_ROUNDS_MOST);
    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, compare);
    return count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

double bench_median_ratio(const double *own, const double *peer, size_t count)
{
    double ratios[BENCH_ROUNDS_MOST];
    assert(count > 0 && count <= BENCH_ROUNDS_MOST);
    for (size_t i = 0; i < count; i++) {
        ratios[i] = own[i] / peer[i];
    }
    return bench_median(ratios, count);
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

void bench_remove_folder(const char *path)
{
    (void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

uint16_t bench_free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    uint16_t port = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &length) == 0) {
        port = ntohs(address.sin_port);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return port;
}

/* To the file that tests/bench/run names, else to the standard output. */
static void write_row(const char *figure, const char *goal, const char *verdict, const char *format, va_list arguments)
{
    const char *path = getenv("BENCH_REPORT");
    FILE *file = path != NULL ? fopen(path, "ae") : stdout;
    if (file == NULL) {
        return;
    }
    (void)fprintf(file, "%s\t%s\t", figure, goal);
    (void)vfprintf(file, format, arguments);
    (void)fprintf(file, "\t%s\n", verdict);
    if (file != stdout) {
        (void)fclose(file);
    }
}

void bench_row(const char *figure, const char *goal, bool met, const char *measured, ...)
{
    va_list arguments;
    va_start(arguments, measured);
    write_row(figure, goal, met ? "met" : "NOT MET", measured, arguments);
    va_end(arguments);
}

void bench_note(const char *figure, const char *measured, ...)
{
    va_list arguments;
    va_start(arguments, measured);
    write_row(figure, "-", "-", measured, arguments);
    va_end(arguments);
}
