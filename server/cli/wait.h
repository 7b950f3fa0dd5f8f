/*
 * `mockdc wait`: waits for the outcome of an upgrade, or for an event. For scripts and CI, in place of polling.
 */
#ifndef CLI_WAIT_H
#define CLI_WAIT_H

#include "config/command.h"

extern const struct subcommand cli_wait_command;

#endif
