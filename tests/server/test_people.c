/* What people decide, over real sockets: the user of a device in manual mode, who verifies a package, who stops a plan.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "story.h"
#include "support/suite.h"

enum { QUIET_MS = 300 };

static const char manual[] = "\"mode\":\"manual\",\"upgradeText\":{\"zh\":\"\xe5\x8d\x87\xe7\xba\xa7\","
                             "\"en\":\"Better pumps\"},";
static const char upgrade_path[] = "/api/v1/products/pk1/devices/" TEST_DK "/upgrade";
static const char confirm_path[] = "/api/v1/products/pk1/devices/" TEST_DK "/upgrade/confirm";
static const char decline_path[] = "/api/v1/products/pk1/devices/" TEST_DK "/upgrade/decline";

/* Nothing reaches the device before the yes, whatever asks for it; then it upgrades as any other. */
static void test_manual(void)
{
    struct server server;
    struct test_device device;
    struct notify_message notify;
    server_start(&server, NULL);
    int64_t plan = story_plan(&server, story_package(&server), manual);
    story_act(&server, plan, "activate");
    story_go_online(&server, &device);
    CHECK(device_request(&device, "MODULE_V1", "STM32:1_0_0"));
    story_evaluate(&server);
    CHECK(!device_expect_notify(&device, QUIET_MS, &notify));
    json_t *waiting = story_get(&server, "%s?language=de", upgrade_path + strlen("/api/v1/"));
    char *dump = json_dumps(waiting, JSON_COMPACT);
    CHECK_FATAL(dump != NULL);
    CHECK(strstr(dump, "Better pumps") != NULL);
    free(dump);
    json_decref(waiting);
    json_decref(rest_expect(&server, "POST", confirm_path, "{}", 204));
    CHECK_FATAL(device_expect_notify(&device, 3000, &notify));
    json_decref(rest_expect(&server, "GET", upgrade_path, NULL, 404));
    story_accept(&device);
    story_finish(&device);
    CHECK(rest_await_device(&server, plan, TEST_DK, "upgraded"));
    json_decref(rest_expect(&server, "POST", confirm_path, "{}", 409));
    device_go_offline(&device);
    server_stop(&server);
}

static void test_declined(void)
{
    struct server server;
    struct test_device device;
    struct notify_message notify;
    server_start(&server, NULL);
    int64_t plan = story_plan(&server, story_package(&server), manual);
    story_act(&server, plan, "activate");
    story_go_online(&server, &device);
    json_decref(rest_expect(&server, "POST", decline_path, NULL, 204));
    CHECK(rest_await_device(&server, plan, TEST_DK, "failed"));
    story_evaluate(&server);
    CHECK(!device_expect_notify(&device, QUIET_MS, &notify));
    json_decref(rest_expect(&server, "POST", decline_path, NULL, 409));
    device_go_offline(&device);
    server_stop(&server);
}

static void verify(const struct server *server, int64_t package, int expected)
{
    char path[96];
    (void)snprintf(path, sizeof path, "/api/v1/packages/%lld/verifications", (long long)package);
    json_decref(rest_expect(server, "POST", path,
                            "{\"productKey\":\"pk1\",\"deviceKey\":\"" TEST_DK "\",\"componentNo\":\"STM32\"}",
                            expected));
}

/* Outside any plan and at once; the call that waits for it answers with every step. */
static void test_verification(void)
{
    static const char *const kinds[] = {"planIssued", "planReceived", "confirmed", "urlIssued", "succeeded"};
    struct server server;
    struct test_device device;
    struct notify_message notify;
    server_start(&server, NULL);
    int64_t package = story_package(&server);
    json_decref(rest_expect(&server, "POST", "/api/v1/products/pk1/devices", "{\"deviceKey\":\"" TEST_DK "\"}", 201));
    verify(&server, package, 409); /* offline */
    json_decref(rest_expect(&server, "DELETE", "/api/v1/products/pk1/devices/" TEST_DK, NULL, 204));
    story_go_online(&server, &device);
    verify(&server, package, 201);
    CHECK_FATAL(device_expect_notify(&device, 3000, &notify));
    verify(&server, package, 409); /* busy */
    story_accept(&device);
    story_finish(&device);
    json_t *done =
        story_get(&server, "packages/%lld/verifications/1?waitFor=succeeded,failed&timeout=20", (long long)package);
    CHECK_TEXT(json_text_at(done, "status"), "succeeded");
    char *log = json_dumps(json_object_get(done, "log"), JSON_COMPACT);
    CHECK_FATAL(log != NULL);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        CHECK_ROW(kinds[i], strstr(log, kinds[i]) != NULL);
    }
    free(log);
    json_decref(done);
    json_t *plans = story_get(&server, "plans");
    CHECK(json_array_size(json_object_get(plans, "items")) == 0);
    json_decref(plans);
    device_go_offline(&device);
    server_stop(&server);
}

