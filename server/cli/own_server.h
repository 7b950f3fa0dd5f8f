/*
 * A server of our own for as long as a command runs: `mockdc serve --ephemeral` as a child process.
 *
 *   own_server_start --> http and mqtt address, token --> ... --> own_server_stop (SIGTERM, reaped)
 */
#ifndef CLI_OWN_SERVER_H
#define CLI_OWN_SERVER_H

#include <sys/types.h>

#include "cli/scratch.h"
#include "config/ready_file.h"

struct own_server {
    pid_t pid; /* 0: none */
    char folder[SCRATCH_PATH];
    char token[33];
    struct ready ready;
};

/* Listens for devices at `mqtt`, for the rest at `http` ("ADDRESS:PORT"). E_IO: it did not come up in 15 s. */
MUST_USE enum status own_server_start(struct own_server *server, const char *mqtt, const char *http,
                                      struct error *error);
void own_server_stop(struct own_server *server);

#endif
