#include <stdio.h>
#include <string.h>

#include "app/plans.h"
#include "base/cleanup.h"
#include "http/api.h"
#include "http/json_value.h"
#include "http/list.h"
#include "http/plans_json.h"
#include "http/waiting.h"

void plans_check_create(struct request *request)
{
    struct input *input = &request->input;
    if (plan_read(&input->plan, input->lists, request->json, &request->verdict) != OK) {
        violation_add(&request->verdict.broken, "is too large to be held in memory", "%s", "");
    }
    request->app_names_more = true;
}

void plans_check_replace(struct request *request)
{
    request_check_id(request, 0);
    plans_check_create(request);
    request->input.plan.id = request->input.id;
}

void plans_check_one(struct request *request)
{
    request_check_id(request, 0);
    request_check_no_body(request);
}

/* `wanted`: what E_STATE means; the answer adds what the plan is. */
static void refuse(const struct api *api, const struct request *request, struct answer *answer, enum status status,
                   const char *wanted)
{
    CLEANUP(cleanup_plan) struct plan plan = {0};
    char detail[160];
    if (status == E_STATE && app_plan_find(api->app, request->input.id, &plan) == OK) {
        (void)snprintf(detail, sizeof detail, "the plan is %s: %s", plan_status_name(plan.status), wanted);
        wanted = detail;
    }
    request_refuse(request, answer, status,
                   status == E_EXISTS  ? "the product has a plan with this name"
                   : status == E_STATE ? wanted
                                       : NULL);
}

static enum status save(const struct api *api, struct request *request, struct answer *answer)
{
    struct input *input = &request->input;
    struct key_list lists[PLAN_LIST_COUNT];
    for (int list = 0; list < PLAN_LIST_COUNT; list++) {
        lists[list] = (struct key_list){.keys = input->lists[list].keys, .count = input->lists[list].count};
    }
    enum status status =
        app_plan_save(api->app, &input->plan, &lists[LIST_WHITE], &lists[LIST_BLACK], &request->verdict.broken);
    if (status != OK) {
        refuse(api, request, answer, status, "only a saved plan can be changed");
    }
    return status;
}

void plans_create(const struct api *api, struct request *request, struct answer *answer)
{
    if (save(api, request, answer) == OK) {
        const struct plan *plan = &request->input.plan;
        (void)snprintf(answer->location, sizeof answer->location, "/api/v1/plans/%lld", (long long)plan->id);
        answer_resource_take(answer, 201, plan_json(plan));
    }
}

void plans_replace(const struct api *api, struct request *request, struct answer *answer)
{
    if (request->input.id == 0) {
        /* 0 would make a new plan */
        request_refuse(request, answer, E_NOT_FOUND, NULL);
        return;
    }
    if (save(api, request, answer) == OK) {
        answer_resource_take(answer, 200, plan_json(&request->input.plan));
    }
}

void plans_check_list(struct request *request)
{
    request_check_page(request, CURSOR_ID);
    request->input.product_key = target_parameter(&request->target, "productKey");
    const char *status = target_parameter(&request->target, "status");
    if (status != NULL && plan_status_parse(status, &request->input.plan_status) != OK) {
        request_wrong_parameter(request, "status", "is not a status of plans");
    }
}

static void add_plan(void *context, const struct plan *plan)
{
    list_add_id_take(context, plan_json(plan), plan->id);
}

void plans_list(const struct api *api, struct request *request, struct answer *answer)
{
    CLEANUP(cleanup_list) struct list list;
    list_init(&list);
    bool more = false;
    const struct input *input = &request->input;
    enum status status =
        app_plans_list(api->app, input->product_key, input->plan_status, &input->page, add_plan, &list, &more);
    /* the product is named by the query, not by the path: none is an empty list */
    if (status != OK && status != E_NOT_FOUND) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    list_answer(&list, more, answer);
}

static const char *status_word(unsigned number)
{
    return plan_status_name((enum plan_status)number);
}

