/*
 * The door through which devices come: everything that is MQTT.
 *
 *   device --TCP/TLS--> front: link --unix socket--> mosquitto (child) --> bus --> uplink --> app/
 *      ^                      |                          ^
 *      +----------------------+<-------------------------+<-- bus <-- downlink <-- orders of app/
 *
 *   front     listeners; every accepted connection becomes a link        (front.h, link.h)
 *   link      CONNECT read, checked, repaired; bytes relayed both ways   (authenticate.h, refusal.h, hold.h)
 *   broker    mosquitto: started, configured, restarted, ended           (broker.h)
 *   bus       our own client of the broker                               (bus.h)
 *   peers     what is known of a client id beyond its link               (peers.h)
 *   uplink    frame -> use case                                          (uplink.h)
 *   downlink  order -> frame                                             (downlink.h)
 *
 * All on the loop's thread.
 */
#ifndef MQTT_DOOR_H
#define MQTT_DOOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "app/app.h"
#include "base/buffer.h"
#include "base/status.h"
#include "config/address.h"
#include "domain/orders.h"
#include "loop/loop.h"

struct mqtt_door;

struct mqtt_settings {
    struct address mqtt;  /* port 0: any free one */
    struct address mqtts; /* empty host: none; else tls_cert and tls_key are needed */
    const char *tls_cert; /* PEM files; NULL: none */
    const char *tls_key;
    const char *observer_token; /* NULL: no observers */
    bool refuse_unknown;        /* type 1 of an unknown device: CONNACK 4 instead of "authenticate again" */
    const char *public_url;     /* scheme, host and port of firmware URLs; NULL: the local address of the link */
    uint16_t http_port;         /* for firmware URLs without public_url */
    int64_t max_links;          /* 0: LIMIT_LINKS, as the next */
    int64_t max_links_per_address;
    const char *data_dir;            /* the broker's private folder is made below it */
    const char *broker_program;      /* NULL: "mosquitto" */
    void (*on_ready)(void *context); /* once: broker and bus are up for the first time; may be NULL */
    void *on_ready_context;
};

struct mqtt_counters {
    uint64_t links;    /* open now, observers and refused ones included */
    uint64_t devices;  /* subscribed now */
    uint64_t accepted; /* since the start, like all below */
    uint64_t refused;
    uint64_t turned_away; /* beyond the number of links that may be */
    uint64_t uplinks;
    uint64_t downlinks;
    uint64_t malformed;
    uint64_t duplicates;
    uint64_t repeats_absorbed; /* second CONNECT or SUBSCRIBE */
    uint64_t acks_let_through; /* waited LIMIT_ACK_HOLD_MS for a message that never came */
    uint64_t broker_restarts;
};

/*
 * Binds the listeners and starts the broker; on_ready follows. Texts are copied. *error says what a human must do: a
 * taken port with its holder, a missing broker program, a bad certificate.
 */
MUST_USE enum status mqtt_door_create(struct loop *loop, struct app *app, const struct mqtt_settings *settings,
                                      struct mqtt_door **door, struct error *error);

/* Closes all links (app/ hears them go offline) and ends the broker. NULL is allowed. */
void mqtt_door_destroy(struct mqtt_door *door);

/* Broker and bus are up: devices are accepted. */
bool mqtt_door_is_ready(const struct mqtt_door *door);

/* The port that the clear listener has; the TLS one (0: none). */
uint16_t mqtt_door_port(const struct mqtt_door *door);
uint16_t mqtt_door_tls_port(const struct mqtt_door *door);

/* Ports of app/. E_CLOSED: the device is not connected and subscribed. */
MUST_USE enum status mqtt_door_notify(struct mqtt_door *door, int64_t device_id, const struct notify_order *order);
MUST_USE enum status mqtt_door_firmware(struct mqtt_door *door, int64_t device_id, const struct firmware_order *order);
void mqtt_door_disconnect(struct mqtt_door *door, int64_t device_id, const char *why);

/*
 * app_ports.disconnect_all: the devices of the product (NULL: of all) are forgotten now, their links are cut in slices
 * by the loop; nothing goes to them any more, what still comes from them is dropped.
 */
void mqtt_door_disconnect_all(struct mqtt_door *door, const char *product_key, const char *why);

/* The content of a clear frame, still escaped, as text: app_ports.frame_text. E_FORMAT, E_TRUNCATED: it is none. */
MUST_USE enum status mqtt_frame_text(const uint8_t *clear, size_t length, struct buffer *text);

/* app_ports.fault_armed. */
void mqtt_door_fault_armed(struct mqtt_door *door, enum fault_point point);

void mqtt_door_counters(const struct mqtt_door *door, struct mqtt_counters *counters);

/* The broker's process, for tests and diagnosis; 0: it does not run now. */
pid_t mqtt_door_broker_pid(const struct mqtt_door *door);

#endif
