#include "qualify/stand.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "base/text.h"
#include "cli/json.h"

/*
 * WAIT_MS: of one call that waits for an event; LOOK_MS: between two looks where the server cannot wait; REPORT_MS: a
 * device reports at once when it is online.
 */
enum { CALL_MS = 60000, REPORT_MS = 10000, WAIT_MS = 20000, LOOK_MS = 50, AGAIN_MS = 3000, MADE_UP_SIZE = 20000 };

void stand_pause(int milliseconds)
{
    const struct timespec pause = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L};
    (void)nanosleep(&pause, NULL);
}

enum status stand_call(const struct stand *stand, const char *method, long wanted, json_t *body, json_t **answer,
                       struct error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    enum status status = rest_ask_v(stand->rest, method, wanted, body, answer, CALL_MS, error, format, arguments);
    va_end(arguments);
    return status;
}

json_t *stand_device(const struct stand *stand)
{
    struct error error;
    json_t *device = NULL;
    enum status status = stand_call(stand, "GET", 200, NULL, &device, &error, "/api/v1/products/%s/devices/%s",
                                    stand->product_key, stand->device_key);
    return status == OK ? device : NULL;
}

/* --- waiting -------------------------------------------------------------------------------------------------- */

/* A page of the journal of the device behind `cursor`. */
static json_t *journal_page(const struct stand *stand, const char *kinds, const char *cursor)
{
    json_t *page = NULL;
    struct error ignored;
    enum status status = stand_call(stand, "GET", 200, NULL, &page, &ignored,
                                    "/api/v1/journal?productKey=%s&deviceKey=%s&limit=1000%s%s%s%s", stand->product_key,
                                    stand->device_key, kinds != NULL ? "&kind=" : "", kinds != NULL ? kinds : "",
                                    cursor[0] != '\0' ? "&cursor=" : "", cursor);
    return status == OK ? page : NULL;
}

void stand_begin(struct stand *stand)
{
    CLEANUP(cleanup_json) json_t *clock = NULL;
    struct error ignored;
    if (stand_call(stand, "GET", 200, NULL, &clock, &ignored, "/api/v1/products/%s/clock", stand->product_key) == OK) {
        text_copy_cut(stand->since, sizeof stand->since, json_text_of(clock, "now"));
    }
    for (bool more = true; more;) {
        CLEANUP(cleanup_json) json_t *page = journal_page(stand, NULL, stand->journal);
        const char *end = json_text_of(page, "cursor");
        if (end[0] != '\0') {
            text_copy_cut(stand->journal, sizeof stand->journal, end);
        }
        more = json_is_string(json_object_get(page, "nextCursor"));
    }
}

void stand_wait(struct stand *stand, int64_t most_ms)
{
    CLEANUP(cleanup_json) json_t *answer = NULL;
    char path[512];
    long code = 0;
    struct error ignored;
    bool known = stand->cursor[0] != '\0';
    most_ms = most_ms > WAIT_MS ? WAIT_MS : most_ms;
    (void)snprintf(path, sizeof path, "/api/v1/events?wait=%.3f&limit=1000&productKey=%s&deviceKey=%s%s%s",
                   known && most_ms > 0 ? (double)most_ms / 1000 : 0.0, stand->product_key, stand->device_key,
                   known ? "&after=" : "", stand->cursor);
    enum status status = rest_call(stand->rest, "GET", path, NULL, CALL_MS, &code, &answer, &ignored);
    if (status != OK || json_text_of(answer, "cursor")[0] == '\0') {
        stand_pause(LOOK_MS);
        return;
    }
    text_copy_cut(stand->cursor, sizeof stand->cursor, json_text_of(answer, "cursor"));
}

bool stand_await_online(struct stand *stand, const char *mode, int64_t patience_ms)
{
    int64_t end = monotonic_ms() + patience_ms;
    for (;;) {
        CLEANUP(cleanup_json) json_t *device = stand_device(stand);
        if (json_is_true(json_object_get(device, "online")) &&
            (mode == NULL || strcmp(json_text_of(device, "authMode"), mode) == 0)) {
            return true;
        }
        int64_t left = end - monotonic_ms();
        if (left <= 0) {
            return false;
        }
        stand_wait(stand, left);
    }
}

json_t *stand_journal(const struct stand *stand, const char *kinds)
{
    CLEANUP(cleanup_json) json_t *page = journal_page(stand, kinds, stand->journal);
    return json_incref(json_object_get(page, "items"));
}

