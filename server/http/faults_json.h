/*
 * Faults on the wire of the API (api.md, POST /faults): body -> struct fault -> resource.
 */
#ifndef HTTP_FAULTS_JSON_H
#define HTTP_FAULTS_JSON_H

#include <jansson.h>

#include "domain/fault.h"
#include "http/json_body.h"

/* Everything that is wrong goes into the verdict; *fault is complete when nothing was. */
void fault_from_json(const json_t *body, struct verdict *verdict, struct fault *fault);

json_t *fault_to_json(const struct fault *fault);

#endif
