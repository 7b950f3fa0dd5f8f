/*
 * The words that a person reads next to a check.
 */
#include "scene.h"

static void nothing(struct scene *s)
{
    (void)s;
}
static void offline(struct scene *s)
{
    s->input.online = false;
}
static void suspended(struct scene *s)
{
    s->plan.status = PLAN_SUSPENDED;
}
static void plan_time(struct scene *s, const char *start, const char *end)
{
    (void)snprintf(s->plan.time_zone, sizeof s->plan.time_zone, "Europe/Berlin");
    s->plan.planned_start.set = start[0] != '\0';
    s->plan.planned_end.set = end[0] != '\0';
    (void)snprintf(s->plan.planned_start.local, sizeof s->plan.planned_start.local, "%s", start);
    (void)snprintf(s->plan.planned_end.local, sizeof s->plan.planned_end.local, "%s", end);
}
static void planned(struct scene *s)
{
    plan_time(s, "2027-03-01T09:00", "2027-03-02T09:00");
    s->moment.planned_ok = false;
}
static void planned_start(struct scene *s)
{
    plan_time(s, "2027-03-01T09:00", "");
}
static void planned_end(struct scene *s)
{
    plan_time(s, "", "2027-03-02T09:00:30");
}
static void push_period(struct scene *s)
{
    (void)snprintf(s->plan.time_zone, sizeof s->plan.time_zone, "Asia/Shanghai");
    s->plan.push_period = (struct push_period){.set = true, .start_hour = 22, .end_hour = 6};
    s->moment.push_ok = false;
}
static void blacklisted(struct scene *s)
{
    s->standing.blacklisted = true;
}
static void whitelisted(struct scene *s)
{
    s->plan.list_count[LIST_WHITE] = 3;
}
static void not_whitelisted(struct scene *s)
{
    whitelisted(s);
    s->standing.whitelisted = false;
}
static void failed(struct scene *s)
{
    s->standing.status = DEVICE_FAILED;
}
static void busy(struct scene *s)
{
    s->standing.busy_plan_id = scene_known(7);
}
static void verified(struct scene *s)
{
    s->standing.busy_plan_id = scene_known(-12);
}
static void mcu_at_target(struct scene *s)
{
    scene_set_mcu(s, 0, "2_0_0");
}
static void module_at_target(struct scene *s)
{
    scene_set_module(s, "M2", "");
}
static void all_at_target(struct scene *s)
{
    mcu_at_target(s);
    module_at_target(s);
}
static void module_unknown(struct scene *s)
{
    scene_set_module(s, "", "");
}
static void no_way(struct scene *s)
{
    scene_make_delta(s, 0);
    scene_set_mcu(s, 0, "1_6_0");
}
static void no_way_from_one_source(struct scene *s)
{
    no_way(s);
    s->packages[0].source_count = 1;
}
static void battery_unknown(struct scene *s)
{
    s->standing.battery.known = false;
}
static void no_rsrp(struct scene *s)
{
    s->standing.rsrp.known = false;
}
static void signal_unknown(struct scene *s)
{
    no_rsrp(s);
    s->standing.signal.known = false;
}
static void space_low(struct scene *s)
{
    s->standing.flash_free.value = 99999;
}
static void space_unknown(struct scene *s)
{
    s->standing.flash_free.known = false;
}
static void confirmed(struct scene *s)
{
    scene_confirm(s, 0, 0);
}
static void confirmed_now(struct scene *s)
{
    scene_confirm(s, SCENE_NOW, SCENE_NOW + 3600000);
}
static void confirmed_later(struct scene *s)
{
    scene_confirm(s, SCENE_NOW + 1, 0);
}
static void confirmed_before(struct scene *s)
{
    scene_confirm(s, 0, SCENE_NOW);
}
static void no_slot(struct scene *s)
{
    s->input.in_upgrade = 10000;
}

#define NOW       "2027-03-01T09:00:00.000Z"
#define NO_TARGET "STM32: another version than 2_0_0"