bool stand_await_entry(const struct stand *stand, const char *kinds, const char *member, const char *value,
                       int64_t patience_ms)
{
    int64_t end = monotonic_ms() + patience_ms;
    do {
        CLEANUP(cleanup_json) json_t *entries = stand_journal(stand, kinds);
        size_t i = 0;
        json_t *entry = NULL;
        json_array_foreach(entries, i, entry)
        {
            if (strcmp(json_text_of(entry, member), value) == 0) {
                return true;
            }
        }
        stand_pause(LOOK_MS);
    } while (monotonic_ms() < end);
    return false;
}

enum status stand_reconnect(struct stand *stand, struct error *error)
{
    int64_t end = monotonic_ms() + stand->patience_ms;
    stand_begin(stand);
    enum status status = stand_call(stand, "POST", 204, NULL, NULL, error, "/api/v1/products/%s/devices/%s/disconnect",
                                    stand->product_key, stand->device_key);
    if (status != OK) {
        return status;
    }
    if (!stand_await_entry(stand, "connect", "kind", "connect", stand->patience_ms) ||
        !stand_await_online(stand, NULL, end - monotonic_ms())) {
        return error_set(error, E_TIMEOUT, "device", "it did not come back");
    }
    (void)stand_await_entry(stand, "frame", "command", "info", REPORT_MS);
    return OK;
}

enum status stand_choose_component(struct stand *stand, const char *wanted, struct error *error)
{
    CLEANUP(cleanup_json) json_t *device = stand_device(stand);
    json_t *mcus = json_object_get(device, "mcuVersions");
    const char *first = json_object_iter_key(json_object_iter(mcus));
    const char *chosen = wanted != NULL && strcmp(wanted, "module") != 0 ? wanted : first;
    if (wanted != NULL && strcmp(wanted, "module") != 0 && json_object_get(mcus, wanted) == NULL) {
        return error_set(error, E_NOT_FOUND, "--component", "the device reports no component '%s'", wanted);
    }
    stand->is_module = chosen == NULL || (wanted != NULL && strcmp(wanted, "module") == 0);
    return text_copy(stand->component_no, sizeof stand->component_no, stand->is_module ? "module" : chosen);
}

/* --- one upgrade ---------------------------------------------------------------------------------------------- */

struct run {
    struct stand *stand;
    const struct stand_order *order;
    struct stand_outcome *outcome;
    struct error *error;
    int64_t package;
    int64_t plan;
    size_t size; /* of the image */
    int64_t faults[STAND_FAULTS];
    bool unanswered; /* the device stands where the notify left it */
};

static const char *current_version(const struct stand *stand, const json_t *device)
{
    return stand->is_module ? json_text_of(device, "moduleVersion")
                            : json_text_of(json_object_get(device, "mcuVersions"), stand->component_no);
}

static enum status upload(struct run *run)
{
    struct stand *stand = run->stand;
    CLEANUP(cleanup_json) json_t *device = stand_device(stand);
    CLEANUP(cleanup_json) json_t *answer = NULL;
    const struct stand_image *image = &stand->images[0];
    size_t size = run->order->size > 0 ? run->order->size : MADE_UP_SIZE;
    struct rest_file file = {.name = "image.bin", .size = (int64_t)size, .seed = stand->serial + 1};
    long http_status = 0;
    if (image->bytes != NULL) {
        image = strcmp(current_version(stand, device), image->version) == 0 ? &stand->images[1] : image;
        file.bytes = image->bytes;
        file.size = (int64_t)image->size;
        text_copy_cut(run->outcome->target, sizeof run->outcome->target, image->version);
    } else {
        (void)snprintf(run->outcome->target, sizeof run->outcome->target, "Q%llx_%u",
                       (unsigned long long)stand->begin_ms, stand->serial);
    }
    run->size = size;
    char name[64];
    (void)snprintf(name, sizeof name, "qualify %llx %u", (unsigned long long)stand->begin_ms, stand->serial);
    CLEANUP(cleanup_json)
    json_t *package =
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", name, "productKey", stand->product_key, "componentType",
                  stand->is_module ? "module" : "mcu", "packageType", "full", "targetVersion", run->outcome->target);
    if (package == NULL) {
        return E_NOMEM;
    }
    enum status status = rest_upload(stand->rest, "/api/v1/packages", "package", package, &file, 1, CALL_MS,
                                     &http_status, &answer, run->error);
    if (status == OK && http_status != 201) {
        status = error_set(run->error, E_STATE, "package", "%s", json_text_of(answer, "detail"));
    }
    run->package = json_integer_value(json_object_get(answer, "id"));
    return status;
}

