/*
 * Which events a reader of the event log takes: ?kind=log&logKind=failed,attemptFailed&deviceKey=861...
 *
 *   event --> kind ok, what ok, ... each member that is given must fit --> taken
 *                                `-- only one does not: a near miss, which an await-timeout tells of
 */
#ifndef HTTP_EVENT_FILTER_H
#define HTTP_EVENT_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/event.h"

struct request;

/* Of each set: bit n is value n of the enum; 0: all. */
struct event_filter {
    uint32_t kinds; /* 0: all but frames */
    uint32_t whats;
    uint32_t log_kinds;
    uint32_t device_statuses; /* these two are one member: status */
    uint32_t plan_statuses;
    uint32_t steps;
    int64_t plan_id;                         /* 0: all */
    char product_key[LIMIT_PRODUCT_KEY + 1]; /* empty: all */
    char device_key[LIMIT_DEVICE_KEY + 1];   /* empty: all */
};

enum event_filter_member {
    FILTER_KIND,
    FILTER_WHAT,
    FILTER_PRODUCT_KEY,
    FILTER_DEVICE_KEY,
    FILTER_PLAN_ID,
    FILTER_LOG_KIND,
    FILTER_STATUS,
    FILTER_STEP,
    FILTER_MEMBER_COUNT
};
const char *event_filter_member_name(enum event_filter_member member); /* its query parameter */

/* The members that do not fit: bit n is member n. */
unsigned event_filter_misses(const struct event_filter *filter, const struct event *event);
bool event_filter_takes(const struct event_filter *filter, const struct event *event);

/* How many members are given. */
int event_filter_size(const struct event_filter *filter);

/*
 * For check(): the query into input.events. A filter that can never take an event is wrong too. `kept`: only of those
 * that the log keeps.
 */
void event_filter_check(struct request *request, bool kept);

#endif
