/*
 * The test bench: evaluations on demand.
 */
#include "app/plans.h"
#include "http/api.h"
#include "http/json_value.h"

void evaluations_check(struct request *request)
{
    struct input *input = &request->input;
    if (request->json == NULL) {
        return;
    }
    struct members members;
    members_open(&members, request->json, "", &request->verdict);
    if (members_text(&members, "productKey", MEMBER_OPTIONAL, input->product.key, sizeof input->product.key)) {
        input->product_key = input->product.key;
    }
    members_close(&members);
}

void evaluations_create(const struct api *api, struct request *request, struct answer *answer)
{
    struct evaluation evaluation = {0};
    const char *product_key = request->input.product_key;
    struct product product;
    enum status status = product_key == NULL ? OK : app_product_find(api->app, product_key, &product);
    if (status == OK) {
        status = app_evaluate(api->app, product_key, &evaluation);
    }
    if (status == E_NOT_FOUND) {
        violation_add(&request->verdict.broken, "no such product", "/productKey");
        status = E_RULE;
    }
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    answer_resource_take(answer, 200,
                         json_pack("{s:o, s:I, s:I, s:o}", "at", json_instant(evaluation.at), "devicesChecked",
                                   (json_int_t)evaluation.devices_checked, "notified", (json_int_t)evaluation.notified,
                                   "skipped", reasons_json(evaluation.skipped)));
}
