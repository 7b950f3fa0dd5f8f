#include "scene.h"

#include "base/text.h"

static char delta_sources[3][LIMIT_VERSION + 1] = {"1_0_0", "1_5_0", "1_7_0"};

struct maybe_int scene_known(int64_t value)
{
    return (struct maybe_int){.known = true, .value = value};
}

struct maybe_instant scene_at(int64_t at)
{
    return (struct maybe_instant){.known = true, .at = at};
}

void scene_init(struct scene *scene)
{
    memset(scene, 0, sizeof *scene);
    scene->plan = (struct plan){.status = PLAN_ACTIVATED, .strategy = STRATEGY_DEFAULT, .component_count = 2};
    scene->plan.components[0] = (struct plan_component){.component_no = "STM32", .type = COMPONENT_MCU};
    scene->plan.components[1] = (struct plan_component){.component_no = "MOD", .type = COMPONENT_MODULE};
    scene->packages[0] = (struct package){.target_version = "2_0_0", .file_count = 1};
    scene->packages[0].files[0].size = 900000;
    scene->packages[1] = (struct package){.target_version = "M2", .file_count = 2};
    scene->packages[1].files[0].size = 60000;
    scene->packages[1].files[1].size = 40000;
    for (size_t i = 0; i < LIMIT_COMPONENTS; i++) {
        scene->package_list[i] = &scene->packages[i];
    }
    scene->moment = (struct plan_moment){.now = SCENE_NOW, .planned_ok = true, .push_ok = true};
    scene->standing = (struct standing){.device_id = 1,
                                        .device_key = "D1",
                                        .battery = scene_known(80),
                                        .signal = scene_known(-60),
                                        .rsrp = scene_known(-90),
                                        .flash_free = scene_known(100000),
                                        .whitelisted = true};
    scene_set_mcu(scene, 0, "1_0_0");
    scene_set_module(scene, "M1", "");
    scene->input = (struct eligibility_input){.plan = &scene->plan,
                                              .packages = scene->package_list,
                                              .moment = &scene->moment,
                                              .standing = &scene->standing,
                                              .online = true,
                                              .in_upgrade = 9999,
                                              .slots = 10000};
}

void scene_decide(struct scene *scene)
{
    memset(&scene->verdict, 0xFF, sizeof scene->verdict); /* everything is to be written */
    eligibility_decide(&scene->input, &scene->verdict);
}

void scene_check_fails(const struct scene *scene, const char *row, const char *fails)
{
    char found[512] = "";
    enum reason first = REASON_NONE;
    for (size_t i = 0; i < ELIGIBILITY_CHECKS; i++) {
        const struct eligibility_check *check = &scene->verdict.checks[i];
        CHECK_ROW(row, check->ok || !check->warning);
        if (check->ok) {
            continue;
        }
        size_t used = strlen(found);
        (void)snprintf(found + used, sizeof found - used, "%s%s", used == 0 ? "" : " ", reason_name(check->check));
        first = first == REASON_NONE ? check->check : first;
    }
    if (strcmp(found, fails) != 0) {
        (void)fprintf(stderr, "    row '%s': '%s' fail, expected '%s'\n", row, found, fails);
    }
    CHECK_ROW(row, strcmp(found, fails) == 0);
    CHECK_ROW(row, scene->verdict.reason == first);
    CHECK_ROW(row, scene->verdict.eligible == (first == REASON_NONE));
}

const struct eligibility_check *scene_check(const struct scene *scene, enum reason reason)
{
    return &scene->verdict.checks[reason - REASON_ONLINE];
}

void scene_set_mcu(struct scene *scene, size_t i, const char *version)
{
    text_copy_cut(scene->standing.mcu_version[i], sizeof scene->standing.mcu_version[i], version);
}

void scene_set_module(struct scene *scene, const char *bare, const char *info)
{
    text_copy_cut(scene->standing.module_version, sizeof scene->standing.module_version, bare);
    text_copy_cut(scene->standing.module_version_info, sizeof scene->standing.module_version_info, info);
}

void scene_make_delta(struct scene *scene, size_t i)
{
    scene->packages[i].package_type = PACKAGE_DELTA;
    scene->packages[i].sources = delta_sources;
    scene->packages[i].source_count = sizeof delta_sources / sizeof delta_sources[0];
}

void scene_make_manual(struct scene *scene)
{
    scene->plan.mode = PLAN_MANUAL;
}

void scene_confirm(struct scene *scene, int64_t from, int64_t to)
{
    scene_make_manual(scene);
    scene->standing.user_confirmed = true;
    scene->standing.confirm_from = (struct maybe_instant){.known = from != 0, .at = from};
    scene->standing.confirm_to = (struct maybe_instant){.known = to != 0, .at = to};
}
