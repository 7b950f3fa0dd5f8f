/*
 * A small language for the tests of session/: what happens, what must follow, how the task then stands.
 *
 *   plan    "STM32 MOD"     components in sequence; "STM32!" is at its target when the plan is issued.
 *                           MOD is the module M1 -> M2, all others are MCUs 1_0_0 -> 2_0_0
 *   event   "issue" "request" "online" "offline" "reported" "settled" "tick" "timeout"
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
    struct session_effects effects; /* of the last event */
};

void story_init(struct story *story, const char *plan, int retries);

/* Plays one event. A word it does not know ends the test program: the table is wrong. */
void story_play(struct story *story, const char *event);

/* What came out, in the words above. */
void story_effects_text(const struct story *story, char text[STORY_TEXT]);
void story_state_text(const struct task *task, char text[STORY_TEXT]);

/* Plays, then compares; NULL expectations are not compared. Prints row, event and difference. */
void story_expect(struct story *story, const char *row, const char *event, const char *effects, const char *state);

/* The last effects' log entry of a kind, or NULL. */
const struct log_entry *story_entry(const struct story *story, enum log_kind kind);

bool story_has_effect(const struct story *story, enum session_effect_kind kind);

/* What must hold after any event whatever (task.h; session.h). */
void story_check_invariants(const struct story *story, const char *row);

#endif
