/*
 * A small language for the tests of session/: what happens, what must follow, how the task then stands.
 *
 *   plan    "STM32 MOD"     components in sequence; "STM32!" is at its target when the plan is issued.
 *                           MOD is the module M1 -> M2, all others are MCUs 1_0_0 -> 2_0_0
 *   event   "issue" "request" "online" "offline" "reported" "settled" "tick" "timeout"
 *           "abort declined" "abort planTerminated" "abort planEnded" "abort timeout"
 *           "1" "2 sha" "4 STM32 p=0" "5 STM32 p=40" "11 STM32 v=STM32:2_0_0" "11 MOD m=M2" "6 STM32 t=1"
 *           "versions v=STM32:1_0_0 m=M1"     m= bare module version, i= as in 0x0044 (perhaps with a suffix)
 *           "+1000" first: so many milliseconds pass before
 *   effects "planIssued/STM32 STARTED NOTIFY"   log entries by kind, of which component; URL+ new, URL= again
 *   state   "running start#0 downloading#1@40"  phase, then step#attempt@percent of each component
 *           "waiting:refused" "done:upgraded" "done:failed:timeout" "running,pending"
 */
#ifndef TESTS_SESSION_STORY_H
#define TESTS_SESSION_STORY_H

#include "session/session.h"
#include "support/suite.h"

enum { STORY_TEXT = 2048, STORY_START_MS = 1000000 };

struct story {
    struct task task;
    struct strategy strategy;
    int64_t now;
    bool online;
    bool live[LIMIT_COMPONENTS];    /* has a URL that was sent and has not expired */
    struct session_effects effects; /* of the last event */
};

void story_init(struct story *story, const char *plan, int retries);

/* Plays one event. A word it does not know ends the test program: the table is wrong. */
void story_play(struct story *story, const char *event);

/* What came out, in the words above. */
void story_effects_text(const struct story *story, char text[STORY_TEXT]);
void story_state_text(const struct task *task, char text[STORY_TEXT]);

/* A whole upgrade: plays the moments until one without event. */
struct moment {
    const char *event;
    const char *effects; /* NULL: not compared */
    const char *state;   /* NULL: not compared */
};

enum { MOMENTS = 20 };

struct told_story {
    const char *name;
    const char *plan;
    int retries;
    struct moment moments[MOMENTS + 1];
};

void story_tell(const struct told_story *stories, size_t count);
#define STORY_TELL(stories) story_tell(stories, sizeof(stories) / sizeof((stories)[0]))

/* The moments that most upgrades of one MCU share. */
#define ISSUE                                                                                                          \
    {                                                                                                                  \
        "issue", "planIssued/STM32 STARTED NOTIFY", "notified start"                                                   \
    }
#define RECEIVE                                                                                                        \
    {                                                                                                                  \
        "1 STM32", "planReceived", "received start"                                                                    \
    }
#define CONFIRM                                                                                                        \
    {                                                                                                                  \
        "2 STM32", "confirmed urlIssued/STM32 URL+STM32 waitingDownload/STM32", "running confirmed#1"                  \
    }
#define OPENING ISSUE, RECEIVE, CONFIRM
#define DOWNLOAD                                                                                                       \
    {                                                                                                                  \
        "4 STM32 p=0", "downloading/STM32", "running downloading#1"                                                    \
    }
#define DOWNLOADED                                                                                                     \
    {                                                                                                                  \
        "8 STM32 p=100", "downloaded/STM32", "running downloading#1@100"                                               \
    }
#define INSTALL                                                                                                        \
    {                                                                                                                  \
        "9 STM32", "upgrading/STM32", "running upgrading#1@100"                                                        \
    }
#define SUCCESS                                                                                                        \
    {                                                                                                                  \
        "11 STM32 v=STM32:2_0_0", "EXPIRE/STM32 succeeded/STM32 FINISHED", "done:upgraded successful#1"                \
    }
#define RETRY(next) "EXPIRE/STM32 attemptFailed/STM32 " next
#define NEW_URL     "urlIssued/STM32 URL+STM32 waitingDownload/STM32"
#define GIVE_UP     "EXPIRE/STM32 failed/STM32 FINISHED"

/* Plays, then compares; NULL expectations are not compared. Prints row, event and difference. */
void story_expect(struct story *story, const char *row, const char *event, const char *effects, const char *state);

/* The last effects' log entry of a kind, or NULL. */
const struct log_entry *story_entry(const struct story *story, enum log_kind kind);

bool story_has_effect(const struct story *story, enum session_effect_kind kind);

/* What must hold after any event whatever (task.h; session.h). */
void story_check_invariants(const struct story *story, const char *row);

#endif
