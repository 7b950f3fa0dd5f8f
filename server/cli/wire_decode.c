/* `mockdc wire decode HEX`. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/wire.h"
#include "cli/wire_message.h"
#include "cli/wire_vector.h"
#include "crypto/session_cipher.h"

enum { EXIT_DECODED = 0, EXIT_WRONG = 1, EXIT_USAGE = 2, JSON_INDENTATION = 2 };

static int fail(FILE *errors, int code, const char *text)
{
    (void)fprintf(errors, "mockdc wire decode: %s\n", text);
    return code;
}

/* Digits with blanks between them, as people paste them. */
static enum status read_hex(const char *text, struct bytes *bytes)
{
    size_t length = strlen(text);
    char *digits = malloc(length + 1);
    bytes->data = malloc(length / 2 + 1);
    enum status status = digits == NULL || bytes->data == NULL ? E_NOMEM : OK;
    if (status == OK) {
        size_t count = 0;
        for (size_t i = 0; i < length; i++) {
            if (!isspace((unsigned char)text[i])) {
                digits[count++] = text[i];
            }
        }
        digits[count] = '\0';
        status = hex_decode(digits, bytes->data, length / 2, &bytes->length);
    }
    free(digits);
    return status;
}

static json_t *hex_json(const uint8_t *bytes, size_t length)
{
    char *hex = malloc(2 * length + 1);
    if (hex == NULL) {
        return NULL;
    }
    hex_encode(bytes, length, hex);
    json_t *json = json_string(hex);
    free(hex);
    return json;
}

/* ------------------------------------------------------------------ TTLV */

static json_t *level_json(struct ttlv_level level);

static json_t *number_json(const struct ttlv_item *item)
{
    if (item->places > 0 || item->magnitude > INT64_MAX) {
        return json_real(ttlv_number_value(item));
    }
    return json_integer(item->negative ? -(json_int_t)item->magnitude : (json_int_t)item->magnitude);
}

static bool is_printable(const struct ttlv_item *item)
{
    for (size_t i = 0; i < item->length; i++) {
        if (item->bytes[i] < 0x20 || item->bytes[i] == 0x7F) {
            return false;
        }
    }
    return true;
}

static json_t *item_json(struct ttlv_level level, const struct ttlv_item *item)
{
    json_t *text = NULL;
    switch (item->type) {
    case TTLV_FALSE:
    case TTLV_TRUE:
        return json_pack("{s:i,s:s,s:b}", "id", item->id, "type", "bool", "value", item->type == TTLV_TRUE);
    case TTLV_NUMBER:
        return json_pack("{s:i,s:s,s:o}", "id", item->id, "type", item->places > 0 ? "decimal" : "int", "value",
                         number_json(item));
    case TTLV_BYTES:
        text = is_printable(item) ? json_stringn((const char *)item->bytes, item->length) : NULL;
        if (text != NULL) {
            return json_pack("{s:i,s:s,s:o}", "id", item->id, "type", "string", "value", text);
        }
        return json_pack("{s:i,s:s,s:o}", "id", item->id, "type", "bytes", "value",
                         hex_json(item->bytes, item->length));
    case TTLV_STRUCT:
        return json_pack("{s:i,s:s,s:o}", "id", item->id, "type", "struct", "value",
                         level_json(ttlv_children(level.document, item)));
    }
    return NULL;
}

static json_t *level_json(struct ttlv_level level)
{
    json_t *array = json_array();
    for (size_t i = level.first; i < level.end; i = level.document->items[i].next) {
        (void)json_array_append_new(array, item_json(level, &level.document->items[i]));
    }
    return array;
}

/* ------------------------------------------------------------------ frame */

/* The reason in words, in the order in which the device looks. */
static const char *why_no_frame(const struct bytes *bytes, enum status status)
{
    if (bytes->length < 2 || bytes->data[0] != 0xAA || bytes->data[1] != 0xAA) {
        return "no frame: it does not begin with AA AA";
    }
    if (status == E_TRUNCATED) {
        return "no frame: it is shorter than its length announces";
    }
    if (!frame_is_clear(bytes->data, bytes->length)) {
        return "no frame: its length is below 5 or its checksum is wrong";
    }
    return "no frame: its package id is 0000 or ffff";
}

