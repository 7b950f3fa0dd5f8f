/*
 * A device as one plan sees it: all that decides whether it is notified, read in one go (behaviour.md, 4).
 *
 *   device row + MCU versions + lists + its task in the plan + what else it is busy with --> struct standing
 */
#ifndef DOMAIN_STANDING_H
#define DOMAIN_STANDING_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/device.h"
#include "domain/task.h"

struct standing {
    int64_t device_id; /* 0: whitelisted, but never seen */
    char device_key[LIMIT_DEVICE_KEY + 1];
    struct maybe_int battery;
    struct maybe_int signal;
    struct maybe_int rsrp;
    struct maybe_int flash_free;
    char module_version[LIMIT_DEVICE_TEXT + 1];      /* as in struct device */
    char module_version_info[LIMIT_DEVICE_TEXT + 1]; /* as in struct device */
    /* Per component of the plan, in its order: the version reported for it; "" never, or the component is the module */
    char mcu_version[LIMIT_COMPONENTS][LIMIT_VERSION + 1];
    bool whitelisted; /* or the plan has no whitelist */
    bool blacklisted;
    struct maybe_int busy_plan_id; /* another plan in which it is inUpgrade; negative: a verification (app/) */
    int64_t task_id;               /* of its task in this plan; 0: none yet, then the rest is as of a blank task */
    enum device_status status;
    enum reason reason;
    bool user_confirmed;
    struct maybe_instant confirm_from;
    struct maybe_instant confirm_to;
};

#endif
