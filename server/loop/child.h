/*
 * A child process that is watched: started, told to end, reaped.
 *
 *   child_start --> running --(exits by itself)--> on_exit --> (owner starts it again or not)
 *                      \-- child_stop: SIGTERM, after `grace_ms` SIGKILL --> gone, no on_exit
 *
 * The child dies with the server (PR_SET_PDEATHSIG SIGTERM) and runs as our own user. Its standard output and error
 * come line by line.
 */
#ifndef LOOP_CHILD_H
#define LOOP_CHILD_H

#include <stdint.h>
#include <sys/types.h>

#include "base/status.h"
#include "loop/loop.h"

struct child;

struct child_handlers {
    void (*on_line)(void *context, const char *line);
    void (*on_exit)(void *context, int wait_status); /* the child is gone; destroy it here or later */
};

/* argv as for execvp(). E_IO with errno when it cannot be started (also when the program is not there). */
MUST_USE enum status child_start(struct loop *loop, char *const argv[], const struct child_handlers *handlers,
                                 void *context, struct child **child);
pid_t child_pid(const struct child *child);

/* Ends it and waits; at most grace_ms for SIGTERM to work, then SIGKILL. Frees. NULL is allowed. */
void child_stop(struct child *child, int64_t grace_ms);

#endif
