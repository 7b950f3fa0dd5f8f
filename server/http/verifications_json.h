/*
 * A firmware verification with its log:
 *
 *   {"id": 3, "packageId": 7, "deviceKey": "861", "componentNo": "MODULE", "status": "running", "reason": null,
 *    "createdAt": ..., "endedAt": null, "log": [{"at": ..., "kind": "planIssued", ...}]}
 */
#ifndef HTTP_VERIFICATIONS_JSON_H
#define HTTP_VERIFICATIONS_JSON_H

#include <jansson.h>

#include "app/verifications.h"

/* The caller json_decref()s *json. E_NOMEM, what the store says. */
MUST_USE enum status verification_json(struct app *app, const struct verification *verification, json_t **json);

#endif
