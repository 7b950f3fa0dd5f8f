#include "record/moves.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/instant.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/json.h"
#include "codec/device_messages.h"
#include "codec/frame.h"

/*
 * SHORT_MS: a gap that is no wait. SETTLE_MS: the end of a download is journalled by another thread than the status
 * that the device sends about it; so much later it still belongs in front of it. NEAR_MS: a frame at a fault's instant.
 */
enum { SHORT_MS = 20, SETTLE_MS = 2000, NEAR_MS = 20, ABOUT = 160, REDIRECTION = 300 };

void doubt(struct doubts *doubts, const char *format, ...)
{
    char text[DOUBT_TEXT];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < doubts->count; i++) {
        if (strcmp(doubts->items[i], text) == 0) {
            return;
        }
    }
    if (doubts->count < DOUBTS_MOST) {
        (void)snprintf(doubts->items[doubts->count++], DOUBT_TEXT, "%s", text);
    }
}

/* An entry, or the end of a download, on the line of time. */
struct happening {
    const json_t *entry;
    int64_t at; /* wall clock, ms */
    json_int_t id;
    bool is_end; /* of a download */
};

struct making {
    struct happening *line;
    size_t count;
    size_t at; /* the one that is looked at */
    int64_t longest_wait_ms;
    int64_t last_ms; /* when the last move was made */
    json_t *moves;
    struct doubts *doubts;
    enum status status;
    bool connected;
    bool has_secret; /* the device has been online in this session */
    bool announced;  /* encryption, on this link */
    bool goodbye;    /* the referee saw an MQTT DISCONNECT */
    int64_t frames;  /* on this link */
    size_t open;     /* the download that goes on, as its place on the line + 1; 0: none */
};

/* --- the line of time --------------------------------------------------------------------------------------------- */

static bool is_kind(const json_t *entry, const char *kind)
{
    return strcmp(json_text_of(entry, "kind"), kind) == 0;
}

static int64_t instant_of(const json_t *entry)
{
    int64_t at = 0;
    return instant_parse(json_text_of(entry, "wallAt"), &at) == OK ? at : 0;
}

static int by_time(const void *a, const void *b)
{
    const struct happening *one = a;
    const struct happening *other = b;
    if (one->at != other->at) {
        return one->at < other->at ? -1 : 1;
    }
    return one->id == other->id ? (int)one->is_end - (int)other->is_end : one->id < other->id ? -1 : 1;
}

static void add(struct making *making, const json_t *entry, int64_t at, bool is_end)
{
    making->line[making->count++] = (struct happening){
        .entry = entry, .at = at, .id = json_integer_value(json_object_get(entry, "id")), .is_end = is_end};
}

static enum status draw_line(struct making *making, const json_t *entries)
{
    size_t i = 0;
    json_t *entry = NULL;
    making->line = calloc(2 * json_array_size(entries) + 1, sizeof *making->line);
    if (making->line == NULL) {
        return E_NOMEM;
    }
    json_array_foreach(entries, i, entry)
    {
        int64_t at = instant_of(entry);
        add(making, entry, at, false);
        if (is_kind(entry, "firmware")) {
            add(making, entry, at + json_integer_value(json_object_get(entry, "durationMs")), true);
        }
    }
    qsort(making->line, making->count, sizeof *making->line, by_time);
    return OK;
}

static const struct happening *current(const struct making *making)
{
    return &making->line[making->at];
}

/* --- moves -------------------------------------------------------------------------------------------------------- */

/* `value` is taken. */
static void append(struct making *making, const char *action, json_t *value, const char *about)
{
    json_t *move = json_pack("{s:o}", action, value);
    if (move != NULL && about[0] != '\0') {
        char cut[ABOUT + 1];
        text_copy_cut(cut, sizeof cut, about);
        (void)json_object_set_new(move, "about", json_string(cut));
    }
    if (move == NULL || json_array_append_new(making->moves, move) != 0) {
        making->status = E_NOMEM;
    } else if (json_array_size(making->moves) > LIMIT_SCRIPT_MOVES) {
        making->status = E_LIMIT;
    }
}

