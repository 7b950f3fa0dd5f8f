/* Which entries are of a session, and what a scenario says besides the moves: faults, steps, plans, expectation. */
#include "record/recorded.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/instant.h"
#include "cli/json.h"
#include "record/journal.h"
#include "record/pretty.h"
#include "support/suite.h"

enum { LONGEST_MS = 10000, TEXT = 4096 };

static json_t *parse(const char *text)
{
    json_error_t error;
    json_t *json = json_loads(text, JSON_DECODE_ANY, &error);
    if (json == NULL) {
        (void)fprintf(stderr, "    %s: %s\n", error.text, text);
    }
    CHECK_FATAL(json != NULL);
    return json;
}

/* --- cut ---------------------------------------------------------------------------------------------------------- */

static void set_plan(const json_t *entries, size_t index, json_int_t plan)
{
    (void)json_object_set_new(json_array_get(entries, index), "planId", json_integer(plan));
}

/* Ids of the first and the last entry that are kept; 0, 0: none. */
static void check_cut(const char *name, json_t *entries, int64_t plan, int64_t started, int64_t ended, json_int_t first,
                      json_int_t last)
{
    struct recorded session = {.entries = entries};
    enum status status = recorded_cut(&session, plan, started, ended);
    CHECK_ROW(name, status == (first == 0 ? E_NOT_FOUND : OK));
    if (status == OK) {
        size_t count = json_array_size(session.entries);
        CHECK_ROW(name, json_integer_value(json_object_get(json_array_get(session.entries, 0), "id")) == first);
        CHECK_ROW(name, json_integer_value(json_object_get(json_array_get(session.entries, count - 1), "id")) == last);
    }
    recorded_finish(&session);
}

static void test_cut(void)
{
    static const char two_plans[] = "<info C0 X(x) @10 C1 <info >otaNotify <1 @20 >otaNotify <1";
    int64_t begin = 0;
    CHECK_OK(instant_parse("2026-11-27T10:00:00Z", &begin));
    check_cut("nothing", json_array(), 0, 0, 0, 0, 0);
    check_cut("no connect", journal_make("<info >otaNotify"), 0, 0, 0, 0, 0);
    check_cut("all", journal_make(two_plans), 0, 0, 0, 2, 9);
    check_cut("a refusal begins it", journal_make("<info R(x) C0"), 0, 0, 0, 2, 3);
    check_cut("a plan by time", journal_make(two_plans), 1, begin + 10, begin + 15, 4, 7);
    check_cut("the later plan by time", journal_make(two_plans), 2, begin + 15, 0, 4, 9);
    check_cut("a plan that was never notified", journal_make(two_plans), 3, begin + 100, 0, 0, 0);
    check_cut("a connect behind the plan's end", journal_make("C0 >otaNotify <1 <11 X(x) @50 C1 <info"), 1, begin,
              begin + 20, 1, 5);
    check_cut("... not before", journal_make("C0 >otaNotify <1 X(x) @5 C1 <11 @50 <info"), 1, begin, begin + 20, 1, 7);
    json_t *entries = journal_make(two_plans);
    set_plan(entries, 5, 7);
    set_plan(entries, 7, 8);
    check_cut("a plan by its id", entries, 7, begin + 1000, 0, 4, 7);
    check_cut("a notify before any connect", journal_make(">otaNotify C0"), 1, begin, 0, 0, 0);
}

/* --- a session ---------------------------------------------------------------------------------------------------- */

/* A plan of the tests with the id 1 and the name "pumps"; `members` are added, `row` and `log` are JSON. */
static json_t *plan_item(const char *members, const char *row, const char *log)
{
    char text[TEXT];
    (void)snprintf(
        text, sizeof text,
        "{\"plan\": {\"id\": 1, \"name\": \"pumps\", \"status\": \"upgrading\", \"timeZone\": \"Etc/UTC\", "
        "\"strategy\": {\"retries\": 1}, \"pushPeriod\": null, \"plannedTime\": null, \"upgradeText\": null, "
        "\"whitelistCount\": 0, \"components\": [{\"componentNo\": \"STM32\", \"name\": \"controller\", "
        "\"componentType\": \"mcu\", \"packageId\": 4, \"sequence\": 1}], %s}, \"row\": %s, \"log\": %s}",
        members, row, log);
    return parse(text);
}

