#include "record/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/text.h"
#include "cli/json.h"
#include "codec/device_messages.h"
#include "codec/frame.h"
#include "support/suite.h"

enum { FRAME_TEXT = 1024, BEGIN_HOUR = 10, ARGUMENTS = 5, ARGUMENT = 64 };

struct making {
    json_t *entries;
    int64_t now;
    json_int_t id;
    json_t *late[8]; /* requests whose entry comes at `due` */
    int64_t due[8];
    size_t late_count;
};

static int64_t begin(void)
{
    int64_t at = 0;
    CHECK_OK(instant_parse("2026-11-27T10:00:00Z", &at));
    return at;
}

static void append(struct making *making, json_t *entry)
{
    (void)json_object_set_new(entry, "id", json_integer(++making->id));
    (void)json_array_append_new(making->entries, entry);
}

/* Entries of requests that are over by now. */
static void append_late(struct making *making, int64_t until)
{
    for (size_t i = 0; i < making->late_count; i++) {
        if (making->late[i] != NULL && making->due[i] <= until) {
            append(making, making->late[i]);
            making->late[i] = NULL;
        }
    }
}

static json_t *entry_of(const struct making *making, const char *kind)
{
    char at[INSTANT_TEXT];
    instant_format(begin() + making->now, at);
    return json_pack("{s:s, s:s, s:s}", "at", at, "wallAt", at, "kind", kind);
}

static void frame_hex(uint16_t command, const struct buffer *payload, char hex[FRAME_TEXT])
{
    struct buffer out = {.limit = FRAME_TEXT};
    struct frame frame = {7, command, payload->data, payload->length};
    CHECK_OK(frame_encode(&frame, &out));
    hex_encode(out.data, out.length, hex);
    buffer_finish(&out);
}

static void add_frame(struct making *making, const char *direction, const char *name, int status, const char *verdict)
{
    struct buffer payload = {.limit = FRAME_TEXT};
    char hex[FRAME_TEXT];
    char topic[64];
    uint16_t command = 0;
    CHECK_OK(command_parse(name, &command));
    if (status > 0) {
        struct ota_status_message message = {.status = status, .component_type = {true, 1}};
        text_copy_cut(message.component_no, sizeof message.component_no, "STM32");
        text_copy_cut(message.name, sizeof message.name, ota_status_name(status));
        CHECK_OK(ota_status_encode(&message, &payload));
    }
    frame_hex(command, &payload, hex);
    (void)snprintf(topic, sizeof topic, "q/2/d/qdp1867/%s", command_topic_kind(command));
    json_t *entry = entry_of(making, "frame");
    (void)json_object_update_new(
        entry, json_pack("{s:s, s:s, s:i, s:s, s:b, s:s, s:s, s:s, s:s}", "direction", direction, "topic", topic, "qos",
                         command == COMMAND_OTA_STATUS ? 2 : 1, "command", command_name(command), "encrypted", 0,
                         "verdict", verdict, "raw", hex, "clear", hex, "decoded", "x"));
    append(making, entry);
    buffer_finish(&payload);
}

/* "(a,b,c)" -> its parts; returns how many. */
static size_t split(const char *word, char parts[ARGUMENTS][ARGUMENT])
{
    const char *at = strchr(word, '(');
    size_t count = 0;
    while (at != NULL && count < ARGUMENTS) {
        size_t length = strcspn(at + 1, ",)");
        (void)snprintf(parts[count], ARGUMENT, "%.*s", (int)length, at + 1);
        for (char *blank = strchr(parts[count], '_'); blank != NULL; blank = strchr(blank, '_')) {
            *blank = ' ';
        }
        count++;
        at = at[1 + length] == ',' ? at + 1 + length : NULL;
    }
    return count;
}

static void add_request(struct making *making, char parts[ARGUMENTS][ARGUMENT])
{
    json_t *entry = entry_of(making, "firmware");
    json_int_t status = atoi(parts[1]);
    (void)json_object_update_new(entry, json_pack("{s:s, s:s, s:s, s:o, s:i, s:s, s:i}", "method", "GET", "target",
                                                  "/firmware/abc.bin", "range", parts[0], "status",
                                                  status > 0 ? json_integer(status) : json_null(), "bytes",
                                                  atoi(parts[2]), "ended", parts[3], "durationMs", atoi(parts[4])));
    making->late[making->late_count] = entry;
    making->due[making->late_count++] = making->now + atoi(parts[4]);
}

static void add_worded(struct making *making, const char *kind, const char *member, const char *value)
{
    json_t *entry = entry_of(making, kind);
    (void)json_object_set_new(entry, member, json_string(value));
    append(making, entry);
}

static void spoil_last(json_t *entry)
{
    char hex[FRAME_TEXT];
    text_copy_cut(hex, sizeof hex, json_text_of(entry, "raw"));
    char *last = hex + strlen(hex) - 1;
    *last = *last == '0' ? '1' : *last == '1' ? '0' : *last == '2' ? '3' : '2'; /* 30..33 end a name of digits */
    (void)json_object_set_new(entry, "raw", json_string(hex));
    (void)json_object_set_new(entry, "clear", json_string(hex));
}

