/*
 * The test bench: the server's clock and those of products.
 *
 *   advance:  act --app_clock_advance()--> LATER ... done() keeps what fired, wakes ... act --> {now, fired,
 * firedTotal}
 */
#include <math.h>
#include <stdlib.h>

#include "app/clock.h"
#include "base/cleanup.h"
#include "base/instant.h"
#include "http/api.h"
#include "http/json_value.h"

/* The path's product; NULL: the server's clock is meant. */
static const char *product_of(const struct request *request)
{
    return request->parameters[0];
}

static void answer_view(const struct request *request, enum status status, const struct clock_view *view,
                        struct answer *answer)
{
    if (status != OK) {
        request_refuse(request, answer, status, status == E_STATE ? "the clock is being advanced" : NULL);
        return;
    }
    json_t *json = json_pack("{s:o, s:s, s:o}", "now", json_instant(view->now), "mode", clock_mode_name(view->mode),
                             "nextEvaluationAt", json_instant(view->next_evaluation_at));
    if (product_of(request) != NULL) {
        (void)json_object_set_new(json, "own", json_boolean(view->own));
    }
    answer_resource_take(answer, 200, json);
}

void clock_get(const struct api *api, struct request *request, struct answer *answer)
{
    struct clock_view view = {0};
    answer_view(request, app_clock_view(api->app, product_of(request), &view), &view, answer);
}

/* An instant; false: absent or not one. */
static bool read_instant(struct members *members, const char *name, int64_t *instant)
{
    const char *text = members_word(members, name, MEMBER_OPTIONAL);
    if (text == NULL) {
        return false;
    }
    if (instant_parse(text, instant) != OK) {
        members_break(members, name, "must be an instant as of RFC 3339: 2026-11-23T10:00:00.000Z");
        return false;
    }
    return true;
}

void clock_check_put(struct request *request)
{
    struct input *input = &request->input;
    struct members members;
    members_open(&members, request->json, "", &request->verdict);
    const char *mode = members_word(&members, "mode", MEMBER_REQUIRED);
    if (mode != NULL && clock_mode_parse(mode, &input->clock_mode) != OK) {
        members_break(&members, "mode", "must be real, offset or manual");
        mode = NULL;
    }
    input->instant.known = read_instant(&members, "now", &input->instant.at);
    if (input->instant.known && mode != NULL && input->clock_mode == CLOCK_REAL) {
        members_break(&members, "now", "the real clock cannot be set; leave it out, or take mode offset");
    }
    members_close(&members);
}

void clock_put(const struct api *api, struct request *request, struct answer *answer)
{
    const struct input *input = &request->input;
    struct clock_view view = {0};
    enum status status = app_clock_set(api->app, product_of(request), input->clock_mode, input->instant, &view);
    answer_view(request, status, &view, answer);
}

void clock_delete(const struct api *api, struct request *request, struct answer *answer)
{
    enum status status = app_clock_drop(api->app, product_of(request));
    if (status != OK) {
        request_refuse(request, answer, status, status == E_STATE ? "the clock is being advanced" : NULL);
        return;
    }
    answer_empty(answer, 204);
}

void clock_check_advance(struct request *request)
{
    struct input *input = &request->input;
    struct members members;
    members_open(&members, request->json, "", &request->verdict);
    double seconds = 0;
    const json_t *to = json_object_get(request->json, "to");
    bool has_to = to != NULL && !json_is_null(to);
    bool has_seconds = members_number(&members, "seconds", has_to ? MEMBER_OPTIONAL : MEMBER_REQUIRED, &seconds);
    if (has_to && json_object_get(request->json, "seconds") != NULL) {
        members_break(&members, "to", "give either seconds or to");
    }
    if (has_seconds && !(seconds >= 0 && seconds * 1000 <= (double)LIMIT_ADVANCE_MS)) {
        members_break(&members, "seconds",
                      seconds < 0 ? "must not be negative: a clock is only advanced forward"
                                  : "must be at most ten years");
    } else if (has_seconds) {
        input->advance_relative = true;
        input->advance_to = (int64_t)llround(seconds * 1000);
    }
    (void)read_instant(&members, "to", &input->advance_to);
    members_close(&members);
}

/* An advance under way: its call's state, and the context of done(). Freed by whoever of the two comes last. */
struct advance {
    struct request *request; /* NULL: the call has gone */
    bool done;
    enum status status;
    json_t *json;
};

static void free_advance(struct advance *advance)
{
    json_decref(advance->json);
    free(advance);
}

/* For request->state_free. */
static void leave_advance(void *state)
{
    struct advance *advance = state;
    advance->request = NULL;
    if (advance->done) {
        free_advance(advance);
    }
}

static json_t *fired_json(const struct fired *fired)
{
    json_t *json = json_pack("{s:o, s:s}", "at", json_instant(fired->at), "what", fired_kind_name(fired->kind));
    bool of_verification = fired->kind == FIRED_VERIFICATION_TIMEOUT || fired->id < 0;
    if (fired->id != 0) {
        (void)json_object_set_new(json, of_verification ? "verificationId" : "planId",
                                  json_integer(fired->id < 0 ? -fired->id : fired->id));
    }
    if (fired->device_key[0] != '\0') {
        (void)json_object_set_new(json, "deviceKey", json_string(fired->device_key));
    }
    if (fired->kind == FIRED_EVALUATION) {
        (void)json_object_set_new(json, "devicesChecked", json_integer(fired->devices_checked));
        (void)json_object_set_new(json, "notified", json_integer(fired->notified));
    }
    return json;
}

static json_t *result_json(const struct advance_result *result)
{
    json_t *fired = json_array();
    for (size_t i = 0; i < result->fired_count; i++) {
        (void)json_array_append_new(fired, fired_json(&result->fired[i]));
    }
    return json_pack("{s:o, s:o, s:I}", "now", json_instant(result->now), "fired", fired, "firedTotal",
                     (json_int_t)result->fired_total);
}

static void on_done(void *context, enum status status, const struct advance_result *result)
{
    struct advance *advance = context;
    advance->done = true;
    if (advance->request == NULL) {
        free_advance(advance);
        return;
    }
    advance->status = status;
    advance->json = status == OK ? result_json(result) : NULL;
    request_wake(advance->request);
}

static enum status start(const struct api *api, struct request *request)
{
    const struct input *input = &request->input;
    struct advance *advance = calloc(1, sizeof *advance);
    if (advance == NULL) {
        return E_NOMEM;
    }
    advance->request = request;
    request->state = advance; /* before done() can come */
    request->state_free = leave_advance;
    enum status status =
        app_clock_advance(api->app, product_of(request), input->advance_relative, input->advance_to, on_done, advance);
    if (status == OK) {
        request->turn = TURN_LATER;
    } else {
        request->state = NULL;
        free_advance(advance);
    }
    return status;
}

void clock_advance(const struct api *api, struct request *request, struct answer *answer)
{
    struct advance *advance = request->state;
    enum status status = advance == NULL ? start(api, request) : advance->status;
    if (status == OK && advance != NULL) {
        answer_resource_take(answer, 200, advance->json);
        advance->json = NULL;
    }
    if (status == E_RANGE) {
        violation_add(&request->verdict.broken, "lies before what the clock shows, or more than ten years after it",
                      "%s", request->input.advance_relative ? "/seconds" : "/to");
        status = E_RULE;
    }
    if (status != OK) {
        request_refuse(request, answer, status,
                       status == E_STATE ? "the clock is being advanced already, or was reset meanwhile" : NULL);
    }
}
