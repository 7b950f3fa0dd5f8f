/*
 * Who may send a request at all: a page of a stranger must not use the browser of somebody who can reach this server.
 *
 *   Host     on a loopback address only names of this machine are right: a name that a stranger's DNS turned into
 *            127.0.0.1 (rebinding) is not one of them
 *   Origin   a browser names the page that sent the request: it must be ours
 *
 * Pure: texts in, verdict out.
 */
#ifndef HTTP_GUARD_H
#define HTTP_GUARD_H

#include <stdbool.h>

/* A Host header that names this machine by a loopback name: "localhost:8080", "127.0.0.1", "[::1]:80". */
bool guard_host_is_loopback(const char *host);

/* `origin` is the page that `host` (the request's Host header, or NULL) or `public_url` (or NULL) serves. */
bool guard_origin_is_ours(const char *origin, const char *host, const char *public_url);

/* The port of a Host header; 0: it names none. */
unsigned guard_host_port(const char *host);

#endif
