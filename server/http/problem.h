/*
 * Errors as RFC 9457 problems: the one table of this door from `enum status` to HTTP status.
 *
 *   {"type": "urn:mockdc:problem:rule-broken", "title": "A rule is broken", "status": 422, "detail": "...",
 *    "instance": "/api/v1/plans", "errors": [{"pointer": "/name", "detail": "must be 1 to 100 characters"}]}
 *
 * A pointer names a member of the body (JSON pointer), or "/?limit" the query parameter `limit`.
 */
#ifndef HTTP_PROBLEM_H
#define HTTP_PROBLEM_H

#include "base/status.h"
#include "domain/violation.h"
#include "http/answer.h"

enum problem {
    PROBLEM_MALFORMED,     /* 400: not JSON, unknown member, wrong type */
    PROBLEM_UNAUTHORIZED,  /* 401 */
    PROBLEM_FOREIGN,       /* 403: a page of a stranger asks (guard.h) */
    PROBLEM_NOT_FOUND,     /* 404: what the path names is not there */
    PROBLEM_METHOD,        /* 405 */
    PROBLEM_DUPLICATE,     /* 409: the name is taken */
    PROBLEM_STATE,         /* 409: not in the present state */
    PROBLEM_AWAIT_TIMEOUT, /* 409: what was waited for has not come (clients repeat a 408 by themselves) */
    PROBLEM_GONE,          /* 410: a firmware token that has ended */
    PROBLEM_CURSOR_GONE,   /* 410: events behind the cursor are not kept (any more) */
    PROBLEM_TOO_LARGE,     /* 413 */
    PROBLEM_MEDIA_TYPE,    /* 415 */
    PROBLEM_RANGE,         /* 416 */
    PROBLEM_RULE,          /* 422: breaks a rule or names something absent */
    PROBLEM_INTERNAL,      /* 500 */
    PROBLEM_CORRUPT,       /* 500: stored data is damaged */
    PROBLEM_BUSY,          /* 503 with Retry-After */
    PROBLEM_STOPPING,      /* 503: the server is going down */
    PROBLEM_DISK_FULL,     /* 507 */
    PROBLEM_COUNT
};

/* The problem that a status becomes at this door. `status` is not OK. */
enum problem problem_of_status(enum status status);

int problem_http_status(enum problem problem);

/*
 * Fills the answer. `instance`: the request's path. `detail` NULL: the problem's own. `violations` NULL: no member
 * `errors`; entries with a pointer that came before are left out, so that each bad member is named once.
 */
void problem_answer(struct answer *answer, enum problem problem, const char *instance, const char *detail,
                    const struct violations *violations);

/* The same with further members; takes the reference of `more` (NULL: memory was used up). */
void problem_answer_more(struct answer *answer, enum problem problem, const char *instance, const char *detail,
                         json_t *more);

#endif
