/*
 * One API call as the use cases see it: no libmicrohttpd here.
 *
 *   target, method --router--> route, parameters --body--> json or upload --check--> input --act--> answer
 *
 * check() runs on the thread of the connection and touches nothing but the request; act() runs on the loop's thread.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <jansson.h>
#include <stdatomic.h>

#include "app/journal.h"
#include "app/plans.h"
#include "base/buffer.h"
#include "domain/clock.h"
#include "domain/page.h"
#include "http/answer.h"
#include "http/cursor.h"
#include "http/event_filter.h"
#include "http/json_body.h"
#include "http/problem.h"
#include "http/target.h"
#include "http/upload.h"

enum method { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_PUT, METHOD_DELETE, METHOD_OPTIONS, METHOD_OTHER };

enum { ROUTE_PARAMETERS = 3 };

/* Keys of a list in a body; they point into the JSON or into the body's own bytes. */
struct keys {
    const char **keys; /* owned; NULL: there is no such member */
    uint32_t *lines;   /* owned; of each key in a text/csv body, from 1; NULL: the body is JSON */
    size_t count;
};

enum journal_format { JOURNAL_AS_LIST, JOURNAL_AS_LINES, JOURNAL_AS_ARCHIVE };

/* What check() made of body, query and path. Only the member of the route is meaningful. */
struct input {
    char after[CURSOR_SORT_KEY + 1]; /* backs page.after */
    struct page page;
    int64_t id; /* of a plan or package in the path; 0: not a number, so there is none */
    int online; /* -1: all */
    bool enabled;
    enum plan_status plan_status;
    enum device_status device_status;
    const char *product_key; /* NULL: not named */
    char device_key[LIMIT_DEVICE_KEY + 1];
    char device_secret[LIMIT_DEVICE_SECRET + 1];
    struct product product;
    struct package package; /* package_finish()ed with the request */
    struct plan plan;       /* plan_finish()ed with the request */
    struct keys lists[PLAN_LIST_COUNT];
    const char *from; /* of a confirmation; into the JSON; NULL: not named */
    const char *to;
    char component_no[LIMIT_COMPONENT_NO + 1];
    enum clock_mode clock_mode;
    bool advance_relative;
    struct maybe_instant instant; /* that a clock is set to */
    int64_t advance_to;           /* an instant, or milliseconds when it is relative */
    uint32_t wait_for;            /* bit n: word n of the route's; 0: nothing is waited for */
    int64_t wait_ms;
    int64_t verification_id; /* in the path; 0: not a number */
    struct event_filter events;
    bool awaits; /* GET /events with wait: no stream */
    struct fault fault;
    struct journal_filter journal;
    enum journal_format journal_format;
    unsigned keep; /* bits of enum reset_keep */
    bool replace;
    bool without_files;
    struct document *document; /* owned, of an import; NULL: the body is a fixture */
};

struct document;
struct route;
struct answer_cache;
struct connections;
struct event_waiting;
struct firmware;
struct metrics;
struct package_checks;
struct waiters;
struct waiting;

/*
 * How act() leaves a call. It is ANSWERED when act() says nothing. In both other cases the answer is not looked at and
 * act() is called again, as often as it asks for it:
 *
 *   act --AGAIN--> other calls and the rest of the loop have their turn --> act     a slice of something long
 *   act --LATER--> kept suspended ... request_wake() ... ----------------> act     something else must happen first
 *
 * What must be remembered in between goes into request->state. A call that is refused meanwhile (the server goes down)
 * gets no further act(): state_free() must then take back whatever would wake it.
 */
enum turn { TURN_ANSWERED, TURN_AGAIN, TURN_LATER };

struct request {
    enum method method;
    struct target target;
    const struct route *route;
    const char *parameters[ROUTE_PARAMETERS]; /* decoded; into the target */
    char content_type[256];
    char idempotency_key[256]; /* empty: none */
    const char *accept;        /* of the header; NULL: none; borrowed from the connection, as the next one */
    const char *accept_language;
    const char *accept_encoding;
    const char *if_none_match;
    const char *host; /* as the client calls this server; NULL: it did not say */
    bool secure;      /* it came over TLS */
    bool authorized;  /* it has the API token, or none is wanted */
    struct buffer body;
    int spool_fd;           /* a document is kept on the disk; -1: none came */
    const char *upload_dir; /* borrowed; where temporary files may be made */
    json_t *json;           /* owned; NULL: no body */
    struct upload *upload;  /* owned; NULL: the route has none */
    struct verdict verdict;
    enum turn turn;                  /* set by act(); TURN_ANSWERED before each act() */
    void *state;                     /* act()'s own; NULL in its first turn */
    void (*state_free)(void *state); /* of state; on the loop's thread, before the answer is sent */
    void (*wake)(void *waker);       /* the door's, for request_wake() */
    bool (*left)(void *waker);       /* the door's, for request_left(); NULL: it cannot know */
    void *waker;
    enum status check_status; /* set by check(): what the disk or memory said; OK: nothing */
    bool app_names_more; /* set by check(): app/ names the other broken rules and refuses, so act() runs all the same */
    struct input input;
};

/* For /readyz: what is up. Filled in by serve.c. */
struct http_readiness {
    bool broker;
    bool store;
    bool listener;
};
typedef void http_readiness_callback(void *context, struct http_readiness *ready);

/* For /metrics: families of the other door, appended by serve.c (metrics.h). */
typedef void http_gauges_callback(void *context, struct buffer *text);

/* What the use cases may reach. */
struct api {
    struct app *app;
    struct package_checks *checks;
    struct waiters *waiters;
    struct waiting *waiting;
    struct event_waiting *event_waiting;
    http_readiness_callback *readiness; /* called on the loop's thread */
    http_gauges_callback *gauges;       /* the same; NULL: there is no other door */
    void *readiness_context;            /* of both */
    struct metrics *metrics;
    struct answer_cache *cache;
    struct connections *connections;
    struct firmware *firmware;
    json_t *seeds;            /* what was imported at the start; NULL: nothing */
    const char *public_url;   /* NULL: not given */
    char http_url[128];       /* the address that is listened on */
    char mqtt_url[128];       /* "" while the other door is not open */
    atomic_bool ports_differ; /* a client called this server by another port: they are mapped */
};

/* `max_body`: of JSON and CSV, bytes. */
void request_init(struct request *request, int64_t max_body);
void request_finish(struct request *request);

/*
 * act() of a call that it left with TURN_LATER is called again, soon, on its own: never from within this function. The
 * loop's thread. May also come while act() still runs. A call that does not wait is not touched, but it must be there.
 */
void request_wake(struct request *request);

/* Whether the client of a call that waits has hung up. The loop's thread. */
bool request_left(const struct request *request);

/* Frees request->state, if any. */
void request_drop_state(struct request *request);

/*
 * Answers with the problem that `status` (not OK) becomes; E_RULE and E_FORMAT take the verdict's violations along.
 * `detail`: what the title does not say, or NULL.
 */
void request_refuse(const struct request *request, struct answer *answer, enum status status, const char *detail);

/* For check(): the body must be empty, or an object without members. */
void request_check_no_body(struct request *request);

/* For check(): limit, cursor and q of a list into input.page. */
void request_check_page(struct request *request, enum cursor_kind kind);

/* For check(): the path parameter `i` as a positive id into input.id; anything else leaves 0. */
void request_check_id(struct request *request, size_t i);

/* For check(): names a query parameter as wrong (400). */
void request_wrong_parameter(struct request *request, const char *name, const char *detail);

#endif
