#include "http/server.h"

#include <assert.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/firmware_table.h"
#include "base/cleanup.h"
#include "base/instant.h"
#include "base/log.h"
#include "crypto/random.h"
#include "http/answer_cache.h"
#include "http/call.h"
#include "http/connection.h"
#include "http/event_stream.h"
#include "http/event_waiting.h"
#include "http/fixture.h"
#include "http/listening.h"
#include "http/metrics.h"
#include "http/package_checks.h"
#include "http/waiting.h"

enum { MOVED_MOST = 500 }; /* downloads whose progress is told in one tick */
enum { THREADS = 2, GOODBYE_MS = 300, SWEEP_TICKS = 4 };

enum side { SIDE_CLEAR, SIDE_TLS, SIDES };

struct http_server {
    struct hall hall;
    char *token;      /* owned; what hall.token points to */
    char *public_url; /* owned; what hall.api.public_url points to */
    uint16_t ports[SIDES];
    struct MHD_Daemon *daemons[SIDES]; /* NULL: there is no such side */
    pthread_t ticker;                  /* samples progress, unmaps idle files, expires calls */
    bool has_ticker;
    pthread_mutex_t lock;
    pthread_cond_t stopping_changed;
    bool stopping;
    bool revoked;              /* firmware links were: downloads are to end; under the lock */
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

static struct connection *connection_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode code)
{
    struct http_server *server = context;
    struct connection *state = connection_of(connection);
    int64_t bytes = 0;
    int http_status = state == NULL ? 0 : connection_answer(state, &bytes);
    if (*slot != NULL) {
        call_over(*slot, state == NULL ? "" : connection_peer(state), http_status, bytes);
    }
    if (state != NULL) {
        connection_request_over(state, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
        requests_over(server->hall.firmware.requests, state, code);
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
    if (connections_have_room(server->hall.api.connections)) {
        return MHD_YES;
    }
    log_warn("http", "a connection was refused: there are --max-connections of them");
    return MHD_NO;
}

static void open_connection(struct http_server *server, struct MHD_Connection *connection, void **slot, enum side side)
{
    const union MHD_ConnectionInfo *fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    int socket = fd == NULL ? -1 : fd->connect_fd;
    const union MHD_ConnectionInfo *peer = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct connection *state = NULL;
    if (socket >= 0 && connection_open(server->hall.api.connections, socket,
                                       side == SIDE_CLEAR ? server->hall.firmware.progress : NULL,
                                       peer == NULL ? NULL : peer->client_addr, side == SIDE_TLS, &state) == OK) {
        *slot = state;
    }
}

static void on_clear_connection(void *context, struct MHD_Connection *connection, void **slot,
                                enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        open_connection(context, connection, slot, SIDE_CLEAR);
    } else {
        connection_close(*slot);
        *slot = NULL;
    }
}

static void on_tls_connection(void *context, struct MHD_Connection *connection, void **slot,
                              enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        open_connection(context, connection, slot, SIDE_TLS);
    } else {
        connection_close(*slot);
        *slot = NULL;
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

static void sweep(struct http_server *server, int64_t now)
{
    size_t closed = connections_sweep(server->hall.api.connections, now);
    if (closed > 0) {
        log_info("http", "%zu connections were closed: their clients are too slow (--slow-client, --http-idle)",
                 closed);
    }
}

static void end_downloads(struct http_server *server)
{
    size_t ended = connections_end_revoked(server->hall.api.connections, server->hall.firmware.table);
    if (ended > 0) {
        log_info("http", "%zu downloads were ended: their product was reset", ended);
    }
}

static void *run_ticker(void *context)
{
    struct http_server *server = context;
    unsigned ticks = 0;
    (void)pthread_mutex_lock(&server->lock);
    while (!server->stopping) {
        bool revoked = server->revoked;
        server->revoked = false;
        (void)pthread_mutex_unlock(&server->lock);
        int64_t now = monotonic_ms();
        if (revoked) {
            end_downloads(server);
        }
        if (ticks++ % SWEEP_TICKS == 0) {
            sweep(server, now);
        }
        tick_progress(server);
        mappings_tick(server->hall.firmware.mappings, now);
        desk_expire(server->hall.desk, now);
        (void)pthread_mutex_lock(&server->lock);
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += PROGRESS_TICK_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        if (!server->stopping && !server->revoked) {
            (void)pthread_cond_timedwait(&server->stopping_changed, &server->lock, &until);
        }
    }
    (void)pthread_mutex_unlock(&server->lock);
    return NULL;
}

/* Takes over `fd`, also when it fails. */
static enum status start_daemon(struct http_server *server, const struct http_settings *settings, enum side side,
                                int fd, const struct MHD_OptionItem *tls)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    flags |= side == SIDE_TLS ? MHD_USE_TLS : 0;
    server->daemons[side] = MHD_start_daemon(
        flags, 0, on_accept, server, on_access, server, MHD_OPTION_EXTERNAL_LOGGER, on_log, server,
        MHD_OPTION_LISTEN_SOCKET, (MHD_socket)fd, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)(THREADS * (settings->max_connections + 1)),
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)settings->idle_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)settings->max_header, MHD_OPTION_URI_LOG_CALLBACK, on_uri, server, MHD_OPTION_UNESCAPE_CALLBACK,
        keep_escaped, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        side == SIDE_TLS ? on_tls_connection : on_clear_connection, server, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
    return server->daemons[side] == NULL ? E_INTERNAL : OK;
}