static const struct {
    const char *name;
    void (*spoil)(struct scene *scene);
    enum reason check;
    const char *expected;
    const char *actual;
} rows[] = {
    {"online", nothing, REASON_ONLINE, "online", "online"},
    {"offline", offline, REASON_ONLINE, "online", "offline"},
    {"activated", nothing, REASON_PLAN_STATUS, "activated or upgrading", "activated"},
    {"suspended", suspended, REASON_PLAN_STATUS, "activated or upgrading", "suspended"},
    {"no planned time", nothing, REASON_PLANNED_TIME, "at any time", NOW},
    {"planned", planned, REASON_PLANNED_TIME, "from 2027-03-01T09:00 to 2027-03-02T09:00 (Europe/Berlin)", NOW},
    {"planned start", planned_start, REASON_PLANNED_TIME, "from 2027-03-01T09:00 (Europe/Berlin)", NOW},
    {"planned end", planned_end, REASON_PLANNED_TIME, "until 2027-03-02T09:00:30 (Europe/Berlin)", NOW},
    {"no push period", nothing, REASON_PUSH_PERIOD, "at any time of day", NOW},
    {"push period", push_period, REASON_PUSH_PERIOD, "22:00 to 06:00 (Asia/Shanghai)", NOW},
    {"not blacklisted", nothing, REASON_BLACKLIST, "not on the blacklist", "not on the blacklist"},
    {"blacklisted", blacklisted, REASON_BLACKLIST, "not on the blacklist", "on the blacklist"},
    {"no whitelist", nothing, REASON_WHITELIST, "on the whitelist, if there is one", "the plan has no whitelist"},
    {"whitelisted", whitelisted, REASON_WHITELIST, "on the whitelist, if there is one", "on the whitelist"},
    {"not whitelisted", not_whitelisted, REASON_WHITELIST, "on the whitelist, if there is one", "not on the whitelist"},
    {"no task", nothing, REASON_NOT_FINAL, "neither upgraded nor failed in this plan", "nonUpgraded"},
    {"failed", failed, REASON_NOT_FINAL, "neither upgraded nor failed in this plan", "failed"},
    {"free", nothing, REASON_NOT_BUSY, "in upgrade by no plan", "in upgrade by no plan"},
    {"busy", busy, REASON_NOT_BUSY, "in upgrade by no plan", "in upgrade by plan 7"},
    {"verified", verified, REASON_NOT_BUSY, "in upgrade by no plan", "in upgrade by verification 12"},
    {"first to do", nothing, REASON_VERSION, NO_TARGET, "STM32: 1_0_0"},
    {"second to do", mcu_at_target, REASON_VERSION, "MOD: another version than M2", "MOD: M1"},
    {"nothing to do", all_at_target, REASON_VERSION, NO_TARGET, "STM32: 2_0_0"},
    {"second unknown", module_unknown, REASON_VERSION, "MOD: a known version", "MOD: never reported"},
    {"no way", no_way, REASON_VERSION, "STM32: a source version of the delta package (1_0_0, ...)", "STM32: 1_6_0"},
    {"no way, one source", no_way_from_one_source, REASON_VERSION,
     "STM32: a source version of the delta package (1_0_0)", "STM32: 1_6_0"},
    {"battery", nothing, REASON_BATTERY, "at least 30 %", "80 %"},
    {"battery unknown", battery_unknown, REASON_BATTERY, "at least 30 %", "never reported"},
    {"RSRP", nothing, REASON_SIGNAL, "at least -113 dBm", "RSRP -90 dBm"},
    {"RSSI", no_rsrp, REASON_SIGNAL, "at least -113 dBm", "RSSI -60 dBm"},
    {"signal unknown", signal_unknown, REASON_SIGNAL, "at least -113 dBm", "never reported"},
    {"space", space_low, REASON_SPACE, "at least 100000 bytes free", "99999 bytes free"},
    {"space unknown", space_unknown, REASON_SPACE, "at least 100000 bytes free", "never reported"},
    {"no space needed", module_at_target, REASON_SPACE, "no module image to store", "100000 bytes free"},
    {"silent", nothing, REASON_USER_CONFIRMED, "confirmed by the user, in manual mode", "silent mode asks nobody"},
    {"not confirmed", scene_make_manual, REASON_USER_CONFIRMED, "confirmed by the user", "not confirmed"},
    {"confirmed", confirmed, REASON_USER_CONFIRMED, "confirmed by the user", "confirmed"},
    {"confirmed for now", confirmed_now, REASON_USER_CONFIRMED,
     "confirmed by the user, for " NOW " to 2027-03-01T10:00:00.000Z", "confirmed"},
    {"confirmed for later", confirmed_later, REASON_USER_CONFIRMED,
     "confirmed by the user, from 2027-03-01T09:00:00.001Z on", "confirmed for a time that has not begun"},
    {"confirmed for a time before", confirmed_before, REASON_USER_CONFIRMED, "confirmed by the user, until " NOW,
     "confirmed for a time that is over"},
    {"slot", no_slot, REASON_SLOT, "fewer than 10000 devices in upgrade", "10000 in upgrade"},
};

