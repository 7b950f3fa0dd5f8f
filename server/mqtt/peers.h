/*
 * What the door knows of a client id beyond its link: messages arrive by the bus after the link that brought them has
 * gone. By client id and by device id.
 *
 *   peer: client id, device, link or none, session keys (this link's and the one before), the last frames
 *
 * Peers without link are kept up to a number; the one idle for longest is forgotten first.
 */
#ifndef MQTT_PEERS_H
#define MQTT_PEERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/limits.h"
#include "base/status.h"
#include "crypto/session_cipher.h"
#include "mqtt/passing.h"
#include "mqtt/recent.h"

enum { PEERS_IDLE = LIMIT_LINKS };

struct link;

struct session_key {
    bool known;
    uint8_t bytes[SESSION_KEY];
};

struct peer {
    char client_id[LIMIT_CLIENT_ID + 1];
    char name[LIMIT_PRODUCT_KEY + LIMIT_DEVICE_KEY + 2]; /* "pk/dk", for the log */
    int64_t device_id;
    struct link *link;        /* NULL: none now */
    bool online;              /* app/ was told so */
    bool stale;               /* its device was reset: what comes before its next link is ready is old */
    struct session_key key;   /* of the present (or last) link */
    struct session_key older; /* of the link before: a message of it may still be on its way */
    struct recent recent;
    struct passing passing;
    uint16_t last_package_id; /* of the downlinks of this link */
    UT_hash_handle by_client;
    UT_hash_handle by_device;
    TAILQ_ENTRY(peer) idle;
};
TAILQ_HEAD(peer_list, peer);

struct peers {
    struct peer *by_client;
    struct peer *by_device;
    struct peer_list idle; /* without link, the longest idle first */
    size_t idle_count;
};

void peers_init(struct peers *peers);
void peers_finish(struct peers *peers);

/* NULL: unknown. Borrowed. */
struct peer *peers_find_client(const struct peers *peers, const char *client_id);
struct peer *peers_find_device(const struct peers *peers, int64_t device_id);

/* Finds or makes; a client id whose device was made anew gets the new device id. E_NOMEM. */
MUST_USE enum status peers_obtain(struct peers *peers, const char *client_id, const char *product_key,
                                  const char *device_key, int64_t device_id, struct peer **peer);

/* A link begins: keys move back, frames and package ids start anew. */
void peer_attach(struct peers *peers, struct peer *peer, struct link *link);

/* The link has gone: the peer is idle, others may be forgotten for it. */
void peer_detach(struct peers *peers, struct peer *peer);

#endif
