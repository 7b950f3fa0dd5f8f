/*
 * One device and one plan in which everything passes; each row spoils something and says what must come out.
 */
#include "plan/eligibility.h"

#include "base/text.h"
#include "support/suite.h"

/* Everything that an eligibility_input points to. */
struct scene {
    struct plan plan;
    struct package packages[2];
    const struct package *package_list[2];
    struct device device;
    struct task task;
    struct eligibility_input input;
};

static char delta_sources[2][LIMIT_VERSION + 1] = {"1_0_0", "1_5_0"};

/* STM32 1_0_0 -> 2_0_0 and the module M1 -> M2. */
static void scene_init(struct scene *scene)
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
    device_set_mcu_version(&scene->device, "STM32", "1_0_0");
    (void)snprintf(scene->device.module_version, sizeof scene->device.module_version, "M1");
    scene->device.battery = (struct maybe_int){true, 80};
    scene->device.rsrp = (struct maybe_int){true, -90};
    scene->device.signal = (struct maybe_int){true, -60};
    scene->device.flash_free = (struct maybe_int){true, 100000};
    for (size_t i = 0; i < 2; i++) {
        scene->package_list[i] = &scene->packages[i];
    }
    scene->input = (struct eligibility_input){.plan = &scene->plan,
                                              .packages = scene->package_list,
                                              .device = &scene->device,
                                              .online = true,
                                              .whitelisted = true,
                                              .in_upgrade = 9999,
                                              .slots = 10000};
}

static void set_module(struct scene *scene, const char *bare, const char *info)
{
    text_copy_cut(scene->device.module_version, sizeof scene->device.module_version, bare);
    text_copy_cut(scene->device.module_version_info, sizeof scene->device.module_version_info, info);
}

static void make_delta(struct package *package)
{
    package->package_type = PACKAGE_DELTA;
    package->sources = delta_sources;
    package->source_count = 2;
}

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
static void blacklisted(struct scene *s)
{
    s->input.blacklisted = true;
}
static void both_lists(struct scene *s)
{
    s->plan.list_count[LIST_WHITE] = 1;
    s->input.blacklisted = true;
}
static void not_whitelisted(struct scene *s)
{
    s->plan.list_count[LIST_WHITE] = 1;
    s->input.whitelisted = false;
}
static void with_task(struct scene *s, enum device_status status)
{
    s->task.status = status;
    s->input.task = &s->task;
}
static void waiting_task(struct scene *s)
{
    with_task(s, DEVICE_NON_UPGRADED);
}
static void upgraded(struct scene *s)
{
    with_task(s, DEVICE_UPGRADED);
}
static void failed(struct scene *s)
{
    with_task(s, DEVICE_FAILED);
}
static void busy(struct scene *s)
{
    s->input.busy_plan_id = 7;
}
static void mcu_unknown(struct scene *s)
{
    s->device.mcu_count = 0;
}
static void mcu_empty(struct scene *s)
{
    device_set_mcu_version(&s->device, "STM32", "");
}
static void module_unknown(struct scene *s)
{
    set_module(s, "", "");
}
static void mcu_at_target(struct scene *s)
{
    device_set_mcu_version(&s->device, "STM32", "2_0_0");
}
static void module_at_target(struct scene *s)
{
    set_module(s, "M2", "M2_app");
}
static void all_at_target(struct scene *s)
{
    mcu_at_target(s);
    module_at_target(s);
}
static void at_target_low_battery(struct scene *s)
{
    all_at_target(s);
    s->device.battery.value = 1;
    s->input.in_upgrade = 10000;
}
static void at_target_offline(struct scene *s)
{
    all_at_target(s);
    offline(s);
}
static void at_target_busy(struct scene *s)
{
    all_at_target(s);
    busy(s);
}
static void at_target_and_unknown(struct scene *s)
{
    mcu_at_target(s);
    module_unknown(s);
}
static void delta_fits(struct scene *s)
{
    make_delta(&s->packages[0]);
}
static void delta_second_source(struct scene *s)
{
    make_delta(&s->packages[0]);
    device_set_mcu_version(&s->device, "STM32", "1_5_0");
}
static void delta_no_source(struct scene *s)
{
    make_delta(&s->packages[0]);
    device_set_mcu_version(&s->device, "STM32", "1_6_0");
}
static void delta_at_target(struct scene *s)
{
    make_delta(&s->packages[0]);
    mcu_at_target(s);
}
static void suffix_hides_target(struct scene *s)
{
    set_module(s, "", "M2_app1");
}
static void info_is_target(struct scene *s)
{
    set_module(s, "", "M2");
}
static void info_is_old(struct scene *s)
{
    set_module(s, "", "M1_app1");
}
static void battery_edge(struct scene *s)
{
    s->device.battery.value = 30;
}
static void battery_low(struct scene *s)
{
    s->device.battery.value = 29;
}
static void battery_unknown(struct scene *s)
{
    s->device.battery.known = false;
}
static void battery_unknown_strict(struct scene *s)
{
    battery_unknown(s);
    s->input.strict_gates = true;
}
static void rsrp_edge(struct scene *s)
{
    s->device.rsrp.value = -113;
}
static void rsrp_low(struct scene *s)
{
    s->device.rsrp.value = -114;
}
static void rssi_edge(struct scene *s)
{
    s->device.rsrp.known = false;
    s->device.signal.value = -113;
}
static void rssi_low(struct scene *s)
{
    s->device.rsrp.known = false;
    s->device.signal.value = -114;
}
static void signal_unknown(struct scene *s)
{
    s->device.rsrp.known = false;
    s->device.signal.known = false;
}
static void signal_unknown_strict(struct scene *s)
{
    signal_unknown(s);
    s->input.strict_gates = true;
}
static void all_known_strict(struct scene *s)
{
    s->input.strict_gates = true;
}
static void space_low(struct scene *s)
{
    s->device.flash_free.value = 99999;
}
static void space_unknown(struct scene *s)
{
    s->device.flash_free.known = false;
}
static void space_low_module_done(struct scene *s)
{
    space_low(s);
    module_at_target(s);
}
static void no_slot(struct scene *s)
{
    s->input.in_upgrade = 10000;
}
static void all_wrong(struct scene *s)
{
    offline(s);
    saved(s);
    blacklisted(s);
    not_whitelisted(s);
    failed(s);
    busy(s);
    mcu_unknown(s);
    battery_low(s);
    rsrp_low(s);
    space_low(s);
    no_slot(s);
}

