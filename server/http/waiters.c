#include "http/waiters.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"

/* Each look asks a share of the sockets, so that many of them do not hold up the loop. */
enum { LOOKS = 16, LOOK_EVERY_MS = LIMIT_WAIT_LOOK_MS / LOOKS, LOOK_AT = LIMIT_WAITING_CALLS / LOOKS };

TAILQ_HEAD(waiter_list, waiter);

struct waiters {
    struct waiter_list all; /* whose socket was asked last comes last */
    size_t count;
    struct loop_timer *timer;
    int64_t armed_for; /* INT64_MAX: not armed */
    struct loop_timer *look;
};

static void arm(struct waiters *waiters, int64_t deadline)
{
    if (deadline < waiters->armed_for) {
        waiters->armed_for = deadline;
        loop_timer_arm(waiters->timer, deadline - monotonic_ms());
    }
}

enum status waiters_add(struct waiters *waiters, struct waiter *waiter, struct request *request,
                        void (*over)(struct waiter *waiter))
{
    if (waiters->count >= LIMIT_WAITING_CALLS) {
        return E_AGAIN;
    }
    waiter->waiters = waiters;
    waiter->request = request;
    waiter->deadline = monotonic_ms() + request->input.wait_ms;
    waiter->over = over;
    TAILQ_INSERT_TAIL(&waiters->all, waiter, entries);
    if (waiters->count++ == 0) {
        loop_timer_arm(waiters->look, LOOK_EVERY_MS);
    }
    arm(waiters, waiter->deadline);
    return OK;
}

void waiters_remove(struct waiter *waiter)
{
    struct waiters *waiters = waiter->waiters;
    if (waiters != NULL) {
        TAILQ_REMOVE(&waiters->all, waiter, entries);
        waiters->count--;
        waiter->waiters = NULL;
    }
}

size_t waiters_count(const struct waiters *waiters)
{
    return waiters->count;
}

static void end(struct waiter *waiter)
{
    waiters_remove(waiter);
    waiter->over(waiter);
}

static void on_timer(void *context)
{
    struct waiters *waiters = context;
    int64_t now = monotonic_ms();
    int64_t earliest = INT64_MAX;
    struct waiter *next = NULL;
    for (struct waiter *waiter = TAILQ_FIRST(&waiters->all); waiter != NULL; waiter = next) {
        next = TAILQ_NEXT(waiter, entries);
        if (waiter->deadline <= now) {
            end(waiter);
        } else if (waiter->deadline < earliest) {
            earliest = waiter->deadline;
        }
    }
    waiters->armed_for = INT64_MAX;
    if (earliest != INT64_MAX) {
        arm(waiters, earliest);
    }
}

static void on_look(void *context)
{
    struct waiters *waiters = context;
    size_t looks = waiters->count < LOOK_AT ? waiters->count : LOOK_AT;
    for (size_t i = 0; i < looks; i++) {
        struct waiter *waiter = TAILQ_FIRST(&waiters->all);
        if (request_left(waiter->request)) {
            end(waiter);
        } else {
            TAILQ_REMOVE(&waiters->all, waiter, entries);
            TAILQ_INSERT_TAIL(&waiters->all, waiter, entries);
        }
    }
    if (waiters->count > 0) {
        loop_timer_arm(waiters->look, LOOK_EVERY_MS);
    }
}

static bool read_seconds(const char *text, int64_t *ms)
{
    size_t whole = strspn(text, "0123456789");
    size_t behind = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
    size_t length = whole + (text[whole] == '.' ? 1 + behind : 0);
    if (whole == 0 || whole > 6 || (text[whole] == '.' && (behind == 0 || behind > 9)) || text[length] != '\0') {
        return false;
    }
    double seconds = strtod(text, NULL);
    *ms = (int64_t)llround(seconds * 1000);
    return seconds <= LIMIT_WAIT_S;
}

void waiters_check_seconds(struct request *request, const char *name, const char *text)
{
    if (!read_seconds(text, &request->input.wait_ms)) {
        request_wrong_parameter(request, name, "must be a number of seconds, 0 to 3600");
    }
}

enum status waiters_create(struct loop *loop, struct waiters **waiters)
{
    struct waiters *created = calloc(1, sizeof *created);
    if (created == NULL) {
        return E_NOMEM;
    }
    created->armed_for = INT64_MAX;
    TAILQ_INIT(&created->all);
    enum status status = loop_timer_create(loop, on_timer, created, &created->timer);
    if (status == OK) {
        status = loop_timer_create(loop, on_look, created, &created->look);
    }
    if (status != OK) {
        waiters_destroy(created);
        return status;
    }
    *waiters = created;
    return OK;
}

void waiters_destroy(struct waiters *waiters)
{
    if (waiters != NULL) {
        assert(waiters->count == 0);
        loop_timer_destroy(waiters->timer);
        loop_timer_destroy(waiters->look);
        free(waiters);
    }
}
