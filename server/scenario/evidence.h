/*
 * What the server knows at the end, in one document that can be judged without it.
 *
 *   {"devices": {"867...": {"device": {GET .../devices/867...},
 *                           "plans": {"all pumps": {"row": {GET /plans/1/devices/867...}, "log": [entries]}}}},
 *    "plans":   {"all pumps": {"plan": {GET /plans/1}, "statistics": {GET /plans/1/statistics}}},
 *    "faults":  [{"point", "action", "fired" ...}]        null: none was armed, nothing is expected of them
 *    "journal": [entries of the product]}
 */
#ifndef SCENARIO_EVIDENCE_H
#define SCENARIO_EVIDENCE_H

#include "scenario/stage.h"

/* *evidence is yours. What `expect` does not ask for is left out. */
MUST_USE enum status evidence_collect(struct stage *stage, const json_t *expect, json_t **evidence,
                                      struct error *error);

/*
 * Collects and judges; looks again for a moment when something is not as expected, for the journal of a download is
 * written when its connection has ended. *findings gets what is not so at the last look. `at_end`: see judge.h.
 */
MUST_USE enum status evidence_judge(struct stage *stage, const json_t *expect, bool at_end, struct flaws *findings,
                                    struct error *error);

#endif
