#include "session/internal.h"

#include <assert.h>

enum { MINUTE_MS = 60 * 1000 };

bool session_is_unfinished(const struct task *task, size_t component)
{
    enum component_step step = task->components[component].step;
    return step != STEP_SUCCESSFUL && step != STEP_FAILED;
}

size_t session_first_unfinished(const struct task *task)
{
    size_t i = 0;
    while (i < task->component_count && !session_is_unfinished(task, i)) {
        i++;
    }
    return i;
}

void session_restart_deadline(struct session *session)
{
    int64_t timeout_ms = (int64_t)session->strategy->timeout_minutes * MINUTE_MS;
    session->task->deadline = (struct maybe_instant){.known = true, .at = session->now + timeout_ms};
}

static void fail_component(struct session *session, size_t component)
{
    session_move_step(session, component, STEP_FAILED);
    session->task->components[component].ended_at = (struct maybe_instant){.known = true, .at = session->now};
}

/* Never begun, and never will be. */
static void drop_started(struct session *session)
{
    for (size_t i = 0; i < session->task->component_count; i++) {
        if (session->task->components[i].step == STEP_START) {
            session_move_step(session, i, STEP_WAITING);
        }
    }
}

/* There is nothing more to send: no attempt can follow. True: the package of the component in progress is revoked. */
static bool fail_when_revoked(struct session *session)
{
    const struct task *task = session->task;
    if (!task->components[task->current].revoked) {
        return false;
    }
    if (task->components[task->current].attempts > 0) {
        session_add_effect(session, EFFECT_EXPIRE_URL, task->current);
    }
    session_log_component(session, task->current, LOG_FROM_SERVER, LOG_FAILED,
                          "its package was revoked: no firmware information is sent");
    fail_component(session, task->current);
    drop_started(session);
    session_finish(session, DEVICE_FAILED, REASON_PACKAGE_REVOKED);
    return true;
}

void session_send_url(struct session *session)
{
    struct task *task = session->task;
    bool fresh = !task->url_sent;
    assert(task->phase == TASK_RUNNING);
    if (fail_when_revoked(session)) {
        return;
    }
    session_log_component(session, task->current, LOG_FROM_SERVER, LOG_URL_ISSUED, "attempt %d of %d%s",
                          task->components[task->current].attempts, session->strategy->retries + 1,
                          fresh ? "" : ", sent again");
    session_add_effect(session, EFFECT_SEND_URL, task->current)->fresh = fresh;
    task->url_sent = true;
    task->url_pending = false;
    if (fresh) {
        session_log_component(session, task->current, LOG_FROM_SERVER, LOG_WAITING_DOWNLOAD,
                              "waiting for the device to download");
    }
}

/* Offline the order waits for the reconnect (SETTLED follows it); a device that may be busy gets time to settle. */
static void send_url_when_ready(struct session *session, bool idle)
{
    session_restart_deadline(session);
    if (session->event->device_online && idle) {
        session_send_url(session);
        return;
    }
    session->task->url_pending = true;
    if (session->event->device_online) {
        session_add_effect(session, EFFECT_SETTLE, session->task->current);
    }
}

static void begin_attempt(struct session *session, bool idle)
{
    struct task *task = session->task;
    struct task_component *component = &task->components[task->current];
    session_move_step(session, task->current, STEP_CONFIRMED);
    if (fail_when_revoked(session)) {
        return;
    }
    component->attempts++;
    component->progress = 0;
    if (component->attempts == 1) {
        component->started_at = (struct maybe_instant){.known = true, .at = session->now};
    }
    task->url_sent = false;
    send_url_when_ready(session, idle);
}

void session_run(struct session *session)
{
    struct task *task = session->task;
    session_move_phase(session, TASK_RUNNING);
    task->current = session_first_unfinished(task);
    if (task->components[task->current].attempts == 0) {
        begin_attempt(session, true);
        return;
    }
    session_move_step(session, task->current, STEP_CONFIRMED);
    send_url_when_ready(session, true);
}

/* Of all attempts begun and not ended: there is at most one. */
static void expire_urls(struct session *session)
{
    const struct task *task = session->task;
    for (size_t i = 0; i < task->component_count; i++) {
        if (task->components[i].attempts > 0 && session_is_unfinished(task, i)) {
            session_add_effect(session, EFFECT_EXPIRE_URL, i);
        }
    }
}

