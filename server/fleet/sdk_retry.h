/*
 * When the SDK tries again after a lost or refused link, and what it tells the application (protocol.md, 2.6 and 4.5).
 *
 *   cause --table--> event + kind of wait:   long 600 s x n | middle 30 s x n | short (0.5..2.5 s) x n | never
 *                                            n = failures in a row 1..6; the 7th waits 30 minutes, then n starts anew
 */
#ifndef FLEET_SDK_RETRY_H
#define FLEET_SDK_RETRY_H

#include <stdbool.h>
#include <stdint.h>

enum sdk_cause {
    SDK_CAUSE_CONNACK, /* detail: the code 1..255 */
    SDK_CAUSE_LOST,    /* refused, closed, reset, or no CONNACK in 15 s */
    SDK_CAUSE_PING,    /* ping not answered */
    SDK_CAUSE_NO_SUBACK,
    SDK_CAUSE_CONFIGURATION, /* 0x00B4 asks for a change */
    SDK_CAUSE_ERROR,         /* 0x00A3; detail: the code */
};

enum sdk_wait { SDK_WAIT_NONE, SDK_WAIT_SHORT, SDK_WAIT_MIDDLE, SDK_WAIT_LONG, SDK_WAIT_NEVER };

struct sdk_verdict {
    int event; /* 0: none */
    int code;
    enum sdk_wait wait; /* NONE: the link stays */
};

struct sdk_verdict sdk_verdict_of(enum sdk_cause cause, int detail);

struct sdk_retry {
    unsigned failures; /* in a row, 0..6 */
};

enum { SDK_RETRY_SHORT_LEAST_MS = 500, SDK_RETRY_SHORT_SPAN_MS = 2000, SDK_RETRY_PAUSE_MS = 30 * 60 * 1000 };

/* Counts a failure; the wait in ms for `wait` (not NONE, not NEVER). `random` is any number, drawn anew each time. */
int64_t sdk_retry_fail(struct sdk_retry *retry, enum sdk_wait wait, uint32_t random);

void sdk_retry_succeed(struct sdk_retry *retry);

#endif
