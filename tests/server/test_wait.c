/* `mockdc wait` against a real server and a virtual device: what it prints, and its exit codes. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/instant.h"
#include "device.h"
#include "support/suite.h"

static char output[16384];

/* Runs a line of the shell in which $W is `mockdc wait` of this server. */
static int shell(const struct server *server, const char *line)
{
    char command[256];
    (void)snprintf(command, sizeof command, "%s wait --url %s", server_program(), server->http);
    (void)setenv("W", command, 1);
    return shell_run(line, output, sizeof output);
}

static bool says(const char *text)
{
    bool right = strstr(output, text) != NULL;
    if (!right) {
        (void)fprintf(stderr, "    %s\n", output);
    }
    return right;
}

static json_t *output_json(void)
{
    json_t *json = json_loads(output, 0, NULL);
    CHECK_FATAL(json != NULL);
    return json;
}

/* Starts `mockdc wait` with these arguments; what it prints goes to `name` in the server's folder. */
static pid_t start(const struct server *server, const char *name, const char *const *arguments)
{
    char path[128];
    const char *argv[16] = {server_program(), "wait", "--url", server->http};
    for (size_t i = 0; arguments[i] != NULL; i++) {
        argv[4 + i] = arguments[i];
    }
    (void)snprintf(path, sizeof path, "%s/%s", server->folder, name);
    return process_start(argv, path);
}

static int waiting_calls(const struct server *server)
{
    (void)setenv("URL", server->http, 1);
    CU_ASSERT_EQUAL(
        shell_run("curl -s $URL/metrics | sed -n 's/^mockdc_http_waiting_calls //p'", output, sizeof output), 0);
    return atoi(output);
}

static bool until_waiting(const struct server *server, int count)
{
    for (int64_t end = monotonic_ms() + 10000; monotonic_ms() < end; sleep_ms(20)) {
        if (waiting_calls(server) == count) {
            return true;
        }
    }
    return false;
}

/* The commands wait before the server knows the device; statuses and events are seen as they come. */
static void test_an_upgrade(void)
{
    struct server server;
    server_start(&server, NULL);
    CU_ASSERT_EQUAL(rest_simple_plan(&server, 20000, NULL), 1);
    pid_t status = start(&server, "out", (const char *const[]){"--plan", "1", "--device", TEST_DK, NULL});
    pid_t event = start(&server, "out", (const char *const[]){"--log-kind", "downloading", "--device", TEST_DK, NULL});
    pid_t plan = start(&server, "out", (const char *const[]){"--plan", "1", "--for", "upgrading", NULL});
    CHECK(until_waiting(&server, 2)); /* the first one asks again and again for a device that is not there */
    pid_t device = device_start(&server, NULL, NULL);
    CU_ASSERT_EQUAL(process_wait(device, 20), 0);
    CU_ASSERT_EQUAL(process_wait(status, 20), 0);
    CU_ASSERT_EQUAL(process_wait(event, 20), 0);
    CU_ASSERT_EQUAL(process_wait(plan, 20), 0);
    (void)setenv("OUT", server.folder, 1);
    CU_ASSERT_EQUAL(shell(&server, "cat $OUT/out"), 0);
    CHECK(says("upgraded: device " TEST_DK " in plan 1\n"));
    CHECK(says("log downloading, device " TEST_DK ", plan 1, at 20"));
    CHECK(says("upgrading: plan 1\n"));
    CU_ASSERT_EQUAL(shell(&server, "$W --plan 1 --device " TEST_DK " --timeout 0"), 0);
    CHECK(says("upgraded: device " TEST_DK " in plan 1\n"));
    CU_ASSERT_EQUAL(shell(&server, "$W --event device --what upgrade --for upgraded --plan 1 --json"), 0);
    json_t *json = output_json();
    CHECK_TEXT(json_text_at(json, "items.0.components.0.step"), "successful");
    (void)setenv("CURSOR", json_text_at(json, "cursor"), 1);
    json_decref(json);
    /* behind it there is none */
    CU_ASSERT_EQUAL(shell(&server, "$W --event device --what upgrade --plan 1 --after $CURSOR --timeout 0.05"), 3);
    CHECK(says("timeout: event: "));
    server_stop(&server);
}

