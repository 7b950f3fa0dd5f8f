/*
 * Calls that wait, without a door: the looks are this test's, the loop is real.
 */
#include "support/suite.h"

#include <stdlib.h>

#include "http/waiting.h"
#include "loop/loop.h"

enum { WORD_RED, WORD_YELLOW, WORD_GREEN, WORD_COUNT };

static const char *colour(unsigned number)
{
    static const char *const names[WORD_COUNT] = {"red", "yellow", "green"};
    return names[number];
}

static struct loop *loop;
static struct loop_timer *guard;
static struct waiters *waiters;
static struct waiting *waiting;
static int woken;      /* calls */
static int stop_after; /* so many woken ones the loop stops */

/* What the subjects are now. */
static unsigned present;
static bool gone;
static int looks;

static void look(struct app *app, const struct wait_subject *subject, struct sight *sight)
{
    (void)app;
    looks++;
    sight->status = gone ? E_NOT_FOUND : OK;
    sight->word = present;
    (void)snprintf(sight->state, sizeof sight->state, "is %s", colour(present));
    sight->json = gone ? NULL : json_pack("{s:s, s:s}", "status", colour(present), "of", subject->device_key);
}

struct call {
    struct request request;
    struct answer answer;
    struct wait_subject subject;
    bool woken;
};

static void on_wake(void *waker)
{
    struct call *call = waker;
    call->woken = true;
    woken++;
    if (woken == stop_after) {
        loop_stop(loop);
    }
}

static void on_guard(void *context)
{
    (void)context;
    loop_stop(loop);
}

/* Runs the loop until `count` calls have been woken since the start of the test. */
static void run_until_woken(int count)
{
    if (woken < count) {
        stop_after = count;
        loop_timer_arm(guard, 5000);
        CHECK_OK(loop_run(loop));
        loop_timer_disarm(guard);
    }
    CU_ASSERT_EQUAL(woken, count);
}

static void start(void)
{
    woken = stop_after = looks = 0;
    gone = false;
    present = WORD_RED;
    CHECK_FATAL(loop_create(&loop) == OK);
    CHECK_FATAL(loop_timer_create(loop, on_guard, NULL, &guard) == OK);
    CHECK_FATAL(waiters_create(loop, &waiters) == OK && waiting_create(loop, NULL, waiters, &waiting) == OK);
}

static void finish(void)
{
    waiting_destroy(waiting);
    waiters_destroy(waiters);
    loop_timer_destroy(guard);
    loop_destroy(loop);
}

static void turn(struct call *call)
{
    call->request.turn = TURN_ANSWERED;
    waiting_act(waiting, &call->request, &call->subject, look, &call->answer);
}

/* A call with its first turn. `wait_for`: one bit a word. */
static struct call *make_call(int64_t id, const char *device_key, uint32_t wait_for, int64_t wait_ms)
{
    struct call *call = calloc(1, sizeof *call);
    if (call == NULL) {
        abort();
    }
    request_init(&call->request, LIMIT_HTTP_BODY);
    answer_init(&call->answer);
    call->request.wake = on_wake;
    call->request.waker = call;
    call->request.input.wait_for = wait_for;
    call->request.input.wait_ms = wait_ms;
    call->subject.id = id;
    (void)snprintf(call->subject.device_key, sizeof call->subject.device_key, "%s", device_key);
    turn(call);
    return call;
}

static void end_call(struct call *call)
{
    request_drop_state(&call->request);
    request_finish(&call->request);
    answer_finish(&call->answer);
    free(call);
}

static bool says(const struct call *call, int http_status, const char *text)
{
    bool right = call->request.turn == TURN_ANSWERED && call->answer.http_status == http_status &&
                 call->answer.body != NULL && strstr(call->answer.body, text) != NULL;
    if (!right) {
        (void)fprintf(stderr, "    %d: %s\n", call->answer.http_status,
                      call->answer.body == NULL ? "" : call->answer.body);
    }
    return right;
}

static void test_what_is_so_already_is_answered_at_once(void)
{
    start();
    present = WORD_GREEN;
    waiting_changed(waiting, 7, "d1"); /* before anybody waits: nothing is looked at */
    CU_ASSERT_EQUAL(looks, 0);
    struct call *call = make_call(7, "d1", 1U << WORD_YELLOW | 1U << WORD_GREEN, 1000);
    CHECK(says(call, 200, "\"status\":\"green\""));
    end_call(call);
    call = make_call(7, "d1", 0, 0); /* nothing waited for */
    CHECK(says(call, 200, "\"green\""));
    end_call(call);
    finish();
}

