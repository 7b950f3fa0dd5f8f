/*
 * ?waitFor= over the door: 1,000 waiters at once, changes before the call, time limits, deletions, the end of the
 * server.
 */
#include "plans.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "devices.h"
#include "raw.h"

enum { MANY = 1000, ROUNDS = 15 };

#ifdef __SANITIZE_ADDRESS__
enum { SLOW = 10 };
#elif defined(__SANITIZE_THREAD__)
enum { SLOW = 20 };
#else
enum { SLOW = 1 };
#endif

struct waiter {
    struct raw raw;
    long long answered_ns;
};

static struct house house;
static int64_t package_id;

static void test_open(void)
{
    house_open(&house, NULL);
    json_decref(rest(&house, "POST", "/api/v1/products", "{\"name\": \"Meter\", \"productKey\": \"pk1\"}", 201));
    json_decref(rest(&house, "POST", "/api/v1/products/pk1/devices", "{\"deviceKey\": \"D1\"}", 201));
    package_id = plans_package(&house, "pk1", "App");
}

static void start_wait(struct waiter *waiter, const char *path)
{
    waiter->answered_ns = 0;
    raw_start(&house, "GET", path, NULL, &waiter->raw);
}

/* Reads all of them as they come; the time of each answer's first bytes. */
static void finish_all(struct waiter *waiters, size_t count)
{
    int set = epoll_create1(EPOLL_CLOEXEC);
    CHECK_FATAL(set >= 0);
    for (size_t i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &waiters[i]};
        CHECK_FATAL(epoll_ctl(set, EPOLL_CTL_ADD, waiters[i].raw.fd, &event) == 0);
    }
    size_t done = 0;
    while (done < count) {
        struct epoll_event events[64];
        int ready = epoll_wait(set, events, 64, 20000);
        CHECK_FATAL(ready > 0);
        long long now = house_ns();
        for (int i = 0; i < ready; i++) {
            struct waiter *waiter = events[i].data.ptr;
            waiter->answered_ns = waiter->answered_ns == 0 ? now : waiter->answered_ns;
            raw_finish(&waiter->raw);
            done++;
        }
    }
    (void)close(set);
}

static void plan_path(char *path, size_t capacity, int64_t id, const char *rest_of_it)
{
    (void)snprintf(path, capacity, "/api/v1/plans/%lld%s", (long long)id, rest_of_it);
}

static int64_t active_plan(const char *name, const char *more)
{
    int64_t id = plans_save(&house, name, "pk1", package_id, more);
    json_decref(plans_act(&house, id, "activate", 200));
    return id;
}

/* So that those who wait have been registered: they are answered in any case, but only then it says how fast. */
static void settle(void)
{
    const struct timespec pause = {.tv_nsec = 300 * 1000 * 1000};
    (void)nanosleep(&pause, NULL);
}

static void test_so_already(void)
{
    int64_t id = active_plan("Already", ", \"whitelist\": [\"D1\"]");
    json_t *plan = plans_get_json(&house, id, "?waitFor=ended,activated&timeout=600", 200);
    CHECK_TEXT(text_of(plan, "status"), "activated");
    json_decref(plan);
    /* the change came before the call */
    json_decref(plans_act(&house, id, "terminate", 200));
    json_t *device = plans_get_json(&house, id, "/devices/D1?waitFor=failed&timeout=600", 200);
    CHECK_TEXT(text_of(device, "status"), "failed");
    CHECK_TEXT(text_of(device, "reason"), "planTerminated");
    json_decref(device);
}

static void test_timeouts(void)
{
    int64_t id = active_plan("Never", ", \"whitelist\": [\"D1\"]");
    json_t *problem = plans_get_json(&house, id, "/devices/D1?waitFor=upgraded&timeout=0.05", 409);
    CHECK_TEXT(text_of(problem, "type"), "urn:mockdc:problem:await-timeout");
    CHECK(strncmp(text_of(problem, "detail"), "is nonUpgraded", 14) == 0);
    CHECK(strstr(text_of(problem, "detail"), "after 0.05 s") != NULL);
    json_decref(problem);
    problem = plans_get_json(&house, id, "?waitFor=saved,ended&timeout=0", 409);
    CHECK_TEXT(text_of(problem, "detail"), "is activated, after 0 s");
    json_decref(problem);
    /* the connection goes on after it: the same client */
    json_decref(plans_get_json(&house, id, "", 200));
    json_decref(plans_act(&house, id, "terminate", 200));
}

