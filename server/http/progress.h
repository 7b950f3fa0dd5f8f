/*
 * How much of a firmware file a device has really got, told to the firmware table while it is being sent.
 *
 *   of TCP_INFO, in one question: acknowledged = bytes_acked, written by us so far = bytes_sent - bytes_retrans +
 * notsent
 *
 *   request begins: base = written so far         header        body
 *                   |<---------------------------------->|<------------------->|
 *   at any moment:  acknowledged - base - header = bytes of the body that the device's TCP has got
 *
 * libmicrohttpd tells when it has handed all to the socket, which may be megabytes ahead of a slow device; the kernel
 * knows what the other end acknowledged. The length of the header is known only after the body was handed over (written
 * - base - body); before that PROGRESS_HEADER stands for it, so that never too much is told.
 *
 * One struct progress lives as long as its connection. progress_tick() samples all that run, every PROGRESS_TICK_MS.
 */
#ifndef HTTP_PROGRESS_H
#define HTTP_PROGRESS_H

#include <stdbool.h>

#include "app/firmware_table.h"
#include "http/range.h"

enum { PROGRESS_TICK_MS = 250, PROGRESS_HEADER = 2048 };

struct progress_list;
struct progress;

MUST_USE enum status progress_list_create(struct firmware_table *table, struct progress_list **list);
void progress_list_destroy(struct progress_list *list); /* NULL is allowed */

/* A connection came / is about to be closed (its descriptor is still open). NULL progress is allowed in close. */
MUST_USE enum status progress_open(struct progress_list *list, int fd, struct progress **progress);
void progress_close(struct progress *progress);

/*
 * A response is about to be sent: its body is the parts in order, each behind `part_header` bytes of its own. `last`:
 * the connection is closed behind it. What was sent before on this connection has arrived: the client asks for more.
 */
void progress_begin(struct progress *progress, const char *token, const struct ranges *parts,
                    const size_t part_headers[RANGES_MOST], int64_t body, bool last);

/* The response is over; `complete`: all of it was handed to the socket. */
void progress_end(struct progress *progress, bool complete);

/* Samples all that run. Whose device has more percents than before is told, to at most `most` tasks; returns how many.
 */
size_t progress_tick(struct progress_list *list, int64_t *tasks, size_t most);

#endif
