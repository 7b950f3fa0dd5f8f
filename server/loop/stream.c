/*
 * The stream's life. Reading goes through the loop's scratch memory: what the owner consumes at once is never copied
 * and an idle stream holds no buffer. Writing tries the socket first: the poll set is touched only when it is full.
 */
#include "loop/stream.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"
#include "loop/internal.h"
#include "loop/stream_internal.h"

enum { TLS_RECORDS = 16 };

static size_t unread(const struct stream *stream)
{
    return stream->view != NULL ? stream->view_length : stream->in.length - stream->in_start;
}

size_t stream_unsent(const struct stream *stream)
{
    return stream->out.length - stream->out_start;
}

/* Whether OpenSSL has bytes that the poll set does not see. */
static bool tls_holds_data(const struct stream *stream)
{
    return stream->ssl != NULL && SSL_pending(stream->ssl) > 0;
}

void stream_update(struct stream *stream)
{
    if (stream->state == STREAM_GONE) {
        return;
    }
    bool open = stream->state == STREAM_OPEN;
    bool reads = stream->state == STREAM_HANDSHAKE || (open && !stream->paused && unread(stream) < LIMIT_STREAM_INPUT);
    bool writes = (stream->state == STREAM_CONNECTING && stream->unix_address == NULL) ||
                  ((open || stream->state == STREAM_HANDSHAKE) && stream->tls_wants_write) ||
                  (open && stream_unsent(stream) > 0);
    if (reads != stream->reads) {
        stream->reads = reads;
        (void)(reads ? event_add(stream->readable, NULL) : event_del(stream->readable));
        if (reads && tls_holds_data(stream)) {
            event_active(stream->readable, EV_READ, 0);
        }
    }
    if (writes != stream->writes) {
        stream->writes = writes;
        (void)(writes ? event_add(stream->writable, NULL) : event_del(stream->writable));
    }
}

void stream_fail(struct stream *stream, const char *why)
{
    if (stream->state >= STREAM_FAILED) {
        return;
    }
    stream->state = STREAM_FAILED;
    text_copy_cut(stream->why, sizeof stream->why, why);
    stream_update(stream);
    event_active(stream->writable, EV_WRITE, 0);
}

void stream_fail_errno(struct stream *stream, const char *what, int number)
{
    char why[128];
    (void)snprintf(why, sizeof why, "%s: %s", what, strerror(number));
    stream_fail(stream, why);
}

/* One read or write that went through TLS. 0: would block; below 0: the stream has failed. */
static ssize_t tls_result(struct stream *stream, int result, const char *what)
{
    if (result > 0) {
        return result;
    }
    switch (SSL_get_error(stream->ssl, result)) {
    case SSL_ERROR_WANT_WRITE:
        stream->tls_wants_write = true;
        return 0;
    case SSL_ERROR_WANT_READ:
        return 0;
    case SSL_ERROR_ZERO_RETURN:
        stream_fail(stream, "closed by the other side");
        return -1;
    default:
        break;
    }
    unsigned long code = ERR_get_error();
    const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;
    char why[128];
    (void)snprintf(why, sizeof why, "TLS %s: %s", what, reason != NULL ? reason : "connection lost");
    stream_fail(stream, why);
    return -1;
}

static ssize_t receive(struct stream *stream, uint8_t *bytes, size_t capacity)
{
    if (stream->ssl != NULL) {
        ERR_clear_error();
        return tls_result(stream, SSL_read(stream->ssl, bytes, (int)capacity), "read");
    }
    ssize_t got = recv(stream->fd, bytes, capacity, 0);
    if (got > 0) {
        return got;
    }
    if (got == 0) {
        stream_fail(stream, "closed by the other side");
        return -1;
    }
    if (errno == EAGAIN || errno == EINTR) {
        return 0;
    }
    stream_fail_errno(stream, "read", errno);
    return -1;
}

static ssize_t transmit(struct stream *stream, const uint8_t *bytes, size_t count)
{
    if (stream->ssl != NULL) {
        ERR_clear_error();
        stream->tls_wants_write = false;
        return tls_result(stream, SSL_write(stream->ssl, bytes, count > INT32_MAX ? INT32_MAX : (int)count), "write");
    }
    ssize_t sent = send(stream->fd, bytes, count, MSG_NOSIGNAL);
    if (sent >= 0) {
        return sent;
    }
    if (errno == EAGAIN || errno == EINTR) {
        return 0;
    }
    stream_fail_errno(stream, "write", errno);
    return -1;
}

