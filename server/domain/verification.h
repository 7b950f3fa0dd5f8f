/*
 * A firmware verification: one package on one online device, outside any plan (behaviour.md, 2).
 *
 *   running --upgraded--> succeeded
 *      +-----failed, refused, 60 minutes of the product's clock--> failed
 *
 * It is carried out as the task of a plan of its own, whose id is the verification's, negated: ids of real plans are
 * positive, so no list and no call of the API ever meets it.
 */
#ifndef DOMAIN_VERIFICATION_H
#define DOMAIN_VERIFICATION_H

#include <stdint.h>

#include "base/limits.h"
#include "domain/device.h"
#include "domain/task.h"

enum verification_status {
    VERIFICATION_RUNNING,
    VERIFICATION_SUCCEEDED,
    VERIFICATION_FAILED,
    VERIFICATION_STATUS_COUNT
};
const char *verification_status_name(enum verification_status status); /* "running", "succeeded", "failed" */
MUST_USE enum status verification_status_parse(const char *name, enum verification_status *status);

/* What the device's status in that plan means. */
enum verification_status verification_status_of(enum device_status status);

struct verification {
    int64_t id;
    int64_t package_id;
    int64_t device_id;
    char device_key[LIMIT_DEVICE_KEY + 1];
    char component_no[LIMIT_COMPONENT_NO + 1];
    enum verification_status status;
    enum reason reason; /* why it failed, or alreadyAtTarget; REASON_NONE otherwise */
    int64_t created_at;
    int64_t deadline; /* of the product's clock: not finished by then is failed (timeout) */
    struct maybe_instant ended_at;
};

#endif
