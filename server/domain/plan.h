/*
 * An upgrade plan (behaviour.md, 3).
 *
 *               to: activated   upgrading              suspended   terminated   ended
 *   saved           activate        .                      .            .         .       edited and deleted only here
 *   activated          .         a device starts        suspend     terminate    over
 *   upgrading          .            .                   suspend     terminate    over
 *   suspended        resume      resume                    .        terminate    over     resume: to the state it left
 *   terminated         .            .                      .            .         .
 *   ended              .            .                      .            .         .
 *
 *   over: the planned end has passed; without one: every device of the whitelist is final
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

/* Whether the table above has the arrow. */
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

/* A daily window in the plan's zone: start inclusive, end exclusive; may cross midnight (behaviour.md, 3). */
struct push_period {
    bool set;
    int start_hour; /* 0-23 */
    int end_hour;   /* 0-23, another one */
};

/* "22:00" -> 22. E_FORMAT: not HH:00 with HH 00 to 23. */
MUST_USE enum status push_hour_parse(const char *text, int *hour);

/* Planned start or end: what the author wrote, and what it means. */
enum { PLAN_LOCAL_TIME = 20 };
struct planned_moment {
    bool set;
    char local[PLAN_LOCAL_TIME]; /* "2027-03-01T09:00" in the plan's zone, without offset */
    int64_t at;                  /* the instant; filled in by the one who checks zone and text */
};

enum plan_list { LIST_WHITE, LIST_BLACK, PLAN_LIST_COUNT };
const char *plan_list_name(enum plan_list list); /* "whitelist", "blacklist" */

struct plan {
    int64_t id;
    char name[LIMIT_NAME + 1];
    char product_key[LIMIT_PRODUCT_KEY + 1];
    enum plan_status status;
    enum plan_status suspended_from; /* while suspended: what a resume returns to */
    enum plan_mode mode;
    char time_zone[LIMIT_TIME_ZONE + 1];
    struct push_period push_period;
    struct planned_moment planned_start;
    struct planned_moment planned_end;
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
