/* `mockdc run` as a whole: the examples pass, each fault of theirs matters, reports, exit codes, the end by a signal. */
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/xml.h"
#include "scenario/scenario.h"
#include "support/server.h"
#include "support/suite.h"

enum { SECONDS = 240, TEXT = 16 * 1024 * 1024 };

static char output[65536];
static char folder[64];

/* Runs a line of the shell in which $M is mockdc, $F the examples, $D a scratch folder. */
static int shell(const char *line)
{
    (void)setenv("M", server_program(), 1);
    (void)setenv("F", fixture_path("scenarios"), 1);
    (void)setenv("D", folder, 1);
    return shell_run(line, output, sizeof output);
}

static bool says(const char *text)
{
    bool said = strstr(output, text) != NULL;
    if (!said) {
        (void)fprintf(stderr, "    not said: %s\n%s\n", text, output);
    }
    return said;
}

static char *read_file(const char *name)
{
    static char text[TEXT];
    char path[160];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    size_t length = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
    text[length] = '\0';
    if (file != NULL) {
        (void)fclose(file);
    }
    return text;
}

static void write_file(const char *name, const char *text)
{
    char path[160];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    CHECK_FATAL(file != NULL);
    CHECK(fputs(text, file) >= 0);
    CHECK(fclose(file) == 0);
}

/* --- the examples ----------------------------------------------------------------------------------------------- */

static pid_t start_examples(const char *junit, const char *extra, const char *value)
{
    char path[160];
    char printed[176];
    (void)snprintf(path, sizeof path, "%s/%s", folder, junit);
    (void)snprintf(printed, sizeof printed, "%s.txt", path);
    const char *const argv[] = {server_program(),          "run", "--jobs", "6", "--junit", path,
                                fixture_path("scenarios"), extra, value,    NULL};
    return process_start(argv, printed);
}

static void check_archive(size_t scenarios)
{
    json_t *archive = json_loads(read_file("all.har"), 0, NULL);
    json_t *log = json_object_get(archive, "log");
    size_t i = 0;
    json_t *entry = NULL;
    CHECK_FATAL(log != NULL);
    CHECK_TEXT(json_string_value(json_object_get(log, "version")), "1.2");
    CHECK(json_array_size(json_object_get(log, "pages")) > scenarios / 2); /* some have no download */
    CHECK(json_array_size(json_object_get(log, "entries")) > scenarios);
    CHECK(json_array_size(json_object_get(log, "_journal")) > 10 * scenarios);
    json_array_foreach(json_object_get(log, "entries"), i, entry)
    {
        if (strncmp(json_string_value(json_object_get(entry, "pageref")), "scenario_", 9) != 0) {
            CU_FAIL("an entry without a page");
        }
    }
    json_decref(archive);
}

/* The testcase of this file in the report, cut off behind it; "" when there is none. */
static char *case_of(const char *report, const char *path)
{
    static char text[262144];
    char attribute[256];
    (void)snprintf(attribute, sizeof attribute, "file=\"%s\"", path);
    const char *found = strstr(report, attribute);
    const char *end = found != NULL ? strstr(found, "</testcase>") : NULL;
    (void)snprintf(text, sizeof text, "%.*s", end != NULL ? (int)(end - found) : 0, found != NULL ? found : "");
    return text;
}

/* What a scenario with faults is without them: failed, and not because a fault did not fire. */
static void check_without(const json_t *paths, const char *report)
{
    static struct flaws flaws;
    json_t *schema = NULL;
    size_t faulty = 0;
    CHECK_FATAL(scenario_schema(&schema) == OK);
    for (size_t i = 0; i < json_array_size(paths); i++) {
        const char *path = json_string_value(json_array_get(paths, i));
        struct scenario scenario;
        CHECK_FATAL(scenario_read(path, schema, &scenario, &flaws) == OK);
        const char *played = case_of(report, path);
        CHECK_ROW(path, played[0] != '\0');
        CHECK_ROW(path, strstr(played, "<error") == NULL);
        CHECK_ROW(path, (strstr(played, "<failure") != NULL) == scenario.has_faults);
        CHECK_ROW(path, strstr(played, "fires") == NULL);
        faulty += scenario.has_faults ? 1 : 0;
        scenario_finish(&scenario);
    }
    CHECK(faulty > 60);
    json_decref(schema);
}

