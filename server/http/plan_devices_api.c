/*
 * The devices of a plan, what became of them, and their upgrade logs.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "app/plans.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "http/answer_cache.h"
#include "http/api.h"
#include "http/json_value.h"
#include "http/list.h"
#include "http/waiting.h"

/* What the visitor of devices needs: the components' names are the plan's. */
struct view {
    const struct plan *plan;
    struct list list;
};

static json_t *component_json(const struct plan *plan, const struct task_component *component)
{
    size_t position = (size_t)component->position;
    const char *name = position < plan->component_count ? plan->components[position].name : "";
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:i, s:i}", "componentNo", component->component_no, "name", name,
                     "componentType", component_type_name(component->type), "sourceVersion",
                     json_maybe_text(component->source_version), "targetVersion",
                     json_maybe_text(component->target_version), "step", component_step_name(component->step),
                     "progress", component->progress, "attempts", component->attempts);
}

static void add_plan_device(void *context, const struct plan_device *device)
{
    struct view *view = context;
    const struct task *task = device->task;
    json_t *components = json_array();
    for (size_t i = 0; i < task->component_count; i++) {
        (void)json_array_append_new(components, component_json(view->plan, &task->components[i]));
    }
    json_t *json =
        json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "deviceKey", device->device_key, "status",
                  device_status_name(task->status), "reason", json_maybe_text(reason_name(task->reason)), "startedAt",
                  json_maybe_instant(&task->started_at), "endedAt", json_maybe_instant(&task->ended_at), "components",
                  components, "warnings", warnings_json(device->warnings));
    list_add_take(&view->list, json, device->device_key);
}

/* Said by the query, or else by a client that takes nothing else. */
static bool wants_csv(const struct request *request)
{
    const char *format = target_parameter(&request->target, "format");
    if (format != NULL) {
        return strcmp(format, "csv") == 0;
    }
    return request->accept != NULL && strncasecmp(request->accept, "text/csv", 8) == 0;
}

static void refuse_paging(struct request *request, const char *name)
{
    if (target_parameter(&request->target, name) != NULL) {
        request_wrong_parameter(request, name, "is not taken with format=csv, which lists all devices");
    }
}

void plan_devices_check_list(struct request *request)
{
    request_check_id(request, 0);
    request_check_page(request, CURSOR_KEY);
    const char *status = target_parameter(&request->target, "status");
    if (status != NULL && device_status_parse(status, &request->input.device_status) != OK) {
        request_wrong_parameter(request, "status", "must be nonUpgraded, inUpgrade, upgraded or failed");
    }
    const char *format = target_parameter(&request->target, "format");
    if (format != NULL && strcmp(format, "csv") != 0 && strcmp(format, "json") != 0) {
        request_wrong_parameter(request, "format", "must be json or csv");
    }
    if (wants_csv(request)) {
        refuse_paging(request, "limit");
        refuse_paging(request, "cursor");
    }
}

void plan_devices_list(const struct api *api, struct request *request, struct answer *answer)
{
    if (wants_csv(request)) {
        plan_devices_table(api, request, answer);
        return;
    }
    struct input *input = &request->input;
    struct app_version version = app_version(api->app);
    if (answer_cache_find(api->cache, &request->target, &version, answer)) {
        return;
    }
    struct view view = {.plan = &input->plan};
    list_init(&view.list);
    bool more = false;
    enum status status = app_plan_find(api->app, input->id, &input->plan);
    if (status == OK) {
        status = app_plan_devices_list(api->app, input->id, input->device_status, &input->page, add_plan_device, &view,
                                       &more);
    }
    if (status == OK) {
        list_answer(&view.list, more, answer);
        answer_cache_put(api->cache, &request->target, &version, answer);
    } else {
        request_refuse(request, answer, status, NULL);
    }
    list_finish(&view.list);
}

static const char *status_word(unsigned number)
{
    return device_status_name((enum device_status)number);
}

void plan_devices_check_get(struct request *request)
{
    request_check_id(request, 0);
    request_check_no_body(request);
    waiting_check(request, status_word, DEVICE_STATUS_COUNT);
}

struct sight_view {
    struct view view;
    struct sight *sight;
};

/* "is inUpgrade, step downloading 40 %", "is nonUpgraded (battery)" */
static void say_state(const struct task *task, struct sight *sight)
{
    char more[96] = "";
    if (task->status == DEVICE_IN_UPGRADE && task->current < task->component_count) {
        const struct task_component *component = &task->components[task->current];
        int length = snprintf(more, sizeof more, ", step %s", component_step_name(component->step));
        if (component->step == STEP_DOWNLOADING && length > 0) {
            (void)snprintf(more + length, sizeof more - (size_t)length, " %d %%", component->progress);
        }
    } else if (task->reason != REASON_NONE) {
        (void)snprintf(more, sizeof more, " (%s)", reason_name(task->reason));
    }
    (void)snprintf(sight->state, sizeof sight->state, "is %s%s", device_status_name(task->status), more);
}

static void look_at_device(void *context, const struct plan_device *device)
{
    struct sight_view *view = context;
    view->sight->word = device->task->status;
    say_state(device->task, view->sight);
    add_plan_device(&view->view, device);
}

static void look(struct app *app, const struct wait_subject *subject, struct sight *sight)
{
    CLEANUP(cleanup_plan) struct plan plan = {0};
    struct sight_view view = {.view = {.plan = &plan}, .sight = sight};
    list_init(&view.view.list);
    sight->status = app_plan_find(app, subject->id, &plan);
    if (sight->status == OK) {
        sight->status = app_plan_device_view(app, subject->id, subject->device_key, look_at_device, &view);
    }
    if (sight->status == OK) {
        sight->json = json_incref(json_array_get(view.view.list.items, 0));
    }
    list_finish(&view.view.list);
}

void plan_devices_get(const struct api *api, struct request *request, struct answer *answer)
{
    struct wait_subject subject = {.id = request->input.id};
    if (text_copy(subject.device_key, sizeof subject.device_key, request->parameters[1]) != OK) {
        request_refuse(request, answer, E_NOT_FOUND, NULL); /* no device has so long a key */
        return;
    }
    waiting_act(api->waiting, request, &subject, look, answer);
}

void plan_devices_check_logs(struct request *request)
{
    request_check_id(request, 0);
    request_check_page(request, CURSOR_ID);
}

static void add_entry(void *context, const struct log_entry *entry)
{
    list_add_id_take(context, log_entry_json(entry), entry->id);
}

void plan_devices_logs(const struct api *api, struct request *request, struct answer *answer)
{
    CLEANUP(cleanup_list) struct list list;
    list_init(&list);
    bool more = false;
    enum status status = app_plan_device_log(api->app, request->input.id, request->parameters[1], &request->input.page,
                                             add_entry, &list, &more);
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    list_answer(&list, more, answer);
}
