/* A script as JSON. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "codec/frame.h"
#include "fleet/script.h"

enum { KEEP_ALIVE_STANDARD = 120, POINTER = 64 };

/* One move while it is read: `body` is the value of its one action. */
struct reading {
    struct violations *wrong;
    const json_t *body;
    char place[POINTER]; /* "/3/send" */
};

static void break_member(const struct reading *reading, const char *member, const char *detail)
{
    violation_add(reading->wrong, detail, member[0] == '\0' ? "%s%s" : "%s/%s", reading->place, member);
}

/* True: *value is the member's. A member that is absent stays what it is; one of another type is a violation. */
static bool read_number(const struct reading *reading, const char *name, int64_t least, int64_t most, int64_t *value)
{
    const json_t *member = json_object_get(reading->body, name);
    char detail[80];
    if (member == NULL) {
        return false;
    }
    if (!json_is_integer(member) || json_integer_value(member) < least || json_integer_value(member) > most) {
        (void)snprintf(detail, sizeof detail, "must be a whole number from %" PRId64 " to %" PRId64, least, most);
        break_member(reading, name, detail);
        return false;
    }
    *value = json_integer_value(member);
    return true;
}

static bool read_flag(const struct reading *reading, const char *name, bool *value)
{
    const json_t *member = json_object_get(reading->body, name);
    if (member == NULL) {
        return false;
    }
    if (!json_is_boolean(member)) {
        break_member(reading, name, "must be true or false");
        return false;
    }
    *value = json_is_true(member);
    return true;
}

/* Borrowed; NULL: absent, or no text. */
static const char *read_text(const struct reading *reading, const char *name, bool needed)
{
    const json_t *member = json_object_get(reading->body, name);
    if (member == NULL) {
        if (needed) {
            break_member(reading, name, "is needed");
        }
        return NULL;
    }
    if (!json_is_string(member)) {
        break_member(reading, name, "must be a text");
    }
    return json_string_value(member);
}

static void check_members(const struct reading *reading, const char *known)
{
    const char *name = NULL;
    json_t *member = NULL;
    json_object_foreach((json_t *)reading->body, name, member)
    {
        char word[40];
        (void)snprintf(word, sizeof word, " %s ", name);
        if (strstr(known, word) == NULL) {
            char cut[POINTER];
            text_copy_cut(cut, sizeof cut, name);
            break_member(reading, cut, "is no member of this move");
        }
    }
}

static void read_connect(const struct reading *reading, struct script_move *move)
{
    int64_t auth = 0;
    int64_t keep_alive = KEEP_ALIVE_STANDARD;
    check_members(reading, " auth encrypt keepAlive refused within ");
    (void)read_number(reading, "auth", 0, 1, &auth);
    (void)read_number(reading, "keepAlive", 1, UINT16_MAX, &keep_alive);
    (void)read_flag(reading, "encrypt", &move->announces);
    (void)read_flag(reading, "refused", &move->refused);
    move->auth = (int)auth;
    move->keep_alive_s = (unsigned)keep_alive;
}

static void read_command(const struct reading *reading, bool needed, struct script_move *move)
{
    const char *text = read_text(reading, "command", needed);
    if (text != NULL && command_parse(text, &move->command) != OK) {
        break_member(reading, "command", "must be a command's name, as otaStatus, or 0x and four hexadecimal digits");
    }
}

static enum status read_bytes(const struct reading *reading, const char *name, size_t most, struct script_move *move)
{
    const char *text = json_string_value(json_object_get(reading->body, name));
    size_t digits = text != NULL ? strlen(text) : 0;
    if (text == NULL) {
        break_member(reading, name, "must be a text of hexadecimal digits");
        return OK;
    }
    move->bytes = malloc(digits / 2 + 1);
    if (move->bytes == NULL) {
        return E_NOMEM;
    }
    if (digits / 2 > most || hex_decode(text, move->bytes, digits / 2, &move->length) != OK) {
        break_member(reading, name, "must be an even number of hexadecimal digits, no more than fit a message");
    }
    return OK;
}

