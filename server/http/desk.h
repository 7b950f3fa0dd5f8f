/*
 * The desk between the connections' threads and the loop: a bounded queue of calls.
 *
 *   thread: desk_put(item) --> queue --wake-up--> loop: handle(item) --> thread goes on (MHD_resume_connection)
 *                                \-- older than LIMIT_HTTP_CALL_MS, or closed --> refuse(item)
 *
 * An item is handled or refused exactly once; the desk never owns it. The loop takes a few at a time, so that devices
 * are not kept waiting by many calls.
 */
#ifndef HTTP_DESK_H
#define HTTP_DESK_H

#include <stdint.h>
#include <sys/queue.h>

#include "base/status.h"
#include "loop/loop.h"

struct desk_item {
    int64_t since; /* monotonic_ms() at which it was put */
    TAILQ_ENTRY(desk_item) entries;
};

struct desk;

struct desk_handlers {
    void (*suspend)(struct desk_item *item); /* the thread of desk_put(), before the loop can see the item */
    void (*handle)(void *context, struct desk_item *item);                     /* the loop's thread */
    void (*refuse)(void *context, struct desk_item *item, enum status status); /* E_TIMEOUT, E_CLOSED; any thread */
};

MUST_USE enum status desk_create(struct loop *loop, const struct desk_handlers *handlers, void *context,
                                 struct desk **desk);

/* Closed before, and no thread may still be putting. NULL is allowed. */
void desk_destroy(struct desk *desk);

/* Any thread. E_AGAIN: the queue is full; E_CLOSED. Then nothing was called. */
MUST_USE enum status desk_put(struct desk *desk, struct desk_item *item);

/* Refuses what has waited too long. Any thread. */
void desk_expire(struct desk *desk, int64_t now);

/* Refuses what waits and everything that comes. The loop's thread. */
void desk_close(struct desk *desk);

#endif
