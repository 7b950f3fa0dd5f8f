#include "app/upgrade.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/evaluation.h"
#include "app/events.h"
#include "app/faults.h"
#include "app/plan_faults.h"
#include "app/plans_life.h"
#include "app/referee.h"
#include "app/upgrade_links.h"
#include "app/verifications_due.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "store/device_rows.h"
#include "store/package_rows.h"
#include "store/plan_rows.h"
#include "store/task_rows.h"

/* --- effects -------------------------------------------------------------------------------------------------- */

/* One step: who, in which plan, why and when. */
struct scene {
    struct app *app;
    struct task *task;
    const struct plan *plan;
    const struct package *const *packages; /* NULL: not at hand */
    const struct session_event *event;
    int64_t at;
    struct device_brief device; /* read by scene_device() when it is needed first */
    bool has_device;
};

static enum status scene_device(struct scene *scene)
{
    enum status status = OK;
    if (!scene->has_device) {
        status = device_find_brief(scene->app->store, scene->task->device_id, &scene->device);
        scene->has_device = status == OK;
    }
    return status;
}

static int64_t package_size(const struct package *package)
{
    int64_t size = 0;
    for (size_t i = 0; i < package->file_count; i++) {
        size += package->files[i].size;
    }
    return size;
}

/* Bytes of the images of component `i` together. */
static enum status component_size(const struct scene *scene, size_t i, int64_t *size)
{
    if (scene->packages != NULL) {
        *size = package_size(scene->packages[i]);
        return OK;
    }
    CLEANUP(cleanup_package) struct package package = {0};
    enum status status = package_find(scene->app->store, scene->task->components[i].package_id, &package);
    *size = status == OK ? package_size(&package) : 0;
    return status;
}

static enum status send_early(const struct scene *scene);

static enum status send_notify(const struct scene *scene)
{
    const struct task *task = scene->task;
    const struct strategy *strategy = &scene->plan->strategy;
    struct notify_order order = {.min_battery = strategy->min_battery, .min_signal = strategy->min_signal};
    for (size_t i = 0; i < task->component_count; i++) {
        const struct task_component *component = &task->components[i];
        if (component->skipped || component->step == STEP_SUCCESSFUL) {
            continue;
        }
        size_t at = order.count++;
        enum status status = component_size(scene, i, &order.tasks[at].space);
        if (status != OK) {
            return status;
        }
        order.tasks[at].type = component->type;
        text_copy_cut(order.tasks[at].component_no, sizeof order.tasks[at].component_no, component->component_no);
        text_copy_cut(order.tasks[at].source_version, sizeof order.tasks[at].source_version, component->source_version);
        text_copy_cut(order.tasks[at].target_version, sizeof order.tasks[at].target_version, component->target_version);
    }
    enum status status = order.count == 0 ? OK : app_defer_notify(scene->app, task->device_id, &order);
    return status == OK && order.count > 0 ? send_early(scene) : status;
}

static enum status send_firmware(struct app *app, const struct task *task, size_t index)
{
    const struct task_component *component = &task->components[index];
    CLEANUP(cleanup_package) struct package package = {0};
    struct attempt_links links;
    enum status status = package_find(app->store, component->package_id, &package);
    if (status == OK) {
        status = upgrade_links_obtain(app, task, index, &package, &links);
    }
    if (status != OK) {
        return status;
    }
    struct firmware_order order = {
        .type = component->type, .with_sha256 = task->wants_sha256, .file_count = package.file_count};
    text_copy_cut(order.component_no, sizeof order.component_no, component->component_no);
    text_copy_cut(order.source_version, sizeof order.source_version, component->source_version);
    text_copy_cut(order.target_version, sizeof order.target_version, component->target_version);
    for (size_t i = 0; i < package.file_count; i++) {
        const struct package_file *file = &package.files[i];
        const char *extension = package_file_extension(file->name);
        order.files[i].size = file->size;
        text_copy_cut(order.files[i].token, sizeof order.files[i].token, links.tokens[i]);
        text_copy_cut(order.files[i].extension, sizeof order.files[i].extension, extension != NULL ? extension : "");
        text_copy_cut(order.files[i].md5, sizeof order.files[i].md5, file->md5);
        text_copy_cut(order.files[i].sha256, sizeof order.files[i].sha256, file->sha256);
        text_copy_cut(order.files[i].crc32, sizeof order.files[i].crc32, file->crc32);
    }
    return app_defer_firmware(app, task->device_id, &order);
}

