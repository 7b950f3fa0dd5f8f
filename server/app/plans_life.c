/* From activation to the end of plans (plans.h, plans_life.h; the drawing is in domain/plan.h). */
#include "app/plans_life.h"

#include <assert.h>
#include <inttypes.h>

#include "app/events.h"
#include "app/plans.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "store/plan_rows.h"

/* The one place where a plan's status moves: the arrow is checked, told and logged. Within a use. */
static enum status move(struct app *app, struct plan *plan, enum plan_status to, int64_t at)
{
    struct maybe_instant now = {true, at};
    enum plan_status from = plan->status;
    if (!plan_status_may_become(from, to)) {
        return E_STATE;
    }
    plan->status = to;
    switch (to) {
    case PLAN_ACTIVATED:
        plan->activated_at = plan->activated_at.known ? plan->activated_at : now;
        break;
    case PLAN_UPGRADING:
        plan->started_at = plan->started_at.known ? plan->started_at : now;
        break;
    case PLAN_SUSPENDED:
        plan->suspended_from = from;
        break;
    case PLAN_TERMINATED:
    case PLAN_ENDED:
        plan->ended_at = now;
        break;
    default:
        break;
    }
    enum status status = plan_update_status(app->store, plan);
    if (status == OK) {
        log_info("app", "plan=%" PRId64 " %s -> %s", plan->id, plan_status_name(from), plan_status_name(to));
        status = app_defer_changed(app, plan->id, "");
    }
    return status == OK ? events_plan(app, plan, WHAT_CHANGED) : status;
}

static struct log_entry entry_of(enum log_kind kind, int64_t at, const char *detail)
{
    struct log_entry entry = {.at = at, .direction = LOG_FROM_SERVER, .kind = kind};
    text_copy_cut(entry.detail, sizeof entry.detail, detail);
    return entry;
}

/* Waiting devices have failed; those in upgrade go on until they finish or time out. */
static enum status finish(struct app *app, struct plan *plan, enum plan_status to, int64_t at, const char *why)
{
    bool ended = to == PLAN_ENDED;
    int64_t failed = 0;
    struct log_entry entry = entry_of(ended ? LOG_ENDED : LOG_TERMINATED, at, why);
    enum status status = move(app, plan, to, at);
    if (status == OK) {
        status = plan_fail_waiting(app->store, plan->id, ended ? REASON_PLAN_ENDED : REASON_PLAN_TERMINATED, &entry,
                                   ended ? "the plan has ended; the upgrade that is running goes on"
                                         : "the plan was terminated; the upgrade that is running goes on",
                                   &failed);
    }
    if (status == OK && failed > 0) {
        log_info("app", "plan=%" PRId64 " %" PRId64 " waiting devices failed", plan->id, failed);
    }
    return status;
}

static const char over[] = "the plan has ended: its planned end is past";

static enum status end_when_over(struct app *app, struct plan *plan, int64_t at)
{
    bool is_over = plan->planned_end.set && plan->planned_end.at <= at;
    return is_over ? finish(app, plan, PLAN_ENDED, at, over) : OK;
}

enum status plans_life_end_planned(struct app *app, int64_t plan_id, int64_t at)
{
    CLEANUP(cleanup_plan) struct plan plan = {0};
    enum status status = app_use_begin(app);
    if (status != OK) {
        return status;
    }
    status = plan_find(app->store, plan_id, &plan);
    return app_use_end(app, status == OK ? end_when_over(app, &plan, at) : status);
}

enum status plans_life_end_now(struct app *app, int64_t plan_id)
{
    CLEANUP(cleanup_plan) struct plan plan = {0};
    enum status status = app_use_begin(app);
    if (status != OK) {
        return status;
    }
    status = plan_find(app->store, plan_id, &plan);
    if (status == OK) {
        status = plan_status_may_become(plan.status, PLAN_ENDED)
                     ? finish(app, &plan, PLAN_ENDED, app_now(app, plan.product_key), "the plan was ended by a fault")
                     : E_STATE;
    }
    return app_use_end(app, status);
}

enum status plans_life_end_final(struct app *app, int64_t plan_id, int64_t at)
{
    CLEANUP(cleanup_plan) struct plan plan = {0};
    bool is_final = false;
    enum status status = plan_find(app->store, plan_id, &plan);
    if (status != OK || plan.list_count[LIST_WHITE] == 0 || plan.planned_end.set ||
        !plan_status_may_become(plan.status, PLAN_ENDED)) {
        return status;
    }
    status = plan_whitelist_is_final(app->store, plan_id, &is_final);
    return status == OK && is_final
               ? finish(app, &plan, PLAN_ENDED, at, "the plan has ended: every listed device is final")
               : status;
}

enum status plans_life_started(struct app *app, const struct plan *plan, int64_t at)
{
    CLEANUP(cleanup_plan) struct plan now = {0};
    if (plan->status != PLAN_ACTIVATED) {
        return OK;
    }
    enum status status = plan_find(app->store, plan->id, &now);
    return status == OK && now.status == PLAN_ACTIVATED ? move(app, &now, PLAN_UPGRADING, at) : status;
}

/* --- what people ask for ---------------------------------------------------------------------------------------- */

static enum status activate(struct app *app, struct plan *plan, int64_t at)
{
    if (plan->status != PLAN_SAVED) {
        return E_STATE; /* the arrow from suspended is a resume's */
    }
    enum status status = move(app, plan, PLAN_ACTIVATED, at);
    return status == OK ? end_when_over(app, plan, at) : status;
}

static enum status suspend(struct app *app, struct plan *plan, int64_t at)
{
    struct log_entry entry = entry_of(LOG_SUSPENDED, at, "the plan was suspended");
    enum status status = move(app, plan, PLAN_SUSPENDED, at);
    return status == OK ? plan_log_open(app->store, plan->id, &entry) : status;
}

static enum status resume(struct app *app, struct plan *plan, int64_t at)
{
    struct log_entry entry = entry_of(LOG_RESUMED, at, "the plan was resumed");
    if (plan->status != PLAN_SUSPENDED) {
        return E_STATE;
    }
    enum status status = move(app, plan, plan->suspended_from, at);
    if (status == OK) {
        status = plan_log_open(app->store, plan->id, &entry);
    }
    return status == OK ? end_when_over(app, plan, at) : status;
}

static enum status terminate(struct app *app, struct plan *plan, int64_t at)
{
    return finish(app, plan, PLAN_TERMINATED, at, "the plan was terminated");
}

typedef enum status plan_act(struct app *app, struct plan *plan, int64_t at);

/* One act on one plan, in a use of its own. */
static enum status act_on(struct app *app, int64_t id, plan_act *act)
{
    CLEANUP(cleanup_plan) struct plan plan = {0};
    enum status status = app_use_begin(app);
    if (status != OK) {
        return status;
    }
    status = plan_find(app->store, id, &plan);
    return app_use_end(app, status == OK ? act(app, &plan, app_now(app, plan.product_key)) : status);
}

enum status app_plan_activate(struct app *app, int64_t id)
{
    return act_on(app, id, activate);
}

enum status app_plan_suspend(struct app *app, int64_t id)
{
    return act_on(app, id, suspend);
}

enum status app_plan_resume(struct app *app, int64_t id)
{
    return act_on(app, id, resume);
}

enum status app_plan_terminate(struct app *app, int64_t id)
{
    return act_on(app, id, terminate);
}
