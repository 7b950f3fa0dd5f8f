/*
 * Values of answers: what was never reported is null (api.md).
 */
#ifndef HTTP_JSON_VALUE_H
#define HTTP_JSON_VALUE_H

#include <jansson.h>

#include "domain/conduct.h"
#include "domain/device.h"
#include "domain/task.h"

/* "2026-11-23T10:00:00.000Z" */
json_t *json_instant(int64_t at);
json_t *json_maybe_instant(const struct maybe_instant *instant);

json_t *json_maybe_int(const struct maybe_int *value);
json_t *json_maybe_number(const struct maybe_number *value);

/* null for ""; bytes that are no UTF-8 (a device may send any) are written as '?'. */
json_t *json_maybe_text(const char *text);

/* An entry of an upgrade log. */
json_t *log_entry_json(const struct log_entry *entry);

/* [{"rule", "count", "lastAt"}]: the rules that were broken, in the order of their table. */
json_t *warnings_json(const struct warnings *warnings);

/* {"battery": 3, ...}: the reasons that occur. */
json_t *reasons_json(const int64_t counts[REASON_COUNT]);

#endif
