#include "http/progress.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>

/*
 *   IDLE --begin--> SENDING --end, complete--> DRAINING --all acknowledged, next begin, close--> IDLE
 *                      \------end, broken------------------------------------------------------> IDLE
 */
enum progress_state { PROGRESS_IDLE, PROGRESS_SENDING, PROGRESS_DRAINING };

struct progress {
    struct progress_list *home;
    int fd;
    enum progress_state state;
    char token[LIMIT_TOKEN + 1];
    struct ranges parts;
    size_t part_headers[RANGES_MOST];
    int64_t base;   /* bytes written to the connection before this response */
    int64_t header; /* length of the response's header, or PROGRESS_HEADER */
    int64_t body;
    bool last;
    TAILQ_ENTRY(progress) entries; /* while it is not IDLE */
};

TAILQ_HEAD(progress_queue, progress);

struct progress_list {
    struct firmware_table *table;
    pthread_mutex_t lock; /* guards all that runs */
    struct progress_queue running;
};

enum status progress_list_create(struct firmware_table *table, struct progress_list **list)
{
    struct progress_list *created = calloc(1, sizeof *created);
    if (created == NULL || pthread_mutex_init(&created->lock, NULL) != 0) {
        free(created);
        return E_NOMEM;
    }
    created->table = table;
    TAILQ_INIT(&created->running);
    *list = created;
    return OK;
}

void progress_list_destroy(struct progress_list *list)
{
    if (list != NULL) {
        (void)pthread_mutex_destroy(&list->lock);
        free(list);
    }
}

enum status progress_open(struct progress_list *list, int fd, struct progress **progress)
{
    struct progress *created = calloc(1, sizeof *created);
    if (created == NULL) {
        return E_NOMEM;
    }
    created->home = list;
    created->fd = fd;
    *progress = created;
    return OK;
}

/* What the kernel counts of a connection, read at one moment. False when it does not tell (before Linux 4.19). */
static bool read_counters(int fd, struct tcp_info *info)
{
    socklen_t length = sizeof *info;
    *info = (struct tcp_info){0};
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &length) == 0 &&
           length >= offsetof(struct tcp_info, tcpi_bytes_retrans) + sizeof info->tcpi_bytes_retrans;
}

/* Sent once, or waiting in the socket. */
static int64_t written(const struct tcp_info *info)
{
    return (int64_t)(info->tcpi_bytes_sent - info->tcpi_bytes_retrans + info->tcpi_notsent_bytes);
}

/* The device has the first `got` bytes of the body: which end of the file is that? */
static void note(const struct progress *progress, int64_t got)
{
    int64_t end = 0;
    for (size_t i = 0; i < progress->parts.count && got > 0; i++) {
        const struct range *part = &progress->parts.items[i];
        int64_t length = part->last - part->first + 1;
        got -= (int64_t)progress->part_headers[i];
        int64_t has = got < length ? got : length;
        if (has > 0 && part->first + has > end) {
            end = part->first + has;
        }
        got -= length;
    }
    if (end > 0) {
        firmware_table_note(progress->home->table, progress->token, end);
    }
}

static void set_idle(struct progress *progress)
{
    TAILQ_REMOVE(&progress->home->running, progress, entries);
    progress->state = PROGRESS_IDLE;
}

static void judge(struct progress *progress, const struct tcp_info *info)
{
    int64_t got = (int64_t)info->tcpi_bytes_acked - progress->base - progress->header;
    note(progress, got < progress->body ? got : progress->body);
    if (progress->state == PROGRESS_DRAINING && got >= progress->body) {
        set_idle(progress);
    }
}

static void sample(struct progress *progress)
{
    struct tcp_info info;
    if (read_counters(progress->fd, &info)) {
        judge(progress, &info);
    }
}

void progress_begin(struct progress *progress, const char *token, const struct ranges *parts,
                    const size_t part_headers[RANGES_MOST], int64_t body, bool last)
{
    struct progress_list *list = progress->home;
    (void)pthread_mutex_lock(&list->lock);
    if (progress->state == PROGRESS_DRAINING) {
        note(progress, progress->body);
    }
    if (progress->state != PROGRESS_IDLE) {
        set_idle(progress);
    }
    (void)snprintf(progress->token, sizeof progress->token, "%s", token);
    progress->parts = *parts;
    for (size_t i = 0; i < parts->count; i++) {
        progress->part_headers[i] = part_headers == NULL ? 0 : part_headers[i];
    }
    struct tcp_info info;
    bool counts = read_counters(progress->fd, &info);
    progress->base = written(&info);
    progress->header = PROGRESS_HEADER;
    progress->body = body;
    progress->last = last;
    if (counts) {
        progress->state = PROGRESS_SENDING;
        TAILQ_INSERT_TAIL(&list->running, progress, entries);
    }
    (void)pthread_mutex_unlock(&list->lock);
}

void progress_end(struct progress *progress, bool complete)
{
    struct progress_list *list = progress->home;
    (void)pthread_mutex_lock(&list->lock);
    struct tcp_info info;
    if (progress->state == PROGRESS_SENDING && read_counters(progress->fd, &info)) {
        if (complete) {
            progress->header = written(&info) - progress->base - progress->body;
            progress->state = PROGRESS_DRAINING;
        }
        judge(progress, &info);
    }
    if (progress->state == PROGRESS_SENDING) {
        set_idle(progress);
    }
    (void)pthread_mutex_unlock(&list->lock);
}

void progress_close(struct progress *progress)
{
    if (progress == NULL) {
        return;
    }
    struct progress_list *list = progress->home;
    (void)pthread_mutex_lock(&list->lock);
    if (progress->state != PROGRESS_IDLE) {
        if (progress->state == PROGRESS_DRAINING && progress->last) {
            /* we close behind the body, the kernel still delivers it: the last that can be known */
            note(progress, progress->body);
        } else {
            sample(progress);
        }
    }
    if (progress->state != PROGRESS_IDLE) {
        set_idle(progress);
    }
    (void)pthread_mutex_unlock(&list->lock);
    free(progress);
}

size_t progress_tick(struct progress_list *list, int64_t *tasks, size_t most)
{
    size_t count = 0;
    (void)pthread_mutex_lock(&list->lock);
    struct progress *progress = TAILQ_FIRST(&list->running);
    while (progress != NULL) {
        struct progress *next = TAILQ_NEXT(progress, entries);
        sample(progress);
        if (count < most && firmware_table_moved(list->table, progress->token, &tasks[count])) {
            count++;
        }
        progress = next;
    }
    (void)pthread_mutex_unlock(&list->lock);
    return count;
}
