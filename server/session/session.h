/*
 * The upgrade of one device in one plan: a pure step function (behaviour.md, 5; protocol.md, 9.2-9.5).
 *
 *   task + event + now  --session_step()-->  task' + effects
 *
 *            ISSUE            status 1            status 2            11 / target version reported
 *   WAITING -------> NOTIFIED -------> RECEIVED -------> RUNNING ---------------------------------> next component
 *      ^  notify         |  reconnect:     |   firmware info |  6, 12, wrong version, timeout:        or DONE
 *      |                 |  notify again   |                 |  attempts left: firmware info again    (upgraded)
 *      +---- status 3 ---+-----------------+                 |  none left: DONE (failed)
 *
 *   SESSION_ABORT: from each of them to DONE (failed)
 *
 * No I/O, no clock, no randomness: the caller applies the effects in their order, after it has stored the task.
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "domain/plan.h"
#include "domain/reports.h"
#include "domain/task.h"

enum session_event_kind {
    SESSION_ISSUE,  /* an evaluation passed: source versions are filled in, `skipped` is set on what is at its target */
    SESSION_STATUS, /* 0x0114 of the device (`upgrade`), acted on at PUBREL */
    SESSION_VERSIONS, /* 0x0115 or 0x0044 (`versions`) */
    SESSION_REQUEST,  /* 0x0115 came (after SESSION_VERSIONS for the same frame) */
    SESSION_ONLINE,   /* subscribed again */
    SESSION_OFFLINE,  /* link gone */
    SESSION_REPORTED, /* after ONLINE: status and information have come, or 3 s have passed */
    SESSION_SETTLED,  /* 3 s after ONLINE, or after the effect SETTLE: cached statuses have come by now */
    SESSION_TICK,     /* a tick of the 10-minute evaluation */
    SESSION_TIMEOUT,  /* task->deadline has passed */
    SESSION_ABORT,    /* not of the device's doing: from any phase but DONE the task is failed with `abort` */
    SESSION_EVENT_COUNT
};
const char *session_event_name(enum session_event_kind kind);

/* declined, planTerminated, planEnded; a verification's 60 minutes: what is kept with the task, and its log entry. */
struct session_abort {
    enum reason reason;
    enum log_kind kind;
    enum log_direction direction;
    const char *why; /* plain words, borrowed */
};

struct session_event {
    enum session_event_kind kind;
    bool device_online;
    const struct upgrade_report *upgrade;  /* SESSION_STATUS */
    const struct version_report *versions; /* SESSION_VERSIONS */
    struct session_abort abort;            /* SESSION_ABORT */
    int progress; /* percent of the present download that the firmware server has sent; -1 unknown */
};

enum session_effect_kind {
    EFFECT_LOG,         /* entry: without id and at */
    EFFECT_SEND_NOTIFY, /* all components that are neither skipped nor successful */
    EFFECT_SEND_URL,    /* firmware information of components[component]; `fresh`: for the first time in its attempt */
    EFFECT_EXPIRE_URL,  /* the tokens of components[component] */
    EFFECT_SETTLE,      /* send SESSION_SETTLED in LIMIT_SETTLE_MS (the device is not idle yet) */
    EFFECT_STARTED,     /* the plan may become `upgrading` */
    EFFECT_RELEASED,    /* refused: back to nonUpgraded; the slot is free */
    EFFECT_FINISHED,    /* upgraded or failed: the next plan may be issued */
    SESSION_EFFECT_COUNT
};

struct session_effect {
    enum session_effect_kind kind;
    size_t component;
    bool fresh;
    struct log_entry entry;
};

enum {
    SESSION_EFFECTS = 64
}; /* the most that one step can make: 20 components succeed at once, each with a few entries */

struct session_effects {
    size_t count;
    struct session_effect items[SESSION_EFFECTS];
};

/*
 * Applies `event` to `task` in place. `strategy` is the plan's. `now` in milliseconds of the product's clock. An event
 * that does not fit changes nothing but may leave a protocolWarning among the effects. `effects` is emptied first.
 */
void session_step(struct task *task, const struct strategy *strategy, const struct session_event *event, int64_t now,
                  struct session_effects *effects);

#endif
