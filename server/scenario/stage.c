#include "scenario/stage.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/device_keys.h"
#include "base/instant.h"
#include "base/text.h"
#include "cli/json.h"

enum { CALL_MS = 60000, SPARE_MS = 10000 };

/* Asked while a call waits: whether there is still any use in it. */
static bool goes_on(void *context)
{
    struct stage *stage = context;
    bool well = true;
    for (size_t i = 0; !stage->quick && i < stage->actor_count; i++) {
        well = actor_is_well(&stage->actors[i]) && well;
    }
    return stage->quick || (well && !stage->bench->interrupted);
}

static enum status explain(struct stage *stage, enum status status, struct error *error)
{
    for (size_t i = 0; i < stage->actor_count; i++) {
        if (!actor_is_well(&stage->actors[i])) {
            return error_set(error, E_STATE, stage->actors[i].key, "%s", stage->actors[i].failure);
        }
    }
    return stage->bench->interrupted ? error_set(error, E_CLOSED, "", "interrupted") : status;
}

enum status stage_open(struct stage *stage, const struct bench *bench, const struct scenario *scenario,
                       struct transcript *transcript, struct error *error)
{
    const json_t *devices = json_object_get(scenario->json, "devices");
    *stage = (struct stage){.bench = bench,
                            .scenario = scenario,
                            .transcript = transcript,
                            .packages = json_object(),
                            .plans = json_object(),
                            .faults = json_array(),
                            .end_ms = monotonic_ms() + bench->timeout_ms};
    enum status status = scratch_make("run", stage->folder, error);
    if (status != OK) {
        return status;
    }
    stage->actors = calloc(json_array_size(devices) + 1, sizeof *stage->actors);
    if (stage->actors == NULL) {
        return error_set(error, E_NOMEM, "", "%s", status_text(E_NOMEM));
    }
    for (; stage->actor_count < json_array_size(devices); stage->actor_count++) {
        actor_init(&stage->actors[stage->actor_count], json_array_get(devices, stage->actor_count), stage->folder);
    }
    status = rest_open_at(bench->url, bench->token, bench->ca_file, &stage->rest, error);
    if (status == OK) {
        rest_watch(stage->rest, goes_on, stage);
    }
    return status;
}

void stage_close(struct stage *stage)
{
    struct error error;
    stage->quick = true;
    for (size_t i = 0; i < stage->actor_count; i++) {
        actor_stop(&stage->actors[i]);
    }
    if (stage->has_product && stage->bench->keep) {
        transcript_say(stage->transcript, "kept: product %s with secret %s", stage->product_key, stage->product_secret);
    } else if (stage->has_product &&
               stage_ask(stage, "DELETE", 204, NULL, NULL, &error, "/api/v1/products/%s", stage->product_key) != OK) {
        transcript_say(stage->transcript, "the product %s stays: %s", stage->product_key, error.text);
    } else if (!stage->has_product && stage->product_key[0] != '\0' &&
               stage_ask(stage, "DELETE", 204, NULL, NULL, &error, "/api/v1/faults?productKey=%s",
                         stage->product_key) != OK) {
        transcript_say(stage->transcript, "the faults of product %s stay: %s", stage->product_key, error.text);
    }
    rest_close(stage->rest);
    json_decref(stage->packages);
    json_decref(stage->plans);
    json_decref(stage->faults);
    free(stage->cursor);
    free(stage->actors);
    scratch_remove(stage->folder);
}

int64_t stage_time_left(const struct stage *stage, int64_t wanted_ms)
{
    int64_t left = stage->end_ms - monotonic_ms();
    left = left > 0 ? left : 0;
    return wanted_ms > 0 && wanted_ms < left ? wanted_ms : left;
}

enum status stage_ask(struct stage *stage, const char *method, long wanted, json_t *body, json_t **answer,
                      struct error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    long most = stage->quick ? CALL_MS : (long)stage_time_left(stage, 0) + SPARE_MS;
    enum status status = rest_ask_v(stage->rest, method, wanted, body, answer, most, error, format, arguments);
    va_end(arguments);
    return status == OK || stage->quick ? status : explain(stage, status, error);
}