static size_t first_to_do(const struct task *task)
{
    size_t i = 0;
    while (i < task->component_count && (task->components[i].skipped || task->components[i].step == STEP_SUCCESSFUL)) {
        i++;
    }
    return i;
}

/*
 * A fault of ours: the firmware information of the first attempt follows the notify at once, so that it meets a device
 * that has received the plan and has not confirmed it. Behind status 1 it could come too late for that: the device may
 * have accepted by then. What is sent behind the confirm is the same, with the same links.
 */
static enum status send_early(const struct scene *scene)
{
    struct fault_subject subject;
    struct fault_hit hits[FAULT_HITS];
    struct faults *faults = scene->app->faults;
    struct task ahead = *scene->task;
    size_t first = first_to_do(&ahead);
    if (!faults_armed(faults, FAULT_OTA_URL) || ahead.components[first].revoked) {
        return OK;
    }
    ahead.components[first].attempts += ahead.components[first].attempts == 0 ? 1 : 0;
    upgrade_fault_subject(scene->app, &ahead, first, &subject);
    bool fires = false;
    size_t count = faults_look(faults, FAULT_OTA_URL, &subject, hits);
    for (size_t i = 0; i < count; i++) {
        fires |= hits[i].action.type == FAULT_EARLY && faults_fire(faults, hits[i].id, &subject, NULL);
    }
    return fires ? send_firmware(scene->app, &ahead, first) : OK;
}

/* Links that were sent early for an attempt that never came. */
static enum status expire_early(struct app *app, const struct task *task,
                                const enum component_step before[LIMIT_COMPONENTS])
{
    enum status status = OK;
    for (size_t i = 0; i < task->component_count && status == OK; i++) {
        enum component_step now = task->components[i].step;
        if (before[i] == STEP_START && (now == STEP_WAITING || now == STEP_SUCCESSFUL)) {
            status = upgrade_links_expire(app, task, i);
        }
    }
    return status;
}

/* SDKs before 2.9.2 are told by the platform only when they ask; mockdc tells all and says so (behaviour.md, 10). */
static enum status note_old_sdk(struct scene *scene, struct log_entry *entry)
{
    int major = 0;
    int minor = 0;
    int patch = 0;
    enum status status = scene_device(scene);
    if (status != OK || sscanf(scene->device.sdk_version, "%d.%d.%d", &major, &minor, &patch) != 3 ||
        (major != 2   ? major > 2
         : minor != 9 ? minor > 9
                      : patch >= 2)) {
        return status;
    }
    size_t used = strlen(entry->detail);
    (void)snprintf(entry->detail + used, sizeof entry->detail - used,
                   " (SDK %s: the platform pushes by itself only from 2.9.2 on; mockdc pushes to every version)",
                   scene->device.sdk_version);
    return OK;
}

static enum status apply_log(struct scene *scene, struct log_entry *entry)
{
    entry->at = scene->at;
    if (entry->kind == LOG_PROTOCOL_WARNING && referees_excuse(scene->app, scene->task->device_id)) {
        entry->kind = LOG_REPORT_IGNORED;
    }
    if (entry->kind == LOG_PROTOCOL_WARNING) {
        referees_name(scene->app, scene->task->device_id, scene->task->plan_id, entry);
    }
    enum status status = entry->kind == LOG_PLAN_ISSUED ? note_old_sdk(scene, entry) : OK;
    return status == OK ? events_log(scene->app, scene->task->plan_id, scene->task->device_id, entry) : status;
}

/* It refused a plan that is over meanwhile: there is no next time (behaviour.md, 3). */
static enum status task_released(const struct scene *scene)
{
    const struct plan *plan = scene->plan;
    if (plan->id < 0) {
        return verification_refused(scene->app, scene->task, plan, scene->at);
    }
    if (plan->status != PLAN_TERMINATED && plan->status != PLAN_ENDED) {
        return OK; /* the store counts slots by status */
    }
    bool ended = plan->status == PLAN_ENDED;
    struct session_event event = {.kind = SESSION_ABORT,
                                  .device_online = scene->event->device_online,
                                  .abort = {.reason = ended ? REASON_PLAN_ENDED : REASON_PLAN_TERMINATED,
                                            .kind = ended ? LOG_ENDED : LOG_TERMINATED,
                                            .direction = LOG_FROM_SERVER,
                                            .why = "the plan is over: it is not offered again"},
                                  .progress = -1};
    return upgrade_step(scene->app, scene->task, plan, &event, scene->at);
}

