/*
 * `mockdc device`: one virtual device on the command line.
 */
#ifndef FLEET_DEVICE_COMMAND_H
#define FLEET_DEVICE_COMMAND_H

#include "config/command.h"

extern const struct subcommand fleet_device_command;

#endif
