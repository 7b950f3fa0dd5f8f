/*
 * Who may send a request, asked before its route is: headers in, verdict out (the rules themselves are pure: guard.h).
 *
 *   Host, Origin --admit_sender()--> 403        Authorization --admit_authorized()--> 401, where a token is needed
 *
 * The thread of the connection.
 */
#ifndef HTTP_ADMIT_H
#define HTTP_ADMIT_H

#include "http/call.h"

/* What of a request's header these questions need; NULL: the client did not say it. */
struct sender {
    const char *host;
    const char *origin;
    const char *authorization;
    bool firmware; /* the path is a firmware link: a device may call this server what it likes */
};

/* Why the request comes from a page of a stranger (for the problem's detail); NULL: it does not. Static memory. */
const char *admit_sender(const struct hall *hall, const struct sender *sender);

/* It has the API token, or none is wanted. */
bool admit_authorized(const struct hall *hall, const struct sender *sender);

/* Below /api/ and /metrics: all that tells of state. Page, health, contract and firmware links are open. */
bool admit_needs_token(const struct target *target);

/* "api" of /api/v1/... */
bool admit_is_under(const struct target *target, const char *first);

/*
 * Warns once when a client came through a mapped port and nobody said --public-url: then firmware URLs will be wrong.
 * `id`: of the request, for the log.
 */
void admit_note_port(struct hall *hall, const struct request *request, const char *id);

#endif
