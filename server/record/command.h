/*
 * `mockdc record`: a device's session of the journal becomes a scenario whose device repeats it.
 */
#ifndef RECORD_COMMAND_H
#define RECORD_COMMAND_H

#include "config/command.h"

extern const struct subcommand record_command;

#endif
