/*
 * An upgrade plan (behaviour.md, 3).
 *
 *   saved --activate--> activated --first device starts--> upgrading --every listed device final--> ended
 *     |                     |                                  |
 *   edit, delete            +--suspend/resume/terminate--------+      suspended, terminated
 */
#ifndef DOMAIN_PLAN_H
#define DOMAIN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "domain/device.h"
#include "domain/package.h"
#include "domain/violation.h"

enum plan_status {
    PLAN_SAVED,
    PLAN_ACTIVATED,
    PLAN_UPGRADING,
    PLAN_SUSPENDED,
    PLAN_TERMINATED,
    PLAN_ENDED,
    PLAN_STATUS_COUNT
};

const char *plan_status_name(enum plan_status status); /* "saved" ... */
MUST_USE enum status plan_status_parse(const char *name, enum plan_status *status);

/* Whether the drawing above has the arrow. */
bool plan_status_may_become(enum plan_status from, enum plan_status to);

enum plan_mode { PLAN_SILENT, PLAN_MANUAL, PLAN_MODE_COUNT };
const char *plan_mode_name(enum plan_mode mode); /* "silent", "manual" */
MUST_USE enum status plan_mode_parse(const char *name, enum plan_mode *mode);

struct strategy {
    int retries;         /* 0-5: tries after the first attempt */
    int min_signal;      /* dBm, -140..-44 */
    int min_battery;     /* percent, 0-100 */
    int timeout_minutes; /* 1-1440 */
};

#define STRATEGY_DEFAULT ((struct strategy){.retries = 5, .min_signal = -113, .min_battery = 30, .timeout_minutes = 60})

struct plan_component {
    int sequence; /* as given; components are upgraded in ascending order */
    char component_no[LIMIT_COMPONENT_NO + 1];
    char name[LIMIT_NAME + 1];
    enum component_type type;
    int64_t package_id;
};

struct upgrade_text {
    char language[LIMIT_LANGUAGE + 1];
    char text[LIMIT_UPGRADE_TEXT + 1];
};

enum plan_list { LIST_WHITE, LIST_BLACK, PLAN_LIST_COUNT };
const char *plan_list_name(enum plan_list list); /* "whitelist", "blacklist" */

struct plan {
    int64_t id;
    char name[LIMIT_NAME + 1];
    char product_key[LIMIT_PRODUCT_KEY + 1];
    enum plan_status status;
    enum plan_mode mode;
    char time_zone[LIMIT_TIME_ZONE + 1];
    struct strategy strategy;
    int64_t created_at;
    struct maybe_instant activated_at;
    struct maybe_instant started_at; /* first device started */
    struct maybe_instant ended_at;
    size_t component_count;
    struct plan_component components[LIMIT_COMPONENTS]; /* in ascending sequence */
    size_t text_count;
    struct upgrade_text *texts; /* owned; plan_finish() frees */
    int64_t list_count[PLAN_LIST_COUNT];
};

void plan_finish(struct plan *plan);
void cleanup_plan(struct plan *plan);

/*
 * Names every broken rule that needs no other thing than the plan itself (names, ranges, unique component numbers and
 * sequences, texts); sorts the components by sequence. The caller checks packages, product and time zone.
 */
void plan_check(struct plan *plan, struct violations *violations);

bool component_no_is_valid(const char *component_no); /* 1-32 bytes without ; : " , and control characters */

#endif
