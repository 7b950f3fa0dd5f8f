/*
 * A request with its body, without libmicrohttpd: parse and check on any thread, act on the loop's.
 */
#ifndef HTTP_PERFORM_H
#define HTTP_PERFORM_H

#include "http/request.h"

/*
 * Ends the upload, parses the body, checks query parameters and input. E_FORMAT: the verdict has what is wrong (400);
 * E_RULE: what is broken (422); E_LIMIT, E_FULL, E_IO from an upload; E_NOMEM.
 */
MUST_USE enum status perform_check(struct request *request);

/*
 * Runs the route's use case; with an Idempotency-Key on a route that creates, the same key and body get the first
 * answer again: the creation and the keeping of its answer are one transaction.
 */
void perform_act(const struct api *api, struct request *request, struct answer *answer);

#endif
