#include "scenario/schema.h"

#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "cli/json.h"

enum { LIST_MOST = 360 };

struct check {
    const json_t *root;
    struct flaws *flaws;
};

static void check_value(const struct check *check, const json_t *schema, const json_t *value, const char *pointer);

/* A $ref with words beside it holds both; those of the reference are looked at here. */
static const json_t *resolve(const struct check *check, const json_t *schema)
{
    const char *reference = json_text_of(schema, "$ref");
    const char *prefix = "#/$defs/";
    return text_starts_with(reference, prefix)
               ? json_object_get(json_object_get(check->root, "$defs"), reference + strlen(prefix))
               : NULL;
}

static const char *type_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "object";
    case JSON_ARRAY:
        return "array";
    case JSON_STRING:
        return "string";
    case JSON_INTEGER:
        return "integer";
    case JSON_REAL:
        return "number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "boolean";
    default:
        return "null";
    }
}

/* The values of an array, or the names of an object, as "a, b, c". */
static void list_names(const json_t *names, char text[LIST_MOST])
{
    size_t used = 0;
    text[0] = '\0';
    if (json_is_object(names)) {
        const char *name = NULL;
        const json_t *ignored = NULL;
        json_object_foreach((json_t *)(uintptr_t)names, name, ignored)
        {
            used += used < LIST_MOST
                        ? (size_t)snprintf(text + used, LIST_MOST - used, "%s%s", used > 0 ? ", " : "", name)
                        : 0;
        }
        return;
    }
    size_t i = 0;
    const json_t *item = NULL;
    json_array_foreach(names, i, item)
    {
        CLEANUP(cleanup_free) char *other = json_is_string(item) ? NULL : json_dumps(item, JSON_ENCODE_ANY);
        const char *word = json_is_string(item) ? json_string_value(item) : other;
        used += used < LIST_MOST ? (size_t)snprintf(text + used, LIST_MOST - used, "%s%s", used > 0 ? ", " : "",
                                                    word != NULL ? word : "?")
                                 : 0;
    }
}

/* --- single values ---------------------------------------------------------------------------------------------- */

static bool is_type(const json_t *value, const char *type)
{
    return strcmp(type_of(value), type) == 0 || (strcmp(type, "number") == 0 && json_is_integer(value));
}

static bool check_type(const struct check *check, const json_t *schema, const json_t *value, const char *pointer)
{
    const json_t *type = json_object_get(schema, "type");
    if (type == NULL) {
        return true;
    }
    bool good = json_is_string(type) && is_type(value, json_string_value(type));
    size_t i = 0;
    const json_t *one = NULL;
    json_array_foreach(type, i, one)
    {
        good = good || is_type(value, json_string_value(one));
    }
    if (!good) {
        char wanted[LIST_MOST];
        CLEANUP(cleanup_json) json_t *list = json_is_array(type) ? NULL : json_pack("[O]", type);
        list_names(list != NULL ? list : type, wanted);
        flaws_add(check->flaws, pointer, "must be %s, is %s: %s", wanted, type_of(value),
                  json_text_of(schema, "description"));
    }
    return good;
}

static void check_words(const struct check *check, const json_t *schema, const json_t *value, const char *pointer)
{
    const json_t *constant = json_object_get(schema, "const");
    const json_t *words = json_object_get(schema, "enum");
    if (constant != NULL && !json_equal(constant, value)) {
        CLEANUP(cleanup_free) char *wanted = json_dumps(constant, JSON_ENCODE_ANY);
        flaws_add(check->flaws, pointer, "must be %s", wanted != NULL ? wanted : "?");
    }
    size_t i = 0;
    const json_t *word = NULL;
    json_array_foreach(words, i, word)
    {
        if (json_equal(word, value)) {
            return;
        }
    }
    if (words != NULL) {
        char wanted[LIST_MOST];
        list_names(words, wanted);
        flaws_add(check->flaws, pointer, "must be one of %s", wanted);
    }
}

