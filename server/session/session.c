#include "session/session.h"

#include <assert.h>

#include "session/internal.h"

const char *session_event_name(enum session_event_kind kind)
{
    static const char *const names[SESSION_EVENT_COUNT] = {
        [SESSION_ISSUE] = "issue",       [SESSION_STATUS] = "status",   [SESSION_VERSIONS] = "versions",
        [SESSION_REQUEST] = "request",   [SESSION_ONLINE] = "online",   [SESSION_OFFLINE] = "offline",
        [SESSION_REPORTED] = "reported", [SESSION_SETTLED] = "settled", [SESSION_TICK] = "tick",
        [SESSION_TIMEOUT] = "timeout",   [SESSION_ABORT] = "abort",
    };
    assert(kind < SESSION_EVENT_COUNT);
    return names[kind];
}

/* Skipped components are at their target: nothing is sent for them, and they count as successful from here on. */
static void on_issue(struct session *session)
{
    struct task *task = session->task;
    if (task->phase != TASK_WAITING || task->status != DEVICE_NON_UPGRADED) {
        return;
    }
    for (size_t i = 0; i < task->component_count; i++) {
        struct task_component *component = &task->components[i];
        if (component->skipped) {
            session_move_step(session, i, STEP_SUCCESSFUL);
            component->progress = 100;
            session_log_component(session, i, LOG_FROM_SERVER, LOG_SUCCEEDED, "is at its target version %s already",
                                  component->target_version);
        } else {
            session_move_step(session, i, STEP_START);
            session_log_component(session, i, LOG_FROM_SERVER, LOG_PLAN_ISSUED, "from %s to %s",
                                  component->source_version, component->target_version);
        }
    }
    if (session_first_unfinished(task) == task->component_count) {
        session_finish(session, DEVICE_UPGRADED, REASON_ALREADY_AT_TARGET);
        return;
    }
    session_move_phase(session, TASK_NOTIFIED);
    task->status = DEVICE_IN_UPGRADE;
    task->reason = REASON_NONE;
    task->started_at = (struct maybe_instant){.known = true, .at = session->now};
    session_add_effect(session, EFFECT_STARTED, 0);
    session_add_effect(session, EFFECT_SEND_NOTIFY, 0);
}

static void notify_again(struct session *session, const char *why)
{
    if (session->task->phase == TASK_NOTIFIED && session->event->device_online) {
        session_log_plan(session, LOG_FROM_SERVER, LOG_PLAN_ISSUED, "sent again: %s", why);
        session_add_effect(session, EFFECT_SEND_NOTIFY, 0);
    }
}

/* A restart in `received` is forgotten without any report (protocol.md, 9.3), and it cannot be told from a lost link: a
 * device that still knows the plan only answers 1 once more. */
static void on_reported(struct session *session)
{
    if (session->task->phase == TASK_RECEIVED) {
        session_move_phase(session, TASK_NOTIFIED);
    }
    notify_again(session, "the device has a new connection");
}

/* On one connection a device that has received the plan keeps it: it is not asked twice. */
static void on_request(struct session *session)
{
    notify_again(session, "the device asked, and has not answered yet");
}

static void on_tick(struct session *session)
{
    notify_again(session, "the device has not answered yet");
}

/* An order may have been lost with the old link; a device that has it already ignores it (protocol.md, 9.2). */
static void on_online(struct session *session)
{
    struct task *task = session->task;
    if (task->phase == TASK_RUNNING && task->components[task->current].step == STEP_CONFIRMED) {
        task->url_pending = true;
    }
}

static void on_settled(struct session *session)
{
    const struct task *task = session->task;
    bool waits = task->phase == TASK_RUNNING && task->url_pending &&
                 (!task->url_sent || task->components[task->current].step == STEP_CONFIRMED);
    if (waits && session->event->device_online) {
        session_send_url(session);
    }
}

/* There is a deadline only while RUNNING. */
static void on_timeout(struct session *session)
{
    const struct task *task = session->task;
    if (task->deadline.known && session->now >= task->deadline.at) {
        session_fail_attempt(session, REASON_TIMEOUT, "nothing was reported in time");
    }
}

/* The device is not told (there is no message for it): what it still reports does not fit any more. */
static void on_abort(struct session *session)
{
    if (session->task->phase != TASK_DONE) {
        session_abort(session, &session->event->abort);
    }
}

/* The link's state comes with every event: its going by itself changes nothing. */
static void on_offline(struct session *session)
{
    (void)session;
}

void session_step(struct task *task, const struct strategy *strategy, const struct session_event *event, int64_t now,
                  struct session_effects *effects)
{
    static void (*const actions[SESSION_EVENT_COUNT])(struct session *) = {
        [SESSION_ISSUE] = on_issue,
        [SESSION_STATUS] = session_on_status,
        [SESSION_VERSIONS] = session_on_versions,
        [SESSION_REQUEST] = on_request,
        [SESSION_ONLINE] = on_online,
        [SESSION_OFFLINE] = on_offline,
        [SESSION_REPORTED] = on_reported,
        [SESSION_SETTLED] = on_settled,
        [SESSION_TICK] = on_tick,
        [SESSION_TIMEOUT] = on_timeout,
        [SESSION_ABORT] = on_abort,
    };
    struct session session = {.task = task, .strategy = strategy, .event = event, .now = now, .effects = effects};
    assert(event->kind < SESSION_EVENT_COUNT && task->component_count >= 1 &&
           task->component_count <= LIMIT_COMPONENTS);
    effects->count = 0;
    actions[event->kind](&session);
}
