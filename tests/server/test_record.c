/*
 * A session is recorded on one server and repeated on another: the same story, byte for byte of the expectation. And
 * what cannot be recorded.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "story.h"
#include "support/suite.h"

enum { SECONDS = 60, TEXT = 8192, OPTIONS = 5, AWAIT_MS = 15000, PAUSE_MS = 20 };

static const struct row {
    const char *name;
    const char *options[OPTIONS]; /* of the virtual device that is recorded */
    const char *fault;            /* NULL: none */
    const char *statuses;
} rows[] = {
    {"encrypted, three attempts, two downloads cut",
     {"--encrypt", "--sha256"},
     "{\"point\":\"http.firmware\",\"action\":{\"type\":\"cut\",\"atByte\":\"50%\"},\"trigger\":{\"times\":2}}",
     "[1, 2, 4, 5, 6, 4, 5, 6, 4, 5, 8, 9, 11]"},
    {"power cut while it updates",
     {"--power-cut", "9", "--power-off", "200"},
     NULL,
     "[1, 2, 4, 5, 8, 12, 4, 5, 8, 9, 11]"},
    {"flashing fails", {"--flash", "fail"}, NULL, "[1, 2, 4, 5, 8, 9, 12, 4, 5, 8, 9, 12, 4, 5, 8, 9, 12]"},
    {"refused", {"--on-notify", "refuse"}, NULL, "[1, 3]"},
    {"in pieces, out of order", {"--flash-free", "2000", "--disorder"}, NULL, NULL},
    {"the link is cut in the middle",
     {NULL},
     "{\"point\":\"mqtt.link\",\"action\":{\"type\":\"cut\",\"afterFrames\":10},\"trigger\":{\"times\":1}}",
     NULL},
    {"not let in at first",
     {NULL},
     "{\"point\":\"mqtt.connect\",\"action\":{\"type\":\"bootstrapError\",\"code\":10431},\"trigger\":{\"times\":1}}",
     "[1, 2, 4, 5, 8, 9, 11]"},
};

static void start(struct server *server, int64_t *plan)
{
    server_start(server, NULL);
    *plan = rest_simple_plan(server, 5000, "{\"retries\":2}");
}

/* `mockdc record` of the test's device into `path`; its exit code. */
static int record(const struct server *server, const char *path)
{
    const char *const argv[] = {
        server_program(), "record",   "--url", server->http, "--product-key", TEST_PK, "--device-key",
        TEST_DK,          "--output", path,    NULL};
    return process_wait(process_start(argv, NULL), SECONDS);
}

/* The virtual device of the row, to its end. */
static void play_device(const struct server *server, const struct row *row)
{
    const char *argv[24] = {server_program(), "device",      "--mqtt",           server->mqtt,
                            "--product-key",  TEST_PK,       "--product-secret", TEST_PS,
                            "--device-key",   TEST_DK,       "--time-scale",     "20",
                            "--mcu",          "STM32=1_0_0", "--patience",       "2"};
    size_t count = 16;
    for (size_t i = 0; i < OPTIONS && row->options[i] != NULL; i++) {
        argv[count++] = row->options[i];
    }
    CHECK_ROW(row->name, process_wait(process_start(argv, NULL), SECONDS) >= 0);
}

static int play_script(const struct server *server, const json_t *scenario)
{
    char path[128];
    char output[128];
    (void)snprintf(path, sizeof path, "%s/moves.json", server->folder);
    (void)snprintf(output, sizeof output, "%s/moves.txt", server->folder);
    const json_t *device = json_array_get(json_object_get(scenario, "devices"), 0);
    CHECK_FATAL(json_dump_file(json_object_get(device, "script"), path, 0) == 0);
    const char *const argv[] = {server_program(),
                                "device",
                                "--mqtt",
                                server->mqtt,
                                "--product-key",
                                TEST_PK,
                                "--product-secret",
                                TEST_PS,
                                "--device-key",
                                TEST_DK,
                                "--script",
                                path,
                                NULL};
    return process_wait(process_start(argv, output), SECONDS);
}

static void arm(const struct server *server, const json_t *scenario)
{
    size_t i = 0;
    json_t *fault = NULL;
    json_array_foreach(json_object_get(scenario, "faults"), i, fault)
    {
        char *body = json_dumps(fault, 0);
        json_decref(rest_expect(server, "POST", "/api/v1/faults", body, 201));
        free(body);
    }
}

