/*
 * One vector of a vectors file while it is checked. Inside cli only.
 *
 *   {"testDevice": {"pk", "ps", "dk"}, "vectors": [{"id": "v031", "kind": "frame", "what": "...", ...}, ...]}
 *
 * Members that are read are either required (vector_text() ...: missing or of another type is a failure) or, after
 * vector_has(), optional; members that are not known are passed over. The first failure is kept and makes the later
 * ones silent. All functions that compare or read return false after a failure, so that a check is one chain of &&.
 */
#ifndef CLI_WIRE_VECTOR_H
#define CLI_WIRE_VECTOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"
#include "codec/ttlv.h"

struct vector {
    const json_t *file;   /* the whole document */
    const json_t *object; /* this vector */
    bool failed;
    char reason[512];
};

/* Checks one vector of `file`; true when it passes, else the reason says why not. */
bool vector_check(const json_t *file, const json_t *object, struct vector *vector);

/* Keeps the reason; always false. */
bool vector_fail(struct vector *vector, const char *format, ...) PRINTF_LIKE(2, 3);

/* Whether the member is there and not null. */
bool vector_has(const struct vector *vector, const char *name);

/* "" after a failure; borrowed from the document. */
const char *vector_text(struct vector *vector, const char *name);
int64_t vector_int(struct vector *vector, const char *name);
bool vector_bool(struct vector *vector, const char *name);

/* A whole number of a JSON value, also one that is written or was read as a real. */
bool json_whole(const json_t *value, int64_t *number);

/* The bytes of hexadecimal text; data is never NULL. */
struct bytes {
    uint8_t *data;
    size_t length;
};
void cleanup_bytes(struct bytes *bytes);

bool vector_bytes(struct vector *vector, const char *name, struct bytes *bytes);

/* `what` names the thing in the reason. `expected` is the file's. */
bool vector_same_text(struct vector *vector, const char *what, const char *expected, const char *actual);
bool vector_same_int(struct vector *vector, const char *what, int64_t expected, int64_t actual);
bool vector_same_bool(struct vector *vector, const char *what, bool expected, bool actual);
bool vector_same_bytes(struct vector *vector, const char *what, const struct bytes *expected, const uint8_t *actual,
                       size_t length);

/* The same for a buffer that was just written. */
bool vector_same_buffer(struct vector *vector, const char *what, const struct bytes *expected,
                        const struct buffer *actual);

/* `status` is OK. */
bool vector_ok(struct vector *vector, const char *what, enum status status);

/* "qd" + pk + dk of the file's testDevice. */
bool vector_test_client_id(struct vector *vector, char *client_id, size_t capacity);

/* The [id, type, value] triples of `tree` against a parsed message; ints are cut to 32 bit first when `cut_ints`. */
bool vector_same_tree(struct vector *vector, const json_t *tree, const struct ttlv_document *document, bool cut_ints);

/* Writes the triples as a message and compares, unless a decimal of it is too long to be written from its text. */
bool vector_tree_writes(struct vector *vector, const json_t *tree, const struct ttlv_document *document,
                        const struct bytes *expected);

/* One function a kind. */
bool check_connect(struct vector *vector);
bool check_password(struct vector *vector);
bool check_mqtt(struct vector *vector);
bool check_frame(struct vector *vector);
bool check_frame_encrypted(struct vector *vector);
bool check_session_crypto(struct vector *vector);
bool check_frame_acceptance(struct vector *vector);
bool check_ttlv_encode(struct vector *vector);
bool check_ttlv_decode(struct vector *vector);
bool check_frame_encode(struct vector *vector);
bool check_frame_decode(struct vector *vector);
bool check_url(struct vector *vector);
bool check_http(struct vector *vector);

#endif
