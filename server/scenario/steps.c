#include "scenario/steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "base/text.h"
#include "cli/json.h"
#include "scenario/evidence.h"
#include "scenario/judge.h"

enum { REQUEST_PATH = 1024, PAUSE_MS = 50 };

typedef enum status step_act(struct stage *stage, const json_t *value, struct error *error);

static enum status do_start(struct stage *stage, const json_t *value, struct error *error)
{
    return stage_start(stage, stage_actor(stage, json_string_value(value)), error);
}

static enum status do_stop(struct stage *stage, const json_t *value, struct error *error)
{
    (void)error;
    transcript_say(stage->transcript, "stop %s", json_string_value(value));
    actor_stop(stage_actor(stage, json_string_value(value)));
    return OK;
}

static enum status do_pause(struct stage *stage, const json_t *value, struct error *error)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    int64_t end = monotonic_ms() + stage_time_left(stage, (int64_t)(json_number_value(value) * 1000));
    transcript_say(stage->transcript, "pause %.10g s", json_number_value(value));
    while (monotonic_ms() < end && !stage->bench->interrupted) {
        (void)nanosleep(&pause, NULL);
    }
    return stage->bench->interrupted ? error_set(error, E_CLOSED, "", "interrupted") : OK;
}

static enum status do_evaluate(struct stage *stage, const json_t *value, struct error *error)
{
    CLEANUP(cleanup_json) json_t *answer = NULL;
    const json_t *wanted = json_object_get(value, "notified");
    enum status status = stage_ask(stage, "POST", 200, json_pack("{s:s}", "productKey", stage->product_key), &answer,
                                   error, "/api/v1/evaluations");
    json_int_t notified = json_integer_value(json_object_get(answer, "notified"));
    if (status == OK) {
        transcript_say(stage->transcript, "evaluate: %lld notified", notified);
    }
    if (status == OK && wanted != NULL && notified != json_integer_value(wanted)) {
        status = error_set(error, E_STATE, "evaluate", "%lld devices were notified instead of %lld", notified,
                           json_integer_value(wanted));
    }
    return status;
}

static enum status do_advance(struct stage *stage, const json_t *value, struct error *error)
{
    CLEANUP(cleanup_json) json_t *answer = NULL;
    enum status status = stage_ask(stage, "POST", 200, json_deep_copy(value), &answer, error,
                                   "/api/v1/products/%s/clock/advance", stage->product_key);
    if (status == OK) {
        transcript_say(stage->transcript, "advance: it is %s", json_text_of(answer, "now"));
    }
    return status;
}

static enum status act_on_plan(struct stage *stage, const json_t *value, const char *act, struct error *error)
{
    transcript_say(stage->transcript, "%s %s", act, json_string_value(value));
    return stage_ask(stage, "POST", 200, NULL, NULL, error, "/api/v1/plans/%lld/%s",
                     stage_plan(stage, json_string_value(value)), act);
}

static enum status do_activate(struct stage *stage, const json_t *value, struct error *error)
{
    return act_on_plan(stage, value, "activate", error);
}

static enum status do_suspend(struct stage *stage, const json_t *value, struct error *error)
{
    return act_on_plan(stage, value, "suspend", error);
}

static enum status do_resume(struct stage *stage, const json_t *value, struct error *error)
{
    return act_on_plan(stage, value, "resume", error);
}

static enum status do_terminate(struct stage *stage, const json_t *value, struct error *error)
{
    return act_on_plan(stage, value, "terminate", error);
}

static enum status do_disconnect(struct stage *stage, const json_t *value, struct error *error)
{
    transcript_say(stage->transcript, "disconnect %s", json_string_value(value));
    return stage_ask(stage, "POST", 204, NULL, NULL, error, "/api/v1/products/%s/devices/%s/disconnect",
                     stage->product_key, json_string_value(value));
}

static enum status do_confirm(struct stage *stage, const json_t *value, struct error *error)
{
    json_t *body = json_deep_copy(value);
    const char *key = json_text_of(value, "deviceKey");
    (void)json_object_del(body, "deviceKey");
    transcript_say(stage->transcript, "confirm %s", key);
    return stage_ask(stage, "POST", 204, body, NULL, error, "/api/v1/products/%s/devices/%s/upgrade/confirm",
                     stage->product_key, key);
}

