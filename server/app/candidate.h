/*
 * A plan with everything that a decision about its devices needs, loaded once for many devices.
 *
 *   candidate_load(plan, now) --> candidate_decide(standing) --> struct eligibility
 *                                                            \-> candidate_deny(): reason and log entry, once
 */
#ifndef APP_CANDIDATE_H
#define APP_CANDIDATE_H

#include "app/internal.h"
#include "domain/package.h"
#include "domain/plan.h"
#include "domain/standing.h"
#include "plan/eligibility.h"

struct candidate {
    struct plan plan;
    struct package packages[LIMIT_COMPONENTS];
    const struct package *refs[LIMIT_COMPONENTS];
    const struct zone *zone; /* the plan's; borrowed from the app */
    struct plan_moment moment;
    int64_t in_upgrade;
};

/* `at`: now of the product's clock. candidate_finish() it, also after a failure. E_NOT_FOUND: no such plan. */
MUST_USE enum status candidate_load(struct app *app, int64_t plan_id, int64_t at, struct candidate *candidate);
void candidate_finish(struct candidate *candidate);
void cleanup_candidate(struct candidate *candidate);

/* The candidates of a product: its plans activated or upgrading, in order of activation. */
struct candidates {
    size_t count;
    struct candidate *items;
};
MUST_USE enum status candidates_load(struct app *app, const char *product_key, int64_t at,
                                     struct candidates *candidates);
void candidates_finish(struct candidates *candidates);
void cleanup_candidates(struct candidates *candidates);

/* What a task of the plan is before anything happened, as task_blank() of the store, without asking it. */
void candidate_blank_task(const struct candidate *candidate, int64_t device_id, struct task *task);

/* *input may be asked for words afterwards (eligibility_explain); it borrows from all arguments. */
void candidate_decide(struct app *app, const struct candidate *candidate, const struct standing *standing,
                      struct eligibility_input *input, struct eligibility *verdict);

#endif
