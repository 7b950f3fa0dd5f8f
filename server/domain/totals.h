/*
 * How much there is of everything.
 */
#ifndef DOMAIN_TOTALS_H
#define DOMAIN_TOTALS_H

#include "domain/plan.h"
#include "domain/task.h"

struct totals {
    int64_t products;
    int64_t packages;
    int64_t devices;
    int64_t disabled; /* of the devices */
    int64_t plans[PLAN_STATUS_COUNT];
    int64_t plan_devices[DEVICE_STATUS_COUNT]; /* that a plan has looked at */
};

#endif