static const char upgraded_row[] = "{\"status\": \"upgraded\", \"reason\": null, \"components\": [{\"attempts\": 2}]}";

static void begin_session(struct recorded *session, const char *journal, json_t *item)
{
    *session =
        (struct recorded){.device_key = "867",
                          .entries = journal_make(journal),
                          .plans = json_array(),
                          .packages = parse("{\"4\": {\"name\": \"p\", \"componentType\": \"mcu\", "
                                            "\"packageType\": \"full\", \"sourceVersions\": [], "
                                            "\"targetVersion\": \"2\", \"remarks\": \"\", \"files\": [{\"name\": "
                                            "\"a.bin\", \"size\": 10, \"md5\": \"m\"}]}}"),
                          .faults = json_array(),
                          .paths = json_object()};
    if (item != NULL) {
        (void)json_array_append_new(session->plans, item);
    }
}

/* The session was in a time of its own. */
static void set_clock(struct recorded *session, const char *clock)
{
    size_t i = 0;
    json_t *entry = NULL;
    session->clock = parse(clock);
    json_array_foreach(session->entries, i, entry)
    {
        (void)json_object_set_new(entry, "wallAt", json_string("2026-01-01T00:00:00Z"));
    }
}

static void check_json(const char *name, const json_t *actual, const char *wanted)
{
    json_t *json = parse(wanted);
    CHECK_ROW(name, json_equal((json_t *)actual, json));
    if (!json_equal((json_t *)actual, json)) {
        char *text = json_dumps(actual, JSON_ENCODE_ANY);
        (void)fprintf(stderr, "    %s\n", text != NULL ? text : "(nothing)");
        free(text);
    }
    json_decref(json);
}

/* --- steps -------------------------------------------------------------------------------------------------------- */

#define LOG(kind, second) "{\"kind\": \"" kind "\", \"at\": \"2026-11-27T10:00:" second "Z\"}"