static void check_number(const struct check *check, const json_t *schema, const json_t *value, const char *pointer)
{
    const json_t *least = json_object_get(schema, "minimum");
    const json_t *most = json_object_get(schema, "maximum");
    double number = json_number_value(value);
    if (json_is_number(value) &&
        ((least != NULL && number < json_number_value(least)) || (most != NULL && number > json_number_value(most)))) {
        char range[96];
        int used = least == NULL ? 0 : snprintf(range, sizeof range, "at least %.10g", json_number_value(least));
        if (most != NULL) {
            (void)snprintf(range + used, sizeof range - (size_t)used, "%sat most %.10g", used > 0 ? " and " : "",
                           json_number_value(most));
        }
        flaws_add(check->flaws, pointer, "must be %s: %s", range, json_text_of(schema, "description"));
    }
}

static bool matches(const char *pattern, const char *text)
{
    regex_t compiled;
    if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0) {
        return false;
    }
    bool good = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);
    return good;
}

static void check_text(const struct check *check, const json_t *schema, const json_t *value, const char *pointer)
{
    const char *text = json_string_value(value);
    if (text == NULL) {
        return;
    }
    long length = text_utf8_length(text);
    const json_t *least = json_object_get(schema, "minLength");
    const json_t *most = json_object_get(schema, "maxLength");
    const char *pattern = json_string_value(json_object_get(schema, "pattern"));
    if (least != NULL && length < json_integer_value(least)) {
        flaws_add(check->flaws, pointer, "must have at least %lld characters: %s", json_integer_value(least),
                  json_text_of(schema, "description"));
    }
    if (most != NULL && length > json_integer_value(most)) {
        flaws_add(check->flaws, pointer, "must have at most %lld characters: %s", json_integer_value(most),
                  json_text_of(schema, "description"));
    }
    if (pattern != NULL && !matches(pattern, text)) {
        flaws_add(check->flaws, pointer, "must match %s: %s", pattern, json_text_of(schema, "description"));
    }
}

static void check_array(const struct check *check, const json_t *schema, const json_t *value, const char *pointer)
{
    if (!json_is_array(value)) {
        return;
    }
    size_t count = json_array_size(value);
    const json_t *least = json_object_get(schema, "minItems");
    const json_t *most = json_object_get(schema, "maxItems");
    const json_t *items = json_object_get(schema, "items");
    if (least != NULL && (json_int_t)count < json_integer_value(least)) {
        flaws_add(check->flaws, pointer, "must have at least %lld items", json_integer_value(least));
    }
    if (most != NULL && (json_int_t)count > json_integer_value(most)) {
        flaws_add(check->flaws, pointer, "must have at most %lld items", json_integer_value(most));
        return;
    }
    for (size_t i = 0; items != NULL && i < count; i++) {
        char place[POINTER_MOST];
        pointer_extend_index(pointer, i, place);
        check_value(check, items, json_array_get(value, i), place);
    }
}

/* --- objects ---------------------------------------------------------------------------------------------------- */

/* How many letters differ when `a` and `b` are laid beside each other with one inserted, left out, changed or two
 * swapped at most: 0 or 1, else more. */
static bool is_near(const char *a, const char *b)
{
    size_t begin = 0;
    while (a[begin] != '\0' && a[begin] == b[begin]) {
        begin++;
    }
    size_t left_a = strlen(a + begin);
    size_t left_b = strlen(b + begin);
    while (left_a > 0 && left_b > 0 && a[begin + left_a - 1] == b[begin + left_b - 1]) {
        left_a--;
        left_b--;
    }
    return (left_a <= 1 && left_b <= 1) ||
           (left_a == 2 && left_b == 2 && a[begin] == b[begin + 1] && a[begin + 1] == b[begin]);
}

static void tell_unknown(const struct check *check, const json_t *known, const char *name, const char *pointer)
{
    char place[POINTER_MOST];
    char names[LIST_MOST];
    pointer_extend(pointer, name, place);
    list_names(known, names);
    const char *other = NULL;
    const json_t *ignored = NULL;
    json_object_foreach((json_t *)(uintptr_t)known, other, ignored)
    {
        if (is_near(name, other)) {
            flaws_add(check->flaws, place, "unknown member; is %s meant?", other);
            return;
        }
    }
    flaws_add(check->flaws, place, "unknown member; known here: %s", names[0] != '\0' ? names : "none");
}

static void check_required(const struct check *check, const json_t *names, const json_t *value, const char *pointer)
{
    size_t i = 0;
    const json_t *name = NULL;
    json_array_foreach(names, i, name)
    {
        if (json_object_get(value, json_string_value(name)) == NULL) {
            char place[POINTER_MOST];
            pointer_extend(pointer, json_string_value(name), place);
            flaws_add(check->flaws, place, "is required");
        }
    }
}

