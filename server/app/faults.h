/*
 * The faults that are armed, and what becomes of them when they fire.
 *
 *   any thread:  faults_armed --> faults_look (who matches) --> faults_fire (does it fire?) --act--> the caller
 *                                                                    |
 *   loop:        app_ports.faults_fired --> app_faults_tell(): journal, upgrade log, event, in the order of firing
 *
 * Kept in memory only: a server that starts again has none. Faults of one use are looked at in order of id. A caller
 * that can only know later whether a fault would act (the 7th frame, byte 512) looks first and fires then.
 */
#ifndef APP_FAULTS_H
#define APP_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/app.h"
#include "domain/fault.h"

struct faults;

/* What matches at a use: copies, valid for as long as the caller wants. */
struct fault_hit {
    int64_t id;
    struct fault_action action;
};

enum { FAULT_HITS = 8 }; /* that are looked at for one use */

/* The registry of this server; borrowed, safe from any thread until app_destroy(). */
struct faults *app_faults(struct app *app);

/* Any thread. Whether any fault of the point is there: cheap enough for each frame. */
bool faults_armed(struct faults *faults, enum fault_point point);

/* Any thread. Grows when a fault is armed or removed: who acts on what is open already looks again then. */
uint64_t faults_version(struct faults *faults);

/* Any thread. Those that match and may still fire, in order of id; nothing is counted. */
size_t faults_look(struct faults *faults, enum fault_point point, const struct fault_subject *subject,
                   struct fault_hit hits[FAULT_HITS]);

/*
 * Any thread. A use of the fault: steps its trigger. True: it fires, the caller acts; what is told of it follows by
 * app_faults_tell(). False: not this time, or it has gone. `detail`: what the action's members do not say, or NULL.
 */
bool faults_fire(struct faults *faults, int64_t id, const struct fault_subject *subject, const char *detail);

/* faults_look() and faults_fire() of each: those that fire now. */
size_t faults_take(struct faults *faults, enum fault_point point, const struct fault_subject *subject,
                   struct fault_hit hits[FAULT_HITS]);

/* The rest: the loop's thread. */

/* Arms: *fault gets id, time and fresh counters. E_LIMIT: LIMIT_FAULTS are there; E_NOMEM. */
MUST_USE enum status app_fault_arm(struct app *app, struct fault *fault);

/* The same with the counters and random numbers of one that has matched `seen` uses; at most LIMIT_FAULT_USES count. */
MUST_USE enum status app_fault_arm_used(struct app *app, struct fault *fault, int64_t seen);

MUST_USE enum status app_fault_find(struct app *app, int64_t id, struct fault *fault); /* E_NOT_FOUND */
MUST_USE enum status app_fault_remove(struct app *app, int64_t id);                    /* E_NOT_FOUND */

/* Removes those that name the product; NULL or "": all. Returns how many. */
size_t app_faults_remove(struct app *app, const char *product_key);

/*
 * Removes those that can never fire again: of a product or plan that is not there (any more). Returns how many.
 */
size_t app_faults_remove_idle(struct app *app);

/* Those with an id above `after`, in order, at most `most`; `product_key` NULL: all, else those that name it. */
size_t app_faults_list(struct app *app, const char *product_key, int64_t after, size_t most, struct fault *found,
                       bool *more);

/* What has fired since it was called last goes to journal, upgrade log and events. */
void app_faults_tell(struct app *app);

/* Since the start. */
uint64_t app_faults_fired(struct app *app, enum fault_point point);

/* What a use is about, of a device by its id. Keys stay empty when it is unknown. */
void app_fault_subject(struct app *app, int64_t device_id, struct fault_subject *subject);

/* The same with plan, component and attempt in which the device is just now, if it is in one. */
void app_fault_subject_of_task(struct app *app, int64_t device_id, struct fault_subject *subject);

/* Of what only the keys may be known (a CONNECT, a link): the rest of it, as far as there is any. */
void app_fault_subject_complete(struct app *app, struct fault_subject *subject);

/* app.c: `fired` is app_ports.faults_fired. */
MUST_USE enum status faults_create(void (*fired)(void *context), void *context, struct faults **faults);
void faults_destroy(struct faults *faults);

#endif
