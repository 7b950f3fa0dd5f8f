/* What became of the devices of a plan: list, one, its log, statistics (plans.h). */
#include <string.h>

#include "app/candidate.h"
#include "app/internal.h"
#include "app/plans.h"
#include "app/upgrade.h"
#include "base/cleanup.h"
#include "store/device_rows.h"
#include "store/log_rows.h"
#include "store/plan_rows.h"
#include "store/standing_rows.h"
#include "store/task_rows.h"

struct visit {
    struct app *app;
    app_plan_device_visitor *each;
    void *context;
    enum status status;
};

/* While a download runs the firmware server knows more than the store. */
static void show(struct visit *visit, const char *device_key, const struct task *task)
{
    struct task now = *task;
    struct warnings warnings = {0};
    if (now.status == DEVICE_IN_UPGRADE && now.phase == TASK_RUNNING && now.current < now.component_count) {
        struct task_component *component = &now.components[now.current];
        int progress = upgrade_progress(visit->app, &now, now.current);
        if (progress > component->progress && component->step <= STEP_DOWNLOADING) {
            component->progress = progress;
        }
    }
    visit->status = log_warnings(visit->app->store, task->plan_id, task->device_id, &warnings);
    if (visit->status == OK) {
        visit->each(visit->context,
                    &(struct plan_device){.device_key = device_key, .task = &now, .warnings = &warnings});
    }
}

static bool pass_on(void *context, const char *device_key, const struct task *task)
{
    struct visit *visit = context;
    show(visit, device_key, task);
    return visit->status == OK;
}

enum status app_plan_devices_list(struct app *app, int64_t plan_id, enum device_status status, const struct page *page,
                                  app_plan_device_visitor *each, void *context, bool *more)
{
    struct visit visit = {.app = app, .each = each, .context = context};
    enum status listed = plan_members_list(app->store, plan_id, status, page, pass_on, &visit, more);
    return listed == OK ? visit.status : listed;
}

/* The device's id in a plan it belongs to; 0 when it was not seen yet. */
static enum status find_member(struct app *app, int64_t plan_id, const char *device_key, int64_t *device_id)
{
    CLEANUP(cleanup_plan) struct plan plan = {0};
    struct device device = {0};
    bool member = false;
    enum status status = plan_find(app->store, plan_id, &plan);
    if (status != OK || (status = plan_has_member(app->store, plan_id, device_key, &member)) != OK) {
        return status;
    }
    if (!member) {
        return E_NOT_FOUND;
    }
    status = device_find(app->store, plan.product_key, device_key, &device);
    if (status != OK && status != E_NOT_FOUND) {
        return status;
    }
    *device_id = device.id;
    return OK;
}

enum status app_plan_device_view(struct app *app, int64_t plan_id, const char *device_key,
                                 app_plan_device_visitor *each, void *context)
{
    struct visit visit = {.app = app, .each = each, .context = context};
    struct task task;
    int64_t device_id = 0;
    enum status status = find_member(app, plan_id, device_key, &device_id);
    if (status != OK) {
        return status;
    }
    status = plan_member_task(app->store, plan_id, device_id, &task);
    if (status == OK) {
        show(&visit, device_key, &task);
        status = visit.status;
    }
    return status;
}

struct log_visit {
    app_log_visitor *each;
    void *context;
};

static bool pass_log_on(void *context, const struct log_entry *entry)
{
    const struct log_visit *visit = context;
    visit->each(visit->context, entry);
    return true;
}

enum status app_plan_device_log(struct app *app, int64_t plan_id, const char *device_key, const struct page *page,
                                app_log_visitor *each, void *context, bool *more)
{
    struct log_visit visit = {.each = each, .context = context};
    int64_t device_id = 0;
    enum status status = find_member(app, plan_id, device_key, &device_id);
    return status == OK ? log_list(app->store, plan_id, device_id, page, pass_log_on, &visit, more) : status;
}

enum status app_plan_device_explain(struct app *app, int64_t plan_id, const char *device_key,
                                    app_explanation_visitor *visit, void *context)
{
    CLEANUP(cleanup_candidate) struct candidate candidate = {0};
    CLEANUP(cleanup_plan) struct plan plan = {0};
    struct standing standing;
    struct eligibility_input input;
    struct eligibility verdict;
    enum status status = plan_find(app->store, plan_id, &plan);
    if (status == OK) {
        status = candidate_load(app, plan_id, app_now(app, plan.product_key), &candidate);
    }
    if (status == OK) {
        status = standing_find_by_key(app->store, &candidate.plan, device_key, &standing);
    }
    if (status != OK) {
        return status;
    }
    if (standing.status == DEVICE_IN_UPGRADE) { /* an evaluation passes it over: it has this plan already */
        standing.busy_plan_id = (struct maybe_int){true, plan_id};
    }
    candidate_decide(app, &candidate, &standing, &input, &verdict);
    char words[ELIGIBILITY_CHECKS][2][CHECK_TEXT];
    struct explained_check checks[ELIGIBILITY_CHECKS];
    for (size_t i = 0; i < ELIGIBILITY_CHECKS; i++) {
        const struct eligibility_check *check = &verdict.checks[i];
        eligibility_explain(&input, &verdict, check->check, words[i][0], words[i][1]);
        checks[i] = (struct explained_check){.check = check->check,
                                             .ok = check->ok,
                                             .warning = check->warning,
                                             .expected = words[i][0],
                                             .actual = words[i][1],
                                             .next_at = check->next_at};
    }
    struct explanation explanation = {.eligible = verdict.eligible,
                                      .online = input.online,
                                      .at = candidate.moment.now,
                                      .count = ELIGIBILITY_CHECKS,
                                      .checks = checks};
    visit(context, &explanation);
    return OK;
}

struct timeline_visit {
    app_timeline_visitor *each;
    void *context;
};

static bool pass_minute_on(void *context, int64_t at, int64_t upgraded, int64_t failed)
{
    const struct timeline_visit *visit = context;
    struct timeline_point point = {.at = at, .upgraded = upgraded, .failed = failed};
    visit->each(visit->context, &point);
    return true;
}

enum status app_plan_statistics(struct app *app, int64_t plan_id, struct plan_statistics *statistics,
                                app_timeline_visitor *each, void *context)
{
    struct plan_counts counts;
    enum status status = plan_count(app->store, plan_id, &counts);
    if (status != OK) {
        return status;
    }
    statistics->total = counts.total;
    memcpy(statistics->by_status, counts.by_status, sizeof statistics->by_status);
    memcpy(statistics->by_reason, counts.by_reason, sizeof statistics->by_reason);
    struct timeline_visit visit = {.each = each, .context = context};
    return plan_timeline(app->store, plan_id, pass_minute_on, &visit);
}
