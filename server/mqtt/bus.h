/*
 * Our own client of the broker: `mockdc-core`, persistent session, q/2/d/+/+ with QoS 1. libmosquitto joined to the
 * loop by its socket.
 *
 *   DOWN --bus_connect--> CONNECTING --CONNACK, SUBACK--> UP --(connection lost, ping not answered)--> DOWN, on_down
 *                             \--(not within CONNECT_MS)--> DOWN, on_down
 *
 * One wake-up reads many packets; on_burst_end follows, so that they can become one transaction.
 */
#ifndef MQTT_BUS_H
#define MQTT_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "loop/loop.h"

struct bus;

struct bus_handlers {
    void (*on_up)(void *context);
    void (*on_down)(void *context, const char *why);
    void (*on_message)(void *context, const char *topic, const uint8_t *payload, size_t length);
    void (*on_burst_end)(void *context); /* after the on_message calls of one wake-up */
};

MUST_USE enum status bus_create(struct loop *loop, const struct bus_handlers *handlers, void *context,
                                struct bus **bus);
void bus_destroy(struct bus *bus); /* NULL is allowed */

/* Starts to connect to the broker's socket; tries again until it stands or is given up. */
MUST_USE enum status bus_connect(struct bus *bus, const char *socket);

/* The broker has gone: forgets connection and unsent messages; no on_down. */
void bus_disconnect(struct bus *bus);

bool bus_is_up(const struct bus *bus);

/* QoS 1, not retained. E_CLOSED: not up. */
MUST_USE enum status bus_publish(struct bus *bus, const char *topic, const uint8_t *payload, size_t length);

#endif
