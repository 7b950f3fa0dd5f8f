/*
 * Whether a device is notified now, and why not: one pure function decides for evaluations, statistics and the
 * eligibility call alike (behaviour.md, 4).
 *
 *   online planStatus plannedTime pushPeriod blacklist whitelist notFinal notBusy version battery signal space
 *   userConfirmed slot            the first that fails is the reason
 *
 * All checks are always made and named, also behind the first that fails, so that a person sees everything at once;
 * their words are written only when somebody reads them (eligibility_explain), because an evaluation decides about
 * thousands.
 */
#ifndef PLAN_ELIGIBILITY_H
#define PLAN_ELIGIBILITY_H

#include "domain/plan.h"
#include "domain/standing.h"
#include "domain/task.h"
#include "plan/moment.h"

/* All that the decision needs. Pointers are borrowed. */
struct eligibility_input {
    const struct plan *plan;
    const struct package *const *packages; /* one per component of the plan, in its order */
    const struct plan_moment *moment;      /* of this plan, now */
    const struct standing *standing;       /* of this device in this plan */
    bool online;
    int64_t in_upgrade; /* devices of the plan that are inUpgrade now */
    int64_t slots;      /* at most so many at once */
    bool strict_gates;  /* a value never reported fails battery and signal instead of passing with a warning */
};

enum { ELIGIBILITY_CHECKS = REASON_LAST_CHECK - REASON_ONLINE + 1 };

struct eligibility_check {
    enum reason check; /* REASON_ONLINE..REASON_SLOT */
    bool ok;
    bool warning;                 /* passed although the value was never reported */
    struct maybe_instant next_at; /* of a time rule that fails: when it would pass */
};

struct eligibility {
    bool eligible;
    enum reason reason; /* the first check that failed, or REASON_NONE */
    bool at_target; /* every component is at its target: the device is upgraded without a notify. Then REASON_VERSION
                       is the reason (nothing to do) and what comes behind it is of no matter; never true while an
                       earlier check fails. Manual mode: nobody need be asked when there is nothing to do */
    bool waits;     /* manual mode: the plan waits for this device's user (behaviour.md, 6): planStatus, plannedTime,
                       blacklist, whitelist, notFinal and version pass, online or not, and it is not inUpgrade */
    struct eligibility_check checks[ELIGIBILITY_CHECKS]; /* in the order in which they are applied */
    /* per component of the plan: what issuing would do */
    bool skip[LIMIT_COMPONENTS];          /* is at its target */
    const char *source[LIMIT_COMPONENTS]; /* reported version, NULL unknown; borrowed from the standing */
};

void eligibility_decide(const struct eligibility_input *input, struct eligibility *result);

enum { CHECK_TEXT = 160 };

/* The words of one check of `result`: what is wanted and what is, for people. Cut when too long. */
void eligibility_explain(const struct eligibility_input *input, const struct eligibility *result, enum reason check,
                         char expected[CHECK_TEXT], char actual[CHECK_TEXT]);

/* The version that decides for component `i` of the plan (protocol.md, 6: compare module versions with id 25 only), or
 * NULL when unknown: MCU: as reported. Module: the bare version; while none was ever reported, 0x0044's own unless it
 * merely begins with `target` (then a suffix may hide the target). Borrowed from the standing. */
const char *component_version(const struct standing *standing, const struct plan *plan, size_t i, const char *target);

#endif
