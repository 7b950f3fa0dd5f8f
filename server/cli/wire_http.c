/* Kinds url and http: the download as the device sees it. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/wire_vector.h"
#include "codec/device_http.h"
#include "codec/device_url.h"

enum { HOST_MOST = 63, CODE_PARTIAL = 206, REQUEST_LIMIT = 8192 };

bool check_url(struct vector *vector)
{
    const char *url = vector_text(vector, vector_has(vector, "url") ? "url" : "what");
    struct device_url parsed;
    enum status status = vector->failed ? E_FORMAT : device_url_parse(url, &parsed);
    if (status != OK && status != E_RULE) {
        return vector_fail(vector, "url: %s", status_text(status));
    }
    bool accepted = status == OK;
    if (!vector_same_bool(vector, "accepted", vector_bool(vector, "accepted"), accepted)) {
        return false;
    }
    /* of a refused URL the device has no port to use, and of a host that is too long no text to show */
    return (!vector_has(vector, "host") || (!accepted && strlen(parsed.host) > HOST_MOST) ||
            vector_same_text(vector, "host", vector_text(vector, "host"), parsed.host)) &&
           (!vector_has(vector, "port") || !accepted ||
            vector_same_int(vector, "port", vector_int(vector, "port"), parsed.port)) &&
           (!vector_has(vector, "tls") || vector_same_bool(vector, "tls", vector_bool(vector, "tls"), parsed.tls)) &&
           (!vector_has(vector, "path") || vector_same_text(vector, "path", vector_text(vector, "path"), parsed.path));
}

/* The text and the hexadecimal form of the same bytes, whichever are there; the bytes land in `bytes`. */
static bool read_both(struct vector *vector, const char *text_name, const char *hex_name, struct bytes *bytes)
{
    if (!vector_bytes(vector, hex_name, bytes)) {
        return false;
    }
    if (!vector_has(vector, text_name)) {
        return true;
    }
    const char *text = vector_text(vector, text_name);
    return vector_same_bytes(vector, text_name, bytes, (const uint8_t *)text, strlen(text));
}

/* A 206 brings the bytes that were asked for. */
static bool check_answer(struct vector *vector, const struct device_request *request)
{
    CLEANUP(cleanup_bytes) struct bytes head = {0};
    struct device_answer answer;
    if (!read_both(vector, "answer_head", "answer_head_hex", &head) ||
        !vector_ok(vector, "answer_head", device_answer_read((const char *)head.data, head.length, &answer))) {
        return false;
    }
    if (answer.code == CODE_PARTIAL && answer.body == DEVICE_BODY_LENGTH && request->has_range) {
        char range[96];
        (void)snprintf(range, sizeof range, "Content-Range: bytes %llu-%llu/", (unsigned long long)request->first,
                       (unsigned long long)request->last);
        return vector_same_int(vector, "Content-Length", (int64_t)answer.body_length,
                               (int64_t)(request->last - request->first + 1)) &&
               (memmem(head.data, head.length, range, strlen(range)) != NULL ||
                vector_fail(vector, "answer_head: no '%s'", range));
    }
    return true;
}

bool check_http(struct vector *vector)
{
    CLEANUP(cleanup_bytes) struct bytes bytes = {0};
    struct device_request request;
    if (!read_both(vector, "request", "request_hex", &bytes) ||
        !vector_ok(vector, "request", device_request_read((const char *)bytes.data, bytes.length, &request))) {
        return false;
    }
    CLEANUP(cleanup_buffer) struct buffer written = {.limit = REQUEST_LIMIT};
    device_request_write(&written, &request);
    return vector_same_buffer(vector, "request, written again", &bytes, &written) &&
           (!vector_has(vector, "answer_head_hex") || check_answer(vector, &request));
}
