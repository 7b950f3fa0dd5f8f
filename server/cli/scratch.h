/*
 * A folder of our own for the time of a command, below TMPDIR.
 */
#ifndef CLI_SCRATCH_H
#define CLI_SCRATCH_H

#include "base/status.h"

enum { SCRATCH_PATH = 128 };

/* "/tmp/mockdc-run-Xa7b2c" for the word "run". E_LIMIT: TMPDIR is too long; E_IO: *error says why. */
MUST_USE enum status scratch_make(const char *word, char path[SCRATCH_PATH], struct error *error);

/* Removes the folder and the files in it; "" is none. */
void scratch_remove(const char *path);

#endif
