#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/internal.h"
#include "loop/port_holder.h"
#include "loop/stream.h"

enum { BACKLOG = 4096, RETRY_MS = 100 };

struct listener {
    struct evconnlistener *below;
    struct event *retry; /* accepting goes on after descriptors or memory ran out */
    listener_handler *on_accept;
    void *context;
};

static void accept_event(struct evconnlistener *below, evutil_socket_t fd, struct sockaddr *address, int length,
                         void *context)
{
    (void)below;
    (void)address;
    (void)length;
    struct listener *listener = context;
    listener->on_accept(listener->context, fd);
}

/* The waiting connection would wake us again and again: look away for a moment. */
static void accept_failed(struct evconnlistener *below, void *context)
{
    struct listener *listener = context;
    (void)evconnlistener_disable(below);
    struct timeval later = {.tv_usec = (suseconds_t)RETRY_MS * 1000};
    (void)event_add(listener->retry, &later);
}

static void retry_event(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct listener *listener = context;
    (void)evconnlistener_enable(listener->below);
}

static uint16_t bound_port(struct evconnlistener *below)
{
    struct sockaddr_storage local = {0};
    socklen_t length = sizeof local;
    (void)getsockname(evconnlistener_get_fd(below), (struct sockaddr *)&local, &length);
    // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): the storage is zeroed above
    return ntohs(local.ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)&local)->sin6_port
                                             : ((const struct sockaddr_in *)&local)->sin_port);
}

/* Numeric address to socket address; false when it is none. */
static bool make_address(const char *address, uint16_t port, struct sockaddr_storage *made, int *length)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    if (evutil_inet_pton(AF_INET, address, &in.sin_addr) == 1) {
        memcpy(made, &in, sizeof in);
        *length = sizeof in;
        return true;
    }
    if (evutil_inet_pton(AF_INET6, address, &in6.sin6_addr) == 1) {
        memcpy(made, &in6, sizeof in6);
        *length = sizeof in6;
        return true;
    }
    return false;
}

static enum status bind_failed(const char *address, uint16_t port, int number, struct error *error)
{
    if (number == EADDRINUSE) {
        char holder[96];
        return error_set(error, E_IO, "listen", "port %u on %s is taken by %s", port, address,
                         port_holder_find(port, holder, sizeof holder));
    }
    return error_set(error, E_IO, "listen", "cannot listen on %s port %u: %s", address, port, strerror(number));
}

enum status listener_create(struct loop *loop, const char *address, uint16_t *port, listener_handler *on_accept,
                            void *context, struct listener **listener, struct error *error)
{
    struct sockaddr_storage where = {0};
    int length;
    if (!make_address(address, *port, &where, &length)) {
        return error_set(error, E_FORMAT, "listen", "%s is not a numeric address", address);
    }
    struct listener *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return error_set(error, E_NOMEM, "listen", "out of memory");
    }
    made->on_accept = on_accept;
    made->context = context;
    made->retry = event_new(loop_base(loop), -1, 0, retry_event, made);
    if (made->retry == NULL) {
        listener_destroy(made);
        return error_set(error, E_NOMEM, "listen", "out of memory");
    }
    made->below = evconnlistener_new_bind(loop_base(loop), accept_event, made,
                                          LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, BACKLOG,
                                          (const struct sockaddr *)&where, length);
    if (made->below == NULL) {
        int number = errno;
        listener_destroy(made);
        return bind_failed(address, *port, number, error);
    }
    evconnlistener_set_error_cb(made->below, accept_failed);
    *port = bound_port(made->below);
    *listener = made;
    return OK;
}

void listener_destroy(struct listener *listener)
{
    if (listener == NULL) {
        return;
    }
    if (listener->below != NULL) {
        evconnlistener_free(listener->below);
    }
    if (listener->retry != NULL) {
        event_free(listener->retry);
    }
    free(listener);
}
