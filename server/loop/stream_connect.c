/* How a stream begins, and whom it connects. */
#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/text.h"
#include "loop/internal.h"
#include "loop/stream.h"
#include "loop/stream_internal.h"

enum { UNIX_RETRY_MS = 5, UNIX_RETRIES = 1000 };

static void send_without_delay(int fd)
{
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* fails on a unix socket, which has no delay */
}

enum status stream_accept(struct loop *loop, int fd, struct ssl_ctx_st *tls, const struct stream_handlers *handlers,
                          void *context, struct stream **stream)
{
    struct stream *made;
    (void)evutil_make_socket_nonblocking(fd);
    send_without_delay(fd);
    enum status status = stream_create(loop, fd, tls, handlers, context, &made);
    if (status != OK) {
        return status;
    }
    if (tls != NULL) {
        SSL_set_accept_state(made->ssl);
        made->state = STREAM_HANDSHAKE;
    } else {
        made->state = STREAM_OPENING;
        event_active(made->writable, EV_WRITE, 0);
    }
    stream_update(made);
    *stream = made;
    return OK;
}

/* Numeric addresses at once; a name is looked up while the loop waits. */
static int resolve(const char *host, uint16_t port, struct addrinfo **found)
{
    char service[8];
    (void)snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | AI_NUMERICHOST};
    if (getaddrinfo(host, service, &hints, found) == 0) {
        return 0;
    }
    hints.ai_flags = AI_NUMERICSERV;
    return getaddrinfo(host, service, &hints, found);
}

enum status stream_connect_tcp(struct loop *loop, const char *host, uint16_t port, struct ssl_ctx_st *tls,
                               const struct stream_handlers *handlers, void *context, struct stream **stream)
{
    struct addrinfo *found = NULL;
    int unknown = resolve(host, port, &found);
    int fd = socket(unknown == 0 ? found->ai_family : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct stream *made;
    enum status status = fd < 0 ? E_IO : stream_create(loop, fd, tls, handlers, context, &made);
    if (status == OK) {
        send_without_delay(fd);
        if (tls != NULL) {
            SSL_set_connect_state(made->ssl);
            (void)SSL_set_tlsext_host_name(made->ssl, host);
        }
        if (unknown != 0) {
            stream_fail(made, gai_strerror(unknown));
        } else if (connect(fd, found->ai_addr, found->ai_addrlen) != 0 && errno != EINPROGRESS) {
            stream_fail_errno(made, "connect", errno);
        }
        stream_update(made);
        *stream = made;
    }
    if (found != NULL) {
        freeaddrinfo(found);
    }
    return status;
}

/* A unix socket connects at once or not at all; when the listener's queue is full it is tried again. */
static void connect_unix(struct stream *stream)
{
    if (connect(stream->fd, (const struct sockaddr *)stream->unix_address, sizeof *stream->unix_address) == 0) {
        event_active(stream->writable, EV_WRITE, 0);
        return;
    }
    if (errno != EAGAIN || stream->retries++ >= UNIX_RETRIES) {
        stream_fail_errno(stream, "connect", errno);
        return;
    }
    struct timeval soon = {.tv_usec = (suseconds_t)UNIX_RETRY_MS * 1000};
    (void)event_add(stream->retry, &soon);
}

static void retry_event(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    connect_unix(context);
}

enum status stream_connect_unix(struct loop *loop, const char *path, const struct stream_handlers *handlers,
                                void *context, struct stream **stream)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return E_IO;
    }
    struct stream *made;
    enum status status = stream_create(loop, fd, NULL, handlers, context, &made);
    if (status != OK) {
        return status;
    }
    made->unix_address = calloc(1, sizeof *made->unix_address);
    made->retry = event_new(loop_base(loop), -1, 0, retry_event, made);
    if (made->unix_address == NULL || made->retry == NULL) {
        stream_destroy(made);
        return E_NOMEM;
    }
    made->unix_address->sun_family = AF_UNIX;
    status = text_copy(made->unix_address->sun_path, sizeof made->unix_address->sun_path, path);
    if (status != OK) {
        stream_destroy(made);
        return status;
    }
    connect_unix(made);
    *stream = made;
    return OK;
}

static void format_address(const struct sockaddr_storage *socket_address, char *address, size_t capacity,
                           uint16_t *port)
{
    char host[64] = "unix";
    *port = 0;
    if (socket_address->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)socket_address;
        (void)evutil_inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
        *port = ntohs(in->sin_port);
    } else if (socket_address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)socket_address;
        if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) { /* an IPv4 peer of a listener on "::" */
            (void)evutil_inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], host, sizeof host);
        } else {
            (void)evutil_inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host);
        }
        *port = ntohs(in6->sin6_port);
    }
    text_copy_cut(address, capacity, host);
}

void stream_peer(const struct stream *stream, char *address, size_t capacity, uint16_t *port)
{
    struct sockaddr_storage peer = {0};
    socklen_t length = sizeof peer;
    if (getpeername(stream->fd, (struct sockaddr *)&peer, &length) != 0) {
        *port = 0;
        text_copy_cut(address, capacity, "unknown");
        return;
    }
    format_address(&peer, address, capacity, port);
}

void stream_local(const struct stream *stream, char *address, size_t capacity, uint16_t *port)
{
    struct sockaddr_storage local = {0};
    socklen_t length = sizeof local;
    (void)getsockname(stream->fd, (struct sockaddr *)&local, &length);
    format_address(&local, address, capacity, port);
}
