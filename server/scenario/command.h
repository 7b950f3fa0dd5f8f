/*
 * `mockdc run`: plays scenarios, and says which passed.
 */
#ifndef SCENARIO_COMMAND_H
#define SCENARIO_COMMAND_H

#include "config/command.h"

extern const struct subcommand scenario_run_command;

#endif
