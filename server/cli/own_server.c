#include "cli/own_server.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/scratch.h"

enum { READY_MS = 15000, PAUSE_MS = 20 };

/* In the child: becomes the server, which ends when we do, and not by a Ctrl-C that is meant for us. */
static void become_server(const struct own_server *server, const char *mqtt, const char *http, const char *ready)
{
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    (void)setenv("MOCKDC_API_TOKEN", server->token, 1);
    if (freopen("/dev/null", "w", stdout) == NULL) { /* we say ourselves where it is */
        _exit(EXIT_FAILURE);
    }
    execl("/proc/self/exe", "mockdc", "serve", "--ephemeral", "--mqtt", mqtt, "--http", http, "--ready-file", ready,
          "--log-level", "error", (char *)NULL);
    _exit(EXIT_FAILURE);
}

static bool read_ready(const char *path, struct ready *ready)
{
    json_t *json = json_load_file(path, 0, NULL);
    const char *http = NULL;
    const char *mqtt = NULL;
    bool good = json != NULL && json_unpack(json, "{s:s, s:s}", "http", &http, "mqtt", &mqtt) == 0 &&
                text_copy(ready->http, sizeof ready->http, http) == OK &&
                text_copy(ready->mqtt, sizeof ready->mqtt, mqtt) == OK;
    json_decref(json);
    return good;
}

enum status own_server_start(struct own_server *server, const char *mqtt, const char *http, struct error *error)
{
    uint8_t random[16];
    char path[SCRATCH_PATH + 16];
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    *server = (struct own_server){.pid = 0};
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
        return error_set(error, E_IO, "server", "no random bytes: %s", strerror(errno));
    }
    enum status status = scratch_make("own", server->folder, error);
    if (status != OK) {
        return status;
    }
    hex_encode(random, sizeof random, server->token);
    (void)snprintf(path, sizeof path, "%s/ready.json", server->folder);
    server->pid = fork();
    if (server->pid == 0) {
        become_server(server, mqtt, http, path);
    }
    for (int waited = 0; server->pid > 0 && waited < READY_MS; waited += PAUSE_MS) {
        if (read_ready(path, &server->ready)) {
            return OK;
        }
        if (waitpid(server->pid, NULL, WNOHANG) == server->pid) {
            server->pid = 0;
            break;
        }
        (void)nanosleep(&pause, NULL);
    }
    own_server_stop(server);
    return error_set(error, E_IO, "server", "'mockdc serve --mqtt %s --http %s' did not come up", mqtt, http);
}

void own_server_stop(struct own_server *server)
{
    if (server->pid > 0) {
        (void)kill(server->pid, SIGTERM);
        (void)waitpid(server->pid, NULL, 0);
        server->pid = 0;
    }
    scratch_remove(server->folder);
    server->folder[0] = '\0';
}
