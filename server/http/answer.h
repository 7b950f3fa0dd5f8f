/*
 * What an API call is answered with, before libmicrohttpd sees it: the use cases of the API fill one in, the door sends
 * it.
 *
 *   act(...) --> struct answer { 201, body, Location ... } --> call.c --> HTTP/1.1 201 Created
 *
 * An answer owns its body. A body that cannot be written (memory) becomes an empty 500: an answer always has a status.
 */
#ifndef HTTP_ANSWER_H
#define HTTP_ANSWER_H

#include <jansson.h>
#include <stddef.h>

#include "base/buffer.h"

enum { ANSWER_LOCATION = 256, ANSWER_ALLOW = 80, ANSWER_FILE_NAME = 64 };

struct answer {
    int http_status;
    char *body; /* owned, from malloc(); NULL: none */
    size_t length;
    const char *content_type; /* static memory; NULL without a body */
    char location[ANSWER_LOCATION];
    char allow[ANSWER_ALLOW];
    char file_name[ANSWER_FILE_NAME]; /* Content-Disposition: attachment; letters, digits, - and . only; "": none */
    int retry_after_s;                /* 0: none */
    const char *challenge;            /* WWW-Authenticate; static memory, NULL: none */
    const char *etag; /* with its quotes; static memory, NULL: none. The body may be kept, not used unasked */
    const char *content_encoding; /* static memory, NULL: none */
    const char *request_id;       /* X-Request-Id; borrowed from the call, NULL: none */
    const char *content_policy;   /* Content-Security-Policy; static memory, NULL: none */
};

void answer_init(struct answer *answer);
void answer_finish(struct answer *answer);

/* Replaces the body by `json`, compact; takes the reference (NULL: memory was used up). */
void answer_json_take(struct answer *answer, int http_status, json_t *json, const char *content_type);

/* The same as application/json. */
void answer_resource_take(struct answer *answer, int http_status, json_t *json);

/* 204 and the like. */
void answer_empty(struct answer *answer, int http_status);

/* Replaces the body by what the buffer holds, without a copy; the buffer is empty afterwards. A buffer that failed
 * (memory, limit) becomes an empty 500. */
void answer_buffer_take(struct answer *answer, int http_status, const char *content_type, struct buffer *buffer);

/* Replaces `to` by the other one, or a copy of it. `from` is empty after a move. */
void answer_move(struct answer *to, struct answer *from);
void answer_copy(struct answer *to, const struct answer *from);

/* Replaces the body by a copy of `text`. */
void answer_text(struct answer *answer, int http_status, const char *content_type, const char *text);

#endif