static void test_a_change_answers(void)
{
    start();
    struct call *call = make_call(7, "d1", 1U << WORD_GREEN, 60000);
    CU_ASSERT_EQUAL(call->request.turn, TURN_LATER);
    present = WORD_YELLOW;
    waiting_changed(waiting, 7, "d1");
    CHECK(!call->woken);
    present = WORD_GREEN;
    waiting_changed(waiting, 7, "d1");
    CHECK(call->woken);
    turn(call);
    CHECK(says(call, 200, "\"status\":\"green\",\"of\":\"d1\""));
    end_call(call);
    finish();
}

static void test_a_status_that_does_not_last_is_seen(void)
{
    start();
    struct call *call = make_call(7, "", 1U << WORD_YELLOW, 60000);
    present = WORD_YELLOW;
    waiting_changed(waiting, 7, "");
    present = WORD_GREEN;
    waiting_changed(waiting, 7, "");
    turn(call);
    CHECK(says(call, 200, "\"yellow\""));
    end_call(call);
    finish();
}

static void test_only_what_changed_is_looked_at(void)
{
    start();
    struct call *call = make_call(7, "d1", 1U << WORD_GREEN, 60000);
    looks = 0;
    waiting_changed(waiting, 7, "d2");
    waiting_changed(waiting, 8, "d1");
    waiting_changed(waiting, 8, "");
    waiting_changed(waiting, -7, "");
    CU_ASSERT_EQUAL(looks, 0);
    end_call(call);
    finish();
}

