/*
 * `mockdc qualify`: the standard suite against one device.
 */
#ifndef QUALIFY_COMMAND_H
#define QUALIFY_COMMAND_H

#include "config/command.h"

extern const struct subcommand qualify_command;

#endif
