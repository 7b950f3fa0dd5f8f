/*
 * GET /api/v1/events?wait=30: the event log as a long poll.
 *
 *   act --read from the cursor--> some match: {"items": [...], "cursor": "..."} at once
 *           |
 *           +---> waits (TURN_LATER)
 *                   event_waiting_told(event) matches --> read again, answered
 *                   its time is over --> 409 await-timeout with what came nearest, and a cursor
 *
 * Without a cursor all that is kept is looked at, of each product what came behind its last reset or deletion: a test
 * that begins anew is not to meet what the one before has done. Whoever goes on with the cursor sees each event once. One that is of an earlier run of the server, or of an event
 * that the log does not hold any more, is a 410 with a cursor to begin anew. Read and registration are one act() on the
 * loop's thread, so no event can slip in between. All functions but the check: the loop's thread.
 */
#ifndef HTTP_EVENT_WAITING_H
#define HTTP_EVENT_WAITING_H

#include "http/api.h"
#include "http/event_log.h"
#include "http/waiters.h"

struct event_waiting;

/* Borrows both. */
MUST_USE enum status event_waiting_create(struct event_log *log, struct waiters *waiters,
                                          struct event_waiting **waiting);
void event_waiting_destroy(struct event_waiting *waiting); /* nobody waits any more; NULL is allowed */

/* `event` has been added to the log. */
void event_waiting_told(struct event_waiting *waiting, const struct event *event);

/* check() of the stream and of the long poll, which is the one with `wait`; act() of the second. */
api_check events_check;
api_act events_await;

#endif
