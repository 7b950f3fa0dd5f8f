#include "support/server.h"

#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/instant.h"
#include "store/store.h"
#include "support/suite.h"

enum { ARGUMENTS = 64, READY_MS = 10000, AWAIT_MS = 20000, BYTES_MOST = 32 * 1024 * 1024 };

const char *server_program(void)
{
    return MOCKDC_PATH;
}

void sleep_ms(int milliseconds)
{
    struct timespec pause = {.tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000};
    (void)nanosleep(&pause, NULL);
}

/* --- processes ------------------------------------------------------------------------------------------------ */

pid_t process_start(const char *const *argv, const char *output)
{
    pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing outlives its test */
        int fd = open(output != NULL ? output : "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (fd >= 0) {
            (void)dup2(fd, STDOUT_FILENO);
            (void)dup2(fd, STDERR_FILENO);
        }
        (void)execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    return pid;
}

int process_wait(pid_t pid, int seconds)
{
    int status = 0;
    for (int waited = 0; waited < seconds * 100; waited++) {
        if (waitpid(pid, &status, WNOHANG) == pid) {
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        }
        sleep_ms(10);
    }
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, &status, 0);
    return -2;
}

static void print_file(const char *path)
{
    FILE *file = fopen(path, "re");
    char line[1024];
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        (void)fprintf(stderr, "    | %s", line);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

int shell_run(const char *line, char *output, size_t capacity)
{
    char path[] = "/tmp/mockdc-shell-XXXXXX";
    int fd = mkstemp(path);
    CHECK_FATAL(fd >= 0);
    const char *argv[] = {"bash", "-c", line, NULL};
    int code = process_wait(process_start(argv, path), 20);
    ssize_t got = read(fd, output, capacity - 1);
    output[got > 0 ? got : 0] = '\0';
    (void)close(fd);
    (void)unlink(path);
    return code;
}

/* --- the server ----------------------------------------------------------------------------------------------- */

static void server_log_path(const struct server *server, char *path, size_t capacity)
{
    (void)snprintf(path, capacity, "%s/server.log", server->folder);
}

/* Starts the process with `http` and `mqtt` as addresses; true once the ready file is there. */
static bool launch(struct server *server, const char *http, const char *mqtt, const char *const *extra)
{
    char ready[128];
    char log[128];
    (void)snprintf(ready, sizeof ready, "%s/ready.json", server->folder);
    server_log_path(server, log, sizeof log);
    (void)unlink(ready);
    const char *argv[ARGUMENTS] = {MOCKDC_PATH,  "serve",          "--http",       http,  "--mqtt",      mqtt,
                                   "--data-dir", server->data_dir, "--ready-file", ready, "--log-level", "debug"};
    size_t count = 12;
    for (; extra != NULL && *extra != NULL && count < ARGUMENTS - 1; extra++) {
        argv[count++] = *extra;
    }
    server->pid = process_start(argv, log);
    for (int waited = 0; waited < READY_MS / 10; waited++) {
        json_t *json = json_load_file(ready, 0, NULL);
        if (json != NULL) {
            (void)snprintf(server->http, sizeof server->http, "%s", json_text_at(json, "http"));
            (void)snprintf(server->mqtt, sizeof server->mqtt, "%s", json_text_at(json, "mqtt"));
            json_decref(json);
            server->http_port = (uint16_t)strtoul(strrchr(server->http, ':') + 1, NULL, 10);
            server->mqtt_port = (uint16_t)strtoul(strrchr(server->mqtt, ':') + 1, NULL, 10);
            return true;
        }
        if (waitpid(server->pid, NULL, WNOHANG) == server->pid) {
            server->pid = 0;
            break;
        }
        sleep_ms(10);
    }
    print_file(log);
    return false;
}

void server_start(struct server *server, const char *const *extra_options)
{
    *server = (struct server){0};
    (void)snprintf(server->folder, sizeof server->folder, "/tmp/mockdc-test-XXXXXX");
    CHECK_FATAL(mkdtemp(server->folder) != NULL);
    (void)snprintf(server->data_dir, sizeof server->data_dir, "%s/data", server->folder);
    CHECK_FATAL(launch(server, "127.0.0.1:0", "127.0.0.1:0", extra_options));
}

void server_kill(struct server *server)
{
    (void)kill(server->pid, SIGKILL);
    (void)waitpid(server->pid, NULL, 0);
    server->pid = 0;
}

void server_restart(struct server *server)
{
    char http[32];
    char mqtt[32];
    (void)snprintf(http, sizeof http, "127.0.0.1:%u", server->http_port);
    (void)snprintf(mqtt, sizeof mqtt, "127.0.0.1:%u", server->mqtt_port);
    CHECK_FATAL(launch(server, http, mqtt, NULL));
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void check_store(const struct server *server)
{
    char path[128];
    struct store *store = NULL;
    struct error error = {0};
    (void)snprintf(path, sizeof path, "%s/mockdc.db", server->data_dir);
    enum status status = store_open(path, &store, &error);
    if (status == OK) {
        status = store_integrity(store, &error);
    }
    store_close(store);
    if (status != OK) {
        (void)fprintf(stderr, "    store: %s\n", error.text);
    }
    CU_ASSERT_EQUAL(status, OK);
}

void server_stop(struct server *server)
{
    if (server->pid > 0) {
        pid_t broker = server_broker_pid(server);
        (void)kill(server->pid, SIGTERM);
        int code = process_wait(server->pid, 10);
        if (code != 0) {
            char log[128];
            server_log_path(server, log, sizeof log);
            print_file(log);
        }
        CU_ASSERT_EQUAL(code, 0);
        CU_ASSERT_TRUE(broker == 0 || kill(broker, 0) != 0);
        check_store(server);
    }
    (void)nftw(server->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* The parent of process `pid` when its program is `name`, else 0. */
static pid_t parent_if_named(pid_t pid, const char *name)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(path, "re");
    char text[512] = "";
    if (file != NULL) {
        (void)!fgets(text, sizeof text, file);
        (void)fclose(file);
    }
    char *end = strrchr(text, ')');
    if (end == NULL || strncmp(strchr(text, '(') + 1, name, strlen(name)) != 0 || strlen(end) < 5) {
        return 0;
    }
    return (pid_t)strtol(end + 4, NULL, 10);
}

pid_t server_broker_pid(const struct server *server)
{
    DIR *proc = opendir("/proc");
    pid_t found = 0;
    for (struct dirent *entry = proc != NULL ? readdir(proc) : NULL; entry != NULL && found == 0;
         entry = readdir(proc)) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && parent_if_named(pid, "mosquitto") == server->pid) {
            found = pid;
        }
    }
    if (proc != NULL) {
        (void)closedir(proc);
    }
    return found;
}

/* --- REST ----------------------------------------------------------------------------------------------------- */

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    buffer_append(context, bytes, size * count);
    return size * count;
}

