/*
 * The folder that holds all state: the user's own, or a temporary one that goes at exit. One server works on it at a
 * time.
 *
 *   DIR/lock   mockdc.db   files/   tmp/   broker/
 */
#ifndef DATA_DIR_H
#define DATA_DIR_H

#include <stdbool.h>

#include "base/limits.h"
#include "base/status.h"

struct data_dir {
    char path[LIMIT_PATH]; /* absolute */
    bool temporary;
    int lock_fd; /* -1: not open */
};

/*
 * Makes `folder` when it is missing, or a temporary one below TMPDIR, and locks it. E_STATE: another mockdc works on
 * it. E_IO: it cannot be made or written. *error says what to do.
 */
MUST_USE enum status data_dir_open(struct data_dir *dir, const char *folder, bool ephemeral, struct error *error);

/* Unlocks; removes a temporary folder with all that is in it. */
void data_dir_close(struct data_dir *dir);

#endif
