#include "http/perform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "app/catalog.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "http/router.h"

/* Query parameters that the route does not know are not ignored: a misspelt filter would show everything. */
static void check_parameters(struct request *request)
{
    for (size_t i = 0; i < request->target.parameter_count && request->route->parameters != NULL; i++) {
        const char *name = request->target.parameters[i].name;
        char wanted[64];
        int length = snprintf(wanted, sizeof wanted, " %s ", name);
        if (length >= (int)sizeof wanted || strchr(name, ' ') != NULL ||
            strstr(request->route->parameters, wanted) == NULL) {
            request_wrong_parameter(request, name, "unknown query parameter");
        }
    }
}

static enum status read_spool(struct request *request)
{
    struct stat about;
    if (fstat(request->spool_fd, &about) != 0) {
        return E_IO;
    }
    void *bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, request->spool_fd, 0);
    if (bytes == MAP_FAILED) {
        return E_NOMEM;
    }
    enum status status = json_body_parse(bytes, (size_t)about.st_size, &request->json, &request->verdict);
    (void)munmap(bytes, (size_t)about.st_size);
    return status;
}

static enum status read_body(struct request *request)
{
    if (request->upload != NULL) {
        enum status status = upload_end(request->upload, &request->verdict);
        if (status == E_TRUNCATED && request->verdict.wrong.count == 0) {
            violation_add(&request->verdict.wrong, "the closing boundary is missing", "%s", "");
        }
        return status == E_TRUNCATED ? E_FORMAT : status;
    }
    if (request->spool_fd >= 0) {
        return read_spool(request);
    }
    bool csv = request->route->body == BODY_LIST && strncasecmp(request->content_type, "text/csv", 8) == 0;
    if (request->body.length == 0 || csv) {
        return OK;
    }
    return json_body_parse(request->body.data, request->body.length, &request->json, &request->verdict);
}

enum status perform_check(struct request *request)
{
    enum status status = read_body(request);
    if (status != OK) {
        return status;
    }
    check_parameters(request);
    if (request->route->check != NULL) {
        request->route->check(request);
    }
    const struct verdict *verdict = &request->verdict;
    if (request->check_status != OK) {
        return request->check_status;
    }
    if (verdict->wrong.count > 0) {
        return E_FORMAT;
    }
    return verdict->broken.count > 0 && !request->app_names_more ? E_RULE : OK;
}

static enum status body_digest(const struct request *request, char digest[65])
{
    if (request->upload != NULL) {
        return upload_digest(request->upload, digest);
    }
    uint8_t bytes[32];
    enum status status = sha256_bytes(request->body.data, request->body.length, bytes);
    if (status == OK) {
        hex_encode(bytes, sizeof bytes, digest);
    }
    return status;
}

static void copy_key(char target[LIMIT_PRODUCT_KEY + 1], const json_t *json)
{
    const char *key = json_string_value(json_object_get(json, "productKey"));
    if (target[0] == '\0' && key != NULL) {
        text_copy_cut(target, LIMIT_PRODUCT_KEY + 1, key);
    }
}

/* Whose thing was created: as path, answer, body or match of a fault name it. "": no product's. */
static void name_product(const struct request *request, const struct answer *answer, char key[LIMIT_PRODUCT_KEY + 1])
{
    json_t *made = answer->body == NULL ? NULL : json_loadb(answer->body, answer->length, 0, NULL);
    key[0] = '\0';
    if (strncmp(request->route->pattern, "/api/v1/products/{}", 19) == 0) {
        text_copy_cut(key, LIMIT_PRODUCT_KEY + 1, request->parameters[0]);
    }
    copy_key(key, made);
    copy_key(key, request->json);
    copy_key(key, json_object_get(request->json, "match"));
    json_decref(made);
}

static void answer_again(struct answer *answer, struct kept_answer *kept)
{
    answer_text(answer, kept->http_status, "application/json", kept->body == NULL ? "" : kept->body);
    (void)snprintf(answer->location, sizeof answer->location, "%s", kept->location);
    free(kept->body);
}

/* Acts and keeps the answer, both or none; unless the route does so alone. */
static enum status act_and_keep(const struct api *api, struct request *request, const char *scope, const char *digest,
                                struct answer *answer)
{
    bool alone = request->route->creates == CREATES_ALONE;
    enum status status = alone ? OK : app_batch_begin(api->app);
    if (status != OK) {
        return status;
    }
    request->route->act(api, request, answer);
    if (answer->http_status == 201) {
        struct kept_answer kept = {.http_status = answer->http_status, .body = answer->body};
        name_product(request, answer, kept.product_key);
        (void)snprintf(kept.location, sizeof kept.location, "%s", answer->location);
        status = app_answer_keep(api->app, scope, request->idempotency_key, digest, &kept);
    }
    /* a creation whose answer could not be kept stays: the next try of the client then gets a 409 by its name */
    enum status ended = alone ? OK : app_batch_end(api->app);
    return ended != OK ? ended : status;
}

void perform_act(const struct api *api, struct request *request, struct answer *answer)
{
    request->turn = TURN_ANSWERED;
    if (request->route->creates == CREATES_NOTHING || request->idempotency_key[0] == '\0') {
        request->route->act(api, request, answer);
        return;
    }
    char scope[TARGET_TEXT + 8];
    (void)snprintf(scope, sizeof scope, "POST %s", request->target.path);
    char digest[65];
    struct kept_answer kept = {0};
    enum status status = body_digest(request, digest);
    if (status == OK) {
        status = app_answer_find(api->app, scope, request->idempotency_key, digest, &kept);
    }
    if (status == OK) {
        answer_again(answer, &kept);
        return;
    }
    if (status == E_NOT_FOUND) {
        status = act_and_keep(api, request, scope, digest, answer);
        if (status != OK) {
            answer_finish(answer);
            request_refuse(request, answer, status, NULL);
        }
        return;
    }
    if (status == E_STATE) {
        violation_add(&request->verdict.broken, "the Idempotency-Key was used with another body", "%s", "");
        status = E_RULE;
    }
    request_refuse(request, answer, status, NULL);
}
