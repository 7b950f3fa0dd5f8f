/*
 * Why a device of a plan is, or is not, notified at this moment.
 */
#include "app/plans.h"
#include "http/api.h"
#include "http/json_value.h"

static void show(void *context, const struct explanation *explanation)
{
    json_t **json = context;
    json_t *checks = json_array();
    for (size_t i = 0; i < explanation->count; i++) {
        const struct explained_check *check = &explanation->checks[i];
        json_t *item =
            json_pack("{s:s, s:b, s:o, s:o}", "check", reason_name(check->check), "ok", check->ok, "expected",
                      json_maybe_text(check->expected), "actual", json_maybe_text(check->actual));
        if (check->warning) {
            (void)json_object_set_new(item, "warning", json_true());
        }
        if (check->next_at.known) {
            (void)json_object_set_new(item, "nextAt", json_instant(check->next_at.at));
        }
        (void)json_array_append_new(checks, item);
    }
    *json = json_pack("{s:b, s:b, s:o, s:o}", "eligible", explanation->eligible, "online", explanation->online, "at",
                      json_instant(explanation->at), "checks", checks);
}

void plan_devices_explain(const struct api *api, struct request *request, struct answer *answer)
{
    json_t *json = NULL;
    enum status status = app_plan_device_explain(api->app, request->input.id, request->parameters[1], show, &json);
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    answer_resource_take(answer, 200, json);
}
