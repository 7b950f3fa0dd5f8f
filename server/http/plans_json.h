/*
 * An upgrade plan: the body of POST and PUT, and the resource.
 *
 *   {"id": 7, "name": "Winter", "productKey": "p1a2b3", "status": "saved", "mode": "silent",
 *    "timeZone": "Asia/Shanghai", "pushPeriod": {"start": "22:00", "end": "06:00"},
 *    "plannedTime": {"start": "2027-03-01T09:00", "end": null, "startAt": "2027-03-01T01:00:00.000Z", "endAt": null},
 *    "strategy": {...}, "components": [...], "upgradeText": null, "whitelistCount": 0, "blacklistCount": 2,
 *    "createdAt": ..., "activatedAt": null, "startedAt": null, "endedAt": null}
 */
#ifndef HTTP_PLANS_JSON_H
#define HTTP_PLANS_JSON_H

#include "domain/plan.h"
#include "http/json_body.h"
#include "http/request.h"

json_t *plan_json(const struct plan *plan);

/*
 * Reads the body; the lists' keys point into `json`. The instants of the planned times are left to app/. E_NOMEM;
 * plan_finish() and the keys are the caller's in any case.
 */
MUST_USE enum status plan_read(struct plan *plan, struct keys lists[PLAN_LIST_COUNT], const json_t *json,
                               struct verdict *verdict);

/* An array of device keys at `path`. E_NOMEM. */
MUST_USE enum status keys_read(struct keys *keys, const json_t *array, const char *path, struct verdict *verdict);

#endif
