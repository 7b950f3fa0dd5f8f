/*
 * The document of an export (domain/state.h) as JSON, both ways.
 *
 *   {"format": "mockdc-export", "version": 1, "exportedAt": "...",
 *    "products": [{"productKey", "productSecret", "name", "createdAt", "clock", "devices": [...], ... "faults": [...]}],
 *    "files": {"<sha256>": "<base64>", ...}}
 *
 * A fixture (fixture.h) has no "format": so the two are told apart.
 */
#ifndef HTTP_STATE_JSON_H
#define HTTP_STATE_JSON_H

#include <jansson.h>

#include "app/exchange.h"
#include "http/json_body.h"

#define STATE_FORMAT "mockdc-export"
enum { STATE_FORMAT_VERSION = 1 };

/* A row as an object. */
json_t *state_row_json(enum state_table_id id, const struct state_value *row);

/* An import as it was read; texts are the JSON's, which must stay as long. */
struct document {
    struct import import;
    const char *folder; /* of the files' contents, which are removed with the document */
};

/*
 * Reads a document that has a "format": everything that is wrong goes into the verdict. Contents are decoded into
 * `folder`, checked against their digests and removed from the JSON. Any thread. The statuses are those of the disk and of
 * memory. *document is yours.
 */
MUST_USE enum status document_read(json_t *json, const char *folder, struct verdict *verdict,
                                   struct document **document);
void document_destroy(struct document *document); /* NULL is allowed */

#endif