static void test_examples(void)
{
    struct error error;
    char har[160];
    json_t *paths = json_array();
    CHECK_FATAL(scenarios_find(fixture_path("scenarios"), paths, &error) == OK);
    size_t count = json_array_size(paths);
    (void)snprintf(har, sizeof har, "%s/all.har", folder);
    pid_t with = start_examples("with.xml", "--har", har);
    pid_t without = start_examples("without.xml", "--without-faults", NULL);
    CU_ASSERT_EQUAL(process_wait(with, SECONDS), 0);
    CU_ASSERT_EQUAL(process_wait(without, SECONDS), 1);
    char numbers[64];
    (void)snprintf(numbers, sizeof numbers, "tests=\"%zu\" failures=\"0\" errors=\"0\" skipped=\"0\"", count);
    const char *report = read_file("with.xml");
    CHECK(xml_is_well_formed(report, strlen(report)));
    CHECK_ROW(numbers, strstr(report, numbers) != NULL);
    CU_ASSERT_EQUAL(xml_count(report, "<testcase "), count);
    if (strstr(report, numbers) == NULL) {
        (void)fprintf(stderr, "%s", strstr(read_file("with.xml.txt"), " passed, "));
    }
    check_archive(count);
    report = read_file("without.xml");
    CHECK(xml_is_well_formed(report, strlen(report)));
    check_without(paths, report);
    json_decref(paths);
}

/* --- the command ------------------------------------------------------------------------------------------------ */

/* An upgrade that must be `status`, with other members of the file. */
static void write_scenario(const char *name, const char *status, const char *members)
{
    char text[2048];
    (void)snprintf(
        text, sizeof text,
        "{\"name\": \"%s & <more>\", %s \"packages\": [{\"name\": \"p\", \"componentType\": \"mcu\", "
        "\"targetVersion\": \"2\", \"files\": [{\"name\": \"f.bin\", \"size\": 1000}]}], \"plans\": [{\"name\": \"a\", "
        "\"components\": [{\"componentNo\": \"STM32\", \"package\": \"p\"}]}], \"devices\": [{\"deviceKey\": \"867\", "
        "\"virtual\": {\"mcu\": {\"STM32\": \"1\"}, \"timeScale\": 100}}], "
        "\"expect\": {\"devices\": {\"867\": {\"status\": \"%s\"}}}}",
        name, members, status);
    write_file(name, text);
}

static void test_verdicts(void)
{
    write_scenario("good.json", "upgraded", "");
    write_scenario("bad.json", "failed", "");
    CU_ASSERT_EQUAL(shell("$M run $D/good.json"), 0);
    CHECK(says("[ 1/1] good.json & <more>") && says("await 867: upgraded") && says("  passed (") &&
          says("1 passed, 0 failed in"));
    CU_ASSERT_EQUAL(shell("$M run --junit $D/j.xml --quiet $D/bad.json $D/good.json"), 1);
    CHECK(says("/expect/devices/867/status: expected failed, actual upgraded"));
    CHECK(says("the last lines of 867:") && says("status 11 UPDATESUCCESS STM32") && says("succeeded"));
    CHECK(says("1 passed, 1 failed in") && says("FAILED: ") && !strstr(output, "await 867"));
    const char *report = read_file("j.xml");
    CHECK(xml_is_well_formed(report, strlen(report)));
    CHECK(strstr(report, "tests=\"2\" failures=\"1\"") != NULL);
    CHECK(strstr(report, "<failure type=\"failure\" message=\"/expect/devices/867/status: expected failed") != NULL);
    CHECK(strstr(report, "classname=\"bad\" name=\"bad.json &amp; &lt;more&gt;\"") != NULL);
}

