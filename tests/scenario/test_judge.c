/* The judge: one expectation against one piece of evidence; what is right is silent, what is wrong says what came. */
#include <jansson.h>
#include <stdlib.h>

#include "scenario/judge.h"
#include "support/suite.h"

static struct flaws findings;

/* A device 867 that failed once, loaded twice, and was warned once; a plan; two faults of which one fired. */
static const char evidence_text[] =
    "{'devices':{'867':{'device':{'online':true,'moduleVersion':'M1','mcuVersions':{'STM32':'2_0','GPS':'1'},"
    "'sessionEncrypted':false},"
    "'plans':{'a':{'row':{'status':'failed','reason':'timeout','startedAt':'2027-03-01T10:00:00.000Z','endedAt':'2027-"
    "03-01T10:00:02.500Z','components':[{'componentNo':'STM32','step':'failed',"
    "'progress':40,'attempts':2},{'componentNo':'module','step':'waiting','progress':0,'attempts':0}]},"
    "'log':[{'kind':'planIssued','detail':''},{'kind':'attemptFailed','detail':'attempt 1: download error'},"
    "{'kind':'urlIssued','detail':''},{'kind':'failed','detail':'no attempts left'}]},"
    "'b':{'row':null,'log':[]}}}},"
    "'plans':{'a':{'plan':{'status':'ended'},'statistics':{'upgraded':0,'failed':1,'inUpgrade':0,'nonUpgraded':0}}},"
    "'faults':[{'point':'ota.url','action':{'type':'drop'},'fired':3},{'point':'plan','action':{'type':'end'},'fired':"
    "0}],"
    "'journal':["
    "{'kind':'connect','deviceKey':'867'},{'kind':'refuse','deviceKey':'867'},"
    "{'kind':'frame','deviceKey':'867','direction':'server','command':'otaNotify','verdict':'ok','at':'2027-03-01T10:"
    "00:00.000Z','wallAt':'2026-01-01T00:00:00.000Z'},"
    "{'kind':'frame','deviceKey':'867','direction':'device','command':'otaStatus','verdict':'ok','decoded':'13: 1, 14: "
    "x'},"
    "{'kind':'frame','deviceKey':'867','direction':'device','command':'otaStatus','verdict':'ok','decoded':'13: 5, 14: "
    "x'},"
    "{'kind':'frame','deviceKey':'867','direction':'device','command':'otaStatus','verdict':'ok','decoded':'13: 5, 14: "
    "x'},"
    "{'kind':'frame','deviceKey':'867','direction':'device','command':'otaStatus','verdict':'dropped','decoded':'13: "
    "9'},"
    "{'kind':'frame','deviceKey':'901','direction':'device','command':'otaStatus','verdict':'ok','decoded':'13: 2'},"
    "{'kind':'frame','deviceKey':'867','direction':'device','command':'otaStatus','verdict':'ok','decoded':'4: "
    "S13: 7, 13: 12','wallAt':'2026-01-01T00:00:02.500Z'},"
    "{'kind':'firmware','deviceKey':'867','status':206,'bytes':100},"
    "{'kind':'firmware','deviceKey':'867','status':404,'bytes':20},"
    "{'kind':'firmware','deviceKey':'867','status':200,'bytes':0},"
    "{'kind':'warning','deviceKey':'867','rule':'statusOrder','detail':'status 9 behind 5'}]}";

/* Single quotes stand for double ones. */
static json_t *parse(const char *text)
{
    size_t length = strlen(text);
    char *copy = malloc(length + 1);
    CHECK_FATAL(copy != NULL);
    for (size_t i = 0; i <= length; i++) {
        copy[i] = text[i] == '\'' ? '"' : text[i];
    }
    json_error_t error;
    json_t *json = json_loads(copy, 0, &error);
    if (json == NULL) {
        (void)fprintf(stderr, "    %s: %s\n", text, error.text);
    }
    CHECK_FATAL(json != NULL);
    free(copy);
    return json;
}

