#include "http/call.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/log.h"
#include "base/text.h"
#include "http/admit.h"
#include "http/connection.h"
#include "http/event_stream.h"
#include "http/metrics.h"
#include "http/perform.h"
#include "http/respond.h"
#include "http/router.h"

/* A refused body is read to its end before the answer up to this size, so that the client surely reads the answer. */
enum { DRAIN_MOST = 4 * 1024 * 1024 };

#define FIRMWARE "/firmware/"

enum { LOG_PATH = 512 };

enum call_state { CALL_NEW, CALL_FIRMWARE, CALL_BODY, CALL_REFUSED, CALL_WAITING, CALL_ANSWERED };

struct call {
    struct desk_item item; /* first: the desk's view of a call */
    struct hall *hall;
    struct MHD_Connection *connection;
    char *uri;
    enum call_state state;
    bool awaiting; /* counts in hall->awaiting */
    int64_t received;
    int64_t start_us;
    enum method method;
    char id[LIMIT_REQUEST_ID + 1];
    const struct route *route; /* for the metrics; NULL: none was found */
    struct request *request;   /* owned; NULL: none is needed, as for a firmware download */
    struct answer answer;
};

struct call *call_create(struct hall *hall, struct MHD_Connection *connection, const char *uri)
{
    struct call *call = calloc(1, sizeof *call);
    if (call == NULL) {
        return NULL;
    }
    call->hall = hall;
    call->connection = connection;
    call->start_us = monotonic_us();
    answer_init(&call->answer);
    call->uri = strdup(uri);
    if (call->uri == NULL) {
        free(call);
        return NULL;
    }
    return call;
}

void call_destroy(struct call *call)
{
    if (call == NULL) {
        return;
    }
    if (call->request != NULL) {
        request_finish(call->request);
        free(call->request);
    }
    answer_finish(&call->answer);
    if (call->awaiting) {
        (void)atomic_fetch_sub(&call->hall->awaiting, 1);
    }
    free(call->uri);
    free(call);
}

/* The path as a log may show it: without the query, and of a firmware link not the token, which is a secret. */
static void log_path(const struct call *call, char path[LOG_PATH])
{
    bool firmware = text_starts_with(call->uri, FIRMWARE);
    size_t length = firmware ? strlen(FIRMWARE) : strcspn(call->uri, "?");
    (void)snprintf(path, LOG_PATH, "%.*s%s", (int)length, call->uri, firmware ? "..." : "");
}

void call_over(const struct call *call, const char *peer, int http_status, int64_t bytes)
{
    struct hall *hall = call->hall;
    int64_t micros = monotonic_us() - call->start_us;
    bool failed = http_status >= 500 && http_status != 503;
    metrics_note(hall->api.metrics, call->route, http_status, micros, bytes);
    if (!hall->access_log && !failed) {
        return;
    }
    char path[LOG_PATH];
    log_path(call, path);
    (failed ? log_warn : log_info)(
        "access", "request=%s peer=%s method=%s path=%s status=%d bytes=%" PRId64 " ms=%" PRId64 ".%03d", call->id,
        peer, method_name(call->method), path, http_status, bytes, micros / 1000, (int)(micros % 1000));
}

static const char *header(const struct call *call, const char *name)
{
    return MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}

static struct connection *connection_of(const struct call *call)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

/* The client's own X-Request-Id when it is a word, or one of ours. */
static void choose_id(struct call *call)
{
    const char *given = header(call, "X-Request-Id");
    if (given != NULL && text_is_word(given, 1, LIMIT_REQUEST_ID, "-_.:")) {
        (void)snprintf(call->id, sizeof call->id, "%s", given);
    } else {
        (void)snprintf(call->id, sizeof call->id, "%08" PRIx32 "%08" PRIx64, call->hall->boot_id,
                       (uint64_t)atomic_fetch_add(&call->hall->calls, 1));
    }
}

static void wake(void *waker)
{
    struct call *call = waker;
    desk_wake(call->hall->desk, &call->item);
}

static bool has_left(void *waker)
{
    const struct connection *connection = connection_of(waker);
    return connection != NULL && connection_has_left(connection);
}

static enum MHD_Result send_answer(struct call *call)
{
    struct connection *connection = connection_of(call);
    if (connection != NULL) {
        connection_note_answer(connection, call->answer.http_status, (int64_t)call->answer.length);
        connection_answers(connection);
    }
    call->answer.request_id = call->id;
    return respond_answer_take(call->connection, &call->answer, admit_needs_token(&call->request->target));
}

