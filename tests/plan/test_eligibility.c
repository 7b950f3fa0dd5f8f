/*
 * The checks themselves: each row spoils the scene and says which checks fail. Values at their limits are in
 * test_eligibility_gates.c, what people read in test_eligibility_words.c.
 */
#include "scene.h"

/* --- what rows do to the scene ---------------------------------------------------------------------------------- */

static void nothing(struct scene *s)
{
    (void)s;
}
static void offline(struct scene *s)
{
    s->input.online = false;
}
static void saved(struct scene *s)
{
    s->plan.status = PLAN_SAVED;
}
static void upgrading(struct scene *s)
{
    s->plan.status = PLAN_UPGRADING;
}
static void suspended(struct scene *s)
{
    s->plan.status = PLAN_SUSPENDED;
}
static void terminated(struct scene *s)
{
    s->plan.status = PLAN_TERMINATED;
}
static void ended(struct scene *s)
{
    s->plan.status = PLAN_ENDED;
}
static void too_early(struct scene *s)
{
    s->moment.planned_ok = false;
    s->moment.planned_next = scene_at(SCENE_NOW + 5000);
}
static void over(struct scene *s)
{
    s->moment.planned_ok = false;
    s->moment.planned_over = true;
}
static void closed(struct scene *s)
{
    s->moment.push_ok = false;
    s->moment.push_next = scene_at(SCENE_NOW + 7000);
}
static void early_and_closed(struct scene *s)
{
    too_early(s);
    closed(s);
}
static void blacklisted(struct scene *s)
{
    s->standing.blacklisted = true;
}
static void both_lists(struct scene *s)
{
    s->plan.list_count[LIST_WHITE] = 1;
    blacklisted(s);
}
static void not_whitelisted(struct scene *s)
{
    s->plan.list_count[LIST_WHITE] = 1;
    s->standing.whitelisted = false;
}
static void waiting(struct scene *s)
{
    s->standing.task_id = 5;
    s->standing.reason = REASON_REFUSED;
}
static void in_upgrade(struct scene *s)
{
    s->standing.status = DEVICE_IN_UPGRADE;
}
static void upgraded(struct scene *s)
{
    s->standing.status = DEVICE_UPGRADED;
}
static void failed(struct scene *s)
{
    s->standing.status = DEVICE_FAILED;
}
static void busy(struct scene *s)
{
    s->standing.busy_plan_id = scene_known(7);
}
static void busy_verification(struct scene *s)
{
    s->standing.busy_plan_id = scene_known(-7);
}
static void mcu_unknown(struct scene *s)
{
    scene_set_mcu(s, 0, "");
}
static void module_unknown(struct scene *s)
{
    scene_set_module(s, "", "");
}
static void mcu_at_target(struct scene *s)
{
    scene_set_mcu(s, 0, "2_0_0");
}
static void module_at_target(struct scene *s)
{
    scene_set_module(s, "M2", "M2_app");
}
static void all_at_target(struct scene *s)
{
    mcu_at_target(s);
    module_at_target(s);
}
static void at_target_low_battery(struct scene *s)
{
    all_at_target(s);
    s->standing.battery.value = 1;
    s->input.in_upgrade = 10000;
}
static void at_target_offline(struct scene *s)
{
    all_at_target(s);
    offline(s);
}
static void at_target_closed(struct scene *s)
{
    all_at_target(s);
    closed(s);
}
static void at_target_busy(struct scene *s)
{
    all_at_target(s);
    busy(s);
}
static void at_target_upgraded(struct scene *s)
{
    all_at_target(s);
    upgraded(s);
}
static void at_target_manual(struct scene *s)
{
    all_at_target(s);
    scene_make_manual(s);
}
static void at_target_and_unknown(struct scene *s)
{
    mcu_at_target(s);
    module_unknown(s);
}
static void delta_first(struct scene *s)
{
    scene_make_delta(s, 0);
}
static void delta_second(struct scene *s)
{
    scene_make_delta(s, 0);
    scene_set_mcu(s, 0, "1_5_0");
}
static void delta_third(struct scene *s)
{
    scene_make_delta(s, 0);
    scene_set_mcu(s, 0, "1_7_0");
}
static void delta_between(struct scene *s)
{
    scene_make_delta(s, 0);
    scene_set_mcu(s, 0, "1_6_0");
}
static void delta_shorter(struct scene *s)
{
    scene_make_delta(s, 0);
    scene_set_mcu(s, 0, "1_0");
}
static void delta_unknown(struct scene *s)
{
    scene_make_delta(s, 0);
    mcu_unknown(s);
}
static void delta_at_target(struct scene *s)
{
    scene_make_delta(s, 0);
    mcu_at_target(s);
}
static void delta_of_the_module(struct scene *s)
{
    scene_make_delta(s, 1);
}
static void suffix_hides_target(struct scene *s)
{
    scene_set_module(s, "", "M2_app1");
}
static void info_is_target(struct scene *s)
{
    scene_set_module(s, "", "M2");
}
static void info_is_old(struct scene *s)
{
    scene_set_module(s, "", "M1_app1");
}
static void battery_and_space(struct scene *s)
{
    s->standing.battery.value = 0;
    s->standing.flash_free.value = 0;
}
static void no_slot(struct scene *s)
{
    s->input.in_upgrade = 10000;
}
static void last_slot(struct scene *s)
{
    s->input.in_upgrade = 0;
    s->input.slots = 1;
}
static void no_slots_at_all(struct scene *s)
{
    s->input.in_upgrade = 0;
    s->input.slots = 0;
}
static void signal_and_user(struct scene *s)
{
    s->standing.rsrp.value = -140;
    scene_make_manual(s);
    no_slot(s);
}
static void all_wrong(struct scene *s)
{
    offline(s);
    saved(s);
    over(s);
    closed(s);
    blacklisted(s);
    not_whitelisted(s);
    failed(s);
    busy(s);
    mcu_unknown(s);
    battery_and_space(s);
    signal_and_user(s);
}

