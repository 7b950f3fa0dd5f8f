/*
 * What the whole-server tests of plans and clocks ask the server for: a product "pk1" with a package of its own, a plan
 * with further members, a hand-written device that has reported, the clock of the product.
 */
#ifndef TESTS_SERVER_STORY_H
#define TESTS_SERVER_STORY_H

#include "device.h"

/* "pk1" with an MCU package of 5,000 bytes -> 2_0_0; its id. */
int64_t story_package(const struct server *server);
/* A plan of STM32 with the package in Asia/Shanghai; `members` are added to its JSON ("" or "\"mode\":...,"); its id.
 */
int64_t story_plan(const struct server *server, int64_t package, const char *members);
void story_act(const struct server *server, int64_t plan, const char *act); /* "activate", "suspend" ... */

/* Online with STM32 = 1_0_0, its reports arrived (the device's row tells so). */
void story_go_online(const struct server *server, struct test_device *device);
/* Statuses from 1 up to the arrival of the firmware information. */
void story_accept(struct test_device *device);
/* Download, flash, success with 2_0_0. */
void story_finish(struct test_device *device);

/* The product's clock stands still at `now` (RFC 3339). */
void story_set_clock(const struct server *server, const char *now);
/* Its answer; json_decref() it. */
json_t *story_advance(const struct server *server, const char *body);
void story_evaluate(const struct server *server);

/* GET /api/v1/<printf-like path>, which must answer 200. */
json_t *story_get(const struct server *server, const char *path, ...) PRINTF_LIKE(2, 3);

#endif