/* The TLS side; libmicrohttpd brings GnuTLS along. Devices' TLS is OpenSSL's (mqtt/tls.h); both read the same files. */
static enum status start_tls(struct http_server *server, const struct http_settings *settings, struct error *error)
{
    CLEANUP(cleanup_free) char *certificate = NULL;
    CLEANUP(cleanup_free) char *key = NULL;
    CLEANUP(cleanup_fd) int fd = -1;
    enum status status = listening_read_pem(settings->tls_cert, "tls-cert", &certificate, error);
    if (status == OK) {
        status = listening_read_pem(settings->tls_key, "tls-key", &key, error);
    }
    if (status == OK) {
        status = listening_open(&settings->tls_address, "https", &fd, &server->ports[SIDE_TLS], error);
    }
    if (status != OK) {
        return status;
    }
    static char versions[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
    const struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, certificate},
                                         {MHD_OPTION_HTTPS_MEM_KEY, 0, key},
                                         {MHD_OPTION_HTTPS_PRIORITIES, 0, versions},
                                         {MHD_OPTION_END, 0, NULL}};
    status = start_daemon(server, settings, SIDE_TLS, fd, tls);
    if (status != OK) {
        return error_set(error, status, "tls-cert", "certificate %s and key %s do not make a TLS server",
                         settings->tls_cert, settings->tls_key);
    }
    fd = -1;
    return OK;
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

/* What libmicrohttpd's threads and the loop share. */
static enum status build_hall(struct http_server *server, struct loop *loop, const struct http_settings *settings)
{
    struct hall *hall = &server->hall;
    hall->firmware.table = app_firmware_table(hall->api.app);
    hall->loopback = address_is_loopback(&settings->address) &&
                     (settings->tls_cert == NULL || address_is_loopback(&settings->tls_address));
    hall->access_log = settings->access_log;
    hall->max_body = settings->max_body;
    if ((settings->api_token != NULL && (server->token = strdup(settings->api_token)) == NULL) ||
        (settings->public_url != NULL && (server->public_url = strdup(settings->public_url)) == NULL)) {
        return E_NOMEM;
    }
    hall->token = server->token;
    hall->api.public_url = server->public_url;
    json_object_seed(0); /* before there are threads */
    int64_t beat_ms = settings->event_beat_ms == 0 ? LIMIT_EVENT_BEAT_MS : settings->event_beat_ms;
    enum status status;
    if ((status = random_bytes((uint8_t *)&hall->boot_id, sizeof hall->boot_id)) != OK ||
        (status = metrics_create(&hall->api.metrics)) != OK || (status = answer_cache_create(&hall->api.cache)) != OK ||
        (status = connections_create(settings->max_connections, settings->slow_s * 1000LL, settings->idle_s * 1000LL,
                                     &hall->api.connections)) != OK ||
        (status = desk_create(loop, &call_desk_handlers, NULL, &hall->desk)) != OK ||
        (status = mappings_create(&hall->firmware.mappings)) != OK ||
        (status = progress_list_create(hall->firmware.table, &hall->firmware.progress)) != OK ||
        (status = event_log_create(&hall->events)) != OK ||
        (status = event_streams_create(loop, hall->events, beat_ms, &hall->streams)) != OK ||
        (status = waiters_create(loop, &hall->api.waiters)) != OK ||
        (status = waiting_create(loop, hall->api.app, hall->api.waiters, &hall->api.waiting)) != OK ||
        (status = event_waiting_create(hall->events, hall->api.waiters, &hall->api.event_waiting)) != OK ||
        (status = package_checks_create(loop, hall->api.app, hall->firmware.mappings, &hall->api.checks)) != OK) {
        return status;
    }
    return OK;
}

/* Opens both sides; the clear one last, so that a client who gets an answer there finds all of it. */
static enum status open_sides(struct http_server *server, const struct http_settings *settings, struct error *error)
{
    CLEANUP(cleanup_fd) int fd = -1;
    enum status status = listening_open(&settings->address, "http", &fd, &server->ports[SIDE_CLEAR], error);
    if (status == OK && settings->tls_cert != NULL) {
        status = start_tls(server, settings, error);
    }
    if (status != OK) {
        return status;
    }
    struct api *api = &server->hall.api;
    struct address address = settings->address;
    char text[96];
    address.port = server->ports[SIDE_CLEAR];
    server->hall.port = address.port;
    (void)snprintf(api->http_url, sizeof api->http_url, "http://%s", address_format(&address, text, sizeof text));
    static const struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    status = start_daemon(server, settings, SIDE_CLEAR, fd, none);
    if (status != OK) {
        return error_set(error, status, "http", "cannot be started: %s", status_text(status));
    }
    fd = -1;
    return OK;
}

