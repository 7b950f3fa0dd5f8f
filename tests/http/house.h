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
#include <semaphore.h>
#include <stdatomic.h>

#include "base/buffer.h"
#include "http/server.h"
#include "support/suite.h"

struct house {
    char folder[64];
    struct loop *loop;
    struct loop_wakeup *stop;
    struct loop_timer *alarm;
    struct loop_wakeup *errand; /* house_run() */
    void (*act)(struct house *house, void *context);
    void *act_context;
    sem_t acted;
    struct app *app;
    struct http_server *server;
    pthread_t thread;
    CURL *curl;
    char base[64]; /* "http://127.0.0.1:PORT" */
    struct http_readiness ready;
    bool takes_orders;       /* devices are there: what app/ wants said to them is taken, and goes nowhere */
    char link[64];           /* "/firmware/..." of the firmware information that went out last; of the loop's thread */
    atomic_llong changed_ns; /* monotonic, of the first change that app/ told since this was set to 0 */
};

/* Runs act() on the loop's thread and waits for it. */
void house_run(struct house *house, void (*act)(struct house *house, void *context), void *context);

/* Monotonic, in nanoseconds. */
long long house_ns(void);

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
