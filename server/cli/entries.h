/*
 * Entries of the journal or of an upgrade log, for a person.
 *
 *   14:38:30.196 device frame           13: 2, 14: "SUBMITOTA", 7: 1, 4: "STM32"
 *   14:38:30.197 server urlIssued       attempt 1 of 2
 */
#ifndef CLI_ENTRIES_H
#define CLI_ENTRIES_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buffer.h"

/* The last `most` of an array of entries, a line each with `indent` in front; a frame's bytes follow on a line of their
 * own when `raw`. */
void entries_append(struct buffer *text, const json_t *entries, size_t most, const char *indent, bool raw);

#endif