/* Wrong command lines and files: 2, every flaw with its pointer, nothing is played. */
static void test_wrong(void)
{
    static const struct {
        const char *line;
        const char *says;
    } rows[] = {
        {"$M run", "name a scenario"},
        {"$M run $D/nothing.json", "No such file"},
        {"$M run --jobs 0 $D/good.json", "--jobs"},
        {"$M run --keep $D/good.json", "--keep: a server of our own ends with the run"},
        {"$M run --url http://127.0.0.1:1 $D/good.json", "127.0.0.1:1"},
        {"mkdir -p $D/empty; $M run $D/empty", "no file *.json"},
        {"$M run $D/good.json $D/wrong.json", "/wrong.json: /steps/0/evalute: unknown member; is evaluate meant?"},
        {"$M run $D/good.json $D/wrong.json", "/wrong.json: /devices/0: needs one of virtual, script, real"},
        {"$M run $D/good.json $D/wrong.json", "1 of 2 are no scenarios"},
        {"$M run $D/broken.json", "/broken.json: line 1, column"},
        {"$M run --junit /nowhere/j.xml $D/good.json", "/nowhere/j.xml"},
    };
    write_file("wrong.json", "{\"name\": \"n\", \"devices\": [{\"deviceKey\": \"8\"}], \"steps\": [{\"evalute\": {}}], "
                             "\"expect\": {}}");
    write_file("broken.json", "{\"name\": ");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_ROW(rows[i].line, shell(rows[i].line) == 2);
        CHECK_ROW(rows[i].line, says(rows[i].says));
    }
}

static void test_list(void)
{
    CU_ASSERT_EQUAL(shell("$M run --list $F/http-cut.json $F/first-upgrade.json"), 0);
    CHECK(says("http-cut.json\n    cut at half of the first download  [http.firmware, cut]\n    A lost connection"));
    CHECK(says("first-upgrade.json") && strstr(output, "passed") == NULL);
}

/* Against a server that runs: the product is gone afterwards, or kept; one with keys of its own stays. */
static void test_running_server(void)
{
    struct server server;
    const char *const options[] = {"--api-token", "secret-of-run", NULL};
    server_start(&server, options);
    (void)setenv("U", server.http, 1);
    (void)setenv("MOCKDC_API_TOKEN", "secret-of-run", 1);
    write_scenario("named.json", "upgraded",
                   "\"product\": {\"productKey\": \"mine\", \"productSecret\": \"mysecret\"},");
    write_scenario("other.json", "upgraded",
                   "\"product\": {\"productKey\": \"mine\", \"productSecret\": \"othersecret\"},");
    static const char count[] = "curl -s -H \"Authorization: Bearer $MOCKDC_API_TOKEN\" $U/api/v1/products | grep -o "
                                "productKey | wc -l";
    CU_ASSERT_EQUAL(shell("$M run --url $U $D/good.json"), 0);
    CU_ASSERT_EQUAL(shell(count), 0);
    CHECK(says("0\n"));
    CU_ASSERT_EQUAL(shell("$M run --url $U --keep $D/good.json"), 0);
    CHECK(says("kept: product p") && says(" with secret "));
    CU_ASSERT_EQUAL(shell(count), 0);
    CHECK(says("1\n"));
    CU_ASSERT_EQUAL(
        shell("curl -s -H \"Authorization: Bearer $MOCKDC_API_TOKEN\" -H 'Content-Type: application/json' -d "
              "'{\"name\":\"m\",\"productKey\":\"mine\",\"productSecret\":\"mysecret\"}' $U/api/v1/products"),
        0);
    CU_ASSERT_EQUAL(shell("$M run --url $U $D/named.json"), 0);
    CU_ASSERT_EQUAL(shell(count), 0);
    CHECK(says("2\n"));
    CU_ASSERT_EQUAL(shell("$M run --url $U $D/other.json"), 1);
    CHECK(says("BROKEN") && says("another secret"));
    CU_ASSERT_EQUAL(shell("MOCKDC_API_TOKEN=wrong $M run --url $U $D/good.json"), 2);
    (void)unsetenv("MOCKDC_API_TOKEN");
    server_stop(&server);
}

