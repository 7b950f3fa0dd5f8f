#include "domain/plan.h"

#include <stdlib.h>

#include "violations_support.h"

static void test_names(void)
{
    static const char *const statuses[PLAN_STATUS_COUNT] = {"saved",     "activated",  "upgrading",
                                                            "suspended", "terminated", "ended"};
    for (enum plan_status status = PLAN_SAVED; status < PLAN_STATUS_COUNT; status++) {
        enum plan_status parsed = PLAN_STATUS_COUNT;
        CHECK_ROW(statuses[status], strcmp(plan_status_name(status), statuses[status]) == 0);
        CHECK_ROW(statuses[status], plan_status_parse(statuses[status], &parsed) == OK && parsed == status);
    }
    enum plan_status status = PLAN_ENDED;
    CHECK(plan_status_parse("Saved", &status) == E_FORMAT);
    CHECK(status == PLAN_ENDED);
    enum plan_mode mode = PLAN_SILENT;
    CHECK_OK(plan_mode_parse("manual", &mode));
    CHECK(mode == PLAN_MANUAL);
    CHECK(plan_mode_parse("loud", &mode) == E_FORMAT);
    CHECK_TEXT(plan_mode_name(PLAN_SILENT), "silent");
    CHECK_TEXT(plan_mode_name(PLAN_MANUAL), "manual");
    CHECK_TEXT(plan_list_name(LIST_WHITE), "whitelist");
    CHECK_TEXT(plan_list_name(LIST_BLACK), "blacklist");
}

/* Rows and columns in the order of the enum: saved activated upgrading suspended terminated ended. */
static void test_arrows(void)
{
    static const char *const arrows[PLAN_STATUS_COUNT] = {
        [PLAN_SAVED] = ".x....",     [PLAN_ACTIVATED] = "..xxxx",  [PLAN_UPGRADING] = "...xxx",
        [PLAN_SUSPENDED] = ".xx.xx", [PLAN_TERMINATED] = "......", [PLAN_ENDED] = "......",
    };
    for (enum plan_status from = PLAN_SAVED; from < PLAN_STATUS_COUNT; from++) {
        for (enum plan_status to = PLAN_SAVED; to < PLAN_STATUS_COUNT; to++) {
            char row[64];
            (void)snprintf(row, sizeof row, "%s -> %s", plan_status_name(from), plan_status_name(to));
            CHECK_ROW(row, plan_status_may_become(from, to) == (arrows[from][to] == 'x'));
        }
    }
}

static void test_component_numbers(void)
{
    static const struct {
        const char *name;
        const char *component_no;
        bool ok;
    } rows[] = {
        {"empty", "", false},
        {"one", "a", true},
        {"blank and slash", "MCU 1/a", true},
        {"31 bytes", "0123456789012345678901234567890", true},
        {"32 bytes", "01234567890123456789012345678901", true},
        {"33 bytes", "012345678901234567890123456789012", false},
        {"semicolon", "a;b", false},
        {"colon", "a:b", false},
        {"quote", "a\"b", false},
        {"comma", "a,b", false},
        {"line feed", "a\nb", false},
        {"UTF-8", "\xE5\x8D\x87", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_ROW(rows[i].name, component_no_is_valid(rows[i].component_no) == rows[i].ok);
    }
}

static struct plan good_plan(void)
{
    struct plan plan = {.name = "Spring", .strategy = STRATEGY_DEFAULT, .component_count = 2};
    plan.components[0] = (struct plan_component){.sequence = 1, .component_no = "STM32", .name = "Motor"};
    plan.components[1] = (struct plan_component){.sequence = 2, .component_no = "module", .name = "Module"};
    return plan;
}

static void test_strategy_ranges(void)
{
    static const struct {
        const char *name;
        struct strategy strategy; /* retries, minSignal, minBattery, timeoutMinutes */
        const char *expect;
    } rows[] = {
        {"default", {5, -113, 30, 60}, ""},
        {"at the least", {0, -140, 0, 1}, ""},
        {"just over the least", {1, -139, 1, 2}, ""},
        {"just under the most", {4, -45, 99, 1439}, ""},
        {"at the most", {5, -44, 100, 1440}, ""},
        {"retries under", {-1, -113, 30, 60}, "/strategy/retries"},
        {"retries over", {6, -113, 30, 60}, "/strategy/retries"},
        {"signal under", {5, -141, 30, 60}, "/strategy/minSignal"},
        {"signal over", {5, -43, 30, 60}, "/strategy/minSignal"},
        {"battery under", {5, -113, -1, 60}, "/strategy/minBattery"},
        {"battery over", {5, -113, 101, 60}, "/strategy/minBattery"},
        {"timeout under", {5, -113, 30, 0}, "/strategy/timeoutMinutes"},
        {"timeout over", {5, -113, 30, 1441}, "/strategy/timeoutMinutes"},
        {"all at once",
         {6, -141, 101, 0},
         "/strategy/retries /strategy/minSignal /strategy/minBattery /strategy/timeoutMinutes"},
    };
    CHECK(STRATEGY_DEFAULT.retries == 5 && STRATEGY_DEFAULT.min_signal == -113 && STRATEGY_DEFAULT.min_battery == 30 &&
          STRATEGY_DEFAULT.timeout_minutes == 60);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plan plan = good_plan();
        struct violations violations = {0};
        plan.strategy = rows[i].strategy;
        plan_check(&plan, &violations);
        check_pointers(rows[i].name, &violations, rows[i].expect);
    }
}

