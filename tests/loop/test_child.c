#include "loop/child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/instant.h"
#include "support/suite.h"

struct record {
    struct loop *loop;
    struct child *child;
    char lines[256];
    int exits;
    int wait_status;
    int starts_left;
    bool stop_on_line;
};

static void start(struct record *record, const char *script);

static void on_line(void *context, const char *line)
{
    struct record *record = context;
    size_t used = strlen(record->lines);
    (void)snprintf(record->lines + used, sizeof record->lines - used, "%s|", line);
    if (record->stop_on_line) {
        loop_stop(record->loop);
    }
}

static void on_exit_child(void *context, int wait_status)
{
    struct record *record = context;
    record->exits++;
    record->wait_status = wait_status;
    child_stop(record->child, 0);
    record->child = NULL;
    if (record->starts_left-- > 0) {
        start(record, "exit 3");
    } else {
        loop_stop(record->loop);
    }
}

static void start(struct record *record, const char *script)
{
    static const struct child_handlers handlers = {.on_line = on_line, .on_exit = on_exit_child};
    char shell[] = "sh";
    char option[] = "-c";
    char text[128];
    (void)snprintf(text, sizeof text, "%s", script);
    char *argv[] = {shell, option, text, NULL};
    CHECK_FATAL(child_start(record->loop, argv, &handlers, record, &record->child) == OK);
}

static void test_lines_and_exit(void)
{
    struct record record = {0};
    CHECK_FATAL(loop_create(&record.loop) == OK);
    start(&record, "echo one; echo two >&2; printf three; exit 7");
    CHECK_OK(loop_run(record.loop));
    CHECK_TEXT(record.lines, "one|two|three|");
    CHECK(record.exits == 1);
    CHECK(WIFEXITED(record.wait_status) && WEXITSTATUS(record.wait_status) == 7);
    loop_destroy(record.loop);
}

static void test_started_again_from_on_exit(void)
{
    struct record record = {.starts_left = 2};
    CHECK_FATAL(loop_create(&record.loop) == OK);
    start(&record, "exit 1");
    CHECK_OK(loop_run(record.loop));
    CHECK(record.exits == 3);
    CHECK(WEXITSTATUS(record.wait_status) == 3);
    loop_destroy(record.loop);
}

static void test_killed(void)
{
    struct record record = {0};
    CHECK_FATAL(loop_create(&record.loop) == OK);
    start(&record, "exec sleep 1000");
    CHECK(kill(child_pid(record.child), SIGKILL) == 0);
    CHECK_OK(loop_run(record.loop));
    CHECK(WIFSIGNALED(record.wait_status) && WTERMSIG(record.wait_status) == SIGKILL);
    loop_destroy(record.loop);
}

static void test_stop(void)
{
    static const struct {
        const char *name;
        const char *script;
        int64_t grace_ms;
        int64_t most_ms;
    } rows[] = {{"ends at SIGTERM", "echo up; exec sleep 1000", 10000, 5000},
                {"ignores SIGTERM", "trap '' TERM; echo up; exec sleep 1000", 50, 5000},
                {"writes without end", "echo up; exec yes", 10000, 5000}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct record record = {.stop_on_line = true};
        CHECK_FATAL(loop_create(&record.loop) == OK);
        start(&record, rows[i].script);
        CHECK_OK(loop_run(record.loop));
        pid_t pid = child_pid(record.child);
        int64_t begin = monotonic_ms();
        child_stop(record.child, rows[i].grace_ms);
        CHECK_ROW(rows[i].name, monotonic_ms() - begin < rows[i].most_ms);
        CHECK_ROW(rows[i].name, kill(pid, 0) != 0 && errno == ESRCH);
        CHECK_ROW(rows[i].name, record.exits == 0);
        loop_destroy(record.loop);
    }
}

static void test_missing_program(void)
{
    struct record record = {0};
    CHECK_FATAL(loop_create(&record.loop) == OK);
    char program[] = "no-such-program-anywhere";
    char *argv[] = {program, NULL};
    static const struct child_handlers handlers = {.on_exit = on_exit_child};
    CHECK(child_start(record.loop, argv, &handlers, &record, &record.child) == E_IO);
    CHECK(errno == ENOENT);
    loop_destroy(record.loop);
}

int main(void)
{
    static const struct test_case cases[] = {{"lines and exit", test_lines_and_exit},
                                             {"started again from on_exit", test_started_again_from_on_exit},
                                             {"killed", test_killed},
                                             {"stop", test_stop},
                                             {"missing program", test_missing_program},
                                             {0}};
    return suite_run("child", cases);
}
