/*
 * The broker: a mosquitto child that only we can reach.
 *
 *   <data folder>/broker/   0700
 *     mosquitto.conf  acl       written at each start
 *     broker.pid                to find our own orphan
 *     state/                    persistence: the bus' session survives a restart
 *   socket: <data folder>/broker/mqtt.sock, or in a folder below /tmp when that is too long for a unix socket
 *
 *   started --(exits)--> wait 50 ms .. 5 s --> started ...      broker_kill(): the same way, after a hang
 */
#ifndef MQTT_BROKER_H
#define MQTT_BROKER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/status.h"
#include "loop/loop.h"

struct broker;

struct broker_handlers {
    void (*on_started)(void *context); /* the process runs; its socket follows within milliseconds */
    void (*on_ended)(void *context);   /* it has gone; it will be started again */
};

/* Prepares the folder, ends an orphan, starts. `program` NULL: "mosquitto" from PATH or the sbin folders. */
MUST_USE enum status broker_create(struct loop *loop, const char *data_dir, const char *program,
                                   const struct broker_handlers *handlers, void *context, struct broker **broker,
                                   struct error *error);
void broker_destroy(struct broker *broker); /* ends it in order; NULL is allowed */

const char *broker_socket(const struct broker *broker);

/* 0: it does not run now. */
pid_t broker_pid(const struct broker *broker);

/* It works: the next restart begins with the shortest delay. */
void broker_is_well(struct broker *broker);

/* It hangs: ended hard, on_ended, and started again. */
void broker_kill(struct broker *broker);

#endif