/* In front of what the device does by itself. */
static void wait_for(struct making *making, int64_t at)
{
    int64_t gap = at - making->last_ms;
    if (gap > making->longest_wait_ms) {
        gap = making->longest_wait_ms;
    }
    if (making->last_ms > 0 && gap >= SHORT_MS) {
        append(making, "wait", json_integer(gap), "");
    }
    making->last_ms = at;
}

/* Whether a fault of the link fired at about this instant; blackhole: or holds since then. */
static const json_t *link_fault_near(const struct making *making, int64_t at, const char *action, int64_t after_ms)
{
    for (size_t i = 0; i < making->count; i++) {
        const struct happening *other = &making->line[i];
        if (is_kind(other->entry, "fault") && strcmp(json_text_of(other->entry, "point"), "mqtt.link") == 0 &&
            strcmp(json_text_of(other->entry, "action"), action) == 0 && at >= other->at - NEAR_MS &&
            at <= other->at + NEAR_MS + after_ms) {
            return other->entry;
        }
    }
    return NULL;
}

static void take_connect(struct making *making, const json_t *entry)
{
    bool encrypts = json_is_true(json_object_get(entry, "encrypted"));
    json_int_t type = json_integer_value(json_object_get(entry, "type"));
    json_t *value = json_pack("{s:I}", "auth", type);
    const json_t *keep_alive = json_object_get(entry, "keepAlive");
    if (encrypts) {
        (void)json_object_set_new(value, "encrypt", json_true());
    }
    if (json_is_integer(keep_alive)) {
        (void)json_object_set_new(value, "keepAlive", json_integer(json_integer_value(keep_alive)));
    }
    wait_for(making, current(making)->at);
    append(making, "connect", value, "");
    making->connected = true;
    making->has_secret = true;
    making->announced = encrypts;
    making->goodbye = false;
    making->frames = 0;
}

/* A device that the server has forgotten: a fresh product has never known it, so it begins anew by itself. */
static void take_refusal(struct making *making, const json_t *entry)
{
    const char *reason = json_text_of(entry, "reason");
    if (strstr(reason, "unknown device") != NULL) {
        if (making->has_secret) {
            doubt(making->doubts, "The server forgot the device in the middle of the session; a fresh one does not.");
        }
        return;
    }
    wait_for(making, current(making)->at);
    append(making, "connect", json_pack("{s:i, s:b}", "auth", making->has_secret ? 1 : 0, "refused", 1), reason);
}

/* Who has closed it stands in the reason alone: what a socket says is the device, all other words are the server's. */
static bool is_by_device(const struct making *making, const char *reason)
{
    static const char *const words[] = {"closed by the other side", "read: ", "write: ", "TLS ",
                                        "a new connection of the same device"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (text_starts_with(reason, words[i])) {
            return true;
        }
    }
    if (strcmp(reason, "the broker closed it") != 0) {
        return false;
    }
    return making->goodbye || link_fault_near(making, current(making)->at, "blackhole", LIMIT_FAULT_MS) == NULL;
}

/*
 * "cut, after 10 frames": the last of them may have been a message of the device that never came to its end, and so is
 * in no journal. Another one takes its place, or the fault would wait for it.
 */
static void make_up_lost(struct making *making)
{
    const json_t *fault = link_fault_near(making, current(making)->at, "cut", 0);
    const char *after = strstr(json_text_of(fault, "detail"), "after ");
    if (after == NULL || strtoll(after + strlen("after "), NULL, 10) != making->frames + 1) {
        return;
    }
    append(making, "send",
           json_pack("{s:s, s:i, s:s}", "command", command_name(COMMAND_TRANSPARENT_UP), "qos", 2, "payload", ""),
           "stands for a message that was lost with the link: what it said is not known");
}

