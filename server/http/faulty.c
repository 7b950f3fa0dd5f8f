#include "http/faulty.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "http/faulty_answer.h"

struct faulty {
    struct faults *faults;
    struct firmware_table *table;
    int stop_fd; /* readable once it is to end */
    pthread_mutex_t lock;
    pthread_cond_t fewer;
    size_t running;
    bool closed;
};

struct job {
    struct faulty *faulty;
    struct MHD_Connection *connection;
    struct connection *state;
    struct mapping *mapping;
    struct faulty_answer answer;
};

enum status faulty_create(struct faults *faults, struct firmware_table *table, struct faulty **out)
{
    struct faulty *faulty = calloc(1, sizeof *faulty);
    if (faulty == NULL) {
        return E_NOMEM;
    }
    faulty->faults = faults;
    faulty->table = table;
    faulty->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (faulty->stop_fd < 0 || pthread_mutex_init(&faulty->lock, NULL) != 0 ||
        pthread_cond_init(&faulty->fewer, NULL) != 0) {
        free(faulty);
        return E_NOMEM;
    }
    *out = faulty;
    return OK;
}

void faulty_close(struct faulty *faulty)
{
    if (faulty == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&faulty->lock);
    faulty->closed = true;
    (void)eventfd_write(faulty->stop_fd, 1);
    while (faulty->running > 0) {
        (void)pthread_cond_wait(&faulty->fewer, &faulty->lock);
    }
    (void)pthread_mutex_unlock(&faulty->lock);
}

void faulty_destroy(struct faulty *faulty)
{
    if (faulty != NULL) {
        (void)close(faulty->stop_fd);
        (void)pthread_cond_destroy(&faulty->fewer);
        (void)pthread_mutex_destroy(&faulty->lock);
        free(faulty);
    }
}

static void leave(struct faulty *faulty)
{
    (void)pthread_mutex_lock(&faulty->lock);
    faulty->running--;
    (void)pthread_cond_signal(&faulty->fewer);
    (void)pthread_mutex_unlock(&faulty->lock);
}

static bool enter(struct faulty *faulty)
{
    (void)pthread_mutex_lock(&faulty->lock);
    bool room = !faulty->closed && faulty->running < LIMIT_FAULTY_DOWNLOADS;
    faulty->running += room ? 1 : 0;
    (void)pthread_mutex_unlock(&faulty->lock);
    return room;
}

static void *serve(void *context)
{
    struct job *job = context;
    struct faulty *faulty = job->faulty;
    struct faulty_answer *answer = &job->answer;
    enum faulty_end end = faulty_answer_send(answer);
    log_debug("http", "a download on which faults act: %s after %lld bytes", faulty_end_name(end),
              (long long)answer->sent);
    connection_note_taken(job->state, answer->http_status, answer->sent, faulty_end_name(end));
    (void)shutdown(answer->fd, SHUT_RDWR);
    (void)close(answer->fd);
    mapping_release(job->mapping);
    MHD_resume_connection(job->connection); /* its thread closes it */
    free(job);
    leave(faulty);
    return NULL;
}

static bool start(struct job *job)
{
    pthread_attr_t detached;
    pthread_t thread;
    if (pthread_attr_init(&detached) != 0) {
        return false;
    }
    bool started = pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED) == 0 &&
                   pthread_create(&thread, &detached, serve, job) == 0;
    (void)pthread_attr_destroy(&detached);
    return started;
}

bool faulty_take(struct faulty *faulty, const struct faulty_task *task)
{
    struct fault_hit hits[FAULT_HITS];
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(task->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info == NULL || task->state == NULL || connection_is_secure(task->state) ||
        faults_look(faulty->faults, FAULT_HTTP_FIRMWARE, &task->entry->subject, hits) == 0 || !enter(faulty)) {
        return false;
    }
    struct job *job = calloc(1, sizeof *job);
    if (job == NULL) {
        leave(faulty);
        return false;
    }
    *job = (struct job){.faulty = faulty,
                        .connection = task->connection,
                        .state = task->state,
                        .mapping = task->mapping,
                        .answer = {.faults = faulty->faults,
                                   .table = faulty->table,
                                   .fd = fcntl(info->connect_fd, F_DUPFD_CLOEXEC, 0),
                                   .stop_fd = faulty->stop_fd,
                                   .entry = *task->entry,
                                   .bytes = mapping_bytes(task->mapping),
                                   .first = task->first,
                                   .last = task->last,
                                   .partial = task->partial,
                                   .in_body = task->in_body,
                                   .sent = task->sent}};
    MHD_suspend_connection(task->connection);
    if (job->answer.fd >= 0 && start(job)) {
        return true;
    }
    if (job->answer.fd >= 0) {
        (void)close(job->answer.fd);
    }
    MHD_resume_connection(task->connection);
    free(job);
    leave(faulty);
    return false;
}

uint64_t faulty_version(const struct faulty *faulty)
{
    return faults_version(faulty->faults);
}
