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

/* For a person, cut where there is no room: "device upgrade failed, device 8671, plan 7". */
void event_describe(const struct event *event, char *text, size_t capacity);

#endif
