/*
 * The test bench: snapshots of a product (openapi.yaml, /products/{pk}/snapshots).
 */
#include <stdio.h>

#include "app/snapshots.h"
#include "base/cleanup.h"
#include "http/api.h"
#include "http/json_value.h"
#include "http/list.h"

static json_t *snapshot_json(const struct snapshot *snapshot)
{
    return json_pack("{s:s, s:o, s:I, s:I, s:I}", "name", snapshot->name, "createdAt",
                     json_instant(snapshot->created_at), "devices", (json_int_t)snapshot->devices, "packages",
                     (json_int_t)snapshot->packages, "plans", (json_int_t)snapshot->plans);
}

void snapshots_check_create(struct request *request)
{
    struct members members;
    members_open(&members, request->json, "", &request->verdict);
    const char *name = members_word(&members, "name", MEMBER_REQUIRED);
    members_close(&members);
    request->input.from = name;
}

void snapshots_create(const struct api *api, struct request *request, struct answer *answer)
{
    struct snapshot snapshot;
    const char *product_key = request->parameters[0];
    enum status status =
        app_snapshot_make(api->app, product_key, request->input.from, &snapshot, &request->verdict.broken);
    if (status != OK) {
        request_refuse(request, answer, status,
                       status == E_EXISTS  ? "the product has a snapshot with this name"
                       : status == E_STATE ? "the product has as many snapshots as it may have"
                                           : NULL);
        return;
    }
    (void)snprintf(answer->location, sizeof answer->location, "/api/v1/products/%s/snapshots/%s", product_key,
                   snapshot.name);
    answer_resource_take(answer, 201, snapshot_json(&snapshot));
}

void snapshots_check_list(struct request *request)
{
    request_check_page(request, CURSOR_KEY);
}

static void add_snapshot(void *context, const struct snapshot *snapshot)
{
    list_add_take(context, snapshot_json(snapshot), snapshot->name);
}

void snapshots_list(const struct api *api, struct request *request, struct answer *answer)
{
    CLEANUP(cleanup_list) struct list list;
    list_init(&list);
    bool more = false;
    enum status status =
        app_snapshots_list(api->app, request->parameters[0], &request->input.page, add_snapshot, &list, &more);
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    list_answer(&list, more, answer);
}

static void answer_one(struct request *request, enum status status, const struct snapshot *snapshot,
                       struct answer *answer)
{
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    answer_resource_take(answer, 200, snapshot_json(snapshot));
}

void snapshots_get(const struct api *api, struct request *request, struct answer *answer)
{
    struct snapshot snapshot;
    enum status status = app_snapshot_find(api->app, request->parameters[0], request->parameters[1], &snapshot);
    answer_one(request, status, &snapshot, answer);
}

void snapshots_restore(const struct api *api, struct request *request, struct answer *answer)
{
    struct snapshot snapshot;
    enum status status = app_snapshot_restore(api->app, request->parameters[0], request->parameters[1], &snapshot);
    answer_one(request, status, &snapshot, answer);
}

void snapshots_delete(const struct api *api, struct request *request, struct answer *answer)
{
    enum status status = app_snapshot_delete(api->app, request->parameters[0], request->parameters[1]);
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    answer_empty(answer, 204);
}
