#include "http/event_json.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "base/instant.h"
#include "http/json_value.h"

static json_t *maybe_id(int64_t id)
{
    return id > 0 ? json_integer(id) : json_null();
}

static json_t *maybe_int(const struct maybe_int *value)
{
    return value->known ? json_integer(value->value) : json_null();
}

static json_t *instant(int64_t at)
{
    char text[INSTANT_TEXT];
    instant_format(at, text);
    return json_string(text);
}

static json_t *components(const struct event *event)
{
    json_t *array = json_array();
    for (size_t i = 0; i < event->part_count; i++) {
        const struct event_part *part = &event->parts[i];
        (void)json_array_append_new(array, json_pack("{s:s, s:s, s:i, s:i, s:o, s:o}", "componentNo",
                                                     part->component_no, "step", component_step_name(part->step),
                                                     "progress", part->progress, "attempts", part->attempts,
                                                     "sourceVersion", json_maybe_text(part->source_version),
                                                     "targetVersion", json_maybe_text(part->target_version)));
    }
    return array;
}

static json_t *mcu_versions(const struct event *event)
{
    json_t *versions = json_object();
    for (size_t i = 0; i < event->part_count; i++) {
        (void)json_object_set_new(versions, event->parts[i].component_no,
                                  json_maybe_text(event->parts[i].source_version));
    }
    return versions;
}

static json_t *device_members(const struct event *event)
{
    const struct event_of_device *device = &event->of.device;
    const struct event_of_task *task = &event->of.task;
    switch (event->what) {
    case WHAT_UPGRADE:
        return json_pack("{s:s, s:o, s:o, s:o, s:o}", "status", device_status_name(task->status), "reason",
                         json_maybe_text(reason_name(task->reason)), "startedAt", json_maybe_instant(&task->started_at),
                         "endedAt", json_maybe_instant(&task->ended_at), "components", components(event));
    case WHAT_VERIFICATION:
        return json_pack("{s:I, s:s, s:o}", "verificationId", (json_int_t)-event->plan_id, "status",
                         device_status_name(task->status), "reason", json_maybe_text(reason_name(task->reason)));
    case WHAT_PROGRESS:
        return json_pack("{s:s, s:i}", "componentNo", event->parts[0].component_no, "progress",
                         event->parts[0].progress);
    default:
        return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o}", "online", device->online, "battery",
                         maybe_int(&device->battery), "signal", maybe_int(&device->signal), "moduleVersion",
                         json_maybe_text(device->module_version), "mcuVersions", mcu_versions(event), "lastSeenAt",
                         json_maybe_instant(&device->last_seen_at));
    }
}

static json_t *fault_members_of(const struct event_of_fault *fault)
{
    return json_pack("{s:I, s:s, s:s, s:I, s:o, s:o, s:s}", "faultId", (json_int_t)fault->id, "point",
                     fault_point_name(fault->point), "action", fault_type_name(fault->type), "fired",
                     (json_int_t)fault->fired, "componentNo", json_maybe_text(fault->component_no), "attempt",
                     fault->attempt > 0 ? json_integer(fault->attempt) : json_null(), "text", fault->text);
}

static json_t *members(const struct event *event)
{
    const struct event_of_clock *clock = &event->of.clock;
    switch (event->kind) {
    case EVENT_PLAN:
        return json_pack("{s:s, s:s}", "status", plan_status_name(event->of.plan.status), "name", event->of.plan.name);
    case EVENT_DEVICE:
        return device_members(event);
    case EVENT_LOG:
        return json_pack("{s:o}", "entry", log_entry_json(&event->of.entry));
    case EVENT_CLOCK:
        return json_pack("{s:o, s:s, s:o, s:I, s:I}", "now", instant(clock->now), "mode", clock_mode_name(clock->mode),
                         "nextEvaluationAt", instant(clock->next_evaluation_at), "devicesChecked",
                         (json_int_t)clock->devices_checked, "notified", (json_int_t)clock->notified);
    case EVENT_PACKAGE:
        return json_pack("{s:I, s:s}", "packageId", (json_int_t)event->of.package.id, "name", event->of.package.name);
    case EVENT_FRAME:
        return json_pack("{s:s, s:i, s:I, s:s}", "command", event->of.frame.command, "packageId",
                         event->of.frame.package_id, "length", (json_int_t)event->of.frame.length, "text",
                         event->of.frame.text);
    case EVENT_FAULT:
        return fault_members_of(&event->of.fault);
    default:
        return json_object();
    }
}

char *event_text(const struct event *event, const char *id)
{
    json_t *json = json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:o}", "at", instant(event->at), "wallAt",
                             instant(event->wall_at), "kind", event_kind_name(event->kind), "what",
                             event_what_name(event->what), "productKey", json_maybe_text(event->product_key), "planId",
                             maybe_id(event->plan_id), "deviceKey", json_maybe_text(event->device_key));
    if (json != NULL && id != NULL) {
        (void)json_object_set_new(json, "id", json_string(id));
    }
    if (json != NULL) {
        (void)json_object_update_new(json, members(event));
    }
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return text;
}

/* The word that tells events of the same kind and what apart; "": there is none. */
static const char *detail_word(const struct event *event, unsigned traits)
{
    if ((traits & TRAIT_LOG_KIND) != 0) {
        return log_kind_name(event->of.entry.kind);
    }
    if ((traits & TRAIT_STATUS) == 0) {
        return "";
    }
    return event->kind == EVENT_PLAN ? plan_status_name(event->of.plan.status)
                                     : device_status_name(event->of.task.status);
}

void event_describe(const struct event *event, char *text, size_t capacity)
{
    const char *word = detail_word(event, event_traits(event->kind, event->what));
    char plan[32] = "";
    if (event->plan_id > 0) {
        (void)snprintf(plan, sizeof plan, ", plan %" PRId64, event->plan_id);
    }
    (void)snprintf(text, capacity, "%s %s%s%s%s%s%s%s%s", event_kind_name(event->kind), event_what_name(event->what),
                   word[0] == '\0' ? "" : " ", word, event->device_key[0] == '\0' ? "" : ", device ", event->device_key,
                   plan, event->device_key[0] != '\0' || event->product_key[0] == '\0' ? "" : ", product ",
                   event->device_key[0] != '\0' ? "" : event->product_key);
}
