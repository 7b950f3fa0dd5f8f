/* The reader of files by the schema: what is right, and every wrong member with its pointer and what is allowed. */
#include <jansson.h>
#include <stdlib.h>

#include "scenario/scenario.h"
#include "scenario/schema.h"
#include "support/suite.h"

static json_t *schema;
static struct flaws flaws;

static void read_text(const char *text)
{
    json_error_t error;
    json_t *json = json_loads(text, 0, &error);
    if (json == NULL) {
        (void)fprintf(stderr, "    %s: %s\n", text, error.text);
    }
    CHECK_FATAL(json != NULL);
    flaws.count = 0;
    schema_check(schema, json, "", &flaws);
    json_decref(json);
}

/* One flaw each: where, and a part of what is said. */
static void test_wrong(void)
{
    static const struct {
        const char *text;
        const char *pointer;
        const char *says;
    } rows[] = {
        {"[]", "", "must be object, is array"},
        {"{'expect':{}}", "/name", "is required"},
        {"{'name':'n'}", "/expect", "is required"},
        {"{'name':'','expect':{}}", "/name", "at least 1 characters"},
        {"{'name':7,'expect':{}}", "/name", "must be string, is integer"},
        {"{'name':'n','expect':{},'step':[]}", "/step", "is steps meant?"},
        {"{'name':'n','expect':{},'colour':1}", "/colour", "known here: $schema, name, about"},
        {"{'name':'n','expect':{},'steps':[]}", "/steps", "at least 1 items"},
        {"{'name':'n','expect':{},'steps':[{}]}", "/steps/0", "at least 1 of the members start, stop, await"},
        {"{'name':'n','expect':{},'steps':[{'evaluate':{},'clearFaults':{}}]}", "/steps/0", "at most 1 of the members"},
        {"{'name':'n','expect':{},'steps':[{'strat':'1'}]}", "/steps/0/strat", "is start meant?"},
        {"{'name':'n','expect':{},'steps':[{'advance':{'seconds':0}}]}", "/steps/0/advance/seconds",
         "at least 1 and at most"},
        {"{'name':'n','expect':{},'clock':{'mode':'real','now':'2027-03-01T09:55:00Z'}}", "/clock/mode",
         "one of manual, offset"},
        {"{'name':'n','expect':{},'clock':{'mode':'manual','now':'tomorrow'}}", "/clock/now", "must match"},
        {"{'name':'n','expect':{},'product':{'productKey':'p1'}}", "/product/productSecret", "is required"},
        {"{'name':'n','expect':{},'devices':[{'deviceKey':'867'}]}", "/devices/0",
         "needs one of virtual, script, real"},
        {"{'name':'n','expect':{},'devices':[{'deviceKey':'867','real':false}]}", "/devices/0/real", "must be true"},
        {"{'name':'n','expect':{},'devices':[{'deviceKey':'8-7','virtual':{}}]}", "/devices/0/deviceKey", "must match"},
        {"{'name':'n','expect':{},'devices':[{'deviceKey':'867','virtual':{'batery':1}}]}", "/devices/0/virtual/batery",
         "is battery meant?"},
        {"{'name':'n','expect':{},'devices':[{'deviceKey':'867','virtual':{'powerCut':3}}]}",
         "/devices/0/virtual/powerCut", "one of 1, 2, 4, 5, 8, 9"},
        {"{'name':'n','expect':{},'devices':[{'deviceKey':'867','virtual':{'encrypt':1}}]}",
         "/devices/0/virtual/encrypt", "must be boolean"},
        {"{'name':'n','expect':{},'packages':[{'name':'p','componentType':'mcu','targetVersion':'2 "
         "0','files':[{'name':'f.bin','size':1}]}]}",
         "/packages/0/targetVersion", "must match"},
        {"{'name':'n','expect':{},'packages':[{'name':'p','componentType':'mcu','targetVersion':'2','files':[{'name':'"
         "f.bin'}]}]}",
         "/packages/0/files/0/size", "is required"},
        {"{'name':'n','expect':{},'packages':[{'name':'p','componentType':'mcu','targetVersion':'2','files':[{'path':'"
         "f','size':1}]}]}",
         "/packages/0/files/0/size", "unknown member"},
        {"{'name':'n','expect':{},'faults':[{'point':'http','action':{'type':'cut'}}]}", "/faults/0/point",
         "one of mqtt.connect, mqtt.link, ota.notify"},
        {"{'name':'n','expect':{},'faults':[{'action':{'type':'cut'}}]}", "/faults/0/point",
         "is required: one of mqtt.connect"},
        {"{'name':'n','expect':{},'faults':[{'point':'http.firmware','action':{'type':'drop'}}]}",
         "/faults/0/action/type", "one of status, refuse, reset"},
        {"{'name':'n','expect':{},'faults':[{'point':'http.firmware','action':{'type':'cut'}}]}",
         "/faults/0/action/atByte", "is required"},
        {"{'name':'n','expect':{},'faults':[{'point':'http.firmware','action':{'type':'cut','atByte':'half'}}]}",
         "/faults/0/action/atByte", "must match"},
        {"{'name':'n','expect':{},'faults':[{'point':'http.firmware','action':{'type':'cut','atByte':-1}}]}",
         "/faults/0/action/atByte", "at least 0"},
        {"{'name':'n','expect':{},'faults':[{'point':'plan','action':{'type':'end','atStep':'waiting'}}]}",
         "/faults/0/action/atStep", "one of start, confirmed"},
        {"{'name':'n','expect':{},'steps':[{'await':{'deviceKey':'867','state':'upgraded'}}]}", "/steps/0/await",
         "needs one of end, status, step, logKind"},
        {"{'name':'n','expect':{},'steps':[{'await':{'deviceKey':'867','status':'done'}}]}", "/steps/0/await/status",
         "one of nonUpgraded, inUpgrade, upgraded, failed"},
        {"{'name':'n','expect':{},'steps':[{'await':{'deviceKey':'867','online':true,'plan':'p'}}]}",
         "/steps/0/await/plan", "unknown member"},
        {"{'name':'n','expect':{'devices':{'867':{}}}}", "/expect/devices/867", "at least 1 of the members"},
        {"{'name':'n','expect':{'devices':{'8 7':{'status':'failed'}}}}", "/expect/devices/8 7", "must match"},
        {"{'name':'n','expect':{'devices':{'867':{'log':['upgraded']}}}}", "/expect/devices/867/log/0",
         "one of otaRequest"},
        {"{'name':'n','expect':{'plans':{'a/b~':{'state':'ended'}}}}", "/expect/plans/a~1b~0/state", "unknown member"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[512];
        (void)snprintf(text, sizeof text, "%s", rows[i].text);
        for (char *at = text; *at != '\0'; at++) {
            *at = *at == '\'' ? '"' : *at;
        }
        read_text(text);
        bool found = false;
        for (size_t k = 0; k < flaws.count; k++) {
            found = found || (strcmp(flaws.items[k].pointer, rows[i].pointer) == 0 &&
                              strstr(flaws.items[k].text, rows[i].says) != NULL);
        }
        CHECK_ROW(rows[i].text, found);
        if (!found) {
            for (size_t k = 0; k < flaws.count; k++) {
                (void)fprintf(stderr, "      %s: %s\n", flaws.items[k].pointer, flaws.items[k].text);
            }
        }
    }
}

/* Not the first flaw: every one, and nothing that is right. */
static void test_all_at_once(void)
{
    read_text(
        "{\"nam\": 1, \"devices\": [{\"deviceKey\": \"867\", \"virtual\": {\"rsrp\": \"low\", \"battery\": 300}}],"
        " \"faults\": [{\"point\": \"plan\", \"action\": {\"type\": \"end\"}}], \"expect\": {\"warned\": []}}");
    static const char *const pointers[] = {
        "/name",         "/nam", "/devices/0/virtual/rsrp", "/devices/0/virtual/battery", "/faults/0/action/atStep",
        "/expect/warned"};
    CU_ASSERT_EQUAL(flaws.count, sizeof pointers / sizeof pointers[0]);
    for (size_t i = 0; i < sizeof pointers / sizeof pointers[0]; i++) {
        bool found = false;
        for (size_t k = 0; k < flaws.count; k++) {
            found = found || strcmp(flaws.items[k].pointer, pointers[i]) == 0;
        }
        CHECK_ROW(pointers[i], found);
    }
}

/* The schema uses no word that the checker would pass over without a check. */
static void test_every_word_is_known(void)
{
    struct error error = {0};
    CHECK_OK(schema_is_known(schema, &error));
    if (error.text[0] != '\0') {
        (void)fprintf(stderr, "    %s\n", error.text);
    }
    json_t *other = json_loads("{\"properties\": {\"a\": {\"oneOf\": [{\"if\": {}}]}}}", 0, NULL);
    CU_ASSERT_EQUAL(schema_is_known(other, &error), E_FORMAT);
    CHECK_TEXT(error.text, "'if' is a word that the checker does not know");
    json_decref(other);
}

/* Every member is described, and every one that is no reference or constant has an example. */
static void check_described(const json_t *part, const char *name, size_t *count)
{
    const char *member = NULL;
    const json_t *value = NULL;
    json_object_foreach(json_object_get(part, "properties"), member, value)
    {
        bool is_reference = json_object_get(value, "$ref") != NULL;
        char place[160];
        (void)snprintf(place, sizeof place, "%.80s/%s", name, member);
        CHECK_ROW(place, is_reference || json_object_get(value, "description") != NULL);
        CHECK_ROW(place, is_reference || json_object_get(value, "const") != NULL ||
                             json_object_get(value, "oneOf") != NULL ||
                             json_array_size(json_object_get(value, "examples")) > 0);
        *count += 1;
        check_described(value, place, count);
    }
    size_t i = 0;
    json_array_foreach(json_object_get(part, "oneOf"), i, value)
    {
        check_described(value, name, count);
    }
    if (json_object_get(part, "items") != NULL) {
        check_described(json_object_get(part, "items"), name, count);
    }
}

static void test_every_member_is_described(void)
{
    size_t count = 0;
    const char *name = NULL;
    const json_t *part = NULL;
    check_described(schema, "", &count);
    json_object_foreach(json_object_get(schema, "$defs"), name, part)
    {
        check_described(part, name, &count);
    }
    CHECK(count > 150);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"wrong members", test_wrong},
        {"all at once", test_all_at_once},
        {"every word of the schema is known", test_every_word_is_known},
        {"every member is described", test_every_member_is_described},
        {0},
    };
    if (scenario_schema(&schema) != OK) {
        return 1;
    }
    int code = suite_run("scenario schema", cases);
    json_decref(schema);
    return code;
}
