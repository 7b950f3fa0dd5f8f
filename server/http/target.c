#include "http/target.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

/* Where the next decoded text goes. */
struct writer {
    char *next;
    const char *end;
};

/* Decodes [text, end) into the storage as one zero-terminated string. */
static enum status decode(struct writer *writer, const char *text, const char *end, bool plus_is_space,
                          const char **out)
{
    char *start = writer->next;
    for (const char *p = text; p < end; p++) {
        uint8_t byte = (uint8_t)*p;
        if (*p == '%') {
            char digits[3] = {0};
            size_t count = 0;
            if (end - p < 3) {
                return E_FORMAT;
            }
            memcpy(digits, p + 1, 2);
            if (hex_decode(digits, &byte, 1, &count) != OK || byte == 0) {
                return E_FORMAT;
            }
            p += 2;
        } else if (*p == '+' && plus_is_space) {
            byte = ' ';
        }
        if (writer->end - writer->next < 2) {
            return E_LIMIT;
        }
        *writer->next++ = (char)byte;
    }
    *writer->next++ = '\0';
    *out = start;
    return text_utf8_length(start) < 0 ? E_FORMAT : OK;
}

static enum status parse_path(struct target *target, struct writer *writer, const char *path, const char *end)
{
    while (path < end) {
        path++; /* the '/' */
        const char *stop = memchr(path, '/', (size_t)(end - path));
        if (stop == NULL) {
            stop = end;
        }
        if (target->segment_count == TARGET_SEGMENTS) {
            return E_LIMIT;
        }
        enum status status = decode(writer, path, stop, false, &target->segments[target->segment_count++]);
        if (status != OK) {
            return status;
        }
        path = stop;
    }
    return OK;
}

static enum status parse_query(struct target *target, struct writer *writer, const char *query)
{
    while (*query != '\0') {
        const char *end = query + strcspn(query, "&");
        const char *equals = memchr(query, '=', (size_t)(end - query));
        if (end > query) {
            if (target->parameter_count == TARGET_PARAMETERS) {
                return E_LIMIT;
            }
            size_t i = target->parameter_count++;
            const char *name_end = equals == NULL ? end : equals;
            enum status status = decode(writer, query, name_end, true, &target->parameters[i].name);
            if (status == OK) {
                status = decode(writer, equals == NULL ? end : equals + 1, end, true, &target->parameters[i].value);
            }
            if (status != OK) {
                return status;
            }
        }
        query = *end == '&' ? end + 1 : end;
    }
    return OK;
}

enum status target_parse(const char *text, struct target *target)
{
    if (text_starts_with(text, "http://") || text_starts_with(text, "https://")) {
        text = strchr(strchr(text, ':') + 3, '/');
    }
    if (text == NULL || text[0] != '/') {
        return E_FORMAT;
    }
    size_t path_length = strcspn(text, "?#");
    if (strlen(text) >= TARGET_TEXT) {
        return E_LIMIT;
    }
    *target = (struct target){0};
    memcpy(target->path, text, path_length);
    struct writer writer = {target->storage, target->storage + sizeof target->storage};
    enum status status = parse_path(target, &writer, text, text + path_length);
    if (status == OK && text[path_length] == '?') {
        status = parse_query(target, &writer, text + path_length + 1);
    }
    if (status != OK) { /* the last one of either has no text: nobody may look at them */
        target->segment_count = 0;
        target->parameter_count = 0;
    }
    return status;
}

const char *target_parameter(const struct target *target, const char *name)
{
    for (size_t i = 0; i < target->parameter_count; i++) {
        if (strcmp(target->parameters[i].name, name) == 0) {
            return target->parameters[i].value;
        }
    }
    return NULL;
}
