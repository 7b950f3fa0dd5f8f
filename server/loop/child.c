#include "loop/child.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/instant.h"
#include "loop/internal.h"

enum { LINE_MOST = 1000, EXIT_NOT_STARTED = 127 };

struct child {
    pid_t pid;
    int pidfd;     /* readable when the process has ended */
    int output_fd; /* its standard output and error */
    struct event *ended;
    struct event *output;
    struct child_handlers handlers;
    void *context;
    char line[LINE_MOST + 1]; /* the line that is not complete yet; longer ones are cut */
    size_t line_length;
    bool reaped;
    bool busy;   /* a handler runs */
    bool doomed; /* child_stop() was called by a handler */
};

/* In the new process; only async-signal-safe calls. Never returns. */
static _Noreturn void become(char *const argv[], pid_t parent, int output, int report)
{
    sigset_t none;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)setpgid(0, 0); /* a Ctrl-C in the terminal is for the server, which ends us in order */
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
        _exit(EXIT_NOT_STARTED); /* it died before prctl() */
    }
    int null = open("/dev/null", O_RDONLY);
    if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
        dup2(output, STDERR_FILENO) >= 0) {
        (void)close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
        (void)execvp(argv[0], argv);
    }
    int reason = errno;
    (void)!write(report, &reason, sizeof reason);
    _exit(EXIT_NOT_STARTED);
}

/* Forks and waits until exec has happened. 0 and *pid, or errno. */
static int launch(char *const argv[], int output, pid_t *pid)
{
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) {
        return errno;
    }
    pid_t parent = getpid();
    pid_t made = fork();
    if (made == 0) {
        become(argv, parent, output, report[1]);
    }
    int reason = made < 0 ? errno : 0;
    (void)close(report[1]);
    if (made > 0) {
        ssize_t got;
        do {
            got = read(report[0], &reason, sizeof reason);
        } while (got < 0 && errno == EINTR);
        if (got != (ssize_t)sizeof reason) {
            reason = 0; /* the pipe closed without a word: exec worked */
        }
    }
    (void)close(report[0]);
    if (made > 0 && reason != 0) {
        (void)waitpid(made, NULL, 0);
    }
    *pid = made;
    return reason;
}

static void child_free(struct child *child)
{
    if (child->ended != NULL) {
        event_free(child->ended);
    }
    if (child->output != NULL) {
        event_free(child->output);
    }
    if (child->pidfd >= 0) {
        (void)close(child->pidfd);
    }
    if (child->output_fd >= 0) {
        (void)close(child->output_fd);
    }
    free(child);
}

static void give_line(struct child *child)
{
    child->line[child->line_length] = '\0';
    child->line_length = 0;
    if (child->handlers.on_line != NULL && !child->doomed) {
        child->handlers.on_line(child->context, child->line);
    }
}

/* Reads what there is. false when the pipe has closed. */
static bool read_lines(struct child *child)
{
    char bytes[4096];
    for (;;) {
        ssize_t got = read(child->output_fd, bytes, sizeof bytes);
        if (got < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        if (got == 0) {
            return false;
        }
        for (ssize_t i = 0; i < got; i++) {
            if (bytes[i] == '\n') {
                give_line(child);
            } else if (child->line_length < LINE_MOST && bytes[i] != '\0') {
                child->line[child->line_length++] = bytes[i];
            }
        }
    }
}

static void output_event(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct child *child = context;
    child->busy = true;
    if (!read_lines(child)) {
        (void)event_del(child->output);
    }
    child->busy = false;
    if (child->doomed) {
        child_free(child);
    }
}

static void ended_event(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct child *child = context;
    int wait_status = 0;
    if (waitpid(child->pid, &wait_status, WNOHANG) != child->pid) {
        return;
    }
    child->reaped = true;
    (void)event_del(child->ended);
    (void)event_del(child->output);
    child->busy = true;
    (void)read_lines(child);
    if (child->line_length > 0) {
        give_line(child);
    }
    child->busy = false;
    if (child->doomed) {
        child_free(child);
        return;
    }
    child->handlers.on_exit(child->context, wait_status); /* may free the child */
}

static enum status watch_child(struct loop *loop, struct child *child)
{
    child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
    if (child->pidfd < 0) {
        return E_IO;
    }
    struct event_base *base = loop_base(loop);
    child->ended = event_new(base, child->pidfd, EV_READ | EV_PERSIST, ended_event, child);
    child->output = event_new(base, child->output_fd, EV_READ | EV_PERSIST, output_event, child);
    if (child->ended == NULL || child->output == NULL || event_add(child->ended, NULL) != 0 ||
        event_add(child->output, NULL) != 0) {
        return E_NOMEM;
    }
    return OK;
}

enum status child_start(struct loop *loop, char *const argv[], const struct child_handlers *handlers, void *context,
                        struct child **child)
{
    struct child *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return E_NOMEM;
    }
    *made = (struct child){.pidfd = -1, .output_fd = -1, .handlers = *handlers, .context = context};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        free(made);
        return E_IO;
    }
    made->output_fd = ends[0];
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    int reason = launch(argv, ends[1], &made->pid);
    (void)close(ends[1]);
    if (reason != 0) {
        child_free(made);
        errno = reason;
        return E_IO;
    }
    enum status status = watch_child(loop, made);
    if (status != OK) {
        reason = errno;
        child_stop(made, 0);
        errno = reason;
        return status;
    }
    *child = made;
    return OK;
}

pid_t child_pid(const struct child *child)
{
    return child->pid;
}

/* Waits until the process has ended, taking its output meanwhile so that a full pipe cannot hold it. */
static bool ends_within(struct child *child, int64_t wait_ms)
{
    int64_t until = monotonic_ms() + wait_ms;
    bool open = child->output_fd >= 0;
    for (;;) {
        int64_t left = until - monotonic_ms();
        struct pollfd fds[2] = {{.fd = child->pidfd, .events = POLLIN},
                                {.fd = open ? child->output_fd : -1, .events = POLLIN}};
        (void)poll(fds, 2, left > 0 ? (int)left : 0);
        if ((fds[0].revents & POLLIN) != 0) {
            return true;
        }
        if (fds[1].revents != 0) {
            open = read_lines(child);
        }
        if (left <= 0) {
            return false;
        }
    }
}

void child_stop(struct child *child, int64_t grace_ms)
{
    if (child == NULL) {
        return;
    }
    bool was_busy = child->busy;
    child->doomed = true; /* its handlers are over */
    if (!child->reaped) {
        (void)kill(child->pid, SIGTERM);
        if (child->pidfd < 0 || !ends_within(child, grace_ms)) {
            (void)kill(child->pid, SIGKILL);
        }
        (void)waitpid(child->pid, NULL, 0);
        child->reaped = true;
    }
    if (was_busy) {
        if (child->ended != NULL) {
            (void)event_del(child->ended);
        }
        return; /* freed when the handler has returned */
    }
    child_free(child);
}
