#include "app/plan_faults.h"

#include "app/catalog.h"
#include "app/faults.h"
#include "app/plans.h"
#include "app/plans_life.h"
#include "app/upgrade.h"

enum status plan_faults_step(struct app *app, const struct task *task,
                             const enum component_step before[LIMIT_COMPONENTS])
{
    enum status status = OK;
    struct fault_hit hits[FAULT_HITS];
    if (task->plan_id < 0 || !faults_armed(app->faults, FAULT_PLAN)) {
        return OK;
    }
    for (size_t i = 0; i < task->component_count; i++) {
        struct fault_subject subject;
        if (task->components[i].step == before[i]) {
            continue;
        }
        upgrade_fault_subject(app, task, i, &subject);
        size_t count = faults_look(app->faults, FAULT_PLAN, &subject, hits);
        for (size_t k = 0; k < count && status == OK; k++) {
            if (hits[k].action.at_step == task->components[i].step &&
                faults_fire(app->faults, hits[k].id, &subject, NULL)) {
                bool of_package = hits[k].action.type == FAULT_REVOKE_PACKAGE;
                status = app_defer_plan_fault(app, of_package ? task->components[i].package_id : task->plan_id,
                                              hits[k].action.type);
            }
        }
    }
    return status;
}

enum status plan_faults_apply(struct app *app, int64_t id, enum fault_type type)
{
    switch (type) {
    case FAULT_SUSPEND:
        return app_plan_suspend(app, id);
    case FAULT_TERMINATE:
        return app_plan_terminate(app, id);
    case FAULT_REVOKE_PACKAGE:
        return app_package_revoke(app, id);
    default:
        return plans_life_end_now(app, id);
    }
}