#define EVERY                                                                                                          \
    "online planStatus plannedTime pushPeriod blacklist whitelist notFinal notBusy version battery signal space "      \
    "userConfirmed slot"

static const struct {
    const char *name;
    void (*spoil)(struct scene *scene);
    const char *fails; /* the checks, in their order: the first is the reason */
    const char *skip;  /* per component: x at its target */
    bool at_target;
} rows[] = {
    {"all passes", nothing, "", "..", false},
    {"offline", offline, "online", "..", false},
    {"saved", saved, "planStatus", "..", false},
    {"upgrading", upgrading, "", "..", false},
    {"suspended", suspended, "planStatus", "..", false},
    {"terminated", terminated, "planStatus", "..", false},
    {"ended", ended, "planStatus", "..", false},
    {"before the planned start", too_early, "plannedTime", "..", false},
    {"after the planned end", over, "plannedTime", "..", false},
    {"outside the push period", closed, "pushPeriod", "..", false},
    {"both time rules", early_and_closed, "plannedTime pushPeriod", "..", false},
    {"blacklisted", blacklisted, "blacklist", "..", false},
    {"both lists: black wins", both_lists, "blacklist", "..", false},
    {"not whitelisted", not_whitelisted, "whitelist", "..", false},
    {"refused before", waiting, "", "..", false},
    {"in upgrade in this plan", in_upgrade, "", "..", false},
    {"upgraded", upgraded, "notFinal", "..", false},
    {"failed", failed, "notFinal", "..", false},
    {"busy", busy, "notBusy", "..", false},
    {"busy with a verification", busy_verification, "notBusy", "..", false},
    {"MCU version unknown", mcu_unknown, "version", "..", false},
    {"module version unknown", module_unknown, "version", "..", false},
    {"MCU at its target", mcu_at_target, "", "x.", false},
    {"module at its target", module_at_target, "", ".x", false},
    {"all at their targets", all_at_target, "version", "xx", true},
    {"at target, battery low, no slot", at_target_low_battery, "version battery slot", "xx", true},
    {"at target, user not asked", at_target_manual, "version userConfirmed", "xx", true},
    {"at target but offline", at_target_offline, "online version", "xx", false},
    {"at target but closed", at_target_closed, "pushPeriod version", "xx", false},
    {"at target but busy", at_target_busy, "notBusy version", "xx", false},
    {"at target and upgraded", at_target_upgraded, "notFinal version", "xx", false},
    {"one at target, one unknown", at_target_and_unknown, "version", "x.", false},
    {"delta from its first source", delta_first, "", "..", false},
    {"delta from its second source", delta_second, "", "..", false},
    {"delta from its third source", delta_third, "", "..", false},
    {"delta from none of them", delta_between, "version", "..", false},
    {"delta from the beginning of one", delta_shorter, "version", "..", false},
    {"delta from an unknown version", delta_unknown, "version", "..", false},
    {"delta at its target", delta_at_target, "", "x.", false},
    {"delta of the second component", delta_of_the_module, "version", "..", false},
    {"suffix may hide the target", suffix_hides_target, "version", "..", false},
    {"0x0044 names the target itself", info_is_target, "", ".x", false},
    {"0x0044 names another version", info_is_old, "", "..", false},
    {"two gates", battery_and_space, "battery space", "..", false},
    {"no slot", no_slot, "slot", "..", false},
    {"the only slot", last_slot, "", "..", false},
    {"no slots at all", no_slots_at_all, "slot", "..", false},
    {"signal, user, slot", signal_and_user, "signal userConfirmed slot", "..", false},
    {"everything wrong", all_wrong, EVERY, "..", false},
};

