/*
 * What is told of one scenario while it is played: lines with the seconds since its beginning.
 *
 *   "    0.07  await 867123045678901: upgraded or failed -> upgraded"
 *
 * Kept for the reports; also printed at once when the scenario is the only one that is played.
 */
#ifndef SCENARIO_TRANSCRIPT_H
#define SCENARIO_TRANSCRIPT_H

#include <stdbool.h>

#include "base/buffer.h"

enum { TRANSCRIPT_MOST = 256 * 1024 };

struct transcript {
    struct buffer text;
    int64_t begin_ms;
    bool live;
};

void transcript_init(struct transcript *transcript, bool live);
void transcript_finish(struct transcript *transcript);
void transcript_say(struct transcript *transcript, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
