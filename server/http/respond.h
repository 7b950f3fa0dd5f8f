/*
 * From a struct answer to a response of libmicrohttpd.
 */
#ifndef HTTP_RESPOND_H
#define HTTP_RESPOND_H

#include <microhttpd.h>
#include <stdbool.h>

#include "http/answer.h"
#include "http/problem.h"

/* Queues the answer, whose body the response takes over. `no_store`: for answers of the API. */
enum MHD_Result respond_answer_take(struct MHD_Connection *connection, struct answer *answer, bool no_store);

/* A problem without violations. NULL: memory was used up. */
struct MHD_Response *respond_make_problem(enum problem problem, const char *instance, const char *detail);
enum MHD_Result respond_problem(struct MHD_Connection *connection, enum problem problem, const char *instance,
                                const char *detail);

#endif
