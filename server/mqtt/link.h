/*
 * One connection of a device or an observer.
 *
 *   WAIT_CONNECT --accepted--> RELAY --SUBACK passed--> RELAY, subscribed: app/ hears "online", orders may come
 *        |   \-----observer--> RELAY (bytes are passed on unseen)
 *        \--refused--> REFUSED --SUBSCRIBE--> SUBACK, 0x00A3 or 0x00B4 --> the device closes, or we do
 *
 *   event            WAIT_CONNECT        RELAY                            REFUSED
 *   CONNECT          decide              absorbed (repeated, 2.2)         absorbed
 *   SUBSCRIBE        close               first: passed on; same: absorbed first: answered; other: absorbed
 *   PUBLISH          close               passed on, noted for hold-back   nothing is taken
 *   other packet     close               passed on                        nothing is taken
 *   PUBACK, PUBCOMP  -                   from the broker: when committed  -
 *   deadline         close               -                                close
 *   oversized, bad   close               close                            close
 *
 * A new link of the same client id closes the old one.
 */
#ifndef MQTT_LINK_H
#define MQTT_LINK_H

#include "app/journal.h"
#include "domain/fault.h"
#include "mqtt/hold.h"
#include "mqtt/internal.h"
#include "mqtt/link_faults.h"

enum link_state { LINK_WAIT_CONNECT, LINK_RELAY, LINK_REFUSED };

enum { LINK_ADDRESS = 64, LINK_NAME = 128 };

struct link {
    struct mqtt_door *door;
    enum link_state state;
    struct stream *device;
    struct stream *broker; /* NULL until accepted */
    struct loop_timer *deadline;
    bool busy;       /* one of its handlers runs */
    bool abandoned;  /* nobody looks at it any more; the front cuts it soon */
    const char *why; /* set: it is to be closed when the handler ends */
    bool observer;
    bool connected;  /* the broker's CONNACK was passed on */
    bool subscribed; /* the SUBACK was passed on: orders may come */
    bool send_secret;
    bool send_key;
    bool encrypts; /* the device has its key: downlinks are encrypted */
    bool warned;   /* a message to a foreign topic was logged */
    bool filter_noted;
    uint16_t subscribe_id;     /* of the first SUBSCRIBE for its own topics */
    uint32_t subscribe_digest; /* of its filter */
    char name[LINK_NAME];      /* "pk/dk", or the client id; for the log */
    char client_id[LINK_NAME]; /* of its CONNECT; empty before; cut where it is longer */
    char address[LINK_ADDRESS];
    char local[LINK_ADDRESS];
    struct decision *refusal; /* owned; only in REFUSED */
    struct peer *peer;        /* NULL: observer, refused, or taken over */
    char secret[LIMIT_DEVICE_SECRET + 1];
    struct hold hold;
    bool holding;                 /* in the front's list of links that keep acks */
    struct fault_subject subject; /* whose link it is; empty keys: an observer's, or not known */
    int64_t silent_ms;            /* REFUSED: it gets no answer at all */
    LIST_HEAD(delayed_orders, delayed_order) delayed;
    struct buffer notify; /* payload of the last one */
    struct link_faults faults;
    struct buffer late; /* acknowledgements for the device that wait while it is held */
    TAILQ_ENTRY(link) links;
    TAILQ_ENTRY(link) holders;
    TAILQ_ENTRY(link) cuts; /* while abandoned */
};

/* Takes over the descriptor. A link that cannot be made closes it. */
void link_accept(struct mqtt_door *door, int fd, struct ssl_ctx_st *tls);

/* Closes and frees; from inside one of its own handlers: when that ends. `why`: static text, for the log. */
void link_close(struct link *link, const char *why);

/*
 * Its device is no more: nothing is passed on from now on, app/ hears no offline, no entry comes into the journal; the
 * front cuts it soon (front_cut_soon()). `why` as for link_close().
 */
void link_abandon(struct link *link, const char *why);

/* Adds an entry about the link's device to the journal; keys are filled in. */
void link_journal(const struct link *link, struct journal_entry *entry);

/* The bus brought one of its messages, and it was committed or failed. */
void link_note_message(struct link *link, uint32_t digest, bool committed);

/* Passes on what was kept since `before_ms` (monotonic) or earlier. */
void link_release_overdue(struct link *link, int64_t before_ms);

/* A hold by a fault is over: what waited goes on. */
void link_resume(struct link *link, enum way way);

/* Inside mqtt/: link_connect.c and link_relay.c. */
void link_read_connect(struct link *link);
void link_read_refused(struct link *link);
void link_relay_up(struct link *link);
void link_relay_down(struct link *link);

#endif
