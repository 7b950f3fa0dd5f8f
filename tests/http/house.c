#include "house.h"

#include <dirent.h>
#include <ftw.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/log.h"
#include "crypto/random.h"

static int64_t port_now(void *context)
{
    (void)context;
    return instant_now();
}

static int64_t port_monotonic(void *context)
{
    (void)context;
    return monotonic_ms();
}

static enum status port_token(void *context, char token[LIMIT_TOKEN + 1])
{
    (void)context;
    return random_token(token);
}

static enum status port_notify(void *context, int64_t device_id, const struct notify_order *order)
{
    (void)device_id;
    (void)order;
    return ((struct house *)context)->takes_orders ? OK : E_CLOSED;
}

static enum status port_firmware(void *context, int64_t device_id, const struct firmware_order *order)
{
    struct house *house = context;
    (void)device_id;
    (void)snprintf(house->link, sizeof house->link, "/firmware/%s%s", order->files[0].token, order->files[0].extension);
    return house->takes_orders ? OK : E_CLOSED;
}

static void port_disconnect(void *context, int64_t device_id, const char *why)
{
    (void)context;
    (void)device_id;
    (void)why;
}

static void port_alarm(void *context, int64_t delay_ms)
{
    loop_timer_arm(((struct house *)context)->alarm, delay_ms);
}

static void on_alarm(void *context)
{
    app_alarm(((struct house *)context)->app);
}

long long house_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void port_changed(void *context, int64_t plan_id, const char *device_key)
{
    struct house *house = context;
    long long none = 0;
    (void)atomic_compare_exchange_strong(&house->changed_ns, &none, house_ns());
    if (house->server != NULL) {
        http_server_changed(house->server, plan_id, device_key);
    }
}

static bool port_frames_wanted(void *context)
{
    const struct house *house = context;
    return house->server != NULL && http_server_frames_wanted(house->server);
}

static void port_event(void *context, const struct event *event)
{
    const struct house *house = context;
    if (house->server != NULL) {
        http_server_event(house->server, event);
    }
}

static void on_readiness(void *context, struct http_readiness *ready)
{
    *ready = ((struct house *)context)->ready;
}

static void on_stop(void *context)
{
    loop_stop(((struct house *)context)->loop);
}

static void on_errand(void *context)
{
    struct house *house = context;
    house->act(house, house->act_context);
    (void)sem_post(&house->acted);
}

void house_run(struct house *house, void (*act)(struct house *house, void *context), void *context)
{
    house->act = act;
    house->act_context = context;
    loop_wakeup_post(house->errand);
    while (sem_wait(&house->acted) != 0) {
    }
}

static void *run(void *context)
{
    CHECK_OK(loop_run(((struct house *)context)->loop));
    return NULL;
}

void house_open(struct house *house, const char *token)
{
    *house = (struct house){.folder = "/tmp/mockdc-http-XXXXXX"};
    log_setup(LOG_LEVEL_OFF, false);
    CHECK_FATAL(mkdtemp(house->folder) != NULL);
    CHECK_FATAL(loop_create(&house->loop) == OK);
    CHECK_FATAL(loop_wakeup_create(house->loop, on_stop, house, &house->stop) == OK);
    CHECK_FATAL(loop_wakeup_create(house->loop, on_errand, house, &house->errand) == OK);
    CHECK_FATAL(sem_init(&house->acted, 0, 0) == 0);
    CHECK_FATAL(loop_timer_create(house->loop, on_alarm, house, &house->alarm) == OK);
    struct app_settings settings = {.data_dir = house->folder, .slots = 10};
    struct app_ports ports = {.context = house,
                              .now = port_now,
                              .monotonic = port_monotonic,
                              .token = port_token,
                              .notify = port_notify,
                              .firmware = port_firmware,
                              .disconnect = port_disconnect,
                              .alarm = port_alarm,
                              .changed = port_changed,
                              .event = port_event,
                              .frames_wanted = port_frames_wanted};
    struct error error = {0};
    CHECK_FATAL(app_create(&settings, &ports, &house->app, &error) == OK);
    struct http_settings http = {.event_beat_ms = 200,
                                 .address = {.host = "127.0.0.1"},
                                 .api_token = token,
                                 .readiness = on_readiness,
                                 .readiness_context = house};
    enum status status = http_server_create(house->loop, house->app, &http, &house->server, &error);
    if (status != OK) {
        (void)fprintf(stderr, "%s: %s\n", error.place, error.text);
    }
    CHECK_FATAL(status == OK);
    (void)snprintf(house->base, sizeof house->base, "http://127.0.0.1:%u", http_server_port(house->server));
    CHECK_FATAL(pthread_create(&house->thread, NULL, run, house) == 0);
    house->curl = curl_easy_init();
    CHECK_FATAL(house->curl != NULL);
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    return remove(path);
}

