/*
 * What is known of one TCP connection, beyond what libmicrohttpd knows: is its client too slow, what does it download.
 *
 *   open --> HEADER --header complete--> BODY --all came--> ANSWER --over--> IDLE --next header or idle_s--> ...
 *              | slow_s                    | slow_s + a second for each 1,000 bytes
 *              +-----------> shut down <---+            (ANSWER: libmicrohttpd's idle time alone; downloads are slow)
 *
 * The thread of the connection moves it on; the ticker of the server sweeps. A connection is freed by its thread only.
 */
#ifndef HTTP_CONNECTION_H
#define HTTP_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "app/firmware_table.h"
#include "base/status.h"
#include "http/progress.h"

struct connection;
struct request_note;
struct connections;

enum { CONNECTION_PEER = 64 };

MUST_USE enum status connections_create(int most, int64_t slow_ms, int64_t idle_ms, struct connections **connections);
void connections_destroy(struct connections *connections); /* NULL is allowed */

/* False: no more are taken. Any thread. */
bool connections_have_room(struct connections *connections);

/* Shuts down those that are too slow; returns their number. Any thread. */
size_t connections_sweep(struct connections *connections, int64_t now_ms);

/* Open now; turned away since the start; shut down since the start. */
void connections_count(struct connections *connections, int64_t *open, int64_t *refused, int64_t *slow);

/* `progress`: where downloads of it are sampled; NULL: not at all (TLS: what is sent is not what is read). */
MUST_USE enum status connection_open(struct connections *connections, int fd, struct progress_list *progress,
                                     const struct sockaddr *peer, bool secure, struct connection **connection);
void connection_close(struct connection *connection); /* NULL is allowed */

/*
 * What is being sent on it belongs to a firmware link, "": to none (any more). The connection's thread.
 * connections_end_revoked(): shuts down those whose link was revoked; any thread. Returns their number.
 */
void connection_note_token(struct connection *connection, const char *token);
size_t connections_end_revoked(struct connections *connections, struct firmware_table *table);

void connection_header_came(struct connection *connection);
void connection_body_came(struct connection *connection, size_t bytes);
void connection_answers(struct connection *connection);
void connection_request_over(struct connection *connection, bool complete);

struct progress *connection_progress(struct connection *connection); /* NULL: there is none */
const char *connection_peer(const struct connection *connection);    /* "127.0.0.1" */
bool connection_is_secure(const struct connection *connection);

/* Whether the client has closed the connection, or its sending side. Any thread, while the connection is suspended. */
bool connection_has_left(const struct connection *connection);

/* What the request in work was answered with, for the access log and the metrics. */
void connection_note_answer(struct connection *connection, int http_status, int64_t bytes);
/* Its request for firmware (requests.h): of the connection until it is taken, once; NULL: there is none. */
void connection_note_request(struct connection *connection, struct request_note *note);
struct request_note *connection_take_request(struct connection *connection);

/* So many bytes of the body have been handed to the socket; the whole is known by the answer. */
void connection_note_sent(struct connection *connection, int64_t bytes);
int64_t connection_sent(const struct connection *connection);

/*
 * The download was served past libmicrohttpd (faulty.h), and is over; `end`: static word. Any thread, before the
 * connection is resumed. taken: the connection is only to be closed.
 */
void connection_note_taken(struct connection *connection, int http_status, int64_t bytes, const char *end);
const char *connection_taken(const struct connection *connection); /* NULL: it was not */

int connection_answer(const struct connection *connection, int64_t *bytes); /* 0: none was given */

#endif
