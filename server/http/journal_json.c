#include "http/journal_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "http/json_value.h"

static json_t *maybe_plan(int64_t plan_id)
{
    return plan_id > 0 ? json_integer(plan_id) : json_null();
}

/* What precedes the first space of "GET /firmware/x", and what follows. */
static json_t *method_of(const char *name)
{
    return json_stringn(name, strcspn(name, " "));
}

static const char *target_of(const char *name)
{
    const char *space = strchr(name, ' ');
    return space == NULL ? name : space + 1;
}

static json_t *hex_json(const uint8_t *bytes, size_t length)
{
    CLEANUP(cleanup_free) char *hex = malloc(2 * length + 1);
    if (hex == NULL) {
        return NULL;
    }
    hex_encode(bytes, length, hex);
    return json_stringn(hex, 2 * length);
}

static json_t *decoded_json(struct app *app, const struct journal_entry *entry)
{
    CLEANUP(cleanup_buffer) struct buffer text = {.limit = 4 * LIMIT_FRAME};
    const uint8_t *clear = entry->clear == NULL ? entry->raw : entry->clear;
    size_t length = entry->clear == NULL ? entry->raw_length : entry->clear_length;
    return app_frame_text(app, clear, length, &text) == OK ? json_maybe_text(buffer_text(&text)) : json_null();
}

static json_t *frame_members(struct app *app, const struct journal_entry *entry)
{
    const uint8_t *clear = entry->clear == NULL ? entry->raw : entry->clear;
    size_t length = entry->clear == NULL ? entry->raw_length : entry->clear_length;
    return json_pack("{s:s, s:s, s:i, s:s, s:i, s:b, s:s, s:o, s:o, s:o}", "direction",
                     entry->from_device ? "device" : "server", "topic", entry->name, "qos", entry->qos, "command",
                     entry->command_name == NULL ? "unknown" : entry->command_name, "packageId", entry->package_id,
                     "encrypted", entry->encrypted, "verdict", entry->word == NULL ? "ok" : entry->word, "raw",
                     hex_json(entry->raw, entry->raw_length), "clear", hex_json(clear, length), "decoded",
                     decoded_json(app, entry));
}

static json_t *members(struct app *app, const struct journal_entry *entry)
{
    switch (entry->kind) {
    case JOURNAL_CONNECT:
        return json_pack("{s:s, s:o, s:i, s:b, s:I}", "address", entry->name, "clientId", json_maybe_text(entry->range),
                         "type", entry->code, "encrypted", entry->encrypted, "keepAlive", (json_int_t)entry->count);
    case JOURNAL_REFUSE:
        return json_pack("{s:s, s:o, s:i, s:o}", "address", entry->name, "clientId", json_maybe_text(entry->range),
                         "code", entry->code, "reason", json_maybe_text(entry->text));
    case JOURNAL_DISCONNECT:
        return json_pack("{s:s, s:o, s:o}", "address", entry->name, "clientId", json_maybe_text(entry->range), "reason",
                         json_maybe_text(entry->text));
    case JOURNAL_FRAME:
        return frame_members(app, entry);
    case JOURNAL_FIRMWARE:
        return json_pack("{s:o, s:s, s:o, s:o, s:I, s:s, s:I}", "method", method_of(entry->name), "target",
                         target_of(entry->name), "range", json_maybe_text(entry->range), "status",
                         entry->code > 0 ? json_integer(entry->code) : json_null(), "bytes", (json_int_t)entry->count,
                         "ended", entry->word, "durationMs", (json_int_t)entry->duration_ms);
    case JOURNAL_FAULT:
        return json_pack("{s:I, s:s, s:s, s:s}", "faultId", (json_int_t)entry->count, "point", entry->word, "action",
                         entry->name, "detail", entry->text);
    case JOURNAL_WARNING:
        return json_pack("{s:s, s:o}", "rule", entry->name, "detail", json_maybe_text(entry->text));
    case JOURNAL_KIND_COUNT:
        break;
    }
    return NULL;
}

json_t *journal_entry_json(struct app *app, const struct journal_entry *entry)
{
    json_t *json = json_pack("{s:I, s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "id", (json_int_t)entry->number, "at",
                             json_instant(entry->at), "wallAt", json_instant(entry->wall_at), "kind",
                             journal_kind_name(entry->kind), "productKey", json_maybe_text(entry->product_key),
                             "deviceKey", json_maybe_text(entry->device_key), "planId", maybe_plan(entry->plan_id),
                             "componentNo", json_maybe_text(entry->component_no));
    json_t *more = members(app, entry);
    if (json == NULL || more == NULL) {
        json_decref(json);
        json_decref(more);
        return NULL;
    }
    (void)json_object_update_new(json, more);
    return json;
}

static json_t *request_headers(const struct journal_entry *entry)
{
    json_t *headers = json_array();
    if (entry->range[0] != '\0') {
        (void)json_array_append_new(headers,
                                    json_pack("{s:s, s:o}", "name", "Range", "value", json_maybe_text(entry->range)));
    }
    return headers;
}

json_t *journal_entry_har(const struct journal_entry *entry, const char *base)
{
    char url[LIMIT_URL + 1];
    (void)snprintf(url, sizeof url, "%s%s", base, target_of(entry->name));
    json_t *request = json_pack("{s:o, s:s, s:s, s:[], s:o, s:[], s:i, s:i}", "method", method_of(entry->name), "url",
                                url, "httpVersion", "HTTP/1.1", "cookies", "headers", request_headers(entry),
                                "queryString", "headersSize", -1, "bodySize", 0);
    json_t *response = json_pack("{s:i, s:s, s:s, s:[], s:[], s:{s:I, s:s}, s:s, s:i, s:I}", "status", entry->code,
                                 "statusText", "", "httpVersion", "HTTP/1.1", "cookies", "headers", "content", "size",
                                 (json_int_t)entry->count, "mimeType", "application/octet-stream", "redirectURL", "",
                                 "headersSize", -1, "bodySize", (json_int_t)entry->count);
    return json_pack("{s:o, s:I, s:o, s:o, s:{}, s:{s:i, s:i, s:I}, s:o, s:o, s:o, s:s}", "startedDateTime",
                     json_instant(entry->wall_at), "time", (json_int_t)entry->duration_ms, "request", request,
                     "response", response, "cache", "timings", "send", 0, "wait", 0, "receive",
                     (json_int_t)entry->duration_ms, "_productKey", json_maybe_text(entry->product_key), "_deviceKey",
                     json_maybe_text(entry->device_key), "_planId", maybe_plan(entry->plan_id), "_ended", entry->word);
}
