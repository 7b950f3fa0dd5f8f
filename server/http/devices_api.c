#include <stdio.h>
#include <string.h>

#include "app/catalog.h"
#include "base/cleanup.h"
#include "http/api.h"
#include "http/devices_json.h"
#include "http/list.h"

void devices_check_create(struct request *request)
{
    struct input *input = &request->input;
    struct members members;
    members_open(&members, request->json, "", &request->verdict);
    (void)members_text(&members, "deviceKey", MEMBER_REQUIRED, input->device_key, sizeof input->device_key);
    if (members_text(&members, "deviceSecret", MEMBER_OPTIONAL, input->device_secret, sizeof input->device_secret) &&
        !device_secret_is_valid(input->device_secret)) {
        members_break(&members, "deviceSecret", "must be 1 to 32 printable ASCII characters without ';'");
    }
    members_close(&members);
}

static void view_device(void *context, const struct device_view *view)
{
    *(json_t **)context = device_json(view);
}

/* 200 or 201 with the device. */
static void answer_device(const struct api *api, struct request *request, const char *device_key, int http_status,
                          struct answer *answer)
{
    json_t *json = NULL;
    enum status status = app_device_view(api->app, request->parameters[0], device_key, view_device, &json);
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    answer_resource_take(answer, http_status, json);
}

void devices_create(const struct api *api, struct request *request, struct answer *answer)
{
    const struct input *input = &request->input;
    const char *secret = input->device_secret[0] == '\0' ? NULL : input->device_secret;
    enum status status =
        app_device_register(api->app, request->parameters[0], input->device_key, secret, &request->verdict.broken);
    if (status != OK) {
        request_refuse(request, answer, status, status == E_EXISTS ? "a device with this deviceKey exists" : NULL);
        return;
    }
    (void)snprintf(answer->location, sizeof answer->location, "/api/v1/products/%s/devices/%s", request->parameters[0],
                   input->device_key);
    answer_device(api, request, input->device_key, 201, answer);
}

void devices_check_list(struct request *request)
{
    request_check_page(request, CURSOR_KEY);
    const char *online = target_parameter(&request->target, "online");
    if (online == NULL) {
        return;
    }
    if (strcmp(online, "true") != 0 && strcmp(online, "false") != 0) {
        request_wrong_parameter(request, "online", "must be true or false");
    }
    request->input.online = strcmp(online, "true") == 0;
}

static void add_device(void *context, const struct device_view *view)
{
    list_add_take(context, device_json(view), view->device->device_key);
}

void devices_list(const struct api *api, struct request *request, struct answer *answer)
{
    CLEANUP(cleanup_list) struct list list;
    list_init(&list);
    bool more = false;
    enum status status = app_devices_list(api->app, request->parameters[0], request->input.online, &request->input.page,
                                          add_device, &list, &more);
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    list_answer(&list, more, answer);
}

void devices_get(const struct api *api, struct request *request, struct answer *answer)
{
    answer_device(api, request, request->parameters[1], 200, answer);
}

static void answer_done(const struct request *request, enum status status, struct answer *answer)
{
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    answer_empty(answer, 204);
}

void devices_delete(const struct api *api, struct request *request, struct answer *answer)
{
    answer_done(request, app_device_delete(api->app, request->parameters[0], request->parameters[1]), answer);
}

void devices_disconnect(const struct api *api, struct request *request, struct answer *answer)
{
    answer_done(request, app_device_disconnect(api->app, request->parameters[0], request->parameters[1]), answer);
}

void devices_check_enabled(struct request *request)
{
    struct members members;
    members_open(&members, request->json, "", &request->verdict);
    (void)members_bool(&members, "enabled", MEMBER_REQUIRED, &request->input.enabled);
    members_close(&members);
}

void devices_enable(const struct api *api, struct request *request, struct answer *answer)
{
    enum status status =
        app_device_enable(api->app, request->parameters[0], request->parameters[1], request->input.enabled);
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    answer_device(api, request, request->parameters[1], 200, answer);
}
