/*
 * The test bench: faults on demand (api.md, The test bench; behaviour.md, 8).
 */
#include <stdio.h>
#include <stdlib.h>

#include "app/catalog.h"
#include "app/faults.h"
#include "app/plans.h"
#include "base/cleanup.h"
#include "http/api.h"
#include "http/faults_json.h"
#include "http/list.h"

void faults_check_create(struct request *request)
{
    fault_from_json(request->json, &request->verdict, &request->input.fault);
}

/* What the fault is to match must be there: a key with a slip would never fire. */
static enum status check_match(const struct api *api, struct request *request)
{
    const struct fault_match *match = &request->input.fault.match;
    struct product product;
    enum status status = OK;
    if (match->product_key[0] != '\0') {
        status = app_product_find(api->app, match->product_key, &product);
        if (status == E_NOT_FOUND) {
            violation_add(&request->verdict.broken, "no such product", "/match/productKey");
        }
    }
    if (match->plan_id.known && (status == OK || status == E_NOT_FOUND)) {
        CLEANUP(cleanup_plan) struct plan plan = {0};
        enum status found = app_plan_find(api->app, match->plan_id.value, &plan);
        if (found == E_NOT_FOUND) {
            violation_add(&request->verdict.broken, "no such plan", "/match/planId");
        }
        status = found != OK ? found : status;
    }
    return status == E_NOT_FOUND ? E_RULE : status;
}

void faults_create_one(const struct api *api, struct request *request, struct answer *answer)
{
    struct fault *fault = &request->input.fault;
    enum status status = check_match(api, request);
    if (status == OK) {
        status = app_fault_arm(api->app, fault);
    }
    if (status != OK) {
        request_refuse(request, answer, status, status == E_LIMIT ? "there are 1000 faults already" : NULL);
        return;
    }
    (void)snprintf(answer->location, sizeof answer->location, "/api/v1/faults/%lld", (long long)fault->id);
    answer_resource_take(answer, 201, fault_to_json(fault));
}

void faults_check_list(struct request *request)
{
    request_check_page(request, CURSOR_ID);
    request->input.product_key = target_parameter(&request->target, "productKey");
}

void faults_list(const struct api *api, struct request *request, struct answer *answer)
{
    const struct page *page = &request->input.page;
    CLEANUP(cleanup_free) struct fault *found = calloc((size_t)page->limit, sizeof *found);
    CLEANUP(cleanup_list) struct list list;
    list_init(&list);
    if (found == NULL) {
        request_refuse(request, answer, E_NOMEM, NULL);
        return;
    }
    bool more = false;
    int64_t after = page->after == NULL ? 0 : strtoll(page->after, NULL, 10);
    app_faults_tell(api->app);
    size_t count = app_faults_list(api->app, request->input.product_key, after, (size_t)page->limit, found, &more);
    for (size_t i = 0; i < count; i++) {
        list_add_id_take(&list, fault_to_json(&found[i]), found[i].id);
    }
    list_answer(&list, more, answer);
}

void faults_check_one(struct request *request)
{
    request_check_no_body(request);
    request_check_id(request, 0);
}

void faults_get(const struct api *api, struct request *request, struct answer *answer)
{
    struct fault fault;
    enum status status = app_fault_find(api->app, request->input.id, &fault);
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    answer_resource_take(answer, 200, fault_to_json(&fault));
}

void faults_delete(const struct api *api, struct request *request, struct answer *answer)
{
    enum status status = app_fault_remove(api->app, request->input.id);
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    answer_empty(answer, 204);
}

void faults_check_clear(struct request *request)
{
    request_check_no_body(request);
    request->input.product_key = target_parameter(&request->target, "productKey");
}

void faults_clear(const struct api *api, struct request *request, struct answer *answer)
{
    (void)app_faults_remove(api->app, request->input.product_key);
    answer_empty(answer, 204);
}
