/*
 * GET /metrics: what a Prometheus scrapes (text format 0.0.4).
 *
 *   threads of connections --metrics_note()--> counters of requests by route and class, times of answers
 *   loop                   --metrics_get()---> these, and what app/, the other door and the connections count now
 *
 * Labels are method, route pattern, status class and state: never a key of a device, which would be without limit and
 * nobody's business.
 */
#ifndef HTTP_METRICS_H
#define HTTP_METRICS_H

#include <stdint.h>

#include "base/buffer.h"
#include "http/router.h"

struct metrics;

MUST_USE enum status metrics_create(struct metrics **metrics);
void metrics_destroy(struct metrics *metrics); /* NULL is allowed */

/* A request is over. `route` NULL: the path was nobody's. Any thread. `http_status` 0: the client left before. */
void metrics_note(struct metrics *metrics, const struct route *route, int http_status, int64_t micros, int64_t bytes);

/* The same numbers as text; the door's own families only. */
void metrics_write(struct metrics *metrics, struct buffer *text);

/* One line each: "# HELP ...", "# TYPE ...", then values; for those who add families of their own. */
void metrics_family(struct buffer *text, const char *name, const char *type, const char *help);
void metrics_value(struct buffer *text, const char *name, const char *labels, double value);

#endif