void plans_check_get(struct request *request)
{
    plans_check_one(request);
    waiting_check(request, status_word, PLAN_STATUS_COUNT);
}

static void look(struct app *app, const struct wait_subject *subject, struct sight *sight)
{
    CLEANUP(cleanup_plan) struct plan plan = {0};
    sight->status = app_plan_find(app, subject->id, &plan);
    if (sight->status == OK) {
        sight->word = plan.status;
        (void)snprintf(sight->state, sizeof sight->state, "is %s", plan_status_name(plan.status));
        sight->json = plan_json(&plan);
    }
}

void plans_get(const struct api *api, struct request *request, struct answer *answer)
{
    struct wait_subject subject = {.id = request->input.id};
    waiting_act(api->waiting, request, &subject, look, answer);
}

void plans_delete(const struct api *api, struct request *request, struct answer *answer)
{
    enum status status = app_plan_delete(api->app, request->input.id);
    if (status != OK) {
        refuse(api, request, answer, status, "only a saved plan can be deleted");
        return;
    }
    answer_empty(answer, 204);
}

/* Answers with the plan as it has become, or why it has not. */
static void answer_move_of(const struct api *api, const struct request *request, enum status status, const char *wanted,
                           struct answer *answer)
{
    CLEANUP(cleanup_plan) struct plan plan = {0};
    if (status == OK) {
        status = app_plan_find(api->app, request->input.id, &plan);
    }
    if (status != OK) {
        refuse(api, request, answer, status, wanted);
        return;
    }
    answer_resource_take(answer, 200, plan_json(&plan));
}

void plans_activate(const struct api *api, struct request *request, struct answer *answer)
{
    answer_move_of(api, request, app_plan_activate(api->app, request->input.id), "only a saved plan becomes activated",
                   answer);
}

void plans_suspend(const struct api *api, struct request *request, struct answer *answer)
{
    answer_move_of(api, request, app_plan_suspend(api->app, request->input.id),
                   "only an activated or upgrading plan becomes suspended", answer);
}

void plans_resume(const struct api *api, struct request *request, struct answer *answer)
{
    answer_move_of(api, request, app_plan_resume(api->app, request->input.id), "only a suspended plan is resumed",
                   answer);
}

void plans_terminate(const struct api *api, struct request *request, struct answer *answer)
{
    answer_move_of(api, request, app_plan_terminate(api->app, request->input.id),
                   "only an activated, upgrading or suspended plan becomes terminated", answer);
}

static void add_point(void *context, const struct timeline_point *point)
{
    json_t *timeline = context;
    (void)json_array_append_new(timeline, json_pack("{s:o, s:I, s:I}", "at", json_instant(point->at), "upgraded",
                                                    (json_int_t)point->upgraded, "failed", (json_int_t)point->failed));
}

void plans_statistics(const struct api *api, struct request *request, struct answer *answer)
{
    struct plan_statistics statistics;
    json_t *timeline = json_array();
    enum status status = app_plan_statistics(api->app, request->input.id, &statistics, add_point, timeline);
    if (status != OK) {
        json_decref(timeline);
        request_refuse(request, answer, status, NULL);
        return;
    }
    json_t *json = json_pack("{s:I}", "total", (json_int_t)statistics.total);
    for (int i = 0; i < DEVICE_STATUS_COUNT; i++) {
        (void)json_object_set_new(json, device_status_name((enum device_status)i),
                                  json_integer(statistics.by_status[i]));
    }
    int64_t upgraded = statistics.by_status[DEVICE_UPGRADED];
    int64_t final = upgraded + statistics.by_status[DEVICE_FAILED];
    (void)json_object_set_new(json, "successRate",
                              final == 0 ? json_null() : json_real((double)upgraded / (double) final));
    (void)json_object_set_new(json, "byReason", reasons_json(statistics.by_reason));
    (void)json_object_set_new(json, "timeline", timeline);
    answer_resource_take(answer, 200, json);
}