static json_t *perform(CURL *curl, int *http_status)
{
    CLEANUP(cleanup_buffer) struct buffer body;
    buffer_init(&body, 64U * 1024U * 1024U);
    long code = 0;
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    CURLcode result = curl_easy_perform(curl);
    if (result == CURLE_OK) {
        (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    } else {
        (void)fprintf(stderr, "    curl: %s\n", curl_easy_strerror(result));
    }
    *http_status = (int)code;
    return body.length == 0 ? NULL : json_loadb((const char *)body.data, body.length, JSON_DECODE_ANY, NULL);
}

json_t *rest_call(const struct server *server, const char *method, const char *path, const char *body, int *http_status)
{
    CLEANUP(cleanup_free) char *url = NULL;
    CURL *curl = curl_easy_init();
    CU_ASSERT_FATAL(curl != NULL && asprintf(&url, "%s%s", server->http, path) > 0);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    (void)curl_easy_setopt(curl, CURLOPT_NOBODY, strcmp(method, "HEAD") == 0 ? 1L : 0L);
    if (body != NULL || strcmp(method, "POST") == 0) {
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body != NULL ? body : "");
        (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    }
    json_t *json = perform(curl, http_status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return json;
}

json_t *rest_expect(const struct server *server, const char *method, const char *path, const char *body, int expected)
{
    int http_status = 0;
    json_t *json = rest_call(server, method, path, body, &http_status);
    if (http_status != expected) {
        char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
        (void)fprintf(stderr, "    %s %s: %d instead of %d: %s\n", method, path, http_status, expected,
                      text != NULL ? text : "");
        free(text);
    }
    CU_ASSERT_EQUAL(http_status, expected);
    return json;
}

int64_t rest_package(const struct server *server, const char *package_json, const char *file_name, const void *bytes,
                     size_t size)
{
    char url[128];
    int http_status = 0;
    (void)snprintf(url, sizeof url, "%s/api/v1/packages", server->http);
    CURL *curl = curl_easy_init();
    CU_ASSERT_FATAL(curl != NULL);
    curl_mime *mime = curl_mime_init(curl);
    curl_mimepart *part = curl_mime_addpart(mime);
    (void)curl_mime_name(part, "package");
    (void)curl_mime_type(part, "application/json");
    (void)curl_mime_data(part, package_json, CURL_ZERO_TERMINATED);
    part = curl_mime_addpart(mime);
    (void)curl_mime_name(part, "file");
    (void)curl_mime_filename(part, file_name);
    (void)curl_mime_data(part, bytes, size);
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_MIMEPOST, mime);
    json_t *json = perform(curl, &http_status);
    CU_ASSERT_EQUAL(http_status, 201);
    int64_t id = json_integer_value(json_object_get(json, "id"));
    json_decref(json);
    curl_mime_free(mime);
    curl_easy_cleanup(curl);
    return id;
}

int64_t rest_simple_plan(const struct server *server, size_t size, const char *strategy_json)
{
    json_decref(rest_expect(server, "POST", "/api/v1/products",
                            "{\"name\":\"one\",\"productKey\":\"pk1\",\"productSecret\":\"secret1\"}", 201));
    int64_t package = rest_package(server,
                                   "{\"name\":\"STM32 2\",\"productKey\":\"pk1\",\"componentType\":\"mcu\","
                                   "\"packageType\":\"full\",\"targetVersion\":\"2_0_0\"}",
                                   "fw.bin", test_bytes(size, 1), size);
    char body[1024];
    (void)snprintf(body, sizeof body,
                   "{\"name\":\"plan\",\"productKey\":\"pk1\",\"mode\":\"silent\",\"timeZone\":\"Asia/Shanghai\",%s%s%s"
                   "\"components\":[{\"componentNo\":\"STM32\",\"name\":\"mcu\",\"componentType\":\"mcu\","
                   "\"packageId\":%lld,\"sequence\":1}]}",
                   strategy_json != NULL ? "\"strategy\":" : "", strategy_json != NULL ? strategy_json : "",
                   strategy_json != NULL ? "," : "", (long long)package);
    json_t *plan = rest_expect(server, "POST", "/api/v1/plans", body, 201);
    int64_t id = json_integer_value(json_object_get(plan, "id"));
    json_decref(plan);
    (void)snprintf(body, sizeof body, "/api/v1/plans/%lld/activate", (long long)id);
    json_decref(rest_expect(server, "POST", body, NULL, 200));
    return id;
}

int64_t rest_two_component_plan(const struct server *server, const char *device_key, size_t size)
{
    char body[1024];
    json_decref(rest_expect(server, "POST", "/api/v1/products",
                            "{\"name\":\"one\",\"productKey\":\"pk1\",\"productSecret\":\"secret1\"}", 201));
    int64_t mcu =
        rest_package(server,
                     "{\"name\":\"m\",\"productKey\":\"pk1\",\"componentType\":\"mcu\",\"packageType\":\"delta\","
                     "\"sourceVersions\":[\"0_9\",\"1_0_0\"],\"targetVersion\":\"2_0_0\"}",
                     "mcu.tar.gz", test_bytes(size, 2), size);
    int64_t module = rest_package(server,
                                  "{\"name\":\"f\",\"productKey\":\"pk1\",\"componentType\":\"module\","
                                  "\"packageType\":\"full\",\"targetVersion\":\"MODULE_V2\"}",
                                  "module.bin", test_bytes(size, 3), size);
    (void)snprintf(
        body, sizeof body,
        "{\"name\":\"two\",\"productKey\":\"pk1\",\"mode\":\"silent\",\"timeZone\":\"Europe/Berlin\","
        "\"whitelist\":[\"%s\"],\"components\":[{\"componentNo\":\"FOTA\",\"name\":\"module\","
        "\"componentType\":\"module\",\"packageId\":%lld,\"sequence\":2},{\"componentNo\":\"STM32\",\"name\":"
        "\"mcu\",\"componentType\":\"mcu\",\"packageId\":%lld,\"sequence\":1}]}",
        device_key, (long long)module, (long long)mcu);
    json_t *plan = rest_expect(server, "POST", "/api/v1/plans", body, 201);
    int64_t id = json_integer_value(json_object_get(plan, "id"));
    json_decref(plan);
    (void)snprintf(body, sizeof body, "/api/v1/plans/%lld/activate", (long long)id);
    json_decref(rest_expect(server, "POST", body, NULL, 200));
    return id;
}

bool rest_await_device(const struct server *server, int64_t plan_id, const char *device_key, const char *status)
{
    char path[160];
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld/devices/%s", (long long)plan_id, device_key);
    int64_t end = monotonic_ms() + AWAIT_MS;
    char last[32] = "";
    while (monotonic_ms() < end) {
        int http_status = 0;
        json_t *json = rest_call(server, "GET", path, NULL, &http_status);
        (void)snprintf(last, sizeof last, "%s", json_text_at(json, "status"));
        json_decref(json);
        if (strcmp(last, status) == 0) {
            return true;
        }
        sleep_ms(20);
    }
    (void)fprintf(stderr, "    device %s is '%s', not '%s'\n", device_key, last, status);
    return false;
}

void rest_log_kinds(const struct server *server, int64_t plan_id, const char *device_key, char *text, size_t capacity)
{
    char path[160];
    (void)snprintf(path, sizeof path, "/api/v1/plans/%lld/devices/%s/logs?limit=1000", (long long)plan_id, device_key);
    json_t *json = rest_expect(server, "GET", path, NULL, 200);
    size_t used = 0;
    size_t i = 0;
    json_t *item = NULL;
    text[0] = '\0';
    json_array_foreach(json_object_get(json, "items"), i, item)
    {
        int length = snprintf(text + used, capacity - used, "%s%s", used > 0 ? " " : "", json_text_at(item, "kind"));
        used += length > 0 ? (size_t)length : 0;
        if (used >= capacity) {
            break;
        }
    }
    json_decref(json);
}

const char *json_text_at(const json_t *json, const char *path)
{
    char part[64];
    while (json != NULL && *path != '\0') {
        size_t length = strcspn(path, ".");
        (void)snprintf(part, sizeof part, "%.*s", (int)length, path);
        json = json_is_array(json) ? json_array_get(json, strtoul(part, NULL, 10)) : json_object_get(json, part);
        path += length + (path[length] == '.' ? 1 : 0);
    }
    const char *text = json_string_value(json);
    return text != NULL ? text : "";
}

const void *test_bytes(size_t size, unsigned seed)
{
    static unsigned char bytes[BYTES_MOST];
    uint32_t state = seed * 2654435761U + 1U;
    for (size_t i = 0; i < size && i < sizeof bytes; i++) {
        state = state * 1664525U + 1013904223U;
        bytes[i] = (unsigned char)(state >> 24);
    }
    return bytes;
}

/* --- devices -------------------------------------------------------------------------------------------------- */

pid_t device_start(const struct server *server, const char *const *extra, const char *output)
{
    const char *argv[ARGUMENTS] = {MOCKDC_PATH, "device",           "--mqtt",    server->mqtt,   "--product-key",
                                   "pk1",       "--product-secret", "secret1",   "--device-key", "867123045678901",
                                   "--mcu",     "STM32=1_0_0",      "--timeout", "50",           "--time-scale",
                                   "10"};
    size_t count = 16;
    for (; extra != NULL && *extra != NULL && count < ARGUMENTS - 1; extra++) {
        argv[count++] = *extra;
    }
    return process_start(argv, output);
}
