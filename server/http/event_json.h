/*
 * An event as its readers see it (api.md, GET /events):
 *
 *   {"id": "9f3c01aa-17", "at": ..., "wallAt": ..., "kind": "device", "what": "upgrade", "productKey": "demo",
 * "planId": 7, "deviceKey": "8671", "status": "inUpgrade", "reason": null, "startedAt": ..., "endedAt": null,
 * "components": [...]}
 */
#ifndef HTTP_EVENT_JSON_H
#define HTTP_EVENT_JSON_H

#include "domain/event.h"

/* One line; the caller frees. `id` NULL: the event has none. NULL: memory was used up. */
char *event_text(const struct event *event, const char *id);

#endif
