#include "http/requests.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "app/referee.h"
#include "base/text.h"

struct seen {
    bool begins;
    bool complete;
    struct request_conduct conduct;
    STAILQ_ENTRY(seen) entries;
};
STAILQ_HEAD(seen_list, seen);

struct requests {
    struct app *app;
    struct loop_wakeup *wakeup;
    pthread_mutex_t lock;
    struct seen_list list;
};

static void drop_all(struct requests *requests)
{
    for (struct seen *seen = STAILQ_FIRST(&requests->list); seen != NULL; seen = STAILQ_FIRST(&requests->list)) {
        STAILQ_REMOVE_HEAD(&requests->list, entries);
        free(seen);
    }
}

static void on_seen(void *context)
{
    struct requests *requests = context;
    struct seen_list list = STAILQ_HEAD_INITIALIZER(list);
    (void)pthread_mutex_lock(&requests->lock);
    STAILQ_CONCAT(&list, &requests->list);
    (void)pthread_mutex_unlock(&requests->lock);
    for (struct seen *seen = STAILQ_FIRST(&list); seen != NULL; seen = STAILQ_FIRST(&list)) {
        STAILQ_REMOVE_HEAD(&list, entries);
        if (seen->begins) {
            app_referee_request(requests->app, &seen->conduct);
        } else {
            app_referee_served(requests->app, seen->conduct.task_id, seen->complete);
        }
        free(seen);
    }
}

enum status requests_create(struct loop *loop, struct app *app, struct requests **requests)
{
    struct requests *made = calloc(1, sizeof *made);
    if (made == NULL || pthread_mutex_init(&made->lock, NULL) != 0) {
        free(made);
        return E_NOMEM;
    }
    made->app = app;
    STAILQ_INIT(&made->list);
    enum status status = loop_wakeup_create(loop, on_seen, made, &made->wakeup);
    if (status != OK) {
        requests_destroy(made);
        return status;
    }
    *requests = made;
    return OK;
}

void requests_destroy(struct requests *requests)
{
    if (requests == NULL) {
        return;
    }
    if (requests->wakeup != NULL) {
        loop_wakeup_destroy(requests->wakeup);
    }
    drop_all(requests);
    (void)pthread_mutex_destroy(&requests->lock);
    free(requests);
}

/* Without memory the referee does not see it. */
static void post(struct requests *requests, const struct seen *what)
{
    struct seen *seen = malloc(sizeof *seen);
    if (seen == NULL) {
        return;
    }
    *seen = *what;
    (void)pthread_mutex_lock(&requests->lock);
    STAILQ_INSERT_TAIL(&requests->list, seen, entries);
    (void)pthread_mutex_unlock(&requests->lock);
    loop_wakeup_post(requests->wakeup);
}

/* What the headers of a request are like. */
struct headers {
    bool host_with_port;
    bool accept_ranges;
    bool others; /* besides Host, Accept-Ranges, Range */
    bool proxy;  /* added on the way: then it does not show what the device sent */
};

static enum MHD_Result look_at_header(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct headers *headers = context;
    (void)kind;
    if (strcasecmp(name, "Host") == 0) {
        headers->host_with_port = value != NULL && strchr(value, ':') != NULL;
    } else if (strcasecmp(name, "Accept-Ranges") == 0) {
        headers->accept_ranges = value != NULL && strcmp(value, "bytes") == 0;
    } else if (strcasecmp(name, "Range") != 0) {
        headers->others = true;
    }
    headers->proxy |= strcasecmp(name, "Via") == 0 || strcasecmp(name, "Forwarded") == 0 ||
                      strncasecmp(name, "X-Forwarded-", 12) == 0;
    return MHD_YES;
}

/* NULL: it is as the SDK asks. Static text. */
static const char *what_is_wrong(struct MHD_Connection *connection, bool head)
{
    struct headers headers = {0};
    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, look_at_header, &headers);
    if (head) {
        return "HEAD instead of GET";
    }
    if (headers.proxy) {
        return NULL;
    }
    if (!headers.host_with_port) {
        return "Host without the port";
    }
    if (!headers.accept_ranges) {
        return "no 'Accept-Ranges: bytes'";
    }
    return headers.others ? "more headers than Host, Accept-Ranges and Range" : NULL;
}

void requests_begin(struct requests *requests, struct MHD_Connection *connection, const struct firmware_entry *entry,
                    bool head)
{
    struct seen seen = {.begins = true};
    struct request_conduct *conduct = &seen.conduct;
    const char *range = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Range");
    conduct->task_id = entry->task_id;
    conduct->size = entry->size;
    conduct->wrong = what_is_wrong(connection, head);
    text_copy_cut(conduct->token, sizeof conduct->token, entry->token);
    char first[24];
    char last[24];
    char rest[2];
    int found = range == NULL ? 0 : sscanf(range, "bytes=%20[0-9]-%20[0-9]%1s", first, last, rest);
    conduct->ranged = found == 2 && text_parse_int(first, 0, INT64_MAX, &conduct->first) == OK &&
                      text_parse_int(last, 0, INT64_MAX, &conduct->last) == OK;
    conduct->other_range = range != NULL && !conduct->ranged;
    post(requests, &seen);
}

void requests_end(struct requests *requests, int64_t task_id, bool complete)
{
    post(requests, &(struct seen){.complete = complete, .conduct = {.task_id = task_id}});
}
