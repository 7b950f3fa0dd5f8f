/*
 * An app/ in a temporary folder with a clock that the test sets and ports that write down what they were asked.
 *
 *   house_open --> house_product/package/plan/device --> events --> orders[], delay --> house_close (store checked)
 */
#ifndef TESTS_APP_FAKE_HOUSE_H
#define TESTS_APP_FAKE_HOUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"
#include "app/devices.h"
#include "app/plans.h"

enum { ORDERS_MOST = 64 };

struct order {
    bool is_notify;
    int64_t device_id;
    struct notify_order notify;
    struct firmware_order firmware;
};

/* An event that app/ told. */
struct told {
    enum event_kind kind;
    enum event_what what;
    int64_t plan_id;
    char device_key[LIMIT_DEVICE_KEY + 1];
};
enum { HOUSE_EVENTS = 64 };

struct house {
    char folder[64];
    struct app *app;
    int64_t now;             /* UTC ms; also the monotonic clock */
    int64_t monotonic_step;  /* ms that pass between two looks at the monotonic clock */
    int64_t monotonic_extra; /* what has passed so */
    int64_t delay;           /* the last alarm asked for */
    bool refuse;             /* ports answer E_CLOSED */
    unsigned tokens;
    size_t order_count;
    struct order orders[ORDERS_MOST];
    size_t disconnects;
    size_t event_count;
    struct told events[HOUSE_EVENTS]; /* the first ones since event_count was set to 0 */
    size_t changes;                   /* calls of the port `changed` */
    int64_t changed_plan_id;
    char changed_device[LIMIT_DEVICE_KEY + 1]; /* of the last one */
    int64_t slots;
    bool strict_gates; /* from the next house_reopen() on */
};

/* 2026-11-23T10:03:00Z; product "pk1" with secret "secret1" exists. */
void house_open(struct house *house, int64_t slots);
void house_reopen(struct house *house); /* as after a restart: presence is gone, the store stays */
void house_close(struct house *house);

/* Sets the clock and lets the alarm ring when it was due. */
void house_advance(struct house *house, int64_t milliseconds);

/* The clock of "pk1": sets it, standing still, to a time in RFC 3339; moves it forward, all that falls due happens. */
void house_set_clock(struct house *house, const char *now);
void house_pass(struct house *house, int64_t milliseconds);

int64_t house_package(struct house *house, const char *name, enum component_type type, const char *target,
                      size_t files);
/* For MCUs, full, of one file; its name is the version. */
int64_t house_mcu_package(struct house *house, const char *target);
/* For MCUs, of one file, from one source version. */
int64_t house_delta(struct house *house, const char *name, const char *source, const char *target);

/* A silent plan of these packages, in order, activated; component numbers "C0", "C1" ... ; whitelist NULL: all. */
int64_t house_plan(struct house *house, const char *name, const int64_t *packages, size_t count,
                   const struct strategy *strategy, const char *whitelisted);

/* A silent plan of one component "C0" with the package, in UTC, not stored yet: the test changes what it wants. */
void house_plan_init(struct house *house, struct plan *plan, const char *name, int64_t package_id);
void house_set_planned(struct planned_moment *moment, const char *local);
/* Saves (whitelist of one key, NULL: all), activates; its id. Ends the test when a rule is broken. */
int64_t house_plan_start(struct house *house, struct plan *plan, const char *whitelisted);

/* Authenticates, comes online and reports status and information; its id. */
int64_t house_device(struct house *house, const char *device_key, const char *mcu_component, const char *mcu_version);
/* The same with this status and no other (NULL: none), module "M1" and MCU "C0" at "1". */
int64_t house_device_with(struct house *house, const char *device_key, const struct status_report *status);
void house_report(struct house *house, int64_t device_id, const char *mcu_component, const char *mcu_version);
void house_status(struct house *house, int64_t device_id, int status, const char *component, const char *mcu_version);

/* Everything a device of MCU component "C0" reports from the notify on until it has succeeded with `version`. */
void house_upgrade(struct house *house, int64_t device_id, const char *version);
/* It asks for an upgrade, with no version new. */
void house_request(struct house *house, int64_t device_id);
/* Notifies that went to the device, to all: 0. */
int house_notifies(const struct house *house, int64_t device_id);
void house_evaluate(struct house *house);

/* The device in the plan: status by name, component 0's step; "" when it does not belong to it. */
const char *house_status_of(struct house *house, int64_t plan_id, const char *device_key);
const char *house_reason_of(struct house *house, int64_t plan_id, const char *device_key);
/* Asserts both. */
void house_expect_device(struct house *house, int64_t plan_id, const char *device_key, const char *status,
                         const char *reason);
/* How often `kind` stands in its log. */
int house_log_count(struct house *house, int64_t plan_id, const char *device_key, enum log_kind kind);
enum plan_status house_plan_status(struct house *house, int64_t plan_id);

#endif
