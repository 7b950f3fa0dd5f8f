/*
 * What the virtual devices of one process stand on: the loop, the two TLS contexts, the time limit, the signals.
 *
 *   ground_open --> virtual_device_create(ground->loop, ...) --> loop_run() --> ground_close
 *                    --timeout over, SIGINT, SIGTERM --> on_end, then the loop stops with the exit code of that
 */
#ifndef FLEET_GROUND_H
#define FLEET_GROUND_H

#include <stdbool.h>

#include "config/options.h"
#include "loop/loop.h"

enum { EXIT_UPGRADED = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_TIMEOUT = 3, EXIT_SHUT_OUT = 4, EXIT_SIGNAL = 128 };

struct ssl_ctx_st;

/* The run ends without an outcome: "timeout" or "interrupted", and a sentence. */
typedef void ground_end_handler(void *context, const char *word, const char *text);

struct ground {
    struct loop *loop;
    struct ssl_ctx_st *mqtt_tls;
    struct ssl_ctx_st *http_tls;
    struct loop_timer *timeout;
    struct loop_signal *interrupt;
    struct loop_signal *terminate;
    ground_end_handler *on_end;
    void *context;
    bool over;
    int exit_code;
};

/* From `ca-file` and `timeout` of the options. *ground is to be closed in any case. E_IO: *error names the file. */
MUST_USE enum status ground_open(struct ground *ground, const struct options *options, ground_end_handler *on_end,
                                 void *context, struct error *error);
void ground_close(struct ground *ground);

/* Stops the loop with this exit code; the first call counts. */
void ground_end(struct ground *ground, int exit_code);

#endif
