/*
 * What clients of the REST API do with its answers again and again.
 *
 *   CLEANUP(cleanup_json) json_t *answer = NULL;      json_text_of(answer, "detail") -> "" where there is none
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <jansson.h>

/* For CLEANUP(). */
void cleanup_json(json_t **json);

/* The string member `name`, or "" when there is no such string. Borrowed from `object`, which may be NULL. */
const char *json_text_of(const json_t *object, const char *name);

#endif
