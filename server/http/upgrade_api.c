/*
 * Manual mode, as the app of a device's user calls it: the plan that waits, with its texts; confirm or decline.
 */
#include "app/consent.h"
#include "http/api.h"
#include "http/json_value.h"
#include "http/language.h"
#include "http/plans_json.h"

/* What the visitor needs and makes. */
struct waiting_view {
    const struct request *request;
    json_t *json;
};

void upgrade_check_get(struct request *request)
{
    request_check_no_body(request);
    const char *language = target_parameter(&request->target, "language");
    if (language != NULL && language[0] == '\0') {
        request_wrong_parameter(request, "language", "must be a language tag");
    }
}

static json_t *components_json(const struct waiting_plan *waiting)
{
    json_t *components = json_array();
    for (size_t i = 0; i < waiting->plan->component_count; i++) {
        const struct plan_component *component = &waiting->plan->components[i];
        const char *source = waiting->source_version[i];
        const char *target = waiting->target_version[i];
        (void)json_array_append_new(
            components, json_pack("{s:s, s:s, s:s, s:o, s:o, s:b}", "componentNo", component->component_no, "name",
                                  component->name, "componentType", component_type_name(component->type),
                                  "sourceVersion", json_maybe_text(source == NULL ? "" : source), "targetVersion",
                                  json_maybe_text(target == NULL ? "" : target), "atTarget", waiting->at_target[i]));
    }
    return components;
}

static void show(void *context, const struct waiting_plan *waiting)
{
    struct waiting_view *view = context;
    const struct plan *plan = waiting->plan;
    const struct upgrade_text *text =
        language_choose(plan, target_parameter(&view->request->target, "language"), view->request->accept_language);
    /* texts, planned time and push period as the plan itself shows them */
    json_t *whole = plan_json(plan);
    json_t *json = json_pack(
        "{s:I, s:s, s:o, s:o, s:o, s:b, s:o, s:o}", "planId", (json_int_t)plan->id, "name", plan->name, "language",
        json_maybe_text(text == NULL ? "" : text->language), "text", json_maybe_text(text == NULL ? "" : text->text),
        "components", components_json(waiting), "confirmed", waiting->standing->user_confirmed, "from",
        json_maybe_instant(&waiting->standing->confirm_from), "to", json_maybe_instant(&waiting->standing->confirm_to));
    static const char *const members[] = {"upgradeText", "plannedTime", "pushPeriod"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        (void)json_object_set(json, members[i], json_object_get(whole, members[i]));
    }
    json_decref(whole);
    json_decref(view->json);
    view->json = json;
}

void upgrade_get(const struct api *api, struct request *request, struct answer *answer)
{
    struct waiting_view view = {.request = request};
    enum status status = app_upgrade_waiting(api->app, request->parameters[0], request->parameters[1], show, &view);
    if (status == E_STATE) {
        request_refuse(request, answer, E_NOT_FOUND, "no plan waits for this device");
        return;
    }
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    answer_resource_take(answer, 200, view.json);
}

void upgrade_check_confirm(struct request *request)
{
    struct input *input = &request->input;
    if (request->json == NULL) {
        return; /* now, without end */
    }
    struct members members;
    members_open(&members, request->json, "", &request->verdict);
    input->from = members_word(&members, "from", MEMBER_OPTIONAL);
    input->to = members_word(&members, "to", MEMBER_OPTIONAL);
    members_close(&members);
}

static void answer_done(const struct request *request, enum status status, struct answer *answer)
{
    if (status != OK) {
        request_refuse(request, answer, status, status == E_STATE ? "no plan waits for this device" : NULL);
        return;
    }
    answer_empty(answer, 204);
}

void upgrade_confirm(const struct api *api, struct request *request, struct answer *answer)
{
    const struct input *input = &request->input;
    enum status status = app_upgrade_confirm(api->app, request->parameters[0], request->parameters[1], input->from,
                                             input->to, &request->verdict.broken);
    answer_done(request, status, answer);
}

void upgrade_decline(const struct api *api, struct request *request, struct answer *answer)
{
    answer_done(request, app_upgrade_decline(api->app, request->parameters[0], request->parameters[1]), answer);
}
