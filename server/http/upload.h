/*
 * The body of POST /packages: the part `package` is kept in memory, each part `file` streams to a temporary file while
 * it is hashed.
 *
 *   bytes --> multipart --> package   JSON text, at most UPLOAD_PACKAGE_MOST bytes
 *                      \--> file ...  app_upload_dir()/<token>, MD5, SHA-256, CRC-32, size
 *
 * The limits hold while it streams: the sixth file is refused when it begins, a file when it passes 100 MiB; what was
 * written is removed at once. Until upload_release() the files are the upload's own: upload_destroy() removes them, so
 * a broken upload leaves nothing behind.
 */
#ifndef HTTP_UPLOAD_H
#define HTTP_UPLOAD_H

#include <stddef.h>

#include "domain/package.h"
#include "http/json_body.h"

enum { UPLOAD_PACKAGE_MOST = 256 * 1024 };

struct upload;

/* `dir` is borrowed. E_FORMAT: the content type is not multipart/form-data with a boundary. */
MUST_USE enum status upload_create(const char *content_type, const char *dir, struct upload **upload);
void upload_destroy(struct upload *upload);

/* E_FORMAT, E_LIMIT, E_FULL, E_IO ...: sticks; the verdict names the member when a rule was broken. */
MUST_USE enum status upload_add(struct upload *upload, const void *bytes, size_t count, struct verdict *verdict);

/* All has come: makes the files durable, ends the digests. E_TRUNCATED: the closing boundary is missing. */
MUST_USE enum status upload_end(struct upload *upload, struct verdict *verdict);

/* The text of the part `package`; NULL: there was none. Borrowed. */
const char *upload_package_text(struct upload *upload, size_t *length);

/* After upload_end(): the files, in order. Borrowed. */
const struct package_file *upload_files(const struct upload *upload, size_t *count);

/* SHA-256 in hex over the package text and the files' names and digests: equal uploads have equal ones, whatever their
 * boundary. */
MUST_USE enum status upload_digest(const struct upload *upload, char sha256[65]);

/* The files belong to somebody else from now on. */
void upload_release(struct upload *upload);

#endif