/* What an upload wrote goes before the answer does: who was refused may look at once. */
static void drop_upload(struct call *call)
{
    upload_destroy(call->request->upload);
    call->request->upload = NULL;
}

static void refuse(struct call *call, enum problem problem, const char *detail)
{
    drop_upload(call);
    problem_answer(&call->answer, problem, call->request->target.path, detail, NULL);
    call->state = CALL_REFUSED;
}

static void refuse_status(struct call *call, enum status status, const char *detail)
{
    drop_upload(call);
    request_refuse(call->request, &call->answer, status, detail);
    call->state = CALL_REFUSED;
}

static struct sender sender_of(const struct call *call)
{
    return (struct sender){.host = header(call, "Host"),
                           .origin = header(call, "Origin"),
                           .authorization = header(call, "Authorization"),
                           .firmware = text_starts_with(call->uri, FIRMWARE)};
}

/* Target, token and route. False: refused, or answered already. */
static bool find_route(struct call *call)
{
    struct request *request = call->request;
    enum status status = target_parse(call->uri, &request->target);
    if (status != OK) {
        violation_add(&request->verdict.wrong, "the path or query cannot be read", "%s", "");
        refuse_status(call, E_FORMAT, status == E_LIMIT ? "the path or query is too long" : NULL);
        return false;
    }
    struct sender sender = sender_of(call);
    const char *foreign = admit_sender(call->hall, &sender);
    if (foreign != NULL) {
        refuse(call, PROBLEM_FOREIGN, foreign);
        return false;
    }
    request->authorized = admit_authorized(call->hall, &sender);
    if (admit_needs_token(&request->target) && !request->authorized) {
        refuse(call, PROBLEM_UNAUTHORIZED, "send 'Authorization: Bearer TOKEN'");
        return false;
    }
    admit_note_port(call->hall, request, call->id);
    char allow[ANSWER_ALLOW];
    switch (router_find(http_routes, request, allow)) {
    case MATCH_FOUND:
        call->route = request->route;
        return true;
    case MATCH_NO_PATH:
        refuse(call, PROBLEM_NOT_FOUND, "there is nothing at this path");
        return false;
    case MATCH_NO_METHOD:
        refuse(call, PROBLEM_METHOD, NULL);
        break;
    case MATCH_OPTIONS:
        answer_empty(&call->answer, 204);
        call->state = CALL_REFUSED;
        break;
    }
    memcpy(call->answer.allow, allow, sizeof allow);
    return false;
}

static bool is_type(const char *content_type, const char *type)
{
    size_t length = strlen(type);
    return strncasecmp(content_type, type, length) == 0 && strchr("; \t", content_type[length]) != NULL;
}

/* The announced length of the body; -1: chunked. */
static int64_t body_length(const struct call *call)
{
    const char *text = header(call, "Content-Length");
    int64_t length = 0;
    if (header(call, "Transfer-Encoding") != NULL) {
        return -1;
    }
    return text == NULL || text_parse_int(text, 0, INT64_MAX, &length) == E_FORMAT ? 0 : length;
}

static int64_t body_limit(const struct call *call)
{
    if (call->request->route->body == BODY_DOCUMENT) {
        return LIMIT_DOCUMENT;
    }
    return call->request->route->body == BODY_PACKAGE ? LIMIT_UPLOAD : call->hall->max_body;
}

