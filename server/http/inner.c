#include "http/inner.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/catalog.h"
#include "base/cleanup.h"
#include "crypto/random.h"
#include "http/perform.h"
#include "http/router.h"

enum { PIECE = 64 * 1024 };

static void never_woken(void *waker)
{
    (void)waker;
}

static struct request *request_for(enum method method, const char *path, const char *content_type)
{
    struct request *request = malloc(sizeof *request);
    char allow[ANSWER_ALLOW];
    if (request == NULL) {
        return NULL;
    }
    request_init(request, LIMIT_HTTP_BODY);
    request->wake = never_woken;
    request->method = method;
    request->authorized = true;
    (void)snprintf(request->content_type, sizeof request->content_type, "%s", content_type);
    enum status status = target_parse(path, &request->target);
    enum route_match match = status == OK ? router_find(http_routes, request, allow) : MATCH_NO_PATH;
    assert(match == MATCH_FOUND);
    (void)match;
    return request;
}

/* Checks, acts and frees the request. */
static void perform_take(const struct api *api, struct request *request, enum status status, struct answer *answer)
{
    answer_init(answer);
    if (status == OK) {
        status = perform_check(request);
    }
    if (status == OK) {
        perform_act(api, request, answer);
        assert(request->turn == TURN_ANSWERED);
    } else {
        request_refuse(request, answer, status, NULL);
    }
    request_finish(request);
    free(request);
}

enum status inner_call(const struct api *api, enum method method, const char *path, const json_t *body,
                       struct answer *answer)
{
    struct request *request = request_for(method, path, "application/json");
    CLEANUP(cleanup_free) char *text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
    if (request == NULL || (body != NULL && text == NULL)) {
        free(request);
        return E_NOMEM;
    }
    if (text != NULL) {
        buffer_append(&request->body, text, strlen(text));
    }
    perform_take(api, request, buffer_status(&request->body), answer);
    return OK;
}

static enum status add_text(struct request *request, const char *text)
{
    return upload_add(request->upload, text, strlen(text), &request->verdict);
}

static enum status add_file(struct request *request, const char *boundary, const struct inner_file *file)
{
    char head[LIMIT_FILE_NAME + 160];
    CLEANUP(cleanup_free) char *piece = malloc(PIECE);
    (void)snprintf(head, sizeof head,
                   "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n"
                   "Content-Type: application/octet-stream\r\n\r\n",
                   boundary, file->name);
    enum status status = piece == NULL ? E_NOMEM : add_text(request, head);
    long got = 1;
    while (status == OK && (got = file->read(file->context, piece, PIECE)) > 0) {
        status = upload_add(request->upload, piece, (size_t)got, &request->verdict);
    }
    if (got < 0) {
        status = E_IO;
    }
    return status == OK ? add_text(request, "\r\n") : status;
}

static enum status write_parts(struct request *request, const char *boundary, const json_t *package,
                               const struct inner_file *files, size_t count)
{
    CLEANUP(cleanup_free) char *text = json_dumps(package, JSON_COMPACT);
    CLEANUP(cleanup_free) char *head = NULL;
    CLEANUP(cleanup_free) char *end = NULL;
    if (text == NULL ||
        asprintf(&head, "--%s\r\nContent-Disposition: form-data; name=\"package\"\r\n\r\n%s\r\n", boundary, text) < 0 ||
        asprintf(&end, "--%s--\r\n", boundary) < 0) {
        return E_NOMEM;
    }
    enum status status = add_text(request, head);
    for (size_t i = 0; i < count && status == OK; i++) {
        status = add_file(request, boundary, &files[i]);
    }
    return status == OK ? add_text(request, end) : status;
}

enum status inner_upload(const struct api *api, const json_t *package, const struct inner_file *files, size_t count,
                         struct answer *answer)
{
    char boundary[LIMIT_TOKEN + 1];
    char type[64];
    enum status status = random_token(boundary); /* no file can hold it */
    (void)snprintf(type, sizeof type, "multipart/form-data; boundary=%s", status == OK ? boundary : "");
    struct request *request = status == OK ? request_for(METHOD_POST, "/api/v1/packages", type) : NULL;
    if (request == NULL) {
        return status == OK ? E_NOMEM : status;
    }
    status = upload_create(type, app_upload_dir(api->app), &request->upload);
    if (status == OK) {
        status = write_parts(request, boundary, package, files, count);
    }
    perform_take(api, request, status, answer);
    return OK;
}
