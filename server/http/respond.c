#include "http/respond.h"

#include <stdio.h>
#include <stdlib.h>

static struct MHD_Response *make_take(struct answer *answer, bool no_store)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback(answer->length, answer->body, free);
    if (response == NULL) {
        return NULL;
    }
    answer->body = NULL;
    answer->length = 0;
    (void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (no_store) {
        (void)MHD_add_response_header(response, "Cache-Control", "no-store");
    }
    if (answer->request_id != NULL) {
        (void)MHD_add_response_header(response, "X-Request-Id", answer->request_id);
    }
    if (answer->content_type != NULL) {
        (void)MHD_add_response_header(response, "Content-Type", answer->content_type);
    }
    if (answer->etag != NULL) {
        (void)MHD_add_response_header(response, "ETag", answer->etag);
        (void)MHD_add_response_header(response, "Cache-Control", "no-cache");
        (void)MHD_add_response_header(response, "Vary", "Accept-Encoding");
    }
    if (answer->content_encoding != NULL) {
        (void)MHD_add_response_header(response, "Content-Encoding", answer->content_encoding);
    }
    if (answer->content_policy != NULL) {
        (void)MHD_add_response_header(response, "Content-Security-Policy", answer->content_policy);
        (void)MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
        (void)MHD_add_response_header(response, "Cross-Origin-Opener-Policy", "same-origin");
    }
    if (answer->location[0] != '\0') {
        (void)MHD_add_response_header(response, "Location", answer->location);
    }
    if (answer->allow[0] != '\0') {
        (void)MHD_add_response_header(response, "Allow", answer->allow);
    }
    if (answer->file_name[0] != '\0') {
        char text[ANSWER_FILE_NAME + 32];
        (void)snprintf(text, sizeof text, "attachment; filename=\"%s\"", answer->file_name);
        (void)MHD_add_response_header(response, "Content-Disposition", text);
    }
    if (answer->challenge != NULL) {
        (void)MHD_add_response_header(response, "WWW-Authenticate", answer->challenge);
    }
    if (answer->retry_after_s > 0) {
        char text[16];
        (void)snprintf(text, sizeof text, "%d", answer->retry_after_s);
        (void)MHD_add_response_header(response, "Retry-After", text);
    }
    return response;
}

enum MHD_Result respond_answer_take(struct MHD_Connection *connection, struct answer *answer, bool no_store)
{
    struct MHD_Response *response = make_take(answer, no_store);
    if (response == NULL) {
        return MHD_NO;
    }
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)answer->http_status, response);
    MHD_destroy_response(response);
    return result;
}

struct MHD_Response *respond_make_problem(enum problem problem, const char *instance, const char *detail)
{
    struct answer answer;
    answer_init(&answer);
    problem_answer(&answer, problem, instance, detail, NULL);
    struct MHD_Response *response = make_take(&answer, true);
    answer_finish(&answer);
    return response;
}

enum MHD_Result respond_problem(struct MHD_Connection *connection, enum problem problem, const char *instance,
                                const char *detail)
{
    struct MHD_Response *response = respond_make_problem(problem, instance, detail);
    if (response == NULL) {
        return MHD_NO;
    }
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)problem_http_status(problem), response);
    MHD_destroy_response(response);
    return result;
}
