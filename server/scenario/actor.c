#include "scenario/actor.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/json.h"
#include "scenario/scenario.h"

enum { WORDS_MOST = 96, WORD = 48, EXIT_WRONG_OPTION = 2, TAIL_BYTES = 16384, EVENT_LINE = 400 };

/* The command line of a device. */
struct command_line {
    char *words[WORDS_MOST + 1];
    size_t count;
    bool failed;
};

static void add_word(struct command_line *line, const char *word)
{
    char *copy = line->count < WORDS_MOST ? strdup(word) : NULL;
    line->failed = line->failed || copy == NULL;
    if (copy != NULL) {
        line->words[line->count++] = copy;
        line->words[line->count] = NULL;
    }
}

static void add_pair(struct command_line *line, const char *option, const char *value)
{
    add_word(line, option);
    add_word(line, value);
}

static void cleanup_command_line(struct command_line *line)
{
    for (size_t i = 0; i < line->count; i++) {
        free(line->words[i]);
    }
}

/* "moduleVersion" -> "--module-version" */
static void option_name(const char *member, char option[WORD])
{
    size_t used = (size_t)snprintf(option, WORD, "--");
    for (; *member != '\0' && used + 2 < WORD; member++) {
        if (isupper((unsigned char)*member)) {
            option[used++] = '-';
        }
        option[used++] = (char)tolower((unsigned char)*member);
    }
    option[used] = '\0';
}

/* {"STM32": "1_0_0", "GPS": "2.0"} -> "STM32=1_0_0,GPS=2.0" */
static void add_versions(struct command_line *line, const char *option, const json_t *versions)
{
    CLEANUP(cleanup_buffer) struct buffer text;
    buffer_init(&text, 4096);
    const char *name = NULL;
    const json_t *version = NULL;
    json_object_foreach((json_t *)(uintptr_t)versions, name, version)
    {
        buffer_append_format(&text, "%s%s=%s", text.length > 0 ? "," : "", name, json_string_value(version));
    }
    add_pair(line, option, buffer_text(&text));
}

static void add_member(struct command_line *line, const char *member, const json_t *value)
{
    char option[WORD];
    char number[32];
    option_name(member, option);
    if (json_is_object(value)) {
        add_versions(line, option, value);
    } else if (json_is_string(value)) {
        add_pair(line, option, json_string_value(value));
    } else if (json_is_number(value)) {
        (void)snprintf(number, sizeof number, "%.10g", json_number_value(value));
        add_pair(line, option, number);
    } else if (json_is_true(value)) {
        add_word(line, option);
    }
}

static void add_members(struct command_line *line, const json_t *members, bool healed)
{
    const char *name = NULL;
    const json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)members, name, value)
    {
        if (!healed || !scenario_is_misbehaviour(name, value)) {
            add_member(line, name, value);
        }
    }
}

/* The file with the moves: one of the tester's, or those of the scenario, written down. */
static void add_script(const struct actor *actor, const struct actor_home *home, struct command_line *line)
{
    const json_t *script = json_object_get(actor->device, "script");
    const json_t *path = json_object_get(script, "path");
    CLEANUP(cleanup_free) char *full = NULL;
    if (path == NULL) {
        line->failed = line->failed || json_dump_file(script, actor->script, JSON_COMPACT) != 0;
        add_pair(line, "--script", actor->script);
    } else if (asprintf(&full, "%s/%s", home->scenario_folder, json_string_value(path)) >= 0) {
        add_pair(line, "--script", full);
    }
    if (json_object_get(actor->device, "deviceSecret") != NULL) {
        add_member(line, "deviceSecret", json_object_get(actor->device, "deviceSecret"));
    }
    if (json_object_get(actor->device, "timeScale") != NULL) {
        add_member(line, "timeScale", json_object_get(actor->device, "timeScale"));
    }
}

static void write_command_line(const struct actor *actor, const struct actor_home *home, struct command_line *line)
{
    const json_t *count = json_object_get(actor->device, "count");
    add_word(line, "mockdc");
    add_word(line, count != NULL ? "fleet" : "device");
    add_pair(line, "--mqtt", home->mqtt);
    add_pair(line, "--product-key", home->product_key);
    add_pair(line, "--product-secret", home->product_secret);
    add_pair(line, "--device-key", actor->key);
    add_word(line, "--json");
    if (actor->scripted) {
        add_script(actor, home, line);
        return;
    }
    add_pair(line, "--exit-after", "never");
    if (count != NULL) {
        add_member(line, "count", count);
        add_pair(line, "--rate", "0");
    } else {
        add_pair(line, "--state-file", actor->flash);
    }
    add_members(line, json_object_get(actor->device, "virtual"), home->healed);
}

void actor_init(struct actor *actor, const json_t *device, const char *folder)
{
    *actor = (struct actor){.device = device,
                            .key = json_text_of(device, "deviceKey"),
                            .real = json_object_get(device, "real") != NULL,
                            .scripted = json_object_get(device, "script") != NULL};
    (void)snprintf(actor->log, sizeof actor->log, "%s/%s.jsonl", folder, actor->key);
    (void)snprintf(actor->script, sizeof actor->script, "%s/%s.script", folder, actor->key);
    (void)snprintf(actor->flash, sizeof actor->flash, "%s/%s.flash", folder, actor->key);
}