static void take_disconnect(struct making *making, const json_t *entry)
{
    const char *reason = json_text_of(entry, "reason");
    if (!making->connected) {
        return;
    }
    if (strcmp(reason, "a fault cut it") == 0) {
        make_up_lost(making);
    }
    making->connected = false;
    if (is_by_device(making, reason)) {
        wait_for(making, current(making)->at);
        append(making, "disconnect", json_string(making->goodbye ? "goodbye" : "close"), reason);
    } else {
        making->last_ms = current(making)->at;
        append(making, "closed", json_object(), reason);
    }
}

/* --- downloads ---------------------------------------------------------------------------------------------------- */

/* The status of a 0x0114 of the device; 0: it is none. */
static int32_t status_of(const json_t *entry)
{
    struct ota_status_message message;
    uint8_t bytes[2048];
    uint8_t scratch[2048];
    size_t length = 0;
    struct frame frame;
    bool known = is_kind(entry, "frame") && strcmp(json_text_of(entry, "command"), "otaStatus") == 0 &&
                 hex_decode(json_text_of(entry, "clear"), bytes, sizeof bytes, &length) == OK &&
                 frame_decode(bytes, length, scratch, &frame) == OK &&
                 ota_status_decode(frame.payload, frame.payload_length, &message) == OK;
    return known ? message.status : 0;
}

enum taking { TOOK_IT, LEFT_IT, SAYS_NOTHING };

/*
 * What the device said of the download that begins at `from`: 8, or 6 and 12. Its 4 may come behind the request: the
 * request is seen at once, a message when it is committed.
 */
static enum taking word_about(const struct making *making, size_t from)
{
    for (size_t i = from + 1; i < making->count; i++) {
        const struct happening *next = &making->line[i];
        int32_t status = status_of(next->entry);
        if (status == OTA_STATUS_DOWNLOADED) {
            return TOOK_IT;
        }
        if (status == OTA_STATUS_DOWNLOAD_ERROR || status == OTA_STATUS_UPDATE_ERROR) {
            return LEFT_IT;
        }
        if (is_kind(next->entry, "firmware") && !next->is_end) {
            break;
        }
    }
    return SAYS_NOTHING;
}

/*
 * What the server sent as a whole and the device left all the same (it lost its power, it cannot read such a header) may
 * end either way.
 */
static void end_download(struct making *making)
{
    const size_t place = making->open - 1;
    const json_t *entry = making->line[place].entry;
    json_t *code = json_object_get(entry, "status");
    enum taking taking = word_about(making, place);
    bool sent = strcmp(json_text_of(entry, "ended"), "complete") == 0 && json_integer_value(code) < REDIRECTION;
    json_t *value = json_object();
    making->open = 0;
    if (taking == TOOK_IT) {
        (void)json_object_set(value, "status", code);
        (void)json_object_set_new(value, "complete", json_true());
        (void)json_object_set(value, "bytes", json_object_get(entry, "bytes"));
    } else if (json_integer_value(code) >= REDIRECTION) {
        (void)json_object_set(value, "status", code);
        (void)json_object_set_new(value, "complete", json_false());
    } else if (!sent) {
        (void)json_object_set_new(value, "complete", json_false());
    }
    append(making, "downloaded", value, json_text_of(entry, "ended"));
}

static int64_t end_of_open(const struct making *making)
{
    const struct happening *begin = &making->line[making->open - 1];
    return begin->at + json_integer_value(json_object_get(begin->entry, "durationMs"));
}

