/*
 * GET /api/v1/events: the event log as Server-Sent Events, for many clients at once.
 *
 *   loop: log --events_publish(), timer, batched--> wake ----+        beat: a comment after silence
 *                                                               v
 *   thread of the connection:  reads the log from its cursor, or is suspended --> socket
 *
 * A client is a cursor and what is being written to it, at most EVENT_STREAM_PIECE bytes and one event: a slow one is
 * left behind, and told 'reset' when the log no longer holds what it has not read. Nobody waits for anybody.
 */
#ifndef HTTP_EVENT_STREAM_H
#define HTTP_EVENT_STREAM_H

#include <microhttpd.h>

#include "http/event_log.h"
#include "http/request.h"
#include "loop/loop.h"

enum { EVENT_STREAM_PIECE = 16 * 1024 };

struct event_streams;

/* Borrows the log. `beat_ms`: LIMIT_EVENT_BEAT_MS, or less in a test. The loop's thread, as destroy. */
MUST_USE enum status event_streams_create(struct loop *loop, struct event_log *log, int64_t beat_ms,
                                          struct event_streams **streams);

/* Ends all streams and takes no more; before libmicrohttpd is stopped. */
void event_streams_close(struct event_streams *streams);
void event_streams_destroy(struct event_streams *streams); /* NULL is allowed */

/* The loop's thread: `event` has been added to the log, or is not kept (domain/event.h) and goes to those who listen.
 */
void event_streams_publish(struct event_streams *streams, const struct event *event);

/* Any thread: somebody listens now. */
bool event_streams_heard(struct event_streams *streams);

/* Any thread: somebody listens to frames now. */
bool event_streams_frames_wanted(struct event_streams *streams);

/* The thread of the connection: queues the answer. `last_id`: the header Last-Event-ID, or NULL. E_AGAIN: too many
 * listen.
 */
MUST_USE enum status event_streams_respond(struct event_streams *streams, struct MHD_Connection *connection,
                                           const struct request *request, const char *last_id);

#endif
