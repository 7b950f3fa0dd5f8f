/*
 * The event log: the latest events, numbered, for all who read them (streams now; what waits or filters later reads the
 * same one).
 *
 *        oldest                                    next
 *   ... [ 17 | 18 | 19 | ... | 20016 ]  <-- event_log_add()      at most LIMIT_EVENTS and LIMIT_EVENT_BYTES
 *          ^ event_log_read(from 18): those that a filter takes, as text, up to a number of bytes
 *
 * An id as clients see it is "BOOT-NUMBER": BOOT names this run of the server, so that an id of an earlier run is known
 * as such. The text of an event is made when the first reader wants it, once for all: where nobody reads, adding one
 * costs a copy. Any thread.
 */
#ifndef HTTP_EVENT_LOG_H
#define HTTP_EVENT_LOG_H

#include <stdint.h>

#include "base/buffer.h"
#include "domain/event.h"

struct event_log;

enum { EVENT_ID = 32 };

MUST_USE enum status event_log_create(struct event_log **log);
void event_log_destroy(struct event_log *log); /* NULL is allowed */

/* Copies the event. One that cannot be kept (memory) makes readers start anew: event_log_read() tells E_STATE. */
void event_log_add(struct event_log *log, const struct event *event);

/* The number that the next event will get. */
uint64_t event_log_next(struct event_log *log);

void event_log_id(const struct event_log *log, uint64_t number, char id[EVENT_ID]);

/* What Last-Event-ID says: *from gets the number behind it. E_FORMAT: is no id. E_STATE: of another run. */
MUST_USE enum status event_log_parse(struct event_log *log, const char *id, uint64_t *from);

/* Which events a reader takes. */
struct event_filter {
    uint32_t kinds;                          /* bit n: enum event_kind n; 0: all but frames */
    int64_t plan_id;                         /* 0: all */
    char product_key[LIMIT_PRODUCT_KEY + 1]; /* empty: all */
    char device_key[LIMIT_DEVICE_KEY + 1];   /* empty: all */
};
bool event_filter_takes(const struct event_filter *filter, const struct event *event);

/*
 * Appends events from *from on to `text`, each as a message of an event stream, until the buffer holds `enough` bytes
 * or nothing more has happened; *from gets the number to go on with. Looks at a bounded number of events: E_AGAIN when
 * there are more. E_STATE: *from has gone from the log, nothing was read.
 */
MUST_USE enum status event_log_read(struct event_log *log, const struct event_filter *filter, size_t enough,
                                    struct buffer *text, uint64_t *from);

/* One message without a number, for events that are not kept. */
void event_log_write_transient(const struct event *event, struct buffer *text);

#endif
