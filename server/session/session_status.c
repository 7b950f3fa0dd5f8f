#include "session/internal.h"

#include <stdio.h>
#include <string.h>

/*
 * What each status number does (protocol.md, 9.1; behaviour.md, 5). An action tells whether the report was accepted;
 * what does not fit leaves a protocolWarning (app/: a reportIgnored, where it is not the device's doing) and changes nothing.
 *
 *                NOTIFIED         RECEIVED        RUNNING: confirmed  downloading   upgrading
 *    1           RECEIVED            -                RECEIVED           warning      warning
 *    2           RUNNING          RUNNING             warning            warning      warning
 *    3           WAITING          WAITING             warning            warning      warning
 *    4  5  8     warning          warning           downloading        downloading    warning
 *    9           warning          warning            upgrading          upgrading     warning
 *    6           warning       warn, NOTIFIED    ------------ the attempt has failed ------------
 *   11           warning       warn, NOTIFIED    -------- successful, or a wrong version --------
 *   12           warning       warn, NOTIFIED    ------------ the attempt has failed ------------
 *
 * 6, 11 and 12 with the target version among their versions are a success everywhere. WAITING and DONE: warning.
 */
struct status_rule {
    int number;
    bool idle; /* the device is idle after it (protocol.md, 9.2), as we act on its PUBREL */
    bool (*of_plan)(struct session *session);                      /* 1, 2, 3: whatever component they name */
    bool (*of_component)(struct session *session, size_t current); /* RUNNING, for the component in progress */
};

/* --- 1, 2, 3: the plan ---------------------------------------------------------------------------------------- */

static const char *status_words(int number)
{
    static const char *const words[] = {
        [1] = "plan received",  [2] = "confirmed",  [3] = "refused",   [4] = "download started", [5] = "downloading",
        [6] = "download error", [8] = "downloaded", [9] = "upgrading", [11] = "upgraded",        [12] = "upgrade error",
    };
    size_t index = number < 0 ? 0 : (size_t)number;
    return index < sizeof words / sizeof words[0] && words[index] != NULL ? words[index] : "unknown";
}

static const char *what_is_expected(const struct task *task)
{
    if (task->phase == TASK_WAITING) {
        return "no plan was sent";
    }
    if (task->phase == TASK_DONE) {
        return "the upgrade is over";
    }
    if (task->phase != TASK_RUNNING) {
        return "the plan waits for 1, 2 or 3";
    }
    switch (task->components[task->current].step) {
    case STEP_CONFIRMED:
    case STEP_DOWNLOADING:
        return "expected is 4, 5, 6, 8, 9, 11 or 12";
    default:
        return "expected is 6, 11 or 12";
    }
}

static bool does_not_fit(struct session *session)
{
    int number = session->event->upgrade->status;
    session_warn(session, "status %d (%s) does not fit: %s", number, status_words(number),
                 what_is_expected(session->task));
    return false;
}

/*
 * An application that accepts inside the plan's callback answers a repeated notify with 2 and then 1: the device is
 * back in `received` and deaf to firmware information (protocol.md, 9.4). So the plan waits for its user again, without
 * limit.
 */
static bool fall_back_to_received(struct session *session)
{
    struct task *task = session->task;
    session_warn(session, "status 1 after 2: the device waits for its user again");
    session_move_phase(session, TASK_RECEIVED);
    session_move_step(session, task->current, STEP_START);
    task->deadline = (struct maybe_instant){0};
    task->url_pending = false;
    return true;
}

static bool on_received(struct session *session)
{
    struct task *task = session->task;
    if (task->phase == TASK_NOTIFIED) {
        session_move_phase(session, TASK_RECEIVED);
        session_log_plan(session, LOG_FROM_DEVICE, LOG_PLAN_RECEIVED, "the device received the plan");
        return true;
    }
    if (task->phase == TASK_RECEIVED) {
        return true; /* two notifies give two of them */
    }
    if (task->phase == TASK_RUNNING && task->components[task->current].step == STEP_CONFIRMED) {
        return fall_back_to_received(session);
    }
    return does_not_fit(session);
}

static bool on_confirmed(struct session *session)
{
    struct task *task = session->task;
    if (task->phase != TASK_NOTIFIED && task->phase != TASK_RECEIVED) {
        return does_not_fit(session);
    }
    if (task->phase == TASK_NOTIFIED) {
        session_warn(session, "status 2 came without the status 1 before it");
    }
    task->wants_sha256 = session->event->upgrade->wants_sha256;
    session_log_plan(session, LOG_FROM_DEVICE, LOG_CONFIRMED, "the device confirmed the plan%s",
                     task->wants_sha256 ? " and wants SHA-256" : "");
    session_run(session);
    return true;
}

