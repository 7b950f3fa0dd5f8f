/*
 * A whole door with the real mosquitto in a temporary folder, a mock app, and devices that speak scripted bytes over
 * loopback TCP. Everything runs on one thread: waiting turns the loop.
 */
#ifndef TESTS_MQTT_HARNESS_H
#define TESTS_MQTT_HARNESS_H

#include "base/buffer.h"
#include "codec/mqtt_packet.h"
#include "mock_app.h"
#include "mqtt/door.h"

struct harness {
    struct loop *loop;
    struct app app;
    struct mqtt_door *door;
    struct mqtt_settings settings;
    char folder[256];
};

/* Fails the test fatally when the door does not come up. */
void harness_begin(struct harness *harness, const struct mock_device *devices, size_t count);
void harness_end(struct harness *harness);

/* Turns the loop until `done` or 10 s; false: it did not come. */
bool harness_wait(struct harness *harness, bool (*done)(void *context), void *context);

/* Until `what` stands `times` times in the app's calls. */
bool harness_wait_calls(struct harness *harness, const char *what, int times);

/* Turns the loop for some milliseconds of real time: to see that something does NOT come. */
void harness_turn(struct harness *harness, int64_t duration_ms);

struct scripted {
    struct harness *harness;
    int fd;
    struct buffer in;
    bool closed;
};

void scripted_connect(struct harness *harness, struct scripted *device);
void scripted_close(struct scripted *device);

/* Sends bytes; `piece`: in segments of that many bytes, 0 for all at once. */
void scripted_send(struct scripted *device, const void *bytes, size_t count, size_t piece);

/* The next packet of any type, waits for it. false: none came or the link closed. The body is valid until the next
 * call. */
bool scripted_next(struct scripted *device, struct mqtt_packet *packet);
bool scripted_expect(struct scripted *device, enum mqtt_packet_type type, struct mqtt_packet *packet);

/* Waits for the close by the server. */
bool scripted_sees_close(struct scripted *device);

/* CONNECT as the SDK sends it, SUBSCRIBE, PUBLISH into `out`. */
void put_connect(struct buffer *out, const char *client_id, const char *password);
void put_subscribe(struct buffer *out, const char *client_id);
void put_publish(struct buffer *out, const char *client_id, const char *kind, unsigned qos, uint16_t packet_id,
                 const void *payload, size_t length);

/* Connects and subscribes a device that is expected to be accepted; `secret` NULL: type 0 of PK1. */
void scripted_login(struct harness *harness, struct scripted *device, const char *device_key, const char *secret,
                    bool session);

#endif
