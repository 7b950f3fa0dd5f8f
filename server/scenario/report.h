/*
 * What is told of a run: a block for each scenario while it goes on, a summary, JUnit XML, an HTTP archive.
 *
 *   [ 3/48] cut at half of the first download                              cut-at-half.json
 *         0.01  product p1a2b3: packages 1, plans 1, devices 1
 *         0.08  await 867123045678901: upgraded
 *     passed (0.1 s)
 *     FAILED (0.1 s)
 *       /expect/devices/867123045678901/attempts: expected 2, actual 1
 */
#ifndef SCENARIO_REPORT_H
#define SCENARIO_REPORT_H

#include <stdio.h>

#include "scenario/play.h"

/* The scenarios of a run and what became of them, side by side. */
struct programme {
    struct scenario *scenarios;
    struct outcome *outcomes;
    size_t count;
    bool quiet;  /* verdicts only */
    bool colour; /* of stdout */
};

struct programme_counts {
    size_t passed;
    size_t failed;
    size_t broken;
    size_t not_played;
};

struct programme_counts programme_count(const struct programme *programme);

void programme_begin(FILE *file, const struct programme *programme, size_t index);
void programme_end(FILE *file, const struct programme *programme, size_t index, bool with_transcript);
void programme_summary(FILE *file, const struct programme *programme, double seconds);

/* Whole documents. E_IO: *error says why. */
MUST_USE enum status programme_junit(const char *path, const struct programme *programme, double seconds,
                                     struct error *error);
MUST_USE enum status programme_archive(const char *path, const struct programme *programme, struct error *error);

#endif
