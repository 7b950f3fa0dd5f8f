#include "http/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/instant.h"
#include "base/text.h"
#include "http/requests.h"

enum { BODY_BYTES_PER_MS = 1 };

enum phase { PHASE_HEADER, PHASE_BODY, PHASE_ANSWER, PHASE_IDLE };

struct connection {
    struct connections *home;
    int fd;
    bool secure;
    struct progress *progress;
    char peer[CONNECTION_PEER];
    int http_status; /* the connection's thread only, as the next */
    int64_t bytes;
    int64_t sent;
    bool noted;                   /* the thread's, too: a token was noted for the request */
    char token[LIMIT_TOKEN + 1];  /* of the firmware link; under the lock */
    struct request_note *request; /* owned */
    const char *taken;            /* how the download ended that was taken over; NULL: none was */
    atomic_int phase;             /* these are read by the sweep */
    _Atomic int64_t since_ms;
    _Atomic int64_t received;
    TAILQ_ENTRY(connection) entries;
};

TAILQ_HEAD(connection_list, connection);

struct connections {
    int most;
    int64_t slow_ms;
    int64_t idle_ms;
    pthread_mutex_t lock; /* guards the list, and that a descriptor of it is open */
    struct connection_list list;
    atomic_int open;
    _Atomic int64_t refused;
    _Atomic int64_t slow;
};

enum status connections_create(int most, int64_t slow_ms, int64_t idle_ms, struct connections **connections)
{
    struct connections *created = calloc(1, sizeof *created);
    if (created == NULL || pthread_mutex_init(&created->lock, NULL) != 0) {
        free(created);
        return E_NOMEM;
    }
    created->most = most;
    created->slow_ms = slow_ms;
    created->idle_ms = idle_ms;
    TAILQ_INIT(&created->list);
    *connections = created;
    return OK;
}

void connections_destroy(struct connections *connections)
{
    if (connections != NULL) {
        (void)pthread_mutex_destroy(&connections->lock);
        free(connections);
    }
}

bool connections_have_room(struct connections *connections)
{
    if (atomic_load(&connections->open) < connections->most) {
        return true;
    }
    (void)atomic_fetch_add(&connections->refused, 1);
    return false;
}

static int64_t deadline(const struct connections *connections, struct connection *connection)
{
    int64_t since = atomic_load(&connection->since_ms);
    switch ((enum phase)atomic_load(&connection->phase)) {
    case PHASE_HEADER:
        return since + connections->slow_ms;
    case PHASE_BODY:
        return since + connections->slow_ms + atomic_load(&connection->received) / BODY_BYTES_PER_MS;
    case PHASE_IDLE: /* libmicrohttpd counts from the last byte: a byte now and then would hold it for ever */
        return since + connections->idle_ms;
    case PHASE_ANSWER:
        break;
    }
    return INT64_MAX;
}

size_t connections_sweep(struct connections *connections, int64_t now_ms)
{
    size_t count = 0;
    struct connection *connection = NULL;
    (void)pthread_mutex_lock(&connections->lock);
    TAILQ_FOREACH(connection, &connections->list, entries)
    {
        if (now_ms >= deadline(connections, connection)) {
            /* its thread sees the end of the stream and closes; until then this is not done twice */
            atomic_store(&connection->since_ms, INT64_MAX / 2);
            (void)shutdown(connection->fd, SHUT_RDWR);
            count++;
        }
    }
    (void)pthread_mutex_unlock(&connections->lock);
    (void)atomic_fetch_add(&connections->slow, (int64_t)count);
    return count;
}

void connections_count(struct connections *connections, int64_t *open, int64_t *refused, int64_t *slow)
{
    *open = atomic_load(&connections->open);
    *refused = atomic_load(&connections->refused);
    *slow = atomic_load(&connections->slow);
}

static void format_peer(const struct sockaddr *peer, char text[CONNECTION_PEER])
{
    text[0] = '\0';
    if (peer != NULL && peer->sa_family == AF_INET) {
        (void)inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)peer)->sin_addr, text, CONNECTION_PEER);
    } else if (peer != NULL && peer->sa_family == AF_INET6) {
        (void)inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr, text, CONNECTION_PEER);
    }
}

static void move(struct connection *connection, enum phase phase)
{
    atomic_store(&connection->received, 0);
    atomic_store(&connection->since_ms, monotonic_ms());
    atomic_store(&connection->phase, phase);
}

