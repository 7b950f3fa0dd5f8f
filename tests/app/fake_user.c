#include "fake_user.h"

#include <stdlib.h>

#include "base/text.h"
#include "support/suite.h"

void user_init_plan_of(struct house *house, struct plan *plan, const char *name, int64_t package_id)
{
    static const struct upgrade_text texts[] = {{"zh", "\xe5\xa5\xbd"}, {"en", "better"}, {"de", "besser"}};
    house_plan_init(house, plan, name, package_id);
    plan->mode = PLAN_MANUAL;
    plan->texts = calloc(3, sizeof *plan->texts);
    CU_ASSERT_PTR_NOT_NULL_FATAL(plan->texts);
    memcpy(plan->texts, texts, sizeof texts);
    plan->text_count = 3;
}

void user_init_plan(struct house *house, struct plan *plan, const char *target, const char *zone)
{
    user_init_plan_of(house, plan, target, house_mcu_package(house, target));
    text_copy_cut(plan->time_zone, sizeof plan->time_zone, zone);
}

int64_t user_start_plan(struct house *house, const char *target, const char *whitelisted)
{
    struct plan plan;
    user_init_plan(house, &plan, target, "UTC");
    return house_plan_start(house, &plan, whitelisted);
}

int64_t user_start_planned(struct house *house, const char *target, const char *start, const char *end)
{
    struct plan plan;
    user_init_plan(house, &plan, target, "UTC");
    if (start != NULL) {
        house_set_planned(&plan.planned_start, start);
    }
    if (end != NULL) {
        house_set_planned(&plan.planned_end, end);
    }
    return house_plan_start(house, &plan, NULL);
}

void user_keep_shown(void *context, const struct waiting_plan *waiting)
{
    struct user_shown *shown = context;
    shown->plan_id = waiting->plan->id;
    shown->texts = waiting->plan->text_count;
    for (size_t i = 0; i < waiting->plan->text_count; i++) {
        if (strcmp(waiting->plan->texts[i].language, "en") == 0) {
            text_copy_cut(shown->english, sizeof shown->english, waiting->plan->texts[i].text);
        }
    }
    const char *source = waiting->source_version[0];
    text_copy_cut(shown->source, sizeof shown->source, source != NULL ? source : "?");
    text_copy_cut(shown->target, sizeof shown->target, waiting->target_version[0]);
    shown->at_target = waiting->at_target[0];
    shown->confirmed = waiting->standing->user_confirmed;
}

int64_t user_waiting_plan(struct house *house, const char *device_key)
{
    struct user_shown shown = {0};
    enum status status = app_upgrade_waiting(house->app, "pk1", device_key, user_keep_shown, &shown);
    if (status == OK) {
        return shown.plan_id;
    }
    struct violations violations = {0};
    CU_ASSERT_EQUAL(status, E_STATE);
    CU_ASSERT_EQUAL(app_upgrade_confirm(house->app, "pk1", device_key, NULL, NULL, &violations), E_STATE);
    CU_ASSERT_EQUAL(app_upgrade_decline(house->app, "pk1", device_key), E_STATE);
    return 0;
}

enum status user_confirm(struct house *house, const char *device_key, const char *from, const char *to)
{
    struct violations violations = {0};
    return app_upgrade_confirm(house->app, "pk1", device_key, from, to, &violations);
}
