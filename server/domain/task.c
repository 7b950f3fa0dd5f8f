#include "domain/task.h"

#include <assert.h>

#include "domain/names.h"

static const char *const device_statuses[DEVICE_STATUS_COUNT] = {"nonUpgraded", "inUpgrade", "upgraded", "failed"};

const char *device_status_name(enum device_status status)
{
    assert(status < DEVICE_STATUS_COUNT);
    return device_statuses[status];
}

enum status device_status_parse(const char *name, enum device_status *status)
{
    size_t index = 0;
    enum status found = names_find(device_statuses, DEVICE_STATUS_COUNT, name, &index);
    if (found == OK) {
        *status = (enum device_status)index;
    }
    return found;
}

const char *task_phase_name(enum task_phase phase)
{
    static const char *const names[TASK_PHASE_COUNT] = {"waiting", "notified", "received", "running", "done"};
    assert(phase < TASK_PHASE_COUNT);
    return names[phase];
}

const char *component_step_name(enum component_step step)
{
    static const char *const names[COMPONENT_STEP_COUNT] = {"waiting",   "start",      "confirmed", "downloading",
                                                            "upgrading", "successful", "failed"};
    assert(step < COMPONENT_STEP_COUNT);
    return names[step];
}

const char *reason_name(enum reason reason)
{
    static const char *const names[REASON_COUNT] = {
        [REASON_NONE] = "",
        [REASON_ONLINE] = "online",
        [REASON_PLAN_STATUS] = "planStatus",
        [REASON_PLANNED_TIME] = "plannedTime",
        [REASON_PUSH_PERIOD] = "pushPeriod",
        [REASON_BLACKLIST] = "blacklist",
        [REASON_WHITELIST] = "whitelist",
        [REASON_NOT_FINAL] = "notFinal",
        [REASON_NOT_BUSY] = "notBusy",
        [REASON_VERSION] = "version",
        [REASON_BATTERY] = "battery",
        [REASON_SIGNAL] = "signal",
        [REASON_SPACE] = "space",
        [REASON_USER_CONFIRMED] = "userConfirmed",
        [REASON_SLOT] = "slot",
        [REASON_ALREADY_AT_TARGET] = "alreadyAtTarget",
        [REASON_REFUSED] = "refused",
        [REASON_DECLINED] = "declined",
        [REASON_PLAN_ENDED] = "planEnded",
        [REASON_PLAN_TERMINATED] = "planTerminated",
        [REASON_DOWNLOAD_FAILED] = "downloadFailed",
        [REASON_UPGRADE_FAILED] = "upgradeFailed",
        [REASON_WRONG_VERSION] = "wrongVersion",
        [REASON_TIMEOUT] = "timeout",
        [REASON_PACKAGE_REVOKED] = "packageRevoked",
    };
    assert(reason < REASON_COUNT);
    return names[reason];
}

const char *log_kind_name(enum log_kind kind)
{
    static const char *const names[LOG_KIND_COUNT] = {
        [LOG_OTA_REQUEST] = "otaRequest",
        [LOG_PLAN_ISSUED] = "planIssued",
        [LOG_PLAN_RECEIVED] = "planReceived",
        [LOG_CONFIRMED] = "confirmed",
        [LOG_REFUSED] = "refused",
        [LOG_URL_ISSUED] = "urlIssued",
        [LOG_WAITING_DOWNLOAD] = "waitingDownload",
        [LOG_DOWNLOADING] = "downloading",
        [LOG_DOWNLOADED] = "downloaded",
        [LOG_UPGRADING] = "upgrading",
        [LOG_VERSION_REPORTED] = "versionReported",
        [LOG_SUCCEEDED] = "succeeded",
        [LOG_ATTEMPT_FAILED] = "attemptFailed",
        [LOG_FAILED] = "failed",
        [LOG_SKIPPED] = "skipped",
        [LOG_SUSPENDED] = "suspended",
        [LOG_RESUMED] = "resumed",
        [LOG_TERMINATED] = "terminated",
        [LOG_ENDED] = "ended",
        [LOG_FAULT_APPLIED] = "faultApplied",
        [LOG_PROTOCOL_WARNING] = "protocolWarning",
        [LOG_REPORT_IGNORED] = "reportIgnored",
    };
    assert(kind < LOG_KIND_COUNT);
    return names[kind];
}

const char *log_direction_name(enum log_direction direction)
{
    static const char *const names[LOG_DIRECTION_COUNT] = {"device", "server"};
    assert(direction < LOG_DIRECTION_COUNT);
    return names[direction];
}
