#include "cli/wire_vector.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { SHOWN_BYTES = 24 };

static const struct {
    const char *kind;
    bool (*check)(struct vector *vector);
} kinds[] = {
    {"connect", check_connect},
    {"password", check_password},
    {"mqtt", check_mqtt},
    {"frame", check_frame},
    {"frame-encrypted", check_frame_encrypted},
    {"session-crypto", check_session_crypto},
    {"frame-acceptance", check_frame_acceptance},
    {"ttlv-encode", check_ttlv_encode},
    {"ttlv-decode", check_ttlv_decode},
    {"frame-encode", check_frame_encode},
    {"frame-decode", check_frame_decode},
    {"url", check_url},
    {"http", check_http},
};

bool vector_check(const json_t *file, const json_t *object, struct vector *vector)
{
    *vector = (struct vector){.file = file, .object = object};
    if (!json_is_object(object)) {
        return vector_fail(vector, "not a JSON object");
    }
    const char *kind = vector_text(vector, "kind");
    if (vector->failed) {
        return false;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].kind, kind) == 0) {
            bool passed = kinds[i].check(vector);
            return passed && !vector->failed;
        }
    }
    return vector_fail(vector, "unknown kind '%s'", kind);
}

bool vector_fail(struct vector *vector, const char *format, ...)
{
    if (!vector->failed) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(vector->reason, sizeof vector->reason, format, arguments);
        va_end(arguments);
        /* what was decoded may hold anything */
        for (char *c = vector->reason; *c != '\0'; c++) {
            *c = *c >= ' ' && *c < 0x7F ? *c : '?';
        }
        vector->failed = true;
    }
    return false;
}

/* ------------------------------------------------------------------ members */

static const json_t *member(const struct vector *vector, const char *name)
{
    return json_object_get(vector->object, name);
}

bool vector_has(const struct vector *vector, const char *name)
{
    const json_t *value = member(vector, name);
    return value != NULL && !json_is_null(value);
}

const char *vector_text(struct vector *vector, const char *name)
{
    const json_t *value = member(vector, name);
    if (!json_is_string(value)) {
        (void)vector_fail(vector, "member '%s' is %s", name, value == NULL ? "missing" : "no string");
        return "";
    }
    return json_string_value(value);
}

bool json_whole(const json_t *value, int64_t *number)
{
    if (json_is_integer(value)) {
        *number = json_integer_value(value);
        return true;
    }
    double real = json_is_real(value) ? json_real_value(value) : NAN;
    if (!(real >= -9223372036854775808.0 && real < 9223372036854775808.0) || (double)(int64_t)real != real) {
        return false;
    }
    *number = (int64_t)real;
    return true;
}

int64_t vector_int(struct vector *vector, const char *name)
{
    const json_t *value = member(vector, name);
    int64_t number = 0;
    if (!json_whole(value, &number)) {
        (void)vector_fail(vector, "member '%s' is %s", name, value == NULL ? "missing" : "no whole number");
    }
    return number;
}

bool vector_bool(struct vector *vector, const char *name)
{
    const json_t *value = member(vector, name);
    if (!json_is_boolean(value)) {
        return vector_fail(vector, "member '%s' is %s", name, value == NULL ? "missing" : "neither true nor false");
    }
    return json_is_true(value);
}

void cleanup_bytes(struct bytes *bytes)
{
    free(bytes->data);
}

bool vector_bytes(struct vector *vector, const char *name, struct bytes *bytes)
{
    const char *hex = vector_text(vector, name);
    size_t capacity = strlen(hex) / 2;
    uint8_t *data = malloc(capacity + 1);
    if (data == NULL) {
        return vector_fail(vector, "no memory");
    }
    free(bytes->data);
    *bytes = (struct bytes){.data = data};
    if (hex_decode(hex, data, capacity, &bytes->length) != OK) {
        return vector_fail(vector, "member '%s' is not hexadecimal", name);
    }
    return !vector->failed;
}

bool vector_test_client_id(struct vector *vector, char *client_id, size_t capacity)
{
    const json_t *device = json_object_get(vector->file, "testDevice");
    const char *product_key = json_string_value(json_object_get(device, "pk"));
    const char *device_key = json_string_value(json_object_get(device, "dk"));
    if (product_key == NULL || device_key == NULL) {
        return vector_fail(vector, "the file has no testDevice with pk and dk");
    }
    int length = snprintf(client_id, capacity, "qd%s%s", product_key, device_key);
    return (length >= 0 && (size_t)length < capacity) || vector_fail(vector, "the testDevice's keys are too long");
}

/* ------------------------------------------------------------------ comparisons */

bool vector_same_text(struct vector *vector, const char *what, const char *expected, const char *actual)
{
    return strcmp(expected, actual) == 0 ||
           vector_fail(vector, "%s: the file says '%.150s', mockdc '%.150s'", what, expected, actual);
}

bool vector_same_int(struct vector *vector, const char *what, int64_t expected, int64_t actual)
{
    return expected == actual ||
           vector_fail(vector, "%s: the file says %lld, mockdc %lld", what, (long long)expected, (long long)actual);
}

bool vector_same_bool(struct vector *vector, const char *what, bool expected, bool actual)
{
    return expected == actual || vector_fail(vector, "%s: the file says %s, mockdc %s", what,
                                             expected ? "true" : "false", actual ? "true" : "false");
}

/* The bytes from the first difference on, "(end)" where there are none. */
static const char *shown(const uint8_t *bytes, size_t length, size_t from, char text[2 * SHOWN_BYTES + 1])
{
    if (from >= length) {
        return "(end)";
    }
    size_t count = length - from < SHOWN_BYTES ? length - from : SHOWN_BYTES;
    hex_encode(bytes + from, count, text);
    return text;
}

bool vector_same_bytes(struct vector *vector, const char *what, const struct bytes *expected, const uint8_t *actual,
                       size_t length)
{
    size_t common = expected->length < length ? expected->length : length;
    size_t from = 0;
    while (from < common && expected->data[from] == actual[from]) {
        from++;
    }
    if (from == length && from == expected->length) {
        return true;
    }
    char theirs[2 * SHOWN_BYTES + 1];
    char ours[2 * SHOWN_BYTES + 1];
    return vector_fail(vector, "%s: from byte %zu on the file says %s, mockdc %s", what, from,
                       shown(expected->data, expected->length, from, theirs), shown(actual, length, from, ours));
}

bool vector_same_buffer(struct vector *vector, const char *what, const struct bytes *expected,
                        const struct buffer *actual)
{
    return vector_ok(vector, what, buffer_status(actual)) &&
           vector_same_bytes(vector, what, expected, actual->data, actual->length);
}

bool vector_ok(struct vector *vector, const char *what, enum status status)
{
    return status == OK || vector_fail(vector, "%s: %s", what, status_text(status));
}
