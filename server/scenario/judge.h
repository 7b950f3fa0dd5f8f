/*
 * Whether what came is what was expected. Pure: two documents in, findings out.
 *
 *   /expect/devices/867123045678901/status: expected upgraded, actual failed (downloadFailed)
 */
#ifndef SCENARIO_JUDGE_H
#define SCENARIO_JUDGE_H

#include <jansson.h>
#include <stdbool.h>

#include "scenario/flaws.h"

/*
 * `expect` is an expectation of the schema, `evidence` as evidence.h draws it. `at_end`: that every fault fired, and
 * that the referee had nothing to say, is expected unless `expect` says otherwise.
 */
void judge(const json_t *expect, const json_t *evidence, bool at_end, struct flaws *findings);

#endif
