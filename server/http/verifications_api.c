/*
 * Firmware verifications: one package on one online device, outside any plan.
 */
#include <stdio.h>
#include <stdlib.h>

#include "app/verifications.h"
#include "base/cleanup.h"
#include "http/api.h"
#include "http/json_value.h"
#include "http/list.h"
#include "http/verifications_json.h"
#include "http/waiting.h"

void verifications_check_create(struct request *request)
{
    struct input *input = &request->input;
    request_check_id(request, 0);
    struct members members;
    members_open(&members, request->json, "", &request->verdict);
    (void)members_text(&members, "productKey", MEMBER_REQUIRED, input->product.key, sizeof input->product.key);
    (void)members_text(&members, "deviceKey", MEMBER_REQUIRED, input->device_key, sizeof input->device_key);
    (void)members_text(&members, "componentNo", MEMBER_REQUIRED, input->component_no, sizeof input->component_no);
    members_close(&members);
}

void verifications_create(const struct api *api, struct request *request, struct answer *answer)
{
    const struct input *input = &request->input;
    struct verification_wish wish = {
        .product_key = input->product.key, .device_key = input->device_key, .component_no = input->component_no};
    struct verification made = {0};
    struct verification_refusal refusal = {0};
    json_t *json = NULL;
    enum status status = app_verification_start(api->app, input->id, &wish, &made, &request->verdict.broken, &refusal);
    if (status == OK) {
        status = verification_json(api->app, &made, &json);
    }
    if (status != OK) {
        request_refuse(request, answer, status, status == E_STATE ? refusal.why : NULL);
        return;
    }
    (void)snprintf(answer->location, sizeof answer->location, "/api/v1/packages/%lld/verifications/%lld",
                   (long long)made.package_id, (long long)made.id);
    answer_resource_take(answer, 201, json);
}

void verifications_check_list(struct request *request)
{
    request_check_id(request, 0);
    request_check_page(request, CURSOR_ID);
}

/* The page's verifications are gathered before their logs are asked for: no question within another. */
struct gathered {
    size_t count;
    struct verification items[LIMIT_PAGE];
};

static void gather(void *context, const struct verification *verification)
{
    struct gathered *gathered = context;
    if (gathered->count < LIMIT_PAGE) {
        gathered->items[gathered->count++] = *verification;
    }
}

void verifications_list(const struct api *api, struct request *request, struct answer *answer)
{
    CLEANUP(cleanup_list) struct list list;
    CLEANUP(cleanup_free) struct gathered *gathered = calloc(1, sizeof *gathered);
    list_init(&list);
    bool more = false;
    enum status status = gathered == NULL ? E_NOMEM
                                          : app_verifications_list(api->app, request->input.id, &request->input.page,
                                                                   gather, gathered, &more);
    for (size_t i = 0; status == OK && i < gathered->count; i++) {
        json_t *json = NULL;
        status = verification_json(api->app, &gathered->items[i], &json);
        if (status == OK) {
            list_add_id_take(&list, json, gathered->items[i].id);
        }
    }
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    list_answer(&list, more, answer);
}

static const char *status_word(unsigned number)
{
    return verification_status_name((enum verification_status)number);
}

void verifications_check_one(struct request *request)
{
    request_check_id(request, 1);
    request->input.verification_id = request->input.id;
    request->input.id = 0;
    request_check_id(request, 0);
    request_check_no_body(request);
    waiting_check(request, status_word, VERIFICATION_STATUS_COUNT);
}

static void look(struct app *app, const struct wait_subject *subject, struct sight *sight)
{
    struct verification verification = {0};
    sight->status = app_verification_find(app, subject->package_id, -subject->id, &verification);
    if (sight->status == OK) {
        sight->status = verification_json(app, &verification, &sight->json);
    }
    sight->word = verification.status;
    (void)snprintf(sight->state, sizeof sight->state, "is %s", verification_status_name(verification.status));
}

void verifications_get(const struct api *api, struct request *request, struct answer *answer)
{
    const struct input *input = &request->input;
    struct wait_subject subject = {.id = -input->verification_id, .package_id = input->id};
    waiting_act(api->waiting, request, &subject, look, answer);
}
