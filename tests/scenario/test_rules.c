/* What a schema cannot say: names are unique and known; and which scenarios have faults, or must be alone. */
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/json.h"
#include "scenario/scenario.h"
#include "scenario/schema.h"
#include "support/suite.h"

static json_t *schema;
static struct flaws flaws;

#define HEAD                                                                                                           \
    "{'name':'n','packages':[{'name':'p','componentType':'mcu','targetVersion':'2','files':[{'name':'f.bin','size':1}" \
    "]}"                                                                                                               \
    "],"
#define PLAN "'plans':[{'name':'a','components':[{'componentNo':'S','package':'p'}]}],"
#define PLANS                                                                                                          \
    "'plans':[{'name':'a','components':[{'componentNo':'S','package':'p'}]},{'name':'b','components':[{'componentNo':" \
    "'S','package':'p'}]}],"
#define DEVICES "'devices':[{'deviceKey':'867','virtual':{}},{'deviceKey':'901','count':3,'virtual':{}}],"

/* Reads the text as a file; single quotes stand for double ones. */
static enum status read_file(const char *text, struct scenario *scenario)
{
    char path[] = "/tmp/mockdc-test-rules-XXXXXX";
    int fd = mkstemp(path);
    CHECK_FATAL(fd >= 0);
    for (; *text != '\0'; text++) {
        char byte = *text == '\'' ? '"' : *text;
        CHECK_FATAL(write(fd, &byte, 1) == 1);
    }
    (void)close(fd);
    flaws.count = 0;
    enum status status = scenario_read(path, schema, scenario, &flaws);
    (void)unlink(path);
    return status;
}

