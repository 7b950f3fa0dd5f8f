/*
 * `mockdc fleet`: many virtual devices in one process, on one loop.
 */
#ifndef FLEET_FLEET_COMMAND_H
#define FLEET_FLEET_COMMAND_H

#include "config/command.h"

extern const struct subcommand fleet_fleet_command;

#endif
