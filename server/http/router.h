/*
 * The route table: which use case answers which request.
 *
 *   {METHOD_GET, "/api/v1/products/{}", ... check, act}       {} stands for one segment, which is not empty
 *
 *   HEAD is answered by the GET of the path, OPTIONS and every other method from the table: 204 or 405 with Allow.
 */
#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H

#include "http/request.h"

enum route_body {
    BODY_NONE,     /* none is read but an empty object */
    BODY_JSON,     /* application/json, up to LIMIT_HTTP_BODY */
    BODY_LIST,     /* application/json or text/csv, as long */
    BODY_DOCUMENT, /* application/json, up to LIMIT_DOCUMENT, by way of the disk */
    BODY_PACKAGE,  /* multipart/form-data, up to LIMIT_UPLOAD */
};

enum route_place {
    PLACE_LOOP,     /* act() runs on the loop's thread */
    PLACE_HERE,     /* act() touches no state: it runs on the connection's thread */
    PLACE_FIRMWARE, /* no act(): firmware.c streams the file */
    PLACE_EVENTS,   /* event_stream.c streams events; with input.awaits as PLACE_LOOP */
};

/* Of a POST that takes an Idempotency-Key. false, true: none, or act() and the kept answer are one transaction. */
enum route_creates {
    CREATES_NOTHING = false,
    CREATES_WITH_ANSWER = true,
    CREATES_ALONE, /* act() cannot run within one (SQLite's ATTACH): the answer is kept behind it */
};

struct route {
    enum method method;
    const char *pattern;
    enum route_body body;
    enum route_place place;
    enum route_creates creates;
    const char *parameters; /* names of the query parameters, each with a blank before and behind: " limit cursor " */
    void (*check)(struct request *request); /* fills input and verdict; NULL: nothing to check */
    void (*act)(const struct api *api, struct request *request, struct answer *answer);
};

enum route_match { MATCH_FOUND, MATCH_NO_PATH, MATCH_NO_METHOD, MATCH_OPTIONS };

/*
 * Looks the request's target and method up in `table` (its end has no pattern); MATCH_FOUND fills route and parameters.
 * NO_METHOD and OPTIONS: `allow` lists the methods of the path.
 */
enum route_match router_find(const struct route *table, struct request *request, char allow[ANSWER_ALLOW]);

enum method method_parse(const char *name);
const char *method_name(enum method method); /* "GET" ...; "OTHER" */

/* The route of firmware links, which calls find by themselves. */
const struct route *router_firmware(void);

/* The routes of mockdc, in routes.c. */
extern const struct route http_routes[];

#endif
