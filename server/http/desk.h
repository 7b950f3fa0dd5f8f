/*
 * The desk between the connections' threads and the loop: a bounded queue of calls.
 *
 *   thread: desk_put(item) --> queue --wake-up--> loop: handle(item) --DESK_DONE--> thread goes on (resumed)
 *                                \                  ^       |  |
 *              older than LIMIT_HTTP_CALL_MS,       |       |  +--DESK_LATER--> kept -+
 *              or closed --> refuse(item)           |       v                         | desk_wake(item)
 *                                                   +---- again <---------------------+
 *
 * An item is handled until it is done, or refused once; the desk never owns it. The loop takes a few at a time, so that
 * devices are not kept waiting by many calls; new calls and those that come again take turns.
 */
#ifndef HTTP_DESK_H
#define HTTP_DESK_H

#include <stdint.h>
#include <sys/queue.h>

#include "base/status.h"
#include "loop/loop.h"

/* Where an item is; the desk's own. */
enum desk_place { DESK_NOWHERE, DESK_QUEUED, DESK_HANDLED, DESK_WOKEN, DESK_AGAIN, DESK_KEPT };

struct desk_item {
    int64_t since; /* monotonic_ms() at which it was put */
    enum desk_place place;
    TAILQ_ENTRY(desk_item) entries;
};

struct desk;

enum desk_turn { DESK_TURN_DONE, DESK_TURN_AGAIN, DESK_TURN_LATER };

struct desk_handlers {
    void (*suspend)(struct desk_item *item); /* the thread of desk_put(), before the loop can see the item */
    enum desk_turn (*handle)(void *context,
                             struct desk_item *item); /* the loop's thread; when done the item has gone */
    /* E_TIMEOUT: any thread, the item was never handled. E_CLOSED: the loop's. */
    void (*refuse)(void *context, struct desk_item *item, enum status status);
};

MUST_USE enum status desk_create(struct loop *loop, const struct desk_handlers *handlers, void *context,
                                 struct desk **desk);

/* Closed before, and no thread may still be putting. NULL is allowed. */
void desk_destroy(struct desk *desk);

/* Any thread. E_AGAIN: the queue is full; E_CLOSED. Then nothing was called. */
MUST_USE enum status desk_put(struct desk *desk, struct desk_item *item);

/* An item that is kept, or is just being handled and will be, comes again; any other is left alone. The loop's thread.
 */
void desk_wake(struct desk *desk, struct desk_item *item);

/* Refuses what has waited too long for its first turn. Any thread. */
void desk_expire(struct desk *desk, int64_t now);

/* Refuses what waits and everything that comes. The loop's thread. */
void desk_close(struct desk *desk);

#endif