/* Headers that must be right before the body is read. False: refused. */
static bool check_headers(struct call *call)
{
    struct request *request = call->request;
    int64_t length = body_length(call);
    const char *type = header(call, "Content-Type");
    const char *key = header(call, "Idempotency-Key");
    request->accept = header(call, "Accept");
    request->accept_language = header(call, "Accept-Language");
    request->accept_encoding = header(call, "Accept-Encoding");
    request->if_none_match = header(call, "If-None-Match");
    if (length > body_limit(call)) {
        refuse(call, PROBLEM_TOO_LARGE, "the body is larger than this call takes");
        return false;
    }
    if ((type != NULL && text_copy(request->content_type, sizeof request->content_type, type) != OK) ||
        (key != NULL && text_copy(request->idempotency_key, sizeof request->idempotency_key, key) != OK)) {
        violation_add(&request->verdict.wrong, "a header is longer than 255 bytes", "%s", "");
        refuse_status(call, E_FORMAT, "Content-Type or Idempotency-Key is too long");
        return false;
    }
    type = request->content_type;
    /* a body without a type is refused too: a page of a stranger can send that from a browser without being asked */
    bool json = is_type(type, "application/json");
    if (request->route->body == BODY_PACKAGE) {
        if (upload_create(type, app_upload_dir(call->hall->api.app), &request->upload) != OK) {
            refuse(call, PROBLEM_MEDIA_TYPE, "multipart/form-data is wanted, with a boundary");
            return false;
        }
        return true;
    }
    bool csv = request->route->body == BODY_LIST && is_type(type, "text/csv");
    if (!json && !csv && length != 0) {
        refuse(call, PROBLEM_MEDIA_TYPE,
               request->route->body == BODY_LIST ? "application/json or text/csv is wanted"
                                                 : "application/json is wanted");
        return false;
    }
    return true;
}

/* Whether the target is plainly a firmware link, asked for by a device: that needs no request of its own. */
static bool is_firmware(const struct call *call, enum method method)
{
    return header(call, "Origin") == NULL && (method == METHOD_GET || method == METHOD_HEAD) &&
           text_starts_with(call->uri, FIRMWARE) && strpbrk(call->uri + strlen(FIRMWARE), "/?%") == NULL;
}

/* `segment`: what follows /firmware/. */
static enum MHD_Result respond_firmware(const struct call *call, const char *segment, const char *method,
                                        const char *version)
{
    const char *wish = header(call, "Connection");
    bool last = strcmp(version, MHD_HTTP_VERSION_1_1) != 0 || (wish != NULL && strcasecmp(wish, "close") == 0);
    struct connection *connection = connection_of(call);
    if (connection != NULL) {
        connection_answers(connection);
    }
    return firmware_respond(&call->hall->firmware, call->connection, segment, method_parse(method) == METHOD_HEAD, last,
                            connection);
}

/*
 * The headers are there. An answer queued here makes libmicrohttpd close the connection behind it, so all but a large
 * body that is refused wait for the next step.
 */
static enum MHD_Result begin(struct call *call, enum method method)
{
    struct connection *connection = connection_of(call);
    if (connection != NULL) {
        connection_header_came(connection);
    }
    call->method = method;
    choose_id(call);
    if (is_firmware(call, method)) {
        call->state = CALL_FIRMWARE;
        return MHD_YES;
    }
    call->request = malloc(sizeof *call->request);
    if (call->request == NULL) {
        return MHD_NO;
    }
    request_init(call->request, call->hall->max_body);
    call->request->host = header(call, "Host");
    call->request->upload_dir = app_upload_dir(call->hall->api.app);
    call->request->secure = connection != NULL && connection_is_secure(connection);
    call->request->wake = wake;
    call->request->left = has_left;
    call->request->waker = call;
    call->state = CALL_BODY;
    call->request->method = method;
    if (find_route(call)) {
        (void)check_headers(call);
    }
    bool waits = header(call, "Expect") != NULL; /* for 100 Continue: it gets the answer instead */
    if (call->state == CALL_REFUSED && (waits || body_length(call) > DRAIN_MOST)) {
        return send_answer(call);
    }
    return MHD_YES;
}

