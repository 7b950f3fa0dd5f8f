#include "http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "app/firmware_table.h"
#include "base/cleanup.h"
#include "base/instant.h"
#include "base/log.h"
#include "http/call.h"
#include "http/event_stream.h"
#include "http/package_checks.h"
#include "http/waiting.h"

enum { MOVED_MOST = 500 }; /* downloads whose progress is told in one tick */
enum { THREADS = 2, BACKLOG = 1024, CONNECTION_MEMORY = 32 * 1024, GOODBYE_MS = 300 };

struct http_server {
    struct hall hall;
    char *token; /* owned; what hall.token points to */
    uint16_t port;
    struct MHD_Daemon *daemon;
    atomic_int connections; /* open ones */
    pthread_t ticker;       /* samples progress, unmaps idle files, expires calls */
    bool has_ticker;
    pthread_mutex_t lock;
    pthread_cond_t stopping_changed;
    bool stopping;
    int64_t moved[MOVED_MOST]; /* tasks whose download has gone on, for the loop; under the lock */
    size_t moved_count;
    struct loop_wakeup *moved_wakeup;
};

static void *on_uri(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct http_server *server = context;
    return call_create(&server->hall, connection, uri);
}

static enum MHD_Result on_access(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                 const char *version, const char *bytes, size_t *size, void **slot)
{
    (void)context;
    (void)connection;
    (void)url;
    return *slot == NULL ? MHD_NO : call_step(*slot, method, version, bytes, size);
}

static struct progress *progress_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode code)
{
    (void)context;
    struct progress *progress = progress_of(connection);
    if (progress != NULL) {
        progress_end(progress, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    }
    call_destroy(*slot);
    *slot = NULL;
}

/*
 * The limit of connections is ours: libmicrohttpd's own is cut into one for each thread, and a thread that has reached
 * its share swallows the wake-up that another one would need (EPOLLEXCLUSIVE), so that a connection hangs unaccepted.
 */
static enum MHD_Result on_accept(void *context, const struct sockaddr *peer, socklen_t length)
{
    struct http_server *server = context;
    (void)peer;
    (void)length;
    if (atomic_load(&server->connections) < LIMIT_HTTP_CONNECTIONS) {
        return MHD_YES;
    }
    log_warn("http", "a connection was refused: %d are open", LIMIT_HTTP_CONNECTIONS);
    return MHD_NO;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **slot,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = context;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        (void)atomic_fetch_sub(&server->connections, 1);
        progress_close(*slot);
        *slot = NULL;
        return;
    }
    (void)atomic_fetch_add(&server->connections, 1);
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct progress *progress = NULL;
    if (info != NULL && progress_open(server->hall.firmware.progress, info->connect_fd, &progress) == OK) {
        *slot = progress;
    }
}

