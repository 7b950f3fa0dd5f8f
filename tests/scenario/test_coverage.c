/*
 * The schema and the examples of fixtures/scenarios against what the program really has: every option of `mockdc
 * device`, every action of every point, and an example for each of them.
 */
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>

#include "cli/json.h"
#include "config/options.h"
#include "domain/fault.h"
#include "scenario/scenario.h"
#include "support/suite.h"

/* fleet/device_settings.h, which has words of its own for what domain/ names too */
extern const struct option device_option_table[];

static json_t *schema;
static json_t *paths;
static struct flaws flaws;

/* "module-version" -> "moduleVersion" */
static void member_of(const char *option, char member[64])
{
    size_t used = 0;
    for (; *option != '\0' && used < 63; option++) {
        bool word = *option == '-';
        option += word ? 1 : 0;
        member[used++] = (char)(word ? toupper((unsigned char)*option) : *option);
    }
    member[used] = '\0';
}

/* Which options are no members: what the scenario itself says, how a device ends by itself, and the script's own. */
static void test_options_of_a_device(void)
{
    static const char *const others[] = {"mqtt",       "ca-file",    "product-key", "product-secret",
                                         "device-key", "state-file", "upgrades",    "exit-after",
                                         "patience",   "timeout",    "script",      "json"};
    const json_t *members = json_object_get(json_object_get(json_object_get(schema, "$defs"), "virtual"), "properties");
    size_t count = 0;
    for (const struct option *option = device_option_table; option->kind != OPTION_END; option++) {
        char member[64];
        bool other = false;
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
            other = other || strcmp(others[i], option->name) == 0;
        }
        member_of(option->name, member);
        const json_t *described = json_object_get(members, member);
        CHECK_ROW(option->name, (described != NULL) == !other);
        if (described != NULL && option->kind == OPTION_NUMBER && json_object_get(described, "enum") == NULL) {
            CHECK_ROW(option->name, json_integer_value(json_object_get(described, "minimum")) == option->least);
            CHECK_ROW(option->name, json_integer_value(json_object_get(described, "maximum")) == option->most);
        }
        count += described != NULL ? 1 : 0;
    }
    CU_ASSERT_EQUAL(json_object_size(members), count);
}

/* The branch of the schema for this point and action; NULL: it has none. */
static const json_t *described_action(const char *point, const char *type)
{
    const json_t *points = json_object_get(json_object_get(json_object_get(schema, "$defs"), "fault"), "oneOf");
    size_t i = 0;
    const json_t *branch = NULL;
    json_array_foreach(points, i, branch)
    {
        const json_t *members = json_object_get(branch, "properties");
        size_t k = 0;
        const json_t *action = NULL;
        if (strcmp(json_text_of(json_object_get(members, "point"), "const"), point) != 0) {
            continue;
        }
        json_array_foreach(json_object_get(json_object_get(members, "action"), "oneOf"), k, action)
        {
            const json_t *word = json_object_get(json_object_get(action, "properties"), "type");
            if (strcmp(json_text_of(word, "const"), type) == 0) {
                return action;
            }
        }
    }
    return NULL;
}

static size_t bits(unsigned set)
{
    size_t count = 0;
    for (; set != 0; set &= set - 1) {
        count++;
    }
    return count;
}

static bool shows(const json_t *fault, const char *point, const char *type)
{
    return strcmp(json_text_of(fault, "point"), point) == 0 &&
           strcmp(json_text_of(json_object_get(fault, "action"), "type"), type) == 0;
}

/* Whether an example arms this fault, at the start or in a step. */
static bool is_shown(const char *point, const char *type)
{
    bool shown = false;
    for (size_t i = 0; i < json_array_size(paths) && !shown; i++) {
        json_t *json = json_load_file(json_string_value(json_array_get(paths, i)), 0, NULL);
        size_t k = 0;
        const json_t *item = NULL;
        json_array_foreach(json_object_get(json, "faults"), k, item)
        {
            shown = shown || shows(item, point, type);
        }
        json_array_foreach(json_object_get(json, "steps"), k, item)
        {
            shown = shown || shows(json_object_get(item, "fault"), point, type);
        }
        json_decref(json);
    }
    return shown;
}