/* The index of the file in the latest firmware information before; 0 when there is but one. */
static json_int_t file_index(const struct making *making, const char *target)
{
    for (size_t i = making->at; i > 0; i--) {
        const json_t *entry = making->line[i - 1].entry;
        const char *decoded = json_text_of(entry, "decoded");
        const char *found = strstr(decoded, target);
        if (strcmp(json_text_of(entry, "command"), "firmwareInfo") != 0) {
            continue;
        }
        json_int_t index = -1;
        for (const char *at = decoded; found != NULL && at != NULL && at <= found; index++) {
            at = strstr(at, "/firmware/");
            at = at == NULL ? NULL : at + 1;
        }
        return index > 0 ? index - 1 : 0;
    }
    return 0;
}

/* "bytes=0-4999" -> 5000; 0: of another form. */
static int64_t range_length(const char *range)
{
    unsigned long long first = 0;
    unsigned long long last = 0;
    return sscanf(range, "bytes=%llu-%llu", &first, &last) == 2 && last >= first ? (int64_t)(last - first + 1) : 0;
}

static void take_download(struct making *making, const json_t *entry)
{
    const char *range = json_text_of(entry, "range");
    if (strcmp(json_text_of(entry, "method"), "GET") != 0) {
        doubt(making->doubts, "A request for firmware was no GET; it is left out.");
        return;
    }
    if (making->open != 0 && end_of_open(making) <= current(making)->at + SETTLE_MS) {
        end_download(making);
    } /* else it goes on beside this one, unheeded (protocol.md, 10.4) */
    json_t *value = json_object();
    json_int_t file = file_index(making, json_text_of(entry, "target"));
    if (range[0] != '\0') {
        (void)json_object_set_new(value, "range", json_string(range));
    }
    if (file > 0) {
        (void)json_object_set_new(value, "file", json_integer(file));
    }
    if (strcmp(json_text_of(entry, "ended"), "clientClosed") == 0 && word_about(making, making->at) != TOOK_IT) {
        int64_t bytes = json_integer_value(json_object_get(entry, "bytes"));
        int64_t length = range_length(range);
        (void)json_object_set_new(value, "stopAfter", json_integer(length > 0 && bytes >= length ? length - 1 : bytes));
    }
    wait_for(making, current(making)->at);
    append(making, "download", value, "");
    making->open = making->at + 1;
}

/* --- frames ------------------------------------------------------------------------------------------------------- */

static const char *topic_kind_of(const json_t *entry)
{
    const char *last = strrchr(json_text_of(entry, "topic"), '/');
    return last == NULL ? "" : last + 1;
}

/* Bytes that are no frame go out as they came in. */
static json_t *raw_send(const json_t *entry)
{
    return json_pack("{s:s, s:O, s:O}", "topicKind", topic_kind_of(entry), "raw", json_object_get(entry, "raw"), "qos",
                     json_object_get(entry, "qos"));
}

static json_t *frame_send(const struct making *making, const json_t *entry, const struct frame *frame)
{
    CLEANUP(cleanup_free) char *hex = malloc(2 * frame->payload_length + 1);
    char command[16];
    if (hex == NULL) {
        return NULL;
    }
    hex_encode(frame->payload, frame->payload_length, hex);
    (void)snprintf(command, sizeof command, "0x%04x", frame->command);
    bool named = strcmp(command_name(frame->command), "unknown") != 0;
    json_t *value = json_pack("{s:s, s:O}", "command", named ? command_name(frame->command) : command, "qos",
                              json_object_get(entry, "qos"));
    if (strcmp(topic_kind_of(entry), command_topic_kind(frame->command)) != 0) {
        (void)json_object_set_new(value, "topicKind", json_string(topic_kind_of(entry)));
    }
    if (making->announced) {
        (void)json_object_set(value, "encrypted", json_object_get(entry, "encrypted"));
    }
    (void)json_object_set_new(value, "payload", json_string(hex));
    return value;
}

