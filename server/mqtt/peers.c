#include "mqtt/peers.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void peers_init(struct peers *peers)
{
    *peers = (struct peers){0};
    TAILQ_INIT(&peers->idle);
}

static void peer_forget(struct peers *peers, struct peer *peer)
{
    assert(peers->by_client != NULL && peers->by_device != NULL); /* the peer is in both */
    // NOLINTBEGIN(clang-analyzer-core.NullDereference): the analyser gets lost in uthash's macro
    HASH_DELETE(by_client, peers->by_client, peer);
    HASH_DELETE(by_device, peers->by_device, peer);
    // NOLINTEND(clang-analyzer-core.NullDereference)
    free(peer);
}

void peers_finish(struct peers *peers)
{
    struct peer *peer;
    struct peer *next;
    HASH_ITER(by_client, peers->by_client, peer, next)
    {
        peer_forget(peers, peer);
    }
}

struct peer *peers_find_client(const struct peers *peers, const char *client_id)
{
    struct peer *peer;
    HASH_FIND(by_client, peers->by_client, client_id, strlen(client_id), peer);
    return peer;
}

struct peer *peers_find_device(const struct peers *peers, int64_t device_id)
{
    struct peer *peer;
    HASH_FIND(by_device, peers->by_device, &device_id, sizeof device_id, peer);
    return peer;
}

static void add_idle(struct peers *peers, struct peer *peer)
{
    TAILQ_INSERT_TAIL(&peers->idle, peer, idle);
    peers->idle_count++;
    while (peers->idle_count > PEERS_IDLE) {
        struct peer *oldest = TAILQ_FIRST(&peers->idle);
        TAILQ_REMOVE(&peers->idle, oldest, idle);
        peers->idle_count--;
        peer_forget(peers, oldest);
    }
}

enum status peers_obtain(struct peers *peers, const char *client_id, const char *product_key, const char *device_key,
                         int64_t device_id, struct peer **peer)
{
    struct peer *found = peers_find_client(peers, client_id);
    if (found != NULL && found->device_id != device_id) {
        HASH_DELETE(by_device, peers->by_device, found);
        found->device_id = device_id;
        HASH_ADD(by_device, peers->by_device, device_id, sizeof found->device_id, found);
    }
    if (found == NULL) {
        found = calloc(1, sizeof *found);
        if (found == NULL) {
            return E_NOMEM;
        }
        text_copy_cut(found->client_id, sizeof found->client_id, client_id);
        (void)snprintf(found->name, sizeof found->name, "%s/%s", product_key, device_key);
        found->device_id = device_id;
        HASH_ADD(by_client, peers->by_client, client_id, strlen(found->client_id), found);
        HASH_ADD(by_device, peers->by_device, device_id, sizeof found->device_id, found);
        add_idle(peers, found);
    }
    *peer = found;
    return OK;
}

void peer_attach(struct peers *peers, struct peer *peer, struct link *link)
{
    if (peer->link == NULL) {
        TAILQ_REMOVE(&peers->idle, peer, idle);
        peers->idle_count--;
    }
    peer->link = link;
    peer->older = peer->key;
    peer->key = (struct session_key){0};
    peer->recent = (struct recent){0};
    peer->last_package_id = 0;
}

void peer_detach(struct peers *peers, struct peer *peer)
{
    peer->link = NULL;
    add_idle(peers, peer);
}