static void test_faults(void)
{
    size_t count = 0;
    for (int point = 0; point < FAULT_POINT_COUNT; point++) {
        for (int type = 0; type < FAULT_TYPE_COUNT; type++) {
            unsigned required = 0;
            unsigned allowed = 0;
            char row[96];
            const char *point_name = fault_point_name((enum fault_point)point);
            const char *type_name = fault_type_name((enum fault_type)type);
            const json_t *described = described_action(point_name, type_name);
            bool is_there = fault_members((enum fault_point)point, (enum fault_type)type, &required, &allowed);
            (void)snprintf(row, sizeof row, "%s %s", point_name, type_name);
            CHECK_ROW(row, (described != NULL) == is_there);
            if (is_there) {
                /* "type" is one more of each */
                CHECK_ROW(row, json_object_size(json_object_get(described, "properties")) == bits(allowed) + 1);
                CHECK_ROW(row, json_array_size(json_object_get(described, "required")) == bits(required) + 1);
                CHECK_ROW(row, is_shown(point_name, type_name));
                count++;
            }
        }
    }
    CHECK(count > 45);
}

/* The misbehaviour of virtual devices, each in an example. */
static void test_devices(void)
{
    static const struct {
        const char *member;
        const char *value;
    } rows[] = {
        {"powerCut", "1"},       {"powerCut", "2"},          {"powerCut", "4"},     {"powerCut", "5"},
        {"powerCut", "8"},       {"powerCut", "9"},          {"flash", "\"fail\""}, {"flash", "\"wrong-version\""},
        {"flash", "\"silent\""}, {"onNotify", "\"refuse\""}, {"disorder", "true"},  {"onNotify", "\"ignore\""},
    };
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        json_t *wanted = json_loads(rows[row].value, JSON_DECODE_ANY, NULL);
        bool shown = false;
        for (size_t i = 0; i < json_array_size(paths) && !shown; i++) {
            json_t *json = json_load_file(json_string_value(json_array_get(paths, i)), 0, NULL);
            const json_t *device = json_array_get(json_object_get(json, "devices"), 0);
            shown = json_equal(json_object_get(json_object_get(device, "virtual"), rows[row].member), wanted);
            json_decref(json);
        }
        CHECK_ROW(rows[row].member, shown);
        json_decref(wanted);
    }
}

/* At least 40, each right, with a name of its own and a word about why. */
static void test_examples(void)
{
    json_t *names = json_object();
    size_t count = json_array_size(paths);
    CHECK(count >= 40);
    for (size_t i = 0; i < count; i++) {
        const char *path = json_string_value(json_array_get(paths, i));
        struct scenario scenario;
        flaws.count = 0;
        CHECK_ROW(path, scenario_read(path, schema, &scenario, &flaws) == OK);
        CHECK_ROW(path, json_text_of(scenario.json, "about")[0] != '\0');
        CHECK_ROW(path, json_array_size(json_object_get(scenario.json, "tags")) > 0);
        CHECK_ROW(path, json_object_get(names, json_text_of(scenario.json, "name")) == NULL);
        (void)json_object_set_new(names, json_text_of(scenario.json, "name"), json_true());
        scenario_finish(&scenario);
    }
    json_decref(names);
}

int main(void)
{
    static const struct test_case cases[] = {{"options of a device", test_options_of_a_device},
                                             {"each fault is described and shown", test_faults},
                                             {"each misbehaviour is shown", test_devices},
                                             {"every example is right", test_examples},
                                             {0}};
    struct error error;
    paths = json_array();
    if (scenario_schema(&schema) != OK || scenarios_find(fixture_path("scenarios"), paths, &error) != OK) {
        return 1;
    }
    int code = suite_run("scenario coverage", cases);
    json_decref(schema);
    json_decref(paths);
    return code;
}
