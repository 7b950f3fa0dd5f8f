/*
 * Packages and plans for the tests of the door.
 */
#ifndef TESTS_HTTP_PLANS_H
#define TESTS_HTTP_PLANS_H

#include "house.h"

/* A package of 4 bytes for MCUs in the product; its id. */
int64_t plans_package(struct house *house, const char *product_key, const char *name);

/*
 * The body of a plan with one MCU component MCU1, in Asia/Shanghai. `more`: further members, each with a comma before
 * it, which win over those given here; "": none. Static memory.
 */
const char *plans_body(const char *name, const char *product_key, int64_t package_id, const char *more);

/* Saves it; its id. */
int64_t plans_save(struct house *house, const char *name, const char *product_key, int64_t package_id,
                   const char *more);

/* POST /plans/{id}/`act`, which must give `expected`. The caller json_decref()s. */
json_t *plans_act(struct house *house, int64_t id, const char *act, long expected);

/* GET of /plans/{id}`path`. */
json_t *plans_get_json(struct house *house, int64_t id, const char *path, long expected);

/* The text member of an object, "" when it is none. */
const char *text_of(const json_t *json, const char *name);

#endif