static void test_who_is_reached(void)
{
    static const struct {
        const char *name;
        int64_t id; /* waited for */
        const char *device_key;
        int64_t changed_id;
        const char *changed_key;
        bool reached;
    } rows[] = {{"device, by itself", 7, "d1", 7, "d1", true},
                {"device, by its plan", 7, "d1", 7, "", true},
                {"device, by everything", 7, "d1", 0, "", true},
                {"device, by another plan", 7, "d1", 8, "", false},
                {"device, by another device", 7, "d1", 7, "d2", false},
                {"plan, by itself", 7, "", 7, "", true},
                {"plan, by everything", 7, "", 0, "", true},
                {"plan, by a device", 7, "", 7, "d1", false},
                {"verification, by itself", -3, "", -3, "", true},
                {"verification, by its device", -3, "", -3, "d1", true},
                {"verification, by everything", -3, "", 0, "", true},
                {"verification, by the plan of its number", -3, "", 3, "", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start();
        struct call *call = make_call(rows[i].id, rows[i].device_key, 1U << WORD_GREEN, rows[i].reached ? 60000 : 10);
        present = WORD_GREEN;
        waiting_changed(waiting, rows[i].changed_id, rows[i].changed_key);
        run_until_woken(1); /* who is not reached: by the end of its time, at which it looks once more */
        looks = 0;
        turn(call);
        CHECK_ROW(rows[i].name, says(call, 200, "green"));
        CHECK_ROW(rows[i].name, looks == (rows[i].reached ? 0 : 1));
        end_call(call);
        finish();
    }
}

static void test_timeout(void)
{
    start();
    struct call *call = make_call(7, "d1", 1U << WORD_GREEN, 20);
    present = WORD_YELLOW;
    run_until_woken(1);
    turn(call);
    CHECK(says(call, 409, "\"type\":\"urn:mockdc:problem:await-timeout\""));
    CHECK(says(call, 409, "\"detail\":\"is yellow, after 0.02 s\""));
    end_call(call);
    call = make_call(7, "d1", 1U << WORD_GREEN, 0); /* no patience at all */
    CHECK(says(call, 409, "await-timeout"));
    end_call(call);
    finish();
}

static void test_timeouts_come_in_their_order(void)
{
    start();
    struct call *late = make_call(7, "d1", 1U << WORD_GREEN, 60000);
    struct call *second = make_call(7, "d1", 1U << WORD_GREEN, 30);
    struct call *first = make_call(7, "d2", 1U << WORD_GREEN, 10);
    run_until_woken(1);
    CHECK(first->woken && !second->woken);
    run_until_woken(2);
    CHECK(second->woken && !late->woken);
    struct call *all[] = {late, second, first};
    for (size_t i = 0; i < 3; i++) {
        end_call(all[i]);
    }
    finish();
}

static void test_what_has_gone_is_not_found(void)
{
    start();
    struct call *call = make_call(7, "d1", 1U << WORD_GREEN, 60000);
    gone = true;
    waiting_changed(waiting, 7, "");
    run_until_woken(1);
    turn(call);
    CHECK(says(call, 404, "not-found"));
    end_call(call);
    call = make_call(7, "d1", 1U << WORD_GREEN, 60000); /* was never there */
    CHECK(says(call, 404, "not-found"));
    end_call(call);
    finish();
}

static void test_a_thousand_share_one_look(void)
{
    enum { COUNT = 1000 };
    static struct call *calls[COUNT];
    start();
    for (int i = 0; i < COUNT; i++) {
        calls[i] = make_call(7, "d1", 1U << (i % 2 == 0 ? WORD_GREEN : WORD_YELLOW), 60000);
    }
    looks = 0;
    present = WORD_GREEN;
    waiting_changed(waiting, 7, "d1");
    CU_ASSERT_EQUAL(looks, 1);
    CU_ASSERT_EQUAL(woken, COUNT / 2);
    for (int i = 0; i < COUNT; i++) {
        CHECK(calls[i]->woken == (i % 2 == 0));
        if (calls[i]->woken) {
            turn(calls[i]);
            CHECK(says(calls[i], 200, "green"));
        }
        end_call(calls[i]); /* the others as when the server stops */
    }
    CU_ASSERT_EQUAL(looks, 1);
    waiting_changed(waiting, 7, "d1");
    CU_ASSERT_EQUAL(looks, 1); /* nobody is left */
    finish();
}

static void test_not_too_many(void)
{
    static struct call *calls[LIMIT_WAITING_CALLS];
    start();
    for (int i = 0; i < LIMIT_WAITING_CALLS; i++) {
        calls[i] = make_call(i + 1, "", 1U << WORD_GREEN, 60000);
        CHECK(calls[i]->request.turn == TURN_LATER);
    }
    struct call *more = make_call(1, "", 1U << WORD_GREEN, 60000);
    CHECK(says(more, 503, "too many calls wait"));
    end_call(more);
    end_call(calls[0]);
    calls[0] = make_call(1, "", 1U << WORD_GREEN, 60000);
    CHECK(calls[0]->request.turn == TURN_LATER);
    for (int i = 0; i < LIMIT_WAITING_CALLS; i++) {
        end_call(calls[i]);
    }
    finish();
}

static void test_the_question(void)
{
    static const struct {
        const char *query;
        const char *wrong; /* NULL: right */
        uint32_t wait_for;
        int64_t wait_ms;
    } rows[] = {{"", NULL, 0, 30000},
                {"?waitFor=green", NULL, 4, 30000},
                {"?waitFor=red,green&timeout=5", NULL, 5, 5000},
                {"?waitFor=green&timeout=0.05", NULL, 4, 50},
                {"?waitFor=green&timeout=0", NULL, 4, 0},
                {"?waitFor=green&timeout=3600", NULL, 4, 3600000},
                {"?waitFor=green&timeout=3600.001", "/?timeout", 0, 0},
                {"?waitFor=green&timeout=-1", "/?timeout", 0, 0},
                {"?waitFor=green&timeout=", "/?timeout", 0, 0},
                {"?waitFor=green&timeout=.5", "/?timeout", 0, 0},
                {"?waitFor=green&timeout=5.", "/?timeout", 0, 0},
                {"?waitFor=green&timeout=1e3", "/?timeout", 0, 0},
                {"?waitFor=green&timeout=nan", "/?timeout", 0, 0},
                {"?waitFor=green&timeout=5s", "/?timeout", 0, 0},
                {"?timeout=5", "/?timeout", 0, 0},
                {"?waitFor=", "/?waitFor", 0, 0},
                {"?waitFor=green,", "/?waitFor", 0, 0},
                {"?waitFor=gree", "/?waitFor", 0, 0},
                {"?waitFor=greener", "/?waitFor", 0, 0},
                {"?waitFor=Green", "/?waitFor", 0, 0},
                {"?waitFor=red,blue", "/?waitFor", 0, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static struct request request; /* large */
        request_init(&request, LIMIT_HTTP_BODY);
        char uri[80];
        (void)snprintf(uri, sizeof uri, "/x%s", rows[i].query);
        CHECK_OK(target_parse(uri, &request.target));
        waiting_check(&request, colour, WORD_COUNT);
        const struct violations *wrong = &request.verdict.wrong;
        CHECK_ROW(rows[i].query, wrong->count == (rows[i].wrong != NULL));
        if (rows[i].wrong != NULL) {
            CHECK_ROW(rows[i].query, strcmp(wrong->items[0].pointer, rows[i].wrong) == 0);
        } else {
            CHECK_ROW(rows[i].query, request.input.wait_for == rows[i].wait_for);
            CHECK_ROW(rows[i].query, request.input.wait_ms == rows[i].wait_ms);
        }
        request_finish(&request);
    }
}

int main(void)
{
    static const struct test_case cases[] = {
        {"what is so already is answered at once", test_what_is_so_already_is_answered_at_once},
        {"a change answers", test_a_change_answers},
        {"a status that does not last is seen", test_a_status_that_does_not_last_is_seen},
        {"only what changed is looked at", test_only_what_changed_is_looked_at},
        {"who is reached", test_who_is_reached},
        {"timeout", test_timeout},
        {"timeouts come in their order", test_timeouts_come_in_their_order},
        {"what has gone is not found", test_what_has_gone_is_not_found},
        {"a thousand share one look", test_a_thousand_share_one_look},
        {"not too many", test_not_too_many},
        {"the question", test_the_question},
        {0}};
    return suite_run("http: waiting", cases);
}
