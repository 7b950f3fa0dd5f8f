/* Rules of time over real sockets, on a clock that the test sets: nothing here sleeps until a rule passes. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "story.h"
#include "support/suite.h"

enum { QUIET_MS = 300 }; /* within which a message that must not come would have come */

static const char silent[] = "\"mode\":\"silent\",";

static const json_t *find_check(const json_t *eligibility, const char *name)
{
    const json_t *checks = json_object_get(eligibility, "checks");
    for (size_t i = 0; i < json_array_size(checks); i++) {
        if (strcmp(json_text_at(json_array_get(checks, i), "check"), name) == 0) {
            return json_array_get(checks, i);
        }
    }
    return NULL;
}

/* The window opens at 22:00 in Shanghai, which the eligibility call foretells; the tick of that minute notifies. */
static void test_push_period(void)
{
    struct server server;
    struct test_device device;
    struct notify_message notify;
    server_start(&server, NULL);
    int64_t package = story_package(&server);
    story_set_clock(&server, "2027-03-01T13:55:00Z");
    int64_t plan =
        story_plan(&server, package, "\"mode\":\"silent\",\"pushPeriod\":{\"start\":\"22:00\",\"end\":\"06:00\"},");
    story_act(&server, plan, "activate");
    story_go_online(&server, &device);
    CHECK(!device_expect_notify(&device, QUIET_MS, &notify));
    json_t *why = story_get(&server, "plans/%lld/devices/" TEST_DK "/eligibility", (long long)plan);
    const json_t *check = find_check(why, "pushPeriod");
    CHECK(check != NULL && json_is_false(json_object_get(check, "ok")));
    CHECK_TEXT(json_text_at(check, "nextAt"), "2027-03-01T14:00:00.000Z");
    json_decref(why);
    json_t *advanced = story_advance(&server, "{\"to\":\"2027-03-01T13:59:59.999Z\"}");
    CHECK(json_array_size(json_object_get(advanced, "fired")) == 0);
    json_decref(advanced);
    CHECK(!device_expect_notify(&device, QUIET_MS, &notify));
    advanced = story_advance(&server, "{\"to\":\"2027-03-01T14:00:00Z\"}");
    CHECK_TEXT(json_text_at(advanced, "fired.0.what"), "windowOpened");
    CHECK_TEXT(json_text_at(advanced, "fired.1.what"), "evaluation");
    CHECK_TEXT(json_text_at(advanced, "fired.1.at"), "2027-03-01T14:00:00.000Z");
    json_decref(advanced);
    CHECK(device_expect_notify(&device, 3000, &notify));
    json_t *state = story_get(&server, "plans/%lld/devices/" TEST_DK, (long long)plan);
    CHECK_TEXT(json_text_at(state, "startedAt"), "2027-03-01T14:00:00.000Z");
    json_decref(state);
    device_go_offline(&device);
    server_stop(&server);
}

/* An hour without a report ends the attempt, not a second earlier; nobody waits for it. */
static void test_timeout(void)
{
    struct server server;
    struct test_device device;
    struct notify_message notify;
    server_start(&server, NULL);
    int64_t package = story_package(&server);
    story_set_clock(&server, "2027-03-01T00:00:00Z");
    int64_t plan = story_plan(&server, package, "\"mode\":\"silent\",\"strategy\":{\"retries\":0},");
    story_act(&server, plan, "activate");
    story_go_online(&server, &device);
    CHECK_FATAL(device_expect_notify(&device, 6000, &notify));
    story_accept(&device);
    json_decref(story_advance(&server, "{\"seconds\":3599}"));
    json_t *state = story_get(&server, "plans/%lld/devices/" TEST_DK, (long long)plan);
    CHECK_TEXT(json_text_at(state, "status"), "inUpgrade");
    json_decref(state);
    json_decref(story_advance(&server, "{\"seconds\":1}"));
    state = story_get(&server, "plans/%lld/devices/" TEST_DK, (long long)plan);
    CHECK_TEXT(json_text_at(state, "status"), "failed");
    CHECK_TEXT(json_text_at(state, "reason"), "timeout");
    CHECK_TEXT(json_text_at(state, "endedAt"), "2027-03-01T01:00:00.000Z");
    json_decref(state);
    device_go_offline(&device);
    server_stop(&server);
}

static pid_t start_advance(const struct server *server)
{
    pid_t pid = fork();
    CHECK_FATAL(pid >= 0);
    if (pid == 0) {
        int http_status = 0;
        json_decref(rest_call(server, "POST", "/api/v1/products/pk1/clock/advance", "{\"to\":\"2034-01-01T00:00:00Z\"}",
                              &http_status));
        _exit(0);
    }
    return pid;
}

