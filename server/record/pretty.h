/*
 * JSON for a person to read and edit: what fits a line stands on one, a move of a script as a step of a scenario.
 */
#ifndef RECORD_PRETTY_H
#define RECORD_PRETTY_H

#include <jansson.h>

#include "base/buffer.h"

/* Appends the value and a line end. Check buffer_status(). */
void pretty_append(struct buffer *text, const json_t *value);

#endif