/* What is final and not wished ends the wait at once. */
static void test_another_end(void)
{
    struct server server;
    server_start(&server, NULL);
    int64_t plan = rest_simple_plan(&server, 5000, "{\"retries\": 0}");
    CU_ASSERT_EQUAL(plan, 1);
    pid_t device =
        device_start(&server, (const char *const[]){"--flash", "fail", "--exit-after", "failed", NULL}, NULL);
    int64_t began = monotonic_ms();
    CU_ASSERT_EQUAL(shell(&server, "$W --plan 1 --device " TEST_DK " --timeout 600"), 1);
    CHECK(monotonic_ms() - began < 20000);
    CHECK(says("failed: device " TEST_DK " in plan 1, reason "));
    CU_ASSERT_EQUAL(shell(&server, "$W --plan 1 --device " TEST_DK " --for upgraded,failed --timeout 600"), 0);
    CU_ASSERT_EQUAL(shell(&server, "$W --plan 1 --device " TEST_DK " --for inUpgrade --timeout 600 --json"), 1);
    json_t *json = output_json();
    CHECK_TEXT(json_text_at(json, "status"), "failed");
    json_decref(json);
    json_decref(rest_expect(&server, "POST", "/api/v1/plans/1/terminate", NULL, 200));
    CU_ASSERT_EQUAL(shell(&server, "$W --plan 1 --timeout 600"), 1);
    CHECK(says("terminated: plan 1\n"));
    (void)process_wait(device, 20);
    server_stop(&server);
}

/* The end of the time says what it is now, or what came nearest. */
static void test_timeouts(void)
{
    struct server server;
    server_start(&server, NULL);
    CU_ASSERT_EQUAL(rest_simple_plan(&server, 5000, NULL), 1);
    CU_ASSERT_EQUAL(shell(&server, "$W --plan 1 --timeout 0.05"), 3);
    CHECK(says("timeout: plan 1: is activated, after 0.05 s\n"));
    CU_ASSERT_EQUAL(shell(&server, "$W --plan 1 --device D1 --timeout 0.3"), 3);
    CHECK(says("timeout: device D1 in plan 1: the plan does not know it, after 0.3 s\n"));
    json_decref(rest_expect(&server, "POST", "/api/v1/products/pk1/devices", "{\"deviceKey\": \"D1\"}", 201));
    CU_ASSERT_EQUAL(shell(&server, "$W --plan 1 --device D1 --timeout 0.05"), 3);
    CHECK(says("timeout: device D1 in plan 1: is nonUpgraded"));
    CU_ASSERT_EQUAL(shell(&server, "$W --event device --what created --device D2 --timeout 0.05"), 3);
    CHECK(says("timeout: event: none of ") && says("nearest, but for deviceKey: device created, device D1"));
    CU_ASSERT_EQUAL(shell(&server, "$W --event device --what created --device D2 --timeout 0.05 --json"), 3);
    json_t *json = output_json();
    CHECK_TEXT(json_text_at(json, "type"), "urn:mockdc:problem:await-timeout");
    CHECK(json_text_at(json, "cursor")[0] != '\0');
    json_decref(json);
    server_stop(&server);
}

static void test_a_verification(void)
{
    struct server server;
    server_start(&server, NULL);
    json_decref(rest_expect(&server, "POST", "/api/v1/products",
                            "{\"name\": \"P\", \"productKey\": \"pk1\", \"productSecret\": \"secret1\"}", 201));
    CU_ASSERT_EQUAL(rest_package(&server,
                                 "{\"name\": \"App\", \"productKey\": \"pk1\", \"componentType\": \"mcu\", "
                                 "\"packageType\": \"full\", \"targetVersion\": \"2_0_0\"}",
                                 "app.bin", test_bytes(5000, 1), 5000),
                    1);
    pid_t device = device_start(&server, NULL, NULL);
    CU_ASSERT_EQUAL(shell(&server, "$W --event device --what reported --device " TEST_DK), 0);
    CHECK(says("device reported, device " TEST_DK ", at 20"));
    json_decref(rest_expect(&server, "POST", "/api/v1/packages/1/verifications",
                            "{\"productKey\": \"pk1\", \"deviceKey\": \"" TEST_DK "\", \"componentNo\": \"STM32\"}",
                            201));
    CU_ASSERT_EQUAL(shell(&server, "$W --package 1 --verification 1 --timeout 15"), 0);
    CHECK(says("succeeded: verification 1 of package 1\n"));
    CU_ASSERT_EQUAL(shell(&server, "$W --package 1 --verification 1 --for failed --timeout 600"), 1);
    CHECK(kill(device, SIGTERM) == 0);
    (void)process_wait(device, 20);
    server_stop(&server);
}