static void judge_text(const char *expect_text, const char *evidence, bool at_end)
{
    json_t *expect = parse(expect_text);
    json_t *found = parse(evidence);
    findings.count = 0;
    judge(expect, found, at_end, &findings);
    json_decref(expect);
    json_decref(found);
}

static void test_device(void)
{
    static const struct {
        const char *expected; /* of device 867 */
        const char *says;     /* NULL: it is so */
    } rows[] = {
        {"'plan':'a','status':'failed'", NULL},
        {"'plan':'a','status':'upgraded'", "/status: expected upgraded, actual failed (timeout)"},
        {"'plan':'b','status':'failed'", "/status: expected failed, actual unknown"},
        {"'plan':'a','reason':'timeout'", NULL},
        {"'plan':'a','reason':null", "/reason: expected null, actual timeout"},
        {"'plan':'a','step':'failed','attempts':2,'progress':40", NULL},
        {"'plan':'a','step':'waiting'", "/step: expected waiting, actual failed"},
        {"'plan':'a','componentNo':'module','step':'waiting','attempts':0", NULL},
        {"'plan':'a','componentNo':'nope','step':'waiting'", "/step: expected waiting, actual nothing"},
        {"'plan':'a','attempts':1", "/attempts: expected 1, actual 2"},
        {"'plan':'a','progress':100", "/progress: expected 100, actual 40"},
        {"'downloads':1,'connects':1", NULL},
        {"'downloads':3", "/downloads: expected 3, actual 1"},
        {"'refusals':1", NULL},
        {"'refusals':0", "/refusals: expected 0, actual 1"},
        {"'plan':'a','took':{'atLeast':2.5,'atMost':2.5}", NULL},
        {"'plan':'a','took':{'atLeast':2.6}", "/took: expected {\"atLeast\":2.6"},
        {"'plan':'a','took':{'atMost':2}", "actual 2.500 seconds"},
        {"'plan':'b','took':{'atMost':2}", "actual no end"},
        {"'frames':[{'from':'server','command':'otaNotify'},{'from':'device','command':'otaStatus','count':4}]", NULL},
        {"'frames':[{'from':'server','command':'otaNotify','count':2}]",
         "/frames/0: expected 2 otaNotify of the server, actual 1"},
        {"'frames':[{'from':'device','command':'otaStatus','contains':'13: 12','count':1}]", NULL},
        {"'frames':[{'from':'device','command':'otaStatus','contains':'13: 9'}]",
         "expected at least 1 otaStatus of the device with 13: 9, actual 0"},
        {"'frames':[{'from':'device','command':'otaStatus','contains':'13: 9','verdict':'dropped'}]", NULL},
        {"'connects':2", "/connects: expected 2, actual 1"},
        {"'statuses':[1,5,12]", NULL},
        {"'statuses':[1,5,5,12]", "/statuses: expected [1,5,5,12], actual [1,5,12]"},
        {"'statuses':[]", "/statuses: expected [], actual [1,5,12]"},
        {"'statusesInclude':[1,12]", NULL},
        {"'statusesInclude':[12,1]", "/statusesInclude: expected [12,1] in this order (1 is missing), actual [1,5,12]"},
        {"'statusesInclude':[2]", "(2 is missing)"},
        {"'plan':'a','log':['planIssued','failed']", NULL},
        {"'plan':'a','log':['failed','planIssued']", "(planIssued is missing)"},
        {"'plan':'a','lastError':'no attempts'", NULL},
        {"'plan':'a','lastError':'download error'", "/lastError: expected download error, actual no attempts left"},
        {"'plan':'b','lastError':'x'", "actual no error at all"},
        {"'online':true,'moduleVersion':'M1','encrypted':false", NULL},
        {"'online':false", "/online: expected false, actual true"},
        {"'encrypted':true", "/encrypted: expected true, actual false"},
        {"'moduleVersion':'M2'", "/moduleVersion: expected M2, actual M1"},
        {"'mcuVersions':{'STM32':'2_0'}", NULL},
        {"'mcuVersions':{'STM32':'3_0'}", "/mcuVersions: expected {\"STM32\":\"3_0\"}, actual {\"STM32\":\"2_0\""},
        {"'mcuVersions':{'WIFI':'1'}", "/mcuVersions: expected"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char expect[512];
        char said[1024] = "";
        (void)snprintf(expect, sizeof expect, "{'devices':{'867':{%s}}}", rows[i].expected);
        judge_text(expect, evidence_text, false);
        if (findings.count > 0) {
            (void)snprintf(said, sizeof said, "%s: %s", findings.items[0].pointer, findings.items[0].text);
        }
        CHECK_ROW(rows[i].expected, findings.count == (rows[i].says != NULL ? 1U : 0U));
        CHECK_ROW(rows[i].expected, rows[i].says == NULL || strstr(said, rows[i].says) != NULL);
        CHECK_ROW(rows[i].expected, rows[i].says == NULL || strstr(said, "/expect/devices/867/") == said);
        if (findings.count > 0 && (rows[i].says == NULL || strstr(said, rows[i].says) == NULL)) {
            (void)fprintf(stderr, "      %s\n", said);
        }
    }
}

static void test_the_rest(void)
{
    static const struct {
        const char *expect;
        bool at_end;
        const char *says; /* of the first finding; NULL: none */
    } rows[] = {
        {"{}", false, NULL},
        {"{'plans':{'a':{'status':'ended','failed':1}}}", false, NULL},
        {"{'plans':{'a':{'status':'terminated'}}}", false, "/expect/plans/a/status: expected terminated, actual ended"},
        {"{'plans':{'a':{'upgraded':1}}}", false, "/expect/plans/a/upgraded: expected 1, actual 0"},
        {"{'warnings':['statusOrder']}", true, "expected that plan end fires, actual: it did not"},
        {"{'warnings':['statusOrder'],'faults':{'fired':[3,0]}}", true, NULL},
        {"{'warned':['statusOrder'],'faults':{'fired':[3,0]}}", true, NULL},
        {"{'faults':{'fired':[3,0]}}", true,
         "/expect/warnings: expected no warning of the referee, actual statusOrder"},
        {"{'warnings':['keepAlive'],'faults':{'fired':[3,0]}}", true, "actual statusOrder"},
        {"{'warnings':[]}", false, "actual statusOrder"},
        {"{'warned':['keepAlive']}", false, "/expect/warned: expected a warning keepAlive"},
        {"{'faults':{'fired':[2,0]}}", false,
         "/expect/faults/fired/0: expected that ota.url drop fires 2 times, actual 3"},
        {"{'notNotified':['901']}", false, NULL},
        {"{'notNotified':['901','867']}", false, "867 is not notified, actual: it was, at 2027-03-01T10:00:00.000Z"},
        {"{'notifiedOnlyWithin':{'from':'2027-03-01T10:00:00Z','to':'2027-03-01T11:00:00Z'}}", false, NULL},
        {"{'notifiedOnlyWithin':{'from':'2027-03-01T09:00:00Z','to':'2027-03-01T10:00:00Z'}}", false,
         "/expect/notifiedOnlyWithin"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char said[1024] = "";
        judge_text(rows[i].expect, evidence_text, rows[i].at_end);
        if (findings.count > 0) {
            (void)snprintf(said, sizeof said, "%s: %s", findings.items[0].pointer, findings.items[0].text);
        }
        CHECK_ROW(rows[i].expect, (findings.count > 0) == (rows[i].says != NULL));
        CHECK_ROW(rows[i].expect, rows[i].says == NULL || strstr(said, rows[i].says) != NULL);
    }
}

/* --without-faults: of faults nothing is expected, not even what stands in the file. */
static void test_without_faults(void)
{
    judge_text("{'faults':{'fired':[7]}}", "{'journal':[],'faults':null}", true);
    CU_ASSERT_EQUAL(findings.count, 0);
}

int main(void)
{
    static const struct test_case cases[] = {{"a device", test_device},
                                             {"plans, warnings, notifies, faults", test_the_rest},
                                             {"without faults", test_without_faults},
                                             {0}};
    return suite_run("scenario judge", cases);
}