static const struct step_row {
    const char *name;
    const char *plan; /* members */
    const char *journal;
    const char *log;
    const char *row;
    const char *clock; /* NULL: real */
    const char *steps;
} step_rows[] = {
    {"an upgrade", "\"mode\": \"silent\"", "C0", "[" LOG("planIssued", "00") ", " LOG("succeeded", "01") "]",
     upgraded_row, NULL, "[{\"await\": {\"plan\": \"pumps\", \"end\": true, \"deviceKey\": \"867\"}}]"},
    {"a refusal is no end", "\"mode\": \"silent\"", "C0", "[" LOG("planIssued", "00") ", " LOG("refused", "01") "]",
     "{\"status\": \"nonUpgraded\", \"reason\": \"refused\"}", NULL,
     "[{\"await\": {\"plan\": \"pumps\", \"logKind\": \"refused\", \"deviceKey\": \"867\"}}]"},
    {"the second of a kind is counted", "\"mode\": \"silent\"", "C0",
     "[" LOG("urlIssued", "00") ", " LOG("attemptFailed", "01") ", " LOG("urlIssued", "02") "]",
     "{\"status\": \"inUpgrade\", \"reason\": null}", NULL,
     "[{\"await\": {\"plan\": \"pumps\", \"logKind\": \"urlIssued\", \"count\": 2, \"deviceKey\": \"867\"}}]"},
    {"the user is asked", "\"mode\": \"manual\"", "C0", "[" LOG("skipped", "00") ", " LOG("planIssued", "01") "]",
     upgraded_row, NULL,
     "[{\"await\": {\"plan\": \"pumps\", \"logKind\": \"skipped\", \"deviceKey\": \"867\"}}, {\"confirm\": "
     "{\"deviceKey\": \"867\"}}, {\"await\": {\"plan\": \"pumps\", \"end\": true, \"deviceKey\": \"867\"}}]"},
    {"and says no", "\"mode\": \"manual\"", "C0", "[" LOG("skipped", "00") "]",
     "{\"status\": \"failed\", \"reason\": \"declined\"}", NULL,
     "[{\"await\": {\"plan\": \"pumps\", \"logKind\": \"skipped\", \"deviceKey\": \"867\"}}, {\"decline\": \"867\"}, "
     "{\"await\": {\"plan\": \"pumps\", \"end\": true, \"deviceKey\": \"867\"}}]"},
    {"a clock that is moved", "\"mode\": \"silent\"", "C0",
     "[" LOG("skipped", "00") ", " LOG("planIssued", "30") ", " LOG("confirmed", "30") "]", upgraded_row,
     "{\"mode\": \"manual\"}",
     "[{\"await\": {\"plan\": \"pumps\", \"logKind\": \"skipped\", \"deviceKey\": \"867\"}}, {\"advance\": {\"to\": "
     "\"2026-11-27T10:00:30.000Z\"}}, {\"await\": {\"plan\": \"pumps\", \"end\": true, \"deviceKey\": \"867\"}}]"},
    {"a clock that runs is not moved", "\"mode\": \"silent\"", "C0",
     "[" LOG("skipped", "00") ", " LOG("planIssued", "30") "]", upgraded_row, "{\"mode\": \"offset\"}",
     "[{\"await\": {\"plan\": \"pumps\", \"end\": true, \"deviceKey\": \"867\"}}]"},
    {"suspended and resumed", "\"mode\": \"silent\"", "C0",
     "[" LOG("confirmed", "00") ", " LOG("suspended", "01") ", " LOG("resumed", "02") "]", upgraded_row, NULL,
     "[{\"await\": {\"plan\": \"pumps\", \"logKind\": \"confirmed\", \"deviceKey\": \"867\"}}, {\"suspend\": "
     "\"pumps\"}, {\"await\": {\"plan\": \"pumps\", \"logKind\": \"suspended\", \"deviceKey\": \"867\"}}, {\"resume\": "
     "\"pumps\"}, {\"await\": {\"plan\": \"pumps\", \"end\": true, \"deviceKey\": \"867\"}}]"},
    {"terminated by a fault: it does it again", "\"mode\": \"silent\"", "C0 F(plan,terminate,3)",
     "[" LOG("confirmed", "00") ", " LOG("terminated", "01") "]", upgraded_row, NULL,
     "[{\"await\": {\"plan\": \"pumps\", \"end\": true, \"deviceKey\": \"867\"}}]"},
    {"the link is cut on request", "\"mode\": \"silent\"", "C0 @500 X(disconnected_on_request)",
     "[" LOG("confirmed", "00") ", " LOG("downloading", "01") "]", upgraded_row, NULL,
     "[{\"await\": {\"plan\": \"pumps\", \"logKind\": \"confirmed\", \"deviceKey\": \"867\"}}, {\"disconnect\": "
     "\"867\"}, {\"await\": {\"plan\": \"pumps\", \"end\": true, \"deviceKey\": \"867\"}}]"},
    {"... at the end", "\"mode\": \"silent\"", "C0 @1500 X(on_request)", "[" LOG("confirmed", "00") "]",
     "{\"status\": \"inUpgrade\", \"reason\": null}", NULL,
     "[{\"await\": {\"plan\": \"pumps\", \"logKind\": \"confirmed\", \"deviceKey\": \"867\"}}, {\"disconnect\": "
     "\"867\"}]"},
    {"a long session has a long patience", "\"mode\": \"silent\"", "C0 @100000 <11", "[" LOG("planIssued", "00") "]",
     upgraded_row, NULL,
     "[{\"await\": {\"plan\": \"pumps\", \"end\": true, \"deviceKey\": \"867\", \"timeout\": 260}}]"},
};

static void test_steps(void)
{
    for (size_t i = 0; i < sizeof step_rows / sizeof step_rows[0]; i++) {
        const struct step_row *row = &step_rows[i];
        struct recorded session;
        begin_session(&session, row->journal, plan_item(row->plan, row->row, row->log));
        if (row->clock != NULL) {
            set_clock(&session, row->clock);
        }
        json_t *steps = steps_make(&session);
        check_json(row->name, steps, row->steps);
        json_decref(steps);
        recorded_finish(&session);
    }
}

/* What became of a plan is judged before the next one goes on. */
static void test_two_plans(void)
{
    struct recorded session;
    begin_session(&session, "C0", plan_item("\"mode\": \"silent\"", upgraded_row, "[" LOG("planIssued", "00") "]"));
    json_t *second = plan_item("\"mode\": \"silent\"", upgraded_row, "[" LOG("planIssued", "01") "]");
    (void)json_object_set_new(json_object_get(second, "plan"), "name", json_string("more"));
    (void)json_array_append_new(session.plans, second);
    json_t *steps = steps_make(&session);
    check_json("two plans", steps,
               "[{\"await\": {\"plan\": \"pumps\", \"end\": true, \"deviceKey\": \"867\"}}, {\"expect\": {\"devices\": "
               "{\"867\": {\"plan\": \"pumps\", \"status\": \"upgraded\", \"reason\": null}}}}, {\"await\": {\"plan\": "
               "\"more\", \"end\": true, \"deviceKey\": \"867\"}}]");
    json_decref(steps);
    recorded_finish(&session);
}