/* In the child. The environment is the server's or the tester's: MOCKDC_... of it must not make the device another. */
static void become_device(const char *log, char *const *words)
{

    int null = open("/dev/null", O_RDONLY);
    int file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    char **kept = environ;
    for (char **at = environ; *at != NULL; at++) {
        if (strncmp(*at, "MOCKDC_", strlen("MOCKDC_")) != 0) {
            *kept++ = *at;
        }
    }
    *kept = NULL;
    if (file >= 0 && null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(file, STDOUT_FILENO) >= 0 &&
        dup2(file, STDERR_FILENO) >= 0) {
        execv("/proc/self/exe", words);
    }
    _exit(EXIT_WRONG_OPTION);
}

enum status actor_start(struct actor *actor, const struct actor_home *home, struct error *error)
{
    if (actor->real || actor->pid > 0) {
        return error_set(error, E_STATE, actor->key, "%s",
                         actor->real ? "a real device cannot be switched on from here" : "it is on already");
    }
    CLEANUP(cleanup_command_line) struct command_line line = {.count = 0};
    write_command_line(actor, home, &line);
    if (line.failed) {
        return error_set(error, E_NOMEM, actor->key, "%s", status_text(E_NOMEM));
    }
    actor->pid = fork();
    if (actor->pid == 0) {
        become_device(actor->log, line.words);
    }
    if (actor->pid < 0) {
        actor->pid = 0;
        return error_set(error, E_IO, actor->key, "no process for it: %s", strerror(errno));
    }
    return OK;
}

void actor_stop(struct actor *actor)
{
    if (actor->pid > 0) {
        (void)kill(actor->pid, SIGKILL);
        (void)waitpid(actor->pid, NULL, 0);
        actor->pid = 0;
    }
}

bool actor_is_well(struct actor *actor)
{
    int how = 0;
    if (actor->pid <= 0 || waitpid(actor->pid, &how, WNOHANG) != actor->pid) {
        return actor->failure[0] == '\0';
    }
    actor->pid = 0;
    if (WIFSIGNALED(how)) {
        (void)snprintf(actor->failure, sizeof actor->failure, "the device was ended by signal %d", WTERMSIG(how));
    } else if (WEXITSTATUS(how) == EXIT_WRONG_OPTION) {
        (void)snprintf(actor->failure, sizeof actor->failure, "the device did not start");
    } else if (actor->scripted && WEXITSTATUS(how) != 0) {
        (void)snprintf(actor->failure, sizeof actor->failure, "a move of its script could not be made");
    }
    return actor->failure[0] == '\0';
}

/* {"at": "...T14:38:30.196Z", "note": "status", "text": "4 DOWNLOADSTART STM32"} -> "14:38:30.196 status 4 DOWN..." */
static void append_line(struct buffer *text, const char *line, size_t length)
{
    CLEANUP(cleanup_json) json_t *event = json_loadb(line, length, 0, NULL);
    const char *time = strchr(json_text_of(event, "at"), 'T');
    const char *note = json_text_of(event, "note");
    const char *outcome = json_text_of(event, "outcome");
    if (event == NULL || time == NULL) {
        buffer_append_format(text, "  | %.*s\n", (int)(length < EVENT_LINE ? length : EVENT_LINE), line);
    } else if (note[0] == '\0' && outcome[0] == '\0') {
        buffer_append_format(text, "  | %.12s event %lld,%lld %s\n", time + 1,
                             json_integer_value(json_object_get(event, "event")),
                             json_integer_value(json_object_get(event, "code")), json_text_of(event, "text"));
    } else {
        buffer_append_format(text, "  | %.12s %s %s\n", time + 1, note[0] != '\0' ? note : outcome,
                             json_text_of(event, "text"));
    }
}

void actor_tail(const struct actor *actor, size_t most, struct buffer *text)
{
    CLEANUP(cleanup_fd) int fd = open(actor->log, O_RDONLY | O_CLOEXEC);
    char bytes[TAIL_BYTES + 1];
    off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    off_t from = size > TAIL_BYTES ? size - TAIL_BYTES : 0;
    ssize_t length = fd >= 0 ? pread(fd, bytes, TAIL_BYTES, from) : 0;
    bytes[length > 0 ? length : 0] = '\0';
    size_t lines = 0;
    char *begin = bytes + (length > 0 ? length : 0);
    while (begin > bytes && lines <= most) {
        begin--;
        lines += *begin == '\n' && begin[1] != '\0' ? 1 : 0;
    }
    begin += lines > most ? 1 : 0;
    while (*begin != '\0') {
        size_t count = strcspn(begin, "\n");
        append_line(text, begin, count);
        begin += count + (begin[count] == '\n' ? 1 : 0);
    }
}
