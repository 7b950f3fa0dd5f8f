/*
 * How a device behaves on the wire, as the doors see it, and the rules of the protocol that it may break. The doors
 * hand it to app/, whose referee (session/referee.h) judges.
 */
#ifndef DOMAIN_CONDUCT_H
#define DOMAIN_CONDUCT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/status.h"
#include "domain/reports.h"

enum protocol_rule {
    RULE_CONNECT_FLAGS,
    RULE_KEEP_ALIVE,
    RULE_NO_DISCONNECT,
    RULE_STATUS_QOS,
    RULE_REPORT_QOS,
    RULE_TOPIC_KIND,
    RULE_KNOWN_COMMAND,
    RULE_PACKAGE_ID,
    RULE_MALFORMED_FRAME,
    RULE_ENCRYPTION,
    RULE_FIRST_FRAMES,
    RULE_REQUIRED_MEMBER,
    RULE_STATUS_NUMBER,
    RULE_STATUS_NAME,
    RULE_SHA256_REQUESTED,
    RULE_VERSIONS_IN_11,
    RULE_STATUS_ORDER,
    RULE_STATUS_PLAN,
    RULE_RECEIVED_WITHOUT_NOTIFY,
    RULE_DOWNLOAD_WITHOUT_INFO,
    RULE_TOO_MANY_ATTEMPTS,
    RULE_PROGRESS_EVERY_5S,
    RULE_CONFIRMED_TIMER,
    RULE_START_TIMER,
    RULE_UPDATING_TIMER,
    RULE_FIRMWARE_HEADER,
    RULE_RANGE_ALWAYS,
    RULE_RESUME_BY_RANGE,
    PROTOCOL_RULE_COUNT
};
const char *protocol_rule_name(enum protocol_rule rule); /* "connectFlags" ... */

/* The rule of a warning in an upgrade log, "rule: detail". E_FORMAT: it begins with none, *rule untouched. */
MUST_USE enum status protocol_rule_of_warning(const char *detail, enum protocol_rule *rule);

/* How often a device was warned for each rule, and when it was last; `count` 0: never. */
struct warnings {
    struct {
        int64_t count;
        int64_t last_at; /* of the clock of its product */
    } of[PROTOCOL_RULE_COUNT];
};

/* CONNECT of an admitted device. */
struct connect_conduct {
    unsigned flags;
    unsigned keep_alive_s;
};

/* The frame of one PUBLISH, before its content is looked at. Not told of a message that came a second time. */
struct frame_conduct {
    uint16_t command;
    uint16_t package_id;
    int qos;         /* as the device sent it; -1: not known */
    bool right_kind; /* sys, bus or ota, as the command wants */
    bool known;      /* a command that devices send */
    bool encrypted;
    bool id_reused; /* another frame of this connection had the package id a moment ago */
};

/* A request for a firmware file that is alive. */
struct request_conduct {
    int64_t task_id;
    char token[LIMIT_TOKEN + 1];
    int64_t size;     /* of the file */
    bool ranged;      /* exactly "bytes=first-last" */
    bool other_range; /* a Range of another form */
    int64_t first;
    int64_t last;
    const char *wrong; /* what is wrong with its form, static text; NULL: nothing */
};

#endif
