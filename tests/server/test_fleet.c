/* `mockdc fleet` against a real server: hundreds of devices in one process, a share of them faulty. */
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "support/suite.h"

enum { SECONDS = 60 };

/* Runs a fleet of 200 against `server`; its summary (json_decref() it), its exit code in *code. */
static json_t *run_fleet(const struct server *server, const char *const *extra, int *code)
{
    char output[128];
    const char *argv[40] = {server_program(),   "fleet", "--mqtt",       server->mqtt,      "--product-key", TEST_PK,
                            "--product-secret", TEST_PS, "--device-key", "867000000000901", "--count",       "200",
                            "--rate",           "2000",  "--mcu",        "STM32=1_0_0",     "--time-scale",  "1000",
                            "--timeout",        "50",    "--json"};
    size_t count = 21;
    for (; *extra != NULL; extra++) {
        argv[count++] = *extra;
    }
    (void)snprintf(output, sizeof output, "%s/fleet.json", server->folder);
    *code = process_wait(process_start(argv, output), SECONDS);
    json_t *json = json_load_file(output, 0, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(json);
    return json;
}

static int number(const json_t *json, const char *name)
{
    const json_t *value = json_object_get(json, name);
    CHECK_ROW(name, json_is_integer(value));
    return (int)json_integer_value(value);
}

static void check_statistics(const struct server *server, int64_t plan, int upgraded, int failed)
{
    char path[96];
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld/statistics", (long long)plan);
    json_t *json = rest_expect(server, "GET", path, NULL, 200);
    CU_ASSERT_EQUAL(number(json, "total"), 200);
    CU_ASSERT_EQUAL(number(json, "upgraded"), upgraded);
    CU_ASSERT_EQUAL(number(json, "failed"), failed);
    json_decref(json);
}

static void test_all_upgraded(void)
{
    struct server server;
    int code = -1;
    server_start(&server, NULL);
    int64_t plan = rest_simple_plan(&server, 5000, NULL);
    json_t *json = run_fleet(&server, (const char *const[]){NULL}, &code);
    CU_ASSERT_EQUAL(code, 0);
    CU_ASSERT_STRING_EQUAL(json_text_at(json, "outcome"), "upgraded");
    CHECK(number(json, "count") == 200 && number(json, "online") == 200 && number(json, "upgraded") == 200);
    CHECK(number(json, "failed") == 0 && number(json, "unfinished") == 0);
    CHECK(json_real_value(json_object_get(json, "seconds")) > 0);
    json_decref(json);
    check_statistics(&server, plan, 200, 0);
    CU_ASSERT_TRUE(rest_await_device(&server, plan, "867000000001100", "upgraded")); /* the last key */
    server_stop(&server);
}

/* Every twentieth cannot flash: those fail, and are named; the others are upgraded. */
static void test_faulty_share(void)
{
    struct server server;
    int code = -1;
    server_start(&server, NULL);
    int64_t plan = rest_simple_plan(&server, 5000, "{\"retries\":0}");
    json_t *json = run_fleet(
        &server, (const char *const[]){"--flash", "fail", "--faulty", "5%", "--exit-after", "failed", NULL}, &code);
    CU_ASSERT_EQUAL(code, 1);
    CU_ASSERT_STRING_EQUAL(json_text_at(json, "outcome"), "failed");
    CHECK(number(json, "upgraded") == 190 && number(json, "failed") == 10);
    const json_t *failures = json_object_get(json, "failures");
    CU_ASSERT_EQUAL(json_array_size(failures), 10);
    json_decref(json);
    CU_ASSERT_TRUE(rest_await_device(&server, plan, "867000000000920", "failed")); /* the twentieth */
    check_statistics(&server, plan, 190, 10);
    server_stop(&server);
}

/* Nothing to do: 3 after the time limit, every device still online. */
static void test_timeout(void)
{
    struct server server;
    int code = -1;
    server_start(&server, NULL);
    json_decref(rest_expect(&server, "POST", "/api/v1/products",
                            "{\"name\":\"one\",\"productKey\":\"pk1\",\"productSecret\":\"secret1\"}", 201));
    json_t *json = run_fleet(&server, (const char *const[]){"--timeout", "1", NULL}, &code);
    CU_ASSERT_EQUAL(code, 3);
    CU_ASSERT_STRING_EQUAL(json_text_at(json, "outcome"), "timeout");
    CHECK(number(json, "online") == 200 && number(json, "unfinished") == 200);
    json_decref(json);
    server_stop(&server);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"a fleet of 200 is upgraded", test_all_upgraded},
        {"a share of the fleet is faulty", test_faulty_share},
        {"a fleet without a plan", test_timeout},
        {0},
    };
    return suite_run("fleet", cases);
}