/* The path is decoded here, segment by segment; libmicrohttpd leaves everything as it came. */
static size_t keep_escaped(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static void on_log(void *context, const char *format, va_list arguments)
{
    (void)context;
    char text[256];
    (void)vsnprintf(text, sizeof text, format, arguments);
    text[strcspn(text, "\r\n")] = '\0';
    log_debug("http", "libmicrohttpd: %s", text);
}

/* The loop's thread: what the ticker saw. */
static void on_moved(void *context)
{
    struct http_server *server = context;
    int64_t tasks[MOVED_MOST];
    (void)pthread_mutex_lock(&server->lock);
    size_t count = server->moved_count;
    memcpy(tasks, server->moved, count * sizeof tasks[0]);
    server->moved_count = 0;
    (void)pthread_mutex_unlock(&server->lock);
    for (size_t i = 0; i < count; i++) {
        app_download_moved(server->hall.api.app, tasks[i]);
    }
}

/* Without listeners nothing is told; what the loop has not taken yet is what it will look at, so no more is added. */
static void tick_progress(struct http_server *server)
{
    int64_t tasks[MOVED_MOST];
    size_t most = event_streams_heard(server->hall.streams) ? MOVED_MOST : 0;
    size_t count = progress_tick(server->hall.firmware.progress, tasks, most);
    if (count > 0) {
        (void)pthread_mutex_lock(&server->lock);
        memcpy(server->moved, tasks, count * sizeof tasks[0]);
        server->moved_count = count;
        (void)pthread_mutex_unlock(&server->lock);
        loop_wakeup_post(server->moved_wakeup);
    }
}

static void *run_ticker(void *context)
{
    struct http_server *server = context;
    (void)pthread_mutex_lock(&server->lock);
    while (!server->stopping) {
        (void)pthread_mutex_unlock(&server->lock);
        int64_t now = monotonic_ms();
        tick_progress(server);
        mappings_tick(server->hall.firmware.mappings, now);
        desk_expire(server->hall.desk, now);
        (void)pthread_mutex_lock(&server->lock);
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += PROGRESS_TICK_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        if (!server->stopping) {
            (void)pthread_cond_timedwait(&server->stopping_changed, &server->lock, &until);
        }
    }
    (void)pthread_mutex_unlock(&server->lock);
    return NULL;
}

/* A listening socket of `address`, or E_IO. *port gets the port it has. */
static enum status listen_on(const struct address *address, int *fd, uint16_t *port, struct error *error)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    bool is_v6 = inet_pton(AF_INET6, address->host, &v6.sin6_addr) == 1;
    if (!is_v6 && inet_pton(AF_INET, address->host, &v4.sin_addr) != 1) {
        return error_set(error, E_FORMAT, "http", "%s is no numeric address", address->host);
    }
    struct sockaddr *name = is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
    socklen_t length = is_v6 ? sizeof v6 : sizeof v4;
    CLEANUP(cleanup_fd) int made = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    int off = 0;
    /* Connections inherit it. Left to itself the kernel lets each grow to 4 MB: 32 downloads then push each other out
     * of the processor's cache (a third of the speed), and 2000 of them take 8 GB. */
    int send_buffer = LIMIT_HTTP_SEND_BUFFER;
    if (made < 0 || setsockopt(made, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer) != 0 ||
        setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        (is_v6 && setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0) ||
        bind(made, name, length) != 0 || listen(made, BACKLOG) != 0 || getsockname(made, name, &length) != 0) {
        char text[96];
        int reason = errno;
        return error_set(error, E_IO, "http", "cannot listen on %s: %s", address_format(address, text, sizeof text),
                         strerror(reason));
    }
    *port = ntohs(is_v6 ? v6.sin6_port : v4.sin_port);
    *fd = made;
    made = -1;
    return OK;
}

static enum status start_daemon(struct http_server *server, int fd)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    server->daemon =
        MHD_start_daemon(flags, 0, on_accept, server, on_access, server, MHD_OPTION_EXTERNAL_LOGGER, on_log, server,
                         MHD_OPTION_LISTEN_SOCKET, (MHD_socket)fd, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS,
                         MHD_OPTION_CONNECTION_LIMIT, (unsigned)(THREADS * (LIMIT_HTTP_CONNECTIONS + 1)),
                         MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)LIMIT_HTTP_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                         (size_t)CONNECTION_MEMORY, MHD_OPTION_URI_LOG_CALLBACK, on_uri, server,
                         MHD_OPTION_UNESCAPE_CALLBACK, keep_escaped, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
                         server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
    return server->daemon == NULL ? E_INTERNAL : OK;
}

static enum status start_ticker(struct http_server *server)
{
    pthread_condattr_t monotonic;
    if (pthread_mutex_init(&server->lock, NULL) != 0 || pthread_condattr_init(&monotonic) != 0) {
        return E_NOMEM;
    }
    bool made = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 &&
                pthread_cond_init(&server->stopping_changed, &monotonic) == 0;
    (void)pthread_condattr_destroy(&monotonic);
    if (!made || pthread_create(&server->ticker, NULL, run_ticker, server) != 0) {
        return E_NOMEM;
    }
    server->has_ticker = true;
    return OK;
}

