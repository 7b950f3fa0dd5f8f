#include "app/events.h"

#include <stdlib.h>
#include <string.h>

#include "app/devices.h"
#include "app/timeline.h"
#include "base/log.h"
#include "base/text.h"
#include "store/device_rows.h"
#include "store/log_rows.h"

static struct event event_of(struct app *app, enum event_kind kind, enum event_what what, const char *product_key)
{
    struct event event = {.kind = kind, .what = what, .at = app_now(app, product_key), .wall_at = app_wall(app)};
    text_copy_cut(event.product_key, sizeof event.product_key, product_key == NULL ? "" : product_key);
    return event;
}

/* The keys of a device: of its link when it has one, which costs nothing, else of the store. */
static enum status name_device(struct app *app, int64_t device_id, struct event *event)
{
    const struct presence *presence = app_presence(app, device_id);
    struct device_brief brief;
    enum status status = presence == NULL ? device_find_brief(app->store, device_id, &brief) : OK;
    if (status == OK) {
        const char *product_key = presence == NULL ? brief.product_key : presence->product_key;
        const char *device_key = presence == NULL ? brief.device_key : presence->device_key;
        text_copy_cut(event->product_key, sizeof event->product_key, product_key);
        text_copy_cut(event->device_key, sizeof event->device_key, device_key);
        event->at = app_now(app, product_key);
    }
    return status;
}

static struct event *with_parts(const struct event *event, size_t count)
{
    struct event *made = calloc(1, event_size(count));
    if (made != NULL) {
        memcpy(made, event, sizeof *event);
        made->part_count = count;
    }
    return made;
}

static enum status defer_and_free(struct app *app, struct event *event)
{
    enum status status = event == NULL ? E_NOMEM : app_defer_event(app, event);
    free(event);
    return status;
}

static struct event_part part_of(const struct task_component *component)
{
    struct event_part part = {
        .step = component->step, .progress = component->progress, .attempts = component->attempts};
    memcpy(part.component_no, component->component_no, sizeof part.component_no);
    memcpy(part.source_version, component->source_version, sizeof part.source_version);
    memcpy(part.target_version, component->target_version, sizeof part.target_version);
    return part;
}

enum status events_progress(struct app *app, const struct task *task)
{
    struct event event = event_of(app, EVENT_DEVICE, WHAT_PROGRESS, NULL);
    event.plan_id = task->plan_id;
    enum status status = name_device(app, task->device_id, &event);
    struct event *made = status == OK ? with_parts(&event, 1) : NULL;
    if (made != NULL) {
        made->parts[0] = part_of(&task->components[task->current]);
    }
    return status == OK ? defer_and_free(app, made) : status;
}

enum status events_task(struct app *app, const struct task *task)
{
    struct event event = event_of(app, EVENT_DEVICE, task->plan_id < 0 ? WHAT_VERIFICATION : WHAT_UPGRADE, NULL);
    event.plan_id = task->plan_id;
    event.of.task = (struct event_of_task){
        .status = task->status, .reason = task->reason, .started_at = task->started_at, .ended_at = task->ended_at};
    enum status status = name_device(app, task->device_id, &event);
    struct event *made = status == OK ? with_parts(&event, task->component_count) : NULL;
    if (status != OK || made == NULL) {
        return status != OK ? status : E_NOMEM;
    }
    for (size_t i = 0; i < task->component_count; i++) {
        made->parts[i] = part_of(&task->components[i]);
    }
    return defer_and_free(app, made);
}

enum status events_log(struct app *app, int64_t plan_id, int64_t device_id, const struct log_entry *entry)
{
    enum status status = log_append(app->store, plan_id, device_id, entry);
    if (status != OK) {
        return status;
    }
    struct event event = event_of(app, EVENT_LOG, WHAT_ENTRY, NULL);
    event.plan_id = plan_id;
    event.of.entry = *entry;
    status = name_device(app, device_id, &event);
    event.at = entry->at;
    return status == OK ? app_defer_event(app, &event) : status;
}

