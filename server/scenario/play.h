/*
 * Plays one scenario from its beginning to its verdict.
 */
#ifndef SCENARIO_PLAY_H
#define SCENARIO_PLAY_H

#include "scenario/stage.h"

enum play_verdict { PLAY_NOT_PLAYED, PLAY_PASSED, PLAY_FAILED, PLAY_BROKEN };

/*
 * passed: all is as expected; failed: it is not, or a step did not do what it should; broken: the server could not be
 * used, or the run was interrupted.
 */
struct outcome {
    enum play_verdict verdict;
    struct buffer reason;  /* lines; "" when it passed */
    struct buffer details; /* the last lines of each device and of its log */
    struct transcript transcript;
    double seconds;
    json_t *archive; /* HAR; NULL: none was wanted */
};

const char *play_verdict_name(enum play_verdict verdict); /* "not played", "passed", "FAILED", "BROKEN" */

/* *outcome is to be finished. `live`: print each line at once. */
void play(const struct bench *bench, const struct scenario *scenario, bool live, struct outcome *outcome);
void outcome_init(struct outcome *outcome);
void outcome_finish(struct outcome *outcome);

#endif
