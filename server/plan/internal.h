/*
 * What the files of plan/ share and nobody else sees.
 *
 *   moment.c               what time says about a plan
 *   eligibility.c          the checks
 *   eligibility_words.c    what a person reads about them
 */
#ifndef PLAN_INTERNAL_H
#define PLAN_INTERNAL_H

#include "plan/eligibility.h"

/* How a component stands to its package. */
enum fit { FIT_TO_DO, FIT_AT_TARGET, FIT_UNKNOWN, FIT_NO_SOURCE, FIT_REVOKED };

/* What check `version` looks at: the first component that cannot be judged or has no way to its target, else the first
 * that has something to do, else the first. Needs result->source. */
enum fit eligibility_find_fit(const struct eligibility_input *input, const struct eligibility *result,
                              size_t *component);

/* Bytes of the largest module image that is to be installed, 0: none. Needs result->skip. */
int64_t eligibility_space_needed(const struct eligibility_input *input, const struct eligibility *result);

#endif
