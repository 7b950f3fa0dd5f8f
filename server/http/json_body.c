#include "http/json_body.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum status json_body_parse(const void *bytes, size_t length, json_t **json, struct verdict *verdict)
{
    json_error_t error;
    json_t *parsed = json_loadb(length == 0 ? "" : bytes, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (parsed == NULL) {
        char detail[sizeof error.text + 64];
        (void)snprintf(detail, sizeof detail, "not JSON: line %d, column %d: %s", error.line, error.column, error.text);
        violation_add(&verdict->wrong, text_utf8_length(detail) < 0 ? "not JSON: not UTF-8" : detail, "%s", "");
        return E_FORMAT;
    }
    *json = parsed;
    return OK;
}

void pointer_append(char *pointer, size_t capacity, const char *name)
{
    size_t length = strlen(pointer);
    if (length + 1 < capacity) {
        pointer[length++] = '/';
    }
    /* a whole character or nothing: what is cut must stay UTF-8 */
    for (const char *p = name; *p != '\0';) {
        size_t bytes = 1;
        while (((unsigned char)p[bytes] & 0xC0U) == 0x80U) {
            bytes++;
        }
        const char *piece = *p == '~' ? "~0" : *p == '/' ? "~1" : p;
        size_t size = piece == p ? bytes : 2;
        if (size >= capacity - length) {
            break;
        }
        memcpy(pointer + length, piece, size);
        length += size;
        p += bytes;
    }
    pointer[length] = '\0';
}

/* Adds a violation whose pointer is this object's path and the member's name. */
static void add(const struct members *members, struct violations *violations, const char *name, const char *detail)
{
    char pointer[sizeof violations->items[0].pointer];
    (void)snprintf(pointer, sizeof pointer, "%s", members->path);
    pointer_append(pointer, sizeof pointer, name);
    violation_add(violations, detail, "%s", pointer);
}

void members_open(struct members *members, const json_t *object, const char *path, struct verdict *verdict)
{
    *members = (struct members){.object = json_is_object(object) ? object : NULL, .verdict = verdict};
    (void)snprintf(members->path, sizeof members->path, "%s", path);
    if (members->object == NULL) {
        violation_add(&verdict->wrong, "must be an object", "%s", path);
    }
}

void members_close(struct members *members)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)members->object, name, value)
    {
        bool known = false;
        for (size_t i = 0; i < members->asked_count && !known; i++) {
            known = strcmp(members->asked[i], name) == 0;
        }
        if (!known) {
            add(members, &members->verdict->wrong, name, "unknown member");
        }
    }
}

const json_t *members_any(struct members *members, const char *name)
{
    assert(members->asked_count < MEMBERS_MOST);
    members->asked[members->asked_count++] = name;
    const json_t *value = json_object_get(members->object, name);
    return json_is_null(value) ? NULL : value;
}

/* The member when it is there and of the type; else what is wrong with it is noted. */
static const json_t *typed(struct members *members, const char *name, enum member_need need, json_type type,
                           const char *wanted)
{
    const json_t *value = members_any(members, name);
    if (value != NULL && json_typeof(value) == type) {
        return value;
    }
    if (value != NULL || (need == MEMBER_REQUIRED && json_object_get(members->object, name) != NULL)) {
        add(members, &members->verdict->wrong, name, wanted);
    } else if (need == MEMBER_REQUIRED && members->object != NULL) {
        add(members, &members->verdict->broken, name, "is required");
    }
    return NULL;
}

bool members_text(struct members *members, const char *name, enum member_need need, char *target, size_t capacity)
{
    const char *text = json_string_value(typed(members, name, need, JSON_STRING, "must be a string"));
    if (text == NULL) {
        return false;
    }
    if (text_copy(target, capacity, text) != OK) {
        char detail[64];
        (void)snprintf(detail, sizeof detail, "is too long: at most %zu bytes", capacity - 1);
        add(members, &members->verdict->broken, name, detail);
        return false;
    }
    return true;
}

bool members_int(struct members *members, const char *name, enum member_need need, int64_t least, int64_t most,
                 int64_t *target)
{
    const json_t *value = typed(members, name, need, JSON_INTEGER, "must be an integer");
    if (value == NULL) {
        return false;
    }
    int64_t number = json_integer_value(value);
    if (number < least || number > most) {
        char detail[96];
        (void)snprintf(detail, sizeof detail, "must be %lld to %lld", (long long)least, (long long)most);
        add(members, &members->verdict->broken, name, detail);
        return false;
    }
    *target = number;
    return true;
}

bool members_number(struct members *members, const char *name, enum member_need need, double *target)
{
    const json_t *value = json_object_get(members->object, name);
    json_type type = json_is_integer(value) ? JSON_INTEGER : JSON_REAL;
    value = typed(members, name, need, type, "must be a number");
    if (value == NULL) {
        return false;
    }
    *target = json_number_value(value);
    return true;
}

bool members_bool(struct members *members, const char *name, enum member_need need, bool *target)
{
    const json_t *value = members_any(members, name);
    if (json_is_boolean(value)) {
        *target = json_is_true(value);
        return true;
    }
    if (value != NULL || (need == MEMBER_REQUIRED && json_object_get(members->object, name) != NULL)) {
        add(members, &members->verdict->wrong, name, "must be true or false");
    } else if (need == MEMBER_REQUIRED && members->object != NULL) {
        add(members, &members->verdict->broken, name, "is required");
    }
    return false;
}

const char *members_word(struct members *members, const char *name, enum member_need need)
{
    return json_string_value(typed(members, name, need, JSON_STRING, "must be a string"));
}

const json_t *members_array(struct members *members, const char *name, enum member_need need)
{
    return typed(members, name, need, JSON_ARRAY, "must be an array");
}

const json_t *members_object(struct members *members, const char *name, enum member_need need)
{
    return typed(members, name, need, JSON_OBJECT, "must be an object");
}

void members_break(struct members *members, const char *name, const char *detail)
{
    add(members, &members->verdict->broken, name, detail);
}
