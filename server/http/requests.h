/*
 * Requests for firmware on their way to referee and journal: the threads of libmicrohttpd see them, the loop's thread
 * judges and keeps.
 *
 *   any thread --requests_begin, requests_end_take--> list, wake-up --> loop: app_referee_request, app_referee_served,
 *                                                                            app_journal
 */
#ifndef HTTP_REQUESTS_H
#define HTTP_REQUESTS_H

#include <microhttpd.h>
#include <stdbool.h>

#include "app/app.h"
#include "app/firmware_table.h"
#include "http/connection.h"
#include "loop/loop.h"

struct requests;

MUST_USE enum status requests_create(struct loop *loop, struct app *app, struct requests **requests);
void requests_destroy(struct requests *requests); /* NULL is allowed; no thread may be left */

/* What is remembered of a request until it is over; of the connection. */
struct request_note;

/*
 * A device asks for the file of `entry`; `name`: what follows /firmware/; `head`: by HEAD. `entry` NULL: there is no
 * such link (any more), then only the journal hears of it. `subject`: whose it is or was; NULL: not known. Any thread. NULL: no memory, it goes unseen.
 */
struct request_note *requests_begin(struct requests *requests, struct MHD_Connection *connection,
                                    const struct firmware_entry *entry, const struct fault_subject *subject,
                                    const char *name, bool head);
void request_note_destroy(struct request_note *note); /* NULL is allowed */

/* The request of the connection, if it was one for firmware, is over. Its thread. */
void requests_over(struct requests *requests, struct connection *connection, enum MHD_RequestTerminationCode code);

#endif