static enum status make_plan(struct run *run)
{
    struct stand *stand = run->stand;
    CLEANUP(cleanup_json) json_t *answer = NULL;
    char name[64];
    (void)snprintf(name, sizeof name, "qualify %llx %u", (unsigned long long)stand->begin_ms, stand->serial++);
    json_t *plan =
        json_pack("{s:s, s:s, s:s, s:s, s:[s], s:{s:i, s:i, s:i}, s:[{s:s, s:s, s:s, s:I, s:i}]}", "name", name,
                  "productKey", stand->product_key, "mode", "silent", "timeZone", "Etc/UTC", "whitelist",
                  stand->device_key, "strategy", "retries", (int)run->order->retries, "minSignal", -140, "minBattery",
                  0, "components", "componentNo", stand->component_no, "name", stand->component_no, "componentType",
                  stand->is_module ? "module" : "mcu", "packageId", (json_int_t)run->package, "sequence", 1);
    enum status status = stand_call(stand, "POST", 201, plan, &answer, run->error, "/api/v1/plans");
    run->plan = json_integer_value(json_object_get(answer, "id"));
    return status;
}

/* `fault` is taken; it holds for this device alone. */
static enum status arm_one(struct run *run, size_t index, json_t *fault)
{
    const struct stand *stand = run->stand;
    CLEANUP(cleanup_json) json_t *answer = NULL;
    (void)json_object_set_new(
        fault, "match", json_pack("{s:s, s:s}", "productKey", stand->product_key, "deviceKey", stand->device_key));
    enum status status = stand_call(stand, "POST", 201, fault, &answer, run->error, "/api/v1/faults");
    run->faults[index] = json_integer_value(json_object_get(answer, "id"));
    return status;
}

static enum status arm(struct run *run)
{
    const struct stand_order *order = run->order;
    enum status status = OK;
    size_t count = 0;
    for (; status == OK && count < STAND_FAULTS && order->faults[count] != NULL; count++) {
        status = arm_one(run, count, json_loads(order->faults[count], 0, NULL));
    }
    if (status == OK && order->slow_s > 0 && count < STAND_FAULTS) {
        json_int_t rate = (json_int_t)(run->size / order->slow_s);
        status = arm_one(run, count,
                         json_pack("{s:s, s:{s:s, s:I}, s:{s:i}}", "point", "http.firmware", "action", "type",
                                   "throttle", "bytesPerSecond", rate > 0 ? rate : 1, "trigger", "times", 1));
    }
    return status;
}

static enum status evaluate(const struct run *run)
{
    return stand_call(run->stand, "POST", 200, json_pack("{s:s}", "productKey", run->stand->product_key), NULL,
                      run->error, "/api/v1/evaluations");
}

/* What is done in the middle of a download, once. */
static void disturb(struct run *run, const char *step)
{
    const struct stand *stand = run->stand;
    struct error ignored;
    if (run->outcome->cut || strcmp(step, "downloading") != 0) {
        return;
    }
    if (run->order->cut_link) {
        run->outcome->cut =
            stand_call(stand, "POST", 204, NULL, NULL, &ignored, "/api/v1/products/%s/devices/%s/disconnect",
                       stand->product_key, stand->device_key) == OK;
    } else if (run->order->cut_question != NULL) {
        run->outcome->cut = true;
        (void)printf("    >>> %s\n", run->order->cut_question);
        (void)fflush(stdout);
    }
}

/* True: it is over for this device. */
static bool look(struct run *run)
{
    CLEANUP(cleanup_json) json_t *device = NULL;
    struct error ignored;
    if (stand_call(run->stand, "GET", 200, NULL, &device, &ignored, "/api/v1/plans/%lld/devices/%s",
                   (long long)run->plan, run->stand->device_key) != OK) {
        return false;
    }
    const json_t *component = json_array_get(json_object_get(device, "components"), 0);
    text_copy_cut(run->outcome->status, sizeof run->outcome->status, json_text_of(device, "status"));
    text_copy_cut(run->outcome->reason, sizeof run->outcome->reason, json_text_of(device, "reason"));
    run->outcome->attempts = json_integer_value(json_object_get(component, "attempts"));
    run->unanswered = strcmp(json_text_of(component, "step"), "start") == 0;
    disturb(run, json_text_of(component, "step"));
    return strcmp(run->outcome->status, "upgraded") == 0 || strcmp(run->outcome->status, "failed") == 0 ||
           strcmp(run->outcome->reason, "refused") == 0;
}

