/*
 * With which QoS the last messages of a device passed its link: the bus gets them with QoS 1 at most, as it subscribes.
 *
 *   link: PUBLISH --passing_note(digest, QoS)--> ring --passing_qos(digest)--> uplink
 */
#ifndef MQTT_PASSING_H
#define MQTT_PASSING_H

#include <stddef.h>
#include <stdint.h>

enum { PASSING_MESSAGES = 32, PASSING_UNKNOWN = -1 };

struct passing {
    struct {
        uint32_t digest; /* of topic and payload (hold.h) */
        uint8_t qos;
    } ring[PASSING_MESSAGES];
    size_t count; /* since the peer was made */
};

void passing_note(struct passing *passing, uint32_t digest, unsigned qos);

/* Of the newest message with this digest; PASSING_UNKNOWN: it passed too long ago, or no link of ours. */
int passing_qos(const struct passing *passing, uint32_t digest);

#endif
