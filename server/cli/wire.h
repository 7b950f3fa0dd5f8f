/*
 * `mockdc wire`: the wire format at hand.
 *
 *   mockdc wire check FILE                       0 all vectors pass, 1 some fail (each is named), 2 wrong use or file
 *   mockdc wire decode HEX [--session-key HEX]   a frame as JSON; 1 when it is none, 2 wrong use
 */
#ifndef CLI_WIRE_H
#define CLI_WIRE_H

#include <stdio.h>

#include "config/command.h"

extern const struct subcommand cli_wire_command;

/* The two sub-commands with their streams, as the tests call them. */
int wire_check_file(const char *path, FILE *out, FILE *errors);
int wire_decode_text(const char *hex, const char *session_key_hex, FILE *out, FILE *errors);

#endif
