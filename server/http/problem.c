#include "http/problem.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
    int http_status;
    const char *type; /* the end of urn:mockdc:problem: */
    const char *title;
    const char *detail; /* where the caller has none */
} problems[PROBLEM_COUNT] = {
    [PROBLEM_MALFORMED] = {400, "malformed", "The request is malformed",
                           "what is wrong with which member stands in 'errors'"},
    [PROBLEM_UNAUTHORIZED] = {401, "unauthorized", "An API token is needed",
                              "send 'Authorization: Bearer TOKEN' with the token that the server was started with"},
    [PROBLEM_FOREIGN] = {403, "foreign", "The request comes from a foreign page",
                         "Origin or Host is none of this server's"},
    [PROBLEM_NOT_FOUND] = {404, "not-found", "There is no such thing", "nothing has this path"},
    [PROBLEM_METHOD] = {405, "method-not-allowed", "The method is not allowed here",
                        "the header Allow says which methods are"},
    [PROBLEM_DUPLICATE] = {409, "duplicate", "The name is taken", "something of this name or key exists already"},
    [PROBLEM_STATE] = {409, "wrong-state", "Not possible in the present state",
                       "it is in a state in which this cannot be done"},
    [PROBLEM_AWAIT_TIMEOUT] = {409, "await-timeout", "What was waited for has not come",
                               "the time that the call could wait is over"},
    [PROBLEM_GONE] = {410, "gone", "The link has ended", "the attempt for which the link was made is over"},
    [PROBLEM_CURSOR_GONE] = {410, "cursor-gone", "The cursor cannot be gone on with", "begin without a cursor"},
    [PROBLEM_TOO_LARGE] = {413, "too-large", "The content is too large", "it is larger than the limit of this call"},
    [PROBLEM_MEDIA_TYPE] = {415, "media-type", "The media type is not accepted here",
                            "the header Content-Type names none that this call takes"},
    [PROBLEM_RANGE] = {416, "range", "The range cannot be satisfied", "the range begins behind the end of the file"},
    [PROBLEM_RULE] = {422, "rule-broken", "A rule is broken", "which rule a member breaks stands in 'errors'"},
    [PROBLEM_INTERNAL] = {500, "internal", "The server failed", "the server's log says more"},
    [PROBLEM_CORRUPT] = {500, "corrupt", "Stored data is damaged", "the server's log says which file or row it is"},
    [PROBLEM_BUSY] = {503, "busy", "The server is busy", "try again in a moment"},
    [PROBLEM_STOPPING] = {503, "stopping", "The server is stopping", "the server is going down"},
    [PROBLEM_DISK_FULL] = {507, "disk-full", "The disk is full", "nothing of the request was kept"},
};

enum { RETRY_AFTER_S = 1 };

enum problem problem_of_status(enum status status)
{
    static const enum problem table[STATUS_COUNT] = {
        [OK] = PROBLEM_INTERNAL,        [E_NOMEM] = PROBLEM_BUSY,          [E_IO] = PROBLEM_INTERNAL,
        [E_LIMIT] = PROBLEM_TOO_LARGE,  [E_TRUNCATED] = PROBLEM_MALFORMED, [E_FORMAT] = PROBLEM_MALFORMED,
        [E_RANGE] = PROBLEM_RULE,       [E_RULE] = PROBLEM_RULE,           [E_NOT_FOUND] = PROBLEM_NOT_FOUND,
        [E_EXISTS] = PROBLEM_DUPLICATE, [E_STATE] = PROBLEM_STATE,         [E_DENIED] = PROBLEM_UNAUTHORIZED,
        [E_CLOSED] = PROBLEM_STOPPING,  [E_AGAIN] = PROBLEM_BUSY,          [E_TIMEOUT] = PROBLEM_BUSY,
        [E_FULL] = PROBLEM_DISK_FULL,   [E_CORRUPT] = PROBLEM_CORRUPT,     [E_VERSION] = PROBLEM_INTERNAL,
        [E_CRYPTO] = PROBLEM_INTERNAL,  [E_INTERNAL] = PROBLEM_INTERNAL,
    };
    assert(status != OK && status < STATUS_COUNT);
    return table[status];
}

int problem_http_status(enum problem problem)
{
    assert(problem < PROBLEM_COUNT);
    return problems[problem].http_status;
}

static bool is_named_before(const struct violations *violations, size_t place)
{
    for (size_t i = 0; i < place; i++) {
        if (strcmp(violations->items[i].pointer, violations->items[place].pointer) == 0) {
            return true;
        }
    }
    return false;
}

static json_t *errors_json(const struct violations *violations)
{
    json_t *errors = json_array();
    for (size_t i = 0; i < violations->count; i++) {
        if (!is_named_before(violations, i)) {
            /* a pointer or detail cut in the middle of a character is no UTF-8: json_pack() refuses, the entry is lost
             */
            (void)json_array_append_new(errors, json_pack("{s:s, s:s}", "pointer", violations->items[i].pointer,
                                                          "detail", violations->items[i].detail));
        }
    }
    return errors;
}

static json_t *problem_json(enum problem problem, const char *instance, const char *detail)
{
    assert(problem < PROBLEM_COUNT);
    char type[64];
    (void)snprintf(type, sizeof type, "urn:mockdc:problem:%s", problems[problem].type);
    return json_pack("{s:s, s:s, s:i, s:s, s:s*}", "type", type, "title", problems[problem].title, "status",
                     problems[problem].http_status, "detail", detail != NULL ? detail : problems[problem].detail,
                     "instance", instance);
}

static void answer_problem_take(struct answer *answer, enum problem problem, json_t *json)
{
    answer_json_take(answer, problems[problem].http_status, json, "application/problem+json");
    answer->http_status = problems[problem].http_status;
    answer->retry_after_s = problems[problem].http_status == 503 ? RETRY_AFTER_S : 0;
    answer->challenge = problem == PROBLEM_UNAUTHORIZED ? "Bearer realm=\"mockdc\"" : NULL;
}

void problem_answer(struct answer *answer, enum problem problem, const char *instance, const char *detail,
                    const struct violations *violations)
{
    json_t *json = problem_json(problem, instance, detail);
    if (json != NULL && violations != NULL) {
        (void)json_object_set_new(json, "errors", errors_json(violations));
    }
    answer_problem_take(answer, problem, json);
}

void problem_answer_more(struct answer *answer, enum problem problem, const char *instance, const char *detail,
                         json_t *more)
{
    json_t *json = problem_json(problem, instance, detail);
    if (json != NULL) {
        (void)json_object_update(json, more);
    }
    json_decref(more);
    answer_problem_take(answer, problem, json);
}
