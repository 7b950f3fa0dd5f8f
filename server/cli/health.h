/*
 * `mockdc health`: is a server ready? For HEALTHCHECK, CI and scripts.
 */
#ifndef CLI_HEALTH_H
#define CLI_HEALTH_H

#include "config/command.h"

extern const struct subcommand cli_health_command;

#endif
