/*
 * The test bench: reset of a product or of all (api.md, The test bench).
 */
#include <string.h>

#include "app/reset.h"
#include "http/api.h"

static json_t *counts_json(const struct reset_counts *counts)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "products",
                     (json_int_t)counts->products, "devices", (json_int_t)counts->devices, "links",
                     (json_int_t)counts->links, "packages", (json_int_t)counts->packages, "plans",
                     (json_int_t)counts->plans, "verifications", (json_int_t)counts->verifications, "planDevices",
                     (json_int_t)counts->tasks, "logEntries", (json_int_t)counts->log_entries, "firmwareLinks",
                     (json_int_t)counts->tokens, "clocks", (json_int_t)counts->clocks, "faults",
                     (json_int_t)counts->faults, "journalEntries", (json_int_t)counts->journal_entries, "answers",
                     (json_int_t)counts->answers);
}

static void answer_counts(const struct request *request, enum status status, const struct reset_counts *counts,
                          struct answer *answer)
{
    if (status != OK) {
        request_refuse(request, answer, status, NULL);
        return;
    }
    answer_resource_take(answer, 200, counts_json(counts));
}

void reset_product(const struct api *api, struct request *request, struct answer *answer)
{
    struct reset_counts counts = {0};
    enum status status = app_reset_product(api->app, request->parameters[0], &counts);
    answer_counts(request, status, &counts, answer);
}

static bool keep_of(const char *word, unsigned *keep)
{
    static const struct {
        const char *word;
        unsigned bit;
    } words[] = {{"products", RESET_KEEP_PRODUCTS}, {"packages", RESET_KEEP_PACKAGES}, {"faults", RESET_KEEP_FAULTS}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].word, word) == 0) {
            *keep |= words[i].bit;
            return true;
        }
    }
    return false;
}

void reset_check_all(struct request *request)
{
    struct members members;
    const json_t *item;
    size_t i;
    if (request->json == NULL) {
        return;
    }
    members_open(&members, request->json, "", &request->verdict);
    const json_t *keep = members_array(&members, "keep", MEMBER_OPTIONAL);
    json_array_foreach(keep, i, item)
    {
        const char *word = json_string_value(item);
        if (word == NULL) {
            violation_add(&request->verdict.wrong, "must be a string", "/keep/%zu", i);
        } else if (!keep_of(word, &request->input.keep)) {
            violation_add(&request->verdict.broken, "must be products, packages or faults", "/keep/%zu", i);
        }
    }
    members_close(&members);
}

void reset_all(const struct api *api, struct request *request, struct answer *answer)
{
    struct reset_counts counts = {0};
    enum status status = app_reset_all(api->app, request->input.keep, &counts);
    answer_counts(request, status, &counts, answer);
}