static enum status do_decline(struct stage *stage, const json_t *value, struct error *error)
{
    transcript_say(stage->transcript, "decline %s", json_string_value(value));
    return stage_ask(stage, "POST", 204, NULL, NULL, error, "/api/v1/products/%s/devices/%s/upgrade/decline",
                     stage->product_key, json_string_value(value));
}

static enum status do_clear_faults(struct stage *stage, const json_t *value, struct error *error)
{
    (void)value;
    transcript_say(stage->transcript, "clear faults");
    return stage_clear_faults(stage, error);
}

static enum status do_verify(struct stage *stage, const json_t *value, struct error *error)
{
    CLEANUP(cleanup_json) json_t *begun = NULL;
    CLEANUP(cleanup_json) json_t *ended = NULL;
    const char *key = json_text_of(value, "deviceKey");
    const char *wanted = json_object_get(value, "status") != NULL ? json_text_of(value, "status") : "succeeded";
    json_int_t package = stage_package(stage, json_text_of(value, "package"));
    json_t *body = json_pack("{s:s, s:s, s:s}", "productKey", stage->product_key, "deviceKey", key, "componentNo",
                             json_text_of(value, "componentNo"));
    enum status status =
        stage_ask(stage, "POST", 201, body, &begun, error, "/api/v1/packages/%lld/verifications", package);
    if (status == OK) {
        status = stage_ask(stage, "GET", 200, NULL, &ended, error,
                           "/api/v1/packages/%lld/verifications/%lld?waitFor=succeeded,failed&timeout=%.3f", package,
                           json_integer_value(json_object_get(begun, "id")), (double)stage_time_left(stage, 0) / 1000);
    }
    if (status == OK) {
        transcript_say(stage->transcript, "verify %s: %s %s", key, json_text_of(ended, "status"),
                       json_text_of(ended, "reason"));
    }
    if (status == OK && strcmp(json_text_of(ended, "status"), wanted) != 0) {
        status = error_set(error, E_STATE, "verify", "expected %s, actual %s %s", wanted, json_text_of(ended, "status"),
                           json_text_of(ended, "reason"));
    }
    return status;
}

static enum status do_expect(struct stage *stage, const json_t *value, struct error *error)
{
    static const bool at_end = false;
    struct flaws *findings = calloc(1, sizeof *findings);
    if (findings == NULL) {
        return E_NOMEM;
    }
    enum status status = evidence_judge(stage, value, at_end, findings, error);
    if (status == OK && findings->count > 0) {
        status = error_set(error, E_RULE, findings->items[0].pointer, "%s", findings->items[0].text);
    } else if (status == OK) {
        transcript_say(stage->transcript, "expect: it is so");
    }
    free(findings);
    return status;
}

/* "{plan:all pumps}" -> its id; E_NOT_FOUND: nothing has that name. */
static enum status replace(const struct stage *stage, const char *word, size_t length, char text[32])
{
    char name[LIMIT_NAME + 16];
    json_int_t id = 0;
    (void)snprintf(name, sizeof name, "%.*s", (int)length, word);
    if (text_starts_with(name, "plan:")) {
        id = stage_plan(stage, name + strlen("plan:"));
    } else if (text_starts_with(name, "package:")) {
        id = stage_package(stage, name + strlen("package:"));
    }
    (void)snprintf(text, 32, "%lld", id);
    return id > 0 ? OK : E_NOT_FOUND;
}

static enum status expand(const struct stage *stage, const char *path, char expanded[REQUEST_PATH], struct error *error)
{
    size_t used = 0;
    while (*path != '\0' && used + 1 < REQUEST_PATH) {
        const char *end = *path == '{' ? strchr(path, '}') : NULL;
        char id[32];
        if (end == NULL) {
            expanded[used++] = *path++;
            continue;
        }
        if (text_starts_with(path, "{productKey}")) {
            used += (size_t)snprintf(expanded + used, REQUEST_PATH - used, "%s", stage->product_key);
        } else if (replace(stage, path + 1, (size_t)(end - path - 1), id) == OK) {
            used += (size_t)snprintf(expanded + used, REQUEST_PATH - used, "%s", id);
        } else {
            return error_set(error, E_NOT_FOUND, "request", "nothing is named %.*s", (int)(end - path + 1), path);
        }
        path = end + 1;
    }
    expanded[used < REQUEST_PATH ? used : REQUEST_PATH - 1] = '\0';
    return OK;
}

