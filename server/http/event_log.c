#include "http/event_log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uthash.h>

#include "base/text.h"
#include "crypto/random.h"
#include "http/event_json.h"

enum { LOOKS_AT_A_TIME = 500, BOOT_BYTES = 4 };

struct kept {
    struct event *event; /* owned; NULL: it could not be kept */
    char *text;          /* owned; NULL: nobody has read it yet */
    size_t text_length;
};

/* A product that was reset or deleted; as long as the event of that is kept. */
struct gone {
    char product_key[LIMIT_PRODUCT_KEY + 1];
    uint64_t number; /* of that event, the last one */
    UT_hash_handle hh;
};

struct event_log {
    pthread_mutex_t lock;
    struct gone *gone; /* by product key */
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

static bool ends_product(const struct event *event)
{
    return event->kind == EVENT_PRODUCT &&
           (event->what == WHAT_DELETED || event->what == WHAT_RESET || event->what == WHAT_RESTORED);
}

static struct gone *find_gone(const struct event_log *log, const char *product_key)
{
    struct gone *gone = NULL;
    HASH_FIND_STR(log->gone, product_key, gone);
    return gone;
}

/* Without memory its past is not left out. */
static void note_gone(struct event_log *log, const char *product_key, uint64_t number)
{
    struct gone *gone = find_gone(log, product_key);
    if (gone == NULL && (gone = calloc(1, sizeof *gone)) != NULL) {
        memcpy(gone->product_key, product_key, sizeof gone->product_key);
        HASH_ADD_STR(log->gone, product_key, gone);
    }
    if (gone != NULL) {
        gone->number = number;
    }
}

static void forget_gone(struct event_log *log, const char *product_key, uint64_t number)
{
    struct gone *gone = find_gone(log, product_key);
    if (gone != NULL && gone->number == number) {
        HASH_DEL(log->gone, gone);
        free(gone);
    }
}

static bool is_of_gone(const struct event_log *log, const struct event *event, uint64_t number)
{
    const struct gone *gone =
        log->gone == NULL || event->product_key[0] == '\0' ? NULL : find_gone(log, event->product_key);
    return gone != NULL && number < gone->number;
}

static void drop_oldest(struct event_log *log)
{
    struct kept *kept = &log->ring[log->oldest % LIMIT_EVENTS];
    if (kept->event != NULL && ends_product(kept->event)) {
        forget_gone(log, kept->event->product_key, log->oldest);
    }
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
    if (copy != NULL && ends_product(copy)) {
        note_gone(log, copy->product_key, log->next);
    }
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

uint64_t event_log_oldest(struct event_log *log)
{
    (void)pthread_mutex_lock(&log->lock);
    uint64_t oldest = log->oldest;
    (void)pthread_mutex_unlock(&log->lock);
    return oldest;
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

/* The message of one that is kept. NULL without memory: then it is made again for the next reader. */
static const struct kept *kept_text(struct event_log *log, uint64_t number)
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
    return kept->text == NULL ? NULL : kept;
}

static void append_message(struct event_log *log, uint64_t number, struct buffer *text)
{
    const struct kept *kept = kept_text(log, number);
    if (kept != NULL) {
        buffer_append(text, kept->text, kept->text_length);
    }
}

/* The JSON between "data: " and the two line ends of the message. */
static void append_item(struct event_log *log, uint64_t number, struct buffer *text)
{
    static const char data[] = "\ndata: ";
    const struct kept *kept = kept_text(log, number);
    const char *json = kept == NULL ? NULL : memmem(kept->text, kept->text_length, data, sizeof data - 1);
    if (json != NULL) {
        json += sizeof data - 1;
        buffer_append(text, ",", text->length == 0 ? 0 : 1);
        buffer_append(text, json, (size_t)(kept->text + kept->text_length - 2 - json));
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
            append_message(log, *from, text);
        }
        (*from)++;
    }
    if (status == OK && *from < log->next) {
        status = E_AGAIN;
    }
    (void)pthread_mutex_unlock(&log->lock);
    return status;
}

void event_reading_pass(struct event_reading *reading, uint64_t number, unsigned misses)
{
    reading->passed++;
    reading->last = number;
    if ((misses & (misses - 1)) == 0) {
        reading->near = number;
        reading->near_miss = (unsigned)ffs((int)misses) - 1;
    }
}

bool event_reading_is_full(const struct event_reading *reading, const struct buffer *text)
{
    return reading->count >= reading->most || text->length >= EVENT_ITEMS_ENOUGH;
}

enum status event_log_read_items(struct event_log *log, const struct event_filter *filter,
                                 struct event_reading *reading, struct buffer *text)
{
    (void)pthread_mutex_lock(&log->lock);
    enum status status = reading->from < log->oldest ? E_STATE : OK;
    for (int looks = 0; status == OK && reading->from < log->next && !event_reading_is_full(reading, text); looks++) {
        if (looks == LOOKS_AT_A_TIME) {
            status = E_AGAIN;
            break;
        }
        const struct event *event = log->ring[reading->from % LIMIT_EVENTS].event;
        unsigned misses = event_filter_misses(filter, event);
        if (reading->leaves_gone && is_of_gone(log, event, reading->from)) {
            /* of a life before: who begins without a cursor is not to meet it */
        } else if (misses == 0) {
            append_item(log, reading->from, text);
            reading->count++;
        } else {
            event_reading_pass(reading, reading->from, misses);
        }
        reading->from++;
    }
    (void)pthread_mutex_unlock(&log->lock);
    return status;
}

enum status event_log_describe(struct event_log *log, uint64_t number, char text[EVENT_DESCRIPTION])
{
    (void)pthread_mutex_lock(&log->lock);
    bool kept = number >= log->oldest && number < log->next;
    if (kept) {
        event_describe(log->ring[number % LIMIT_EVENTS].event, text, EVENT_DESCRIPTION);
    }
    (void)pthread_mutex_unlock(&log->lock);
    return kept ? OK : E_NOT_FOUND;
}