static void send_frame(struct making *making, const json_t *entry)
{
    const char *text = json_text_of(entry, "clear");
    size_t length = 0;
    CLEANUP(cleanup_free) uint8_t *bytes = malloc(strlen(text) + 1);
    CLEANUP(cleanup_free) uint8_t *scratch = malloc(strlen(text) + 1);
    struct frame frame;
    if (bytes == NULL || scratch == NULL) {
        making->status = E_NOMEM;
        return;
    }
    bool known = hex_decode(text, bytes, strlen(text) + 1, &length) == OK && length > 0;
    bool is_frame = known && frame_decode(bytes, length, scratch, &frame) == OK;
    if (known && !is_frame && link_fault_near(making, current(making)->at, "corruptFrame", 0) != NULL) {
        bytes[length - 1] ^= 1; /* what the fault did; it does it again */
        is_frame = frame_decode(bytes, length, scratch, &frame) == OK;
        if (!is_frame) {
            doubt(making->doubts, "A frame that a fault corrupted is repeated as it arrived, not as it was sent.");
        }
    }
    append(making, "send", is_frame ? frame_send(making, entry, &frame) : raw_send(entry),
           json_text_of(entry, "decoded"));
}

static void take_sent(struct making *making, const json_t *entry)
{
    int32_t status = status_of(entry);
    if (strcmp(json_text_of(entry, "verdict"), "duplicate") == 0) {
        return; /* the repeat of a PUBLISH comes by itself */
    }
    if (making->open != 0 &&
        (status == OTA_STATUS_DOWNLOADED || status == OTA_STATUS_DOWNLOAD_ERROR || status == OTA_STATUS_UPDATE_ERROR)) {
        if (end_of_open(making) <= current(making)->at + SETTLE_MS) {
            end_download(making);
        }
    }
    wait_for(making, current(making)->at);
    send_frame(making, entry);
}

/* What never reached the device is not awaited. */
static void take_received(struct making *making, const json_t *entry)
{
    int64_t at = current(making)->at;
    bool lost = strcmp(json_text_of(entry, "verdict"), "ok") != 0 ||
                link_fault_near(making, at, "dropFrame", 0) != NULL ||
                link_fault_near(making, at, "corruptFrame", 0) != NULL;
    if (lost) {
        return;
    }
    append(making, "await", json_pack("{s:s}", "command", json_text_of(entry, "command")), "");
    making->last_ms = at;
}

static void take(struct making *making)
{
    const struct happening *happening = current(making);
    const json_t *entry = happening->entry;
    if (happening->is_end) {
        if (making->open != 0 && making->line[making->open - 1].entry == entry) {
            end_download(making);
            making->last_ms = happening->at;
        }
    } else if (is_kind(entry, "connect")) {
        take_connect(making, entry);
    } else if (is_kind(entry, "refuse")) {
        take_refusal(making, entry);
    } else if (is_kind(entry, "warning")) {
        making->goodbye = making->goodbye || strcmp(json_text_of(entry, "rule"), "noDisconnect") == 0;
    } else if (is_kind(entry, "firmware")) {
        take_download(making, entry);
    } else if (!making->connected) {
        return;
    } else if (is_kind(entry, "disconnect")) {
        take_disconnect(making, entry);
    } else if (is_kind(entry, "frame")) {
        making->frames++;
        if (strcmp(json_text_of(entry, "direction"), "device") == 0) {
            take_sent(making, entry);
        } else {
            take_received(making, entry);
        }
    }
}

enum status moves_make(const json_t *entries, int64_t longest_wait_ms, json_t **moves, struct doubts *doubts)
{
    struct making making = {.longest_wait_ms = longest_wait_ms, .moves = json_array(), .doubts = doubts};
    enum status status = making.moves == NULL ? E_NOMEM : draw_line(&making, entries);
    making.status = status;
    while (making.status == OK && making.at < making.count) {
        take(&making);
        making.at++;
    }
    free(making.line);
    if (making.status == OK && json_array_size(making.moves) == 0) {
        making.status = E_NOT_FOUND;
    }
    if (making.status != OK) {
        json_decref(making.moves);
        return making.status;
    }
    *moves = making.moves;
    return OK;
}
