/*
 * Calls of the API from inside: the same routes, checks and answers, without a connection. For fixtures.
 *
 *   inner_call("POST", "/api/v1/products", {...}) --perform--> answer {201, body}
 *
 * The loop's thread. Only for routes that answer at once.
 */
#ifndef HTTP_INNER_H
#define HTTP_INNER_H

#include "http/request.h"

/* `body` NULL: none. The answer is to be finished. E_NOMEM: there is none. */
MUST_USE enum status inner_call(const struct api *api, enum method method, const char *path, const json_t *body,
                                struct answer *answer);

/* Where the bytes of one file of a package come from: up to `capacity` of them; 0 at the end, -1 when it fails. */
typedef long inner_read(void *context, void *bytes, size_t capacity);

struct inner_file {
    const char *name;
    inner_read *read;
    void *context;
};

/* POST /packages with these files. */
MUST_USE enum status inner_upload(const struct api *api, const json_t *package, const struct inner_file *files,
                                  size_t count, struct answer *answer);

#endif
