/*
 * GET /api/v1/events?wait= over real sockets: what has happened, what comes, filters, cursors, time limits, clients
 * that leave, the end of the server.
 */
#include "devices.h"
#include "plans.h"
#include "raw.h"

#include <stdlib.h>
#include <time.h>

#include "base/instant.h"

enum { PATIENCE_MS = 10000 };

static struct house house;
static int64_t package_id;

static json_t *wait_for(const char *query, long expected)
{
    char path[512];
    (void)snprintf(path, sizeof path, "/api/v1/events%s", query);
    return rest(&house, "GET", path, NULL, expected);
}

static void start_wait(struct raw *raw, const char *query)
{
    char path[400];
    (void)snprintf(path, sizeof path, "/api/v1/events%s", query);
    raw_start(&house, "GET", path, NULL, raw);
}

static void make_product(const char *key)
{
    char body[128];
    (void)snprintf(body, sizeof body, "{\"name\": \"%s\", \"productKey\": \"%s\"}", key, key);
    json_decref(rest(&house, "POST", "/api/v1/products", body, 201));
}

static size_t items_of(const json_t *answer)
{
    return json_array_size(json_object_get(answer, "items"));
}

static const json_t *item(const json_t *answer, size_t i)
{
    return json_array_get(json_object_get(answer, "items"), i);
}

/* The cursor behind all that has happened. */
static void take_cursor(char cursor[64])
{
    json_t *answer = wait_for("?wait=0&kind=fault", 409);
    (void)snprintf(cursor, 64, "%s", text_of(answer, "cursor"));
    CHECK(cursor[0] != '\0');
    json_decref(answer);
}

static int waiting_calls(void)
{
    static const char name[] = "\nmockdc_http_waiting_calls ";
    struct reply reply;
    ask(&house, "GET", "/metrics", NULL, NULL, &reply);
    const char *found = strstr(buffer_text(&reply.body), name);
    CHECK_FATAL(found != NULL);
    int count = atoi(found + sizeof name - 1);
    reply_finish(&reply);
    return count;
}

static bool until_waiting(int count)
{
    const struct timespec pause = {.tv_nsec = 5 * 1000 * 1000};
    for (int64_t end = monotonic_ms() + PATIENCE_MS; monotonic_ms() < end;) {
        if (waiting_calls() == count) {
            return true;
        }
        (void)nanosleep(&pause, NULL);
    }
    return false;
}

static void test_open(void)
{
    house_open(&house, NULL);
    make_product("pk1");
    package_id = plans_package(&house, "pk1", "App");
}

/* Without a cursor all that is kept counts; with the cursor of the answer only what came behind it. */
static void test_so_already(void)
{
    make_product("already1");
    json_t *answer = wait_for("?wait=600&kind=product&productKey=already1", 200);
    CHECK(items_of(answer) == 1);
    CHECK_TEXT(text_of(item(answer, 0), "what"), "created");
    CHECK_TEXT(text_of(item(answer, 0), "productKey"), "already1");
    char query[160];
    (void)snprintf(query, sizeof query, "?wait=0&kind=product&after=%s", text_of(answer, "cursor"));
    json_decref(answer);
    json_decref(wait_for(query, 409));
    make_product("already2");
    answer = wait_for(query, 200);
    CHECK(items_of(answer) == 1);
    CHECK_TEXT(text_of(item(answer, 0), "productKey"), "already2");
    json_decref(answer);
}

/* An event's own id serves as well as a cursor. */
static void test_after_an_id(void)
{
    make_product("id1");
    make_product("id2");
    json_t *answer = wait_for("?wait=0&kind=product&productKey=id1", 200);
    char query[160];
    (void)snprintf(query, sizeof query, "?wait=0&kind=product&limit=1&after=%s", text_of(item(answer, 0), "id"));
    json_decref(answer);
    answer = wait_for(query, 200);
    CHECK_TEXT(text_of(item(answer, 0), "productKey"), "id2");
    json_decref(answer);
}