/* --- faults ------------------------------------------------------------------------------------------------------- */

static const struct fault_row {
    const char *name;
    const char *journal;
    const char *fault;
    const char *made;
    const char *doubt;
    int fired;
} fault_rows[] = {
    {"as it was armed", "C0 F(http.firmware,cut,5)",
     "{\"id\": 5, \"point\": \"http.firmware\", \"action\": {\"type\": \"cut\", \"atByte\": \"50%\"}, \"match\": {}, "
     "\"trigger\": {\"times\": 3, \"skip\": 0, \"everyNth\": 1, \"probability\": 1.0, \"seed\": 0}, \"fired\": 1, "
     "\"createdAt\": \"2026-11-27T09:00:00Z\"}",
     "[{\"point\": \"http.firmware\", \"action\": {\"type\": \"cut\", \"atByte\": \"50%\"}, \"match\": {\"deviceKey\": "
     "\"867\"}, \"trigger\": {\"times\": 1}}]",
     NULL, 1},
    {"always", "C0 F(ota.url,omit,5) F(ota.url,omit,5)",
     "{\"id\": 5, \"point\": \"ota.url\", \"action\": {\"type\": \"omit\", \"field\": \"crc\"}, \"match\": "
     "{\"deviceKey\": \"867\", \"planId\": 1, \"attempt\": 2, \"componentNo\": \"STM32\"}, \"trigger\": {}, \"fired\": "
     "2, \"createdAt\": \"2026-11-27T09:00:00Z\"}",
     "[{\"point\": \"ota.url\", \"action\": {\"type\": \"omit\", \"field\": \"crc\"}, \"match\": {\"deviceKey\": "
     "\"867\", \"plan\": \"pumps\", \"componentNo\": \"STM32\", \"attempt\": 2}}]",
     NULL, 2},
    {"armed behind two downloads",
     "C0 G(x,206,1,complete,1) @10 G(x,206,1,complete,1) @2000 F(http.firmware,cut,5) G(x,206,1,cut,1)",
     "{\"id\": 5, \"point\": \"http.firmware\", \"action\": {\"type\": \"reset\"}, \"match\": {\"deviceKey\": "
     "\"867\"}, \"trigger\": {\"times\": 1, \"skip\": 1}, \"fired\": 1, \"createdAt\": \"2026-11-27T10:00:01Z\"}",
     "[{\"point\": \"http.firmware\", \"action\": {\"type\": \"reset\"}, \"match\": {\"deviceKey\": \"867\"}, "
     "\"trigger\": {\"times\": 1, \"skip\": 3}}]",
     NULL, 1},
    {"a URL that names a closed port counts URLs", "C0 >firmwareInfo @2000 F(http.firmware,refuse,5) >firmwareInfo",
     "{\"id\": 5, \"point\": \"http.firmware\", \"action\": {\"type\": \"refuse\"}, \"match\": {\"deviceKey\": "
     "\"867\"}, \"trigger\": {\"times\": 1}, \"fired\": 1, \"createdAt\": \"2026-11-27T10:00:01Z\"}",
     "[{\"point\": \"http.firmware\", \"action\": {\"type\": \"refuse\"}, \"match\": {\"deviceKey\": \"867\"}, "
     "\"trigger\": {\"times\": 1, \"skip\": 1}}]",
     NULL, 1},
    {"armed behind a refusal and a connect", "R(x) C0 @2000 F(mqtt.connect,close,5) R(a_fault)",
     "{\"id\": 5, \"point\": \"mqtt.connect\", \"action\": {\"type\": \"close\"}, \"match\": {\"deviceKey\": \"867\"}, "
     "\"trigger\": {\"times\": 1}, \"fired\": 1, \"createdAt\": \"2026-11-27T10:00:01Z\"}",
     "[{\"point\": \"mqtt.connect\", \"action\": {\"type\": \"close\"}, \"match\": {\"deviceKey\": \"867\"}, "
     "\"trigger\": {\"times\": 1, \"skip\": 2}}]",
     NULL, 1},
    {"for a whole fleet, by chance", "C0 F(ota.notify,drop,5)",
     "{\"id\": 5, \"point\": \"ota.notify\", \"action\": {\"type\": \"drop\"}, \"match\": {}, \"trigger\": "
     "{\"everyNth\": 2, \"probability\": 0.5, \"seed\": 7}, \"fired\": 9, \"createdAt\": \"2026-11-27T09:00:00Z\"}",
     "[{\"point\": \"ota.notify\", \"action\": {\"type\": \"drop\"}, \"match\": {\"deviceKey\": \"867\"}, \"trigger\": "
     "{\"everyNth\": 2, \"probability\": 0.5, \"seed\": 7}}]",
     "fired on other devices too", 1},
};

