/*
 * The event log: the latest events, numbered, for all who read them: streams, and calls that wait.
 *
 *        oldest                                    next
 *   ... [ 17 | 18 | 19 | ... | 20016 ]  <-- event_log_add()      at most LIMIT_EVENTS and LIMIT_EVENT_BYTES
 *          ^ event_log_read(from 18): those that a filter takes, as messages of a stream, up to a number of bytes
 *          ^ event_log_read_items(from 18): the same as items of a JSON array, up to a number of them
 *
 * An id as clients see it is "BOOT-NUMBER": BOOT names this run of the server, so that an id of an earlier run is known
 * as such. The text of an event is made when the first reader wants it, once for all: where nobody reads, adding one
 * costs a copy. Any thread.
 */
#ifndef HTTP_EVENT_LOG_H
#define HTTP_EVENT_LOG_H

#include <stdint.h>

#include "base/buffer.h"
#include "http/event_filter.h"

struct event_log;

enum { EVENT_ID = 32 };

MUST_USE enum status event_log_create(struct event_log **log);
void event_log_destroy(struct event_log *log); /* NULL is allowed */

/* Copies the event. One that cannot be kept (memory) makes readers start anew: event_log_read() tells E_STATE. */
void event_log_add(struct event_log *log, const struct event *event);

/* The number that the next event will get; that of the oldest one that is kept, or the next where none is. */
uint64_t event_log_next(struct event_log *log);
uint64_t event_log_oldest(struct event_log *log);

void event_log_id(const struct event_log *log, uint64_t number, char id[EVENT_ID]);

/* What Last-Event-ID says: *from gets the number behind it. E_FORMAT: is no id. E_STATE: of another run. */
MUST_USE enum status event_log_parse(struct event_log *log, const char *id, uint64_t *from);

/*
 * Appends events from *from on to `text`, each as a message of an event stream, until the buffer holds `enough` bytes
 * or nothing more has happened; *from gets the number to go on with. Looks at a bounded number of events: E_AGAIN when
 * there are more. E_STATE: *from has gone from the log, nothing was read.
 */
MUST_USE enum status event_log_read(struct event_log *log, const struct event_filter *filter, size_t enough,
                                    struct buffer *text, uint64_t *from);

/* Where a reader is that takes items, and what passed it by. */
struct event_reading {
    uint64_t from;      /* the next one to look at */
    size_t most;        /* items */
    bool leaves_gone;   /* leaves out what a product did before it was reset or deleted last */
    size_t count;       /* items taken so far */
    uint64_t passed;    /* events that were not taken */
    uint64_t last;      /* number of the last one of them; 0: none */
    uint64_t near;      /* number of the last one that only one member of the filter kept out; 0: none */
    unsigned near_miss; /* that member: enum event_filter_member */
};

/* Notes that the event `number` is not taken; `misses`: event_filter_misses() of it. */
void event_reading_pass(struct event_reading *reading, uint64_t number, unsigned misses);

/*
 * Appends the events that the filter takes as items of a JSON array, with commas, until `most` are there or the text
 * has EVENT_ITEMS_ENOUGH bytes or nothing more has happened. E_AGAIN and E_STATE as event_log_read().
 */
enum { EVENT_ITEMS_ENOUGH = 1024 * 1024 };
MUST_USE enum status event_log_read_items(struct event_log *log, const struct event_filter *filter,
                                          struct event_reading *reading, struct buffer *text);
bool event_reading_is_full(const struct event_reading *reading, const struct buffer *text);

/* For a person: "log entry downloading, device 8671, plan 7". E_NOT_FOUND: it is not kept any more. */
enum { EVENT_DESCRIPTION = 160 };
MUST_USE enum status event_log_describe(struct event_log *log, uint64_t number, char text[EVENT_DESCRIPTION]);

/* One message without a number, for events that are not kept. */
void event_log_write_transient(const struct event *event, struct buffer *text);

#endif
