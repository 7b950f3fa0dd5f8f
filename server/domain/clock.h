/*
 * A clock that a test can set: the server's, or a product's own (behaviour.md, 10; api.md, The test bench).
 *
 *   real     wall clock
 *   offset   wall clock + value          runs on from the instant it was set to
 *   manual   value                       stands still
 */
#ifndef DOMAIN_CLOCK_H
#define DOMAIN_CLOCK_H

#include <stdint.h>

#include "base/status.h"

enum clock_mode { CLOCK_REAL, CLOCK_OFFSET, CLOCK_MANUAL, CLOCK_MODE_COUNT };

const char *clock_mode_name(enum clock_mode mode); /* "real", "offset", "manual" */
MUST_USE enum status clock_mode_parse(const char *name, enum clock_mode *mode);

struct clock {
    enum clock_mode mode;
    int64_t value; /* milliseconds; 0 in mode real */
};

/* What it shows at the instant `wall` of the system's clock. */
int64_t clock_read(const struct clock *clock, int64_t wall);

/* A clock of `mode` that shows `now` when the system's clock shows `wall`; CLOCK_REAL shows `wall` whatever `now`. */
struct clock clock_make(enum clock_mode mode, int64_t now, int64_t wall);

#endif
