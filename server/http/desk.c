#include "http/desk.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/instant.h"
#include "base/limits.h"

enum { AT_A_TIME = 32 };

TAILQ_HEAD(desk_queue, desk_item);

struct desk {
    const struct desk_handlers *handlers;
    void *context;
    struct loop_wakeup *wakeup;
    struct desk_queue again; /* these two are the loop's */
    struct desk_queue kept;
    pthread_mutex_t lock; /* guards what follows */
    struct desk_queue queue;
    size_t count;
    bool closed;
};

static struct desk_item *take_new(struct desk *desk)
{
    (void)pthread_mutex_lock(&desk->lock);
    struct desk_item *item = TAILQ_FIRST(&desk->queue);
    if (item != NULL) {
        TAILQ_REMOVE(&desk->queue, item, entries);
        desk->count--;
    }
    (void)pthread_mutex_unlock(&desk->lock);
    return item;
}

static struct desk_item *take(struct desk_queue *queue)
{
    struct desk_item *item = TAILQ_FIRST(queue);
    if (item != NULL) {
        TAILQ_REMOVE(queue, item, entries);
    }
    return item;
}

static void handle(struct desk *desk, struct desk_item *item)
{
    item->place = DESK_HANDLED;
    switch (desk->handlers->handle(desk->context, item)) {
    case DESK_TURN_DONE:
        return; /* the item has gone */
    case DESK_TURN_LATER:
        if (item->place != DESK_WOKEN) {
            item->place = DESK_KEPT;
            TAILQ_INSERT_TAIL(&desk->kept, item, entries);
            return;
        }
        break;
    case DESK_TURN_AGAIN:
        break;
    }
    item->place = DESK_AGAIN;
    TAILQ_INSERT_TAIL(&desk->again, item, entries);
}

static void on_wakeup(void *context)
{
    struct desk *desk = context;
    struct desk_item *last = TAILQ_LAST(&desk->again, desk_queue); /* what comes again now has its turn next time */
    bool more = last != NULL;
    struct desk_item *fresh = NULL;
    for (int i = 0; i < AT_A_TIME; i++) {
        fresh = take_new(desk);
        struct desk_item *item = more ? take(&desk->again) : NULL;
        more = more && item != last;
        if (fresh == NULL && item == NULL) {
            break;
        }
        if (fresh != NULL) {
            handle(desk, fresh);
        }
        if (item != NULL) {
            handle(desk, item);
        }
    }
    if (fresh != NULL || !TAILQ_EMPTY(&desk->again)) {
        loop_wakeup_post(desk->wakeup); /* the rest after what else waits on the loop */
    }
}

enum status desk_create(struct loop *loop, const struct desk_handlers *handlers, void *context, struct desk **desk)
{
    struct desk *created = calloc(1, sizeof *created);
    if (created == NULL) {
        return E_NOMEM;
    }
    created->handlers = handlers;
    created->context = context;
    TAILQ_INIT(&created->queue);
    TAILQ_INIT(&created->again);
    TAILQ_INIT(&created->kept);
    enum status status = loop_wakeup_create(loop, on_wakeup, created, &created->wakeup);
    if (status == OK && pthread_mutex_init(&created->lock, NULL) != 0) {
        loop_wakeup_destroy(created->wakeup);
        status = E_NOMEM;
    }
    if (status != OK) {
        free(created);
        return status;
    }
    *desk = created;
    return OK;
}

void desk_destroy(struct desk *desk)
{
    if (desk == NULL) {
        return;
    }
    loop_wakeup_destroy(desk->wakeup);
    (void)pthread_mutex_destroy(&desk->lock);
    free(desk);
}

enum status desk_put(struct desk *desk, struct desk_item *item)
{
    (void)pthread_mutex_lock(&desk->lock);
    enum status status = desk->closed ? E_CLOSED : desk->count >= LIMIT_HTTP_CALLS ? E_AGAIN : OK;
    if (status == OK) {
        item->since = monotonic_ms();
        item->place = DESK_QUEUED;
        desk->handlers->suspend(item);
        TAILQ_INSERT_TAIL(&desk->queue, item, entries);
        desk->count++;
        /* with the lock held: after it the loop may answer, and the server be taken down */
        loop_wakeup_post(desk->wakeup);
    }
    (void)pthread_mutex_unlock(&desk->lock);
    return status;
}

void desk_wake(struct desk *desk, struct desk_item *item)
{
    if (item->place == DESK_HANDLED) {
        item->place = DESK_WOKEN;
    } else if (item->place == DESK_KEPT) {
        if (TAILQ_EMPTY(&desk->again)) {
            loop_wakeup_post(desk->wakeup); /* otherwise a post is under way */
        }
        TAILQ_REMOVE(&desk->kept, item, entries);
        item->place = DESK_AGAIN;
        TAILQ_INSERT_TAIL(&desk->again, item, entries);
    }
}

void desk_expire(struct desk *desk, int64_t now)
{
    for (;;) {
        (void)pthread_mutex_lock(&desk->lock);
        struct desk_item *oldest = TAILQ_FIRST(&desk->queue);
        bool late = oldest != NULL && now - oldest->since > LIMIT_HTTP_CALL_MS;
        if (late) {
            TAILQ_REMOVE(&desk->queue, oldest, entries);
            desk->count--;
        }
        (void)pthread_mutex_unlock(&desk->lock);
        if (!late) {
            return;
        }
        desk->handlers->refuse(desk->context, oldest, E_TIMEOUT);
    }
}

void desk_close(struct desk *desk)
{
    (void)pthread_mutex_lock(&desk->lock);
    desk->closed = true;
    (void)pthread_mutex_unlock(&desk->lock);
    for (struct desk_item *item = take_new(desk); item != NULL; item = take_new(desk)) {
        desk->handlers->refuse(desk->context, item, E_CLOSED);
    }
    struct desk_queue *mine[] = {&desk->again, &desk->kept};
    for (size_t i = 0; i < sizeof mine / sizeof mine[0]; i++) {
        for (struct desk_item *item = take(mine[i]); item != NULL; item = take(mine[i])) {
            item->place = DESK_NOWHERE;
            desk->handlers->refuse(desk->context, item, E_CLOSED);
        }
    }
}