static void test_decides(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene scene;
        scene_init(&scene);
        rows[i].spoil(&scene);
        scene_decide(&scene);
        scene_check_fails(&scene, rows[i].name, rows[i].fails);
        CHECK_ROW(rows[i].name, scene.verdict.at_target == rows[i].at_target);
        for (size_t c = 0; c < 2; c++) {
            CHECK_ROW(rows[i].name, scene.verdict.skip[c] == (rows[i].skip[c] == 'x'));
        }
    }
}

/* The words of api.md, in its order. */
static void test_order(void)
{
    struct scene scene;
    char names[512] = "";
    scene_init(&scene);
    scene_decide(&scene);
    for (size_t i = 0; i < ELIGIBILITY_CHECKS; i++) {
        size_t used = strlen(names);
        (void)snprintf(names + used, sizeof names - used, "%s%s", i == 0 ? "" : " ",
                       reason_name(scene.verdict.checks[i].check));
    }
    CHECK_TEXT(names, EVERY);
}

/* When a time rule would pass: told of the rules that fail, and only where there is such an instant. */
static void test_next_instants(void)
{
    static const struct {
        const char *name;
        void (*spoil)(struct scene *scene);
        int64_t planned; /* after SCENE_NOW; 0: none */
        int64_t push;
    } instants[] = {
        {"open", nothing, 0, 0},     {"before the start", too_early, 5000, 0}, {"past the end", over, 0, 0},
        {"closed", closed, 0, 7000}, {"both", early_and_closed, 5000, 7000},
    };
    for (size_t i = 0; i < sizeof instants / sizeof instants[0]; i++) {
        struct scene scene;
        scene_init(&scene);
        instants[i].spoil(&scene);
        scene_decide(&scene);
        for (size_t c = 0; c < ELIGIBILITY_CHECKS; c++) {
            const struct eligibility_check *check = &scene.verdict.checks[c];
            int64_t expect = check->check == REASON_PLANNED_TIME  ? instants[i].planned
                             : check->check == REASON_PUSH_PERIOD ? instants[i].push
                                                                  : 0;
            CHECK_ROW(instants[i].name, check->next_at.known == (expect != 0));
            CHECK_ROW(instants[i].name, expect == 0 || check->next_at.at == SCENE_NOW + expect);
        }
    }
}

