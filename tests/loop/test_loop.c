#include "loop/loop.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/instant.h"
#include "support/suite.h"

struct record {
    struct loop *loop;
    char order[16];
    size_t count;
    size_t stop_at;
};

static void note(struct record *record, char letter)
{
    if (record->count < sizeof record->order - 1) {
        record->order[record->count++] = letter;
    }
    if (record->count >= record->stop_at) {
        loop_stop(record->loop);
    }
}

static void on_a(void *context)
{
    note(context, 'a');
}

static void on_b(void *context)
{
    note(context, 'b');
}

static void test_timers_fire_in_order(void)
{
    struct record record = {.stop_at = 2};
    CHECK_FATAL(loop_create(&record.loop) == OK);
    struct loop_timer *a;
    struct loop_timer *b;
    CHECK_OK(loop_timer_create(record.loop, on_a, &record, &a));
    CHECK_OK(loop_timer_create(record.loop, on_b, &record, &b));
    loop_timer_arm(a, 60000);
    loop_timer_arm(b, 1);
    loop_timer_arm(a, 20); /* arming again replaces */
    int64_t start = monotonic_ms();
    CHECK_OK(loop_run(record.loop));
    CHECK_TEXT(record.order, "ba");
    CHECK(monotonic_ms() - start >= 15);
    loop_timer_destroy(a);
    loop_timer_destroy(b);
    loop_destroy(record.loop);
}

static void test_disarmed_timer_is_silent(void)
{
    struct record record = {.stop_at = 1};
    CHECK_FATAL(loop_create(&record.loop) == OK);
    struct loop_timer *a;
    struct loop_timer *b;
    CHECK_OK(loop_timer_create(record.loop, on_a, &record, &a));
    CHECK_OK(loop_timer_create(record.loop, on_b, &record, &b));
    loop_timer_arm(a, -5);
    loop_timer_disarm(a);
    loop_timer_arm(b, 10);
    CHECK_OK(loop_run(record.loop));
    CHECK_TEXT(record.order, "b");
    loop_timer_destroy(a);
    loop_timer_destroy(b);
    loop_destroy(record.loop);
}

static void *post_often(void *context)
{
    for (int i = 0; i < 1000; i++) {
        loop_wakeup_post(context);
    }
    return NULL;
}

static void test_wakeups_from_a_thread(void)
{
    struct record record = {.stop_at = 1};
    CHECK_FATAL(loop_create(&record.loop) == OK);
    struct loop_wakeup *wakeup;
    CHECK_OK(loop_wakeup_create(record.loop, on_a, &record, &wakeup));
    loop_wakeup_post(wakeup);
    loop_wakeup_post(wakeup);
    CHECK_OK(loop_run(record.loop));
    CHECK_TEXT(record.order, "a"); /* two posts before: one call */
    pthread_t thread;
    record.stop_at = 2;
    CHECK_FATAL(pthread_create(&thread, NULL, post_often, wakeup) == 0);
    CHECK_OK(loop_run(record.loop));
    CHECK(record.count >= 2);
    CHECK(pthread_join(thread, NULL) == 0);
    loop_wakeup_destroy(wakeup);
    loop_destroy(record.loop);
}

static void on_signal(void *context, int number)
{
    note(context, number == SIGUSR1 ? 'u' : '?');
}

static void test_signal(void)
{
    struct record record = {.stop_at = 1};
    CHECK_FATAL(loop_create(&record.loop) == OK);
    struct loop_signal *watch;
    CHECK_OK(loop_signal_create(record.loop, SIGUSR1, on_signal, &record, &watch));
    CHECK(raise(SIGUSR1) == 0);
    CHECK_OK(loop_run(record.loop));
    CHECK_TEXT(record.order, "u");
    loop_signal_destroy(watch);
    loop_destroy(record.loop);
}

static void on_fd(void *context, bool readable, bool writable)
{
    if (readable) {
        note(context, 'r');
    }
    if (writable) {
        note(context, 'w');
    }
}

static void test_descriptor(void)
{
    struct record record = {.stop_at = 1};
    int ends[2];
    CHECK_FATAL(pipe(ends) == 0 && loop_create(&record.loop) == OK);
    struct loop_fd *reader;
    struct loop_fd *writer;
    CHECK_OK(loop_fd_create(record.loop, ends[0], on_fd, &record, &reader));
    CHECK_OK(loop_fd_create(record.loop, ends[1], on_fd, &record, &writer));
    CHECK_OK(loop_fd_want(reader, true, false));
    CHECK_OK(loop_fd_want(writer, false, true));
    CHECK_OK(loop_run(record.loop));
    CHECK_TEXT(record.order, "w"); /* nothing to read yet */
    CHECK_OK(loop_fd_want(writer, false, false));
    CHECK(write(ends[1], "x", 1) == 1);
    CHECK_OK(loop_run(record.loop));
    CHECK_TEXT(record.order, "wr");
    loop_fd_destroy(reader);
    loop_fd_destroy(writer);
    loop_destroy(record.loop);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void test_stop_before_run(void)
{
    struct loop *loop;
    CHECK_FATAL(loop_create(&loop) == OK);
    loop_stop(loop);
    CHECK_OK(loop_run(loop)); /* returns at once */
    loop_destroy(loop);
}

int main(void)
{
    static const struct test_case cases[] = {{"timers fire in order", test_timers_fire_in_order},
                                             {"a disarmed timer is silent", test_disarmed_timer_is_silent},
                                             {"wake-ups from a thread", test_wakeups_from_a_thread},
                                             {"signal", test_signal},
                                             {"descriptor", test_descriptor},
                                             {"stop before run", test_stop_before_run},
                                             {0}};
    return suite_run("loop", cases);
}
