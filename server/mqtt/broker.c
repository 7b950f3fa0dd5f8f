#include "mqtt/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "loop/child.h"

enum { DELAY_LEAST_MS = 50, DELAY_MOST_MS = 5000, GRACE_MS = 3000, KILL_GRACE_MS = 300, ORPHAN_WAIT_MS = 3000 };

struct broker {
    struct loop *loop;
    char folder[LIMIT_PATH];
    char config[LIMIT_PATH];
    char pid_file[LIMIT_PATH];
    char socket_folder[64]; /* below /tmp; empty: the socket is in `folder` */
    char socket[LIMIT_PATH];
    char program[LIMIT_PATH];
    struct child *child;
    struct loop_timer *restart;
    int64_t delay_ms;
    struct broker_handlers handlers;
    void *context;
};

static const char acl_text[] = "user mockdc-core\n"
                               "topic readwrite #\n"
                               "user mockdc-observer\n"
                               "topic read #\n"
                               "pattern write q/2/d/%c/+\n"
                               "pattern read q/1/d/%c/+\n";

static enum status write_file(const char *path, const char *text, struct error *error)
{
    FILE *file = fopen(path, "we");
    bool good = file != NULL && fputs(text, file) >= 0;
    int number = errno;
    if (file != NULL && fclose(file) != 0) {
        good = false;
        number = errno;
    }
    return good ? OK : error_set(error, E_IO, "broker", "cannot write %.150s: %s", path, strerror(number));
}

static enum status make_folder(const char *path, struct error *error)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return error_set(error, E_IO, "broker", "cannot make the folder %.150s: %s", path, strerror(errno));
    }
    if (chmod(path, 0700) != 0) {
        return error_set(error, E_IO, "broker", "cannot protect the folder %.150s: %s", path, strerror(errno));
    }
    return OK;
}

/* Joins with a limit; paths that do not fit are cut and fail when they are opened. */
static void join(char *target, const char *folder, const char *name)
{
    (void)snprintf(target, LIMIT_PATH, "%.4000s/%s", folder, name);
}

static enum status choose_socket(struct broker *broker, struct error *error)
{
    join(broker->socket, broker->folder, "mqtt.sock");
    if (strlen(broker->socket) < sizeof((struct sockaddr_un *)NULL)->sun_path) {
        return OK;
    }
    char folder[] = "/tmp/mockdc-XXXXXX";
    if (mkdtemp(folder) == NULL) { /* made with 0700 */
        return error_set(error, E_IO, "broker", "cannot make a folder below /tmp: %s", strerror(errno));
    }
    text_copy_cut(broker->socket_folder, sizeof broker->socket_folder, folder);
    join(broker->socket, folder, "mqtt.sock");
    return OK;
}

static enum status write_configuration(struct broker *broker, struct error *error)
{
    char acl[LIMIT_PATH];
    char state[LIMIT_PATH];
    join(acl, broker->folder, "acl");
    join(state, broker->folder, "state");
    enum status status = make_folder(state, error);
    if (status == OK) {
        status = write_file(acl, acl_text, error);
    }
    if (status != OK) {
        return status;
    }
    char text[4 * LIMIT_PATH];
    /* Limits of 0 are none: a full queue would drop silently (design.md, 4). As root it would change its user and could
     * then not bind the socket. */
    (void)snprintf(
        text, sizeof text,
        "listener 0 %s\nallow_anonymous true\nacl_file %s\n%s"
        "persistence true\npersistence_location %s/\nautosave_interval 60\n"
        "max_queued_messages 1000000\nmax_queued_bytes 0\nmax_inflight_messages 1000\n"
        "max_inflight_bytes 0\nsys_interval 0\n"
        "log_dest stderr\nlog_timestamp false\nlog_type error\nlog_type warning\nconnection_messages false\n",
        broker->socket, acl, geteuid() == 0 ? "user root\n" : "", state);
    return write_file(broker->config, text, error);
}

/* Whether the process is a mosquitto that was started with our configuration. */
static bool is_our_broker(pid_t pid, const char *config)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%ld/cmdline", (long)pid);
    CLEANUP(cleanup_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    char words[2 * LIMIT_PATH];
    ssize_t length = fd < 0 ? -1 : read(fd, words, sizeof words - 1);
    if (length <= 0) {
        return false;
    }
    words[length] = '\0';
    if (!text_ends_with(words, "mosquitto")) { /* the first word: the program */
        return false;
    }
    for (const char *word = words; word < words + length; word += strlen(word) + 1) {
        if (strcmp(word, config) == 0) {
            return true;
        }
    }
    return false;
}

/* A broker that outlived a server of ours would hold the persistence file. */
static void end_orphan(const struct broker *broker)
{
    FILE *file = fopen(broker->pid_file, "re");
    if (file == NULL) {
        return;
    }
    char line[32] = "";
    int64_t pid = 0;
    bool read = fgets(line, sizeof line, file) != NULL;
    (void)fclose(file);
    line[strcspn(line, "\n")] = '\0';
    if (!read || text_parse_int(line, 2, INT32_MAX, &pid) != OK || !is_our_broker((pid_t)pid, broker->config)) {
        return;
    }
    CLEANUP(cleanup_fd) int pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
    if (pidfd < 0) {
        return;
    }
    log_warn("broker", "broker=%lld is an orphan of an earlier server and is ended", (long long)pid);
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};
    (void)kill((pid_t)pid, SIGTERM);
    if (poll(&ended, 1, ORPHAN_WAIT_MS) == 0) {
        (void)kill((pid_t)pid, SIGKILL);
        (void)poll(&ended, 1, ORPHAN_WAIT_MS);
    }
}