/* A device that cannot start, an await that never comes, the time of a scenario: said, and quickly. */
static void test_steps_that_fail(void)
{
    static const struct {
        const char *steps;
        const char *options;
        const char *says;
    } rows[] = {
        {"{\"await\": {\"deviceKey\": \"867\", \"logKind\": \"refused\", \"timeout\": 0.3}}", "",
         "step 1 (await): 867: log entry refused has not come; last in the log: "},
        {"{\"await\": {\"deviceKey\": \"867\", \"status\": \"failed\"}}", "--timeout 1", "step 1 (await): "},
        {"{\"await\": {\"deviceKey\": \"867\", \"end\": true}}, {\"evaluate\": {\"notified\": 1}}", "",
         "step 2 (evaluate): evaluate: 0 devices were notified instead of 1"},
        {"{\"expect\": {\"devices\": {\"867\": {\"connects\": 7}}}}", "",
         "step 1 (expect): /expect/devices/867/connects"},
        {"{\"suspend\": \"a\"}, {\"suspend\": \"a\"}", "", "step 2 (suspend): "},
        {"{\"start\": \"867\"}, {\"start\": \"867\"}", "", "step 2 (start): 867: it is on already"},
        {"{\"request\": {\"method\": \"GET\", \"path\": \"/api/v1/plans/{plan:none}\", \"status\": 200}}", "",
         "step 1 (request): request: nothing is named {plan:none}"},
        {"{\"request\": {\"method\": \"GET\", \"path\": \"/api/v1/plans/{plan:a}\", \"status\": 200, \"answer\": "
         "{\"status\": \"ended\"}}}",
         "", "the answer has not what is expected"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char members[512];
        char line[128];
        (void)snprintf(members, sizeof members, "\"steps\": [%s],", rows[i].steps);
        write_scenario("step.json", "upgraded", members);
        (void)snprintf(line, sizeof line, "$M run %s $D/step.json", rows[i].options);
        CHECK_ROW(rows[i].steps, shell(line) == 1);
        CHECK_ROW(rows[i].steps, says(rows[i].says));
    }
    write_file("start.json",
               "{\"name\": \"n\", \"devices\": [{\"deviceKey\": \"867\", \"virtual\": {\"powerCut\": 1, "
               "\"restartAt\": 2}}], \"steps\": [{\"await\": {\"deviceKey\": \"867\", \"online\": true}}], "
               "\"expect\": {}}");
    CU_ASSERT_EQUAL(shell("$M run $D/start.json"), 1);
    CHECK(says("867: the device did not start") && says("not together with --power-cut"));
}

/* Ctrl-C: the reports are written, the devices and the server of our own are gone. */
static void test_interrupted(void)
{
    char junit[160];
    char file[160];
    char second[160];
    char printed[160];
    write_scenario("long.json", "failed",
                   "\"steps\": [{\"await\": {\"deviceKey\": \"867\", \"status\": \"failed\"}}],");
    (void)snprintf(junit, sizeof junit, "%s/int.xml", folder);
    (void)snprintf(file, sizeof file, "%s/long.json", folder);
    (void)snprintf(second, sizeof second, "%s/good.json", folder);
    (void)snprintf(printed, sizeof printed, "%s/int.txt", folder);
    const char *const argv[] = {server_program(), "run", "--jobs", "1", "--junit", junit, file, second, NULL};
    pid_t pid = process_start(argv, printed);
    for (int i = 0; i < 500 && strstr(read_file("int.txt"), "start 867") == NULL; i++) {
        sleep_ms(20);
    }
    sleep_ms(300);
    char line[128];
    (void)snprintf(line, sizeof line, "pgrep -P %d | tee $D/children; [ $(wc -l <$D/children) = 2 ]", (int)pid);
    CU_ASSERT_EQUAL(shell(line), 0); /* the server and the device */
    CHECK(kill(pid, SIGINT) == 0);
    CU_ASSERT_EQUAL(process_wait(pid, 10), 1);
    const char *report = read_file("int.xml");
    CHECK(xml_is_well_formed(report, strlen(report)));
    CHECK(strstr(report, "errors=\"1\" skipped=\"1\"") != NULL);
    CHECK(strstr(report, "interrupted") != NULL);
    CHECK(strstr(read_file("int.txt"), "1 broken, 1 not played") != NULL);
    CU_ASSERT_EQUAL(shell("for p in $(cat $D/children); do ! kill -0 $p || exit 1; done"), 0);
}

static void test_nothing_stays(void)
{
    CU_ASSERT_EQUAL(shell("rm -r $D"), 0);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"verdicts and reports", test_verdicts},
        {"wrong command lines and files", test_wrong},
        {"a list", test_list},
        {"a server that runs", test_running_server},
        {"steps that fail", test_steps_that_fail},
        {"interrupted", test_interrupted},
        {"the examples pass, and each fault of theirs matters", test_examples},
        {"nothing stays", test_nothing_stays},
        {0},
    };
    (void)snprintf(folder, sizeof folder, "/tmp/mockdc-test-run-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    return suite_run("run", cases);
}