static struct http_settings with_defaults(const struct http_settings *settings)
{
    struct http_settings all = *settings;
    all.max_body = all.max_body == 0 ? LIMIT_HTTP_BODY : all.max_body;
    all.max_header = all.max_header == 0 ? LIMIT_HTTP_HEADER : all.max_header;
    all.max_connections = all.max_connections == 0 ? LIMIT_HTTP_CONNECTIONS : all.max_connections;
    all.idle_s = all.idle_s == 0 ? LIMIT_HTTP_IDLE_S : all.idle_s;
    all.slow_s = all.slow_s == 0 ? LIMIT_HTTP_SLOW_S : all.slow_s;
    return all;
}

enum status http_server_create(struct loop *loop, struct app *app, const struct http_settings *settings,
                               struct http_server **server, struct error *error)
{
    struct http_settings all = with_defaults(settings);
    struct http_server *created = calloc(1, sizeof *created);
    if (created == NULL) {
        return error_set(error, E_NOMEM, "http", "%s", status_text(E_NOMEM));
    }
    struct api *api = &created->hall.api;
    api->app = app;
    api->readiness = all.readiness;
    api->gauges = all.gauges;
    api->readiness_context = all.readiness_context;
    enum status status = build_hall(created, loop, &all);
    if (status == OK) {
        status = loop_wakeup_create(loop, on_moved, created, &created->moved_wakeup);
    }
    if (status == OK) {
        status = requests_create(loop, app, &created->hall.firmware.requests);
    }
    if (status == OK) {
        status = faulty_create(app_faults(app), created->hall.firmware.table, &created->hall.firmware.faulty);
    }
    if (status == OK) {
        status = start_ticker(created);
    }
    if (status != OK) {
        (void)error_set(error, status, "http", "cannot be started: %s", status_text(status));
    } else {
        status = open_sides(created, &all, error);
    }
    if (status != OK) {
        http_server_destroy(created);
        return status;
    }
    *server = created;
    return OK;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->ports[SIDE_CLEAR];
}

uint16_t http_server_tls_port(const struct http_server *server)
{
    return server->ports[SIDE_TLS];
}

void http_server_set_mqtt_url(struct http_server *server, const char *url)
{
    (void)snprintf(server->hall.api.mqtt_url, sizeof server->hall.api.mqtt_url, "%s", url);
}

enum status http_server_seed(struct http_server *server, const char *folder, struct error *error)
{
    return fixture_import_folder(&server->hall.api, folder, &server->hall.api.seeds, error);
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
    struct hall *hall = &server->hall;
    assert(event_traits(event->kind, event->what) != 0); /* else filters would call it impossible (domain/event.c) */
    if (event_is_kept(event->kind, event->what)) {
        event_log_add(hall->events, event);
        event_waiting_told(hall->api.event_waiting, event);
    }
    event_streams_publish(hall->streams, event);
}

bool http_server_frames_wanted(struct http_server *server)
{
    return event_streams_frames_wanted(server->hall.streams);
}

void http_server_links_revoked(struct http_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    server->revoked = true;
    (void)pthread_cond_signal(&server->stopping_changed);
    (void)pthread_mutex_unlock(&server->lock);
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
    faulty_close(server->hall.firmware.faulty);
    if (server->has_ticker) {
        (void)pthread_mutex_lock(&server->lock);
        server->stopping = true;
        (void)pthread_cond_signal(&server->stopping_changed);
        (void)pthread_mutex_unlock(&server->lock);
        (void)pthread_join(server->ticker, NULL);
        (void)pthread_cond_destroy(&server->stopping_changed);
        (void)pthread_mutex_destroy(&server->lock);
    }
    for (int side = 0; side < SIDES; side++) {
        if (server->daemons[side] != NULL) {
            MHD_stop_daemon(server->daemons[side]);
        }
    }
    progress_list_destroy(server->hall.firmware.progress);
    if (server->moved_wakeup != NULL) {
        loop_wakeup_destroy(server->moved_wakeup);
    }
    requests_destroy(server->hall.firmware.requests);
    faulty_destroy(server->hall.firmware.faulty);
    event_streams_destroy(server->hall.streams);
    event_waiting_destroy(server->hall.api.event_waiting);
    event_log_destroy(server->hall.events);
    waiting_destroy(server->hall.api.waiting);
    waiters_destroy(server->hall.api.waiters);
    package_checks_destroy(server->hall.api.checks);
    mappings_destroy(server->hall.firmware.mappings);
    desk_destroy(server->hall.desk);
    connections_destroy(server->hall.api.connections);
    metrics_destroy(server->hall.api.metrics);
    answer_cache_destroy(server->hall.api.cache);
    json_decref(server->hall.api.seeds);
    free(server->token);
    free(server->public_url);
    free(server);
}
