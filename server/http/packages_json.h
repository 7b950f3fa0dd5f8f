/*
 * A version package: what POST /packages brings in its part `package`, and the resource.
 */
#ifndef HTTP_PACKAGES_JSON_H
#define HTTP_PACKAGES_JSON_H

#include "domain/package.h"
#include "http/json_body.h"
#include "http/package_checks.h"

/* `check`: what was found the last time; NULL: not looked at since the start. */
json_t *package_json(const struct package *package, const struct package_check *check);

/* {"intact": true, "checkedAt": ..., "files": [{"index": 0, "name": "a.bin", "intact": true, "detail": null}]} */
json_t *package_check_json(const struct package_check *check);

/* Fills everything but id, files and creation; E_NOMEM. package_finish() is the caller's in any case. */
MUST_USE enum status package_read(struct package *package, const json_t *json, struct verdict *verdict);

#endif
