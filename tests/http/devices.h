/*
 * Devices as the mqtt door would hand them in, for the tests of the http door.
 */
#ifndef TESTS_HTTP_DEVICES_H
#define TESTS_HTTP_DEVICES_H

#include "house.h"

/* Admits the device (it is made), brings it online and reports all good values, with MCU1 at `version`; its id. */
int64_t devices_connect(struct house *house, const char *product_key, const char *device_key, const char *version);

/* Its link is gone. */
void devices_leave(struct house *house, int64_t device_id);

/* An upgrade status of MCU1 (protocol.md, 9.1), with the MCU's version; NULL: without. */
void devices_status(struct house *house, int64_t device_id, int status, const char *version);

#endif
