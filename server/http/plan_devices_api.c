/*
 * The devices of a plan, what became of them, and their upgrade logs.
 */
#include "app/plans.h"
#include "base/cleanup.h"
#include "http/api.h"
#include "http/json_value.h"
#include "http/list.h"

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
    json_t *json = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "deviceKey", device->device_key, "status",
                             device_status_name(task->status), "reason", json_maybe_text(reason_name(task->reason)),
                             "startedAt", json_maybe_instant(&task->started_at), "endedAt",
                             json_maybe_instant(&task->ended_at), "components", components);
    list_add_take(&view->list, json, device->device_key);
}

void plan_devices_check_list(struct request *request)
{
    request_check_id(request, 0);
    request_check_page(request, CURSOR_KEY);
    const char *status = target_parameter(&request->target, "status");
    if (status != NULL && device_status_parse(status, &request->input.device_status) != OK) {
        request_wrong_parameter(request, "status", "must be nonUpgraded, inUpgrade, upgraded or failed");
    }
}

void plan_devices_list(const struct api *api, struct request *request, struct answer *answer)
{
    struct input *input = &request->input;
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
    } else {
        request_refuse(request, answer, status, NULL);
    }
    list_finish(&view.list);
}

void plan_devices_get(const struct api *api, struct request *request, struct answer *answer)
{
    struct input *input = &request->input;
    struct view view = {.plan = &input->plan};
    list_init(&view.list);
    enum status status = app_plan_find(api->app, input->id, &input->plan);
    if (status == OK) {
        status = app_plan_device_view(api->app, input->id, request->parameters[1], add_plan_device, &view);
    }
    if (status == OK) {
        answer_resource_take(answer, 200, json_incref(json_array_get(view.list.items, 0)));
    } else {
        request_refuse(request, answer, status, NULL);
    }
    list_finish(&view.list);
}

void plan_devices_check_logs(struct request *request)
{
    request_check_id(request, 0);
    request_check_page(request, CURSOR_ID);
}

static void add_entry(void *context, const struct log_entry *entry)
{
    struct maybe_int attempt = {.known = entry->attempt > 0, .value = entry->attempt};
    json_t *json = json_pack("{s:o, s:o, s:o, s:s, s:s, s:o, s:o}", "at", json_instant(entry->at), "componentNo",
                             json_maybe_text(entry->component_no), "attempt", json_maybe_int(&attempt), "direction",
                             log_direction_name(entry->direction), "kind", log_kind_name(entry->kind), "code",
                             json_maybe_int(&entry->code), "detail", json_maybe_text(entry->detail));
    list_add_id_take(context, json, entry->id);
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