struct row {
    const char *name;
    void (*spoil)(struct scene *scene);
    enum reason reason;
    bool at_target;
    enum reason warning; /* the check that passed with a warning */
    const char *skip;    /* per component: x skipped */
};

static const struct row rows[] = {
    {"all passes", nothing, REASON_NONE, false, REASON_NONE, ".."},
    {"offline", offline, REASON_ONLINE, false, REASON_NONE, ".."},
    {"saved", saved, REASON_PLAN_STATUS, false, REASON_NONE, ".."},
    {"upgrading", upgrading, REASON_NONE, false, REASON_NONE, ".."},
    {"suspended", suspended, REASON_PLAN_STATUS, false, REASON_NONE, ".."},
    {"terminated", terminated, REASON_PLAN_STATUS, false, REASON_NONE, ".."},
    {"ended", ended, REASON_PLAN_STATUS, false, REASON_NONE, ".."},
    {"blacklisted", blacklisted, REASON_BLACKLIST, false, REASON_NONE, ".."},
    {"both lists: black wins", both_lists, REASON_BLACKLIST, false, REASON_NONE, ".."},
    {"not whitelisted", not_whitelisted, REASON_WHITELIST, false, REASON_NONE, ".."},
    {"waiting task", waiting_task, REASON_NONE, false, REASON_NONE, ".."},
    {"upgraded", upgraded, REASON_NOT_FINAL, false, REASON_NONE, ".."},
    {"failed", failed, REASON_NOT_FINAL, false, REASON_NONE, ".."},
    {"busy", busy, REASON_NOT_BUSY, false, REASON_NONE, ".."},
    {"MCU version unknown", mcu_unknown, REASON_VERSION, false, REASON_NONE, ".."},
    {"MCU version empty", mcu_empty, REASON_VERSION, false, REASON_NONE, ".."},
    {"module version unknown", module_unknown, REASON_VERSION, false, REASON_NONE, ".."},
    {"MCU at its target", mcu_at_target, REASON_NONE, false, REASON_NONE, "x."},
    {"module at its target", module_at_target, REASON_NONE, false, REASON_NONE, ".x"},
    {"all at their targets", all_at_target, REASON_VERSION, true, REASON_NONE, "xx"},
    {"at target, battery low, no slot", at_target_low_battery, REASON_VERSION, true, REASON_NONE, "xx"},
    {"at target but offline", at_target_offline, REASON_ONLINE, false, REASON_NONE, "xx"},
    {"at target but busy", at_target_busy, REASON_NOT_BUSY, false, REASON_NONE, "xx"},
    {"one at target, one unknown", at_target_and_unknown, REASON_VERSION, false, REASON_NONE, "x."},
    {"delta from its first source", delta_fits, REASON_NONE, false, REASON_NONE, ".."},
    {"delta from its second source", delta_second_source, REASON_NONE, false, REASON_NONE, ".."},
    {"delta without a way", delta_no_source, REASON_VERSION, false, REASON_NONE, ".."},
    {"delta at its target", delta_at_target, REASON_NONE, false, REASON_NONE, "x."},
    {"suffix may hide the target", suffix_hides_target, REASON_VERSION, false, REASON_NONE, ".."},
    {"0x0044 names the target itself", info_is_target, REASON_NONE, false, REASON_NONE, ".x"},
    {"0x0044 names another version", info_is_old, REASON_NONE, false, REASON_NONE, ".."},
    {"battery at the limit", battery_edge, REASON_NONE, false, REASON_NONE, ".."},
    {"battery below", battery_low, REASON_BATTERY, false, REASON_NONE, ".."},
    {"battery unknown", battery_unknown, REASON_NONE, false, REASON_BATTERY, ".."},
    {"battery unknown, strict", battery_unknown_strict, REASON_BATTERY, false, REASON_NONE, ".."},
    {"RSRP at the limit", rsrp_edge, REASON_NONE, false, REASON_NONE, ".."},
    {"RSRP below, RSSI good", rsrp_low, REASON_SIGNAL, false, REASON_NONE, ".."},
    {"RSSI at the limit, no RSRP", rssi_edge, REASON_NONE, false, REASON_NONE, ".."},
    {"RSSI below, no RSRP", rssi_low, REASON_SIGNAL, false, REASON_NONE, ".."},
    {"signal unknown", signal_unknown, REASON_NONE, false, REASON_SIGNAL, ".."},
    {"signal unknown, strict", signal_unknown_strict, REASON_SIGNAL, false, REASON_NONE, ".."},
    {"strict with everything known", all_known_strict, REASON_NONE, false, REASON_NONE, ".."},
    {"flash one byte short", space_low, REASON_SPACE, false, REASON_NONE, ".."},
    {"flash unknown", space_unknown, REASON_NONE, false, REASON_NONE, ".."},
    {"flash short, only the MCU to do", space_low_module_done, REASON_NONE, false, REASON_NONE, ".x"},
    {"no slot", no_slot, REASON_SLOT, false, REASON_NONE, ".."},
    {"everything wrong", all_wrong, REASON_ONLINE, false, REASON_NONE, ".."},
};

