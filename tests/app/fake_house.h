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

struct house {
    char folder[64];
    struct app *app;
    int64_t now;   /* UTC ms; also the monotonic clock */
    int64_t delay; /* the last alarm asked for */
    bool refuse;   /* ports answer E_CLOSED */
    unsigned tokens;
    size_t order_count;
    struct order orders[ORDERS_MOST];
    size_t disconnects;
    int64_t slots;
};

/* 2026-11-23T10:03:00Z; product "pk1" with secret "secret1" exists. */
void house_open(struct house *house, int64_t slots);
void house_reopen(struct house *house); /* as after a restart: presence is gone, the store stays */
void house_close(struct house *house);

/* Sets the clock and lets the alarm ring when it was due. */
void house_advance(struct house *house, int64_t milliseconds);

int64_t house_package(struct house *house, const char *name, enum component_type type, const char *target,
                      size_t files);

/* A silent plan of these packages, in order, activated; component numbers "C0", "C1" ... ; whitelist NULL: all. */
int64_t house_plan(struct house *house, const char *name, const int64_t *packages, size_t count,
                   const struct strategy *strategy, const char *whitelisted);

/* Authenticates, comes online and reports status and information; its id. */
int64_t house_device(struct house *house, const char *device_key, const char *mcu_component, const char *mcu_version);
void house_report(struct house *house, int64_t device_id, const char *mcu_component, const char *mcu_version);
void house_status(struct house *house, int64_t device_id, int status, const char *component, const char *mcu_version);

/* The device in the plan: status by name, component 0's step; "" when it does not belong to it. */
const char *house_status_of(struct house *house, int64_t plan_id, const char *device_key);
const char *house_reason_of(struct house *house, int64_t plan_id, const char *device_key);
/* How often `kind` stands in its log. */
int house_log_count(struct house *house, int64_t plan_id, const char *device_key, enum log_kind kind);
enum plan_status house_plan_status(struct house *house, int64_t plan_id);

#endif
