/*
 * Requests for firmware on their way to the referee: the threads of libmicrohttpd see them, the loop's thread judges.
 *
 *   any thread --requests_begin, requests_end--> list, wake-up --> loop: app_referee_request, app_referee_served
 */
#ifndef HTTP_REQUESTS_H
#define HTTP_REQUESTS_H

#include <microhttpd.h>
#include <stdbool.h>

#include "app/app.h"
#include "app/firmware_table.h"
#include "loop/loop.h"

struct requests;

MUST_USE enum status requests_create(struct loop *loop, struct app *app, struct requests **requests);
void requests_destroy(struct requests *requests); /* NULL is allowed; no thread may be left */

/* A device asks for the file of `entry`; `head`: by HEAD. Any thread. */
void requests_begin(struct requests *requests, struct MHD_Connection *connection, const struct firmware_entry *entry,
                    bool head);

/* Its answer is over; `complete`: all of it was handed over. Any thread. */
void requests_end(struct requests *requests, int64_t task_id, bool complete);

#endif