static const enum reason order[] = {REASON_ONLINE,    REASON_PLAN_STATUS, REASON_BLACKLIST, REASON_WHITELIST,
                                    REASON_NOT_FINAL, REASON_NOT_BUSY,    REASON_VERSION,   REASON_BATTERY,
                                    REASON_SIGNAL,    REASON_SPACE,       REASON_SLOT};
enum { CHECKS = sizeof order / sizeof order[0] };

static void check_verdict(const struct row *row, const struct eligibility *verdict)
{
    enum reason first = REASON_NONE;
    CHECK_ROW(row->name, verdict->count == CHECKS);
    for (size_t i = 0; i < CHECKS; i++) {
        const struct eligibility_check *check = &verdict->checks[i];
        CHECK_ROW(row->name, check->check == order[i]);
        CHECK_ROW(row->name, check->expected[0] != '\0' && check->actual[0] != '\0');
        CHECK_ROW(row->name, check->warning == (row->warning == check->check));
        CHECK_ROW(row->name, !check->warning || check->ok);
        if (!check->ok && first == REASON_NONE) {
            first = check->check;
        }
    }
    CHECK_ROW(row->name, first == row->reason);
    CHECK_ROW(row->name, verdict->reason == row->reason);
    CHECK_ROW(row->name, verdict->eligible == (row->reason == REASON_NONE));
    CHECK_ROW(row->name, verdict->at_target == row->at_target);
    for (size_t i = 0; i < 2; i++) {
        CHECK_ROW(row->name, verdict->skip[i] == (row->skip[i] == 'x'));
    }
}

static void test_decides(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene scene;
        struct eligibility verdict;
        scene_init(&scene);
        rows[i].spoil(&scene);
        eligibility_decide(&scene.input, &verdict);
        check_verdict(&rows[i], &verdict);
    }
}

static void test_all_wrong_names_every_check(void)
{
    struct scene scene;
    struct eligibility verdict;
    scene_init(&scene);
    all_wrong(&scene);
    eligibility_decide(&scene.input, &verdict);
    for (size_t i = 0; i < verdict.count; i++) {
        CHECK_ROW(reason_name(verdict.checks[i].check), !verdict.checks[i].ok);
    }
}

