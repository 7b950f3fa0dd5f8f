/*
 * A light MQTT load: one epoll loop; each sender is a device that publishes real 0x0034 frames with QoS 1 and keeps
 * `window` of them unacknowledged (the SDK: one).
 *
 *   sender --PUBLISH q/2/d/<client id>/sys--> front or broker --PUBACK--> counted, the next one is sent
 */
#ifndef TESTS_MQTT_LOAD_H
#define TESTS_MQTT_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/raw_mqtt.h"

struct mqtt_sender {
    struct raw_mqtt link; /* connected and subscribed by the caller */
    char topic[128];
    uint16_t mqtt_id;
    uint16_t package_id;
    int32_t signal; /* what the last frame reported; differs from one to the next */
    unsigned in_flight;
};

struct mqtt_load_result {
    uint64_t acks; /* within `seconds` */
    double seconds;
    double client_cpu_s;
};

void mqtt_sender_init(struct mqtt_sender *sender, const char *client_id);

/* Publishes one frame and waits for its acknowledgement; false when it does not come in `timeout_ms`. */
bool mqtt_sender_send_one(struct mqtt_sender *sender, int timeout_ms);

/* False: a link broke, or acknowledgements did not come within 3 s of the end. Then the links are of no more use. */
bool mqtt_load_run(struct mqtt_sender *senders, size_t count, unsigned window, double seconds,
                   struct mqtt_load_result *result);

#endif