enum status events_plan(struct app *app, const struct plan *plan, enum event_what what)
{
    struct event event = event_of(app, EVENT_PLAN, what, plan->product_key);
    event.plan_id = plan->id;
    event.of.plan.status = plan->status;
    memcpy(event.of.plan.name, plan->name, sizeof event.of.plan.name);
    return app_defer_event(app, &event);
}

enum status events_device(struct app *app, const struct device *device, enum event_what what)
{
    struct event event = event_of(app, EVENT_DEVICE, what, device->product_key);
    text_copy_cut(event.device_key, sizeof event.device_key, device->device_key);
    event.of.device = (struct event_of_device){.online = what != WHAT_DELETED && app_is_online(app, device->id),
                                               .battery = device->battery,
                                               .signal = device->signal,
                                               .last_seen_at = device->last_seen_at};
    memcpy(event.of.device.module_version, device->module_version, sizeof event.of.device.module_version);
    struct event *made = with_parts(&event, device->mcu_count);
    for (size_t i = 0; made != NULL && i < device->mcu_count; i++) {
        memcpy(made->parts[i].component_no, device->mcus[i].component_no, sizeof made->parts[i].component_no);
        memcpy(made->parts[i].source_version, device->mcus[i].version, sizeof made->parts[i].source_version);
    }
    return defer_and_free(app, made);
}

enum status events_clock(struct app *app, const char *product_key, enum event_what what, int64_t devices_checked,
                         int64_t notified)
{
    struct event event = event_of(app, EVENT_CLOCK, what, product_key);
    const struct timeline *timeline = timeline_of(app, product_key);
    event.of.clock = (struct event_of_clock){.now = event.at,
                                             .mode = timeline->clock.mode,
                                             .next_evaluation_at = timeline->next_tick,
                                             .devices_checked = devices_checked,
                                             .notified = notified};
    return app_defer_event(app, &event);
}

enum status events_package(struct app *app, const struct package *package, enum event_what what)
{
    struct event event = event_of(app, EVENT_PACKAGE, what, package->product_key);
    event.of.package.id = package->id;
    memcpy(event.of.package.name, package->name, sizeof event.of.package.name);
    return app_defer_event(app, &event);
}

enum status events_product(struct app *app, const char *product_key, enum event_what what)
{
    struct event event = event_of(app, EVENT_PRODUCT, what, product_key);
    return app_defer_event(app, &event);
}

bool app_frames_wanted(struct app *app)
{
    return app->ports.frames_wanted(app->ports.context);
}

void app_device_frame(struct app *app, int64_t device_id, bool from_device, const struct event_of_frame *frame)
{
    struct event event = event_of(app, EVENT_FRAME, from_device ? WHAT_RECEIVED : WHAT_SENT, NULL);
    event.of.frame = *frame;
    if (name_device(app, device_id, &event) != OK || app_defer_event(app, &event) != OK) {
        log_debug("app", "a frame was not told: its device has gone, or memory");
    }
}

enum status events_fault(struct app *app, const struct fault *fault, enum event_what what,
                         const struct fault_subject *subject, int64_t wall_at)
{
    struct event event = event_of(app, EVENT_FAULT, what, subject->product_key);
    event.wall_at = wall_at;
    event.plan_id = subject->plan_id;
    text_copy_cut(event.device_key, sizeof event.device_key, subject->device_key);
    event.of.fault = (struct event_of_fault){.id = fault->id,
                                             .point = fault->point,
                                             .type = fault->action.type,
                                             .fired = fault->fired,
                                             .attempt = subject->attempt};
    text_copy_cut(event.of.fault.component_no, sizeof event.of.fault.component_no, subject->component_no);
    fault_describe(fault, event.of.fault.text);
    return app_defer_event(app, &event);
}
