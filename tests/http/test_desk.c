/*
 * The desk: turns of calls on the loop.
 */
#include "support/suite.h"

#include "base/limits.h"
#include "http/desk.h"
#include "loop/loop.h"

enum { ITEMS = 4, STEPS = 64 };

struct task {
    struct desk_item item;
    char name;
    enum desk_turn turns[4]; /* of its calls; behind them: DONE */
    int handled;
    bool wakes_itself;
    bool suspended;
    enum status refused; /* OK: was not */
};

static struct loop *loop;
static struct loop_timer *guard;
static struct desk *desk;
static struct task tasks[ITEMS];
static size_t wanted_turns;
static char trace[STEPS + 1]; /* names in the order of their turns */

static void on_suspend(struct desk_item *item)
{
    ((struct task *)item)->suspended = true;
}

static enum desk_turn on_handle(void *context, struct desk_item *item)
{
    (void)context;
    struct task *task = (struct task *)item;
    size_t used = strlen(trace);
    CHECK_FATAL(used < STEPS);
    trace[used] = task->name;
    if (used + 1 == wanted_turns) {
        loop_timer_arm(guard, 5);
    }
    if (task->wakes_itself) {
        desk_wake(desk, item);
    }
    int turn = task->handled++;
    return turn < 4 ? task->turns[turn] : DESK_TURN_DONE;
}

static void on_refuse(void *context, struct desk_item *item, enum status status)
{
    (void)context;
    struct task *task = (struct task *)item;
    CHECK(task->refused == OK);
    task->refused = status;
}

static void on_guard(void *context)
{
    (void)context;
    loop_stop(loop);
}

static void start(void)
{
    static const struct desk_handlers handlers = {on_suspend, on_handle, on_refuse};
    memset(tasks, 0, sizeof tasks);
    memset(trace, 0, sizeof trace);
    for (int i = 0; i < ITEMS; i++) {
        tasks[i].name = (char)('a' + i);
    }
    CHECK_FATAL(loop_create(&loop) == OK);
    CHECK_FATAL(loop_timer_create(loop, on_guard, NULL, &guard) == OK);
    CHECK_FATAL(desk_create(loop, &handlers, NULL, &desk) == OK);
}

static void finish(void)
{
    desk_close(desk);
    desk_destroy(desk);
    loop_timer_destroy(guard);
    loop_destroy(loop);
}

static void put(int i)
{
    CHECK_OK(desk_put(desk, &tasks[i].item));
    CHECK(tasks[i].suspended);
}

/* Runs the loop until there were so many turns in all, and a little longer: there must not be more. */
static void run(size_t turns)
{
    wanted_turns = turns;
    loop_timer_arm(guard, strlen(trace) < turns ? 5000 : 5);
    CHECK_OK(loop_run(loop));
}

static void test_each_has_its_turn(void)
{
    start();
    put(0);
    put(1);
    run(2);
    CHECK_TEXT(trace, "ab");
    finish();
    CHECK(tasks[0].refused == OK);
}

static void test_slices_take_turns(void)
{
    start();
    tasks[0].turns[0] = tasks[0].turns[1] = tasks[0].turns[2] = DESK_TURN_AGAIN;
    tasks[1].turns[0] = tasks[1].turns[1] = DESK_TURN_AGAIN;
    put(0);
    put(1);
    put(2);
    run(8);
    CHECK_TEXT(trace, "abcababa");
    finish();
}

static void test_kept_until_woken(void)
{
    start();
    tasks[0].turns[0] = DESK_TURN_LATER;
    put(0);
    run(1);
    CHECK_TEXT(trace, "a");
    desk_wake(desk, &tasks[0].item);
    CHECK_TEXT(trace, "a"); /* never from within */
    desk_wake(desk, &tasks[0].item);
    run(2);
    CHECK_TEXT(trace, "aa");
    finish();
    CHECK(tasks[0].refused == OK);
}

static void test_woken_while_it_has_its_turn(void)
{
    start();
    tasks[0].wakes_itself = true;
    tasks[0].turns[0] = DESK_TURN_LATER;
    tasks[1].wakes_itself = true; /* and is done all the same */
    put(0);
    put(1);
    run(3);
    CHECK_TEXT(trace, "aba");
    finish();
}

static void test_who_does_not_wait_is_not_woken(void)
{
    start();
    put(0);
    desk_wake(desk, &tasks[0].item);
    run(1);
    CHECK_TEXT(trace, "a");
    finish();
}

static void test_closing_refuses_all(void)
{
    start();
    tasks[0].turns[0] = DESK_TURN_LATER;
    tasks[1].turns[0] = DESK_TURN_LATER;
    put(0);
    put(1);
    run(2);
    desk_wake(desk, &tasks[1].item); /* waits for its turn */
    put(2);
    finish();
    CHECK_TEXT(trace, "ab");
    for (int i = 0; i < 3; i++) {
        CHECK(tasks[i].refused == E_CLOSED);
    }
}

static void test_only_the_first_turn_may_be_late(void)
{
    start();
    tasks[0].turns[0] = DESK_TURN_LATER;
    put(0);
    run(1);
    put(1);
    int64_t late = tasks[1].item.since + LIMIT_HTTP_CALL_MS + 1;
    desk_expire(desk, late - 1);
    CHECK(tasks[1].refused == OK);
    desk_expire(desk, late);
    CHECK(tasks[1].refused == E_TIMEOUT);
    CHECK(tasks[0].refused == OK);
    finish();
}

int main(void)
{
    static const struct test_case cases[] = {{"each has its turn", test_each_has_its_turn},
                                             {"slices take turns", test_slices_take_turns},
                                             {"kept until woken", test_kept_until_woken},
                                             {"woken while it has its turn", test_woken_while_it_has_its_turn},
                                             {"who does not wait is not woken", test_who_does_not_wait_is_not_woken},
                                             {"closing refuses all", test_closing_refuses_all},
                                             {"only the first turn may be late", test_only_the_first_turn_may_be_late},
                                             {0}};
    return suite_run("http: desk", cases);
}
