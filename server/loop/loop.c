#include "loop/loop.h"

#include <event2/event.h>
#include <event2/util.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "loop/internal.h"

struct loop {
    struct event_base *base;
    bool stopping;
    uint8_t scratch[LOOP_SCRATCH];
};

struct loop_fd {
    struct event_base *base;
    struct event *readable;
    struct event *writable;
    bool wants_readable;
    bool wants_writable;
    loop_fd_handler *handler;
    void *context;
};

struct loop_timer {
    struct event *event;
    loop_timer_handler *handler;
    void *context;
};

struct loop_signal {
    struct event *event;
    loop_signal_handler *handler;
    void *context;
};

struct loop_wakeup {
    int fd;
    struct event *event;
    loop_wakeup_handler *handler;
    void *context;
};

enum status loop_create(struct loop **loop)
{
    struct loop *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return E_NOMEM;
    }
    made->base = event_base_new();
    if (made->base == NULL) {
        free(made);
        return E_NOMEM;
    }
    /* A peer that has gone must come back as EPIPE, not end the server. */
    (void)signal(SIGPIPE, SIG_IGN);
    *loop = made;
    return OK;
}

void loop_destroy(struct loop *loop)
{
    if (loop == NULL) {
        return;
    }
    event_base_free(loop->base);
    free(loop);
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

uint8_t *loop_scratch(struct loop *loop)
{
    return loop->scratch;
}

enum status loop_run(struct loop *loop)
{
    int result = 0;
    if (!loop->stopping) { /* libevent forgets a break that came before its start */
        result = event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
    }
    loop->stopping = false;
    return result < 0 ? E_INTERNAL : OK;
}

void loop_stop(struct loop *loop)
{
    loop->stopping = true;
    (void)event_base_loopbreak(loop->base);
}

static void fd_event(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    struct loop_fd *watch = context;
    watch->handler(watch->context, (what & EV_READ) != 0, (what & EV_WRITE) != 0);
}

enum status loop_fd_create(struct loop *loop, int fd, loop_fd_handler *handler, void *context, struct loop_fd **watch)
{
    struct loop_fd *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return E_NOMEM;
    }
    *made = (struct loop_fd){.base = loop->base, .handler = handler, .context = context};
    made->readable = event_new(loop->base, fd, EV_READ | EV_PERSIST, fd_event, made);
    made->writable = event_new(loop->base, fd, EV_WRITE | EV_PERSIST, fd_event, made);
    if (made->readable == NULL || made->writable == NULL) {
        loop_fd_destroy(made);
        return E_NOMEM;
    }
    *watch = made;
    return OK;
}

static enum status want(struct event *event, bool wanted, bool *state)
{
    if (wanted == *state) {
        return OK;
    }
    if ((wanted ? event_add(event, NULL) : event_del(event)) != 0) {
        return E_IO;
    }
    *state = wanted;
    return OK;
}

enum status loop_fd_want(struct loop_fd *watch, bool readable, bool writable)
{
    enum status status = want(watch->readable, readable, &watch->wants_readable);
    enum status other = want(watch->writable, writable, &watch->wants_writable);
    return status != OK ? status : other;
}

void loop_fd_destroy(struct loop_fd *watch)
{
    if (watch == NULL) {
        return;
    }
    if (watch->readable != NULL) {
        event_free(watch->readable);
    }
    if (watch->writable != NULL) {
        event_free(watch->writable);
    }
    free(watch);
}

static void timer_event(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct loop_timer *timer = context;
    timer->handler(timer->context);
}

enum status loop_timer_create(struct loop *loop, loop_timer_handler *handler, void *context, struct loop_timer **timer)
{
    struct loop_timer *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return E_NOMEM;
    }
    *made = (struct loop_timer){.handler = handler, .context = context};
    made->event = event_new(loop->base, -1, 0, timer_event, made);
    if (made->event == NULL) {
        free(made);
        return E_NOMEM;
    }
    *timer = made;
    return OK;
}

void loop_timer_arm(struct loop_timer *timer, int64_t delay_ms)
{
    if (delay_ms < 0) {
        delay_ms = 0;
    }
    struct timeval delay = {.tv_sec = (time_t)(delay_ms / 1000), .tv_usec = (suseconds_t)(delay_ms % 1000 * 1000)};
    (void)event_add(timer->event, &delay); /* a pending event moves to the new time */
}

void loop_timer_disarm(struct loop_timer *timer)
{
    (void)event_del(timer->event);
}

void loop_timer_destroy(struct loop_timer *timer)
{
    if (timer == NULL) {
        return;
    }
    event_free(timer->event);
    free(timer);
}

static void signal_event(evutil_socket_t number, short what, void *context)
{
    (void)what;
    struct loop_signal *watch = context;
    watch->handler(watch->context, (int)number);
}

enum status loop_signal_create(struct loop *loop, int number, loop_signal_handler *handler, void *context,
                               struct loop_signal **watch)
{
    struct loop_signal *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return E_NOMEM;
    }
    *made = (struct loop_signal){.handler = handler, .context = context};
    made->event = evsignal_new(loop->base, number, signal_event, made);
    if (made->event == NULL || event_add(made->event, NULL) != 0) {
        loop_signal_destroy(made);
        return E_NOMEM;
    }
    *watch = made;
    return OK;
}

void loop_signal_destroy(struct loop_signal *watch)
{
    if (watch == NULL) {
        return;
    }
    if (watch->event != NULL) {
        event_free(watch->event);
    }
    free(watch);
}

static void wakeup_event(evutil_socket_t fd, short what, void *context)
{
    (void)what;
    struct loop_wakeup *wakeup = context;
    eventfd_t posts;
    if (eventfd_read(fd, &posts) == 0) {
        wakeup->handler(wakeup->context);
    }
}

enum status loop_wakeup_create(struct loop *loop, loop_wakeup_handler *handler, void *context,
                               struct loop_wakeup **wakeup)
{
    struct loop_wakeup *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return E_NOMEM;
    }
    *made = (struct loop_wakeup){.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), .handler = handler, .context = context};
    enum status status = E_IO;
    if (made->fd >= 0) {
        status = E_NOMEM;
        made->event = event_new(loop->base, made->fd, EV_READ | EV_PERSIST, wakeup_event, made);
        if (made->event != NULL && event_add(made->event, NULL) == 0) {
            *wakeup = made;
            return OK;
        }
    }
    loop_wakeup_destroy(made);
    return status;
}

void loop_wakeup_post(struct loop_wakeup *wakeup)
{
    (void)eventfd_write(wakeup->fd, 1); /* fails only when 2^64 - 2 posts wait: then a call is due anyway */
}

void loop_wakeup_destroy(struct loop_wakeup *wakeup)
{
    if (wakeup == NULL) {
        return;
    }
    if (wakeup->event != NULL) {
        event_free(wakeup->event);
    }
    if (wakeup->fd >= 0) {
        (void)close(wakeup->fd);
    }
    free(wakeup);
}