static void check_members(const struct check *check, const json_t *schema, const json_t *value, const char *pointer)
{
    const json_t *properties = json_object_get(schema, "properties");
    const json_t *others = json_object_get(schema, "additionalProperties");
    const json_t *names = json_object_get(schema, "propertyNames");
    const char *name = NULL;
    const json_t *member = NULL;
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        char place[POINTER_MOST];
        pointer_extend(pointer, name, place);
        const json_t *known = json_object_get(properties, name);
        if (known != NULL) {
            check_value(check, known, member, place);
        } else if (json_is_false(others)) {
            tell_unknown(check, properties, name, pointer);
        } else if (json_is_object(others)) {
            check_value(check, others, member, place);
        }
        if (names != NULL) {
            CLEANUP(cleanup_json) json_t *text = json_string(name);
            check_value(check, names, text, place);
        }
    }
}

static void check_object(const struct check *check, const json_t *schema, const json_t *value, const char *pointer)
{
    if (!json_is_object(value)) {
        return;
    }
    size_t count = json_object_size(value);
    const json_t *least = json_object_get(schema, "minProperties");
    const json_t *most = json_object_get(schema, "maxProperties");
    char names[LIST_MOST];
    list_names(json_object_get(schema, "properties"), names);
    check_required(check, json_object_get(schema, "required"), value, pointer);
    const char *name = NULL;
    const json_t *needed = NULL;
    json_object_foreach(json_object_get(schema, "dependentRequired"), name, needed)
    {
        check_required(check, json_object_get(value, name) != NULL ? needed : NULL, value, pointer);
    }
    if (least != NULL && (json_int_t)count < json_integer_value(least)) {
        flaws_add(check->flaws, pointer, "must have at least %lld of the members %s", json_integer_value(least), names);
    }
    if (most != NULL && (json_int_t)count > json_integer_value(most)) {
        flaws_add(check->flaws, pointer, "must have at most %lld of the members %s", json_integer_value(most), names);
    }
    check_members(check, schema, value, pointer);
}

/* --- oneOf ------------------------------------------------------------------------------------------------------ */

/* The member that is a constant in every branch; NULL: there is none. */
static const char *deciding_member(const struct check *check, const json_t *branches)
{
    const json_t *first = json_array_get(branches, 0);
    const json_t *resolved = resolve(check, first);
    const char *name = NULL;
    const json_t *ignored = NULL;
    json_object_foreach(json_object_get(resolved != NULL ? resolved : first, "properties"), name, ignored)
    {
        bool everywhere = true;
        size_t i = 0;
        const json_t *branch = NULL;
        json_array_foreach(branches, i, branch)
        {
            const json_t *properties = json_object_get(branch, "properties");
            everywhere = everywhere && json_object_get(json_object_get(properties, name), "const") != NULL;
        }
        if (everywhere) {
            return name;
        }
    }
    return NULL;
}

/* Of the members that the branch requires, those that `value` has; the others are appended to `missing`. */
static size_t count_required(const json_t *branch, const json_t *value, json_t *missing)
{
    size_t count = 0;
    size_t i = 0;
    json_t *name = NULL;
    json_array_foreach(json_object_get(branch, "required"), i, name)
    {
        if (json_object_get(value, json_string_value(name)) != NULL) {
            count++;
        } else {
            (void)json_array_append(missing, name);
        }
    }
    return count;
}

/*
 * The branch of which `value` has most of the members that it requires. *missing gets what it lacks of the likeliest
 * ones, when there are several: then nobody knows which was meant.
 */
static const json_t *likeliest(const json_t *branches, const json_t *value, json_t *missing)
{
    const json_t *best = json_array_get(branches, 0);
    size_t best_count = 0;
    size_t as_good = 0;
    bool is_complete = false;
    size_t i = 0;
    const json_t *branch = NULL;
    json_array_foreach(branches, i, branch)
    {
        CLEANUP(cleanup_json) json_t *lacks = json_array();
        size_t count = count_required(branch, value, lacks);
        bool complete = json_array_size(lacks) == 0;
        if (i == 0 || count > best_count || (count == best_count && complete && !is_complete)) {
            best = branch;
            best_count = count;
            is_complete = complete;
            as_good = 0;
            (void)json_array_clear(missing);
        }
        if (count == best_count && complete == is_complete) {
            as_good++;
            (void)json_array_extend(missing, lacks);
        }
    }
    if (as_good == 1) {
        (void)json_array_clear(missing);
    }
    return best;
}

