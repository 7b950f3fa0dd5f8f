/* `mockdc wire check FILE`. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/wire.h"
#include "cli/wire_vector.h"

enum { EXIT_PASSED = 0, EXIT_FAILED = 1, EXIT_UNUSABLE = 2 };

static void cleanup_json(json_t **json)
{
    json_decref(*json);
}

static json_t *load_file(const char *path, FILE *errors)
{
    json_error_t error;
    json_t *file = json_load_file(path, JSON_ALLOW_NUL, &error);
    if (file == NULL && json_error_code(&error) == json_error_numeric_overflow) {
        /* a magnitude of 64 bits is beyond JSON's integers here */
        file = json_load_file(path, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
    }
    if (file == NULL && json_error_code(&error) == json_error_cannot_open_file) {
        (void)fprintf(errors, "mockdc wire check: cannot read %s: %s\n", path, strerror(errno));
    } else if (file == NULL) {
        (void)fprintf(errors, "mockdc wire check: %s is not JSON: line %d: %s\n", path, error.line, error.text);
    }
    return file;
}

static void name_vector(const json_t *object, size_t index, FILE *out)
{
    const char *id = json_string_value(json_object_get(object, "id"));
    const char *kind = json_string_value(json_object_get(object, "kind"));
    const char *what = json_string_value(json_object_get(object, "what"));
    if (id != NULL) {
        (void)fprintf(out, "FAIL %s", id);
    } else {
        (void)fprintf(out, "FAIL vector number %zu", index + 1);
    }
    (void)fprintf(out, " %s (%s)", kind == NULL ? "?" : kind, what == NULL ? "" : what);
}

int wire_check_file(const char *path, FILE *out, FILE *errors)
{
    CLEANUP(cleanup_json) json_t *file = load_file(path, errors);
    if (file == NULL) {
        return EXIT_UNUSABLE;
    }
    const json_t *vectors = json_object_get(file, "vectors");
    if (!json_is_array(vectors) || json_array_size(vectors) == 0) {
        (void)fprintf(errors, "mockdc wire check: %s is no vectors file: it has no list 'vectors'\n", path);
        return EXIT_UNUSABLE;
    }
    size_t count = json_array_size(vectors);
    size_t failures = 0;
    for (size_t i = 0; i < count; i++) {
        const json_t *object = json_array_get(vectors, i);
        struct vector vector;
        if (!vector_check(file, object, &vector)) {
            failures++;
            name_vector(object, i, out);
            (void)fprintf(out, ": %s\n", vector.failed ? vector.reason : "failed");
        }
    }
    (void)fprintf(out, "%zu vectors: %zu passed, %zu failed\n", count, count - failures, failures);
    return failures == 0 ? EXIT_PASSED : EXIT_FAILED;
}
