#include "scenario/evidence.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/instant.h"
#include "cli/json.h"
#include "scenario/judge.h"

enum { PATIENCE_MS = 1000, PAUSE_MS = 40 };

static enum status collect_pages(struct stage *stage, json_t *items, const char *path, struct error *error)
{
    char cursor[256] = "";
    enum status status = OK;
    do {
        CLEANUP(cleanup_json) json_t *page = NULL;
        status = stage_ask(stage, "GET", 200, NULL, &page, error, "%s%s%s", path, cursor[0] != '\0' ? "&cursor=" : "",
                           cursor);
        (void)json_array_extend(items, json_object_get(page, "items"));
        size_t length = strlen(json_text_of(page, "nextCursor"));
        memcpy(cursor, json_text_of(page, "nextCursor"), length < sizeof cursor ? length + 1 : 0);
    } while (status == OK && cursor[0] != '\0');
    return status;
}

/* The device in the plan, its row and its log; a device that the plan does not know has none. */
static enum status collect_in_plan(struct stage *stage, const char *key, json_int_t plan, json_t **found,
                                   struct error *error)
{
    char path[160];
    json_t *row = NULL;
    enum status status = stage_ask(stage, "GET", 200, NULL, &row, error, "/api/v1/plans/%lld/devices/%s", plan, key);
    json_t *log = json_array();
    if (status == OK) {
        (void)snprintf(path, sizeof path, "/api/v1/plans/%lld/devices/%s/logs?limit=1000", plan, key);
        status = collect_pages(stage, log, path, error);
    } else if (status == E_NOT_FOUND) {
        status = OK;
    }
    *found = json_pack("{s:o, s:o}", "row", row != NULL ? row : json_null(), "log", log);
    return status;
}

static enum status collect_device(struct stage *stage, const char *key, json_t *devices, struct error *error)
{
    CLEANUP(cleanup_json) json_t *device = NULL;
    json_t *plans = json_object();
    const char *name = NULL;
    const json_t *id = NULL;
    enum status status =
        stage_ask(stage, "GET", 200, NULL, &device, error, "/api/v1/products/%s/devices/%s", stage->product_key, key);
    status = status == E_NOT_FOUND ? OK : status;
    json_object_foreach(stage->plans, name, id)
    {
        json_t *found = NULL;
        if (status == OK) {
            status = collect_in_plan(stage, key, json_integer_value(id), &found, error);
            (void)json_object_set_new(plans, name, found);
        }
    }
    (void)json_object_set_new(devices, key, json_pack("{s:O?, s:o}", "device", device, "plans", plans));
    return status;
}

static enum status collect_plan(struct stage *stage, const char *name, json_t *plans, struct error *error)
{
    json_t *plan = NULL;
    json_t *statistics = NULL;
    json_int_t id = stage_plan(stage, name);
    enum status status = stage_ask(stage, "GET", 200, NULL, &plan, error, "/api/v1/plans/%lld", id);
    if (status == OK) {
        status = stage_ask(stage, "GET", 200, NULL, &statistics, error, "/api/v1/plans/%lld/statistics", id);
    }
    (void)json_object_set_new(plans, name,
                              json_pack("{s:o, s:o}", "plan", plan != NULL ? plan : json_null(), "statistics",
                                        statistics != NULL ? statistics : json_null()));
    return status;
}

enum status evidence_collect(struct stage *stage, const json_t *expect, json_t **evidence, struct error *error)
{
    json_t *devices = json_object();
    json_t *plans = json_object();
    json_t *journal = json_array();
    char path[160];
    (void)snprintf(path, sizeof path, "/api/v1/journal?productKey=%s&limit=1000", stage->product_key);
    enum status status = collect_pages(stage, journal, path, error);
    const char *name = NULL;
    const json_t *ignored = NULL;
    json_object_foreach(json_object_get(expect, "devices"), name, ignored)
    {
        status = status == OK ? collect_device(stage, name, devices, error) : status;
    }
    json_object_foreach(json_object_get(expect, "plans"), name, ignored)
    {
        status = status == OK ? collect_plan(stage, name, plans, error) : status;
    }
    stage_refresh_faults(stage);
    *evidence = json_pack("{s:o, s:o, s:o, s:o}", "devices", devices, "plans", plans, "journal", journal, "faults",
                          stage->bench->without_faults ? json_null() : json_deep_copy(stage->faults));
    return status;
}

enum status evidence_judge(struct stage *stage, const json_t *expect, bool at_end, struct flaws *findings,
                           struct error *error)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    int64_t end = monotonic_ms() + PATIENCE_MS;
    for (;;) {
        CLEANUP(cleanup_json) json_t *evidence = NULL;
        enum status status = evidence_collect(stage, expect, &evidence, error);
        findings->count = 0;
        if (status != OK) {
            return status;
        }
        judge(expect, evidence, at_end, findings);
        if (findings->count == 0 || monotonic_ms() >= end) {
            return OK;
        }
        (void)nanosleep(&pause, NULL);
    }
}
