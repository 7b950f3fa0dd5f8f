#include "session/internal.h"

#include <stdio.h>
#include <string.h>

/* A module version of 0x0044 may carry the application's suffix (protocol.md, 6): it tells something only when it is
 * the target itself, for no suffix makes a foreign version equal to it. */
const char *session_version_of(const struct task_component *component, const struct version_report *versions)
{
    if (component->type == COMPONENT_MODULE) {
        bool counts = versions->module_is_bare || strcmp(versions->module_version, component->target_version) == 0;
        return versions->module_version[0] != '\0' && counts ? versions->module_version : NULL;
    }
    for (size_t i = 0; i < versions->mcu_count; i++) {
        const struct mcu_version *mcu = &versions->mcus[i];
        if (strcmp(mcu->component_no, component->component_no) == 0) {
            return mcu->version[0] != '\0' ? mcu->version : NULL;
        }
    }
    return NULL;
}

bool session_is_at_target(const struct task_component *component, const struct version_report *versions)
{
    const char *version = session_version_of(component, versions);
    return version != NULL && strcmp(version, component->target_version) == 0;
}

void session_absorb_versions(struct session *session, const struct version_report *versions, size_t except)
{
    struct task *task = session->task;
    bool under_way = task->phase != TASK_WAITING && task->phase != TASK_DONE;
    for (size_t i = 0; under_way && i < task->component_count; i++) {
        const struct task_component *component = &task->components[i];
        if (i == except || !session_is_unfinished(task, i) || !session_is_at_target(component, versions)) {
            continue;
        }
        char how[LOG_DETAIL];
        (void)snprintf(how, sizeof how, "the device reports its target version %s", component->target_version);
        bool in_progress = task->phase == TASK_RUNNING && i == task->current;
        session_succeed(session, i, in_progress && task->url_sent, how);
    }
}

/* Devices report their versions at every connect and request: only news of the component in progress is an entry. */
static void log_reported_version(struct session *session, const struct version_report *versions)
{
    const struct task_component *component = &session->task->components[session->task->current];
    const char *version = session_version_of(component, versions);
    if (version != NULL && strcmp(version, component->source_version) != 0) {
        session_log_component(session, session->task->current, LOG_FROM_DEVICE, LOG_VERSION_REPORTED, "%s, target %s",
                              version, component->target_version);
    }
}

/*
 * A version that is not the target decides nothing here: the device may only have lost its link. Its own 6, 11 or 12,
 * or the timeout, ends the attempt.
 */
void session_on_versions(struct session *session)
{
    const struct version_report *versions = session->event->versions;
    if (session->task->phase == TASK_RUNNING) {
        log_reported_version(session, versions);
    }
    session_absorb_versions(session, versions, session->task->component_count);
    session_advance(session, false); /* by its version: whether the device is idle already is not known */
}
