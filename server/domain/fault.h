/*
 * A fault: what shall go wrong, where, for whom and how often (behaviour.md, 8; api.md, POST /faults).
 *
 *   point            where it acts          a use of it
 *   mqtt.connect     front                  a CONNECT
 *   mqtt.link        front                  a frame (one PUBLISH, either way); or the link itself
 *   ota.notify       downlink               a notify
 *   ota.url          downlink               a firmware information
 *   http.firmware    firmware server        a request; or its body, also while it is being sent
 *   plan             upgrade                a device that reaches a step
 *
 *   use --match--> seen --skip, everyNth, probability, times--> fired
 *
 * Pure: whether a use fires is decided by the fault's own counters and its own random numbers, so that the same seed
 * gives the same run.
 */
#ifndef DOMAIN_FAULT_H
#define DOMAIN_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/status.h"
#include "domain/device.h"
#include "domain/task.h"

enum fault_point {
    FAULT_MQTT_CONNECT,
    FAULT_MQTT_LINK,
    FAULT_OTA_NOTIFY,
    FAULT_OTA_URL,
    FAULT_HTTP_FIRMWARE,
    FAULT_PLAN,
    FAULT_POINT_COUNT
};
const char *fault_point_name(enum fault_point point); /* "mqtt.connect" ... */
MUST_USE enum status fault_point_parse(const char *name, enum fault_point *point);

/* What a fault does; the same word may belong to several points. */
enum fault_type {
    FAULT_REFUSE, /* mqtt.connect: CONNACK code; http.firmware: the URL names a closed port */
    FAULT_BOOTSTRAP_ERROR,
    FAULT_REFUSE_SECRET,
    FAULT_CLOSE,
    FAULT_SILENCE,
    FAULT_CUT, /* mqtt.link: now, or after frames; http.firmware: at a byte */
    FAULT_BLACKHOLE,
    FAULT_DELAY,
    FAULT_DROP_FRAME,
    FAULT_DUPLICATE_FRAME,
    FAULT_CORRUPT_FRAME,
    FAULT_DROP,
    FAULT_DUPLICATE,
    FAULT_WHILE_UPGRADING,
    FAULT_SET,
    FAULT_BAD_CHECKSUM,
    FAULT_TRUNCATE,
    FAULT_TOO_MANY_TASKS,
    FAULT_EARLY,
    FAULT_OMIT,
    FAULT_UNREACHABLE_HOST,
    FAULT_EXPIRE_TOKEN,
    FAULT_STATUS,
    FAULT_RESET,
    FAULT_CLOSE_BEFORE_HEADER,
    FAULT_HEADER_DELAY,
    FAULT_STALL,
    FAULT_THROTTLE,
    FAULT_SHORT_BODY,
    FAULT_FLIP_BYTE,
    FAULT_RANDOM_BYTES,
    FAULT_IGNORE_RANGE,
    FAULT_RANGE_OFF_BY_ONE,
    FAULT_CHUNKED,
    FAULT_NO_CONTENT_LENGTH,
    FAULT_LOWER_CASE_CONTENT_LENGTH,
    FAULT_EXPIRE,
    FAULT_SUSPEND,
    FAULT_TERMINATE,
    FAULT_END,
    FAULT_REVOKE_PACKAGE,
    FAULT_TYPE_COUNT
};
const char *fault_type_name(enum fault_type type); /* "refuse", "bootstrapError" ... */
MUST_USE enum status fault_type_parse(const char *name, enum fault_type *type);

/* Members of an action, as bits. */
enum {
    FAULT_HAS_CODE = 1 << 0,
    FAULT_HAS_AFTER_FRAMES = 1 << 1,
    FAULT_HAS_SECONDS = 1 << 2,
    FAULT_HAS_MS = 1 << 3,
    FAULT_HAS_K = 1 << 4,
    FAULT_HAS_FIELD = 1 << 5,
    FAULT_HAS_VALUE = 1 << 6,
    FAULT_HAS_RETRY_AFTER = 1 << 7,
    FAULT_HAS_LOCATION = 1 << 8,
    FAULT_HAS_AFTER_BYTES = 1 << 9,
    FAULT_HAS_AT_BYTE = 1 << 10,
    FAULT_HAS_BYTES = 1 << 11,
    FAULT_HAS_BYTES_PER_SECOND = 1 << 12,
    FAULT_HAS_AT_STEP = 1 << 13,
};