/* Sends what waits, as far as the socket takes it. */
static void flush_out(struct stream *stream)
{
    while (stream_unsent(stream) > 0) {
        ssize_t sent = transmit(stream, stream->out.data + stream->out_start, stream_unsent(stream));
        if (sent <= 0) {
            break;
        }
        stream->out_start += (size_t)sent;
    }
    if (stream_unsent(stream) == 0) {
        buffer_finish(&stream->out);
        stream->out_start = 0;
    }
}

/* Moves to the owned buffer what the owner left in the scratch memory. */
static void keep_rest(struct stream *stream)
{
    const uint8_t *rest = stream->view;
    stream->view = NULL;
    if (rest != NULL && stream->view_length > 0) {
        buffer_append(&stream->in, rest, stream->view_length);
        if (buffer_status(&stream->in) != OK) {
            stream_fail(stream, "out of memory");
        }
    } else if (stream->in.length > 0 && stream->in_start == stream->in.length) {
        buffer_finish(&stream->in);
        stream->in_start = 0;
    }
}

/* Reads once and hands over. Whether there may be more. */
static bool read_once(struct stream *stream)
{
    bool into_scratch = unread(stream) == 0;
    uint8_t *room = loop_scratch(stream->loop);
    size_t capacity = LOOP_SCRATCH;
    if (!into_scratch) {
        buffer_consume(&stream->in, stream->in_start);
        stream->in_start = 0;
        size_t left = LIMIT_STREAM_INPUT - stream->in.length;
        capacity = left < capacity ? left : capacity;
        room = buffer_reserve(&stream->in, capacity);
    }
    if (room == NULL || capacity == 0) {
        return false;
    }
    ssize_t got = receive(stream, room, capacity);
    if (got <= 0) {
        return false;
    }
    if (into_scratch) {
        stream->view = room;
        stream->view_length = (size_t)got;
    } else {
        stream->in.length += (size_t)got;
    }
    stream->handlers.on_data(stream->context);
    if (stream->state == STREAM_GONE) {
        return false;
    }
    keep_rest(stream);
    return stream->state == STREAM_OPEN && !stream->paused;
}

static void read_some(struct stream *stream)
{
    bool more = read_once(stream);
    for (int records = 1; more && tls_holds_data(stream) && records < TLS_RECORDS; records++) {
        more = read_once(stream);
    }
    if (more && tls_holds_data(stream)) {
        event_active(stream->readable, EV_READ, 0);
    }
}

/* Calls on_open, on_drained or on_close when due. */
static void call_owner(struct stream *stream)
{
    if (stream->state == STREAM_OPENING) {
        stream->state = STREAM_OPEN;
        if (stream->handlers.on_open != NULL) {
            stream->handlers.on_open(stream->context);
        }
    }
    if (stream->state == STREAM_OPEN && stream->drain_due && stream_unsent(stream) == 0) {
        stream->drain_due = false;
        stream->handlers.on_drained(stream->context);
    }
    if (stream->state == STREAM_FAILED) {
        stream->state = STREAM_CLOSED;
        stream->handlers.on_close(stream->context, stream->why);
    }
}

static void shake_hands(struct stream *stream)
{
    ERR_clear_error();
    stream->tls_wants_write = false;
    if (tls_result(stream, SSL_do_handshake(stream->ssl), "handshake") > 0) {
        stream->state = STREAM_OPENING;
    }
}

static void finish_connect(struct stream *stream)
{
    int number = 0;
    socklen_t length = sizeof number;
    (void)getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &number, &length);
    if (number != 0) {
        stream_fail_errno(stream, "connect", number);
    } else {
        stream->state = stream->ssl != NULL ? STREAM_HANDSHAKE : STREAM_OPENING;
    }
}