/* What a passing rule left in the moment is not told. */
static void test_no_instant_of_a_rule_that_passes(void)
{
    struct scene scene;
    scene_init(&scene);
    scene.moment.planned_next = scene_at(1);
    scene.moment.push_next = scene_at(1);
    scene_decide(&scene);
    CHECK(!scene_check(&scene, REASON_PLANNED_TIME)->next_at.known);
    CHECK(!scene_check(&scene, REASON_PUSH_PERIOD)->next_at.known);
}

static void test_sources_are_the_reported_versions(void)
{
    struct scene scene;
    scene_init(&scene);
    scene_decide(&scene);
    CHECK_TEXT(scene.verdict.source[0], "1_0_0");
    CHECK_TEXT(scene.verdict.source[1], "M1");
    mcu_unknown(&scene);
    scene_decide(&scene);
    CHECK(scene.verdict.source[0] == NULL);
    CHECK_TEXT(scene.verdict.source[1], "M1");
}

/* Twenty MCUs, the last of them alone not at its target, then alone unknown. */
static void test_twenty_components(void)
{
    struct scene scene;
    scene_init(&scene);
    scene.plan.component_count = LIMIT_COMPONENTS;
    for (size_t i = 0; i < LIMIT_COMPONENTS; i++) {
        scene.plan.components[i] = (struct plan_component){.component_no = "C", .type = COMPONENT_MCU};
        scene.packages[i] = scene.packages[0];
        scene_set_mcu(&scene, i, i + 1 < LIMIT_COMPONENTS ? "2_0_0" : "1_0_0");
    }
    scene_decide(&scene);
    CHECK(scene.verdict.eligible);
    CHECK(scene.verdict.skip[LIMIT_COMPONENTS - 2] && !scene.verdict.skip[LIMIT_COMPONENTS - 1]);
    scene_set_mcu(&scene, LIMIT_COMPONENTS - 1, "");
    scene_decide(&scene);
    scene_check_fails(&scene, "the last is unknown", "version");
    scene_set_mcu(&scene, LIMIT_COMPONENTS - 1, "2_0_0");
    scene_decide(&scene);
    CHECK(scene.verdict.at_target);
}

static void test_component_version(void)
{
    static const struct {
        const char *name;
        const char *bare;
        const char *info;
        const char *expect;
    } versions[] = {
        {"nothing", "", "", NULL},
        {"bare", "M1", "", "M1"},
        {"bare wins", "M1", "M2", "M1"},
        {"bare is the target, info has a suffix", "M2", "M2_app", "M2"},
        {"info alone", "", "M1", "M1"},
        {"info alone is the target", "", "M2", "M2"},
        {"info begins with the target", "", "M2_app", NULL},
        {"info begins with the target by chance", "", "M21", NULL},
        {"info is shorter than the target", "", "M", "M"},
    };
    struct scene scene;
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        scene_init(&scene);
        scene_set_module(&scene, versions[i].bare, versions[i].info);
        const char *found = component_version(&scene.standing, &scene.plan, 1, "M2");
        bool same =
            versions[i].expect == NULL ? found == NULL : found != NULL && strcmp(found, versions[i].expect) == 0;
        CHECK_ROW(versions[i].name, same);
    }
    scene_init(&scene);
    CHECK_TEXT(component_version(&scene.standing, &scene.plan, 0, "2_0_0"), "1_0_0");
    scene_set_mcu(&scene, 0, "");
    CHECK(component_version(&scene.standing, &scene.plan, 0, "2_0_0") == NULL);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"decides", test_decides},
        {"order", test_order},
        {"next instants", test_next_instants},
        {"no instant of a rule that passes", test_no_instant_of_a_rule_that_passes},
        {"sources", test_sources_are_the_reported_versions},
        {"twenty components", test_twenty_components},
        {"component version", test_component_version},
        {0}};
    return suite_run("eligibility", cases);
}
