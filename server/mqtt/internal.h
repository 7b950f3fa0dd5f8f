/*
 * What the files of mqtt/ share and nobody else sees.
 */
#ifndef MQTT_INTERNAL_H
#define MQTT_INTERNAL_H

#include <sys/queue.h>

#include "base/buffer.h"
#include "mqtt/authenticate.h"
#include "mqtt/broker.h"
#include "mqtt/bus.h"
#include "mqtt/door.h"
#include "mqtt/front.h"
#include "mqtt/peers.h"
#include "mqtt/uplink.h"

enum { OBSERVER_TOKEN = 256, PUBLIC_URL = 256 };

struct mqtt_door {
    struct loop *loop;
    struct app *app;
    char observer_token[OBSERVER_TOKEN + 1];
    struct auth_settings auth;
    char public_url[PUBLIC_URL + 1]; /* empty: none */
    uint16_t http_port;
    int64_t max_links;
    int64_t max_links_per_address;
    struct broker *broker;
    struct bus *bus;
    struct front *front;
    struct peers peers;
    struct uplink_burst burst;
    struct mqtt_counters counters;
    bool was_ready;
    void (*on_ready)(void *context);
    void *on_ready_context;
};

#endif