json_int_t stage_plan(const struct stage *stage, const char *name)
{
    const json_t *only = json_object_iter_value(json_object_iter(stage->plans));
    return json_integer_value(name != NULL ? json_object_get(stage->plans, name) : only);
}

json_int_t stage_package(const struct stage *stage, const char *name)
{
    return json_integer_value(json_object_get(stage->packages, name));
}

struct actor *stage_actor(const struct stage *stage, const char *device_key)
{
    const json_t *device = scenario_device(stage->scenario->json, device_key);
    for (size_t i = 0; i < stage->actor_count; i++) {
        if (stage->actors[i].device == device) {
            return &stage->actors[i];
        }
    }
    return NULL;
}

enum status stage_start(struct stage *stage, struct actor *actor, struct error *error)
{
    const struct actor_home home = {.mqtt = stage->bench->mqtt,
                                    .product_key = stage->product_key,
                                    .product_secret = stage->product_secret,
                                    .scenario_folder = stage->scenario->folder,
                                    .healed = stage->bench->without_faults};
    const json_t *count = json_object_get(actor->device, "count");
    enum status status = actor_start(actor, &home, error);
    if (status == OK && count != NULL) {
        transcript_say(stage->transcript, "start %s and %lld more", actor->key, json_integer_value(count) - 1);
    } else if (status == OK) {
        transcript_say(stage->transcript, "start %s", actor->key);
    }
    return status;
}

bool stage_key(const json_t *device, size_t index, char key[LIMIT_DEVICE_KEY + 1])
{
    const json_t *count = json_object_get(device, "count");
    size_t most = count != NULL ? (size_t)json_integer_value(count) : 1;
    return index < most && device_key_count(json_text_of(device, "deviceKey"), index, key) == OK;
}

/* --- faults ----------------------------------------------------------------------------------------------------- */

enum status stage_arm(struct stage *stage, const json_t *fault, struct error *error)
{
    const char *point = json_text_of(fault, "point");
    const char *type = json_text_of(json_object_get(fault, "action"), "type");
    if (stage->bench->without_faults) {
        transcript_say(stage->transcript, "fault %s %s: left out", point, type);
        return OK;
    }
    json_t *body = json_deep_copy(fault);
    json_t *match = json_object_get(body, "match");
    if (match == NULL) {
        match = json_object();
        (void)json_object_set_new(body, "match", match);
    }
    const char *plan = json_string_value(json_object_get(match, "plan"));
    if (plan != NULL) {
        (void)json_object_set_new(match, "planId", json_integer(stage_plan(stage, plan)));
        (void)json_object_del(match, "plan");
    }
    (void)json_object_set_new(match, "productKey", json_string(stage->product_key));
    CLEANUP(cleanup_json) json_t *answer = NULL;
    enum status status = stage_ask(stage, "POST", 201, body, &answer, error, "/api/v1/faults");
    if (status == OK) {
        (void)json_array_append(stage->faults, answer);
        transcript_say(stage->transcript, "fault %s %s: armed", point, type);
    }
    return status;
}

void stage_refresh_faults(struct stage *stage)
{
    CLEANUP(cleanup_json) json_t *all = NULL;
    struct error ignored;
    if (json_array_size(stage->faults) == 0 ||
        stage_ask(stage, "GET", 200, NULL, &all, &ignored, "/api/v1/faults?productKey=%s&limit=1000",
                  stage->product_key) != OK) {
        return;
    }
    size_t i = 0;
    const json_t *now = NULL;
    json_array_foreach(json_object_get(all, "items"), i, now)
    {
        size_t k = 0;
        json_t *fault = NULL;
        json_array_foreach(stage->faults, k, fault)
        {
            if (json_equal(json_object_get(fault, "id"), json_object_get(now, "id"))) {
                (void)json_object_set(fault, "fired", json_object_get(now, "fired"));
            }
        }
    }
}

enum status stage_clear_faults(struct stage *stage, struct error *error)
{
    stage_refresh_faults(stage);
    return stage_ask(stage, "DELETE", 204, NULL, NULL, error, "/api/v1/faults?productKey=%s", stage->product_key);
}