static void test_bad_questions(void)
{
    static const struct {
        const char *path;
        long status;
        const char *pointer;
    } rows[] = {{"/api/v1/plans/1?waitFor=upgraded", 400, "/?waitFor"},
                {"/api/v1/plans/1/devices/D1?waitFor=ended", 400, "/?waitFor"},
                {"/api/v1/packages/1/verifications/1?waitFor=upgraded", 400, "/?waitFor"},
                {"/api/v1/plans/1?timeout=1", 400, "/?timeout"},
                {"/api/v1/plans/1?waitFor=ended&timeout=3601", 400, "/?timeout"},
                {"/api/v1/plans?waitFor=ended", 400, "/?waitFor"},
                {"/api/v1/plans/999999?waitFor=ended&timeout=600", 404, "(none)"},
                {"/api/v1/plans/1/devices/nobody?waitFor=failed&timeout=600", 404, "(none)"},
                {"/api/v1/plans/1/devices/aKeyThatIsMuchTooLong?waitFor=failed&timeout=600", 404, "(none)"},
                {"/api/v1/packages/1/verifications/999999?waitFor=failed&timeout=600", 404, "(none)"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *problem = rest(&house, "GET", rows[i].path, NULL, rows[i].status);
        CHECK_ROW(rows[i].path, strcmp(error_pointer(problem, 0), rows[i].pointer) == 0);
        json_decref(problem);
    }
}

static void test_deletion_is_404(void)
{
    static struct waiter waiters[3];
    char path[160];
    json_decref(rest(&house, "POST", "/api/v1/products", "{\"name\": \"Gone\", \"productKey\": \"gone\"}", 201));
    json_decref(rest(&house, "POST", "/api/v1/products/gone/devices", "{\"deviceKey\": \"G1\"}", 201));
    int64_t package = plans_package(&house, "gone", "App");
    int64_t saved = plans_save(&house, "Saved", "gone", package, "");
    int64_t other = plans_save(&house, "Other", "gone", package, "");
    plan_path(path, sizeof path, saved, "?waitFor=ended&timeout=600");
    start_wait(&waiters[0], path);
    plan_path(path, sizeof path, other, "?waitFor=ended&timeout=600");
    start_wait(&waiters[1], path);
    plan_path(path, sizeof path, other, "/devices/G1?waitFor=upgraded&timeout=600");
    start_wait(&waiters[2], path);
    settle();
    plan_path(path, sizeof path, saved, "");
    json_decref(rest(&house, "DELETE", path, NULL, 204));
    raw_finish(&waiters[0].raw);
    CHECK(raw_says(&waiters[0].raw, 404, "urn:mockdc:problem:not-found"));
    json_decref(rest(&house, "DELETE", "/api/v1/products/gone", NULL, 204));
    for (int i = 1; i < 3; i++) {
        raw_finish(&waiters[i].raw);
        CHECK(raw_says(&waiters[i].raw, 404, "urn:mockdc:problem:not-found"));
    }
}

/* A real device takes its steps; those who wait see each of them. */
static void test_a_device_on_its_way(void)
{
    static struct waiter starts;
    static struct waiter upgraded;
    static struct waiter plan_runs;
    char path[160];
    house.takes_orders = true;
    int64_t id = active_plan("On its way", ", \"whitelist\": [\"W1\"]");
    plan_path(path, sizeof path, id, "/devices/W1?waitFor=inUpgrade&timeout=600");
    start_wait(&starts, path);
    plan_path(path, sizeof path, id, "/devices/W1?waitFor=upgraded,failed&timeout=600");
    start_wait(&upgraded, path);
    plan_path(path, sizeof path, id, "?waitFor=upgrading&timeout=600");
    start_wait(&plan_runs, path);
    settle();
    int64_t device_id = devices_connect(&house, "pk1", "W1", "1_0_0");
    raw_finish(&starts.raw);
    CHECK(raw_says(&starts.raw, 200, "\"status\":\"inUpgrade\""));
    raw_finish(&plan_runs.raw);
    CHECK(raw_says(&plan_runs.raw, 200, "\"status\":\"upgrading\""));
    json_t *problem = plans_get_json(&house, id, "/devices/W1?waitFor=upgraded&timeout=0", 409);
    CHECK_TEXT(text_of(problem, "detail"), "is inUpgrade, step start, after 0 s");
    json_decref(problem);
    static const int steps[] = {1, 2, 4, 5};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        devices_status(&house, device_id, steps[i], NULL);
    }
    problem = plans_get_json(&house, id, "/devices/W1?waitFor=upgraded&timeout=0.01", 409);
    CHECK_TEXT(text_of(problem, "detail"), "is inUpgrade, step downloading 0 %, after 0.01 s");
    json_decref(problem);
    devices_status(&house, device_id, 8, NULL);
    devices_status(&house, device_id, 9, NULL);
    devices_status(&house, device_id, 11, "2_0_0");
    raw_finish(&upgraded.raw);
    CHECK(raw_says(&upgraded.raw, 200, "\"status\":\"upgraded\""));
    json_decref(plans_get_json(&house, id, "?waitFor=ended&timeout=600", 200)); /* all of its whitelist are final */
}