static void test_comes_later(void)
{
    static struct raw raws[3];
    char cursor[64];
    char query[160];
    take_cursor(cursor);
    (void)snprintf(query, sizeof query, "?wait=600&kind=product&after=%s", cursor);
    start_wait(&raws[0], query);
    start_wait(&raws[1], query);
    start_wait(&raws[2], "?wait=600&kind=product&productKey=later2");
    CHECK(until_waiting(3));
    make_product("later1");
    for (int i = 0; i < 2; i++) {
        raw_finish(&raws[i]);
        CHECK(raw_says(&raws[i], 200, "\"productKey\":\"later1\""));
        CHECK(raw_says(&raws[i], 200, "Content-Type: application/json"));
        CHECK(raw_says(&raws[i], 200, "],\"cursor\":\""));
    }
    CHECK(until_waiting(1));
    make_product("later2");
    raw_finish(&raws[2]);
    CHECK(raw_says(&raws[2], 200, "\"productKey\":\"later2\""));
    CHECK(strstr(raws[2].reply, "later1") == NULL);
    CHECK(until_waiting(0));
}

/* A chain of calls with the cursors sees each event once, in order, however it is cut. */
static void test_pieces(void)
{
    enum { COUNT = 25 };
    char cursor[64];
    take_cursor(cursor);
    for (int i = 0; i < COUNT; i++) {
        char body[48];
        (void)snprintf(body, sizeof body, "{\"deviceKey\": \"P%d\"}", i);
        json_decref(rest(&house, "POST", "/api/v1/products/pk1/devices", body, 201));
    }
    int seen = 0;
    while (seen < COUNT) {
        char query[160];
        (void)snprintf(query, sizeof query, "?wait=0&kind=device&what=created&limit=10&after=%s", cursor);
        json_t *answer = wait_for(query, 200);
        size_t count = items_of(answer);
        CHECK_FATAL(count > 0 && count <= 10);
        for (size_t i = 0; i < count; i++, seen++) {
            char key[16];
            (void)snprintf(key, sizeof key, "P%d", seen);
            CHECK_TEXT(text_of(item(answer, i), "deviceKey"), key);
        }
        (void)snprintf(cursor, sizeof cursor, "%s", text_of(answer, "cursor"));
        json_decref(answer);
    }
}

/* Of an upgrade: kinds of its log, status and step. */
static void test_filters(void)
{
    static const struct {
        const char *query;
        size_t items;
    } rows[] = {{"logKind=planIssued", 1},
                {"logKind=downloading,downloaded", 3},
                {"kind=log&logKind=succeeded", 1},
                {"status=upgraded", 1},
                {"kind=device&status=inUpgrade&step=upgrading", 1},
                {"kind=device&what=upgrade&step=successful", 1},
                {"kind=plan&status=upgrading", 1},
                {"kind=plan&what=created", 1},
                {"what=entry&logKind=planReceived,confirmed", 2}};
    static const int steps[] = {1, 2, 4, 5, 8, 9};
    house.takes_orders = true;
    int64_t plan = plans_save(&house, "Filters", "pk1", package_id, ", \"whitelist\": [\"F1\"]");
    json_decref(plans_act(&house, plan, "activate", 200));
    int64_t device = devices_connect(&house, "pk1", "F1", "1_0_0");
    json_decref(plans_get_json(&house, plan, "/devices/F1?waitFor=inUpgrade&timeout=600", 200));
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        devices_status(&house, device, steps[i], NULL);
    }
    devices_status(&house, device, 11, "2_0_0");
    json_decref(plans_get_json(&house, plan, "/devices/F1?waitFor=upgraded&timeout=600", 200));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char query[160];
        (void)snprintf(query, sizeof query, "?wait=0&planId=%lld&%s", (long long)plan, rows[i].query);
        json_t *answer = wait_for(query, 200);
        if (items_of(answer) != rows[i].items) {
            (void)fprintf(stderr, "    %zu items\n", items_of(answer));
        }
        CHECK_ROW(rows[i].query, items_of(answer) == rows[i].items);
        json_decref(answer);
    }
}

