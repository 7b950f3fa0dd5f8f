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
    answer_resource_take(answer, 201, package_json(package));
}

void packages_check_list(struct request *request)
{
    request_check_page(request, CURSOR_ID);
    request->input.product_key = target_parameter(&request->target, "productKey");
}

static void add_package(void *context, const struct package *package)
{
    list_add_id_take(context, package_json(package), package->id);
}

void packages_list(const struct api *api, struct request *request, struct answer *answer)
{
    CLEANUP(cleanup_list) struct list list;
    list_init(&list);
    bool more = false;
    enum status status =
        app_packages_list(api->app, request->input.product_key, &request->input.page, add_package, &list, &more);
    /* the product is named by the query, not by the path: none is an empty list */
    if (status != OK && status != E_NOT_FOUND) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    list_answer(&list, more, answer);
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
    answer_resource_take(answer, 200, package_json(package));
}

void packages_delete(const struct api *api, struct request *request, struct answer *answer)
{
    enum status status = app_package_delete(api->app, request->input.id);
    if (status != OK) {
        request_refuse(request, answer, status, status == E_STATE ? "a plan uses this package" : NULL);
        return;
    }
    answer_empty(answer, 204);
}