/* A document goes to a nameless file: only what is made of it needs memory. */
static enum status spool(struct request *request, const char *bytes, size_t count)
{
    if (request->spool_fd < 0) {
        request->spool_fd = open(request->upload_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    }
    while (count > 0) {
        ssize_t written = request->spool_fd < 0 ? -1 : write(request->spool_fd, bytes, count);
        if (written < 0) {
            return errno == ENOSPC || errno == EDQUOT ? E_FULL : E_IO;
        }
        bytes += written;
        count -= (size_t)written;
    }
    return OK;
}

static enum MHD_Result add_body(struct call *call, const char *bytes, size_t count)
{
    struct request *request = call->request;
    struct connection *connection = connection_of(call);
    call->received += (int64_t)count;
    if (connection != NULL) {
        connection_body_came(connection, count);
    }
    if (call->state == CALL_REFUSED || call->state == CALL_FIRMWARE) {
        /* libmicrohttpd takes no answer in the middle of a body: it is drained, but not for ever */
        return call->received > LIMIT_UPLOAD ? MHD_NO : MHD_YES;
    }
    enum status status = OK;
    if (request->upload != NULL) {
        status = call->received > LIMIT_UPLOAD ? E_LIMIT : upload_add(request->upload, bytes, count, &request->verdict);
    } else if (request->route->body == BODY_DOCUMENT) {
        status = call->received > LIMIT_DOCUMENT ? E_LIMIT : spool(request, bytes, count);
    } else {
        buffer_append(&request->body, bytes, count);
        status = buffer_status(&request->body);
    }
    if (status != OK) {
        if (status == E_FORMAT && request->verdict.wrong.count == 0) {
            violation_add(&request->verdict.wrong, "is not multipart/form-data", "%s", "");
        }
        refuse_status(call, status, NULL);
    }
    return MHD_YES;
}

/* A HEAD gets the header of a stream that never begins. */
static enum MHD_Result respond_events(struct call *call)
{
    if (call->request->method == METHOD_HEAD) {
        answer_empty(&call->answer, 200);
        call->answer.content_type = "text/event-stream";
        return send_answer(call);
    }
    enum status status =
        event_streams_respond(call->hall->streams, call->connection, call->request, header(call, "Last-Event-ID"));
    if (status == OK) {
        struct connection *connection = connection_of(call);
        if (connection != NULL) {
            connection_note_answer(connection, 200, 0);
            connection_answers(connection);
        }
        return MHD_YES;
    }
    refuse_status(call, status, status == E_AGAIN ? "too many clients listen to events" : NULL);
    return send_answer(call);
}

/* All has come: parse, check, and act or wait for the loop. */
static enum MHD_Result complete(struct call *call)
{
    enum status status = perform_check(call->request);
    if (status != OK) {
        refuse_status(call, status, NULL);
        return send_answer(call);
    }
    if (call->request->route->place == PLACE_HERE) {
        call->request->route->act(&call->hall->api, call->request, &call->answer);
        call->state = CALL_ANSWERED;
        return send_answer(call);
    }
    if (call->request->route->place == PLACE_EVENTS && !call->request->input.awaits) {
        return respond_events(call);
    }
    struct connection *connection = connection_of(call);
    if (connection != NULL) {
        connection_answers(connection); /* from here on it waits for us */
    }
    call->state = CALL_WAITING;
    call->awaiting = true;
    (void)atomic_fetch_add(&call->hall->awaiting, 1);
    status = desk_put(call->hall->desk, &call->item);
    if (status != OK) {
        refuse_status(call, status, NULL);
        return send_answer(call);
    }
    return MHD_YES;
}

enum MHD_Result call_step(struct call *call, const char *method, const char *version, const char *bytes, size_t *size)
{
    if (call->state == CALL_NEW) {
        return begin(call, method_parse(method));
    }
    if (*size > 0) {
        size_t count = *size;
        *size = 0;
        return add_body(call, bytes, count);
    }
    if (call->state == CALL_FIRMWARE) {
        call->route = router_firmware();
        return respond_firmware(call, call->uri + strlen(FIRMWARE), method, version);
    }
    if (call->state == CALL_BODY && call->request->route->place == PLACE_FIRMWARE) {
        return respond_firmware(call, call->request->parameters[0], method, version);
    }
    if (call->state == CALL_BODY) {
        return complete(call);
    }
    return send_answer(call);
}

static void suspend(struct desk_item *item)
{
    MHD_suspend_connection(((struct call *)item)->connection);
}

static void go_on(struct call *call)
{
    request_drop_state(call->request); /* here, not when the request is over: it belongs to the loop's thread */
    call->state = CALL_ANSWERED;
    MHD_resume_connection(call->connection); /* from here on the call is the connection's thread's */
}

static enum desk_turn handle(void *context, struct desk_item *item)
{
    (void)context;
    struct call *call = (struct call *)item;
    perform_act(&call->hall->api, call->request, &call->answer);
    drop_upload(call);
    switch (call->request->turn) {
    case TURN_AGAIN:
        return DESK_TURN_AGAIN;
    case TURN_LATER:
        return DESK_TURN_LATER;
    case TURN_ANSWERED:
        break;
    }
    go_on(call);
    return DESK_TURN_DONE;
}

static void refuse_item(void *context, struct desk_item *item, enum status status)
{
    (void)context;
    struct call *call = (struct call *)item;
    refuse_status(call, status, NULL);
    go_on(call);
}

const struct desk_handlers call_desk_handlers = {suspend, handle, refuse_item};