static void test_a_verification(void)
{
    static struct waiter waiter;
    char path[160];
    int64_t device_id = devices_connect(&house, "pk1", "V1", "1_0_0");
    (void)snprintf(path, sizeof path, "/api/v1/packages/%lld/verifications", (long long)package_id);
    json_t *made =
        rest(&house, "POST", path, "{\"productKey\": \"pk1\", \"deviceKey\": \"V1\", \"componentNo\": \"MCU1\"}", 201);
    int64_t id = json_integer_value(json_object_get(made, "id"));
    json_decref(made);
    (void)snprintf(path, sizeof path, "/api/v1/packages/%lld/verifications/%lld?waitFor=succeeded,failed&timeout=0",
                   (long long)package_id, (long long)id);
    json_t *problem = rest(&house, "GET", path, NULL, 409);
    CHECK_TEXT(text_of(problem, "detail"), "is running, after 0 s");
    json_decref(problem);
    (void)snprintf(path, sizeof path, "/api/v1/packages/%lld/verifications/%lld?waitFor=succeeded,failed&timeout=600",
                   (long long)package_id, (long long)id);
    start_wait(&waiter, path);
    settle();
    static const int steps[] = {1, 2, 4, 8, 9};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        devices_status(&house, device_id, steps[i], NULL);
    }
    devices_status(&house, device_id, 11, "2_0_0");
    raw_finish(&waiter.raw);
    CHECK(raw_says(&waiter.raw, 200, "\"status\":\"succeeded\""));
    json_t *again = rest(&house, "GET", path, NULL, 200);
    CHECK_TEXT(text_of(again, "status"), "succeeded");
    json_decref(again);
}

/* From the change, as app/ told it, to the first and the last answer. */
static void measure(const char *what, struct waiter *waiters, double *first_ms, double *last_ms)
{
    long long first = waiters[0].answered_ns;
    long long last = first;
    for (int i = 1; i < MANY; i++) {
        first = waiters[i].answered_ns < first ? waiters[i].answered_ns : first;
        last = waiters[i].answered_ns > last ? waiters[i].answered_ns : last;
    }
    *first_ms = (double)(first - atomic_load(&house.changed_ns)) / 1e6;
    *last_ms = (double)(last - atomic_load(&house.changed_ns)) / 1e6;
    (void)printf("    %s: first after %.2f ms, last of %d after %.2f ms\n", what, *first_ms, MANY, *last_ms);
}

/* Asks for it, and does not wait for the answer. */
static void terminate(int64_t id)
{
    struct raw raw;
    char path[80];
    plan_path(path, sizeof path, id, "/terminate");
    atomic_store(&house.changed_ns, 0);
    raw_start(&house, "POST", path, NULL, &raw);
    raw_leave(&raw);
}

static void test_a_thousand_on_one_device(void)
{
    static struct waiter waiters[MANY];
    double best_first = 1e9;
    double best_last = 1e9;
    /* far from what a poll would take, and the best of some rounds: the goals are measured by tests/bench/bench_waiting */
    for (int round = 0; round < ROUNDS && (best_first > 50 * SLOW || best_last > 500 * SLOW); round++) {
        char name[32];
        char path[160];
        (void)snprintf(name, sizeof name, "Thousand %d", round);
        int64_t id = active_plan(name, ", \"whitelist\": [\"D1\"]");
        plan_path(path, sizeof path, id, "/devices/D1?waitFor=upgraded,failed&timeout=600");
        for (int i = 0; i < MANY; i++) {
            start_wait(&waiters[i], path);
        }
        settle();
        terminate(id);
        finish_all(waiters, MANY);
        for (int i = 0; i < MANY; i++) {
            CHECK(raw_says(&waiters[i].raw, 200, "\"status\":\"failed\""));
        }
        double first = 0;
        double last = 0;
        measure("one device", waiters, &first, &last);
        best_first = first < best_first ? first : best_first;
        best_last = last < best_last ? last : best_last;
    }
    CHECK(best_first <= 50 * SLOW);
    CHECK(best_last <= 500 * SLOW);
}