static void on_line(void *context, const char *line)
{
    (void)context;
    if (text_starts_with(line, "Error")) {
        log_warn("broker", "broker says: %s", line);
    } else {
        log_debug("broker", "broker says: %s", line);
    }
}

static void start_later(struct broker *broker)
{
    loop_timer_arm(broker->restart, broker->delay_ms);
    broker->delay_ms = broker->delay_ms * 2 > DELAY_MOST_MS ? DELAY_MOST_MS : broker->delay_ms * 2;
}

static void on_exit_child(void *context, int wait_status)
{
    struct broker *broker = context;
    child_stop(broker->child, 0);
    broker->child = NULL;
    log_error("broker", "broker=ended %s %d; it is started again in %lld ms",
              WIFSIGNALED(wait_status) ? "by signal" : "with exit code",
              WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status), (long long)broker->delay_ms);
    start_later(broker);
    broker->handlers.on_ended(broker->context);
}

/* Tries PATH and then where Debian and source builds put the program, which is not in every user's PATH. */
static enum status start_program(struct broker *broker)
{
    static const char *const folders[] = {"", "/usr/sbin/", "/usr/local/sbin/"};
    static const struct child_handlers handlers = {.on_line = on_line, .on_exit = on_exit_child};
    bool has_folder = strchr(broker->program, '/') != NULL;
    enum status status = E_IO;
    for (size_t i = 0; i < (has_folder ? 1 : 3); i++) {
        char program[LIMIT_PATH + 32];
        (void)snprintf(program, sizeof program, "%s%s", folders[i], broker->program);
        char option[] = "-c";
        char *argv[] = {program, option, broker->config, NULL};
        status = child_start(broker->loop, argv, &handlers, broker, &broker->child);
        if (status != E_IO || errno != ENOENT) {
            break;
        }
    }
    return status;
}

static enum status start(struct broker *broker, struct error *error)
{
    (void)unlink(broker->socket);
    enum status status = start_program(broker);
    if (status != OK) {
        return error_set(error, status, "broker", "cannot start %.100s: %s; install the package mosquitto",
                         broker->program, strerror(errno));
    }
    char text[32];
    (void)snprintf(text, sizeof text, "%ld\n", (long)child_pid(broker->child));
    struct error unimportant;
    if (write_file(broker->pid_file, text, &unimportant) != OK) {
        log_warn("broker", "broker=%ld %s", (long)child_pid(broker->child), unimportant.text);
    }
    log_debug("broker", "broker=%ld started, socket %s", (long)child_pid(broker->child), broker->socket);
    broker->handlers.on_started(broker->context);
    return OK;
}

static void on_restart(void *context)
{
    struct broker *broker = context;
    struct error error;
    if (start(broker, &error) != OK) {
        log_error("broker", "%s; tried again in %lld ms", error.text, (long long)broker->delay_ms);
        start_later(broker);
    }
}

enum status broker_create(struct loop *loop, const char *data_dir, const char *program,
                          const struct broker_handlers *handlers, void *context, struct broker **broker,
                          struct error *error)
{
    struct broker *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return error_set(error, E_NOMEM, "broker", "out of memory");
    }
    made->loop = loop;
    made->delay_ms = DELAY_LEAST_MS;
    made->handlers = *handlers;
    made->context = context;
    text_copy_cut(made->program, sizeof made->program, program != NULL ? program : "mosquitto");
    char absolute[PATH_MAX]; /* the broker must find its files wherever it stands */
    enum status status = realpath(data_dir, absolute) == NULL
                             ? error_set(error, E_IO, "broker", "no folder %.150s: %s", data_dir, strerror(errno))
                             : OK;
    if (status == OK) {
        join(made->folder, absolute, "broker");
        join(made->config, made->folder, "mosquitto.conf");
        join(made->pid_file, made->folder, "broker.pid");
        status = make_folder(made->folder, error);
    }
    if (status == OK) {
        end_orphan(made);
        status = choose_socket(made, error);
    }
    if (status == OK) {
        status = write_configuration(made, error);
    }
    if (status == OK && (status = loop_timer_create(loop, on_restart, made, &made->restart)) != OK) {
        status = error_set(error, status, "broker", "out of memory");
    }
    if (status == OK) {
        status = start(made, error);
    }
    if (status != OK) {
        broker_destroy(made);
        return status;
    }
    *broker = made;
    return OK;
}

void broker_destroy(struct broker *broker)
{
    if (broker == NULL) {
        return;
    }
    bool ran = broker->child != NULL;
    child_stop(broker->child, GRACE_MS);
    loop_timer_destroy(broker->restart);
    if (ran) {
        (void)unlink(broker->pid_file);
    }
    (void)unlink(broker->socket);
    if (broker->socket_folder[0] != '\0') {
        (void)rmdir(broker->socket_folder);
    }
    free(broker);
}

const char *broker_socket(const struct broker *broker)
{
    return broker->socket;
}

pid_t broker_pid(const struct broker *broker)
{
    return broker->child != NULL ? child_pid(broker->child) : 0;
}

void broker_is_well(struct broker *broker)
{
    broker->delay_ms = DELAY_LEAST_MS;
}

void broker_kill(struct broker *broker)
{
    if (broker->child == NULL) {
        return;
    }
    child_stop(broker->child, KILL_GRACE_MS);
    broker->child = NULL;
    start_later(broker);
    broker->handlers.on_ended(broker->context);
}
