/*
 * Plays a programme with several hands: scenarios side by side, each with a product of its own; behind them those that
 * must be alone.
 */
#ifndef SCENARIO_CREW_H
#define SCENARIO_CREW_H

#include "scenario/report.h"

enum { CREW_MOST = 64 };

/* Prints each scenario to stdout. Returns when all are played, or the run was interrupted. */
void crew_play(const struct bench *bench, struct programme *programme, size_t hands);

#endif