static enum status task_finished(struct scene *scene)
{
    struct app *app = scene->app;
    const struct task *task = scene->task;
    enum status found = scene_device(scene);
    if (found != OK) {
        return found;
    }
    log_info("app", "device=%s/%s %s=%lld %s %s", scene->device.product_key, scene->device.device_key,
             task->plan_id < 0 ? "verification" : "plan", llabs((long long)task->plan_id),
             device_status_name(task->status), reason_name(task->reason));
    enum status status = plans_life_end_final(app, task->plan_id, scene->at);
    const struct presence *presence = app_presence(app, task->device_id);
    if (status != OK || presence == NULL) {
        return status;
    }
    if (scene->event->kind == SESSION_STATUS) {
        return app_defer_evaluate(app, task->device_id); /* acted on at PUBREL: the device is idle now */
    }
    app_arm_pending(app, presence, PENDING_NEXT_PLAN); /* by its version or a timeout: it may not be idle yet */
    return OK;
}

static enum status apply_effect(struct scene *scene, struct session_effect *effect)
{
    struct app *app = scene->app;
    const struct presence *presence = app_presence(app, scene->task->device_id);
    switch (effect->kind) {
    case EFFECT_LOG:
        return apply_log(scene, &effect->entry);
    case EFFECT_SEND_NOTIFY:
        return send_notify(scene);
    case EFFECT_SEND_URL:
        return send_firmware(app, scene->task, effect->component);
    case EFFECT_EXPIRE_URL:
        return upgrade_links_expire(app, scene->task, effect->component);
    case EFFECT_SETTLE:
        if (presence != NULL) {
            app_arm_pending(app, presence, PENDING_SETTLED);
        }
        return OK;
    case EFFECT_STARTED:
        return plans_life_started(app, scene->plan, scene->at);
    case EFFECT_RELEASED:
        return task_released(scene);
    case EFFECT_FINISHED:
        return task_finished(scene);
    case SESSION_EFFECT_COUNT:
        break;
    }
    return E_INTERNAL;
}

/* Those who wait for a status of this device look again. */
static enum status tell_changed(struct scene *scene)
{
    enum status status = scene_device(scene);
    return status == OK ? app_defer_changed(scene->app, scene->task->plan_id, scene->device.device_key) : status;
}

enum status upgrade_step_with(struct app *app, struct task *task, const struct plan *plan,
                              const struct package *const *packages, const struct session_event *event, int64_t at)
{
    struct session_effects effects;
    struct scene scene = {.app = app, .task = task, .plan = plan, .packages = packages, .event = event, .at = at};
    enum device_status before = task->status;
    enum component_step steps[LIMIT_COMPONENTS] = {STEP_WAITING};
    for (size_t i = 0; i < task->component_count; i++) {
        steps[i] = task->components[i].step;
    }
    session_step(task, &plan->strategy, event, at, &effects);
    enum status status = task_save(app->store, task);
    bool changed = task->status != before;
    for (size_t i = 0; i < effects.count && status == OK; i++) {
        status = apply_effect(&scene, &effects.items[i]);
    }
    if (status == OK) {
        status = expire_early(app, task, steps);
    }
    if (status == OK && (changed || effects.count > 0)) {
        status = events_task(app, task);
    }
    if (status == OK) {
        status = plan_faults_step(app, task, steps);
    }
    return status == OK && changed ? tell_changed(&scene) : status;
}

enum status upgrade_step(struct app *app, struct task *task, const struct plan *plan, const struct session_event *event,
                         int64_t at)
{
    return upgrade_step_with(app, task, plan, NULL, event, at);
}

void upgrade_fill_versions(struct task *task, const bool *skip, const char *const *source)
{
    for (size_t i = 0; i < task->component_count; i++) {
        struct task_component *component = &task->components[i];
        component->skipped = skip[i];
        text_copy_cut(component->source_version, sizeof component->source_version, source[i] != NULL ? source[i] : "");
    }
}

