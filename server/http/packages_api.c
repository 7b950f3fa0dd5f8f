#include <stdio.h>
#include <string.h>

#include "app/catalog.h"
#include "base/cleanup.h"
#include "http/api.h"
#include "http/list.h"
#include "http/packages_json.h"

void packages_check_create(struct request *request)
{
    struct package *package = &request->input.package;
    struct verdict *verdict = &request->verdict;
    size_t count = 0;
    const struct package_file *files = upload_files(request->upload, &count);
    memcpy(package->files, files, count * sizeof *files);
    package->file_count = count;
    size_t length = 0;
    const char *text = upload_package_text(request->upload, &length);
    if (text == NULL) {
        violation_add(&verdict->broken, "the part 'package' is missing", "/package");
        return;
    }
    if (json_body_parse(text, length, &request->json, verdict) != OK) {
        return;
    }
    if (package_read(package, request->json, verdict) != OK) {
        violation_add(&verdict->broken, "is too large to be held in memory", "/sourceVersions");
    }
    request->app_names_more = true;
}

void packages_create(const struct api *api, struct request *request, struct answer *answer)
{
    struct package *package = &request->input.package;
    upload_release(request->upload);
    enum status status = app_package_create(api->app, package, &request->verdict.broken);
    if (status != OK) {
        request_refuse(request, answer, status, status == E_EXISTS ? "the product has a package with this name" : NULL);
        return;
    }
    (void)snprintf(answer->location, sizeof answer->location, "/api/v1/packages/%lld", (long long)package->id);
    answer_resource_take(answer, 201, package_json(package, NULL));
}

void packages_check_list(struct request *request)
{
    request_check_page(request, CURSOR_ID);
    request->input.product_key = target_parameter(&request->target, "productKey");
}

struct view {
    const struct api *api;
    struct list list;
};

static void add_package(void *context, const struct package *package)
{
    struct view *view = context;
    const struct package_check *check = package_checks_find(view->api->checks, package->id);
    list_add_id_take(&view->list, package_json(package, check), package->id);
}

void packages_list(const struct api *api, struct request *request, struct answer *answer)
{
    struct view view = {.api = api};
    list_init(&view.list);
    bool more = false;
    enum status status =
        app_packages_list(api->app, request->input.product_key, &request->input.page, add_package, &view, &more);
    /* the product is named by the query, not by the path: none is an empty list */
    if (status == OK || status == E_NOT_FOUND) {
        list_answer(&view.list, more, answer);
    } else {
        request_refuse(request, answer, status, NULL);
    }
    list_finish(&view.list);
}

void packages_check_one(struct request *request)
{
    request_check_id(request, 0);
}

void packages_get(const struct api *api, struct request *request, struct answer *answer)
{
    struct package *package = &request->input.package;
    enum status status = app_package_find(api->app, request->input.id, package);
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    answer_resource_take(answer, 200, package_json(package, package_checks_find(api->checks, package->id)));
}

void packages_delete(const struct api *api, struct request *request, struct answer *answer)
{
    enum status status = app_package_delete(api->app, request->input.id);
    if (status != OK) {
        request_refuse(request, answer, status,
                       status == E_STATE ? "a plan or a verification uses this package" : NULL);
        return;
    }
    package_checks_drop(api->checks, request->input.id);
    answer_empty(answer, 204);
}

/* A check that a call waits for. */
struct file_wait {
    struct request *request;
    struct package_checks *checks;
    enum status status;
    json_t *json; /* what was found */
};

/* For request->state_free. */
static void leave_check(void *state)
{
    struct file_wait *wait = state;
    package_checks_forget_waiter(wait->checks, wait);
    json_decref(wait->json);
    free(wait);
}

static void on_checked(void *context, enum status status, const struct package_check *check)
{
    struct file_wait *wait = context;
    wait->status = status;
    wait->json = status == OK ? package_check_json(check) : NULL;
    request_wake(wait->request);
}

static enum status begin_check(const struct api *api, struct request *request)
{
    struct file_wait *wait = calloc(1, sizeof *wait);
    if (wait == NULL) {
        return E_NOMEM;
    }
    wait->request = request;
    wait->checks = api->checks;
    enum status status = package_checks_demand(api->checks, request->input.id, on_checked, wait);
    if (status != OK) {
        free(wait);
        return status;
    }
    request->state = wait;
    request->state_free = leave_check;
    request->turn = TURN_LATER;
    return OK;
}

void packages_verify_files(const struct api *api, struct request *request, struct answer *answer)
{
    struct file_wait *wait = request->state;
    enum status status = wait == NULL ? begin_check(api, request) : wait->status;
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
    } else if (wait != NULL) {
        answer_resource_take(answer, 200, wait->json);
        wait->json = NULL;
    }
}
