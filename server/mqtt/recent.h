/*
 * The last frames of a connection, to recognise a message that came twice (protocol.md, 2.3: a lost PUBCOMP repeats the
 * whole QoS 2 cycle; 12.4: drop duplicates by package id).
 *
 *   ring: [ (command, package id, digest of the payload) x RECENT_FRAMES ]
 */
#ifndef MQTT_RECENT_H
#define MQTT_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/frame.h"

enum { RECENT_FRAMES = 32 };

struct recent_key {
    uint16_t command;
    uint16_t package_id; /* 0: empty, no frame has it */
    uint32_t digest;
};

struct recent {
    struct recent_key ring[RECENT_FRAMES];
    size_t next;
};

struct recent_key recent_key_of(const struct frame *frame);
bool recent_has(const struct recent *recent, const struct recent_key *key);
/* Another frame among them has the package id. */
bool recent_has_other(const struct recent *recent, const struct recent_key *key);
void recent_add(struct recent *recent, const struct recent_key *key);
void recent_forget(struct recent *recent, const struct recent_key *key); /* its commit failed: it may come again */

#endif
