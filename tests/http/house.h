/*
 * A small house for the tests of the door: real app and store in a temporary folder, real loop on a thread of its own,
 * real libmicrohttpd on a free port; libcurl asks.
 *
 *   house_open --> ask / rest --> house_close
 */
#ifndef TESTS_HTTP_HOUSE_H
#define TESTS_HTTP_HOUSE_H

#include <curl/curl.h>
#include <jansson.h>
#include <pthread.h>

#include "base/buffer.h"
#include "http/server.h"
#include "support/suite.h"

struct house {
    char folder[64];
    struct loop *loop;
    struct loop_wakeup *stop;
    struct app *app;
    struct http_server *server;
    pthread_t thread;
    CURL *curl;
    char base[64]; /* "http://127.0.0.1:PORT" */
    struct http_readiness ready;
};

/* `token` NULL: no API token. */
void house_open(struct house *house, const char *token);
void house_close(struct house *house);

struct reply {
    long status;
    struct buffer head; /* the header lines */
    struct buffer body;
};

void reply_finish(struct reply *reply);

/* Value of a header of the reply, up to the line end; "" when it is not there. Static memory. */
const char *reply_header(struct reply *reply, const char *name);

/* One request. `headers`: "Name: value" lines, NULL at the end; NULL: none. `body` NULL: none. */
void ask(struct house *house, const char *method, const char *path, const char *const *headers, const char *body,
         struct reply *reply);

/* JSON call that must give `expected`; prints the body otherwise. NULL: no body. The caller json_decref()s. */
json_t *rest(struct house *house, const char *method, const char *path, const char *body, long expected);

/* The pointer of error `i` of a problem, or "". Borrowed. */
const char *error_pointer(const json_t *problem, size_t i);

/* POST /packages with one file; the reply's status is the caller's to check. `name` NULL: no file part. */
struct upload_file {
    const char *name;
    const void *bytes;
    size_t size;
};
void upload(struct house *house, const char *package, const struct upload_file *files, size_t count,
            const char *idempotency_key, struct reply *reply);

/* Files in the data folder's sub-folder. */
size_t files_in(const struct house *house, const char *folder);

#endif
