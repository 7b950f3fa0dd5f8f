/*
 * GET and HEAD /firmware/{token}{extension}: the file, served by the connection's own thread (api.md; protocol.md, 10).
 *
 *   token unknown, other extension  404         If-None-Match has the ETag  304
 *   token ended                     410         Range                       206, 416 (If-Range: only with the same
 * ETag)
 *
 * The device finds the length by the text "Content-Length: " in this spelling; libmicrohttpd writes it so, and nothing
 * here is chunked or compressed. The ETag is the SHA-256, strong. HEAD ignores Range.
 */
#ifndef HTTP_FIRMWARE_H
#define HTTP_FIRMWARE_H

#include <microhttpd.h>
#include <stdbool.h>

#include "app/firmware_table.h"
#include "http/connection.h"
#include "http/faulty.h"
#include "http/mapping.h"
#include "http/progress.h"
#include "http/requests.h"

struct firmware {
    struct firmware_table *table; /* borrowed from app/ */
    struct mappings *mappings;
    struct progress_list *progress;
    struct requests *requests;
    struct faulty *faulty;
};

/*
 * Answers: `name` is what follows "/firmware/". `state` is the connection's; NULL: unknown. `last`: the client wants
 * the connection closed. (Problems name the instance "/firmware": a token is a secret.)
 */
enum MHD_Result firmware_respond(const struct firmware *firmware, struct MHD_Connection *connection, const char *name,
                                 bool head, bool last, struct connection *state);

/* The value of Content-Disposition for an uploaded name (RFC 6266, RFC 8187): no byte of the name can end the header.
 */
enum { DISPOSITION_TEXT = 64 + LIMIT_FILE_NAME + 3 * LIMIT_FILE_NAME };
void firmware_disposition(const char *name, char text[DISPOSITION_TEXT + 1]);

#endif
