/*
 * The SDK's MQTT habits on one connection (protocol.md, 2), without socket and clock: bytes, instants in; bytes,
 * happenings out. Nobody else's client behaves so: no user name, repeats of CONNECT, SUBSCRIBE and PUBLISH with DUP 0,
 * one message under way, no DISCONNECT.
 *
 *   CLOSED --opened--> CONNECTING --CONNACK 0--> SUBSCRIBING --SUBACK--> UP
 *                      0, 5, 10 s; 15 s: lost    0, 5, 10 s; 15 s: lost
 *
 *   out  [ m m m m ]   the first is under way: PUBLISH -> PUBACK, or PUBREC -> PUBREL -> PUBCOMP; 2 s: again, 3 in all
 *
 * The owner feeds bytes, calls sdk_link_tick() at sdk_link_deadline(), and must not free the link within a handler;
 * it may call sdk_link_closed() there.
 */
#ifndef FLEET_SDK_LINK_H
#define FLEET_SDK_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/limits.h"
#include "base/status.h"
#include "fleet/sdk_retry.h"

enum sdk_link_state { SDK_LINK_CLOSED, SDK_LINK_CONNECTING, SDK_LINK_SUBSCRIBING, SDK_LINK_UP };

enum {
    SDK_LINK_HANDSHAKE_MS = 5 * 1000, /* CONNECT, SUBSCRIBE: sent again */
    SDK_LINK_REPEAT_MS = 2 * 1000,    /* PUBLISH: sent again */
    SDK_LINK_SILENCE_MS = 1000,       /* but only in silence */
    SDK_LINK_PING_MS = 5 * 1000,      /* PINGREQ: once more, then closed */
    SDK_LINK_TRIES = 3,
    SDK_LINK_KEEP_ALIVE_LEAST_S = 21,
    SDK_LINK_QUEUE = 64, /* messages */
};

struct sdk_link_handlers {
    void (*write)(void *context, const uint8_t *bytes, size_t count);
    /* The SUBACK is here. */
    void (*on_subscribed)(void *context);
    /* A PUBLISH under an acceptable topic; `splits`: the frame starts where the '/' bug of 2.4 bites. */
    void (*on_message)(void *context, const uint8_t *payload, size_t length, bool splits);
    /* A message of ours with this tag: it was written for the first time; the PUBREC is here, the PUBREL not yet out;
     * ended. */
    void (*on_sent)(void *context, int tag);
    void (*on_received)(void *context, int tag);
    void (*on_ended)(void *context, int tag, bool acknowledged);
    /* The link must be given up; the owner closes the socket and calls sdk_link_closed(). */
    void (*on_failed)(void *context, enum sdk_cause cause, int detail);
};

struct sdk_message;
STAILQ_HEAD(sdk_message_list, sdk_message);

struct sdk_link {
    const struct sdk_link_handlers *handlers;
    void *context;
    char client_id[LIMIT_CLIENT_ID + 1];
    unsigned keep_alive_s;
    enum sdk_link_state state;
    char password[512];
    unsigned tries; /* of CONNECT or SUBSCRIBE */
    int64_t handshake_ms;
    int64_t heard_ms;
    int64_t ping_ms;            /* next regular one */
    int64_t ping_unanswered_ms; /* 0: none is open */
    unsigned pings;             /* unanswered ones sent */
    uint16_t packet_id;         /* the last one given */
    struct sdk_message_list queue;
    size_t queued;
};

/* `handlers` is borrowed for good. */
void sdk_link_init(struct sdk_link *link, const struct sdk_link_handlers *handlers, void *context,
                   const char *client_id, unsigned keep_alive_s);
void sdk_link_finish(struct sdk_link *link);

/* The socket is open: sends CONNECT with this password. E_LIMIT: the password is too long. */
MUST_USE enum status sdk_link_opened(struct sdk_link *link, const char *password, int64_t now_ms);

/* The socket is gone: the queue is lost for good (protocol.md, 9.5), on_ended is not called. */
void sdk_link_closed(struct sdk_link *link);

/* Reads whole packets; returns how many bytes were used. */
size_t sdk_link_receive(struct sdk_link *link, const uint8_t *bytes, size_t count, int64_t now_ms);

/*
 * Queues a PUBLISH to q/2/d/<client id>/<kind>; `payload` is copied; `tag` comes back in the handlers.
 * E_STATE: not up; E_LIMIT: SDK_LINK_QUEUE wait already; E_NOMEM.
 */
MUST_USE enum status sdk_link_publish(struct sdk_link *link, const char *kind, unsigned qos, const uint8_t *payload,
                                      size_t length, int tag, int64_t now_ms);

/* INT64_MAX: none. */
int64_t sdk_link_deadline(const struct sdk_link *link);
void sdk_link_tick(struct sdk_link *link, int64_t now_ms);

#endif
