#include <stdio.h>
#include <string.h>

#include "app/catalog.h"
#include "base/cleanup.h"
#include "http/api.h"
#include "http/list.h"
#include "http/products_json.h"

void products_check_create(struct request *request)
{
    request->app_names_more = true;
    product_read(&request->input.product, request->json, &request->verdict);
}

void products_create(const struct api *api, struct request *request, struct answer *answer)
{
    struct product *product = &request->input.product;
    enum status status = app_product_create(api->app, product, &request->verdict.broken);
    if (status != OK) {
        request_refuse(request, answer, status, status == E_EXISTS ? "a product with this productKey exists" : NULL);
        return;
    }
    (void)snprintf(answer->location, sizeof answer->location, "/api/v1/products/%s", product->key);
    answer_resource_take(answer, 201, product_json(product));
}

void products_check_list(struct request *request)
{
    request_check_page(request, CURSOR_KEY);
}

static void add_product(void *context, const struct product *product)
{
    list_add_take(context, product_json(product), product->key);
}

void products_list(const struct api *api, struct request *request, struct answer *answer)
{
    CLEANUP(cleanup_list) struct list list;
    list_init(&list);
    bool more = false;
    enum status status = app_products_list(api->app, &request->input.page, add_product, &list, &more);
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    list_answer(&list, more, answer);
}

void products_get(const struct api *api, struct request *request, struct answer *answer)
{
    struct product product;
    enum status status = app_product_find(api->app, request->parameters[0], &product);
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    answer_resource_take(answer, 200, product_json(&product));
}

void products_delete(const struct api *api, struct request *request, struct answer *answer)
{
    enum status status = app_product_delete(api->app, request->parameters[0]);
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    answer_empty(answer, 204);
}