static void check_statuses(const struct row *row, const json_t *scenario)
{
    const json_t *devices = json_object_get(json_object_get(scenario, "expect"), "devices");
    json_t *wanted = row->statuses != NULL ? json_loads(row->statuses, 0, NULL) : NULL;
    const json_t *statuses = json_object_get(json_object_get(devices, TEST_DK), "statuses");
    CHECK_ROW(row->name, wanted == NULL || json_equal((json_t *)statuses, wanted));
    CHECK_ROW(row->name, json_array_size(statuses) > 0);
    json_decref(wanted);
}

static void check_row(const struct row *row)
{
    struct server server;
    int64_t plan = 0;
    char path[128];
    start(&server, &plan);
    if (row->fault != NULL) {
        json_decref(rest_expect(&server, "POST", "/api/v1/faults", row->fault, 201));
    }
    play_device(&server, row);
    (void)snprintf(path, sizeof path, "%s/first.json", server.folder);
    CHECK_ROW(row->name, record(&server, path) == 0);
    json_t *first = json_load_file(path, 0, NULL);
    CHECK_FATAL(first != NULL);
    server_stop(&server);

    start(&server, &plan);
    arm(&server, first);
    int code = play_script(&server, first);
    CHECK_ROW(row->name, code == 0);
    (void)snprintf(path, sizeof path, "%s/second.json", server.folder);
    CHECK_ROW(row->name, record(&server, path) == 0);
    json_t *second = json_load_file(path, 0, NULL);
    CHECK_ROW(row->name, json_equal(json_object_get(first, "expect"), json_object_get(second, "expect")));
    CHECK_ROW(row->name, json_equal(json_object_get(first, "steps"), json_object_get(second, "steps")));
    CHECK_ROW(row->name, json_equal(json_object_get(first, "plans"), json_object_get(second, "plans")));
    check_statuses(row, first);
    if (code != 0 || !json_equal(json_object_get(first, "expect"), json_object_get(second, "expect"))) {
        char command[160];
        (void)snprintf(command, sizeof command, "tail -2 %s/moves.txt >&2", server.folder);
        (void)system(command); /* NOLINT(cert-env33-c): for whoever reads the test's output */
    }
    json_decref(first);
    json_decref(second);
    server_stop(&server);
}

static void test_table(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_row(&rows[i]);
    }
}

/* --- played by mockdc run ------------------------------------------------------------------------------------------ */

/* Until the device's log in the plan has an entry of this kind. */
static void await_log(const struct server *server, int64_t plan, const char *kind)
{
    char kinds[TEXT] = "";
    for (int waited = 0; waited < AWAIT_MS && strstr(kinds, kind) == NULL; waited += PAUSE_MS) {
        char path[96];
        int code = 0;
        (void)snprintf(path, sizeof path, "/api/v1/plans/%lld/devices/%s", (long long)plan, TEST_DK);
        json_decref(rest_call(server, "GET", path, NULL, &code));
        if (code == 200) {
            rest_log_kinds(server, plan, TEST_DK, kinds, sizeof kinds);
        }
        sleep_ms(PAUSE_MS);
    }
    CHECK_ROW(kind, strstr(kinds, kind) != NULL);
}

static void confirm(const struct server *server, int64_t plan)
{
    await_log(server, plan, "skipped");
    json_decref(rest_expect(server, "POST", "/api/v1/products/pk1/devices/" TEST_DK "/upgrade/confirm", "{}", 204));
}

static void cut_link(const struct server *server, int64_t plan)
{
    await_log(server, plan, "downloading");
    json_decref(rest_expect(server, "POST", "/api/v1/products/pk1/devices/" TEST_DK "/disconnect", NULL, 204));
}

static void suspend(const struct server *server, int64_t plan)
{
    await_log(server, plan, "downloading");
    story_act(server, plan, "suspend");
    story_act(server, plan, "resume");
}

static void open_window(const struct server *server, int64_t plan)
{
    await_log(server, plan, "skipped");
    json_decref(story_advance(server, "{\"seconds\": 600}"));
}

static void nothing(const struct server *server, int64_t plan)
{
    (void)server;
    (void)plan;
}

#define SILENT "\"mode\": \"silent\","
#define SLOW                                                                                                           \
    "{\"point\":\"http.firmware\",\"action\":{\"type\":\"throttle\",\"bytesPerSecond\":4000},\"trigger\":{\"times\":"  \
    "1}}"