/* Which members an action of this point and type needs and may have. False: the point has no such action. */
bool fault_members(enum fault_point point, enum fault_type type, unsigned *required, unsigned *allowed);

/* A member of a notify or firmware information by its platform name. */
enum fault_field {
    FAULT_FIELD_COMPONENT_NO,
    FAULT_FIELD_SOURCE_VERSION,
    FAULT_FIELD_TARGET_VERSION,
    FAULT_FIELD_COMPONENT_TYPE,
    FAULT_FIELD_BATTERY_LIMIT,
    FAULT_FIELD_USE_SPACE,
    FAULT_FIELD_MIN_SIGNAL_INTENSITY,
    FAULT_FIELD_URL,
    FAULT_FIELD_SIZE,
    FAULT_FIELD_MD5,
    FAULT_FIELD_CRC,
    FAULT_FIELD_SHA256,
    FAULT_FIELD_COUNT
};
const char *fault_field_name(enum fault_field field); /* "componentNo" ... */
MUST_USE enum status fault_field_parse(const char *name, enum fault_field *field);
/* Whether a notify (FAULT_OTA_NOTIFY) or a firmware information (FAULT_OTA_URL) has it; it is a number. */
bool fault_field_belongs(enum fault_field field, enum fault_point point);
bool fault_field_is_number(enum fault_field field);

/* A place in a file: a byte from 0, or a part of its size. */
struct fault_place {
    bool is_share;
    double value; /* bytes, or percent 0..100 */
};
int64_t fault_place_in(const struct fault_place *place, int64_t size); /* 0..size */

enum { FAULT_VALUE = 256 };

struct fault_action {
    enum fault_type type;
    unsigned given; /* FAULT_HAS_*: the members below that mean something */
    int code;
    int64_t after_frames; /* frames that still pass */
    int64_t ms;           /* of `ms` and `seconds` */
    int64_t k;            /* the k-th frame from now, from 1 */
    enum fault_field field;
    char value[FAULT_VALUE + 1]; /* of a text field */
    int64_t number;              /* of a numeric field */
    int64_t retry_after_s;
    char location[LIMIT_URL + 1];
    struct fault_place at_byte; /* of `atByte` and `afterBytes` */
    int64_t bytes;
    int64_t bytes_per_second;
    enum component_step at_step;
};

/* Empty and unknown members match everything. */
struct fault_match {
    char product_key[LIMIT_PRODUCT_KEY + 1];
    char device_key[LIMIT_DEVICE_KEY + 1];
    struct maybe_int plan_id;
    char component_no[LIMIT_COMPONENT_NO + 1];
    struct maybe_int attempt;
};

struct fault_trigger {
    struct maybe_int times; /* fires at most so often */
    int64_t skip;           /* uses that pass first */
    int64_t every_nth;      /* 1: each */
    double probability;     /* 1: always */
    uint64_t seed;
};

/* Who and what a use is about. */
struct fault_subject {
    int64_t device_id; /* 0: not known */
    int64_t plan_id;   /* 0: of none; negative: of verification -plan_id */
    int attempt;       /* 0: of none */
    char product_key[LIMIT_PRODUCT_KEY + 1];
    char device_key[LIMIT_DEVICE_KEY + 1];
    char component_no[LIMIT_COMPONENT_NO + 1]; /* empty: of none */
};

struct fault {
    int64_t id;
    enum fault_point point;
    struct fault_action action;
    struct fault_match match;
    struct fault_trigger trigger;
    int64_t created_at; /* system's clock */
    int64_t seen;       /* uses that matched */
    int64_t fired;
    uint64_t random; /* state of its random numbers */
    struct maybe_instant last_fired_at;
    struct fault_subject last_fired_on;
};

bool fault_matches(const struct fault *fault, const struct fault_subject *subject);

/* Makes its counters and random numbers those of a new fault. */
void fault_begin(struct fault *fault);

/* It will never fire again. */
bool fault_is_exhausted(const struct fault *fault);

/* A use that matches: counts it; true: it fires now (counted as well, but not yet noted on what). */
bool fault_use(struct fault *fault);

/* "cut at byte 512 (fault 3)" and so on: what it does, for log and journal. */
enum { FAULT_TEXT = 160 };
void fault_describe(const struct fault *fault, char text[FAULT_TEXT]);

#endif
