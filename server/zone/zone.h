/*
 * Time zones by IANA name ("Asia/Shanghai", "UTC"), civil time <-> instant: the only room that sees GLib.
 *
 *   instant (UTC ms) --zone_civil()--> what the clock on the wall shows --zone_instant()--> instant
 *
 *   spring: the wall clock jumps, an hour (or half of one) does not exist    02:30 is read as 03:30: as long after the
 *                                                                            jump as it says (RFC 5545, and most
 *                                                                            libraries)
 *   autumn: an hour comes twice                                              02:30 is the first of the two
 */
#ifndef ZONE_ZONE_H
#define ZONE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* Whether the system's zone data knows `name`. Offsets ("+08:00"), paths and "" are no names. */
bool zone_exists(const char *name);

/* A loaded zone; immutable, may be used by many. */
struct zone;

/* E_NOT_FOUND: zone_exists() says no. */
MUST_USE enum status zone_open(const char *name, struct zone **zone);
void zone_close(struct zone *zone); /* NULL is allowed */

/* What a clock on the wall shows. */
struct civil {
    int year;   /* 1970..9999 */
    int month;  /* 1-12 */
    int day;    /* 1-31 */
    int hour;   /* 0-23 */
    int minute; /* 0-59 */
    int second; /* 0-59 */
};

/* "2027-03-01T09:00" or "2027-03-01T09:00:30": no offset, no fraction, a day that exists. E_FORMAT. */
MUST_USE enum status civil_parse(const char *text, struct civil *civil);

/* `instant_ms` from 1970 to the end of 9999; fractions of a second are dropped. */
void zone_civil(const struct zone *zone, int64_t instant_ms, struct civil *civil);

/* Gap and repeated hour as drawn above. `civil` must be valid. */
int64_t zone_instant(const struct zone *zone, const struct civil *civil);

/* The first instant > `instant_ms` at which the offset from UTC changes; INT64_MAX when it never does again. */
int64_t zone_next_transition(const struct zone *zone, int64_t instant_ms);

#endif
