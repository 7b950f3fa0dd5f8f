/*
 * Where a server says that it is up, for scripts (--ready-file) and for `mockdc health` (run-time folder).
 *
 *   {"http": "http://127.0.0.1:8080", "mqtt": "mqtt://127.0.0.1:1883", "pid": 4711}      https, mqtts: only with TLS
 *
 *   FILE                             written under another name and renamed: nobody reads half of it
 *   RUNTIME-DIR/4711.json            one for each server; those of dead processes are swept by the next one
 */
#ifndef CONFIG_READY_FILE_H
#define CONFIG_READY_FILE_H

#include <stddef.h>

#include "base/limits.h"
#include "base/status.h"

enum { READY_URL = 128, READY_MOST = 16 };

struct ready {
    char http[READY_URL];
    char https[READY_URL]; /* "": no TLS */
    char mqtt[READY_URL];
    char mqtts[READY_URL];
    long pid;
};

/* E_IO: *error says why. Readable by all: there is no secret in it. */
MUST_USE enum status ready_file_write(const char *path, const struct ready *ready, struct error *error);

/* The run-time folder: `configured`, or mockdc-UID in the temporary folder when that is NULL. */
void ready_folder(const char *configured, char path[LIMIT_PATH]);

/*
 * Leaves the ready file of this process in the folder, which is made when missing, and sweeps those of dead processes.
 * E_DENIED: the default folder belongs to somebody else. E_IO: it cannot be written.
 */
MUST_USE enum status ready_folder_add(const char *configured, const struct ready *ready, struct error *error);
void ready_folder_remove(const char *configured);

/* The servers of the folder that live, at most READY_MOST. Returns their number. */
size_t ready_folder_read(const char *configured, struct ready found[READY_MOST]);

#endif
