/*
 * One device and one plan in which every check passes; the rows of a table spoil something.
 *
 *   plan: activated, silent, STM32 (MCU) 1_0_0 -> 2_0_0 and MOD (module) M1 -> M2 of 100000 bytes, default strategy
 *   device: online, battery 80 %, RSRP -90, RSSI -60, 100000 bytes free; one slot is left; it is SCENE_NOW
 */
#ifndef TESTS_PLAN_SCENE_H
#define TESTS_PLAN_SCENE_H

#include "plan/eligibility.h"
#include "support/suite.h"

#define SCENE_NOW 1803891600000LL /* 2027-03-01T09:00:00.000Z */

/* All that an eligibility_input points to. */
struct scene {
    struct plan plan;
    struct package packages[LIMIT_COMPONENTS];
    const struct package *package_list[LIMIT_COMPONENTS];
    struct plan_moment moment;
    struct standing standing;
    struct eligibility_input input;
    struct eligibility verdict;
};

void scene_init(struct scene *scene);

/* Fills in the verdict. */
void scene_decide(struct scene *scene);

/* The verdict names exactly these checks as failed ("battery space", in order), and what follows from it. */
void scene_check_fails(const struct scene *scene, const char *row, const char *fails);

const struct eligibility_check *scene_check(const struct scene *scene, enum reason reason);

/* What the device reported: of component i ("" nothing), of the module (bare, and as in 0x0044). */
void scene_set_mcu(struct scene *scene, size_t i, const char *version);
void scene_set_module(struct scene *scene, const char *bare, const char *info);

/* Component i's package becomes a delta from 1_0_0, 1_5_0 or 1_7_0. */
void scene_make_delta(struct scene *scene, size_t i);

/* A manual plan, not yet confirmed. */
void scene_make_manual(struct scene *scene);

/* Confirmed for a time; 0: that side is open. */
void scene_confirm(struct scene *scene, int64_t from, int64_t to);

struct maybe_int scene_known(int64_t value);
struct maybe_instant scene_at(int64_t at);

#endif
