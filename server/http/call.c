#include "http/call.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/text.h"
#include "crypto/random.h"
#include "http/event_stream.h"
#include "http/perform.h"
#include "http/respond.h"
#include "http/router.h"

/* A refused body is read to its end before the answer up to this size, so that the client surely reads the answer. */
enum { DRAIN_MOST = 4 * 1024 * 1024 };

#define FIRMWARE "/firmware/"

enum call_state { CALL_NEW, CALL_FIRMWARE, CALL_BODY, CALL_REFUSED, CALL_WAITING, CALL_ANSWERED };

struct call {
    struct desk_item item; /* first: the desk's view of a call */
    struct hall *hall;
    struct MHD_Connection *connection;
    char *uri;
    enum call_state state;
    bool awaiting; /* counts in hall->awaiting */
    int64_t received;
    struct request *request; /* owned; NULL: none is needed, as for a firmware download */
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

static const char *header(const struct call *call, const char *name)
{
    return MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}

static bool is_api(const struct call *call)
{
    const struct target *target = &call->request->target;
    return target->segment_count > 0 && strcmp(target->segments[0], "api") == 0;
}

static void wake(void *waker)
{
    struct call *call = waker;
    desk_wake(call->hall->desk, &call->item);
}

static enum MHD_Result send_answer(struct call *call)
{
    log_debug("http", "path=%s status=%d", call->request->target.path, call->answer.http_status);
    return respond_answer_take(call->connection, &call->answer, is_api(call));
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

static bool is_authorized(const struct call *call)
{
    static const char scheme[] = "Bearer ";
    const char *value = header(call, "Authorization");
    return call->hall->token == NULL || !is_api(call) ||
           (value != NULL && strncasecmp(value, scheme, sizeof scheme - 1) == 0 &&
            secret_equal(value + sizeof scheme - 1, call->hall->token));
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
    if (!is_authorized(call)) {
        refuse(call, PROBLEM_UNAUTHORIZED, "send 'Authorization: Bearer TOKEN'");
        return false;
    }
    char allow[ANSWER_ALLOW];
    switch (router_find(http_routes, request, allow)) {
    case MATCH_FOUND:
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
    return call->request->route->body == BODY_PACKAGE ? LIMIT_UPLOAD : LIMIT_HTTP_BODY;
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

/* Whether the target is plainly a firmware link: that needs no request of its own. */
static bool is_firmware(const struct call *call, enum method method)
{
    return (method == METHOD_GET || method == METHOD_HEAD) && text_starts_with(call->uri, FIRMWARE) &&
           strpbrk(call->uri + strlen(FIRMWARE), "/?%") == NULL;
}

/* `segment`: what follows /firmware/. */
static enum MHD_Result respond_firmware(const struct call *call, const char *segment, const char *method,
                                        const char *version)
{
    const char *wish = header(call, "Connection");
    bool last = strcmp(version, MHD_HTTP_VERSION_1_1) != 0 || (wish != NULL && strcasecmp(wish, "close") == 0);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct progress *progress = info == NULL ? NULL : info->socket_context;
    return firmware_respond(&call->hall->firmware, call->connection, segment, method_parse(method) == METHOD_HEAD, last,
                            progress);
}

/*
 * The headers are there. An answer queued here makes libmicrohttpd close the connection behind it, so all but a large
 * body that is refused wait for the next step.
 */
static enum MHD_Result begin(struct call *call, enum method method)
{
    if (is_firmware(call, method)) {
        call->state = CALL_FIRMWARE;
        return MHD_YES;
    }
    call->request = malloc(sizeof *call->request);
    if (call->request == NULL) {
        return MHD_NO;
    }
    request_init(call->request);
    call->request->wake = wake;
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

static enum MHD_Result add_body(struct call *call, const char *bytes, size_t count)
{
    struct request *request = call->request;
    call->received += (int64_t)count;
    if (call->state == CALL_REFUSED || call->state == CALL_FIRMWARE) {
        /* libmicrohttpd takes no answer in the middle of a body: it is drained, but not for ever */
        return call->received > LIMIT_UPLOAD ? MHD_NO : MHD_YES;
    }
    enum status status = OK;
    if (request->upload != NULL) {
        status = call->received > LIMIT_UPLOAD ? E_LIMIT : upload_add(request->upload, bytes, count, &request->verdict);
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
    if (call->request->route->place == PLACE_EVENTS) {
        return respond_events(call);
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
