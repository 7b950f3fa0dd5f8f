#include "cli/rest.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/pattern.h"
#include "base/text.h"
#include "cli/json.h"
#include "config/ready_file.h"

enum { ANSWER_MOST = 64 * 1024 * 1024, CONNECT_MS = 5000, PATH_MOST = 2048 };

struct rest {
    CURL *curl;
    struct curl_slist *headers;
    char url[READY_URL];
    bool (*goes_on)(void *context); /* NULL: nobody is asked */
    void *watcher;
};

static enum status find_server(const struct options *options, char url[READY_URL], struct error *error)
{
    const char *given = options_text(options, "url");
    if (given != NULL) {
        size_t length = strlen(given);
        while (length > 0 && given[length - 1] == '/') {
            length--;
        }
        if ((!text_starts_with(given, "http://") && !text_starts_with(given, "https://")) || length >= READY_URL) {
            return options_refuse(options, "url", error, E_FORMAT, "'%s' is not http://HOST:PORT", given);
        }
        (void)snprintf(url, READY_URL, "%.*s", (int)length, given);
        return OK;
    }
    struct ready found[READY_MOST];
    size_t count = ready_folder_read(options_text(options, "runtime-dir"), found);
    if (count == 0) {
        return error_set(error, E_NOT_FOUND, "server", "none runs here; name it with --url");
    }
    if (count > 1) {
        return error_set(error, E_STATE, "server", "%zu run here (%s, %s ...); choose one with --url", count,
                         found[0].http, found[1].http);
    }
    memcpy(url, found[0].http, READY_URL);
    return OK;
}

static enum status add_header(struct rest *rest, const char *line)
{
    struct curl_slist *longer = curl_slist_append(rest->headers, line);
    if (longer == NULL) {
        return E_NOMEM;
    }
    rest->headers = longer;
    return OK;
}

static enum status set_up(struct rest *rest, const char *token, const char *ca_file)
{
    enum status status = OK;
    if (status == OK && token != NULL) {
        CLEANUP(cleanup_free) char *line = NULL;
        status = asprintf(&line, "Authorization: Bearer %s", token) < 0 ? E_NOMEM : add_header(rest, line);
    }
    rest->curl = curl_easy_init();
    if (rest->curl == NULL || status != OK) {
        return E_NOMEM;
    }
    bool set = curl_easy_setopt(rest->curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
               curl_easy_setopt(rest->curl, CURLOPT_NOPROXY, "*") == CURLE_OK &&
               curl_easy_setopt(rest->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS) == CURLE_OK &&
               (ca_file == NULL || curl_easy_setopt(rest->curl, CURLOPT_CAINFO, ca_file) == CURLE_OK);
    return set ? OK : E_INTERNAL;
}

enum status rest_open_at(const char *url, const char *token, const char *ca_file, struct rest **rest,
                         struct error *error)
{
    struct rest *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_set(error, E_NOMEM, "", "%s", status_text(E_NOMEM));
    }
    (void)snprintf(opened->url, sizeof opened->url, "%s", url);
    enum status status = set_up(opened, token, ca_file);
    if (status != OK) {
        rest_close(opened);
        return error_set(error, status, "libcurl", "%s", status_text(status));
    }
    *rest = opened;
    return OK;
}

enum status rest_open(const struct options *options, struct rest **rest, struct error *error)
{
    char url[READY_URL];
    enum status status = find_server(options, url, error);
    if (status != OK) {
        return status;
    }
    return rest_open_at(url, options_text(options, "api-token"), options_text(options, "ca-file"), rest, error);
}

void rest_close(struct rest *rest)
{
    if (rest != NULL) {
        curl_easy_cleanup(rest->curl);
        curl_slist_free_all(rest->headers);
        free(rest);
    }
}

const char *rest_url(const struct rest *rest)
{
    return rest->url;
}

void rest_append_escaped(struct buffer *path, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~,";
    for (; *text != '\0'; text++) {
        if (strchr(plain, *text) != NULL) {
            buffer_append(path, text, 1);
        } else {
            buffer_append_format(path, "%%%02X", (unsigned char)*text);
        }
    }
}

