/*
 * Calls that wait for events, without a door: log and loop are real.
 */
#include "support/suite.h"

#include <stdlib.h>
#include <string.h>

#include "http/event_waiting.h"
#include "loop/loop.h"

static struct loop *loop;
static struct loop_timer *guard;
static struct event_log *events;
static struct waiters *waiters;
static struct api api;
static int woken;
static int stop_after;
static bool hung_up; /* all clients */

struct call {
    struct request request;
    struct answer answer;
};

static void on_wake(void *waker)
{
    (void)waker;
    woken++;
    if (woken == stop_after) {
        loop_stop(loop);
    }
}

static bool on_left(void *waker)
{
    (void)waker;
    return hung_up;
}

static void on_guard(void *context)
{
    (void)context;
    loop_stop(loop);
}

static void run_until_woken(int count)
{
    if (woken < count) {
        stop_after = count;
        loop_timer_arm(guard, 2 * LIMIT_WAIT_LOOK_MS);
        CHECK_OK(loop_run(loop));
        loop_timer_disarm(guard);
    }
    CU_ASSERT_EQUAL(woken, count);
}

static void start(void)
{
    woken = stop_after = 0;
    hung_up = false;
    CHECK_FATAL(loop_create(&loop) == OK);
    CHECK_FATAL(loop_timer_create(loop, on_guard, NULL, &guard) == OK);
    CHECK_FATAL(event_log_create(&events) == OK);
    CHECK_FATAL(waiters_create(loop, &waiters) == OK);
    CHECK_FATAL(event_waiting_create(events, waiters, &api.event_waiting) == OK);
}

static void finish(void)
{
    event_waiting_destroy(api.event_waiting);
    waiters_destroy(waiters);
    event_log_destroy(events);
    loop_timer_destroy(guard);
    loop_destroy(loop);
}

static void tell(enum event_kind kind, enum event_what what, const char *device_key)
{
    struct event event = {.kind = kind, .what = what};
    (void)snprintf(event.device_key, sizeof event.device_key, "%s", device_key);
    event_log_add(events, &event);
    event_waiting_told(api.event_waiting, &event);
}

/* As often as it asks for it; returns how many turns. */
static int turn(struct call *call)
{
    int turns = 0;
    do {
        call->request.turn = TURN_ANSWERED;
        events_await(&api, &call->request, &call->answer);
        turns++;
    } while (call->request.turn == TURN_AGAIN);
    return turns;
}

/* A call that has had its first turn. */
static struct call *make_call(const char *target, int64_t wait_ms)
{
    struct call *call = calloc(1, sizeof *call);
    if (call == NULL) {
        abort();
    }
    request_init(&call->request, LIMIT_HTTP_BODY);
    answer_init(&call->answer);
    call->request.wake = on_wake;
    call->request.left = on_left;
    CHECK_OK(target_parse(target, &call->request.target));
    events_check(&call->request);
    CU_ASSERT_EQUAL(call->request.verdict.wrong.count, 0);
    call->request.input.wait_ms = wait_ms;
    (void)turn(call);
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
    /* an answer's body need not end in a zero byte */
    bool right = call->request.turn == TURN_ANSWERED && call->answer.http_status == http_status &&
                 call->answer.body != NULL &&
                 memmem(call->answer.body, call->answer.length, text, strlen(text)) != NULL;
    if (!right) {
        (void)fprintf(stderr, "    %d: %.*s\n", call->answer.http_status, (int)call->answer.length,
                      call->answer.body == NULL ? "" : call->answer.body);
    }
    return right;
}

/* Only who is meant is woken, once; what comes before its turn is answered along. */
static void test_told(void)
{
    start();
    struct call *first = make_call("/e?wait=1&deviceKey=d1", 1000);
    struct call *second = make_call("/e?wait=1&deviceKey=d2", 1000);
    CU_ASSERT_EQUAL(first->request.turn, TURN_LATER);
    CU_ASSERT_EQUAL(waiters_count(waiters), 2);
    tell(EVENT_DEVICE, WHAT_ONLINE, "d1");
    tell(EVENT_DEVICE, WHAT_OFFLINE, "d1");
    CU_ASSERT_EQUAL(woken, 1);
    CU_ASSERT_EQUAL(waiters_count(waiters), 1);
    (void)turn(first);
    CHECK(says(first, 200, "\"what\":\"online\""));
    CHECK(says(first, 200, "\"what\":\"offline\""));
    end_call(second); /* as when the server goes down: it waits no more */
    CU_ASSERT_EQUAL(waiters_count(waiters), 0);
    tell(EVENT_DEVICE, WHAT_ONLINE, "d2");
    CU_ASSERT_EQUAL(woken, 1);
    end_call(first);
    finish();
}

/* A long log is looked at in slices. */
static void test_slices(void)
{
    start();
    for (int i = 0; i < 1999; i++) {
        tell(EVENT_DEVICE, WHAT_ONLINE, "other");
    }
    tell(EVENT_DEVICE, WHAT_ONLINE, "d1");
    struct call *call = make_call("/e?wait=1&deviceKey=d1", 1000);
    CHECK(says(call, 200, "\"deviceKey\":\"d1\""));
    end_call(call);
    call = calloc(1, sizeof *call);
    CHECK_FATAL(call != NULL);
    request_init(&call->request, LIMIT_HTTP_BODY);
    answer_init(&call->answer);
    CHECK_OK(target_parse("/e?wait=0&deviceKey=d2", &call->request.target));
    events_check(&call->request);
    CHECK(turn(call) > 3);
    CHECK(says(call, 409, "none of 2000 events matched; the last: device online, device d1"));
    end_call(call);
    finish();
}

/* The time of one is over while others wait on; a client that has hung up is found, whatever it waits for. */
static void test_over(void)
{
    start();
    struct call *hasty = make_call("/e?wait=1&kind=plan", 10);
    struct call *patient = make_call("/e?wait=1&kind=plan", 3600000);
    run_until_woken(1);
    (void)turn(hasty);
    CHECK(says(hasty, 409, "no event has come"));
    CU_ASSERT_EQUAL(waiters_count(waiters), 1);
    hung_up = true;
    run_until_woken(2);
    CU_ASSERT_EQUAL(waiters_count(waiters), 0);
    end_call(hasty);
    end_call(patient);
    finish();
}

static void test_too_many(void)
{
    static struct call *calls[LIMIT_WAITING_CALLS];
    start();
    for (int i = 0; i < LIMIT_WAITING_CALLS; i++) {
        calls[i] = make_call("/e?wait=1&kind=plan", 60000);
    }
    CU_ASSERT_EQUAL(waiters_count(waiters), LIMIT_WAITING_CALLS);
    struct call *late = make_call("/e?wait=1&kind=plan", 60000);
    CHECK(says(late, 503, "too many calls wait"));
    end_call(late);
    tell(EVENT_PLAN, WHAT_CREATED, "");
    CU_ASSERT_EQUAL(woken, LIMIT_WAITING_CALLS);
    CU_ASSERT_EQUAL(waiters_count(waiters), 0);
    for (int i = 0; i < LIMIT_WAITING_CALLS; i++) {
        (void)turn(calls[i]);
        CHECK(calls[i]->answer.http_status == 200);
        end_call(calls[i]);
    }
    finish();
}

int main(void)
{
    static const struct test_case cases[] = {
        {"told", test_told}, {"slices", test_slices}, {"over", test_over}, {"too many", test_too_many}, {0}};
    return suite_run("http: waiting for events", cases);
}
