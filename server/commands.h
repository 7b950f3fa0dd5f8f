/*
 * Every sub-command: what main() chooses from, and what the manual and the shell's completion are made of.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "config/command.h"

enum { COMMANDS = 14 };

extern const struct subcommand *const commands[COMMANDS];

/* serve.c, config_command.c, manual_command.c; the others belong to their rooms */
extern const struct subcommand serve_command;
extern const struct subcommand config_command;
extern const struct subcommand manual_command;

#endif