enum status upgrade_event(struct app *app, int64_t device_id, const struct session_event *event, bool *found)
{
    struct task task;
    CLEANUP(cleanup_plan) struct plan plan = {0};
    enum status status = task_running_of_device(app->store, device_id, &task);
    *found = status == OK;
    if (status != OK) {
        return status == E_NOT_FOUND ? OK : status;
    }
    struct session_event known = *event;
    if (task.phase == TASK_RUNNING && known.kind == SESSION_STATUS) {
        known.progress = upgrade_progress(app, &task, task.current);
    }
    status = plan_find(app->store, task.plan_id, &plan);
    return status == OK ? upgrade_step(app, &task, &plan, &known, app_now(app, plan.product_key)) : status;
}

/* --- moments -------------------------------------------------------------------------------------------------- */

/* One event for one device, in a use of its own; then, when no task runs and `evaluate` says so, the evaluation. */
static void moment(struct app *app, struct presence *presence, enum session_event_kind kind, bool evaluate)
{
    int64_t device_id = presence->device_id;
    struct session_event event = {.kind = kind, .device_online = true, .progress = -1};
    bool found = false;
    enum status status = app_use_begin(app);
    if (status == OK) {
        status = app_use_end(app, upgrade_event(app, device_id, &event, &found));
    }
    if (status != OK) {
        char label[DEVICE_LABEL];
        log_error("app", "device=%s %s: %s", app_device_label(app, device_id, label), session_event_name(kind),
                  status_text(status));
    } else if (!found && evaluate) {
        evaluation_device(app, device_id);
    }
}

void upgrade_device_reported(struct app *app, struct presence *presence)
{
    if (presence->reported) {
        return;
    }
    presence->reported = true;
    if (presence->notified) { /* an evaluation was faster than the reports */
        evaluation_device(app, presence->device_id);
    } else {
        moment(app, presence, SESSION_REPORTED, true);
    }
}

void upgrade_device_settled(struct app *app, struct presence *presence)
{
    moment(app, presence, SESSION_SETTLED, false);
}

enum { TIMEOUTS_AT_ONCE = 256 };

/* One attempt; *device_key: whose. */
static enum status time_out(struct app *app, const struct task_key *key, int64_t now, struct device_brief *device)
{
    struct task task;
    CLEANUP(cleanup_plan) struct plan plan = {0};
    enum status status = task_find(app->store, key->plan_id, key->device_id, &task);
    if (status == OK) {
        status = plan_find(app->store, key->plan_id, &plan);
    }
    if (status == OK) {
        status = device_find_brief(app->store, key->device_id, device);
    }
    struct session_event event = {
        .kind = SESSION_TIMEOUT, .device_online = app_is_online(app, key->device_id), .progress = -1};
    if (status == OK) {
        referees_gave_up(app, key->device_id);
        status = upgrade_step(app, &task, &plan, &event, now);
    }
    return status;
}

enum status upgrade_run_timeouts(struct app *app, const char *scope, int64_t now, upgrade_timeout_listener *fired,
                                 void *context)
{
    struct task_key due[TIMEOUTS_AT_ONCE];
    size_t count = 0;
    do {
        count = 0;
        enum status status = app_use_begin(app);
        if (status == OK) {
            status = tasks_due(app->store, scope, now, due, TIMEOUTS_AT_ONCE, &count);
            for (size_t i = 0; i < count && status == OK; i++) {
                struct device_brief device;
                status = time_out(app, &due[i], now, &device);
                if (status == OK) {
                    fired(context, due[i].plan_id, device.device_key);
                }
            }
            status = app_use_end(app, status);
        }
        if (status != OK) {
            log_error("app", "timeouts could not be worked off: %s", status_text(status));
            return status;
        }
    } while (count == TIMEOUTS_AT_ONCE);
    return OK;
}

void app_download_moved(struct app *app, int64_t task_id)
{
    struct task task;
    if (task_find_by_id(app->store, task_id, &task) != OK || task.plan_id < 0 || task.phase != TASK_RUNNING) {
        return;
    }
    task.components[task.current].progress = upgrade_progress(app, &task, task.current);
    if (events_progress(app, &task) != OK) {
        log_debug("app", "plan=%lld progress of a download was not told", (long long)task.plan_id);
    }
}