/* Over kill -9 and with the device away, an hour of the product's clock ends it. */
static void test_verification_times_out(void)
{
    struct server server;
    struct test_device device;
    struct notify_message notify;
    server_start(&server, NULL);
    int64_t package = story_package(&server);
    story_set_clock(&server, "2027-03-01T00:00:00Z");
    story_go_online(&server, &device);
    verify(&server, package, 201);
    CHECK_FATAL(device_expect_notify(&device, 3000, &notify));
    server_kill(&server);
    device_go_offline(&device);
    server_restart(&server);
    json_decref(story_advance(&server, "{\"seconds\":3599}"));
    json_t *state = story_get(&server, "packages/%lld/verifications/1", (long long)package);
    CHECK_TEXT(json_text_at(state, "status"), "running");
    json_decref(state);
    json_t *advanced = story_advance(&server, "{\"seconds\":1}");
    CHECK_TEXT(json_text_at(advanced, "fired.0.what"), "verificationTimeout");
    json_decref(advanced);
    state = story_get(&server, "packages/%lld/verifications/1", (long long)package);
    CHECK_TEXT(json_text_at(state, "status"), "failed");
    CHECK_TEXT(json_text_at(state, "reason"), "timeout");
    json_decref(state);
    server_stop(&server);
}

/* Who waits fails, who runs goes on to the end; the plan comes back to nobody. */
static void test_terminated(void)
{
    struct server server;
    struct test_device device;
    struct notify_message notify;
    char path[96];
    server_start(&server, NULL);
    int64_t plan =
        story_plan(&server, story_package(&server), "\"mode\":\"silent\",\"whitelist\":[\"" TEST_DK "\",\"WAITS\"],");
    json_decref(rest_expect(&server, "POST", "/api/v1/products/pk1/devices", "{\"deviceKey\":\"WAITS\"}", 201));
    story_act(&server, plan, "activate");
    story_go_online(&server, &device);
    CHECK_FATAL(device_expect_notify(&device, 6000, &notify));
    story_accept(&device);
    story_act(&server, plan, "terminate");
    CHECK(rest_await_device(&server, plan, "WAITS", "failed"));
    story_finish(&device);
    CHECK(rest_await_device(&server, plan, TEST_DK, "upgraded"));
    json_t *counts = story_get(&server, "plans/%lld/statistics", (long long)plan);
    CHECK(json_integer_value(json_object_get(json_object_get(counts, "byReason"), "planTerminated")) == 1);
    json_decref(counts);
    static const char *const acts[] = {"activate", "suspend", "resume", "terminate"};
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        (void)snprintf(path, sizeof path, "/api/v1/plans/%lld/%s", (long long)plan, acts[i]);
        json_decref(rest_expect(&server, "POST", path, NULL, 409));
    }
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld", (long long)plan);
    json_decref(rest_expect(&server, "DELETE", path, NULL, 409));
    device_go_offline(&device);
    server_stop(&server);
}

/* Flips a byte of the only file in the folder of stored files. */
static void damage_package(const struct server *server)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/files", server->data_dir);
    DIR *folder = opendir(path);
    CHECK_FATAL(folder != NULL);
    struct dirent *entry = readdir(folder);
    while (entry != NULL && entry->d_name[0] == '.') {
        entry = readdir(folder);
    }
    CHECK_FATAL(entry != NULL);
    (void)snprintf(path, sizeof path, "%s/files/%s", server->data_dir, entry->d_name);
    (void)closedir(folder);
    FILE *file = fopen(path, "r+b");
    CHECK_FATAL(file != NULL && fseek(file, 2500, SEEK_SET) == 0);
    int byte = fgetc(file);
    CHECK_FATAL(fseek(file, 2500, SEEK_SET) == 0 && fputc(byte ^ 1, file) != EOF && fclose(file) == 0);
}

/* Found at the start by itself, told by the package. */
static void test_damaged_file(void)
{
    struct server server;
    server_start(&server, NULL);
    int64_t package = story_package(&server);
    server_kill(&server);
    damage_package(&server);
    server_restart(&server);
    bool damaged = false;
    for (int i = 0; i < 500 && !damaged; i++) {
        json_t *json = story_get(&server, "packages/%lld", (long long)package);
        damaged = json_is_true(json_object_get(json_array_get(json_object_get(json, "files"), 0), "damaged"));
        json_decref(json);
        sleep_ms(damaged ? 0 : 10);
    }
    CHECK(damaged);
    server_stop(&server);
}

int main(void)
{
    static const struct test_case cases[] = {{"manual mode", test_manual},
                                             {"declined", test_declined},
                                             {"a verification", test_verification},
                                             {"a verification times out", test_verification_times_out},
                                             {"terminated", test_terminated},
                                             {"a damaged file is found at the start", test_damaged_file},
                                             {0}};
    return suite_run("server: what people decide", cases);
}
