/*
 * The strategy's gates at their limits, and the user's consent in time (behaviour.md, 4 and 6).
 */
#include "scene.h"

#define UNKNOWN INT64_MIN
#define FINE    80, -90, -60, 100000

static struct maybe_int maybe(int64_t value)
{
    return (struct maybe_int){.known = value != UNKNOWN, .value = value == UNKNOWN ? 0 : value};
}

static const struct {
    const char *name;
    int min_battery;
    int min_signal;
    int64_t battery;
    int64_t rsrp;
    int64_t rssi;
    int64_t flash_free; /* the module's image has 100000 bytes */
    bool strict;
    const char *fails;
    const char *warns;
} gates[] = {
    {"all well over", 30, -113, FINE, false, "", ""},
    {"all well over, strict", 30, -113, FINE, true, "", ""},

    {"battery under", 30, -113, 29, -90, -60, 100000, false, "battery", ""},
    {"battery at", 30, -113, 30, -90, -60, 100000, false, "", ""},
    {"battery over", 30, -113, 31, -90, -60, 100000, false, "", ""},
    {"battery 0 of 0", 0, -113, 0, -90, -60, 100000, false, "", ""},
    {"battery 0 of 1", 1, -113, 0, -90, -60, 100000, false, "battery", ""},
    {"battery 99 of 100", 100, -113, 99, -90, -60, 100000, false, "battery", ""},
    {"battery 100 of 100", 100, -113, 100, -90, -60, 100000, false, "", ""},
    {"battery unknown", 30, -113, UNKNOWN, -90, -60, 100000, false, "", "battery"},
    {"battery unknown, least 0", 0, -113, UNKNOWN, -90, -60, 100000, false, "", "battery"},
    {"battery unknown, strict", 30, -113, UNKNOWN, -90, -60, 100000, true, "battery", ""},
    {"battery under, strict", 30, -113, 29, -90, -60, 100000, true, "battery", ""},
    {"battery at, strict", 30, -113, 30, -90, -60, 100000, true, "", ""},

    {"RSRP under, RSSI good", 30, -113, 80, -114, -60, 100000, false, "signal", ""},
    {"RSRP at", 30, -113, 80, -113, -60, 100000, false, "", ""},
    {"RSRP over, RSSI bad", 30, -113, 80, -112, -140, 100000, false, "", ""},
    {"RSRP at the lowest limit", 30, -140, 80, -140, -60, 100000, false, "", ""},
    {"RSRP under the lowest limit", 30, -140, 80, -141, -60, 100000, false, "signal", ""},
    {"RSRP under the highest limit", 30, -44, 80, -45, -60, 100000, false, "signal", ""},
    {"RSRP at the highest limit", 30, -44, 80, -44, -60, 100000, false, "", ""},
    {"no RSRP, RSSI under", 30, -113, 80, UNKNOWN, -114, 100000, false, "signal", ""},
    {"no RSRP, RSSI at", 30, -113, 80, UNKNOWN, -113, 100000, false, "", ""},
    {"no RSRP, RSSI over", 30, -113, 80, UNKNOWN, -112, 100000, false, "", ""},
    {"no RSRP, RSSI at, strict", 30, -113, 80, UNKNOWN, -113, 100000, true, "", ""},
    {"no RSRP, RSSI under, strict", 30, -113, 80, UNKNOWN, -114, 100000, true, "signal", ""},
    {"RSRP without RSSI, strict", 30, -113, 80, -90, UNKNOWN, 100000, true, "", ""},
    {"neither", 30, -113, 80, UNKNOWN, UNKNOWN, 100000, false, "", "signal"},
    {"neither, strict", 30, -113, 80, UNKNOWN, UNKNOWN, 100000, true, "signal", ""},

    {"space under", 30, -113, 80, -90, -60, 99999, false, "space", ""},
    {"space at", 30, -113, 80, -90, -60, 100000, false, "", ""},
    {"space over", 30, -113, 80, -90, -60, 100001, false, "", ""},
    {"space none", 30, -113, 80, -90, -60, 0, false, "space", ""},
    {"space unknown", 30, -113, 80, -90, -60, UNKNOWN, false, "", ""},
    {"space unknown, strict", 30, -113, 80, -90, -60, UNKNOWN, true, "", ""},

    {"nothing known", 30, -113, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, false, "", "battery signal"},
    {"nothing known, strict", 30, -113, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, true, "battery signal", ""},
    {"all under", 30, -113, 29, -114, -60, 99999, false, "battery signal space", ""},
};

