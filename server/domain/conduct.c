#include "domain/conduct.h"

#include <assert.h>
#include <string.h>

/* The sections are those of the protocol's description that the comments of this house name as protocol.md. */
static const char *const names[PROTOCOL_RULE_COUNT] = {
    [RULE_CONNECT_FLAGS] = "connectFlags",                    /* 2.1 */
    [RULE_KEEP_ALIVE] = "keepAlive",                          /* 2.1 */
    [RULE_NO_DISCONNECT] = "noDisconnect",                    /* 2.1 */
    [RULE_STATUS_QOS] = "statusQos",                          /* 2.3 */
    [RULE_REPORT_QOS] = "reportQos",                          /* 2.3 */
    [RULE_TOPIC_KIND] = "topicKind",                          /* 6 */
    [RULE_KNOWN_COMMAND] = "knownCommand",                    /* 6 */
    [RULE_PACKAGE_ID] = "packageId",                          /* 7 */
    [RULE_MALFORMED_FRAME] = "malformedFrame",                /* 7, 8 */
    [RULE_ENCRYPTION] = "encryption",                         /* 5 */
    [RULE_FIRST_FRAMES] = "firstFrames",                      /* 4.1, 9.5 */
    [RULE_REQUIRED_MEMBER] = "requiredMember",                /* 9.1 */
    [RULE_STATUS_NUMBER] = "statusNumber",                    /* 9.1 */
    [RULE_STATUS_NAME] = "statusName",                        /* 9.1 */
    [RULE_SHA256_REQUESTED] = "sha256Requested",              /* 9.1 */
    [RULE_VERSIONS_IN_11] = "versionsIn11",                   /* 9.1 */
    [RULE_STATUS_ORDER] = "statusOrder",                      /* 9.1, 9.2 */
    [RULE_STATUS_PLAN] = "statusPlan",                        /* 9.2 */
    [RULE_RECEIVED_WITHOUT_NOTIFY] = "receivedWithoutNotify", /* 9.2 */
    [RULE_DOWNLOAD_WITHOUT_INFO] = "downloadWithoutInfo",     /* 9.2 */
    [RULE_TOO_MANY_ATTEMPTS] = "tooManyAttempts",             /* 9.4 */
    [RULE_PROGRESS_EVERY_5S] = "progressEvery5s",             /* 9.1 */
    [RULE_CONFIRMED_TIMER] = "confirmedTimer",                /* 9.3 */
    [RULE_START_TIMER] = "startTimer",                        /* 9.3 */
    [RULE_UPDATING_TIMER] = "updatingTimer",                  /* 9.3 */
    [RULE_FIRMWARE_HEADER] = "firmwareHeader",                /* 10.2 */
    [RULE_RANGE_ALWAYS] = "rangeAlways",                      /* 10.2 */
    [RULE_RESUME_BY_RANGE] = "resumeByRange",                 /* 10.3 */
};

const char *protocol_rule_name(enum protocol_rule rule)
{
    assert(rule < PROTOCOL_RULE_COUNT);
    return names[rule];
}

enum status protocol_rule_of_warning(const char *detail, enum protocol_rule *rule)
{
    size_t length = strcspn(detail, ":");
    for (size_t i = 0; i < PROTOCOL_RULE_COUNT; i++) {
        if (strlen(names[i]) == length && strncmp(names[i], detail, length) == 0) {
            *rule = (enum protocol_rule)i;
            return OK;
        }
    }
    return E_FORMAT;
}