static void test_a_thousand_on_a_thousand_devices(void)
{
    static struct waiter waiters[MANY];
    char *members = malloc(MANY * 8 + 64);
    CHECK_FATAL(members != NULL);
    size_t used = (size_t)sprintf(members, "[");
    for (int i = 0; i < MANY; i++) {
        char body[48];
        (void)snprintf(body, sizeof body, "{\"deviceKey\": \"T%d\"}", i);
        json_decref(rest(&house, "POST", "/api/v1/products/pk1/devices", body, 201));
        used += (size_t)sprintf(members + used, "%s\"T%d\"", i == 0 ? "" : ",", i);
    }
    (void)sprintf(members + used, "]");
    int64_t id = plans_save(&house, "Each its own", "pk1", package_id, "");
    char path[160];
    plan_path(path, sizeof path, id, "/whitelist");
    json_decref(rest(&house, "PUT", path, members, 204));
    free(members);
    json_decref(plans_act(&house, id, "activate", 200));
    for (int i = 0; i < MANY; i++) {
        char which[64];
        (void)snprintf(which, sizeof which, "/devices/T%d?waitFor=failed&timeout=600", i);
        plan_path(path, sizeof path, id, which);
        start_wait(&waiters[i], path);
    }
    settle();
    terminate(id);
    finish_all(waiters, MANY);
    for (int i = 0; i < MANY; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "\"deviceKey\":\"T%d\"", i);
        CHECK(raw_says(&waiters[i].raw, 200, key));
    }
    double first = 0;
    double last = 0;
    measure("a device each", waiters, &first, &last);
    CHECK(last <= 2000 * SLOW); /* only that none is forgotten: the figures are those of one device */
}

/* Changes and calls race: whoever comes first, each call is answered with the change. */
static void test_no_change_is_missed(void)
{
    enum { RACES = 40 };
    static struct waiter waiters[RACES];
    for (int i = 0; i < RACES; i++) {
        char name[32];
        char path[160];
        (void)snprintf(name, sizeof name, "Race %d", i);
        int64_t id = active_plan(name, ", \"whitelist\": [\"D1\"]");
        plan_path(path, sizeof path, id,
                  i % 2 == 0 ? "?waitFor=terminated&timeout=600" : "/devices/D1?waitFor=failed&timeout=600");
        if (i % 4 < 2) {
            start_wait(&waiters[i], path);
            terminate(id);
        } else {
            terminate(id);
            start_wait(&waiters[i], path);
        }
    }
    for (int i = 0; i < RACES; i++) {
        raw_finish(&waiters[i].raw);
        CHECK(raw_says(&waiters[i].raw, 200, i % 2 == 0 ? "\"status\":\"terminated\"" : "\"status\":\"failed\""));
    }
}

static void test_a_client_that_leaves(void)
{
    int64_t id = active_plan("Left alone", ", \"whitelist\": [\"D1\"]");
    char path[160];
    plan_path(path, sizeof path, id, "?waitFor=ended&timeout=0.05");
    struct waiter gone;
    start_wait(&gone, path);
    raw_leave(&gone.raw);
    json_decref(plans_get_json(&house, id, "?waitFor=ended&timeout=0.1", 409));
    json_decref(plans_act(&house, id, "terminate", 200));
    json_decref(plans_get_json(&house, id, "", 200));
}

static void test_the_end_of_the_server(void)
{
    static struct waiter waiters[2];
    int64_t id = active_plan("Until the end", ", \"whitelist\": [\"D1\"]");
    char path[160];
    plan_path(path, sizeof path, id, "?waitFor=ended&timeout=3600");
    start_wait(&waiters[0], path);
    start_wait(&waiters[1], path);
    raw_leave(&waiters[1].raw);
    settle();
    house_close(&house);
    raw_finish(&waiters[0].raw);
    CHECK(raw_says(&waiters[0].raw, 503, "urn:mockdc:problem:stopping"));
}

int main(void)
{
    static const struct test_case cases[] = {
        {"opens", test_open},
        {"what is so already is answered at once", test_so_already},
        {"time limits", test_timeouts},
        {"bad questions", test_bad_questions},
        {"a deletion is a 404", test_deletion_is_404},
        {"no change is missed", test_no_change_is_missed},
        {"a client that leaves", test_a_client_that_leaves},
        {"a device on its way", test_a_device_on_its_way},
        {"a verification", test_a_verification},
        {"a thousand on one device", test_a_thousand_on_one_device},
        {"a thousand on a thousand devices", test_a_thousand_on_a_thousand_devices},
        {"the end of the server", test_the_end_of_the_server},
        {0}};
    return suite_run("http door: waiting", cases);
}