static void add_word(struct making *making, const char *word)
{
    char parts[ARGUMENTS][ARGUMENT] = {""};
    (void)split(word, parts);
    switch (word[0]) {
    case '@':
        append_late(making, strtoll(word + 1, NULL, 10));
        making->now = strtoll(word + 1, NULL, 10);
        break;
    case 'C':
    case 'E': {
        json_t *entry = entry_of(making, "connect");
        (void)json_object_update_new(entry,
                                     json_pack("{s:i, s:b}", "type", word[1] - '0', "encrypted", word[0] == 'E'));
        append(making, entry);
        break;
    }
    case 'R':
        add_worded(making, "refuse", "reason", parts[0]);
        break;
    case 'X':
        add_worded(making, "disconnect", "reason", parts[0]);
        break;
    case 'W':
        add_worded(making, "warning", "rule", parts[0]);
        break;
    case 'F': {
        json_t *entry = entry_of(making, "fault");
        (void)json_object_update_new(entry, json_pack("{s:s, s:s, s:i, s:s}", "point", parts[0], "action", parts[1],
                                                      "faultId", atoi(parts[2]), "detail", parts[3]));
        append(making, entry);
        break;
    }
    case 'G':
        add_request(making, parts);
        break;
    case '<':
        add_frame(making, "device", atoi(word + 1) > 0 ? "otaStatus" : word + 1, atoi(word + 1), "ok");
        break;
    case '=':
        add_frame(making, "device", "otaStatus", atoi(word + 1), "duplicate");
        break;
    case '>':
        add_frame(making, "server", word + 1, 0, "ok");
        break;
    case '!':
        add_frame(making, "server", word + 1, 0, "altered");
        break;
    case '~':
        add_frame(making, "device", "otaStatus", atoi(word + 1), "malformed");
        spoil_last(json_array_get(making->entries, json_array_size(making->entries) - 1));
        break;
    default: {
        json_t *entry = entry_of(making, "frame");
        (void)json_object_update_new(entry,
                                     json_pack("{s:s, s:s, s:i, s:s, s:b, s:s, s:s, s:s}", "direction", "device",
                                               "topic", "q/2/d/qdp1867/sys", "qos", 1, "command", "unknown",
                                               "encrypted", 0, "verdict", "malformed", "raw", "0102", "clear", "0102"));
        append(making, entry);
        break;
    }
    }
}

json_t *journal_make(const char *words)
{
    struct making making = {.entries = json_array()};
    char copy[2048];
    char *rest = NULL;
    text_copy_cut(copy, sizeof copy, words);
    for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        add_word(&making, word);
    }
    append_late(&making, INT64_MAX);
    return making.entries;
}

static void describe(const char *kind, const json_t *value, char *text, size_t capacity)
{
    uint8_t bytes[FRAME_TEXT];
    size_t length = 0;
    struct ota_status_message message;
    if (json_is_integer(value)) {
        (void)snprintf(text, capacity, "%s:%d", kind, (int)json_integer_value(value));
    } else if (json_is_string(value)) {
        (void)snprintf(text, capacity, "%s:%s", kind, json_string_value(value));
    } else if (strcmp(kind, "connect") == 0) {
        (void)snprintf(text, capacity, "connect:%d%s%s", (int)json_integer_value(json_object_get(value, "auth")),
                       json_is_true(json_object_get(value, "encrypt")) ? ":encrypt" : "",
                       json_is_true(json_object_get(value, "refused")) ? ":refused" : "");
    } else if (strcmp(kind, "send") == 0 && json_object_get(value, "raw") != NULL) {
        (void)snprintf(text, capacity, "raw:%s:%s", json_text_of(value, "topicKind"), json_text_of(value, "raw"));
    } else if (strcmp(kind, "send") == 0 && strcmp(json_text_of(value, "command"), "otaStatus") == 0) {
        CHECK_OK(hex_decode(json_text_of(value, "payload"), bytes, sizeof bytes, &length));
        CHECK_OK(ota_status_decode(bytes, length, &message));
        (void)snprintf(text, capacity, "send:%d%s", message.status,
                       json_is_boolean(json_object_get(value, "encrypted")) ? ":clear" : "");
    } else if (strcmp(kind, "download") == 0) {
        const json_t *stop = json_object_get(value, "stopAfter");
        char after[32] = "";
        (void)snprintf(after, sizeof after, ":%d", (int)json_integer_value(stop));
        (void)snprintf(text, capacity, "download:%s%s", json_text_of(value, "range"), stop != NULL ? after : "");
    } else if (strcmp(kind, "downloaded") == 0) {
        (void)snprintf(text, capacity, "downloaded:%d:%s", (int)json_integer_value(json_object_get(value, "status")),
                       json_is_false(json_object_get(value, "complete"))  ? "broken"
                       : json_is_true(json_object_get(value, "complete")) ? "complete"
                                                                          : "somehow");
    } else if (json_object_size(value) == 0) {
        (void)snprintf(text, capacity, "%s", kind);
    } else {
        (void)snprintf(text, capacity, "%s:%s", kind, json_text_of(value, "command"));
    }
}

void moves_text(const json_t *moves, char *text, size_t capacity)
{
    size_t i = 0;
    json_t *move = NULL;
    text[0] = '\0';
    json_array_foreach((json_t *)moves, i, move)
    {
        const char *kind = NULL;
        json_t *value = NULL;
        json_object_foreach(move, kind, value)
        {
            size_t used = strlen(text);
            if (strcmp(kind, "about") != 0) {
                describe(kind, value, text + used, capacity - used);
                used = strlen(text);
                (void)snprintf(text + used, capacity - used, " ");
            }
        }
    }
}