enum status connection_open(struct connections *connections, int fd, struct progress_list *progress,
                            const struct sockaddr *peer, bool secure, struct connection **connection)
{
    struct connection *created = calloc(1, sizeof *created);
    if (created == NULL) {
        return E_NOMEM;
    }
    if (progress != NULL && progress_open(progress, fd, &created->progress) != OK) {
        free(created);
        return E_NOMEM;
    }
    created->home = connections;
    created->fd = fd;
    created->secure = secure;
    format_peer(peer, created->peer);
    move(created, PHASE_HEADER);
    (void)pthread_mutex_lock(&connections->lock);
    TAILQ_INSERT_TAIL(&connections->list, created, entries);
    (void)pthread_mutex_unlock(&connections->lock);
    (void)atomic_fetch_add(&connections->open, 1);
    *connection = created;
    return OK;
}

void connection_close(struct connection *connection)
{
    if (connection == NULL) {
        return;
    }
    struct connections *home = connection->home;
    (void)pthread_mutex_lock(&home->lock);
    TAILQ_REMOVE(&home->list, connection, entries);
    (void)pthread_mutex_unlock(&home->lock);
    (void)atomic_fetch_sub(&home->open, 1);
    progress_close(connection->progress);
    request_note_destroy(connection->request);
    free(connection);
}

void connection_note_token(struct connection *connection, const char *token)
{
    struct connections *home = connection->home;
    (void)pthread_mutex_lock(&home->lock);
    text_copy_cut(connection->token, sizeof connection->token, token);
    (void)pthread_mutex_unlock(&home->lock);
    connection->noted = token[0] != '\0';
}

static bool is_to_end(struct firmware_table *table, const char *token)
{
    return firmware_table_is_revoked(table, token) || firmware_table_is_withdrawn(table, token);
}

size_t connections_end_revoked(struct connections *connections, struct firmware_table *table)
{
    size_t count = 0;
    struct connection *connection = NULL;
    (void)pthread_mutex_lock(&connections->lock);
    TAILQ_FOREACH(connection, &connections->list, entries)
    {
        if (connection->token[0] != '\0' && is_to_end(table, connection->token)) {
            connection->token[0] = '\0';
            (void)shutdown(connection->fd, SHUT_RDWR);
            count++;
        }
    }
    (void)pthread_mutex_unlock(&connections->lock);
    return count;
}

void connection_header_came(struct connection *connection)
{
    connection->http_status = 0;
    connection->bytes = 0;
    move(connection, PHASE_BODY);
}

void connection_body_came(struct connection *connection, size_t bytes)
{
    (void)atomic_fetch_add(&connection->received, (int64_t)bytes);
}

void connection_answers(struct connection *connection)
{
    move(connection, PHASE_ANSWER);
}

void connection_request_over(struct connection *connection, bool complete)
{
    if (connection->noted) { /* the token itself is read under the lock only: who ends the download clears it */
        connection_note_token(connection, "");
    }
    if (connection->progress != NULL) {
        progress_end(connection->progress, complete);
    }
    move(connection, PHASE_IDLE);
}

struct progress *connection_progress(struct connection *connection)
{
    return connection->progress;
}

const char *connection_peer(const struct connection *connection)
{
    return connection->peer;
}

bool connection_has_left(const struct connection *connection)
{
    struct pollfd look = {.fd = connection->fd, .events = POLLRDHUP};
    return poll(&look, 1, 0) > 0;
}

bool connection_is_secure(const struct connection *connection)
{
    return connection->secure;
}

void connection_note_answer(struct connection *connection, int http_status, int64_t bytes)
{
    connection->http_status = http_status;
    connection->bytes = bytes;
}

void connection_note_request(struct connection *connection, struct request_note *note)
{
    request_note_destroy(connection->request);
    connection->request = note;
    connection->sent = 0;
}

struct request_note *connection_take_request(struct connection *connection)
{
    struct request_note *note = connection->request;
    connection->request = NULL;
    return note;
}

void connection_note_sent(struct connection *connection, int64_t bytes)
{
    connection->sent = bytes;
}

int64_t connection_sent(const struct connection *connection)
{
    return connection->sent;
}

void connection_note_taken(struct connection *connection, int http_status, int64_t bytes, const char *end)
{
    connection_note_answer(connection, http_status, bytes);
    connection->sent = bytes;
    connection->taken = end;
}

const char *connection_taken(const struct connection *connection)
{
    return connection->taken;
}

int connection_answer(const struct connection *connection, int64_t *bytes)
{
    *bytes = connection->bytes;
    return connection->http_status;
}
