/*
 * multipart/form-data (RFC 7578) as a stream: bytes go in as they come, parts come out piece by piece.
 *
 *   --BOUNDARY CRLF
 *   Content-Disposition: form-data; name="file"; filename="fw.bin" CRLF      -> on_part("file", "fw.bin")
 *   CRLF
 *   ... bytes ...                                                            -> on_data, any number of times
 *   CRLF --BOUNDARY-- CRLF                                                   -> on_end
 *
 * The library's own MHD_PostProcessor is not used: its callback cannot tell an empty part from the first, empty piece
 * of one, and it needs a live connection.
 */
#ifndef HTTP_MULTIPART_H
#define HTTP_MULTIPART_H

#include <stddef.h>

#include "base/status.h"

enum { MULTIPART_BOUNDARY = 70, MULTIPART_HEADERS = 8192, MULTIPART_NAME = 255 };

struct multipart;

struct multipart_handlers {
    /* `file_name` NULL: the part is no file. Its last path component only. A status other than OK ends the reading. */
    enum status (*on_part)(void *context, const char *name, const char *file_name);
    enum status (*on_data)(void *context, const void *bytes, size_t count); /* count > 0 */
    enum status (*on_end)(void *context);
};

/*
 * `content_type`: the request's header. E_FORMAT: it is not multipart/form-data or has no usable boundary.
 * `handlers` is borrowed.
 */
MUST_USE enum status multipart_create(const char *content_type, const struct multipart_handlers *handlers,
                                      void *context, struct multipart **multipart);
void multipart_destroy(struct multipart *multipart);

/* E_FORMAT: malformed; E_LIMIT: the headers of a part, or a name in them, are too long; what a handler returned.
 * Sticks. */
MUST_USE enum status multipart_add(struct multipart *multipart, const void *bytes, size_t count);

/* Whether the closing boundary has come: E_TRUNCATED when not. */
MUST_USE enum status multipart_end(const struct multipart *multipart);

#endif