static void test_push_hours(void)
{
    static const struct {
        const char *text;
        int hour; /* -1: refused */
    } rows[] = {
        {"00:00", 0},  {"01:00", 1},   {"09:00", 9},  {"10:00", 10}, {"19:00", 19}, {"20:00", 20}, {"23:00", 23},
        {"24:00", -1}, {"29:00", -1},  {"30:00", -1}, {"22:30", -1}, {"22:01", -1}, {"9:00", -1},  {"", -1},
        {"22", -1},    {"22:00 ", -1}, {" 2:00", -1}, {"2 :00", -1}, {"-1:00", -1}, {"22.00", -1}, {"22:00:00", -1},
        {"1a:00", -1}, {"a1:00", -1},  {"2:000", -1}, {"22:0", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int hour = -1; /* stays when refused */
        CHECK_ROW(rows[i].text, push_hour_parse(rows[i].text, &hour) == (rows[i].hour < 0 ? E_FORMAT : OK));
        CHECK_ROW(rows[i].text, hour == rows[i].hour);
    }
}

/* Start and end at least an hour apart; which of them is earlier does not matter. */
static void test_push_periods(void)
{
    static const struct {
        const char *name;
        struct push_period period;
        const char *expect;
    } rows[] = {
        {"none", {.set = false}, ""},
        {"one hour", {true, 22, 23}, ""},
        {"across midnight", {true, 22, 6}, ""},
        {"23 hours", {true, 6, 5}, ""},
        {"until midnight", {true, 23, 0}, ""},
        {"from midnight", {true, 0, 1}, ""},
        {"no time at all", {true, 22, 22}, "/pushPeriod/end"},
        {"no time at midnight", {true, 0, 0}, "/pushPeriod/end"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plan plan = good_plan();
        struct violations violations = {0};
        plan.push_period = rows[i].period;
        plan_check(&plan, &violations);
        check_pointers(rows[i].name, &violations, rows[i].expect);
    }
}

static void spoil_nothing(struct plan *plan)
{
    (void)plan;
}

static void no_name(struct plan *plan)
{
    plan->name[0] = '\0';
}

static void fill(char *text, size_t count)
{
    memset(text, 'n', count);
    text[count] = '\0';
}

static void name_1(struct plan *plan)
{
    fill(plan->name, 1);
}

static void name_99(struct plan *plan)
{
    fill(plan->name, 99);
}

static void name_100(struct plan *plan)
{
    fill(plan->name, 100);
}

static void name_101(struct plan *plan)
{
    fill(plan->name, 101);
}

static void component_names(struct plan *plan)
{
    fill(plan->components[0].name, 100);
    fill(plan->components[1].name, 101);
}

static void longest_number(struct plan *plan)
{
    fill(plan->components[0].component_no, LIMIT_COMPONENT_NO);
}

static void no_number(struct plan *plan)
{
    plan->components[0].component_no[0] = '\0';
}

static void no_component(struct plan *plan)
{
    plan->component_count = 0;
}

static void number_components(struct plan *plan, size_t count)
{
    for (size_t i = 0; i < count && i < LIMIT_COMPONENTS; i++) {
        plan->components[i] = (struct plan_component){.sequence = (int)i, .name = "Motor"};
        (void)snprintf(plan->components[i].component_no, sizeof plan->components[i].component_no, "c%zu", i);
    }
    plan->component_count = count;
}

static void one_component(struct plan *plan)
{
    number_components(plan, 1);
}

static void nineteen_components(struct plan *plan)
{
    number_components(plan, 19);
}

static void twenty_components(struct plan *plan)
{
    number_components(plan, 20);
}

static void twenty_one_components(struct plan *plan)
{
    number_components(plan, 21);
}

static void same_number(struct plan *plan)
{
    number_components(plan, 3);
    (void)snprintf(plan->components[2].component_no, sizeof plan->components[2].component_no, "c0");
}

static void same_sequence(struct plan *plan)
{
    plan->components[1].sequence = 1;
}

static void bad_component(struct plan *plan)
{
    plan->components[1].component_no[1] = ':';
    plan->components[1].name[0] = '\0';
}

/* Given in descending order: the pointer names the place in the request. */
static void bad_component_out_of_order(struct plan *plan)
{
    plan->components[0].sequence = 9;
    plan->components[0].name[0] = '\0';
}

static void test_check(void)
{
    static const struct {
        const char *name;
        void (*spoil)(struct plan *plan);
        const char *expect;
    } rows[] = {
        {"good", spoil_nothing, ""},
        {"no name", no_name, "/name"},
        {"name of 1", name_1, ""},
        {"name of 99", name_99, ""},
        {"name of 100", name_100, ""},
        {"name of 101", name_101, "/name"},
        {"no component", no_component, "/components"},
        {"1 component", one_component, ""},
        {"19 components", nineteen_components, ""},
        {"20 components", twenty_components, ""},
        {"21 components", twenty_one_components, "/components"},
        {"component names of 100 and 101", component_names, "/components/1/name"},
        {"number of 32", longest_number, ""},
        {"no number", no_number, "/components/0/componentNo"},
        {"number twice", same_number, "/components/2/componentNo"},
        {"place twice", same_sequence, "/components/1/sequence"},
        {"bad number and name", bad_component, "/components/1/componentNo /components/1/name"},
        {"pointer before sorting", bad_component_out_of_order, "/components/0/name"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plan plan = good_plan();
        struct violations violations = {0};
        rows[i].spoil(&plan);
        plan_check(&plan, &violations);
        check_pointers(rows[i].name, &violations, rows[i].expect);
    }
}

static void test_sorts_by_sequence(void)
{
    struct plan plan = good_plan();
    struct violations violations = {0};
    number_components(&plan, 4);
    static const int sequences[] = {30, -1, 2000000000, 7};
    for (size_t i = 0; i < 4; i++) {
        plan.components[i].sequence = sequences[i];
    }
    plan_check(&plan, &violations);
    CHECK(violations.count == 0);
    CHECK_TEXT(plan.components[0].component_no, "c1");
    CHECK_TEXT(plan.components[1].component_no, "c3");
    CHECK_TEXT(plan.components[2].component_no, "c0");
    CHECK_TEXT(plan.components[3].component_no, "c2");
}

static void test_texts(void)
{
    static const struct {
        const char *name;
        enum plan_mode mode;
        struct upgrade_text texts[3];
        const char *expect;
    } rows[] = {
        {"silent without", PLAN_SILENT, {{.language = ""}}, ""},
        {"silent with both", PLAN_SILENT, {{"zh", "x"}, {"en", "y"}}, ""},
        {"silent with one", PLAN_SILENT, {{"en", "y"}}, "/upgradeText/zh"},
        {"silent with the other", PLAN_SILENT, {{"zh", "x"}}, "/upgradeText/en"},
        {"manual without Chinese", PLAN_MANUAL, {{"en", "y"}}, "/upgradeText/zh"},
        {"manual without English", PLAN_MANUAL, {{"zh", "x"}, {"de", "z"}}, "/upgradeText/en"},
        {"language of 16", PLAN_SILENT, {{"zh", "x"}, {"abcdefghijklmnop", "z"}, {"en", "y"}}, ""},
        {"manual without", PLAN_MANUAL, {{.language = ""}}, "/upgradeText/zh /upgradeText/en"},
        {"manual with both and another", PLAN_MANUAL, {{"zh", "x"}, {"pt-BR", "z"}, {"en", "y"}}, ""},
        {"empty text", PLAN_MANUAL, {{"zh", ""}, {"en", "y"}}, "/upgradeText/zh"},
        {"strange language", PLAN_SILENT, {{"zh", "x"}, {"a/b", "z"}, {"en", "y"}}, "/upgradeText"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plan plan = good_plan();
        struct violations violations = {0};
        struct upgrade_text texts[3];
        memcpy(texts, rows[i].texts, sizeof texts);
        plan.mode = rows[i].mode;
        plan.texts = texts;
        while (plan.text_count < 3 && texts[plan.text_count].language[0] != '\0') {
            plan.text_count++;
        }
        plan_check(&plan, &violations);
        check_pointers(rows[i].name, &violations, rows[i].expect);
    }
}

static void test_finish(void)
{
    struct plan plan = good_plan();
    plan.texts = calloc(1, sizeof *plan.texts);
    plan.text_count = 1;
    plan_finish(&plan);
    CHECK(plan.texts == NULL && plan.text_count == 0);
    plan_finish(NULL);
}

int main(void)
{
    static const struct test_case cases[] = {{"names", test_names},
                                             {"arrows", test_arrows},
                                             {"component numbers", test_component_numbers},
                                             {"strategy", test_strategy_ranges},
                                             {"push hours", test_push_hours},
                                             {"push periods", test_push_periods},
                                             {"check", test_check},
                                             {"sequence", test_sorts_by_sequence},
                                             {"texts", test_texts},
                                             {"finish", test_finish},
                                             {0}};
    return suite_run("plan", cases);
}
