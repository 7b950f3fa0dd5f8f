/*
 * What the benchmarks share: a clock, medians, costs of a process, rows of the table that tests/bench/run prints.
 *
 *   figure                      goal      measured                        verdict
 *   start: exec to /readyz      < 100 ms  41 ms                           met
 *   download 10 MB, 32 links    >= 0.90   0.93 (2.41 of 2.59 GB/s)        met
 *
 * A benchmark measures; it is no test of the server. Its CUnit checks fail only when something could not be measured.
 */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/status.h"

enum { BENCH_ROUNDS_MOST = 64 };

double bench_now_s(void); /* monotonic seconds */

/* Seconds of processor time that the process `pid` has used, all its threads; 0 when it is gone. */
double bench_cpu_s(pid_t pid);

/* The same for the calling process. */
double bench_own_cpu_s(void);

/* The process with its direct children (a server with its broker, nginx with its workers). */
double bench_cpu_family_s(pid_t pid);

/* The member `name` ("VmRSS:", "Pss:") of /proc/PID/`file` ("status", "smaps_rollup") in kB; -1: not readable. */
long bench_memory_kb(pid_t pid, const char *file, const char *name);

/* Direct children of `parent`, at most `most`; returns how many. */
size_t bench_children(pid_t parent, pid_t *children, size_t most);

/* The middle of `count` values (1..BENCH_ROUNDS_MOST), which are not changed. */
double bench_median(const double *values, size_t count);

/* The middle of own[i] / peer[i]: rounds that followed each other share what disturbed them. */
double bench_median_ratio(const double *own, const double *peer, size_t count);

/* Removes the folder with all that is in it. */
void bench_remove_folder(const char *path);

/* A TCP port of the loopback address that is free now. 0: none. */
uint16_t bench_free_port(void);

/* A row of the table with the verdict `met`, or without goal and verdict. `measured` as by printf. */
void bench_row(const char *figure, const char *goal, bool met, const char *measured, ...) PRINTF_LIKE(4, 5);
void bench_note(const char *figure, const char *measured, ...) PRINTF_LIKE(2, 3);

#endif
