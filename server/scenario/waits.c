/*
 * Waits until something is so. Where the server can wait (waitFor), it does; else this looks again after each event of
 * the product.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "cli/json.h"
#include "cli/rest.h"
#include "scenario/steps.h"

enum { PATH_MOST = 1024, GRACE_MS = 10000 };

static int64_t timeout_of(const json_t *what)
{
    const json_t *timeout = json_object_get(what, "timeout");
    return timeout != NULL ? (int64_t)(json_number_value(timeout) * 1000) : 0;
}

/*
 * Until something has happened to the product, at most `most_ms`; at once for what has happened since the last time. An
 * answer of any other kind is looked at by the caller, who asks the server again.
 */
static void wait_for_change(struct stage *stage, int64_t most_ms)
{
    CLEANUP(cleanup_buffer) struct buffer path;
    CLEANUP(cleanup_json) json_t *answer = NULL;
    struct error ignored;
    long http_status = 0;
    buffer_init(&path, PATH_MOST);
    buffer_append_format(&path, "/api/v1/events?wait=%.3f&limit=1000&productKey=%s", (double)most_ms / 1000,
                         stage->product_key);
    if (stage->cursor != NULL) {
        buffer_append_text(&path, "&after=");
        rest_append_escaped(&path, stage->cursor);
    }
    enum status status = rest_call(stage->rest, "GET", buffer_text(&path), NULL, (long)most_ms + GRACE_MS, &http_status,
                                   &answer, &ignored);
    if (status == OK && json_object_get(answer, "cursor") != NULL) { /* also of a 409 and a 410 */
        free(stage->cursor);
        stage->cursor = strdup(json_text_of(answer, "cursor"));
    }
}

/* --- status: the server waits ----------------------------------------------------------------------------------- */

enum status wait_end(struct stage *stage, json_int_t plan, const char *device_key, const char *statuses,
                     int64_t timeout_ms, struct error *error)
{
    CLEANUP(cleanup_json) json_t *row = NULL;
    enum status status =
        stage_ask(stage, "GET", 200, NULL, &row, error, "/api/v1/plans/%lld/devices/%s?waitFor=%s&timeout=%.3f", plan,
                  device_key, statuses, (double)stage_time_left(stage, timeout_ms) / 1000);
    if (status == OK) {
        const char *reason = json_text_of(row, "reason");
        transcript_say(stage->transcript, "await %s: %s%s%s", device_key, json_text_of(row, "status"),
                       reason[0] != '\0' ? ", " : "", reason);
    }
    return status;
}

static enum status wait_plan(struct stage *stage, json_int_t plan, const char *wanted, int64_t timeout_ms,
                             struct error *error)
{
    enum status status = stage_ask(stage, "GET", 200, NULL, NULL, error, "/api/v1/plans/%lld?waitFor=%s&timeout=%.3f",
                                   plan, wanted, (double)stage_time_left(stage, timeout_ms) / 1000);
    if (status == OK) {
        transcript_say(stage->transcript, "await plan: %s", wanted);
    }
    return status;
}

/* --- all else: looked at after each change ---------------------------------------------------------------------- */

struct look {
    struct stage *stage;
    const char *device_key;
    json_int_t plan;
    const json_t *what;
    struct error *error;
    char nearest[128]; /* what it was at the last look */
};

typedef bool look_at(struct look *look, bool *is_so);

static bool look_online(struct look *look, bool *is_so)
{
    CLEANUP(cleanup_json) json_t *device = NULL;
    enum status status = stage_ask(look->stage, "GET", 200, NULL, &device, look->error,
                                   "/api/v1/products/%s/devices/%s", look->stage->product_key, look->device_key);
    if (status != OK && status != E_NOT_FOUND) {
        return false;
    }
    bool online = json_is_true(json_object_get(device, "online"));
    *is_so = online == json_is_true(look->what);
    (void)snprintf(look->nearest, sizeof look->nearest, "%s", online ? "online" : "offline");
    return true;
}

static bool look_version(struct look *look, bool *is_so)
{
    CLEANUP(cleanup_json) json_t *device = NULL;
    enum status status = stage_ask(look->stage, "GET", 200, NULL, &device, look->error,
                                   "/api/v1/products/%s/devices/%s", look->stage->product_key, look->device_key);
    const json_t *component = json_object_get(look->what, "componentNo");
    const char *version = component == NULL
                              ? json_text_of(device, "moduleVersion")
                              : json_text_of(json_object_get(device, "mcuVersions"), json_string_value(component));
    *is_so = strcmp(version, json_text_of(look->what, "version")) == 0;
    (void)snprintf(look->nearest, sizeof look->nearest, "version '%s'", version);
    return status == OK || status == E_NOT_FOUND;
}

static int rank_of(const char *step)
{
    static const char *const steps[] = {"waiting", "start", "confirmed", "downloading", "upgrading", "successful"};
    for (int i = 0; i < 6; i++) {
        if (strcmp(steps[i], step) == 0) {
            return i;
        }
    }
    return -1; /* failed */
}

