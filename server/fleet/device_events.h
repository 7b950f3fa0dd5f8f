/*
 * Prints what a virtual device tells, one line each.
 *
 *   text   7,10700,"STM32","1_0_0","2_0_0",30,-113,27954      an event as the SDK gives it to its application
 *          # check STM32 md5 ok, crc ok, sha256 not given     what the bench sees besides
 *   json   {"at": "..", "event": 7, "code": 10700, "text": ".."}   {"at": "..", "note": "check", "text": ".."}
 *          {"at": "..", "outcome": "upgraded", "text": ".."}       last
 */
#ifndef FLEET_DEVICE_EVENTS_H
#define FLEET_DEVICE_EVENTS_H

#include <stdbool.h>
#include <stdio.h>

#include "fleet/virtual_device.h"

/* "upgraded", "failed", "shutOut", "" while it goes on. Static memory. */
const char *device_outcome_name(enum device_outcome outcome);

/* Writes one line and flushes. */
void device_event_print(FILE *file, bool json, const struct device_event *event);

/* The last line of a run that ended for another reason ("timeout", "interrupted"). */
void device_outcome_print(FILE *file, bool json, const char *outcome, const char *text);

#endif