static enum status do_request(struct stage *stage, const json_t *value, struct error *error)
{
    char path[REQUEST_PATH];
    CLEANUP(cleanup_json) json_t *answer = NULL;
    const json_t *body = json_object_get(value, "body");
    const json_t *wanted = json_object_get(value, "answer");
    long code = (long)json_integer_value(json_object_get(value, "status"));
    enum status status = expand(stage, json_text_of(value, "path"), path, error);
    if (status == OK) {
        transcript_say(stage->transcript, "request %s %s", json_text_of(value, "method"), path);
        status = stage_ask(stage, json_text_of(value, "method"), code, body != NULL ? json_deep_copy(body) : NULL,
                           &answer, error, "%s", path);
    }
    if (status == OK && wanted != NULL && !json_has(answer, wanted)) {
        CLEANUP(cleanup_free) char *text = answer != NULL ? json_dumps(answer, JSON_COMPACT) : NULL;
        status =
            error_set(error, E_RULE, path, "the answer has not what is expected: %s", text != NULL ? text : "none");
    }
    return status;
}

static const struct step {
    const char *name;
    step_act *act;
} steps[] = {
    {"start", do_start},           {"stop", do_stop},
    {"await", wait_for},           {"evaluate", do_evaluate},
    {"advance", do_advance},       {"activate", do_activate},
    {"suspend", do_suspend},       {"resume", do_resume},
    {"terminate", do_terminate},   {"confirm", do_confirm},
    {"disconnect", do_disconnect}, {"decline", do_decline},
    {"fault", stage_arm},          {"clearFaults", do_clear_faults},
    {"verify", do_verify},         {"expect", do_expect},
    {"request", do_request},       {"pause", do_pause},
};

static enum status play_step(struct stage *stage, const json_t *step, struct error *error)
{
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        const json_t *value = json_object_get(step, steps[i].name);
        if (value != NULL) {
            return steps[i].act(stage, value, error);
        }
    }
    return error_set(error, E_INTERNAL, "step", "none that this version plays");
}

/* A file without steps: every device comes to its end in every plan. */
static enum status play_default(struct stage *stage, struct error *error)
{
    enum status status = OK;
    size_t i = 0;
    const json_t *plan = NULL;
    json_array_foreach(json_object_get(stage->scenario->json, "plans"), i, plan)
    {
        json_int_t id = stage_plan(stage, json_text_of(plan, "name"));
        for (size_t k = 0; k < stage->actor_count; k++) {
            char key[LIMIT_DEVICE_KEY + 1];
            for (size_t n = 0; status == OK && stage_key(stage->actors[k].device, n, key); n++) {
                status = wait_end(stage, id, key, "upgraded,failed", 0, error);
            }
        }
    }
    return status;
}

enum status steps_play(struct stage *stage, struct error *error)
{
    enum status status = OK;
    const json_t *list = json_object_get(stage->scenario->json, "steps");
    bool evaluates = false;
    for (size_t i = 0; status == OK && i < stage->actor_count; i++) {
        if (stage->actors[i].real) {
            status = wait_online(stage, stage->actors[i].key, true, 0, error);
            evaluates = true; /* it may have been online before there was a plan */
        }
    }
    if (status == OK && list == NULL) {
        status = evaluates ? do_evaluate(stage, NULL, error) : OK;
        return status == OK ? play_default(stage, error) : status;
    }
    size_t i = 0;
    const json_t *step = NULL;
    json_array_foreach(list, i, step)
    {
        status = status == OK ? play_step(stage, step, error) : status;
        if (status != OK) {
            struct error inner = *error;
            return error_set(error, status, "", "step %zu (%s): %s: %s", i + 1,
                             json_object_iter_key(json_object_iter((json_t *)(uintptr_t)step)), inner.place,
                             inner.text);
        }
    }
    return status;
}
