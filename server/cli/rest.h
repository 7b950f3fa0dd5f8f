/*
 * A client of the REST API for sub-commands: which server, which token, one call at a time.
 *
 *   --url, or the one server that runs here (config/ready_file.h) --rest_open--> struct rest --rest_call--> status,
 * JSON
 */
#ifndef CLI_REST_H
#define CLI_REST_H

#include <jansson.h>

#include "base/buffer.h"
#include "config/options.h"

/* The options that every client has; to be listed in its table. */
#define REST_OPTIONS                                                                                                   \
    {.kind = OPTION_TEXT,                                                                                              \
     .name = "url",                                                                                                    \
     .argument = "URL",                                                                                                \
     .help = "The server, as http://HOST:PORT. Default: the one that runs on this machine."},                          \
        {.kind = OPTION_TEXT,                                                                                          \
         .name = "runtime-dir",                                                                                        \
         .argument = "DIR",                                                                                            \
         .help = "Where servers leave their ready files, as for serve."},                                              \
        {.kind = OPTION_TEXT,                                                                                          \
         .name = "api-token",                                                                                          \
         .argument = "TOKEN",                                                                                          \
         .secret = true,                                                                                               \
         .help = "The server's API token, where it wants one."},                                                       \
    {                                                                                                                  \
        .kind = OPTION_TEXT, .name = "ca-file", .argument = "FILE",                                                    \
        .help = "Certificates that an https:// server's must chain to. Default: those of the system."                  \
    }

struct rest;

/*
 * E_NOT_FOUND: no server runs here (one may come); E_STATE: several run, and --url must choose; E_FORMAT: a bad option.
 * *error says which.
 */
MUST_USE enum status rest_open(const struct options *options, struct rest **rest, struct error *error);

/* The server at `url` ("http://..."), with `token` and `ca_file` where they are not NULL. */
MUST_USE enum status rest_open_at(const char *url, const char *token, const char *ca_file, struct rest **rest,
                                  struct error *error);
void rest_close(struct rest *rest); /* NULL is allowed */

const char *rest_url(const struct rest *rest);

/* Appends `text` to a path or query, percent-encoded where it must be; commas stay. */
void rest_append_escaped(struct buffer *path, const char *text);

/*
 * One call; `body` NULL: none. *http_status and *json (yours; NULL: no JSON came) are the answer. E_CLOSED: nobody
 * answers there; E_TIMEOUT: not within `timeout_ms`.
 */
MUST_USE enum status rest_call(struct rest *rest, const char *method, const char *path, const json_t *body,
                               long timeout_ms, long *http_status, json_t **json, struct error *error);

/*
 * POST of a form with a part `part` (JSON) and a part "file" with these bytes, as the upload of a package wants it.
 * The rest as rest_call().
 */
MUST_USE enum status rest_upload(struct rest *rest, const char *path, const char *part, const json_t *value,
                                 const char *file_name, const void *bytes, size_t size, long timeout_ms,
                                 long *http_status, json_t **json, struct error *error);

#endif