/* The words that a person reads next to the check. */
static void test_texts(void)
{
    static const struct {
        const char *name;
        void (*spoil)(struct scene *scene);
        enum reason check;
        const char *expected;
        const char *actual;
    } texts[] = {
        {"offline", offline, REASON_ONLINE, "online", "offline"},
        {"suspended", suspended, REASON_PLAN_STATUS, "activated or upgrading", "suspended"},
        {"no whitelist", nothing, REASON_WHITELIST, "on the whitelist, if there is one", "the plan has no whitelist"},
        {"no task", nothing, REASON_NOT_FINAL, "neither upgraded nor failed in this plan", "nonUpgraded"},
        {"busy", busy, REASON_NOT_BUSY, "in upgrade by no other plan", "in upgrade by plan 7"},
        {"first to do", nothing, REASON_VERSION, "STM32: another version than 2_0_0", "STM32: 1_0_0"},
        {"second to do", mcu_at_target, REASON_VERSION, "MOD: another version than M2", "MOD: M1"},
        {"nothing to do", all_at_target, REASON_VERSION, "STM32: another version than 2_0_0", "STM32: 2_0_0"},
        {"second unknown", module_unknown, REASON_VERSION, "MOD: a known version", "MOD: never reported"},
        {"no way", delta_no_source, REASON_VERSION, "STM32: a source version of the delta package (1_0_0, ...)",
         "STM32: 1_6_0"},
        {"battery", nothing, REASON_BATTERY, "at least 30 %", "80 %"},
        {"battery unknown", battery_unknown, REASON_BATTERY, "at least 30 %", "never reported"},
        {"RSRP", nothing, REASON_SIGNAL, "at least -113 dBm", "RSRP -90 dBm"},
        {"RSSI", rssi_low, REASON_SIGNAL, "at least -113 dBm", "RSSI -114 dBm"},
        {"space", space_low, REASON_SPACE, "at least 100000 bytes free", "99999 bytes free"},
        {"no space needed", module_at_target, REASON_SPACE, "no module image to store", "100000 bytes free"},
        {"slot", no_slot, REASON_SLOT, "fewer than 10000 devices in upgrade", "10000 in upgrade"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct scene scene;
        struct eligibility verdict;
        scene_init(&scene);
        texts[i].spoil(&scene);
        eligibility_decide(&scene.input, &verdict);
        for (size_t at = 0; at < verdict.count; at++) {
            if (verdict.checks[at].check == texts[i].check) {
                CHECK_ROW(texts[i].name, strcmp(verdict.checks[at].expected, texts[i].expected) == 0);
                CHECK_ROW(texts[i].name, strcmp(verdict.checks[at].actual, texts[i].actual) == 0);
            }
        }
    }
}

static void test_sources_are_the_reported_versions(void)
{
    struct scene scene;
    struct eligibility verdict;
    scene_init(&scene);
    eligibility_decide(&scene.input, &verdict);
    CHECK_TEXT(verdict.source[0], "1_0_0");
    CHECK_TEXT(verdict.source[1], "M1");
    mcu_unknown(&scene);
    eligibility_decide(&scene.input, &verdict);
    CHECK(verdict.source[0] == NULL);
    CHECK_TEXT(verdict.source[1], "M1");
}

/* Names as long as they may be: the texts are cut, nothing else happens. */
static void test_longest_names(void)
{
    struct scene scene;
    struct eligibility verdict;
    scene_init(&scene);
    memset(scene.plan.components[0].component_no, 'c', LIMIT_COMPONENT_NO);
    memset(scene.packages[0].target_version, 't', LIMIT_VERSION);
    device_set_mcu_version(&scene.device, scene.plan.components[0].component_no, scene.packages[0].target_version);
    scene.device.mcus[1].version[0] = 'x';
    eligibility_decide(&scene.input, &verdict);
    CHECK(verdict.eligible);
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
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        struct scene scene;
        scene_init(&scene);
        set_module(&scene, versions[i].bare, versions[i].info);
        const char *found = component_version(&scene.device, COMPONENT_MODULE, "MOD", "M2");
        bool same =
            versions[i].expect == NULL ? found == NULL : found != NULL && strcmp(found, versions[i].expect) == 0;
        CHECK_ROW(versions[i].name, same);
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"decides", test_decides},
                                             {"names every check", test_all_wrong_names_every_check},
                                             {"texts", test_texts},
                                             {"sources", test_sources_are_the_reported_versions},
                                             {"longest names", test_longest_names},
                                             {"component version", test_component_version},
                                             {0}};
    return suite_run("eligibility", cases);
}
