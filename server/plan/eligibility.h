/*
 * Whether a device is notified now, and why not: one pure function decides for evaluations, statistics and the
 * eligibility call alike (behaviour.md, 4).
 *
 *   online planStatus plannedTime pushPeriod blacklist whitelist notFinal notBusy version battery signal space
 *   userConfirmed slot            the first that fails is the reason
 *
 * All checks are always made and named, also behind the first that fails, so that a person sees everything at once.
 */
#ifndef PLAN_ELIGIBILITY_H
#define PLAN_ELIGIBILITY_H

#include "domain/plan.h"
#include "domain/task.h"

/* All that the decision needs. Pointers are borrowed. */
struct eligibility_input {
    const struct plan *plan;
    const struct package *const *packages; /* one per component of the plan, in its order */
    const struct device *device;
    const struct task *task; /* of this device in this plan; NULL: none yet */
    bool online;
    bool whitelisted; /* or the plan has no whitelist */
    bool blacklisted;
    int64_t busy_plan_id; /* another plan in which the device is inUpgrade; 0: none */
    int64_t in_upgrade;   /* devices of the plan that are inUpgrade now */
    int64_t slots;        /* at most so many at once */
    bool strict_gates;    /* a value never reported fails battery and signal instead of passing with a warning */
};

enum { CHECK_TEXT = 160 };

struct eligibility_check {
    enum reason check; /* REASON_ONLINE..REASON_SLOT */
    bool ok;
    bool warning; /* passed although the value was never reported */
    char expected[CHECK_TEXT];
    char actual[CHECK_TEXT];
};

struct eligibility {
    bool eligible;
    enum reason reason; /* the first check that failed, or REASON_NONE */
    bool at_target; /* every component is at its target: the device counts as upgraded (alreadyAtTarget). Then `version`
                       is the reason (nothing to do) and what comes behind it is of no matter; never true while an
                       earlier check fails */
    size_t count;
    struct eligibility_check checks[REASON_LAST_CHECK];
    /* per component of the plan: what issuing would do */
    bool skip[LIMIT_COMPONENTS];          /* is at its target */
    const char *source[LIMIT_COMPONENTS]; /* reported version, NULL unknown; borrowed from the device */
};

void eligibility_decide(const struct eligibility_input *input, struct eligibility *result);

/* The version that decides for a component (protocol.md, 6: compare module versions with id 25 only), or NULL when
 * unknown: MCU: as reported. Module: the bare version; while none was ever reported, 0x0044's own unless it merely
 * begins with `target` (then a suffix may hide the target). Borrowed from the device. */
const char *component_version(const struct device *device, enum component_type type, const char *component_no,
                              const char *target);

#endif