static bool on_refused(struct session *session)
{
    struct task *task = session->task;
    if (task->phase != TASK_NOTIFIED && task->phase != TASK_RECEIVED) {
        return does_not_fit(session);
    }
    session_log_plan(session, LOG_FROM_DEVICE, LOG_REFUSED, "the device refused the plan");
    session_release(session, REASON_REFUSED);
    return true;
}

/* --- 4 and more: the component in progress -------------------------------------------------------------------- */

/* Bytes sent to the device's token count; they never run backwards within an attempt. */
static void note_progress(struct session *session, struct task_component *component)
{
    int percent = session->event->progress;
    if (percent > component->progress) {
        component->progress = percent > 100 ? 100 : percent;
    }
}

/* 4, 5, 8 of an image in pieces come several times. Any of them may be the first to arrive. */
static bool enter_downloading(struct session *session, size_t current)
{
    enum component_step step = session->task->components[current].step;
    if (step != STEP_CONFIRMED && step != STEP_DOWNLOADING) {
        return does_not_fit(session);
    }
    session_move_step(session, current, STEP_DOWNLOADING);
    return true;
}

static bool on_download_started(struct session *session, size_t current)
{
    struct task_component *component = &session->task->components[current];
    bool first = component->step == STEP_CONFIRMED;
    if (!enter_downloading(session, current)) {
        return false;
    }
    if (!first) {
        note_progress(session, component);
    }
    session_log_component(session, current, LOG_FROM_DEVICE, LOG_DOWNLOADING, "%d %%", component->progress);
    return true;
}

static bool on_downloading(struct session *session, size_t current)
{
    if (!enter_downloading(session, current)) {
        return false;
    }
    struct task_component *component = &session->task->components[current];
    note_progress(session, component);
    session_log_component(session, current, LOG_FROM_DEVICE, LOG_DOWNLOADING, "%d %%", component->progress);
    return true;
}

/* The 8 of a piece looks like that of the whole: only the bytes that went out tell them apart. */
static bool on_downloaded(struct session *session, size_t current)
{
    if (!enter_downloading(session, current)) {
        return false;
    }
    struct task_component *component = &session->task->components[current];
    if (session->event->progress < 0) {
        component->progress = 100;
    }
    note_progress(session, component);
    session_log_component(session, current, LOG_FROM_DEVICE, LOG_DOWNLOADED, "%d %%", component->progress);
    return true;
}

static bool on_upgrading(struct session *session, size_t current)
{
    struct task_component *component = &session->task->components[current];
    if (component->step == STEP_UPGRADING) {
        return does_not_fit(session);
    }
    session_move_step(session, current, STEP_UPGRADING);
    component->progress = 100;
    session_log_component(session, current, LOG_FROM_DEVICE, LOG_UPGRADING, "the device installs the new version");
    return true;
}

/*
 * A failure reported while the present attempt has not reached the device (it waits for the reconnect) belongs to the
 * attempt before, which has timed out already: it costs no other one, but tells that the device is idle.
 */
static bool fail_reported(struct session *session, enum reason reason, const char *why)
{
    if (session->task->url_sent) {
        session_fail_attempt(session, reason, why);
        return true;
    }
    session_warn(session, "%s, before this attempt's firmware information was sent: costs no attempt", why);
    if (session->event->device_online) {
        session_send_url(session);
    }
    return true;
}

static bool on_download_failed(struct session *session, size_t current)
{
    (void)current;
    return fail_reported(session, REASON_DOWNLOAD_FAILED, "download error reported by the device");
}

static bool fail_by_version(struct session *session, const char *version, const char *target)
{
    char why[LOG_DETAIL];
    (void)snprintf(why, sizeof why, "the device reports version %s instead of %s", version, target);
    return fail_reported(session, REASON_WRONG_VERSION, why);
}

/*
 * The versions are part of 11 (id 25, and 26 when the list is not empty). Where they say nothing about the component,
 * the device's word stands: nothing contradicts it, and the upgrade of a device that has succeeded can only fail.
 */
static bool on_upgraded(struct session *session, size_t current)
{
    const struct task_component *component = &session->task->components[current];
    const char *version = session_version_of(component, &session->event->upgrade->versions);
    if (version != NULL) {
        return fail_by_version(session, version, component->target_version);
    }
    session_warn(session, "status 11 without a version of the component");
    session_succeed(session, current, false, "success reported by the device");
    return true;
}