static void stream_event(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    struct stream *stream = context;
    stream->busy = true;
    if (stream->state == STREAM_CONNECTING) {
        finish_connect(stream);
    }
    if (stream->state == STREAM_HANDSHAKE) {
        shake_hands(stream);
    }
    call_owner(stream); /* on_open comes before on_data */
    if (stream->state == STREAM_OPEN && stream_unsent(stream) > 0) {
        flush_out(stream);
    }
    if (stream->state == STREAM_OPEN && !stream->paused && ((what & EV_READ) != 0 || stream->tls_wants_write)) {
        read_some(stream);
    }
    call_owner(stream);
    stream->busy = false;
    if (stream->state == STREAM_GONE) {
        free(stream);
    } else {
        stream_update(stream);
    }
}

enum status stream_create(struct loop *loop, int fd, struct ssl_ctx_st *tls, const struct stream_handlers *handlers,
                          void *context, struct stream **stream)
{
    struct stream *made = calloc(1, sizeof *made);
    if (made == NULL) {
        (void)close(fd);
        return E_NOMEM;
    }
    *made = (struct stream){.loop = loop, .fd = fd, .handlers = *handlers, .context = context};
    buffer_init(&made->in, LIMIT_STREAM_INPUT);
    buffer_init(&made->out, 2 * (size_t)LIMIT_LINK_QUEUE);
    made->readable = event_new(loop_base(loop), fd, EV_READ | EV_PERSIST, stream_event, made);
    made->writable = event_new(loop_base(loop), fd, EV_WRITE | EV_PERSIST, stream_event, made);
    if (tls != NULL) {
        made->ssl = SSL_new(tls);
    }
    if (made->readable == NULL || made->writable == NULL || (tls != NULL && made->ssl == NULL) ||
        (tls != NULL && SSL_set_fd(made->ssl, fd) != 1)) {
        stream_destroy(made);
        return E_NOMEM;
    }
    if (tls != NULL) {
        SSL_set_mode(made->ssl,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    }
    *stream = made;
    return OK;
}
void stream_destroy(struct stream *stream)
{
    if (stream == NULL) {
        return;
    }
    if (stream->readable != NULL) {
        event_free(stream->readable);
    }
    if (stream->writable != NULL) {
        event_free(stream->writable);
    }
    if (stream->retry != NULL) {
        event_free(stream->retry);
    }
    if (stream->ssl != NULL) {
        if (stream->state == STREAM_OPEN) {
            (void)SSL_shutdown(stream->ssl); /* says good-bye; no answer is waited for */
        }
        SSL_free(stream->ssl);
    }
    free(stream->unix_address);
    buffer_finish(&stream->in);
    buffer_finish(&stream->out);
    (void)close(stream->fd);
    stream->state = STREAM_GONE;
    if (!stream->busy) {
        free(stream);
    }
}

const uint8_t *stream_input(struct stream *stream, size_t *length)
{
    *length = unread(stream);
    return stream->view != NULL || stream->in.data == NULL ? stream->view : stream->in.data + stream->in_start;
}

void stream_consume(struct stream *stream, size_t count)
{
    assert(count <= unread(stream));
    if (stream->view != NULL) {
        stream->view += count;
        stream->view_length -= count;
        return;
    }
    stream->in_start += count;
    if (stream->in_start == stream->in.length) {
        buffer_finish(&stream->in);
        stream->in_start = 0;
    }
    stream_update(stream);
}

enum status stream_write(struct stream *stream, const void *bytes, size_t count)
{
    if (stream_unsent(stream) > LIMIT_LINK_QUEUE || count > LIMIT_LINK_QUEUE) {
        return E_LIMIT;
    }
    if (stream->state >= STREAM_FAILED) {
        return OK;
    }
    size_t sent = 0;
    if (stream->state == STREAM_OPEN && stream_unsent(stream) == 0) {
        ssize_t result = count > 0 ? transmit(stream, bytes, count) : 0;
        if (result < 0) {
            return OK;
        }
        sent = (size_t)result;
    }
    if (sent < count) {
        if (stream->out_start > 0) {
            buffer_consume(&stream->out, stream->out_start);
            stream->out_start = 0;
        }
        buffer_append(&stream->out, (const uint8_t *)bytes + sent, count - sent);
        if (buffer_status(&stream->out) != OK) {
            stream_fail(stream, "out of memory");
        }
        stream->drain_due = stream->handlers.on_drained != NULL;
        stream_update(stream);
    }
    return OK;
}

void stream_pause(struct stream *stream, bool paused)
{
    stream->paused = paused;
    stream_update(stream);
}
