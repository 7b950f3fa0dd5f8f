/*
 * The report of a qualification: a line per case while it goes on, and in the end JUnit and HTML.
 *
 *   [ 5/30] accept: receives a plan and accepts it: status 1, then 2
 *           Without the confirmation the server never sends the firmware.
 *           passed (0.4 s)                           FAILED: it refused the plan (status 3), and the excerpt
 */
#ifndef QUALIFY_REPORT_H
#define QUALIFY_REPORT_H

#include <stdio.h>

#include "qualify/cases.h"

/* What is told of the device in the head of a report. */
struct report_head {
    const char *product_key;
    const char *device_key;
    char device[256]; /* "EC200U, module MODULE_1_0_0, SDK 2.9.0, 4194304 bytes of flash free, STM32 1_0_0" */
};

struct report_counts {
    size_t passed;
    size_t failed;
    size_t not_applicable;
};

const char *verdict_name(enum verdict verdict); /* "passed", "failed", "not applicable" */

/* `applies`: it will be played, so the tester is told what to do. */
void report_before(FILE *file, size_t index, const struct qualify_case *played, bool applies);
void report_after(FILE *file, struct result *result, bool colour);
void report_summary(FILE *file, const struct report_counts *counts, const struct result *results);

struct report_counts report_count(const struct result *results);

/* Whole documents. `results` has one for each case. E_IO: *error says why. */
MUST_USE enum status report_junit(const char *path, const struct report_head *head, struct result *results,
                                  struct error *error);
MUST_USE enum status report_html(const char *path, const struct report_head *head, struct result *results,
                                 struct error *error);

#endif
