#include "record/pretty.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum { LINE = 120, SHIFT = 2, MOVE_MEMBERS = 2, COMPACT = JSON_ENCODE_ANY | JSON_PRESERVE_ORDER };

static void append_spaces(struct buffer *text, int count)
{
    buffer_append_format(text, "%*s", count, "");
}

static void append_value(struct buffer *text, const json_t *value, int depth, size_t used);

static void append_members(struct buffer *text, const json_t *object, int depth)
{
    const char *between = "{\n";
    const char *name = NULL;
    json_t *member = NULL;
    json_object_foreach((json_t *)object, name, member)
    {
        json_t *key = json_string(name);
        CLEANUP(cleanup_free) char *quoted = json_dumps(key, JSON_ENCODE_ANY);
        json_decref(key);
        buffer_append_text(text, between);
        append_spaces(text, depth + SHIFT);
        buffer_append_format(text, "%s: ", quoted != NULL ? quoted : "\"\"");
        append_value(text, member, depth + SHIFT, (size_t)depth + strlen(name));
        between = ",\n";
    }
    buffer_append_text(text, "\n");
    append_spaces(text, depth);
    buffer_append_text(text, "}");
}

/* Items of a list of objects stand on a line each, however long. */
static void append_items(struct buffer *text, const json_t *array, int depth)
{
    size_t i = 0;
    json_t *item = NULL;
    json_array_foreach((json_t *)array, i, item)
    {
        buffer_append_text(text, i == 0 ? "[\n" : ",\n");
        append_spaces(text, depth + SHIFT);
        append_value(text, item, depth + SHIFT, (size_t)depth);
    }
    buffer_append_text(text, "\n");
    append_spaces(text, depth);
    buffer_append_text(text, "]");
}

/* An object whose members are texts, numbers, or objects of such: a move, a step. */
static bool is_flat(const json_t *value, int levels)
{
    const char *name = NULL;
    json_t *member = NULL;
    if (json_is_array(value)) {
        return false;
    }
    json_object_foreach((json_t *)value, name, member)
    {
        if (levels == 0 ? json_is_object(member) || json_is_array(member) : !is_flat(member, levels - 1)) {
            return false;
        }
    }
    return true;
}

static void append_value(struct buffer *text, const json_t *value, int depth, size_t used)
{
    CLEANUP(cleanup_free) char *line = json_dumps(value, COMPACT);
    if (line == NULL) {
        text->status = E_NOMEM;
        return;
    }
    bool scalar = !json_is_object(value) && !json_is_array(value);
    bool short_enough = used + strlen(line) <= LINE;
    bool is_move = json_is_object(value) && json_object_size(value) <= MOVE_MEMBERS && is_flat(value, 1);
    if (scalar || short_enough || is_move) {
        buffer_append_text(text, line);
    } else if (json_is_object(value)) {
        append_members(text, value, depth);
    } else {
        append_items(text, value, depth);
    }
}

void pretty_append(struct buffer *text, const json_t *value)
{
    append_value(text, value, 0, LINE);
    buffer_append_text(text, "\n");
}
