#include "http/requests.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "app/journal.h"
#include "app/referee.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/text.h"

enum { NOTE_RANGE = 120, NOTE_NAME = 80 };

struct request_note {
    int64_t task_id; /* 0: of no link */
    int64_t wall_at;
    int64_t since; /* monotonic_ms() */
    bool head;
    char range[NOTE_RANGE + 1];
    char name[NOTE_NAME + 1];
    struct fault_subject subject;
};

struct seen {
    struct request_conduct conduct; /* of a request that begins */
    struct request_note *note;      /* owned; of one that is over; NULL: it begins */
    int http_status;
    int64_t bytes;
    const char *end;
    STAILQ_ENTRY(seen) entries;
};
STAILQ_HEAD(seen_list, seen);

struct requests {
    struct app *app;
    struct firmware_table *table;
    struct loop_wakeup *wakeup;
    pthread_mutex_t lock;
    struct seen_list list;
};

static void drop_all(struct requests *requests)
{
    for (struct seen *seen = STAILQ_FIRST(&requests->list); seen != NULL; seen = STAILQ_FIRST(&requests->list)) {
        STAILQ_REMOVE_HEAD(&requests->list, entries);
        free(seen->note);
        free(seen);
    }
}

/* Of a product that was reset meanwhile: nobody is to hear of it. */
static bool is_old(struct requests *requests, const struct seen *seen)
{
    char token[LIMIT_TOKEN + 1] = "";
    text_copy_cut(token, sizeof token, seen->note == NULL ? seen->conduct.token : seen->note->name);
    return firmware_table_is_revoked(requests->table, token);
}

/* A download that we ended, because its package was revoked, looks as if the client had. */
static const char *end_of(struct requests *requests, const struct seen *seen)
{
    char token[LIMIT_TOKEN + 1] = "";
    text_copy_cut(token, sizeof token, seen->note->name);
    bool cut = strcmp(seen->end, "clientClosed") == 0 && firmware_table_is_withdrawn(requests->table, token);
    return cut ? "cut" : seen->end;
}

static void note_in_journal(struct requests *requests, const struct seen *seen)
{
    const struct request_note *note = seen->note;
    char name[NOTE_NAME + 32];
    (void)snprintf(name, sizeof name, "%s /firmware/%s", note->head ? "HEAD" : "GET", note->name);
    struct journal_entry entry = {.kind = JOURNAL_FIRMWARE,
                                  .wall_at = note->wall_at,
                                  .plan_id = note->subject.plan_id,
                                  .from_device = true,
                                  .code = seen->http_status,
                                  .count = seen->bytes,
                                  .duration_ms = monotonic_ms() - note->since,
                                  .word = end_of(requests, seen),
                                  .name = name,
                                  .range = note->range};
    text_copy_cut(entry.product_key, sizeof entry.product_key, note->subject.product_key);
    text_copy_cut(entry.device_key, sizeof entry.device_key, note->subject.device_key);
    text_copy_cut(entry.component_no, sizeof entry.component_no, note->subject.component_no);
    app_journal(requests->app, &entry);
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
        if (is_old(requests, seen)) {
            log_debug("http", "a request for firmware of a product that was reset is over");
        } else if (seen->note == NULL) {
            app_referee_request(requests->app, &seen->conduct);
        } else {
            if (seen->note->task_id != 0) {
                app_referee_served(requests->app, seen->note->task_id, strcmp(seen->end, "complete") == 0);
            }
            note_in_journal(requests, seen);
        }
        free(seen->note);
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
    made->table = app_firmware_table(app);
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

/* Without memory nobody sees it. */
static void post_take(struct requests *requests, const struct seen *what)
{
    struct seen *seen = malloc(sizeof *seen);
    if (seen == NULL) {
        free(what->note);
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

static void tell_referee(struct requests *requests, struct MHD_Connection *connection,
                         const struct firmware_entry *entry, const char *range, bool head)
{
    struct seen seen = {0};
    struct request_conduct *conduct = &seen.conduct;
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
    post_take(requests, &seen);
}

struct request_note *requests_begin(struct requests *requests, struct MHD_Connection *connection,
                                    const struct firmware_entry *entry, const struct fault_subject *subject,
                                    const char *name, bool head)
{
    const char *range = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Range");
    if (entry != NULL) {
        tell_referee(requests, connection, entry, range, head);
    }
    struct request_note *note = calloc(1, sizeof *note);
    if (note != NULL) {
        note->task_id = entry == NULL ? 0 : entry->task_id;
        note->wall_at = instant_now();
        note->since = monotonic_ms();
        note->head = head;
        text_copy_cut(note->range, sizeof note->range, range == NULL ? "" : range);
        text_copy_cut(note->name, sizeof note->name, name);
        if (subject != NULL) {
            note->subject = *subject;
        }
    }
    return note;
}

void request_note_destroy(struct request_note *note)
{
    free(note);
}

/* How a download ended, in the journal's words. */
static const char *end_word(enum MHD_RequestTerminationCode code)
{
    switch (code) {
    case MHD_REQUEST_TERMINATED_COMPLETED_OK:
        return "complete";
    case MHD_REQUEST_TERMINATED_TIMEOUT_REACHED:
        return "timeout";
    case MHD_REQUEST_TERMINATED_DAEMON_SHUTDOWN:
        return "serverEnds";
    default:
        return "clientClosed";
    }
}

void requests_over(struct requests *requests, struct connection *connection, enum MHD_RequestTerminationCode code)
{
    struct request_note *note = connection_take_request(connection);
    if (note != NULL) {
        int64_t bytes = 0;
        int http_status = connection_answer(connection, &bytes);
        const char *taken = connection_taken(connection);
        bool complete = code == MHD_REQUEST_TERMINATED_COMPLETED_OK && taken == NULL;
        post_take(requests, &(struct seen){.note = note,
                                           .http_status = http_status,
                                           .bytes = complete ? bytes : connection_sent(connection),
                                           .end = taken != NULL ? taken : end_word(code)});
    }
}
