#include "domain/task.h"

#include "support/suite.h"

/* The words are part of the REST contract (api.md), so they are written out here. */
#define CHECK_NAMES(words, function)                                                                                   \
    for (size_t at = 0; at < sizeof(words) / sizeof((words)[0]); at++) {                                               \
        CHECK_ROW((words)[at], strcmp(function, (words)[at]) == 0);                                                    \
    }

static void test_device_statuses(void)
{
    static const char *const words[DEVICE_STATUS_COUNT] = {"nonUpgraded", "inUpgrade", "upgraded", "failed"};
    CHECK_NAMES(words, device_status_name((enum device_status)at));
    for (size_t i = 0; i < DEVICE_STATUS_COUNT; i++) {
        enum device_status status = DEVICE_STATUS_COUNT;
        CHECK_ROW(words[i], device_status_parse(words[i], &status) == OK && status == (enum device_status)i);
    }
    enum device_status status = DEVICE_FAILED;
    CHECK(device_status_parse("inupgrade", &status) == E_FORMAT);
    CHECK(status == DEVICE_FAILED);
}

static void test_phases_and_steps(void)
{
    static const char *const phases[TASK_PHASE_COUNT] = {"waiting", "notified", "received", "running", "done"};
    static const char *const steps[COMPONENT_STEP_COUNT] = {"waiting",   "start",      "confirmed", "downloading",
                                                            "upgrading", "successful", "failed"};
    CHECK_NAMES(phases, task_phase_name((enum task_phase)at));
    CHECK_NAMES(steps, component_step_name((enum component_step)at));
}

static void test_reasons(void)
{
    static const char *const words[REASON_COUNT] = {"",
                                                    "online",
                                                    "planStatus",
                                                    "plannedTime",
                                                    "pushPeriod",
                                                    "blacklist",
                                                    "whitelist",
                                                    "notFinal",
                                                    "notBusy",
                                                    "version",
                                                    "battery",
                                                    "signal",
                                                    "space",
                                                    "userConfirmed",
                                                    "slot",
                                                    "alreadyAtTarget",
                                                    "refused",
                                                    "declined",
                                                    "planEnded",
                                                    "planTerminated",
                                                    "downloadFailed",
                                                    "upgradeFailed",
                                                    "wrongVersion",
                                                    "timeout",
                                                    "packageRevoked"};
    CHECK_NAMES(words, reason_name((enum reason)at));
    CHECK(REASON_LAST_CHECK == REASON_SLOT);
}

static void test_log_words(void)
{
    static const char *const kinds[LOG_KIND_COUNT] = {
        "otaRequest",      "planIssued",   "planReceived",    "confirmed",    "refused",         "urlIssued",
        "waitingDownload", "downloading",  "downloaded",      "upgrading",    "versionReported", "succeeded",
        "attemptFailed",   "failed",       "skipped",         "suspended",    "resumed",         "terminated",
        "ended",           "faultApplied", "protocolWarning", "reportIgnored"};
    CHECK_NAMES(kinds, log_kind_name((enum log_kind)at));
    CHECK_TEXT(log_direction_name(LOG_FROM_DEVICE), "device");
    CHECK_TEXT(log_direction_name(LOG_FROM_SERVER), "server");
}

int main(void)
{
    static const struct test_case cases[] = {{"device statuses", test_device_statuses},
                                             {"phases and steps", test_phases_and_steps},
                                             {"reasons", test_reasons},
                                             {"log words", test_log_words},
                                             {0}};
    return suite_run("task", cases);
}
