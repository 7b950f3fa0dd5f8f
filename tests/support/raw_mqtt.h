/*
 * A raw MQTT client that does only what it is told, also what is wrong: for tests of the front.
 */
#ifndef TESTS_RAW_MQTT_H
#define TESTS_RAW_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "codec/frame.h"
#include "codec/mqtt_packet.h"

struct raw_mqtt {
    int fd;
    struct buffer input;
    size_t used; /* of input, by the packet returned last */
};

/* TCP to 127.0.0.1; false when refused. */
bool raw_open(struct raw_mqtt *client, uint16_t port);
bool raw_open_unix(struct raw_mqtt *client, const char *path);
/* CONNECT with a user name and no password, as the front sends it to the broker, and its CONNACK: the code, or -1. */
int raw_connect_user(struct raw_mqtt *client, const char *client_id, const char *user);
void raw_close(struct raw_mqtt *client);
void raw_reset(struct raw_mqtt *client); /* RST instead of FIN */

bool raw_send(struct raw_mqtt *client, const void *bytes, size_t length);

/* The next packet within `timeout_ms`; false: nothing came, or the link was closed. Borrowed until the next call. */
bool raw_receive(struct raw_mqtt *client, int timeout_ms, struct mqtt_packet *packet);

/* Whether the other side closes within `timeout_ms` (packets that come before are thrown away). */
bool raw_is_closed(struct raw_mqtt *client, int timeout_ms);

/* The SDK's CONNECT: flags 0x42, no user name; `password` NULL: none. */
bool raw_connect(struct raw_mqtt *client, const char *client_id, const char *password);

/* CONNECT and its CONNACK: the code, or -1. */
int raw_connect_code(struct raw_mqtt *client, const char *client_id, const char *password);

/* SUBSCRIBE to the device's own filter and its SUBACK; false when none came. */
bool raw_subscribe_own(struct raw_mqtt *client, const char *client_id);

/* Publishes a frame on q/2/d/<client id>/<kind of the command>; QoS 0..2, the acknowledgements are the caller's. */
bool raw_publish_frame(struct raw_mqtt *client, const char *client_id, unsigned qos, uint16_t packet_id,
                       const struct frame *frame);
bool raw_publish(struct raw_mqtt *client, const char *topic, unsigned qos, uint16_t packet_id, const void *payload,
                 size_t length);

/* The next PUBLISH, decoded (acknowledged when QoS 1); other packets are passed over. `scratch` keeps the content. */
bool raw_receive_frame(struct raw_mqtt *client, int timeout_ms, uint8_t *scratch, size_t capacity, struct frame *frame);

#endif