static enum status read_send(const struct reading *reading, struct script_move *move)
{
    int64_t qos = 1;
    bool encrypted = false;
    check_members(reading, " command qos payload raw topicKind encrypted within ");
    move->is_raw = json_object_get(reading->body, "raw") != NULL;
    (void)read_number(reading, "qos", 0, 2, &qos);
    move->qos = (int)qos;
    if (read_flag(reading, "encrypted", &encrypted)) {
        move->cipher = encrypted ? SCRIPT_ENCRYPTED : SCRIPT_CLEAR;
    }
    read_command(reading, !move->is_raw, move);
    const char *kind = read_text(reading, "topicKind", move->is_raw);
    text_copy_cut(move->topic_kind, sizeof move->topic_kind, command_topic_kind(move->command));
    if (kind != NULL) {
        text_copy_cut(move->topic_kind, sizeof move->topic_kind, kind);
        if (!text_is_word(kind, 1, SCRIPT_TOPIC_KIND, "-_")) {
            break_member(reading, "topicKind", "must be 1 to 16 letters and digits");
        }
    }
    if (!move->is_raw) {
        return read_bytes(reading, "payload", LIMIT_FRAME_PAYLOAD, move);
    }
    static const char *const others[] = {"command", "payload", "encrypted"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (json_object_get(reading->body, others[i]) != NULL) {
            break_member(reading, others[i], "does not go with raw: those bytes are sent as they are");
        }
    }
    return read_bytes(reading, "raw", LIMIT_FRAME_ESCAPED, move);
}

static void read_download(const struct reading *reading, struct script_move *move)
{
    int64_t file = 0;
    check_members(reading, " range file stopAfter ");
    move->stop_after = -1;
    const char *range = read_text(reading, "range", false);
    if (range != NULL) {
        text_copy_cut(move->range, sizeof move->range, range);
        if (range[0] == '\0' || strlen(range) > SCRIPT_RANGE || strpbrk(range, "\r\n") != NULL) {
            break_member(reading, "range", "must be the value of a Range header, as bytes=0-4999");
        }
    }
    (void)read_number(reading, "file", 0, LIMIT_PACKAGE_FILES - 1, &file);
    (void)read_number(reading, "stopAfter", 0, LIMIT_FILE, &move->stop_after);
    move->file = (size_t)file;
}

static void read_downloaded(const struct reading *reading, struct script_move *move)
{
    int64_t status = 0;
    check_members(reading, " status complete bytes within ");
    bool complete = false;
    move->expected_bytes = -1;
    (void)read_number(reading, "status", 100, 999, &status);
    if (read_flag(reading, "complete", &complete)) {
        move->ended = complete ? SCRIPT_COMPLETE : SCRIPT_BROKEN;
    }
    (void)read_number(reading, "bytes", 0, LIMIT_FILE, &move->expected_bytes);
    move->status = (int)status;
}

static void read_disconnect(const struct reading *reading, const json_t *value, struct script_move *move)
{
    const char *how = json_string_value(value);
    move->says_goodbye = how != NULL && strcmp(how, "goodbye") == 0;
    if (how == NULL || (!move->says_goodbye && strcmp(how, "close") != 0)) {
        break_member(reading, "", "must be close or goodbye");
    }
}

static void read_wait(const struct reading *reading, const json_t *value, struct script_move *move)
{
    move->wait_ms = json_integer_value(value);
    if (!json_is_integer(value) || move->wait_ms < 0 || move->wait_ms > LIMIT_SCRIPT_MS) {
        break_member(reading, "", "must be a whole number of milliseconds, at most a day");
    }
}

static enum status read_action(const struct reading *reading, const json_t *value, struct script_move *move)
{
    move->within_ms = LIMIT_SCRIPT_WITHIN_MS;
    if (move->kind == SCRIPT_WAIT) {
        read_wait(reading, value, move);
        return OK;
    }
    if (move->kind == SCRIPT_DISCONNECT) {
        read_disconnect(reading, value, move);
        return OK;
    }
    if (!json_is_object(value)) {
        break_member(reading, "", "must be an object");
        return OK;
    }
    if (move->kind != SCRIPT_DOWNLOAD) {
        (void)read_number(reading, "within", 1, LIMIT_SCRIPT_MS, &move->within_ms);
    }
    switch (move->kind) {
    case SCRIPT_CONNECT:
        read_connect(reading, move);
        return OK;
    case SCRIPT_SEND:
        return read_send(reading, move);
    case SCRIPT_AWAIT:
        check_members(reading, " command within ");
        read_command(reading, true, move);
        return OK;
    case SCRIPT_DOWNLOAD:
        read_download(reading, move);
        return OK;
    case SCRIPT_DOWNLOADED:
        read_downloaded(reading, move);
        return OK;
    default:
        check_members(reading, " within ");
        return OK;
    }
}

