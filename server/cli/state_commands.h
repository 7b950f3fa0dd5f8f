/*
 * `mockdc reset`, `mockdc export`, `mockdc import`: clients of POST /reset, GET /export and POST /import.
 */
#ifndef CLI_STATE_COMMANDS_H
#define CLI_STATE_COMMANDS_H

#include "config/command.h"

extern const struct subcommand cli_reset_command;
extern const struct subcommand cli_export_command;
extern const struct subcommand cli_import_command;

#endif
