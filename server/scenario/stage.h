/*
 * One scenario on the stage: its product on the server, its devices as processes, its faults, its time.
 *
 *   stage_open --> set_up --> steps --> evidence --> judge --> stage_close (devices off, product deleted)
 *   product, clock, packages, plans, devices known, plans active, faults armed, devices on
 */
#ifndef SCENARIO_STAGE_H
#define SCENARIO_STAGE_H

#include <jansson.h>
#include <signal.h>

#include "base/limits.h"
#include "cli/rest.h"
#include "cli/scratch.h"
#include "config/ready_file.h"
#include "scenario/actor.h"
#include "scenario/scenario.h"
#include "scenario/transcript.h"

/* The server, and what holds for all scenarios of a run. */
struct bench {
    const char *url;
    const char *token;   /* NULL: none */
    const char *ca_file; /* NULL: those of the system */
    char mqtt[READY_URL];
    bool without_faults;
    bool keep;
    bool wants_archive;
    int64_t timeout_ms;
    volatile sig_atomic_t interrupted; /* set by a signal */
};

struct stage {
    const struct bench *bench;
    const struct scenario *scenario;
    struct rest *rest;
    struct transcript *transcript;
    char folder[SCRATCH_PATH];
    char product_key[LIMIT_PRODUCT_KEY + 1];
    char product_secret[LIMIT_PRODUCT_SECRET + 1];
    bool has_product; /* made by us: it is deleted at the end */
    json_t *packages; /* {name: id} */
    json_t *plans;    /* {name: id} */
    json_t *faults;   /* in the order in which they were armed: as the server tells them, with `fired` */
    struct actor *actors;
    size_t actor_count;
    char *cursor;   /* of the product's events: what was looked at; NULL: nothing */
    int64_t end_ms; /* monotonic: when its time is over */
    bool quick;     /* being cleared away: a call is not to be given up */
};

/* *stage is to be closed in any case. */
MUST_USE enum status stage_open(struct stage *stage, const struct bench *bench, const struct scenario *scenario,
                                struct transcript *transcript, struct error *error);
void stage_close(struct stage *stage);

/* Everything up to the first step. */
MUST_USE enum status stage_set_up(struct stage *stage, struct error *error);

/* A call of the API, as rest_ask(): `body` is taken. Ends early when the run is interrupted or a device died. */
MUST_USE enum status stage_ask(struct stage *stage, const char *method, long wanted, json_t *body, json_t **answer,
                               struct error *error, const char *format, ...) PRINTF_LIKE(7, 8);

/* Milliseconds until the scenario's time is over, at most `wanted_ms` when that is not 0. Never negative. */
int64_t stage_time_left(const struct stage *stage, int64_t wanted_ms);

/* The id of a plan or package by its name; the only plan for NULL. 0: there is none. */
json_int_t stage_plan(const struct stage *stage, const char *name);
json_int_t stage_package(const struct stage *stage, const char *name);

struct actor *stage_actor(const struct stage *stage, const char *device_key);
MUST_USE enum status stage_start(struct stage *stage, struct actor *actor, struct error *error);

MUST_USE enum status stage_arm(struct stage *stage, const json_t *fault, struct error *error);
MUST_USE enum status stage_clear_faults(struct stage *stage, struct error *error);

/* Asks the server again how often each fault fired. */
void stage_refresh_faults(struct stage *stage);

/* Every device key of a device of the file, one after the other: `index` from 0; false: there are no more. */
bool stage_key(const json_t *device, size_t index, char key[LIMIT_DEVICE_KEY + 1]);

#endif
