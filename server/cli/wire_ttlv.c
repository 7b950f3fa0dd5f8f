/* Kinds ttlv-encode and ttlv-decode. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/wire_vector.h"

static const char FLOAT_WORD[] = "float ";

/* "float 0.33333333333333331" names the double that the SDK wrote; the decoded value can not, after 15 places. */
static bool check_float(struct vector *vector, const struct ttlv_document *document, const struct bytes *bytes)
{
    const char *what = vector_has(vector, "what") ? vector_text(vector, "what") : "";
    if (!text_starts_with(what, FLOAT_WORD)) {
        return true;
    }
    char *end = NULL;
    const char *digits = what + strlen(FLOAT_WORD);
    double value = strtod(digits, &end);
    if (end == digits || *end != '\0') {
        return true;
    }
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = LIMIT_FRAME_PAYLOAD};
    ttlv_put_number(&out, document->items[0].id, value);
    return vector_same_buffer(vector, "the number, written", bytes, &out);
}

bool check_ttlv_encode(struct vector *vector)
{
    CLEANUP(cleanup_bytes) struct bytes bytes = {0};
    CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = LIMIT_FRAME_PAYLOAD};
    const json_t *tree = json_object_get(vector->object, "decoded");
    if (!vector_bytes(vector, "hex", &bytes) ||
        !vector_ok(vector, "hex", ttlv_parse(&document, bytes.data, bytes.length)) ||
        !vector_same_tree(vector, tree, &document, false)) {
        return false;
    }
    ttlv_put_document(&out, &document);
    return vector_same_buffer(vector, "TTLV, written again", &bytes, &out) &&
           vector_tree_writes(vector, tree, &document, &bytes) && check_float(vector, &document, &bytes);
}

/* The shortest form of what was read means the same. */
static bool check_rewritten(struct vector *vector, const json_t *tree, const struct ttlv_document *document)
{
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = LIMIT_FRAME_PAYLOAD};
    CLEANUP(cleanup_ttlv) struct ttlv_document again = {0};
    ttlv_put_document(&out, document);
    return vector_ok(vector, "TTLV, written again", buffer_status(&out)) &&
           vector_ok(vector, "TTLV, read again", ttlv_parse(&again, out.data, out.length)) &&
           vector_same_tree(vector, tree, &again, true);
}

bool check_ttlv_decode(struct vector *vector)
{
    CLEANUP(cleanup_bytes) struct bytes bytes = {0};
    CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
    if (!vector_bytes(vector, "hex", &bytes)) {
        return false;
    }
    enum status status = ttlv_parse(&document, bytes.data, bytes.length);
    const json_t *tree = json_object_get(vector->object, "decoded");
    return vector_same_bool(vector, "accepted", vector_bool(vector, "accepted"), status == OK) &&
           (status != OK ||
            (vector_same_tree(vector, tree, &document, true) && check_rewritten(vector, tree, &document)));
}