static void test_faults(void)
{
    for (size_t i = 0; i < sizeof fault_rows / sizeof fault_rows[0]; i++) {
        const struct fault_row *row = &fault_rows[i];
        struct recorded session;
        json_t *fired = NULL;
        begin_session(&session, row->journal, plan_item("\"mode\": \"silent\"", upgraded_row, "[]"));
        (void)json_array_append_new(session.faults, parse(row->fault));
        json_t *faults = faults_make(&session, &fired);
        check_json(row->name, faults, row->made);
        CHECK_ROW(row->name, json_integer_value(json_array_get(fired, 0)) == row->fired);
        CHECK_ROW(row->name, session.doubts.count == (row->doubt != NULL ? 1 : 0));
        CHECK_ROW(row->name, row->doubt == NULL || strstr(session.doubts.items[0], row->doubt) != NULL);
        json_decref(faults);
        json_decref(fired);
        recorded_finish(&session);
    }
}

/* --- the whole ---------------------------------------------------------------------------------------------------- */

static void test_scenario(void)
{
    struct recorded session;
    json_t *scenario = NULL;
    begin_session(
        &session,
        "C0 <info >otaNotify <1 <2 >firmwareInfo <4 G(bytes=0-9,206,5,cut,1) @10 <6 F(http.firmware,cut,5) "
        ">firmwareInfo <4 G(bytes=0-9,206,10,complete,1) @20 <5 <5 <8 <9 <11 W(statusOrder) W(statusOrder)",
        plan_item("\"mode\": \"silent\", \"blacklistCount\": 0", upgraded_row, "[" LOG("planIssued", "00") "]"));
    (void)json_array_append_new(
        session.faults, parse("{\"id\": 5, \"point\": \"http.firmware\", \"action\": {\"type\": \"cut\"}, \"match\": "
                              "{}, \"trigger\": {}, \"fired\": 1, \"createdAt\": \"2026-11-27T09:00:00Z\"}"));
    CHECK_FATAL(scenario_make(&session, LONGEST_MS, &scenario) == OK);
    check_json("packages", json_object_get(scenario, "packages"),
               "[{\"name\": \"p\", \"componentType\": \"mcu\", \"packageType\": \"full\", \"targetVersion\": \"2\", "
               "\"files\": [{\"name\": \"a.bin\", \"size\": 10, \"seed\": 40}]}]");
    check_json(
        "plans", json_object_get(scenario, "plans"),
        "[{\"name\": \"pumps\", \"mode\": \"silent\", \"timeZone\": \"Etc/UTC\", \"strategy\": {\"retries\": 1}, "
        "\"components\": [{\"componentNo\": \"STM32\", \"name\": \"controller\", \"componentType\": \"mcu\", "
        "\"sequence\": 1, \"package\": \"p\"}]}]");
    check_json(
        "expect", json_object_get(scenario, "expect"),
        "{\"devices\": {\"867\": {\"plan\": \"pumps\", \"status\": \"upgraded\", \"reason\": null, \"attempts\": "
        "2, \"statuses\": [1, 2, 4, 6, 4, 5, 8, 9, 11], \"downloads\": 2}}, \"faults\": {\"fired\": [1]}, "
        "\"warnings\": [\"statusOrder\"]}");
    CHECK(json_object_get(scenario, "clock") == NULL);
    json_decref(scenario);
    recorded_finish(&session);
}