static const struct run_row {
    const char *name;
    const char *plan;  /* members */
    const char *clock; /* NULL: the server's */
    const char *fault; /* NULL: none */
    void (*act)(const struct server *server, int64_t plan);
    const char *step; /* that the scenario must have */
} run_rows[] = {
    {"an upgrade", SILENT, NULL, NULL, nothing, "\"end\": true"},
    {"the user is asked", "\"mode\": \"manual\", \"upgradeText\": {\"zh\": \"x\", \"en\": \"y\"},", NULL, NULL, confirm,
     "{\"confirm\": {\"deviceKey\": \"" TEST_DK "\"}}"},
    {"the link is cut on request", SILENT, NULL, SLOW, cut_link, "{\"disconnect\": \"" TEST_DK "\"}"},
    {"suspended and resumed", SILENT, NULL, SLOW, suspend, "{\"suspend\": \"plan\"}"},
    {"a window opens", SILENT "\"pushPeriod\": {\"start\": \"22:00\", \"end\": \"06:00\"},", "2027-03-01T13:55:00Z",
     NULL, open_window, "{\"advance\": {\"to\": \"2027-03-01T14:00:00.000Z\"}}"},
};

/* What was recorded passes on a server of its own. */
static void check_run(const struct run_row *row)
{
    struct server server;
    char command[256];
    char output[TEXT];
    char path[128];
    const char *const options[] = {"--time-scale", "20", NULL};
    server_start(&server, NULL);
    int64_t package = story_package(&server);
    int64_t plan = story_plan(&server, package, row->plan);
    if (row->clock != NULL) {
        story_set_clock(&server, row->clock);
    }
    story_act(&server, plan, "activate");
    if (row->fault != NULL) {
        json_decref(rest_expect(&server, "POST", "/api/v1/faults", row->fault, 201));
    }
    pid_t device = device_start(&server, options, NULL);
    row->act(&server, plan);
    CHECK_ROW(row->name, rest_await_device(&server, plan, TEST_DK, "upgraded"));
    CHECK_ROW(row->name, process_wait(device, SECONDS) == 0);
    (void)snprintf(path, sizeof path, "%s/session.json", server.folder);
    CHECK_ROW(row->name, record(&server, path) == 0);
    (void)snprintf(command, sizeof command, "cat %s", path);
    CHECK_ROW(row->name, shell_run(command, output, sizeof output) == 0 && strstr(output, row->step) != NULL);
    (void)snprintf(command, sizeof command, "$M run %s", path);
    int code = shell_run(command, output, sizeof output);
    CHECK_ROW(row->name, code == 0);
    if (code != 0) {
        (void)fprintf(stderr, "%s\n", output);
    }
    server_stop(&server);
}

static void test_run(void)
{
    for (size_t i = 0; i < sizeof run_rows / sizeof run_rows[0]; i++) {
        check_run(&run_rows[i]);
    }
}

/* A secret is in no recording, and neither is the key of a session. */
static void test_no_secrets(void)
{
    struct server server;
    int64_t plan = 0;
    char command[512];
    char output[TEXT];
    start(&server, &plan);
    play_device(&server, &rows[0]);
    (void)snprintf(command, sizeof command, "$M record --url %s --product-key pk1 --device-key %s", server.http,
                   TEST_DK);
    CU_ASSERT_EQUAL(shell_run(command, output, sizeof output), 0);
    CHECK(strstr(output, "secret1") == NULL);
    CHECK(strstr(output, "\"configuration\"") != NULL && strstr(output, "\"keepAlive\": 120") != NULL);
    CHECK(strstr(output, "/firmware/") == NULL);
    server_stop(&server);
}

