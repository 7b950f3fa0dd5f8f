/*
 * A byte stream: TCP, TLS over TCP, or a unix socket; buffered both ways, with limits.
 *
 *   stream --- on_open    connected, and the TLS handshake is done
 *          --- on_data    bytes wait in stream_input()
 *          --- on_close   the other side has gone, an error, or a limit; called once; then the owner destroys it
 *
 * A handler may destroy its own stream.
 */
#ifndef LOOP_STREAM_H
#define LOOP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "loop/loop.h"

struct stream;
struct ssl_ctx_st; /* OpenSSL's SSL_CTX */

struct stream_handlers {
    void (*on_open)(void *context);
    void (*on_data)(void *context);
    void (*on_drained)(void *context); /* bytes had to wait, and now all are out; may be NULL */
    void (*on_close)(void *context, const char *why);
};

/* Takes over the connected descriptor. `tls`: NULL for clear, else a server context; on_open comes after the handshake.
 */
MUST_USE enum status stream_accept(struct loop *loop, int fd, struct ssl_ctx_st *tls,
                                   const struct stream_handlers *handlers, void *context, struct stream **stream);

/*
 * `host` is an address, or a name that is looked up while the loop waits; `tls` as above, with a client context.
 * on_open or on_close follows later.
 */
MUST_USE enum status stream_connect_tcp(struct loop *loop, const char *host, uint16_t port, struct ssl_ctx_st *tls,
                                        const struct stream_handlers *handlers, void *context, struct stream **stream);
MUST_USE enum status stream_connect_unix(struct loop *loop, const char *path, const struct stream_handlers *handlers,
                                         void *context, struct stream **stream);

/* Closes at once; what was not yet written is lost. NULL is allowed. */
void stream_destroy(struct stream *stream);

/* What has come and was not consumed: contiguous. */
const uint8_t *stream_input(struct stream *stream, size_t *length);
void stream_consume(struct stream *stream, size_t count);

/*
 * Sends or queues bytes. E_LIMIT: over LIMIT_LINK_QUEUE bytes wait already, or are given at once; nothing is queued.
 * OK also when the connection is found broken: on_close follows.
 */
MUST_USE enum status stream_write(struct stream *stream, const void *bytes, size_t count);
size_t stream_unsent(const struct stream *stream);

/* Stop or go on reading (back-pressure). */
void stream_pause(struct stream *stream, bool paused);

/* Numeric address of the peer and of our own end ("127.0.0.1", 1883); "unix" and 0 for a unix socket. */
void stream_peer(const struct stream *stream, char *address, size_t capacity, uint16_t *port);
void stream_local(const struct stream *stream, char *address, size_t capacity, uint16_t *port);

/* Listens on a numeric address and port (0: any free one; *port gets it). on_accept gets a connected descriptor, its
 * own. */
struct listener;
typedef void listener_handler(void *context, int fd);
MUST_USE enum status listener_create(struct loop *loop, const char *address, uint16_t *port,
                                     listener_handler *on_accept, void *context, struct listener **listener,
                                     struct error *error);
void listener_destroy(struct listener *listener);

#endif