/* Rules of time: the clock of the recording. Lists: what they say of this device. Files: the real one. */
static void test_members(void)
{
    struct recorded session;
    json_t *scenario = NULL;
    begin_session(&session, "C0 <info",
                  plan_item("\"mode\": \"silent\", \"pushPeriod\": {\"start\": \"09:00\", \"end\": \"11:00\"}, "
                            "\"plannedTime\": {\"start\": \"2026-11-27T09:00\", \"end\": null, \"startAt\": \"x\", "
                            "\"endAt\": null}, \"whitelistCount\": 3",
                            upgraded_row, "[]"));
    json_t *item = json_array_get(session.plans, 0);
    (void)json_object_set_new(item, "whitelisted", json_true());
    (void)json_object_set_new(item, "blacklisted", json_true());
    (void)json_object_set_new(session.paths, "m", json_string("firmware/a.bin"));
    CHECK_FATAL(scenario_make(&session, LONGEST_MS, &scenario) == OK);
    const json_t *plan = json_array_get(json_object_get(scenario, "plans"), 0);
    check_json("clock", json_object_get(scenario, "clock"),
               "{\"mode\": \"offset\", \"now\": \"2026-11-27T10:00:00.000Z\"}");
    check_json("planned time", json_object_get(plan, "plannedTime"), "{\"start\": \"2026-11-27T09:00\"}");
    check_json("whitelist", json_object_get(plan, "whitelist"), "[\"867\"]");
    check_json("blacklist", json_object_get(plan, "blacklist"), "[\"867\"]");
    check_json("files", json_object_get(json_array_get(json_object_get(scenario, "packages"), 0), "files"),
               "[{\"path\": \"firmware/a.bin\"}]");
    json_decref(scenario);
    (void)json_object_set_new(item, "whitelisted", json_false());
    session.clock = parse("{\"mode\": \"manual\"}");
    CHECK_FATAL(scenario_make(&session, LONGEST_MS, &scenario) == OK);
    check_json("a clock that was set behind the session", json_object_get(scenario, "clock"),
               "{\"mode\": \"offset\", \"now\": \"2026-11-27T10:00:00.000Z\"}");
    json_decref(scenario);
    json_decref(session.clock);
    set_clock(&session, "{\"mode\": \"manual\"}");
    CHECK_FATAL(scenario_make(&session, LONGEST_MS, &scenario) == OK);
    plan = json_array_get(json_object_get(scenario, "plans"), 0);
    check_json("a whitelist of others", json_object_get(plan, "whitelist"), "[\"0\"]");
    check_json("clock that stands still", json_object_get(scenario, "clock"),
               "{\"mode\": \"manual\", \"now\": \"2026-11-27T10:00:00.000Z\"}");
    json_decref(scenario);
    recorded_finish(&session);
}

/* What is printed is the same JSON; a move stands on a line. */
static void test_pretty(void)
{
    static const char text[] =
        "{\"name\": \"n\", \"empty\": {}, \"none\": [], \"devices\": [{\"deviceKey\": \"867\", \"script\": [{\"send\": "
        "{\"command\": \"info\", \"payload\": "
        "\"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\"}, "
        "\"about\": \"quotes \\\" and \\\\\"}, {\"wait\": 5}]}], \"expect\": {\"devices\": {\"867\": {\"statuses\": "
        "[1, "
        "2, 4], \"status\": \"upgraded\", \"reason\": null, \"downloads\": 2, \"attempts\": 100000000}}}}";
    struct buffer out = {.limit = TEXT};
    json_t *json = parse(text);
    pretty_append(&out, json);
    check_json("pretty", json, buffer_text(&out));
    CHECK(strstr(buffer_text(&out), "\n        {\"send\": {\"command\": \"info\"") != NULL);
    CHECK(strstr(buffer_text(&out), "\n        {\"wait\": 5}") != NULL);
    CHECK(strstr(buffer_text(&out), "\"statuses\": [1, 2, 4],") != NULL);
    json_decref(json);
    buffer_finish(&out);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"which entries are of a session", test_cut},
        {"steps", test_steps},
        {"two plans", test_two_plans},
        {"faults", test_faults},
        {"a scenario", test_scenario},
        {"clock, lists, files", test_members},
        {"printed", test_pretty},
        {0},
    };
    return suite_run("recorded", cases);
}
