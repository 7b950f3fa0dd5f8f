/*
 * Calls that wait, whatever for: how many there may be, when their time is over, and whether their clients are still
 * there.
 *
 *   waiters_add() --> waits --waiters_remove()--> what it waited for has come, or the server goes down
 *                       |
 *                       +--deadline, or the client has hung up--> over(): it waits no more
 *
 * libmicrohttpd does not look at a connection that is suspended: so the sockets are asked here, all of them once in
 * LIMIT_WAIT_LOOK_MS. A client that has closed its sending side has hung up. Time runs on the real clock. All on the
 * loop's thread.
 */
#ifndef HTTP_WAITERS_H
#define HTTP_WAITERS_H

#include <sys/queue.h>

#include "http/request.h"
#include "loop/loop.h"

struct waiters;

/* A call that waits; part of what its request->state is. */
struct waiter {
    struct waiters *waiters; /* NULL: it does not wait */
    struct request *request;
    int64_t deadline;                    /* monotonic */
    void (*over)(struct waiter *waiter); /* it has been removed; shall wake the request */
    TAILQ_ENTRY(waiter) entries;
};

MUST_USE enum status waiters_create(struct loop *loop, struct waiters **waiters);
void waiters_destroy(struct waiters *waiters); /* nobody waits any more; NULL is allowed */

/* Waits for request->input.wait_ms; `waiter`, which stays the caller's, is filled in. E_AGAIN: LIMIT_WAITING_CALLS. */
MUST_USE enum status waiters_add(struct waiters *waiters, struct waiter *waiter, struct request *request,
                                 void (*over)(struct waiter *waiter));
void waiters_remove(struct waiter *waiter); /* one that does not wait is left alone */

/* Those who wait now. */
size_t waiters_count(const struct waiters *waiters);

/* For check(): "30", "0.05" seconds, 0 to LIMIT_WAIT_S, into input.wait_ms. */
void waiters_check_seconds(struct request *request, const char *name, const char *text);

#endif
