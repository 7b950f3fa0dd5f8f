#include "nginx.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "support/raw_mqtt.h"
#include "support/server.h"

enum { START_MS = 5000 };

static bool write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        return false;
    }
    bool written = fwrite(bytes, 1, size, file) == size;
    return fclose(file) == 0 && written;
}

static bool write_configuration(const struct nginx *nginx, const char *workers)
{
    char path[128];
    char text[2048];
    /* Started as root, nginx gives its workers to another user, who may not read our folder. */
    const char *user = geteuid() == 0 ? "user root;\n" : "";
    (void)snprintf(path, sizeof path, "%s/nginx.conf", nginx->folder);
    int length =
        snprintf(text, sizeof text,
                 "%sdaemon off;\npid %s/nginx.pid;\nerror_log %s/error.log warn;\n"
                 "worker_processes %s;\n"
                 "events { worker_connections 1024; }\n"
                 "http {\n"
                 "  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000;\n"
                 "  client_body_temp_path %s/t; proxy_temp_path %s/t; fastcgi_temp_path %s/t;\n"
                 "  uwsgi_temp_path %s/t; scgi_temp_path %s/t;\n"
                 "  server { listen 127.0.0.1:%u; root %s/root; }\n}\n",
                 user, nginx->folder, nginx->folder, workers, nginx->folder, nginx->folder, nginx->folder,
                 nginx->folder, nginx->folder, nginx->port, nginx->folder);
    return length > 0 && (size_t)length < sizeof text && write_file(path, text, (size_t)length);
}

static bool is_up(uint16_t port)
{
    struct raw_mqtt probe;
    bool up = raw_open(&probe, port);
    if (up) {
        raw_close(&probe);
    }
    return up;
}

bool nginx_start(struct nginx *nginx, const char *workers, const void *file, size_t size)
{
    char path[128];
    char root[128];
    char log[128];
    *nginx = (struct nginx){.port = bench_free_port()};
    (void)snprintf(nginx->folder, sizeof nginx->folder, "/tmp/mockdc-bench-XXXXXX");
    if (nginx->port == 0 || mkdtemp(nginx->folder) == NULL) {
        return false;
    }
    (void)snprintf(root, sizeof root, "%s/root", nginx->folder);
    (void)snprintf(path, sizeof path, "%s/root/fw.bin", nginx->folder);
    (void)snprintf(log, sizeof log, "%s/error.log", nginx->folder);
    if (mkdir(root, 0700) != 0 || !write_file(path, file, size) || !write_configuration(nginx, workers)) {
        return false;
    }
    (void)snprintf(path, sizeof path, "%s/nginx.conf", nginx->folder);
    /* not on every user's path */
    const char *program = access("/usr/sbin/nginx", X_OK) == 0 ? "/usr/sbin/nginx" : "nginx";
    const char *argv[] = {program, "-e", log, "-c", path, NULL};
    nginx->pid = process_start(argv, log);
    for (int waited = 0; waited < START_MS; waited += 10) {
        if (is_up(nginx->port)) {
            return true;
        }
        sleep_ms(10);
    }
    (void)fprintf(stderr, "    nginx did not start; see %s\n", log);
    return false;
}

void nginx_stop(struct nginx *nginx)
{
    if (nginx->pid > 0) {
        (void)kill(nginx->pid, SIGTERM);
        (void)process_wait(nginx->pid, 5);
        bench_remove_folder(nginx->folder);
    }
    nginx->pid = 0;
}