void session_fail_attempt(struct session *session, enum reason reason, const char *why)
{
    struct task *task = session->task;
    struct task_component *component = &task->components[task->current];
    int most = session->strategy->retries + 1;
    enum log_direction direction = session->event->kind == SESSION_STATUS ? LOG_FROM_DEVICE : LOG_FROM_SERVER;
    session_add_effect(session, EFFECT_EXPIRE_URL, task->current);
    bool left = component->attempts < most;
    if (left && !component->revoked) {
        session_log_component(session, task->current, direction, LOG_ATTEMPT_FAILED, "attempt %d of %d: %s, retrying%s",
                              component->attempts, most, why,
                              session->event->device_online ? "" : " when the device is back");
        begin_attempt(session, true);
        return;
    }
    session_log_component(session, task->current, direction, LOG_FAILED, "attempt %d of %d: %s, %s",
                          component->attempts, most, why, left ? "its package was revoked" : "no attempt left");
    fail_component(session, task->current);
    drop_started(session);
    session_finish(session, DEVICE_FAILED, left ? REASON_PACKAGE_REVOKED : reason);
}

void session_succeed(struct session *session, size_t component, bool unconfirmed, const char *how)
{
    struct task_component *subject = &session->task->components[component];
    if (subject->attempts > 0) {
        session_add_effect(session, EFFECT_EXPIRE_URL, component);
    }
    session_log_component(session, component, LOG_FROM_DEVICE, LOG_SUCCEEDED, "%s", how);
    session_move_step(session, component, STEP_SUCCESSFUL);
    subject->progress = 100;
    subject->unconfirmed = unconfirmed;
    subject->ended_at = (struct maybe_instant){.known = true, .at = session->now};
}

void session_advance(struct session *session, bool idle)
{
    struct task *task = session->task;
    if (task->phase == TASK_WAITING || task->phase == TASK_DONE) {
        return;
    }
    size_t next = session_first_unfinished(task);
    if (next == task->component_count) {
        session_finish(session, DEVICE_UPGRADED, REASON_NONE);
    } else if (task->phase == TASK_RUNNING && !session_is_unfinished(task, task->current)) {
        task->current = next;
        begin_attempt(session, idle);
    }
}

/* Nothing of an attempt is left: no timeout, no order on its way. */
static void forget_attempt(struct task *task)
{
    task->deadline = (struct maybe_instant){0};
    task->url_pending = false;
    task->url_sent = false;
}

void session_finish(struct session *session, enum device_status status, enum reason reason)
{
    struct task *task = session->task;
    session_move_phase(session, TASK_DONE);
    forget_attempt(task);
    task->status = status;
    task->reason = reason;
    task->ended_at = (struct maybe_instant){.known = true, .at = session->now};
    session_add_effect(session, EFFECT_FINISHED, 0);
}

void session_abort(struct session *session, const struct session_abort *abort)
{
    struct task *task = session->task;
    expire_urls(session);
    if (task->phase == TASK_RUNNING) {
        session_log_component(session, task->current, abort->direction, abort->kind, "%s", abort->why);
        fail_component(session, task->current);
    } else {
        session_log_plan(session, abort->direction, abort->kind, "%s", abort->why);
    }
    drop_started(session);
    session_finish(session, DEVICE_FAILED, abort->reason);
}

/* Everything goes back, also what was skipped: the next evaluation looks at the versions anew. */
void session_release(struct session *session, enum reason reason)
{
    struct task *task = session->task;
    session_move_phase(session, TASK_WAITING);
    forget_attempt(task);
    expire_urls(session);
    for (size_t i = 0; i < task->component_count; i++) {
        struct task_component *component = &task->components[i];
        session_move_step(session, i, STEP_WAITING);
        component->attempts = 0;
        component->progress = 0;
        component->skipped = false;
        component->unconfirmed = false;
        component->started_at = (struct maybe_instant){0};
        component->ended_at = (struct maybe_instant){0};
    }
    task->current = 0;
    task->wants_sha256 = false;
    task->status = DEVICE_NON_UPGRADED;
    task->reason = reason;
    task->started_at = (struct maybe_instant){0};
    session_add_effect(session, EFFECT_RELEASED, 0);
}
