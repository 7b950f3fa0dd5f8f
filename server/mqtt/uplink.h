/*
 * From the bus to app/: frame -> decrypted -> known already? -> use case. Messages of one burst share a transaction;
 * what became of each is told to its link after the commit.
 *
 *   payload --frame_is_clear--> frame --recent--> command --> app_device_*
 *        \--session key-------->  |        \--> duplicate: dropped, counts as done
 *                                 \--> malformed: counted, counts as done
 */
#ifndef MQTT_UPLINK_H
#define MQTT_UPLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "mqtt/recent.h"

enum { UPLINK_BURST = 1024 }; /* not less than the bus reads at once */

struct mqtt_door;

/* A message of the burst that waits for the commit. */
struct uplink_done {
    char client_id[LIMIT_CLIENT_ID + 1];
    uint32_t digest;       /* as the link knows it */
    struct recent_key key; /* package id 0: none was remembered */
    bool good;
};

struct uplink_burst {
    bool open; /* app_batch_begin() was called */
    size_t count;
    struct uplink_done done[UPLINK_BURST];
    uint8_t *scratch;    /* owned: the unescaped frame, LIMIT_MQTT_PACKET bytes */
    struct buffer clear; /* a decrypted frame */
};

/* E_NOMEM. */
enum status uplink_init(struct uplink_burst *burst);
void uplink_finish(struct uplink_burst *burst);

void uplink_message(struct mqtt_door *door, const char *topic, const uint8_t *payload, size_t length);
void uplink_burst_end(struct mqtt_door *door);

#endif