static json_t *ids_json(const struct frame *frame)
{
    json_t *ids = json_array();
    for (size_t i = 0; i + 1 < frame->payload_length; i += 2) {
        (void)json_array_append_new(ids, json_integer(frame->payload[i] << 8 | frame->payload[i + 1]));
    }
    return ids;
}

/* What is inside: items and message, or the problem with them. */
static enum status add_content(json_t *json, const struct frame *frame)
{
    if (!message_is_ttlv(frame->command)) {
        bool is_data = frame->command == COMMAND_TRANSPARENT_DOWN || frame->command == COMMAND_TRANSPARENT_UP;
        if (!is_data) {
            (void)json_object_set_new(json, "ids", ids_json(frame));
        }
        return OK;
    }
    if (frame->payload_length == 0 && !message_is_known(frame->command)) {
        return OK;
    }
    CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
    enum status status = ttlv_parse(&document, frame->payload, frame->payload_length);
    if (status != OK) {
        (void)json_object_set_new(json, "problem", json_sprintf("the payload is no TTLV: %s", status_text(status)));
        return status;
    }
    (void)json_object_set_new(json, "ttlv", level_json(ttlv_top(&document)));
    json_t *message = NULL;
    if (message_is_known(frame->command)) {
        status = message_json(frame, &message);
        if (status != OK) {
            (void)json_object_set_new(json, "problem", json_sprintf("the message is refused: %s", status_text(status)));
            return status;
        }
        (void)json_object_set_new(json, "message", message);
    }
    return OK;
}

static int print_frame(const struct bytes *bytes, bool encrypted, FILE *out, FILE *errors)
{
    uint8_t *scratch = malloc(bytes->length + 1);
    struct frame frame;
    enum status status = scratch == NULL ? E_NOMEM : frame_decode(bytes->data, bytes->length, scratch, &frame);
    if (status != OK) {
        free(scratch);
        return fail(errors, EXIT_WRONG, why_no_frame(bytes, status));
    }
    char command[5];
    (void)snprintf(command, sizeof command, "%04x", frame.command);
    json_t *json =
        json_pack("{s:s,s:s,s:i,s:b,s:o}", "command", command, "name", command_name(frame.command), "packageId",
                  frame.package_id, "encrypted", encrypted, "payload", hex_json(frame.payload, frame.payload_length));
    status = add_content(json, &frame);
    (void)json_dumpf(json, out, JSON_INDENT(JSON_INDENTATION) | JSON_REAL_PRECISION(15));
    (void)fputc('\n', out);
    if (status != OK) {
        (void)fail(errors, EXIT_WRONG, json_string_value(json_object_get(json, "problem")));
    }
    json_decref(json);
    free(scratch);
    return status == OK ? EXIT_DECODED : EXIT_WRONG;
}

int wire_decode_text(const char *hex, const char *session_key_hex, FILE *out, FILE *errors)
{
    CLEANUP(cleanup_bytes) struct bytes bytes = {0};
    if (read_hex(hex, &bytes) != OK || bytes.length == 0) {
        return fail(errors, EXIT_WRONG, "the frame is not hexadecimal");
    }
    /* both kinds are mixed on one connection: clear if it is a frame as it stands (protocol.md, 5) */
    if (session_key_hex == NULL || frame_is_clear(bytes.data, bytes.length)) {
        return print_frame(&bytes, false, out, errors);
    }
    uint8_t key[SESSION_KEY];
    size_t key_length = 0;
    if (hex_decode(session_key_hex, key, sizeof key, &key_length) != OK || key_length != sizeof key) {
        return fail(errors, EXIT_USAGE, "the session key is not 32 hexadecimal digits");
    }
    CLEANUP(cleanup_buffer) struct buffer clear = {.limit = LIMIT_FRAME_ESCAPED};
    if (session_decrypt(key, bytes.data, bytes.length, &clear) != OK) {
        return fail(errors, EXIT_WRONG, "neither a clear frame nor encrypted with this session key");
    }
    struct bytes decrypted = {.data = clear.data, .length = clear.length};
    return print_frame(&decrypted, true, out, errors);
}