/* Over and over killed on its way through years of windows: what was done is kept, what is due comes once. */
static void test_killed_in_an_advance(void)
{
    struct server server;
    server_start(&server, NULL);
    int64_t package = story_package(&server);
    story_set_clock(&server, "2027-01-01T00:00:00Z");
    int64_t plan = story_plan(&server, package,
                              "\"mode\":\"silent\",\"pushPeriod\":{\"start\":\"22:00\",\"end\":\"06:00\"},"
                              "\"plannedTime\":{\"end\":\"2033-06-01T00:00\"},\"whitelist\":[\"" TEST_DK "\"],");
    story_act(&server, plan, "activate");
    json_decref(rest_expect(&server, "POST", "/api/v1/products/pk1/devices", "{\"deviceKey\":\"" TEST_DK "\"}", 201));
    char before[32] = "2027-01-01T00:00:00.000Z";
    for (int round = 0; round < 6; round++) {
        pid_t pid = start_advance(&server);
        sleep_ms(3 << round);
        server_kill(&server);
        (void)waitpid(pid, NULL, 0);
        server_restart(&server);
        json_t *clock = story_get(&server, "products/pk1/clock");
        CHECK_TEXT(json_text_at(clock, "mode"), "manual");
        CHECK(strcmp(json_text_at(clock, "now"), before) >= 0);
        (void)snprintf(before, sizeof before, "%s", json_text_at(clock, "now"));
        json_decref(clock);
    }
    if (strcmp(before, "2034-01-01T00:00:00.000Z") < 0) {
        json_decref(story_advance(&server, "{\"to\":\"2034-01-01T00:00:00Z\"}"));
    }
    json_t *state = story_get(&server, "plans/%lld", (long long)plan);
    CHECK_TEXT(json_text_at(state, "status"), "ended");
    CHECK_TEXT(json_text_at(state, "endedAt"), "2033-05-31T16:00:00.000Z");
    json_decref(state);
    char kinds[1024];
    rest_log_kinds(&server, plan, TEST_DK, kinds, sizeof kinds);
    const char *first = strstr(kinds, "ended");
    CHECK(first != NULL && strstr(first + 1, "ended") == NULL);
    server_stop(&server);
}

/* Two products on clocks of their own in one server, the server's clock besides: none moves another. */
static void test_clocks_apart(void)
{
    struct server server;
    server_start(&server, NULL);
    (void)story_package(&server);
    json_decref(rest_expect(&server, "POST", "/api/v1/products", "{\"name\":\"two\",\"productKey\":\"pk2\"}", 201));
    story_set_clock(&server, "2027-03-01T13:55:00Z");
    json_decref(rest_expect(&server, "PUT", "/api/v1/products/pk2/clock",
                            "{\"mode\":\"manual\",\"now\":\"2030-01-01T00:00:00Z\"}", 200));
    json_decref(story_advance(&server, "{\"seconds\":86400}"));
    json_t *one = story_get(&server, "products/pk1/clock");
    json_t *two = story_get(&server, "products/pk2/clock");
    json_t *all = story_get(&server, "clock");
    CHECK_TEXT(json_text_at(one, "now"), "2027-03-02T13:55:00.000Z");
    CHECK_TEXT(json_text_at(two, "now"), "2030-01-01T00:00:00.000Z");
    CHECK_TEXT(json_text_at(all, "mode"), "real");
    json_decref(one);
    json_decref(two);
    json_decref(all);
    server_stop(&server);
}

/* Neither activate nor resume evaluates; while suspended nobody is notified, and who runs goes on. */
static void test_suspended(void)
{
    struct server server;
    struct test_device device;
    struct notify_message notify;
    server_start(&server, NULL);
    int64_t package = story_package(&server);
    story_set_clock(&server, "2027-03-01T00:01:00Z");
    int64_t plan = story_plan(&server, package, silent);
    story_go_online(&server, &device);
    story_act(&server, plan, "activate");
    CHECK(!device_expect_notify(&device, QUIET_MS, &notify));
    story_act(&server, plan, "suspend");
    story_evaluate(&server);
    CHECK(!device_expect_notify(&device, QUIET_MS, &notify));
    json_decref(story_advance(&server, "{\"seconds\":3600}"));
    CHECK(!device_expect_notify(&device, QUIET_MS, &notify));
    story_act(&server, plan, "resume");
    CHECK(!device_expect_notify(&device, QUIET_MS, &notify));
    json_decref(story_advance(&server, "{\"seconds\":600}"));
    CHECK_FATAL(device_expect_notify(&device, 3000, &notify));
    story_accept(&device);
    story_act(&server, plan, "suspend");
    story_finish(&device);
    CHECK(rest_await_device(&server, plan, TEST_DK, "upgraded"));
    device_go_offline(&device);
    server_stop(&server);
}

int main(void)
{
    static const struct test_case cases[] = {{"push period", test_push_period},
                                             {"timeout", test_timeout},
                                             {"clocks apart", test_clocks_apart},
                                             {"suspended", test_suspended},
                                             {"kill -9 in an advance", test_killed_in_an_advance},
                                             {0}};
    return suite_run("server: rules of time", cases);
}
