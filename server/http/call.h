/*
 * One API call from the door to the answer.
 *
 *   NEW --first headers--> route, token, limits ----wrong----> REFUSED: the body is drained, then the answer goes out
 *    |                                                            ^       (at once when the body is large)
 *    v                                                            |
 *   BODY --pieces: collected, or streamed to an upload--wrong-----+
 *    |
 *    +--complete: parse, check --wrong--> ANSWERED
 *    |
 *    v
 *   WAITING (suspended, on the desk) --loop: act--> ANSWERED --resumed--> sent, freed when the request is completed
 *    ^                                       |
 *    +------- turn AGAIN or LATER -----------+
 *
 * A plain firmware link goes NEW -> FIRMWARE and is answered by the thread. Nothing but the refusal of a large body is
 * answered in the first step: libmicrohttpd closes the connection behind such an answer.
 *
 * A call belongs to its connection: it is freed when libmicrohttpd says that the request is over, which it never does
 * while the connection is suspended. So a client that leaves meanwhile cannot take the call away from the loop.
 */
#ifndef HTTP_CALL_H
#define HTTP_CALL_H

#include <microhttpd.h>
#include <stdatomic.h>

#include "http/desk.h"
#include "http/firmware.h"
#include "http/request.h"

/* What all calls share; owned by the server. */
struct hall {
    struct api api;
    struct firmware firmware;
    struct desk *desk;
    struct event_log *events;
    struct event_streams *streams;
    const char *token; /* NULL: none is wanted */
    bool loopback;     /* nobody but this machine can reach it */
    bool access_log;
    unsigned port; /* of --http */
    int64_t max_body;
    uint32_t boot_id; /* start of the request ids of this process */
    atomic_uint_fast64_t calls;
    atomic_int awaiting; /* calls that the loop has to answer, or whose answer is not sent yet */
};

struct call;

/* `uri` as it came. NULL: memory was used up. */
struct call *call_create(struct hall *hall, struct MHD_Connection *connection, const char *uri);
void call_destroy(struct call *call); /* NULL is allowed */

/* The request is over, its answer sent or not: metrics and the access log. `http_status` 0: there was no answer. */
void call_over(const struct call *call, const char *peer, int http_status, int64_t bytes);

/* libmicrohttpd's access handler, called again and again until an answer was queued. */
enum MHD_Result call_step(struct call *call, const char *method, const char *version, const char *bytes, size_t *size);

/* The desk's handlers. */
extern const struct desk_handlers call_desk_handlers;

#endif