static bool on_upgrade_failed(struct session *session, size_t current)
{
    const struct task_component *component = &session->task->components[current];
    const char *version = session_version_of(component, &session->event->upgrade->versions);
    if (version != NULL && strcmp(version, component->source_version) != 0) {
        return fail_by_version(session, version, component->target_version);
    }
    return fail_reported(session, REASON_UPGRADE_FAILED, "upgrade error reported by the device");
}

/* --- which of them ---------------------------------------------------------------------------------------------- */

static const struct status_rule *find_rule(int number)
{
    static const struct status_rule rules[] = {
        {1, false, on_received, NULL},         {2, false, on_confirmed, NULL},   {3, true, on_refused, NULL},
        {4, false, NULL, on_download_started}, {5, false, NULL, on_downloading}, {6, true, NULL, on_download_failed},
        {8, false, NULL, on_downloaded},       {9, false, NULL, on_upgrading},   {11, true, NULL, on_upgraded},
        {12, true, NULL, on_upgrade_failed},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].number == number) {
            return &rules[i];
        }
    }
    return NULL;
}

/* component_count when the plan has none of that number; both sides are cut to 32 bytes already. */
static size_t find_component(const struct task *task, const char *component_no)
{
    size_t i = 0;
    while (i < task->component_count && strcmp(task->components[i].component_no, component_no) != 0) {
        i++;
    }
    return i;
}

/* The 11 (or 12, 6) of a component that its version had already made successful: the device is idle now. */
static bool take_late_confirmation(struct session *session, size_t component)
{
    struct task *task = session->task;
    task->components[component].unconfirmed = false;
    session_absorb_versions(session, &session->event->upgrade->versions, component);
    session_advance(session, true);
    if (task->phase == TASK_RUNNING && task->url_pending && session->event->device_online) {
        session_send_url(session);
    }
    return true;
}

/* 6, 11, 12 leave the device idle with the plan forgotten; its 2 was lost. The next tick notifies again: not at once,
 * or a device that always answers so would be asked in a circle. */
static bool report_before_confirm(struct session *session, bool idle)
{
    (void)does_not_fit(session);
    if (idle && session->task->phase == TASK_RECEIVED) {
        session_move_phase(session, TASK_NOTIFIED);
    }
    return false;
}

static bool dispatch_component(struct session *session, const struct status_rule *rule, size_t component)
{
    struct task *task = session->task;
    const struct upgrade_report *report = session->event->upgrade;
    if (rule->idle && task->components[component].unconfirmed) {
        return take_late_confirmation(session, component);
    }
    if (task->phase == TASK_WAITING || task->phase == TASK_DONE || !session_is_unfinished(task, component)) {
        return does_not_fit(session);
    }
    bool accepted = true;
    session_absorb_versions(session, &report->versions, component);
    bool in_progress = task->phase == TASK_RUNNING && component == task->current;
    if (session_is_at_target(&task->components[component], &report->versions)) {
        session_absorb_versions(session, &report->versions, task->component_count);
        task->components[component].unconfirmed &= !rule->idle;
    } else if (in_progress) {
        accepted = rule->of_component(session, component);
    } else if (task->phase == TASK_RUNNING) {
        session_warn(session, "status %d (%s) of a component that is not in progress; that is %s", rule->number,
                     status_words(rule->number), task->components[task->current].component_no);
        accepted = false;
    } else {
        accepted = report_before_confirm(session, rule->idle);
    }
    session_advance(session, rule->idle);
    return accepted;
}

static bool dispatch(struct session *session)
{
    const struct upgrade_report *report = session->event->upgrade;
    const struct task *task = session->task;
    const struct status_rule *rule = find_rule(report->status);
    if (rule == NULL) {
        return does_not_fit(session);
    }
    if (rule->of_plan != NULL) {
        return rule->of_plan(session);
    }
    size_t component = find_component(task, report->component_no);
    if (component == task->component_count) {
        session_warn(session, "status %d (%s) of a component that is not in the plan", rule->number,
                     status_words(rule->number));
        return false;
    }
    enum component_type type = task->components[component].type;
    if (report->component_type.known && report->component_type.value != (int64_t)type) {
        session_warn(session, "status %d (%s) names type %lld instead of %d (%s)", rule->number,
                     status_words(rule->number), (long long)report->component_type.value, (int)type,
                     component_type_name(type));
        return false;
    }
    return dispatch_component(session, rule, component);
}

void session_on_status(struct session *session)
{
    if (dispatch(session) && session->task->phase == TASK_RUNNING) {
        session_restart_deadline(session);
    }
}
