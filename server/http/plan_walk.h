/*
 * All devices of a plan, however many, page by page: what several turns of the loop do one after another.
 *
 *   plan_walk_open --> plan_walk_next ... until !more --> plan_walk_close
 *
 * Devices that come or change between two pages are seen as they then are; none is seen twice, for the order is that of
 * the keys.
 */
#ifndef HTTP_PLAN_WALK_H
#define HTTP_PLAN_WALK_H

#include <stdbool.h>

#include "app/plans.h"

struct plan_walk {
    struct plan plan; /* as it was at the beginning */
    enum device_status status;
    char *query; /* owned; NULL: all */
    char after[LIMIT_DEVICE_KEY + 1];
    bool more; /* there may be devices to come */
};

/* `query` is copied. E_NOT_FOUND: no such plan; E_NOMEM. plan_walk_close() it in any case. */
MUST_USE enum status plan_walk_open(struct plan_walk *walk, struct app *app, int64_t plan_id, enum device_status status,
                                    const char *query);

/* The next `count` devices at most. E_NOT_FOUND: the plan has gone meanwhile. */
MUST_USE enum status plan_walk_next(struct plan_walk *walk, struct app *app, int count, app_plan_device_visitor *each,
                                    void *context);

void plan_walk_close(struct plan_walk *walk);

#endif