static enum status build(struct http_server *server, struct loop *loop, const struct http_settings *settings)
{
    struct hall *hall = &server->hall;
    hall->firmware.table = app_firmware_table(hall->api.app);
    if (settings->api_token != NULL) {
        server->token = strdup(settings->api_token);
        hall->token = server->token;
        if (server->token == NULL) {
            return E_NOMEM;
        }
    }
    json_object_seed(0); /* before there are threads */
    enum status status = desk_create(loop, &call_desk_handlers, NULL, &hall->desk);
    if (status == OK) {
        status = mappings_create(&hall->firmware.mappings);
    }
    if (status == OK) {
        status = progress_list_create(hall->firmware.table, &hall->firmware.progress);
    }
    if (status == OK) {
        int64_t beat_ms = settings->event_beat_ms == 0 ? LIMIT_EVENT_BEAT_MS : settings->event_beat_ms;
        status = event_streams_create(loop, beat_ms, &hall->streams);
    }
    if (status == OK) {
        status = waiting_create(loop, hall->api.app, &hall->api.waiting);
    }
    if (status == OK) {
        status = package_checks_create(loop, hall->api.app, hall->firmware.mappings, &hall->api.checks);
    }
    if (status == OK) {
        status = loop_wakeup_create(loop, on_moved, server, &server->moved_wakeup);
    }
    return status == OK ? start_ticker(server) : status;
}

enum status http_server_create(struct loop *loop, struct app *app, const struct http_settings *settings,
                               struct http_server **server, struct error *error)
{
    CLEANUP(cleanup_fd) int fd = -1;
    uint16_t port = 0;
    enum status status = listen_on(&settings->address, &fd, &port, error);
    if (status != OK) {
        return status;
    }
    struct http_server *created = calloc(1, sizeof *created);
    if (created == NULL) {
        return error_set(error, E_NOMEM, "http", "%s", status_text(E_NOMEM));
    }
    created->port = port;
    struct api *api = &created->hall.api;
    *api = (struct api){.app = app, .readiness = settings->readiness, .readiness_context = settings->readiness_context};
    struct address address = settings->address;
    address.port = port;
    char text[96];
    (void)snprintf(api->http_url, sizeof api->http_url, "http://%s", address_format(&address, text, sizeof text));
    status = build(created, loop, settings);
    if (status == OK) {
        status = start_daemon(created, fd);
    }
    if (status != OK) {
        http_server_destroy(created);
        return error_set(error, status, "http", "cannot be started: %s", status_text(status));
    }
    fd = -1; /* libmicrohttpd closes it */
    *server = created;
    return OK;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

void http_server_set_mqtt_url(struct http_server *server, const char *url)
{
    (void)snprintf(server->hall.api.mqtt_url, sizeof server->hall.api.mqtt_url, "%s", url);
}

void http_server_check_packages(struct http_server *server)
{
    package_checks_start(server->hall.api.checks);
}

void http_server_changed(struct http_server *server, int64_t plan_id, const char *device_key)
{
    waiting_changed(server->hall.api.waiting, plan_id, device_key);
}

void http_server_event(struct http_server *server, const struct event *event)
{
    event_streams_publish(server->hall.streams, event);
}

bool http_server_frames_wanted(struct http_server *server)
{
    return event_streams_frames_wanted(server->hall.streams);
}

/* libmicrohttpd stops without sending what it has: those who were refused just now shall read why. */
static void let_answers_go(struct http_server *server)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    for (int ms = 0; ms < GOODBYE_MS && atomic_load(&server->hall.awaiting) > 0; ms++) {
        (void)nanosleep(&pause, NULL);
    }
}

void http_server_destroy(struct http_server *server)
{
    if (server == NULL) {
        return;
    }
    if (server->hall.desk != NULL) {
        desk_close(server->hall.desk); /* resumes all that is suspended: libmicrohttpd insists on it */
        let_answers_go(server);
    }
    if (server->hall.streams != NULL) {
        event_streams_close(server->hall.streams);
    }
    if (server->has_ticker) {
        (void)pthread_mutex_lock(&server->lock);
        server->stopping = true;
        (void)pthread_cond_signal(&server->stopping_changed);
        (void)pthread_mutex_unlock(&server->lock);
        (void)pthread_join(server->ticker, NULL);
        (void)pthread_cond_destroy(&server->stopping_changed);
        (void)pthread_mutex_destroy(&server->lock);
    }
    if (server->daemon != NULL) {
        MHD_stop_daemon(server->daemon);
    }
    progress_list_destroy(server->hall.firmware.progress);
    if (server->moved_wakeup != NULL) {
        loop_wakeup_destroy(server->moved_wakeup);
    }
    event_streams_destroy(server->hall.streams);
    waiting_destroy(server->hall.api.waiting);
    package_checks_destroy(server->hall.api.checks);
    mappings_destroy(server->hall.firmware.mappings);
    desk_destroy(server->hall.desk);
    free(server->token);
    free(server);
}