/* Refused by the server, or no server at all. */
static void test_refusals(void)
{
    static const struct {
        const char *line;
        int code;
        const char *parts[2];
    } rows[] = {
        {"$W --plan 9", 2, {"404", "There is no such thing"}},
        {"$W --plan 9 --device d", 2, {"--plan", "there is no plan 9"}},
        {"$W --plan 1 --for nonsense", 2, {"/?waitFor", "must be some of: saved"}},
        {"$W --event nonsense", 2, {"/?kind", "must be some of: plan"}},
        {"$W --event clock --log-kind failed", 2, {"/?logKind", "it can never match"}},
        {"$W --event log --after 00000000-1", 2, {"410", "an earlier run of the server"}},
        {"$W --plan 1 --device 'a b/c?d&e' --timeout 0", 3, {"the plan does not know it"}},
        {"$W --plan 1 --url http://127.0.0.1:1", 4, {"http://127.0.0.1:1"}},
        {"$W --plan 1 --url ftp://x", 2, {"--url", "http://HOST:PORT"}},
        {"${W% --url *} --runtime-dir /tmp/mockdc-nobody-here --plan 1", 4, {"none runs here"}},
    };
    struct server server;
    server_start(&server, NULL);
    CU_ASSERT_EQUAL(rest_simple_plan(&server, 5000, NULL), 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_ROW(rows[i].line, shell(&server, rows[i].line) == rows[i].code);
        for (size_t part = 0; part < 2 && rows[i].parts[part] != NULL; part++) {
            CHECK_ROW(rows[i].line, says(rows[i].parts[part]));
        }
    }
    server_stop(&server);
}

/* As `mockdc health` it finds the server that runs here; the token comes by option or variable. */
static void test_finds_the_server(void)
{
    struct server server;
    char folder[] = "/tmp/mockdc-run-XXXXXX";
    CHECK_FATAL(mkdtemp(folder) != NULL);
    (void)setenv("MOCKDC_RUNTIME_DIR", folder, 1);
    server_start(&server, (const char *const[]){"--api-token", "t", NULL});
    CU_ASSERT_EQUAL(shell(&server, "${W% --url *} --event product --timeout 0"), 2);
    CHECK(says("--api-token") && says("wants one"));
    CU_ASSERT_EQUAL(shell(&server, "${W% --url *} --event product --timeout 0 --api-token t"), 3);
    CHECK(says("timeout: event: no event has come, after 0 s"));
    CU_ASSERT_EQUAL(shell(&server, "MOCKDC_API_TOKEN=t ${W% --url *} --event product --timeout 0"), 3);
    server_stop(&server);
    CU_ASSERT_EQUAL(rmdir(folder), 0);
    (void)unsetenv("MOCKDC_RUNTIME_DIR");
}

/* A server that ends tells those who wait; one that is killed cannot, and is noticed all the same. */
static void test_the_end_of_the_server(void)
{
    struct server server;
    server_start(&server, NULL);
    pid_t waits = start(&server, "out", (const char *const[]){"--event", "product", "--timeout", "600", NULL});
    CHECK(until_waiting(&server, 1));
    server_kill(&server);
    CU_ASSERT_EQUAL(process_wait(waits, 20), 4);
    server_restart(&server);
    waits = start(&server, "out", (const char *const[]){"--event", "product", "--timeout", "600", NULL});
    CHECK(until_waiting(&server, 1));
    (void)setenv("OUT", server.folder, 1);
    CHECK_FATAL(kill(server.pid, SIGTERM) == 0);
    CU_ASSERT_EQUAL(process_wait(waits, 20), 4);
    CU_ASSERT_EQUAL(shell(&server, "cat $OUT/out"), 0);
    CHECK(says("503 The server is stopping"));
    server_stop(&server);
}

int main(void)
{
    static const struct test_case cases[] = {{"an upgrade", test_an_upgrade},
                                             {"another end", test_another_end},
                                             {"timeouts", test_timeouts},
                                             {"a verification", test_a_verification},
                                             {"refusals", test_refusals},
                                             {"finds the server", test_finds_the_server},
                                             {"the end of the server", test_the_end_of_the_server},
                                             {0}};
    return suite_run("wait", cases);
}