static size_t collect(char *bytes, size_t size, size_t count, void *context)
{
    struct buffer *buffer = context;
    buffer_append(buffer, bytes, size * count);
    return buffer_status(buffer) == OK ? size * count : 0;
}

static enum status perform(struct rest *rest, long *http_status, struct error *error)
{
    char reason[CURL_ERROR_SIZE] = "";
    (void)curl_easy_setopt(rest->curl, CURLOPT_ERRORBUFFER, reason);
    CURLcode code = curl_easy_perform(rest->curl);
    (void)curl_easy_setopt(rest->curl, CURLOPT_ERRORBUFFER, NULL);
    if (code != CURLE_OK) {
        return error_set(error, code == CURLE_OPERATION_TIMEDOUT ? E_TIMEOUT : E_CLOSED, rest->url, "%s",
                         reason[0] != '\0' ? reason : curl_easy_strerror(code));
    }
    (void)curl_easy_getinfo(rest->curl, CURLINFO_RESPONSE_CODE, http_status);
    return OK;
}

/* What both kinds of calls have in common; the headers are those of the server and `type`, where it is not NULL. */
static enum status exchange(struct rest *rest, const char *path, const char *type, long timeout_ms, long *http_status,
                            json_t **json, struct error *error)
{
    CLEANUP(cleanup_free) char *url = NULL;
    struct curl_slist head = {.data = (char *)(uintptr_t)type, .next = rest->headers};
    struct buffer buffer;
    if (asprintf(&url, "%s%s", rest->url, path) < 0) {
        return error_set(error, E_NOMEM, "", "%s", status_text(E_NOMEM));
    }
    buffer_init(&buffer, ANSWER_MOST);
    (void)curl_easy_setopt(rest->curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(rest->curl, CURLOPT_HTTPHEADER, type != NULL ? &head : rest->headers);
    (void)curl_easy_setopt(rest->curl, CURLOPT_TIMEOUT_MS, timeout_ms);
    (void)curl_easy_setopt(rest->curl, CURLOPT_WRITEFUNCTION, collect);
    (void)curl_easy_setopt(rest->curl, CURLOPT_WRITEDATA, &buffer);
    enum status status = perform(rest, http_status, error);
    if (status == OK) {
        *json = json_loadb((const char *)buffer.data, buffer.length, 0, NULL);
    }
    buffer_finish(&buffer);
    return status;
}

enum status rest_call(struct rest *rest, const char *method, const char *path, const json_t *body, long timeout_ms,
                      long *http_status, json_t **json, struct error *error)
{
    CLEANUP(cleanup_free) char *text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
    if (body != NULL && text == NULL) {
        return error_set(error, E_NOMEM, "", "%s", status_text(E_NOMEM));
    }
    (void)curl_easy_setopt(rest->curl, CURLOPT_CUSTOMREQUEST, method);
    (void)curl_easy_setopt(rest->curl, CURLOPT_POSTFIELDS, text);
    (void)curl_easy_setopt(rest->curl, CURLOPT_HTTPGET, text == NULL ? 1L : 0L);
    enum status status = exchange(rest, path, "Content-Type: application/json", timeout_ms, http_status, json, error);
    (void)curl_easy_setopt(rest->curl, CURLOPT_POSTFIELDS, NULL); /* libcurl looks at it in an upload, too */
    return status;
}

enum status rest_send(struct rest *rest, const char *path, const char *text, size_t size, long timeout_ms,
                      long *http_status, json_t **json, struct error *error)
{
    (void)curl_easy_setopt(rest->curl, CURLOPT_HTTPGET, 0L);
    (void)curl_easy_setopt(rest->curl, CURLOPT_CUSTOMREQUEST, "POST");
    (void)curl_easy_setopt(rest->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    (void)curl_easy_setopt(rest->curl, CURLOPT_POSTFIELDS, text);
    enum status status = exchange(rest, path, "Content-Type: application/json", timeout_ms, http_status, json, error);
    (void)curl_easy_setopt(rest->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)-1);
    return status;
}

/* Where a large answer goes. */
struct sink {
    CURL *curl;
    FILE *file;
    struct buffer problem;
};

static size_t pour(char *bytes, size_t size, size_t count, void *context)
{
    struct sink *sink = context;
    long code = 0;
    (void)curl_easy_getinfo(sink->curl, CURLINFO_RESPONSE_CODE, &code);
    return code == 200 ? fwrite(bytes, size, count, sink->file) * size : collect(bytes, size, count, &sink->problem);
}

enum status rest_fetch(struct rest *rest, const char *path, FILE *to, long timeout_ms, struct error *error)
{
    CLEANUP(cleanup_free) char *url = NULL;
    struct sink sink = {.curl = rest->curl, .file = to};
    long code = 0;
    if (asprintf(&url, "%s%s", rest->url, path) < 0) {
        return error_set(error, E_NOMEM, "", "%s", status_text(E_NOMEM));
    }
    buffer_init(&sink.problem, ANSWER_MOST);
    (void)curl_easy_setopt(rest->curl, CURLOPT_CUSTOMREQUEST, "GET");
    (void)curl_easy_setopt(rest->curl, CURLOPT_HTTPGET, 1L);
    (void)curl_easy_setopt(rest->curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(rest->curl, CURLOPT_HTTPHEADER, rest->headers);
    (void)curl_easy_setopt(rest->curl, CURLOPT_TIMEOUT_MS, timeout_ms);
    (void)curl_easy_setopt(rest->curl, CURLOPT_WRITEFUNCTION, pour);
    (void)curl_easy_setopt(rest->curl, CURLOPT_WRITEDATA, &sink);
    enum status status = perform(rest, &code, error);
    if (status == OK && code != 200) {
        json_t *problem = json_loadb((const char *)sink.problem.data, sink.problem.length, 0, NULL);
        status = rest_refuse(path, 200, code, problem, error);
        json_decref(problem);
    }
    buffer_finish(&sink.problem);
    return status;
}

/* What a problem says: its detail, or its title, and its wrong members. */
static void say_problem(const json_t *problem, char *text, size_t capacity)
{
    const json_t *errors = json_object_get(problem, "errors");
    const char *detail = json_text_of(problem, "detail");
    size_t used = (size_t)snprintf(text, capacity, "%s", detail[0] != '\0' ? detail : json_text_of(problem, "title"));
    for (size_t i = 0; i < json_array_size(errors) && used < capacity; i++) {
        const json_t *wrong = json_array_get(errors, i);
        used += (size_t)snprintf(text + used, capacity - used, "%s%s: %s", used > 0 ? "; " : "",
                                 json_text_of(wrong, "pointer"), json_text_of(wrong, "detail"));
    }
}

enum status rest_refuse(const char *path, long wanted, long code, const json_t *answer, struct error *error)
{
    char text[sizeof error->text];
    say_problem(answer, text, sizeof text);
    return error_set(error, code == 404 ? E_NOT_FOUND : E_STATE, path, "%ld instead of %ld: %s", code, wanted, text);
}

enum status rest_ask_v(struct rest *rest, const char *method, long wanted, json_t *body, json_t **answer,
                       long timeout_ms, struct error *error, const char *format, va_list arguments)
{
    CLEANUP(cleanup_json) json_t *owned = body;
    CLEANUP(cleanup_json) json_t *json = NULL;
    char path[PATH_MOST];
    long http_status = 0;
    (void)vsnprintf(path, sizeof path, format, arguments);
    enum status status = rest_call(rest, method, path, owned, timeout_ms, &http_status, &json, error);
    if (status == OK && http_status != wanted) {
        status = rest_refuse(path, wanted, http_status, json, error);
    }
    if (status == OK && answer != NULL) {
        *answer = json_incref(json);
    }
    return status;
}

enum status rest_ask(struct rest *rest, const char *method, long wanted, json_t *body, json_t **answer, long timeout_ms,
                     struct error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    enum status status = rest_ask_v(rest, method, wanted, body, answer, timeout_ms, error, format, arguments);
    va_end(arguments);
    return status;
}

/* A file that is being sent. */
struct sending {
    const struct rest_file *file;
    int64_t at;
};

static size_t send_more(char *buffer, size_t size, size_t count, void *context)
{
    struct sending *sending = context;
    const struct rest_file *file = sending->file;
    size_t length = size * count;
    if ((int64_t)length > file->size - sending->at) {
        length = (size_t)(file->size - sending->at);
    }
    if (file->bytes != NULL) {
        memcpy(buffer, file->bytes + sending->at, length);
    } else {
        pattern_fill(file->seed, sending->at, (uint8_t *)buffer, length);
    }
    sending->at += (int64_t)length;
    return length;
}

/* libcurl sends again from the start when a kept connection has gone. */
static int send_from(void *context, curl_off_t offset, int origin)
{
    struct sending *sending = context;
    if (origin != SEEK_SET || offset < 0 || offset > sending->file->size) {
        return CURL_SEEKFUNC_CANTSEEK;
    }
    sending->at = offset;
    return CURL_SEEKFUNC_OK;
}

static bool add_file(curl_mime *mime, struct sending *sending)
{
    curl_mimepart *part = curl_mime_addpart(mime);
    return part != NULL && curl_mime_name(part, "file") == CURLE_OK &&
           curl_mime_filename(part, sending->file->name) == CURLE_OK &&
           curl_mime_data_cb(part, sending->file->size, send_more, send_from, NULL, sending) == CURLE_OK;
}

enum status rest_upload(struct rest *rest, const char *path, const char *part, const json_t *value,
                        const struct rest_file *files, size_t count, long timeout_ms, long *http_status, json_t **json,
                        struct error *error)
{
    struct sending sendings[LIMIT_PACKAGE_FILES];
    CLEANUP(cleanup_free) char *text = json_dumps(value, JSON_COMPACT);
    curl_mime *mime = curl_mime_init(rest->curl);
    curl_mimepart *first = mime != NULL ? curl_mime_addpart(mime) : NULL;
    bool made = text != NULL && first != NULL && curl_mime_name(first, part) == CURLE_OK &&
                curl_mime_type(first, "application/json") == CURLE_OK &&
                curl_mime_data(first, text, CURL_ZERO_TERMINATED) == CURLE_OK && count <= LIMIT_PACKAGE_FILES;
    for (size_t i = 0; made && i < count; i++) {
        sendings[i] = (struct sending){.file = &files[i]};
        made = add_file(mime, &sendings[i]);
    }
    enum status status = E_NOMEM;
    if (made) {
        (void)curl_easy_setopt(rest->curl, CURLOPT_CUSTOMREQUEST, "POST");
        (void)curl_easy_setopt(rest->curl, CURLOPT_MIMEPOST, mime);
        status = exchange(rest, path, NULL, timeout_ms, http_status, json, error);
        (void)curl_easy_setopt(rest->curl, CURLOPT_MIMEPOST, NULL);
    } else {
        status = error_set(error, E_NOMEM, "", "%s", status_text(E_NOMEM));
    }
    curl_mime_free(mime);
    return status;
}

static int ask_watcher(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
    const struct rest *rest = context;
    (void)total;
    (void)now;
    (void)up_total;
    (void)up_now;
    return rest->goes_on(rest->watcher) ? 0 : 1;
}

void rest_watch(struct rest *rest, bool (*goes_on)(void *context), void *context)
{
    rest->goes_on = goes_on;
    rest->watcher = context;
    (void)curl_easy_setopt(rest->curl, CURLOPT_XFERINFOFUNCTION, goes_on != NULL ? ask_watcher : NULL);
    (void)curl_easy_setopt(rest->curl, CURLOPT_XFERINFODATA, rest);
    (void)curl_easy_setopt(rest->curl, CURLOPT_NOPROGRESS, goes_on != NULL ? 0L : 1L);
}
