/*
 * Something that has happened, for those who watch (api.md, GET /events): made by app/ after the commit, kept in the
 * event log of http/.
 *
 *   kind     what                                            says
 *   plan     created changed deleted lists                   its status and name
 *   device   created deleted enabled disabled                its link and what it reported
 *            online offline reported
 *            upgrade                                         its row in a plan: status, reason, components
 *            progress                                        a download of it; tells live listeners only, is not kept
 *            verification                                    status and reason of a verification
 *   log      entry                                           an entry of the upgrade log
 *   clock    set advanced dropped evaluated                  what it shows; of an evaluation, what came of it
 *   package  created deleted revoked
 *   product  created deleted
 *            restored                                        it is as it was when a snapshot was made
 *            reset                                           it has nothing but its keys (and what was to be kept)
 *   fault    armed removed                                   what it is and for whom
 *            fired                                           the same, and on what
 *   frame    received sent                                   a decoded frame of a device; live listeners that ask for
 * frames
 */
#ifndef DOMAIN_EVENT_H
#define DOMAIN_EVENT_H

#include "domain/clock.h"
#include "domain/fault.h"
#include "domain/plan.h"
#include "domain/task.h"

enum event_kind {
    EVENT_PLAN,
    EVENT_DEVICE,
    EVENT_LOG,
    EVENT_CLOCK,
    EVENT_PACKAGE,
    EVENT_PRODUCT,
    EVENT_FRAME,
    EVENT_FAULT,
    EVENT_KIND_COUNT
};
const char *event_kind_name(enum event_kind kind); /* "plan" ... */
MUST_USE enum status event_kind_parse(const char *name, enum event_kind *kind);

enum event_what {
    WHAT_CREATED,
    WHAT_CHANGED,
    WHAT_DELETED,
    WHAT_REVOKED,
    WHAT_LISTS,
    WHAT_ENABLED,
    WHAT_DISABLED,
    WHAT_ONLINE,
    WHAT_OFFLINE,
    WHAT_REPORTED,
    WHAT_UPGRADE,
    WHAT_PROGRESS,
    WHAT_VERIFICATION,
    WHAT_ENTRY,
    WHAT_SET,
    WHAT_ADVANCED,
    WHAT_DROPPED,
    WHAT_EVALUATED,
    WHAT_RECEIVED,
    WHAT_SENT,
    WHAT_ARMED,
    WHAT_FIRED,
    WHAT_REMOVED,
    WHAT_RESET,
    WHAT_RESTORED,
    EVENT_WHAT_COUNT
};
const char *event_what_name(enum event_what what); /* "created" ... */

/* What an event says besides its kind, what and product; a filter by anything else never takes it. */
enum event_trait {
    TRAIT_TOLD = 1,      /* there is such an event */
    TRAIT_PLAN = 2,      /* plan_id may be set */
    TRAIT_DEVICE = 4,    /* device_key may be set */
    TRAIT_STATUS = 8,    /* of.plan.status or of.task.status */
    TRAIT_STEP = 16,     /* parts with a step */
    TRAIT_LOG_KIND = 32, /* of.entry.kind */
};
unsigned event_traits(enum event_kind kind, enum event_what what); /* 0: nothing is told so */

/* A component of a task, or the version of an MCU (then only number and source version). */
struct event_part {
    char component_no[LIMIT_COMPONENT_NO + 1];
    char source_version[LIMIT_VERSION + 1];
    char target_version[LIMIT_VERSION + 1];
    enum component_step step;
    int progress;
    int attempts;
};

struct event_of_plan {
    enum plan_status status;
    char name[LIMIT_NAME + 1];
};

struct event_of_device {
    bool online;
    struct maybe_int battery;
    struct maybe_int signal;
    struct maybe_instant last_seen_at;
    char module_version[LIMIT_DEVICE_TEXT + 1]; /* empty: never reported */
};

struct event_of_task {
    enum device_status status;
    enum reason reason;
    struct maybe_instant started_at;
    struct maybe_instant ended_at;
};

struct event_of_clock {
    int64_t now;
    enum clock_mode mode;
    int64_t next_evaluation_at;
    int64_t devices_checked; /* of an evaluation; 0 otherwise */
    int64_t notified;
};

struct event_of_package {
    int64_t id;
    char name[LIMIT_NAME + 1];
};

enum { EVENT_COMMAND = 24, EVENT_FRAME_TEXT = LOG_DETAIL };
struct event_of_frame {
    char command[EVENT_COMMAND]; /* its name */
    int package_id;
    int64_t length;              /* of the payload, in bytes */
    char text[EVENT_FRAME_TEXT]; /* decoded, cut where it is longer */
};

struct event_of_fault {
    int64_t id;
    enum fault_point point;
    enum fault_type type;
    int64_t fired; /* times, this one included */
    char component_no[LIMIT_COMPONENT_NO + 1];
    int attempt; /* 0: of none */
    char text[FAULT_TEXT];
};

/* Kept in the log; the others reach only those who listen at that moment. */
bool event_is_kept(enum event_kind kind, enum event_what what);

/* As long as its parts: event_size(). Plain bytes, copied as a whole. */
struct event {
    enum event_kind kind;
    enum event_what what;
    int64_t at;                              /* of the product's clock */
    int64_t wall_at;                         /* of the system's */
    int64_t plan_id;                         /* 0: of none; negative: of verification -plan_id */
    char product_key[LIMIT_PRODUCT_KEY + 1]; /* empty: of none */
    char device_key[LIMIT_DEVICE_KEY + 1];   /* empty: of none */
    union {
        struct event_of_plan plan;
        struct event_of_device device;
        struct event_of_task task; /* WHAT_UPGRADE, WHAT_PROGRESS, WHAT_VERIFICATION */
        struct log_entry entry;
        struct event_of_clock clock;
        struct event_of_package package;
        struct event_of_frame frame;
        struct event_of_fault fault;
    } of;
    size_t part_count;
    struct event_part parts[]; /* of a task; MCUs of a device */
};

size_t event_size(size_t part_count); /* bytes of an event with so many parts */

#endif