void house_close(struct house *house)
{
    curl_easy_cleanup(house->curl);
    loop_wakeup_post(house->stop);
    (void)pthread_join(house->thread, NULL);
    http_server_destroy(house->server);
    house->server = NULL;
    app_destroy(house->app);
    loop_timer_destroy(house->alarm);
    loop_wakeup_destroy(house->stop);
    loop_wakeup_destroy(house->errand);
    (void)sem_destroy(&house->acted);
    loop_destroy(house->loop);
    CHECK(nftw(house->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

void reply_finish(struct reply *reply)
{
    buffer_finish(&reply->head);
    buffer_finish(&reply->body);
}

const char *reply_header(struct reply *reply, const char *name)
{
    static char value[512];
    size_t length = strlen(name);
    for (const char *line = buffer_text(&reply->head); line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            (void)snprintf(value, sizeof value, "%s", line + length + 2);
            value[strcspn(value, "\r\n")] = '\0';
            return value;
        }
    }
    return "";
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *context)
{
    buffer_append(context, bytes, size * count);
    return size * count;
}

static void perform(struct house *house, const char *path, struct curl_slist *headers, struct reply *reply)
{
    char url[2600];
    (void)snprintf(url, sizeof url, "%s%s", house->base, path);
    *reply = (struct reply){0};
    buffer_init(&reply->head, 65536);
    buffer_init(&reply->body, 256L * 1024 * 1024);
    CURL *curl = house->curl;
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply->body);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_bytes);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, &reply->head);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, 20L);
    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK) {
        (void)fprintf(stderr, "    %s: %s\n", path, curl_easy_strerror(code));
    }
    CHECK(code == CURLE_OK);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
    curl_slist_free_all(headers);
}

void ask(struct house *house, const char *method, const char *path, const char *const *headers, const char *body,
         struct reply *reply)
{
    struct curl_slist *list = NULL;
    for (; headers != NULL && *headers != NULL; headers++) {
        list = curl_slist_append(list, *headers);
    }
    curl_easy_reset(house->curl);
    (void)curl_easy_setopt(house->curl, CURLOPT_CUSTOMREQUEST, method);
    if (strcmp(method, "HEAD") == 0) {
        (void)curl_easy_setopt(house->curl, CURLOPT_NOBODY, 1L);
    } else if (body != NULL) {
        (void)curl_easy_setopt(house->curl, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
        (void)curl_easy_setopt(house->curl, CURLOPT_POSTFIELDS, body);
    }
    perform(house, path, list, reply);
}

json_t *rest(struct house *house, const char *method, const char *path, const char *body, long expected)
{
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    struct reply reply;
    ask(house, method, path, headers, body, &reply);
    if (reply.status != expected) {
        (void)fprintf(stderr, "    %s %s: %ld instead of %ld: %s\n", method, path, reply.status, expected,
                      buffer_text(&reply.body));
    }
    CU_ASSERT_EQUAL(reply.status, expected);
    json_t *json = json_loadb((const char *)reply.body.data, reply.body.length, 0, NULL);
    reply_finish(&reply);
    return json;
}

const char *error_pointer(const json_t *problem, size_t i)
{
    const json_t *error = json_array_get(json_object_get(problem, "errors"), i);
    const char *pointer = json_string_value(json_object_get(error, "pointer"));
    return pointer == NULL ? "(none)" : pointer;
}

void upload(struct house *house, const char *package, const struct upload_file *files, size_t count,
            const char *idempotency_key, struct reply *reply)
{
    curl_easy_reset(house->curl);
    curl_mime *form = curl_mime_init(house->curl);
    if (package != NULL) {
        curl_mimepart *part = curl_mime_addpart(form);
        (void)curl_mime_name(part, "package");
        (void)curl_mime_data(part, package, CURL_ZERO_TERMINATED);
    }
    for (size_t i = 0; i < count; i++) {
        curl_mimepart *part = curl_mime_addpart(form);
        (void)curl_mime_name(part, "file");
        (void)curl_mime_filename(part, files[i].name);
        (void)curl_mime_data(part, files[i].bytes, files[i].size);
    }
    (void)curl_easy_setopt(house->curl, CURLOPT_MIMEPOST, form);
    struct curl_slist *headers = NULL;
    if (idempotency_key != NULL) {
        char line[128];
        (void)snprintf(line, sizeof line, "Idempotency-Key: %s", idempotency_key);
        headers = curl_slist_append(headers, line);
    }
    perform(house, "/api/v1/packages", headers, reply);
    curl_mime_free(form);
}

size_t files_in(const struct house *house, const char *folder)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", house->folder, folder);
    DIR *dir = opendir(path);
    size_t count = 0;
    for (const struct dirent *entry = dir == NULL ? NULL : readdir(dir); entry != NULL; entry = readdir(dir)) {
        count += entry->d_name[0] != '.';
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return count;
}