static void test_gates(void)
{
    for (size_t i = 0; i < sizeof gates / sizeof gates[0]; i++) {
        struct scene scene;
        scene_init(&scene);
        scene.plan.strategy.min_battery = gates[i].min_battery;
        scene.plan.strategy.min_signal = gates[i].min_signal;
        scene.standing.battery = maybe(gates[i].battery);
        scene.standing.rsrp = maybe(gates[i].rsrp);
        scene.standing.signal = maybe(gates[i].rssi);
        scene.standing.flash_free = maybe(gates[i].flash_free);
        scene.input.strict_gates = gates[i].strict;
        scene_decide(&scene);
        scene_check_fails(&scene, gates[i].name, gates[i].fails);
        for (size_t c = 0; c < ELIGIBILITY_CHECKS; c++) {
            const struct eligibility_check *check = &scene.verdict.checks[c];
            CHECK_ROW(gates[i].name, check->warning == (strstr(gates[i].warns, reason_name(check->check)) != NULL));
        }
    }
}

/* Which images need room: those of modules that are not at their target, the files of one together. */
static void test_space_is_of_module_images(void)
{
    static const struct {
        const char *name;
        enum component_type types[2];
        const char *module_version;
        int64_t sizes[2]; /* of the packages */
        int64_t flash_free;
        bool ok;
    } rows[] = {
        {"large MCU image", {COMPONENT_MCU, COMPONENT_MODULE}, "M1", {900000, 500}, 500, true},
        {"module one byte short", {COMPONENT_MCU, COMPONENT_MODULE}, "M1", {900000, 501}, 500, false},
        {"module at its target", {COMPONENT_MCU, COMPONENT_MODULE}, "2_0_0", {900000, 501}, 0, true},
        {"only MCUs", {COMPONENT_MCU, COMPONENT_MCU}, "M1", {900000, 900000}, 0, true},
        {"two modules: one after the other", {COMPONENT_MODULE, COMPONENT_MODULE}, "M1", {400, 300}, 400, true},
        {"two modules: the larger is short", {COMPONENT_MODULE, COMPONENT_MODULE}, "M1", {300, 400}, 399, false},
        {"the largest allowed", {COMPONENT_MCU, COMPONENT_MODULE}, "M1", {1, LIMIT_FILE}, LIMIT_FILE, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene scene;
        scene_init(&scene);
        for (size_t c = 0; c < 2; c++) {
            scene.plan.components[c].type = rows[i].types[c];
            scene.packages[c] = (struct package){.target_version = "2_0_0", .file_count = 1};
            scene.packages[c].files[0].size = rows[i].sizes[c];
            scene_set_mcu(&scene, c, "1_0_0");
        }
        scene_set_module(&scene, rows[i].module_version, "");
        scene.standing.flash_free = scene_known(rows[i].flash_free);
        scene_decide(&scene);
        scene_check_fails(&scene, rows[i].name, rows[i].ok ? "" : "space");
    }
    struct scene scene;
    scene_init(&scene);
    scene.standing.flash_free = scene_known(99999); /* 60000 + 40000 are needed */
    scene_decide(&scene);
    scene_check_fails(&scene, "two files of one module", "space");
}

static const struct {
    const char *name;
    enum plan_mode mode;
    bool confirmed;
    int64_t from; /* around SCENE_NOW; UNKNOWN: open */
    int64_t to;
    bool ok;
    int64_t next; /* UNKNOWN: none */
} consents[] = {
    {"silent asks nobody", PLAN_SILENT, false, UNKNOWN, UNKNOWN, true, UNKNOWN},
    {"silent, whatever was confirmed", PLAN_SILENT, true, 1, 2, true, UNKNOWN},
    {"manual, not confirmed", PLAN_MANUAL, false, UNKNOWN, UNKNOWN, false, UNKNOWN},
    {"manual, times without a yes", PLAN_MANUAL, false, 1, 3600001, false, UNKNOWN},
    {"manual, confirmed", PLAN_MANUAL, true, UNKNOWN, UNKNOWN, true, UNKNOWN},
    {"just before the time", PLAN_MANUAL, true, 1, 3600001, false, 1},
    {"long before the time", PLAN_MANUAL, true, 86400000, 90000000, false, 86400000},
    {"at its start", PLAN_MANUAL, true, 0, 3600000, true, UNKNOWN},
    {"just after its start", PLAN_MANUAL, true, -1, 3599999, true, UNKNOWN},
    {"just before its end", PLAN_MANUAL, true, -3599999, 1, true, UNKNOWN},
    {"at its end", PLAN_MANUAL, true, -3600000, 0, false, UNKNOWN},
    {"after its end", PLAN_MANUAL, true, -3600001, -1, false, UNKNOWN},
    {"from a time on, before", PLAN_MANUAL, true, 1, UNKNOWN, false, 1},
    {"from a time on, at", PLAN_MANUAL, true, 0, UNKNOWN, true, UNKNOWN},
    {"until a time, before", PLAN_MANUAL, true, UNKNOWN, 1, true, UNKNOWN},
    {"until a time, at", PLAN_MANUAL, true, UNKNOWN, 0, false, UNKNOWN},
};

static void test_consent(void)
{
    for (size_t i = 0; i < sizeof consents / sizeof consents[0]; i++) {
        struct scene scene;
        scene_init(&scene);
        scene_confirm(&scene, consents[i].from == UNKNOWN ? 0 : SCENE_NOW + consents[i].from,
                      consents[i].to == UNKNOWN ? 0 : SCENE_NOW + consents[i].to);
        scene.plan.mode = consents[i].mode;
        scene.standing.user_confirmed = consents[i].confirmed;
        scene_decide(&scene);
        scene_check_fails(&scene, consents[i].name, consents[i].ok ? "" : "userConfirmed");
        const struct maybe_instant *next = &scene_check(&scene, REASON_USER_CONFIRMED)->next_at;
        CHECK_ROW(consents[i].name, next->known == (consents[i].next != UNKNOWN));
        CHECK_ROW(consents[i].name, !next->known || next->at == SCENE_NOW + consents[i].next);
    }
}

/* --- whom a manual plan waits for --------------------------------------------------------------------------------- */

static void nothing(struct scene *s)
{
    (void)s;
}
static void silent(struct scene *s)
{
    s->plan.mode = PLAN_SILENT;
}
static void not_running(struct scene *s)
{
    s->plan.status = PLAN_SUSPENDED;
}
static void upgrading(struct scene *s)
{
    s->plan.status = PLAN_UPGRADING;
}
static void not_planned_now(struct scene *s)
{
    s->moment.planned_ok = false;
}
static void blacklisted(struct scene *s)
{
    s->standing.blacklisted = true;
}
static void not_whitelisted(struct scene *s)
{
    s->standing.whitelisted = false;
}
static void upgraded(struct scene *s)
{
    s->standing.status = DEVICE_UPGRADED;
}
static void declined(struct scene *s)
{
    s->standing.status = DEVICE_FAILED;
}
static void in_upgrade(struct scene *s)
{
    s->standing.status = DEVICE_IN_UPGRADE;
}
static void version_unknown(struct scene *s)
{
    scene_set_mcu(s, 0, "");
}
static void at_target(struct scene *s)
{
    scene_set_mcu(s, 0, "2_0_0");
    scene_set_module(s, "M2", "");
}
static void confirmed(struct scene *s)
{
    scene_confirm(s, SCENE_NOW + 1, SCENE_NOW + 2);
}
static void not_now(struct scene *s)
{
    s->input.online = false;
    s->moment.push_ok = false;
    s->standing.busy_plan_id = scene_known(7);
    s->standing.battery = scene_known(0);
    s->standing.rsrp = scene_known(-140);
    s->standing.flash_free = scene_known(0);
    s->input.in_upgrade = s->input.slots;
}

static void test_waits(void)
{
    static const struct {
        const char *name;
        void (*spoil)(struct scene *scene);
        bool waits;
    } rows[] = {
        {"nobody was asked", nothing, true},
        {"silent", silent, false},
        {"suspended", not_running, false},
        {"upgrading", upgrading, true},
        {"outside the planned time", not_planned_now, false},
        {"blacklisted", blacklisted, false},
        {"not whitelisted", not_whitelisted, false},
        {"upgraded", upgraded, false},
        {"declined", declined, false},
        {"in upgrade", in_upgrade, false},
        {"version unknown", version_unknown, false},
        {"at its target", at_target, false},
        {"confirmed for later", confirmed, true},
        {"offline, closed, busy, weak, no slot", not_now, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene scene;
        scene_init(&scene);
        scene_make_manual(&scene);
        rows[i].spoil(&scene);
        scene_decide(&scene);
        CHECK_ROW(rows[i].name, scene.verdict.waits == rows[i].waits);
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"gates", test_gates},
                                             {"space is of module images", test_space_is_of_module_images},
                                             {"the user's consent", test_consent},
                                             {"waits", test_waits},
                                             {0}};
    return suite_run("eligibility gates", cases);
}
