/*
 * What became of the devices of a fleet: counted as it happens, shown while it goes on, told in the end.
 *
 *   terminal  412 of 500 switched on, 398 online, 120 upgraded, 3 failed, 9 s
 *   text      # failed 867000000000017: the attempt failed and no new one came        the first of those that failed
 *             # fleet upgraded: 497 upgraded, 3 failed, 0 shut out, 0 unfinished of 500 in 12.3 s
 *   json      {"at": "..", "outcome": "failed", "count": 500, "online": 500, "upgraded": 497, "failed": 3,
 *              "shutOut": 0, "unfinished": 0, "seconds": 12.345,
 *              "failures": [{"deviceKey": "..", "outcome": "failed", "text": ".."}]}
 */
#ifndef FLEET_TALLY_H
#define FLEET_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/limits.h"
#include "fleet/virtual_device.h"

enum { TALLY_FAILURES = 20, TALLY_TEXT = 80 };

struct tally_failure {
    char device_key[LIMIT_DEVICE_KEY + 1];
    enum device_outcome outcome;
    char text[TALLY_TEXT];
};

struct tally {
    size_t count;
    size_t started;
    size_t online; /* were online once */
    size_t by_outcome[DEVICE_SHUT_OUT + 1];
    size_t failure_count; /* kept ones */
    struct tally_failure failures[TALLY_FAILURES];
    int64_t start_ms; /* monotonic */
};

void tally_add(struct tally *tally, const char *device_key, enum device_outcome outcome, const char *text);

/* Devices without an outcome. */
size_t tally_unfinished(const struct tally *tally);

/* "upgraded" when all are, else "shutOut" when one is, else "failed". */
enum device_outcome tally_outcome(const struct tally *tally);

/* Redraws the line of a terminal. */
void tally_show(FILE *terminal, const struct tally *tally, int64_t now_ms);

/* `outcome` is the last line's word: that of tally_outcome(), "timeout" or "interrupted". */
void tally_print(FILE *file, bool json, const struct tally *tally, const char *outcome, int64_t now_ms);

#endif