/* Without a member that decides: by what is there. */
static void check_likeliest(const struct check *check, const json_t *branches, const json_t *value, const char *pointer)
{
    CLEANUP(cleanup_json) json_t *missing = json_array();
    const json_t *branch = likeliest(branches, value, missing);
    if (json_is_object(value) && json_array_size(missing) > 0) {
        char names[LIST_MOST];
        list_names(missing, names);
        flaws_add(check->flaws, pointer, "needs one of %s", names);
    } else {
        check_value(check, branch, value, pointer);
    }
}

static void check_branches(const struct check *check, const json_t *branches, const json_t *value, const char *pointer)
{
    const char *name = deciding_member(check, branches);
    if (!json_is_object(value) || name == NULL) {
        check_likeliest(check, branches, value, pointer);
        return;
    }
    char place[POINTER_MOST];
    char wanted[LIST_MOST];
    CLEANUP(cleanup_json) json_t *constants = json_array();
    pointer_extend(pointer, name, place);
    size_t i = 0;
    const json_t *branch = NULL;
    json_array_foreach(branches, i, branch)
    {
        json_t *constant = json_object_get(json_object_get(json_object_get(branch, "properties"), name), "const");
        if (json_equal(constant, json_object_get(value, name))) {
            check_value(check, branch, value, pointer);
            return;
        }
        (void)json_array_append(constants, constant);
    }
    list_names(constants, wanted);
    flaws_add(check->flaws, place, "%s one of %s",
              json_object_get(value, name) != NULL ? "must be" : "is required:", wanted);
}

static void check_value(const struct check *check, const json_t *schema, const json_t *value, const char *pointer)
{
    const json_t *referenced = resolve(check, schema);
    const json_t *branches = json_object_get(schema, "oneOf");
    if (referenced != NULL) {
        check_value(check, referenced, value, pointer);
    }
    if (!check_type(check, schema, value, pointer)) {
        return;
    }
    check_words(check, schema, value, pointer);
    check_number(check, schema, value, pointer);
    check_text(check, schema, value, pointer);
    check_array(check, schema, value, pointer);
    check_object(check, schema, value, pointer);
    if (branches != NULL) {
        check_branches(check, branches, value, pointer);
    }
}

void schema_check(const json_t *schema, const json_t *value, const char *pointer, struct flaws *flaws)
{
    const struct check check = {schema, flaws};
    check_value(&check, schema, value, pointer);
}

/* --- the schema itself ------------------------------------------------------------------------------------------ */

static bool is_word_of(const char *const *words, const char *word)
{
    while (*words != NULL && strcmp(*words, word) != 0) {
        words++;
    }
    return *words != NULL;
}

enum status schema_is_known(const json_t *schema, struct error *error)
{
    static const char *const plain[] = {
        "$schema",   "$id",       "$ref",     "title",         "description",   "examples",          "type",
        "const",     "enum",      "required", "minItems",      "maxItems",      "minimum",           "maximum",
        "minLength", "maxLength", "pattern",  "minProperties", "maxProperties", "dependentRequired", NULL};
    static const char *const one[] = {"items", "propertyNames", "additionalProperties", NULL};
    static const char *const many[] = {"properties", "$defs", "oneOf", NULL};
    enum status status = OK;
    const char *word = NULL;
    const json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)schema, word, value)
    {
        if (is_word_of(one, word)) {
            status = json_is_object(value) ? schema_is_known(value, error) : OK;
        } else if (is_word_of(many, word)) {
            const char *name = NULL;
            const json_t *part = NULL;
            size_t i = 0;
            json_object_foreach((json_t *)(uintptr_t)value, name, part)
            {
                status = status == OK ? schema_is_known(part, error) : status;
            }
            json_array_foreach(value, i, part)
            {
                status = status == OK ? schema_is_known(part, error) : status;
            }
        } else if (!is_word_of(plain, word)) {
            status = error_set(error, E_FORMAT, "schema", "'%s' is a word that the checker does not know", word);
        }
        if (status != OK) {
            return status;
        }
    }
    return OK;
}
