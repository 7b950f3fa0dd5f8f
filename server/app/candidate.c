#include "app/candidate.h"

#include <stdlib.h>

#include "base/text.h"
#include "store/package_rows.h"
#include "store/plan_rows.h"
#include "store/task_rows.h"

void candidate_finish(struct candidate *candidate)
{
    for (size_t i = 0; i < candidate->plan.component_count; i++) {
        package_finish(&candidate->packages[i]);
    }
    plan_finish(&candidate->plan);
    *candidate = (struct candidate){0};
}

void cleanup_candidate(struct candidate *candidate)
{
    candidate_finish(candidate);
}

enum status candidate_load(struct app *app, int64_t plan_id, int64_t at, struct candidate *candidate)
{
    *candidate = (struct candidate){0};
    enum status status = plan_find(app->store, plan_id, &candidate->plan);
    for (size_t i = 0; i < candidate->plan.component_count && status == OK; i++) {
        status = package_find(app->store, candidate->plan.components[i].package_id, &candidate->packages[i]);
        candidate->refs[i] = &candidate->packages[i];
    }
    if (status == OK) {
        candidate->zone = app_zone(app, candidate->plan.time_zone);
        status = candidate->zone == NULL ? E_CORRUPT : OK; /* it was known when the plan was saved */
    }
    if (status == OK) {
        plan_moment_at(&candidate->plan, candidate->zone, at, &candidate->moment);
        status = tasks_in_upgrade_count(app->store, plan_id, &candidate->in_upgrade);
    }
    return status;
}

void candidate_blank_task(const struct candidate *candidate, int64_t device_id, struct task *task)
{
    *task = (struct task){
        .plan_id = candidate->plan.id, .device_id = device_id, .component_count = candidate->plan.component_count};
    for (size_t i = 0; i < task->component_count; i++) {
        const struct plan_component *wanted = &candidate->plan.components[i];
        struct task_component *component = &task->components[i];
        component->position = (int)i;
        component->type = wanted->type;
        component->package_id = wanted->package_id;
        text_copy_cut(component->component_no, sizeof component->component_no, wanted->component_no);
        text_copy_cut(component->target_version, sizeof component->target_version,
                      candidate->packages[i].target_version);
    }
}

void candidates_finish(struct candidates *candidates)
{
    for (size_t i = 0; i < candidates->count; i++) {
        candidate_finish(&candidates->items[i]);
    }
    free(candidates->items);
    *candidates = (struct candidates){0};
}

void cleanup_candidates(struct candidates *candidates)
{
    candidates_finish(candidates);
}

enum status candidates_load(struct app *app, const char *product_key, int64_t at, struct candidates *candidates)
{
    *candidates = (struct candidates){0};
    int64_t *ids = NULL;
    size_t count = 0;
    enum status status = plan_active_ids(app->store, product_key, &ids, &count);
    if (status == OK && count > 0) {
        candidates->items = calloc(count, sizeof *candidates->items);
        status = candidates->items == NULL ? E_NOMEM : OK;
    }
    for (size_t i = 0; i < count && status == OK; i++) {
        candidates->count++;
        status = candidate_load(app, ids[i], at, &candidates->items[i]);
    }
    free(ids);
    return status;
}

void candidate_decide(struct app *app, const struct candidate *candidate, const struct standing *standing,
                      struct eligibility_input *input, struct eligibility *verdict)
{
    *input = (struct eligibility_input){.plan = &candidate->plan,
                                        .packages = candidate->refs,
                                        .moment = &candidate->moment,
                                        .standing = standing,
                                        .online = app_is_online(app, standing->device_id),
                                        .in_upgrade = candidate->in_upgrade,
                                        .slots = app->settings.slots,
                                        .strict_gates = app->settings.strict_gates};
    eligibility_decide(input, verdict);
}