/* The end of the time tells what came nearest, and where to go on. */
static void test_timeouts(void)
{
    static const struct {
        const char *name;
        const char *query;
        const char *detail; /* begins so; then the id of the event, or nothing */
        const char *end;
    } rows[] = {{"no event", "kind=product", "no event has come, after 0.05 s", ""},
                {"one member", "kind=product", "none of 1 events matched; the last: device created, device N1 (", ""},
                {"all but one", "kind=device&deviceKey=N2",
                 "none of 1 events matched; nearest, but for deviceKey: device created, device N1 (", ""},
                {"all but two", "kind=product&deviceKey=N2&what=deleted", NULL, ""},
                {"what", "kind=device&deviceKey=N1&what=deleted",
                 "none of 1 events matched; nearest, but for what: device created, device N1 (", "), after 0.05 s"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char cursor[64];
        char query[200];
        take_cursor(cursor);
        if (i > 0) {
            json_decref(rest(&house, "POST", "/api/v1/products/pk1/devices", "{\"deviceKey\": \"N1\"}", 201));
        }
        (void)snprintf(query, sizeof query, "?wait=0.05&%s&after=%s", rows[i].query, cursor);
        json_t *problem = wait_for(query, rows[i].detail == NULL ? 400 : 409);
        if (rows[i].detail != NULL) {
            const char *detail = text_of(problem, "detail");
            CHECK_TEXT(text_of(problem, "type"), "urn:mockdc:problem:await-timeout");
            CHECK_ROW(rows[i].name, strncmp(detail, rows[i].detail, strlen(rows[i].detail)) == 0);
            CHECK_ROW(detail, strstr(detail, rows[i].end) != NULL);
            CHECK_ROW(rows[i].name, strncmp(text_of(problem, "cursor"), cursor, 9) == 0);
            (void)snprintf(query, sizeof query, "?wait=0&after=%s", text_of(problem, "cursor"));
            json_decref(wait_for(query, 409)); /* nothing is behind it */
        }
        json_decref(problem);
        if (i > 0) {
            json_decref(rest(&house, "DELETE", "/api/v1/products/pk1/devices/N1", NULL, 204));
        }
    }
}

/* What comes near while the call waits counts as what was there before. */
static void test_near_while_waiting(void)
{
    static struct raw raw;
    char cursor[64];
    char query[200];
    take_cursor(cursor);
    (void)snprintf(query, sizeof query, "?wait=0.5&kind=device&deviceKey=M2&after=%s", cursor);
    start_wait(&raw, query);
    CHECK(until_waiting(1));
    json_decref(rest(&house, "POST", "/api/v1/products/pk1/devices", "{\"deviceKey\": \"M1\"}", 201));
    make_product("near");
    raw_finish(&raw);
    CHECK(raw_says(&raw, 409, "none of 2 events matched; nearest, but for deviceKey: device created, device M1"));
}

static void test_bad_questions(void)
{
    static const struct {
        const char *query;
        const char *pointer;
        const char *detail;
    } rows[] = {
        {"?wait=3601", "/?wait", "must be a number of seconds, 0 to 3600"},
        {"?wait=", "/?wait", "must be a number of seconds, 0 to 3600"},
        {"?wait=1&limit=1001", "/?limit", "must be 1 to 1000"},
        {"?limit=10", "/?limit", "says nothing without wait"},
        {"?wait=1&after=nonsense", "/?after", "is no cursor of this log"},
        {"?wait=1&kind=frame", "/?kind", "frames are not kept: only the stream tells them, and the journal"},
        {"?wait=1&what=progress", "/?what", "progress is not kept: only the stream tells it"},
        {"?kind=nonsense", "/?kind", "must be some of: plan, device, log, clock, package, product, frame, fault"},
        {"?status=nonsense", "/?status",
         "must be some of: nonUpgraded, inUpgrade, upgraded, failed, saved, activated, upgrading, suspended, "
         "terminated, ended"},
        {"?step=nonsense", "/?step",
         "must be some of: waiting, start, confirmed, downloading, upgrading, successful, failed"},
        {"?what=nonsense", "/?what", NULL},
        {"?logKind=nonsense", "/?logKind", NULL},
        {"?wait=1&kind=clock&logKind=failed", "/?logKind", "together with the other filters it can never match"},
        {"?kind=clock&deviceKey=d1", "/?deviceKey", "together with the other filters it can never match"},
        {"?kind=package&planId=1", "/?planId", "together with the other filters it can never match"},
        {"?kind=plan&what=online", "/?what", "together with the other filters it can never match"},
        {"?what=received", "/?what", "together with the other filters it can never match"},
        {"?kind=plan&status=upgraded", "/?status", "together with the other filters it can never match"},
        {"?what=online&status=failed", "/?status", "together with the other filters it can never match"},
        {"?kind=log&step=start", "/?step", "together with the other filters it can never match"},
        {"?what=verification&step=start", "/?step", "together with the other filters it can never match"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *problem = wait_for(rows[i].query, 400);
        const json_t *first = json_array_get(json_object_get(problem, "errors"), 0);
        CHECK_ROW(rows[i].query, strcmp(error_pointer(problem, 0), rows[i].pointer) == 0);
        CHECK_ROW(rows[i].query, json_array_size(json_object_get(problem, "errors")) == 1);
        CHECK_ROW(rows[i].query, rows[i].detail == NULL
                                     ? strncmp(text_of(first, "detail"), "must be some of: ", 17) == 0
                                     : strcmp(text_of(first, "detail"), rows[i].detail) == 0);
        json_decref(problem);
    }
}

static void add_many(struct house *there, void *context)
{
    (void)context;
    for (int i = 0; i <= LIMIT_EVENTS; i++) {
        struct event event = {.kind = EVENT_PLAN, .what = WHAT_CHANGED, .plan_id = i + 1};
        http_server_event(there->server, &event);
    }
}

/* Where the stream says reset, this is a 410 whose cursor goes on from now. */
static void test_cursors_that_are_gone(void)
{
    char cursor[64];
    char query[200];
    json_t *problem = wait_for("?wait=600&after=00000000-5", 410);
    CHECK_TEXT(text_of(problem, "type"), "urn:mockdc:problem:cursor-gone");
    CHECK_TEXT(text_of(problem, "reason"), "restarted");
    json_decref(problem);
    take_cursor(cursor);
    house_run(&house, add_many, NULL);
    (void)snprintf(query, sizeof query, "?wait=600&after=%s", cursor);
    problem = wait_for(query, 410);
    CHECK_TEXT(text_of(problem, "reason"), "dropped");
    (void)snprintf(query, sizeof query, "?wait=600&after=%s", text_of(problem, "cursor"));
    json_decref(problem);
    make_product("goneon");
    json_t *answer = wait_for(query, 200);
    CHECK(items_of(answer) == 1);
    CHECK_TEXT(text_of(item(answer, 0), "productKey"), "goneon");
    json_decref(answer);
    answer = wait_for("?wait=600&limit=1000", 200); /* from the oldest that is kept */
    CHECK(items_of(answer) == 1000);
    json_decref(answer);
    answer = wait_for("?wait=600&kind=product&productKey=goneon", 200); /* behind all of them */
    CHECK(items_of(answer) == 1);
    json_decref(answer);
}

/* Clients that hang up while they wait leave nothing behind, long before their time is over. */
static void test_a_client_that_leaves(void)
{
    enum { COUNT = 20 };
    static struct raw raws[COUNT];
    for (int i = 0; i < COUNT; i++) {
        start_wait(&raws[i], "?wait=3600&kind=product&productKey=never");
    }
    CHECK(until_waiting(COUNT));
    for (int i = 0; i < COUNT - 1; i++) {
        raw_leave(&raws[i]);
    }
    CHECK(until_waiting(1));
    make_product("never");
    raw_finish(&raws[COUNT - 1]);
    CHECK(raw_says(&raws[COUNT - 1], 200, "\"productKey\":\"never\""));
    int64_t plan = plans_save(&house, "Left", "pk1", package_id, "");
    char path[96];
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld?waitFor=ended&timeout=3600", (long long)plan);
    raw_start(&house, "GET", path, NULL, &raws[0]);
    CHECK(until_waiting(1));
    raw_leave(&raws[0]);
    CHECK(until_waiting(0));
}

/* Who begins without a cursor meets nothing of what a product did before its reset; who has one does. */
static void test_a_product_that_was_reset(void)
{
    char cursor[64];
    char query[200];
    make_product("anew");
    take_cursor(cursor);
    json_decref(rest(&house, "POST", "/api/v1/products/anew/devices", "{\"deviceKey\": \"R1\"}", 201));
    json_decref(wait_for("?wait=0&kind=device&productKey=anew", 200));
    json_decref(rest(&house, "POST", "/api/v1/products/anew/reset", NULL, 200));
    json_decref(wait_for("?wait=0&kind=device&productKey=anew", 409));
    json_t *answer = wait_for("?wait=0&productKey=anew", 200);
    CHECK(items_of(answer) == 1);
    CHECK_TEXT(text_of(item(answer, 0), "what"), "reset");
    json_decref(answer);
    (void)snprintf(query, sizeof query, "?wait=0&kind=device&productKey=anew&after=%s", cursor);
    json_decref(wait_for(query, 200));
    json_decref(rest(&house, "POST", "/api/v1/products/anew/devices", "{\"deviceKey\": \"R1\"}", 201));
    answer = wait_for("?wait=0&kind=device&what=created&productKey=anew", 200);
    CHECK(items_of(answer) == 1);
    json_decref(answer);
    json_decref(rest(&house, "DELETE", "/api/v1/products/anew", NULL, 204));
    json_decref(wait_for("?wait=0&kind=device&productKey=anew", 409));
}

static void test_the_head(void)
{
    struct reply reply;
    ask(&house, "HEAD", "/api/v1/events?wait=0&kind=product", NULL, NULL, &reply);
    CHECK(reply.status == 200 && strcmp(reply_header(&reply, "Content-Type"), "application/json") == 0);
    reply_finish(&reply);
}

static void test_token(void)
{
    struct house guarded;
    house_open(&guarded, "secret-of-the-house");
    json_decref(rest(&guarded, "GET", "/api/v1/events?wait=600", NULL, 401));
    house_close(&guarded);
}

static void test_the_end_of_the_server(void)
{
    static struct raw raw;
    start_wait(&raw, "?wait=3600&kind=product&productKey=nobody");
    CHECK(until_waiting(1));
    house_close(&house);
    raw_finish(&raw);
    CHECK(raw_says(&raw, 503, "urn:mockdc:problem:stopping"));
}

int main(void)
{
    static const struct test_case cases[] = {{"opens", test_open},
                                             {"what is so already", test_so_already},
                                             {"after an id", test_after_an_id},
                                             {"what comes later", test_comes_later},
                                             {"pieces", test_pieces},
                                             {"filters", test_filters},
                                             {"timeouts", test_timeouts},
                                             {"near while waiting", test_near_while_waiting},
                                             {"bad questions", test_bad_questions},
                                             {"cursors that are gone", test_cursors_that_are_gone},
                                             {"a client that leaves", test_a_client_that_leaves},
                                             {"a product that was reset", test_a_product_that_was_reset},
                                             {"the head", test_the_head},
                                             {"the token", test_token},
                                             {"the end of the server", test_the_end_of_the_server},
                                             {0}};
    return suite_run("http door: await", cases);
}