/* The one action of a move; false: there is none, more, or an unknown one, which was said. */
static bool find_action(const json_t *object, size_t index, struct violations *wrong, struct script_move *move,
                        const json_t **value)
{
    const char *name = NULL;
    json_t *member = NULL;
    size_t actions = 0;
    json_object_foreach((json_t *)object, name, member)
    {
        int kind = 0;
        while (kind < SCRIPT_KIND_COUNT && strcmp(script_kind_name((enum script_kind)kind), name) != 0) {
            kind++;
        }
        if (kind < SCRIPT_KIND_COUNT) {
            move->kind = (enum script_kind)kind;
            *value = member;
            actions++;
        } else if (strcmp(name, "about") != 0) {
            char cut[POINTER];
            text_copy_cut(cut, sizeof cut, name);
            violation_add(wrong, "is no move", "/%zu/%s", index, cut);
            return false;
        } else if (!json_is_string(member)) {
            violation_add(wrong, "must be a text", "/%zu/about", index);
        }
    }
    if (actions != 1) {
        violation_add(wrong,
                      "must be an object with one of connect, send, await, wait, download, downloaded, disconnect, "
                      "closed",
                      "/%zu", index);
    }
    return actions == 1;
}

enum status script_read(const struct json_t *array, struct script *script, struct violations *wrong)
{
    size_t count = json_array_size(array);
    *script = (struct script){0};
    if (!json_is_array(array) || count > LIMIT_SCRIPT_MOVES) {
        violation_add(wrong, "must be an array of at most 100000 moves", "%s", "");
        return E_FORMAT;
    }
    script->moves = calloc(count + 1, sizeof *script->moves);
    if (script->moves == NULL) {
        return E_NOMEM;
    }
    script->count = count;
    enum status status = OK;
    for (size_t i = 0; status == OK && i < count; i++) {
        const json_t *value = NULL;
        struct script_move *move = &script->moves[i];
        if (!find_action(json_array_get(array, i), i, wrong, move, &value)) {
            continue;
        }
        struct reading reading = {.wrong = wrong, .body = value};
        (void)snprintf(reading.place, sizeof reading.place, "/%zu/%s", i, script_kind_name(move->kind));
        status = read_action(&reading, value, move);
    }
    if (status == OK && wrong->count > 0) {
        status = E_FORMAT;
    }
    if (status != OK) {
        script_finish(script);
    }
    return status;
}

static void cleanup_json(json_t **json)
{
    json_decref(*json);
}

enum status script_read_file(const char *path, struct script *script, struct violations *wrong, struct error *error)
{
    struct stat about;
    json_error_t where;
    if (stat(path, &about) != 0) {
        return error_set(error, E_IO, "script", "cannot read %s: %s", path, strerror(errno));
    }
    if (about.st_size > LIMIT_SCRIPT_BYTES) {
        return error_set(error, E_LIMIT, "script", "%s has more than %d bytes", path, LIMIT_SCRIPT_BYTES);
    }
    CLEANUP(cleanup_json) json_t *array = json_load_file(path, JSON_REJECT_DUPLICATES, &where);
    if (array == NULL) {
        return error_set(error, E_FORMAT, "script", "%s, line %d: %s", path, where.line, where.text);
    }
    enum status status = script_read(array, script, wrong);
    if (status == E_FORMAT) {
        return error_set(error, status, "script", "%s is no script: %zu of its members %s wrong", path, wrong->count,
                         wrong->count == 1 ? "is" : "are");
    }
    return status == OK ? OK : error_set(error, status, "script", "%s: %s", path, status_text(status));
}
