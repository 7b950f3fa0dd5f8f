/*
 * A client of the REST API for sub-commands: which server, which token, one call at a time.
 *
 *   --url, or the one server that runs here (config/ready_file.h) --rest_open--> struct rest --rest_call--> status,
 * JSON
 */
#ifndef CLI_REST_H
#define CLI_REST_H

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/buffer.h"
#include "config/options.h"

/* The options that every client has; to be listed in its table. */
#define REST_OPTIONS REST_OPTIONS_OR("the one that runs on this machine")

/* The same of a command that does `otherwise` without --url. */
#define REST_OPTIONS_OR(otherwise)                                                                                     \
    {.kind = OPTION_TEXT,                                                                                              \
     .name = "url",                                                                                                    \
     .argument = "URL",                                                                                                \
     .help = "The server, as http://HOST:PORT. Default: " otherwise "."},                                              \
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
 * The same with a path like printf's, which must be answered with `wanted`; *answer (yours) may be NULL for "not
 * wanted". `body` is taken, NULL: none. E_NOT_FOUND: 404; E_STATE: any other code, and *error has what the problem
 * says, its wrong members too.
 */
MUST_USE enum status rest_ask(struct rest *rest, const char *method, long wanted, json_t *body, json_t **answer,
                              long timeout_ms, struct error *error, const char *format, ...) PRINTF_LIKE(8, 9);
MUST_USE enum status rest_ask_v(struct rest *rest, const char *method, long wanted, json_t *body, json_t **answer,
                                long timeout_ms, struct error *error, const char *format, va_list arguments)
    PRINTF_LIKE(8, 0);

/* `code` instead of `wanted`, and what the problem `answer` says, as the error of such a call. */
enum status rest_refuse(const char *path, long wanted, long code, const json_t *answer, struct error *error);

/* GET of a large answer: the body of a 200 goes to `to`. Otherwise as rest_ask(). */
MUST_USE enum status rest_fetch(struct rest *rest, const char *path, FILE *to, long timeout_ms, struct error *error);

/* POST of JSON as text. The rest as rest_call(). */
MUST_USE enum status rest_send(struct rest *rest, const char *path, const char *text, size_t size, long timeout_ms,
                               long *http_status, json_t **json, struct error *error);

/* One file of an upload: its bytes, or made-up ones of a size and a seed (base/pattern.h). */
struct rest_file {
    const char *name;
    const char *bytes; /* NULL: made up */
    int64_t size;
    uint64_t seed;
};

/*
 * POST of a form with a part `part` (JSON) and a part "file" for each of the files, as the upload of a package wants
 * it. The rest as rest_call().
 */
MUST_USE enum status rest_upload(struct rest *rest, const char *path, const char *part, const json_t *value,
                                 const struct rest_file *files, size_t count, long timeout_ms, long *http_status,
                                 json_t **json, struct error *error);

/*
 * Asked at least once a second while a call is under way: false ends the call with E_CLOSED. NULL: nobody is asked.
 */
void rest_watch(struct rest *rest, bool (*goes_on)(void *context), void *context);

#endif
