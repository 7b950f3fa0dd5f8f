/*
 * The stream from inside: what stream.c (its life) and stream_connect.c (its beginning) share.
 *
 *   CONNECTING --> HANDSHAKE --> OPENING --> OPEN --> FAILED --> CLOSED
 *   (connect)      (TLS only)    (on_open    (data)   (why)      (on_close was called)
 *                                 is due)                    any --stream_destroy within a handler--> GONE
 */
#ifndef LOOP_STREAM_INTERNAL_H
#define LOOP_STREAM_INTERNAL_H

#include <openssl/ssl.h>

#include "base/buffer.h"
#include "loop/stream.h"

enum stream_state {
    STREAM_CONNECTING,
    STREAM_HANDSHAKE,
    STREAM_OPENING,
    STREAM_OPEN,
    STREAM_FAILED,
    STREAM_CLOSED,
    STREAM_GONE,
};

struct stream {
    struct loop *loop;
    enum stream_state state;
    int fd;
    SSL *ssl; /* NULL: clear */
    struct event *readable;
    struct event *writable;
    struct event *retry; /* a unix socket whose queue was full */
    struct sockaddr_un *unix_address;
    int retries;
    bool reads;  /* readable is in the poll set */
    bool writes; /* writable is in the poll set */
    bool paused;
    bool tls_wants_write;
    bool drain_due; /* on_drained has not been called since the last write */
    bool busy;      /* stream_event() runs: it frees a stream that is destroyed meanwhile */
    struct buffer in;
    size_t in_start;
    const uint8_t *view; /* during on_data: received bytes that are still in the loop's scratch memory */
    size_t view_length;
    struct buffer out;
    size_t out_start;
    struct stream_handlers handlers;
    void *context;
    char why[128];
};

/* Takes over the descriptor, closes it on failure. */
MUST_USE enum status stream_create(struct loop *loop, int fd, struct ssl_ctx_st *tls,
                                   const struct stream_handlers *handlers, void *context, struct stream **stream);

/* Puts into the poll set what the state asks for. */
void stream_update(struct stream *stream);

/* The owner hears of it from the loop, never from inside its own call. */
void stream_fail(struct stream *stream, const char *why);
void stream_fail_errno(struct stream *stream, const char *what, int number);

#endif