/*
 * A notify that a fault has spoilt is repeated by the server's next tick, or on a new connection (behaviour.md, 5).
 * Nobody waits ten minutes here: the link is cut, once.
 */
static void await_end(struct run *run)
{
    struct stand *stand = run->stand;
    int64_t begin = monotonic_ms();
    int64_t end = begin + stand->patience_ms;
    int64_t again = run->order->faults[0] != NULL ? begin + AGAIN_MS : INT64_MAX;
    for (int64_t now = begin; !look(run) && now < end; now = monotonic_ms()) {
        if (run->unanswered && now >= again) {
            struct error ignored;
            bool cut = stand_call(stand, "POST", 204, NULL, NULL, &ignored, "/api/v1/products/%s/devices/%s/disconnect",
                                  stand->product_key, stand->device_key) == OK;
            again = cut ? INT64_MAX : now + AGAIN_MS;
        }
        stand_wait(stand, (again < end && again > now ? again : end) - now);
    }
    run->outcome->seconds = (double)(monotonic_ms() - begin) / 1000;
}

static void disarm(struct run *run)
{
    struct error ignored;
    for (size_t i = 0; i < STAND_FAULTS && run->faults[i] > 0; i++) {
        CLEANUP(cleanup_json) json_t *fault = NULL;
        enum status status = stand_call(run->stand, "GET", 200, NULL, &fault, &ignored, "/api/v1/faults/%lld",
                                        (long long)run->faults[i]);
        run->outcome->unapplied =
            run->outcome->unapplied || status != OK || json_integer_value(json_object_get(fault, "fired")) == 0;
        /* one that has gone by itself is as good */
        (void)(stand_call(run->stand, "DELETE", 204, NULL, NULL, &ignored, "/api/v1/faults/%lld",
                          (long long)run->faults[i]) == OK);
    }
}

/* The log, and the stand cleared for the next upgrade as far as the device lets it. */
static void close_run(struct run *run, const char *name)
{
    struct stand *stand = run->stand;
    struct error ignored;
    CLEANUP(cleanup_json) json_t *log = NULL;
    if (stand_call(stand, "GET", 200, NULL, &log, &ignored, "/api/v1/plans/%lld/devices/%s/logs?limit=1000",
                   (long long)run->plan, stand->device_key) == OK) {
        run->outcome->log = json_incref(json_object_get(log, "items"));
    }
    disarm(run);
    /* a plan whose only device is final has ended by itself */
    (void)(stand_call(stand, "POST", 200, NULL, NULL, &ignored, "/api/v1/plans/%lld/terminate", (long long)run->plan) ==
           OK);
    CLEANUP(cleanup_json) json_t *device = stand_device(stand);
    const json_t *active = json_object_get(device, "activePlanId");
    if (json_is_integer(active)) {
        text_copy_cut(stand->stuck_in, sizeof stand->stuck_in, name);
    }
}

enum status stand_upgrade(struct stand *stand, const char *name, const struct stand_order *order,
                          struct stand_outcome *outcome, struct error *error)
{
    struct run run = {.stand = stand, .order = order, .outcome = outcome, .error = error};
    *outcome = (struct stand_outcome){.status = "not notified"};
    if (!stand_await_online(stand, NULL, stand->patience_ms)) {
        return error_set(error, E_TIMEOUT, "device", "it is not online");
    }
    enum status status = upload(&run);
    if (status == OK) {
        status = make_plan(&run);
    }
    if (status != OK) {
        return status;
    }
    status = arm(&run);
    if (status == OK) {
        status = stand_call(stand, "POST", 200, NULL, NULL, error, "/api/v1/plans/%lld/activate", (long long)run.plan);
    }
    if (status == OK) {
        status = evaluate(&run);
    }
    if (status == OK) {
        await_end(&run);
    }
    close_run(&run, name);
    return status;
}

void stand_outcome_finish(struct stand_outcome *outcome)
{
    json_decref(outcome->log);
    outcome->log = NULL;
}

unsigned stand_count(const struct stand_outcome *outcome, const char *kind, int code, int attempt)
{
    unsigned count = 0;
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(outcome->log, i, entry)
    {
        bool fits = strcmp(json_text_of(entry, "kind"), kind) == 0 &&
                    (code == 0 || json_integer_value(json_object_get(entry, "code")) == code) &&
                    (attempt == 0 || json_integer_value(json_object_get(entry, "attempt")) == attempt);
        count += fits ? 1 : 0;
    }
    return count;
}
