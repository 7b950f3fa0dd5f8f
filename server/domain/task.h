/*
 * A task: one device in one plan, with one entry per component (behaviour.md, 5).
 *
 *   phase                                            status
 *   WAITING --issue--> NOTIFIED --1--> RECEIVED      nonUpgraded -> inUpgrade
 *      ^                  |2              |2
 *      +------3-----------+---3-----------+
 *                         v               v
 *                       RUNNING  component after component, attempt after attempt
 *                          |
 *                          +--> DONE      upgraded or failed
 *
 *   step of a component: waiting -> start -> confirmed -> downloading -> upgrading -> successful | failed
 *   (a new attempt goes back to confirmed)
 */
#ifndef DOMAIN_TASK_H
#define DOMAIN_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "domain/device.h"
#include "domain/package.h"

enum device_status { DEVICE_NON_UPGRADED, DEVICE_IN_UPGRADE, DEVICE_UPGRADED, DEVICE_FAILED, DEVICE_STATUS_COUNT };
const char *device_status_name(enum device_status status); /* "nonUpgraded", "inUpgrade", "upgraded", "failed" */
MUST_USE enum status device_status_parse(const char *name, enum device_status *status);

enum task_phase { TASK_WAITING, TASK_NOTIFIED, TASK_RECEIVED, TASK_RUNNING, TASK_DONE, TASK_PHASE_COUNT };
const char *task_phase_name(enum task_phase phase);

enum component_step {
    STEP_WAITING,
    STEP_START,
    STEP_CONFIRMED,
    STEP_DOWNLOADING,
    STEP_UPGRADING,
    STEP_SUCCESSFUL,
    STEP_FAILED,
    COMPONENT_STEP_COUNT
};
const char *component_step_name(enum component_step step); /* "waiting" ... */

/* The checks of an evaluation, in the order in which they are applied, and the other reasons (api.md; behaviour.md,
 * 10). */
enum reason {
    REASON_NONE,
    REASON_ONLINE,
    REASON_PLAN_STATUS,
    REASON_PLANNED_TIME,
    REASON_PUSH_PERIOD,
    REASON_BLACKLIST,
    REASON_WHITELIST,
    REASON_NOT_FINAL,
    REASON_NOT_BUSY,
    REASON_VERSION,
    REASON_BATTERY,
    REASON_SIGNAL,
    REASON_SPACE,
    REASON_USER_CONFIRMED,
    REASON_SLOT,
    REASON_LAST_CHECK = REASON_SLOT,
    REASON_ALREADY_AT_TARGET,
    REASON_REFUSED,
    REASON_DECLINED,
    REASON_PLAN_ENDED,
    REASON_PLAN_TERMINATED,
    REASON_DOWNLOAD_FAILED,
    REASON_UPGRADE_FAILED,
    REASON_WRONG_VERSION,
    REASON_TIMEOUT,
    REASON_PACKAGE_REVOKED,
    REASON_COUNT
};
const char *reason_name(enum reason reason); /* "online" ...; "" for REASON_NONE */

struct task_component {
    int position; /* 0.. in the plan's sequence */
    char component_no[LIMIT_COMPONENT_NO + 1];
    enum component_type type;
    int64_t package_id;
    enum component_step step;
    char source_version[LIMIT_VERSION + 1]; /* reported when the plan was issued; empty: not yet issued */
    char target_version[LIMIT_VERSION + 1];
    int attempts;     /* firmware informations issued, counting each attempt once */
    int progress;     /* percent of the present attempt's download, 0..100 */
    bool skipped;     /* was at its target when the plan was issued: left out of the notify */
    bool revoked;     /* its package was, read only: no firmware information of it is sent */
    bool unconfirmed; /* successful by a reported version: the device's own status 11 may still come */
    struct maybe_instant started_at;
    struct maybe_instant ended_at;
};

struct task {
    int64_t id; /* 0: not stored yet */
    int64_t plan_id;
    int64_t device_id;
    enum device_status status;
    enum task_phase phase;
    enum reason reason;  /* why it waits, or why it is final; REASON_NONE while it runs */
    bool wants_sha256;   /* the device asked in status 2 */
    bool url_pending;    /* the present component's firmware information waits to be sent */
    bool url_sent;       /* the present attempt's firmware information was sent at least once: it has its URL */
    bool user_confirmed; /* manual mode: its user said yes (behaviour.md, 6) ... */
    struct maybe_instant confirm_from; /* ... for the time from here (unknown: at once) */
    struct maybe_instant confirm_to;   /* ... until here, exclusive (unknown: without end) */
    struct maybe_instant deadline;     /* the attempt's timeout */
    struct maybe_instant started_at;
    struct maybe_instant ended_at;
    size_t current; /* component in progress while RUNNING */
    size_t component_count;
    struct task_component components[LIMIT_COMPONENTS];
};

/* One entry of the upgrade log (behaviour.md, 5). */
enum log_kind {
    LOG_OTA_REQUEST,
    LOG_PLAN_ISSUED,
    LOG_PLAN_RECEIVED,
    LOG_CONFIRMED,
    LOG_REFUSED,
    LOG_URL_ISSUED,
    LOG_WAITING_DOWNLOAD,
    LOG_DOWNLOADING,
    LOG_DOWNLOADED,
    LOG_UPGRADING,
    LOG_VERSION_REPORTED,
    LOG_SUCCEEDED,
    LOG_ATTEMPT_FAILED,
    LOG_FAILED,
    LOG_SKIPPED,
    LOG_SUSPENDED,
    LOG_RESUMED,
    LOG_TERMINATED,
    LOG_ENDED,
    LOG_FAULT_APPLIED,
    LOG_PROTOCOL_WARNING,
    LOG_REPORT_IGNORED, /* fits nothing, and that is not the device's doing */
    LOG_KIND_COUNT
};
const char *log_kind_name(enum log_kind kind); /* "otaRequest" ... */

enum log_direction { LOG_FROM_DEVICE, LOG_FROM_SERVER, LOG_DIRECTION_COUNT };
const char *log_direction_name(enum log_direction direction); /* "device", "server" */

enum { LOG_DETAIL = 400 };

struct log_entry {
    int64_t id;
    int64_t at;
    char component_no[LIMIT_COMPONENT_NO + 1]; /* empty: of the plan as a whole */
    int attempt;                               /* 0: of none */
    enum log_direction direction;
    enum log_kind kind;
    struct maybe_int code; /* the device's status number */
    char detail[LOG_DETAIL];
};

#endif