static bool look_step(struct look *look, bool *is_so)
{
    CLEANUP(cleanup_json) json_t *row = NULL;
    const char *wanted = json_text_of(look->what, "step");
    const char *component_no = json_text_of(look->what, "componentNo");
    enum status status = stage_ask(look->stage, "GET", 200, NULL, &row, look->error, "/api/v1/plans/%lld/devices/%s",
                                   look->plan, look->device_key);
    size_t i = 0;
    const json_t *component = NULL;
    json_array_foreach(json_object_get(row, "components"), i, component)
    {
        const char *step = json_text_of(component, "step");
        if (component_no[0] == '\0' || strcmp(component_no, json_text_of(component, "componentNo")) == 0) {
            (void)snprintf(look->nearest, sizeof look->nearest, "step %s", step);
            *is_so = *is_so || strcmp(step, wanted) == 0 || (rank_of(wanted) >= 0 && rank_of(step) >= rank_of(wanted));
        }
    }
    return status == OK || status == E_NOT_FOUND; /* a plan may not know the device yet */
}

static bool look_log(struct look *look, bool *is_so)
{
    CLEANUP(cleanup_json) json_t *log = NULL;
    const json_t *count = json_object_get(look->what, "count");
    json_int_t wanted = count != NULL ? json_integer_value(count) : 1;
    json_int_t found = 0;
    enum status status = stage_ask(look->stage, "GET", 200, NULL, &log, look->error,
                                   "/api/v1/plans/%lld/devices/%s/logs?limit=1000", look->plan, look->device_key);
    size_t i = 0;
    const json_t *entry = NULL;
    json_array_foreach(json_object_get(log, "items"), i, entry)
    {
        found += strcmp(json_text_of(entry, "kind"), json_text_of(look->what, "logKind")) == 0 ? 1 : 0;
        (void)snprintf(look->nearest, sizeof look->nearest, "last in the log: %s", json_text_of(entry, "kind"));
    }
    *is_so = found >= wanted;
    return status == OK || status == E_NOT_FOUND;
}

/* --without-faults there is none that could. */
static bool look_fault(struct look *look, bool *is_so)
{
    size_t index = (size_t)json_integer_value(json_object_get(look->what, "firedFault"));
    stage_refresh_faults(look->stage);
    const json_t *fault = json_array_get(look->stage->faults, index);
    json_int_t fired = json_integer_value(json_object_get(fault, "fired"));
    *is_so = fired > 0 || look->stage->bench->without_faults;
    (void)snprintf(look->nearest, sizeof look->nearest, "%s", fault != NULL ? "it is armed" : "it is not armed yet");
    return true;
}

static enum status wait_until(struct look *look, look_at *looks, int64_t timeout_ms, const char *wanted)
{
    struct stage *stage = look->stage;
    int64_t end = monotonic_ms() + stage_time_left(stage, timeout_ms);
    bool is_so = false;
    while (looks(look, &is_so)) {
        if (is_so) {
            transcript_say(stage->transcript, "await %s: %s", look->device_key, wanted);
            return OK;
        }
        if (monotonic_ms() >= end) {
            return error_set(look->error, E_TIMEOUT, look->device_key, "%s has not come; %s", wanted,
                             look->nearest[0] != '\0' ? look->nearest : "nothing has");
        }
        wait_for_change(stage, end - monotonic_ms());
    }
    return E_STATE; /* look->error says why */
}

enum status wait_online(struct stage *stage, const char *device_key, bool online, int64_t timeout_ms,
                        struct error *error)
{
    CLEANUP(cleanup_json) json_t *wanted = json_boolean(online);
    struct look look = {.stage = stage, .device_key = device_key, .what = wanted, .error = error};
    return wait_until(&look, look_online, timeout_ms, online ? "online" : "offline");
}

enum status wait_for(struct stage *stage, const json_t *what, struct error *error)
{
    const char *key = json_text_of(what, "deviceKey");
    json_int_t plan = stage_plan(stage, json_string_value(json_object_get(what, "plan")));
    int64_t timeout_ms = timeout_of(what);
    const json_t *online = json_object_get(what, "online");
    struct look look = {.stage = stage, .device_key = key, .plan = plan, .what = what, .error = error};
    char wanted[64];
    if (online != NULL) {
        return wait_online(stage, key, json_is_true(online), timeout_ms, error);
    }
    if (json_object_get(what, "firedFault") != NULL) {
        (void)snprintf(wanted, sizeof wanted, "fired fault %lld",
                       json_integer_value(json_object_get(what, "firedFault")));
        look.device_key = "fault";
        return wait_until(&look, look_fault, timeout_ms, wanted);
    }
    if (json_object_get(what, "planStatus") != NULL) {
        return wait_plan(stage, plan, json_text_of(what, "planStatus"), timeout_ms, error);
    }
    if (json_object_get(what, "end") != NULL) {
        return wait_end(stage, plan, key, "upgraded,failed", timeout_ms, error);
    }
    if (json_object_get(what, "status") != NULL) {
        return wait_end(stage, plan, key, json_text_of(what, "status"), timeout_ms, error);
    }
    if (json_object_get(what, "version") != NULL) {
        (void)snprintf(wanted, sizeof wanted, "version %s", json_text_of(what, "version"));
        return wait_until(&look, look_version, timeout_ms, wanted);
    }
    if (json_object_get(what, "step") != NULL) {
        (void)snprintf(wanted, sizeof wanted, "step %s", json_text_of(what, "step"));
        return wait_until(&look, look_step, timeout_ms, wanted);
    }
    (void)snprintf(wanted, sizeof wanted, "log entry %s", json_text_of(what, "logKind"));
    return wait_until(&look, look_log, timeout_ms, wanted);
}