/* What cannot be recorded is refused, and says what to do. */
static void test_refusals(void)
{
    struct server server;
    int64_t plan = 0;
    char command[512];
    char output[TEXT];
    static const char *const options[] = {"--journal-size", "65536", NULL};
    server_start(&server, options);
    plan = rest_simple_plan(&server, 5000, NULL);
    const char *fault = "{\"point\":\"http.firmware\",\"action\":{\"type\":\"status\",\"code\":404},\"trigger\":"
                        "{\"times\":1}}";
    json_decref(rest_expect(&server, "POST", "/api/v1/faults", fault, 201));
    (void)snprintf(command, sizeof command, "$M record --url %s --product-key pk1 --device-key %s", server.http,
                   TEST_DK);
    CU_ASSERT_EQUAL(shell_run(command, output, sizeof output), 1);
    CHECK(strstr(output, "nothing of device") != NULL);

    play_device(&server, &(struct row){.name = "refusals"});
    json_decref(rest_expect(&server, "DELETE", "/api/v1/faults", NULL, 204));
    CU_ASSERT_EQUAL(shell_run(command, output, sizeof output), 1);
    CHECK(strstr(output, "fault 1 (http.firmware, status) fired, but has been removed since") != NULL);

    /* so many devices that the journal's oldest entries give way */
    (void)snprintf(command, sizeof command,
                   "$M fleet --mqtt %s --product-key pk1 --product-secret secret1 --device-key 8670001 --count 60 "
                   "--mcu STM32=1_0_0 --time-scale 1000",
                   server.mqtt);
    CU_ASSERT_EQUAL(shell_run(command, output, sizeof output), 0);
    (void)snprintf(command, sizeof command, "$M record --url %s --product-key pk1 --device-key 8670060", server.http);
    CU_ASSERT_EQUAL(shell_run(command, output, sizeof output), 1);
    CHECK(strstr(output, "entries have given way to younger ones") != NULL);

    (void)snprintf(command, sizeof command, "$M record --url %s --product-key pk1 --device-key %s --plan 99",
                   server.http, TEST_DK);
    CU_ASSERT_EQUAL(shell_run(command, output, sizeof output), 1);
    server_stop(&server);
    CU_ASSERT_EQUAL(shell_run("$M record --product-key pk1", output, sizeof output), 2);
    CHECK(strstr(output, "--device-key") != NULL);
    CU_ASSERT_EQUAL(shell_run("$M record --product-key pk1 --device-key 1 --since noon", output, sizeof output), 2);
    CU_ASSERT_EQUAL(
        shell_run("$M record --product-key pk1 --device-key 1 --url http://127.0.0.1:1", output, sizeof output), 3);
    (void)plan;
}

/* --plan, --since, --files. */
static void test_choices(void)
{
    struct server server;
    int64_t plan = 0;
    char command[1024];
    char output[TEXT];
    start(&server, &plan);
    play_device(&server, &(struct row){.name = "choices"});
    (void)snprintf(command, sizeof command,
                   "cd %s; mkdir fw; $M record --url %s --product-key pk1 --device-key %s --plan %lld --files fw "
                   "--output s.json; cat s.json",
                   server.folder, server.http, TEST_DK, (long long)plan);
    CU_ASSERT_EQUAL(shell_run(command, output, sizeof output), 0);
    CHECK(strstr(output, "note: fw/fw.bin is not there") != NULL);
    CHECK(strstr(output, "{\"name\": \"fw.bin\", \"size\": 5000, \"seed\": 10}") != NULL);

    (void)snprintf(command, sizeof command, "%s/fw/fw.bin", server.folder);
    FILE *file = fopen(command, "we");
    CHECK_FATAL(file != NULL && fwrite(test_bytes(5000, 1), 1, 5000, file) == 5000 && fclose(file) == 0);
    (void)snprintf(command, sizeof command,
                   "cd %s; $M record --url %s --product-key pk1 --device-key %s --files fw --output s.json; cat s.json",
                   server.folder, server.http, TEST_DK);
    CU_ASSERT_EQUAL(shell_run(command, output, sizeof output), 0);
    CHECK(strstr(output, "{\"path\": \"fw/fw.bin\"}") != NULL);

    (void)snprintf(command, sizeof command,
                   "cd %s; echo other > fw/fw.bin; $M record --url %s --product-key pk1 --device-key %s --files fw "
                   "--output s.json",
                   server.folder, server.http, TEST_DK);
    CU_ASSERT_EQUAL(shell_run(command, output, sizeof output), 1);
    CHECK(strstr(output, "is not the file that was sent") != NULL);

    (void)snprintf(command, sizeof command,
                   "cd %s; $M record --url %s --product-key pk1 --device-key %s --files / --output s.json",
                   server.folder, server.http, TEST_DK);
    CU_ASSERT_EQUAL(shell_run(command, output, sizeof output), 1);
    CHECK(strstr(output, "must lie in the folder of the scenario") != NULL);

    (void)snprintf(command, sizeof command,
                   "$M record --url %s --product-key pk1 --device-key %s --since 2100-01-01T00:00:00Z", server.http,
                   TEST_DK);
    CU_ASSERT_EQUAL(shell_run(command, output, sizeof output), 1);
    CHECK(strstr(output, "since 2100-01-01T00:00:00.000Z") != NULL);
    server_stop(&server);
}

int main(void)
{
    (void)setenv("M", server_program(), 1);
    static const struct test_case cases[] = {
        {"recorded, repeated, the same story", test_table},
        {"played by mockdc run", test_run},
        {"no secrets are recorded", test_no_secrets},
        {"what cannot be recorded", test_refusals},
        {"plan, since, files", test_choices},
        {0},
    };
    return suite_run("record", cases);
}