static void test_wrong(void)
{
    static const struct {
        const char *text;
        const char *pointer;
        const char *says;
    } rows[] = {
        {"{'name':'n','expect':{}", "", "line 1, column"},
        {"{'name':'n','name':'m','expect':{}}", "", "duplicate"},
        {HEAD "'plans':[{'name':'a','components':[{'componentNo':'S','package':'q'}]}],'expect':{}}",
         "/plans/0/components/0/package", "no package of this scenario is 'q'"},
        {HEAD "'plans':[{'name':'a','mode':'manual','components':[{'componentNo':'S','package':'p'}]}],'expect':{}}",
         "/plans/0/upgradeText", "manual mode"},
        {HEAD PLAN "'devices':[{'deviceKey':'867','virtual':{}},{'deviceKey':'867','virtual':{}}],'expect':{}}",
         "/devices/1/deviceKey", "'867' is there already"},
        {HEAD PLAN "'devices':[{'deviceKey':'PUMP','count':2,'virtual':{}}],'expect':{}}", "/devices/0/deviceKey",
         "too few digits"},
        {HEAD PLAN "'devices':[{'deviceKey':'867','real':true}],'expect':{}}", "/devices/0/real", "needs /product"},
        {"{'name':'n','packages':[{'name':'p','componentType':'mcu','targetVersion':'2','files':[{'path':'no.bin'}]}],'"
         "expect':{}}",
         "/packages/0/files/0/path", "No such file"},
        {HEAD PLAN DEVICES
         "'faults':[{'point':'ota.url','action':{'type':'drop'},'match':{'deviceKey':'1','plan':'c'}}],'expect':{}}",
         "/faults/0/match/deviceKey", "no device of this scenario is '1'"},
        {"{'name':'n','devices':[{'deviceKey':'867','script':{'path':'no.json'}}],'expect':{}}",
         "/devices/0/script/path", "No such file"},
        {HEAD PLAN DEVICES "'steps':[{'start':'868'}],'expect':{}}", "/steps/0/start", "'868'"},
        {HEAD PLAN DEVICES "'steps':[{'suspend':'x'}],'expect':{}}", "/steps/0/suspend",
         "no plan of this scenario is 'x'"},
        {HEAD PLAN DEVICES "'steps':[{'await':{'deviceKey':'904','end':true}}],'expect':{}}",
         "/steps/0/await/deviceKey", "'904'"},
        {HEAD PLANS DEVICES "'steps':[{'await':{'deviceKey':'867','end':true}}],'expect':{}}", "/steps/0/await/plan",
         "several plans"},
        {HEAD DEVICES "'steps':[{'await':{'deviceKey':'867','end':true}}],'expect':{}}", "/steps/0/await/plan",
         "no plan in this scenario"},
        {HEAD PLAN DEVICES "'steps':[{'await':{'firedFault':0}}],'expect':{}}", "/steps/0/await/firedFault",
         "0 faults are armed until then"},
        {HEAD PLAN DEVICES "'steps':[{'advance':{'seconds':1}}],'expect':{}}", "/steps/0/advance", "/clock"},
        {HEAD PLANS DEVICES "'expect':{'devices':{'867':{'status':'upgraded'}}}}", "/expect/devices/867/plan",
         "several plans"},
        {HEAD PLAN DEVICES "'expect':{'devices':{'868':{'online':true}}}}", "/expect/devices/868", "'868'"},
        {HEAD PLAN DEVICES "'expect':{'plans':{'c':{'status':'ended'}}}}", "/expect/plans/c", "'c'"},
        {HEAD PLAN DEVICES "'expect':{'notNotified':['867','1']}}", "/expect/notNotified/1", "'1'"},
        {HEAD PLAN DEVICES "'expect':{'faults':{'fired':[1]}}}", "/expect/faults/fired", "1 numbers, but 0 faults"},
        {HEAD PLAN DEVICES "'steps':[{'expect':{'notNotified':['2']}}],'expect':{}}", "/steps/0/expect/notNotified/0",
         "'2'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scenario scenario;
        CHECK_ROW(rows[i].text, read_file(rows[i].text, &scenario) == E_FORMAT);
        bool found = false;
        for (size_t k = 0; k < flaws.count; k++) {
            found = found || (strcmp(flaws.items[k].pointer, rows[i].pointer) == 0 &&
                              strstr(flaws.items[k].text, rows[i].says) != NULL);
        }
        CHECK_ROW(rows[i].text, found);
        if (!found && flaws.count > 0) {
            (void)fprintf(stderr, "      %s: %s\n", flaws.items[0].pointer, flaws.items[0].text);
        }
        scenario_finish(&scenario);
    }
}

static void test_right(void)
{
    static const struct {
        const char *text;
        bool alone;
        bool has_faults;
    } rows[] = {
        {"{'name':'n','expect':{}}", false, false},
        {HEAD PLAN DEVICES "'expect':{'devices':{'903':{'status':'upgraded'}}}}", false, false},
        {HEAD PLANS DEVICES
         "'steps':[{'await':{'deviceKey':'867','plan':'b','end':true}}],'expect':{'devices':{'867':{'online':true}}}}",
         false, false},
        {"{'name':'n','alone':true,'expect':{}}", true, false},
        {"{'name':'n','product':{'name':'other'},'expect':{}}", false, false},
        {"{'name':'n','product':{'productKey':'p1','productSecret':'s'},'expect':{}}", true, false},
        {"{'name':'n','steps':[{'request':{'method':'GET','path':'/api/v1/clock','status':200}}],'expect':{}}", true,
         false},
        {"{'name':'n','steps':[{'request':{'method':'GET','path':'/api/v1/products/"
         "{productKey}','status':200}}],'expect':{}}",
         false, false},
        {"{'name':'n','devices':[{'deviceKey':'1','virtual':{'flash':'fail'}}],'expect':{}}", false, true},
        {"{'name':'n','devices':[{'deviceKey':'1','virtual':{'flash':'ok','onNotify':'accept'}}],'expect':{}}", false,
         false},
        {"{'name':'n','devices':[{'deviceKey':'1','virtual':{'powerCut':5}}],'expect':{}}", false, true},
        {"{'name':'n','faults':[{'point':'ota.url','action':{'type':'drop'}}],'expect':{'faults':{'fired':[2]}}}",
         false, true},
        {"{'name':'n','steps':[{'fault':{'point':'ota.url','action':{'type':'drop'}}}],'expect':{'faults':{'fired':[2]}"
         "}}",
         false, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scenario scenario;
        CHECK_ROW(rows[i].text, read_file(rows[i].text, &scenario) == OK);
        CHECK_ROW(rows[i].text, scenario.alone == rows[i].alone);
        CHECK_ROW(rows[i].text, scenario.has_faults == rows[i].has_faults);
        for (size_t k = 0; k < flaws.count; k++) {
            (void)fprintf(stderr, "      %s: %s\n", flaws.items[k].pointer, flaws.items[k].text);
        }
        scenario_finish(&scenario);
    }
}

/* A folder is its *.json in order; a file is itself; what is not there is said. */
static void test_find(void)
{
    struct error error = {0};
    json_t *paths = json_array();
    CHECK_OK(scenarios_find(fixture_path("scenarios"), paths, &error));
    size_t count = json_array_size(paths);
    CHECK(count > 0);
    for (size_t i = 1; i < count; i++) {
        CHECK(strcmp(json_string_value(json_array_get(paths, i - 1)), json_string_value(json_array_get(paths, i))) < 0);
    }
    char one[256];
    (void)snprintf(one, sizeof one, "%s", json_string_value(json_array_get(paths, 0)));
    CHECK_OK(scenarios_find(one, paths, &error));
    CU_ASSERT_EQUAL(json_array_size(paths), count + 1);
    CU_ASSERT_EQUAL(scenarios_find("/nowhere", paths, &error), E_IO);
    CHECK(strstr(error.text, "No such file") != NULL);
    CU_ASSERT_EQUAL(scenarios_find("/proc/self/fd", paths, &error), E_NOT_FOUND);
    json_decref(paths);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"wrong files", test_wrong}, {"right files", test_right}, {"files and folders", test_find}, {0}};
    if (scenario_schema(&schema) != OK) {
        return 1;
    }
    int code = suite_run("scenario rules", cases);
    json_decref(schema);
    return code;
}