static void check_words(struct scene *scene, const char *row, enum reason check, const char *expect_expected,
                        const char *expect_actual)
{
    char expected[CHECK_TEXT] = "";
    char actual[CHECK_TEXT] = "";
    scene_decide(scene);
    eligibility_explain(&scene->input, &scene->verdict, check, expected, actual);
    if (strcmp(expected, expect_expected) != 0 || strcmp(actual, expect_actual) != 0) {
        (void)fprintf(stderr, "    row '%s': '%s', '%s'\n", row, expected, actual);
    }
    CHECK_ROW(row, strcmp(expected, expect_expected) == 0);
    CHECK_ROW(row, strcmp(actual, expect_actual) == 0);
}

static void test_words(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene scene;
        scene_init(&scene);
        rows[i].spoil(&scene);
        check_words(&scene, rows[i].name, rows[i].check, rows[i].expected, rows[i].actual);
    }
}

/* Names as long as they may be: the words are cut, nothing else happens. */
static void test_longest_names(void)
{
    struct scene scene;
    char expected[CHECK_TEXT + 1];
    char actual[CHECK_TEXT + 1];
    char source[1][LIMIT_VERSION + 1];
    scene_init(&scene);
    planned(&scene);
    memset(scene.plan.time_zone, 'z', LIMIT_TIME_ZONE);
    memset(scene.plan.planned_start.local, 's', PLAN_LOCAL_TIME - 1);
    memset(scene.plan.planned_end.local, 'e', PLAN_LOCAL_TIME - 1);
    memset(scene.plan.components[0].component_no, 'c', LIMIT_COMPONENT_NO);
    memset(source[0], 's', LIMIT_VERSION);
    source[0][LIMIT_VERSION] = '\0';
    memset(scene.standing.mcu_version[0], 'v', LIMIT_VERSION);
    scene_make_delta(&scene, 0);
    scene.packages[0].sources = source;
    scene.packages[0].source_count = 1;
    scene_decide(&scene);
    for (size_t i = 0; i < ELIGIBILITY_CHECKS; i++) {
        expected[CHECK_TEXT] = '#';
        actual[CHECK_TEXT] = '#';
        eligibility_explain(&scene.input, &scene.verdict, scene.verdict.checks[i].check, expected, actual);
        CHECK(strlen(expected) > 0 && strlen(expected) < CHECK_TEXT && expected[CHECK_TEXT] == '#');
        CHECK(strlen(actual) > 0 && strlen(actual) < CHECK_TEXT && actual[CHECK_TEXT] == '#');
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"words", test_words}, {"longest names", test_longest_names}, {0}};
    return suite_run("eligibility words", cases);
}
