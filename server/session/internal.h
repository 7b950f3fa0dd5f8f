/*
 * What the files of session/ share and nobody else sees.
 *
 *   session.c            session_step(): which event does what
 *   session_status.c     SESSION_STATUS: what a device's status number means in each phase
 *   session_versions.c   reported versions against targets
 *   session_attempt.c    begin, fail and succeed an attempt; end the task
 *   session_moves.c      the arrows of phases and steps; nothing else assigns them
 *   session_effects.c    the list of effects and the words of the upgrade log
 */
#ifndef SESSION_INTERNAL_H
#define SESSION_INTERNAL_H

#include "session/session.h"

/* One call of session_step(). */
struct session {
    struct task *task;
    const struct strategy *strategy;
    const struct session_event *event;
    int64_t now;
    struct session_effects *effects;
};

/* --- session_effects.c --- */

struct session_effect *session_add_effect(struct session *session, enum session_effect_kind kind, size_t component);

/* Log entries of the plan as a whole, of one component (with its attempt), and about a report that does not fit. */
void session_log_plan(struct session *session, enum log_direction direction, enum log_kind kind, const char *format,
                      ...) PRINTF_LIKE(4, 5);
void session_log_component(struct session *session, size_t component, enum log_direction direction, enum log_kind kind,
                           const char *format, ...) PRINTF_LIKE(5, 6);
void session_warn(struct session *session, const char *format, ...) PRINTF_LIKE(2, 3);

/* --- session_moves.c --- */

void session_move_phase(struct session *session, enum task_phase to);
void session_move_step(struct session *session, size_t component, enum component_step to);

/* --- session_attempt.c --- */

/* Neither successful nor failed. */
bool session_is_unfinished(const struct task *task, size_t component);

/* component_count when there is none. */
size_t session_first_unfinished(const struct task *task);

void session_restart_deadline(struct session *session);

/* Sends the present attempt's firmware information: for the first time with a new URL, later the same one again. */
void session_send_url(struct session *session);

/* To RUNNING: the first unfinished component's attempt begins, or goes on when it had begun before. */
void session_run(struct session *session);

/* The present attempt has failed: the next one begins, or the task is DONE. `why` in plain words. */
void session_fail_attempt(struct session *session, enum reason reason, const char *why);

/* A component has reached its target; `unconfirmed`: its own status 11 may still come. The caller ends with advance. */
void session_succeed(struct session *session, size_t component, bool unconfirmed, const char *how);

/* After successes: DONE when nothing is left, else the next component. `idle`: the device takes an order now. */
void session_advance(struct session *session, bool idle);

/* DONE as upgraded or failed. */
void session_finish(struct session *session, enum device_status status, enum reason reason);

/* DONE as failed, whatever the device is at. Not for a task that is DONE. */
void session_abort(struct session *session, const struct session_abort *abort);

/* Back to WAITING as if never issued. */
void session_release(struct session *session, enum reason reason);

/* --- session_versions.c --- */

/* What `versions` says about a component, or NULL when nothing that can be relied on. Borrowed. */
const char *session_version_of(const struct task_component *component, const struct version_report *versions);

bool session_is_at_target(const struct task_component *component, const struct version_report *versions);

/* Each unfinished component but `except` whose target is among `versions` is successful. */
void session_absorb_versions(struct session *session, const struct version_report *versions, size_t except);

void session_on_versions(struct session *session);

/* --- session_status.c --- */

void session_on_status(struct session *session);

#endif
