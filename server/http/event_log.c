#include "http/event_log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/random.h"
#include "http/event_json.h"

enum { LOOKS_AT_A_TIME = 500, BOOT_BYTES = 4 };

struct kept {
    struct event *event; /* owned; NULL: it could not be kept */
    char *text;          /* owned; NULL: nobody has read it yet */
    size_t text_length;
};

struct event_log {
    pthread_mutex_t lock;
    char boot[2 * BOOT_BYTES + 1];
    struct kept ring[LIMIT_EVENTS];
    uint64_t oldest;
    uint64_t next; /* numbers oldest..next-1 are kept, at number % LIMIT_EVENTS */
    size_t bytes;
};

enum status event_log_create(struct event_log **log)
{
    unsigned char boot[BOOT_BYTES];
    struct event_log *created = calloc(1, sizeof *created);
    if (created == NULL) {
        return E_NOMEM;
    }
    enum status status = random_bytes(boot, sizeof boot);
    if (status != OK || pthread_mutex_init(&created->lock, NULL) != 0) {
        free(created);
        return status != OK ? status : E_NOMEM;
    }
    for (size_t i = 0; i < sizeof boot; i++) {
        (void)snprintf(created->boot + 2 * i, 3, "%02x", boot[i]);
    }
    created->oldest = created->next = 1;
    *log = created;
    return OK;
}

static size_t bytes_of(const struct kept *kept)
{
    return (kept->event == NULL ? 0 : event_size(kept->event->part_count)) + kept->text_length;
}

static void drop_oldest(struct event_log *log)
{
    struct kept *kept = &log->ring[log->oldest % LIMIT_EVENTS];
    log->bytes -= bytes_of(kept);
    free(kept->event);
    free(kept->text);
    *kept = (struct kept){0};
    log->oldest++;
}

static void make_room(struct event_log *log)
{
    while (log->oldest < log->next && (log->next - log->oldest >= LIMIT_EVENTS || log->bytes > LIMIT_EVENT_BYTES)) {
        drop_oldest(log);
    }
}

void event_log_destroy(struct event_log *log)
{
    if (log == NULL) {
        return;
    }
    while (log->oldest < log->next) {
        drop_oldest(log);
    }
    (void)pthread_mutex_destroy(&log->lock);
    free(log);
}

void event_log_add(struct event_log *log, const struct event *event)
{
    size_t size = event_size(event->part_count);
    struct event *copy = malloc(size);
    if (copy != NULL) {
        memcpy(copy, event, size);
    }
    (void)pthread_mutex_lock(&log->lock);
    make_room(log);
    log->ring[log->next % LIMIT_EVENTS] = (struct kept){.event = copy};
    log->next++;
    log->bytes += copy == NULL ? 0 : size;
    if (copy == NULL) {
        while (log->oldest < log->next) { /* a hole must be seen as one */
            drop_oldest(log);
        }
    }
    (void)pthread_mutex_unlock(&log->lock);
}

uint64_t event_log_next(struct event_log *log)
{
    (void)pthread_mutex_lock(&log->lock);
    uint64_t next = log->next;
    (void)pthread_mutex_unlock(&log->lock);
    return next;
}

void event_log_id(const struct event_log *log, uint64_t number, char id[EVENT_ID])
{
    (void)snprintf(id, EVENT_ID, "%s-%" PRIu64, log->boot, number);
}

enum status event_log_parse(struct event_log *log, const char *id, uint64_t *from)
{
    const char *dash = strchr(id, '-');
    int64_t number = 0;
    if (dash == NULL || dash - id != 2 * BOOT_BYTES || text_parse_int(dash + 1, 0, INT64_MAX - 1, &number) != OK) {
        return E_FORMAT;
    }
    if (memcmp(id, log->boot, 2 * BOOT_BYTES) != 0 || (uint64_t)number >= event_log_next(log)) {
        return E_STATE;
    }
    *from = (uint64_t)number + 1;
    return OK;
}

bool event_filter_takes(const struct event_filter *filter, const struct event *event)
{
    bool kind = filter->kinds == 0 ? event->kind != EVENT_FRAME : (filter->kinds & (1U << event->kind)) != 0;
    return kind && (filter->plan_id == 0 || filter->plan_id == event->plan_id) &&
           (filter->product_key[0] == '\0' || strcmp(filter->product_key, event->product_key) == 0) &&
           (filter->device_key[0] == '\0' || strcmp(filter->device_key, event->device_key) == 0);
}

/* "id: ...\nevent: device\ndata: {...}\n\n"; id NULL: none. */
static void write_message(const struct event *event, const char *id, struct buffer *text)
{
    char *json = event_text(event, id);
    if (id != NULL) {
        buffer_append_format(text, "id: %s\n", id);
    }
    buffer_append_format(text, "event: %s\ndata: ", event_kind_name(event->kind));
    buffer_append(text, json == NULL ? "{}" : json, json == NULL ? 2 : strlen(json));
    buffer_append(text, "\n\n", 2);
    free(json);
}

void event_log_write_transient(const struct event *event, struct buffer *text)
{
    write_message(event, NULL, text);
}

/* The message of one that is kept; without memory it is made again for the next reader. */
static void append_kept(struct event_log *log, uint64_t number, struct buffer *text)
{
    struct kept *kept = &log->ring[number % LIMIT_EVENTS];
    if (kept->text == NULL) {
        char id[EVENT_ID];
        struct buffer made;
        event_log_id(log, number, id);
        buffer_init(&made, LIMIT_EVENT_BYTES);
        write_message(kept->event, id, &made);
        if (buffer_status(&made) == OK) {
            kept->text_length = made.length;
            kept->text = (char *)made.data;
            log->bytes += kept->text_length;
            buffer_init(&made, LIMIT_EVENT_BYTES); /* its bytes have gone */
        }
        buffer_finish(&made);
    }
    if (kept->text != NULL) {
        buffer_append(text, kept->text, kept->text_length);
    }
}

enum status event_log_read(struct event_log *log, const struct event_filter *filter, size_t enough, struct buffer *text,
                           uint64_t *from)
{
    enum status status = OK;
    (void)pthread_mutex_lock(&log->lock);
    if (*from < log->oldest) {
        status = E_STATE;
    }
    int looks = 0;
    while (status == OK && *from < log->next && text->length < enough) {
        if (looks++ == LOOKS_AT_A_TIME) {
            status = E_AGAIN;
            break;
        }
        if (event_filter_takes(filter, log->ring[*from % LIMIT_EVENTS].event)) {
            append_kept(log, *from, text);
        }
        (*from)++;
    }
    if (status == OK && *from < log->next) {
        status = E_AGAIN;
    }
    (void)pthread_mutex_unlock(&log->lock);
    return status;
}
