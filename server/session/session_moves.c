#include "session/internal.h"

#include <assert.h>

/*
 *             to: WAITING   NOTIFIED      RECEIVED        RUNNING   DONE
 *   WAITING         .       issued           .               .      nothing to do
 *   NOTIFIED     refused       .          status 1        status 2  targets reported
 *   RECEIVED     refused    forgotten        .            status 2  targets reported
 *   RUNNING         .          .      1 after 2 (9.4)        .      upgraded, failed
 *   DONE            .          .             .               .      .
 *
 *   and from everywhere an abort goes to DONE: failed
 */
void session_move_phase(struct session *session, enum task_phase to)
{
    static const bool arrows[TASK_PHASE_COUNT][TASK_PHASE_COUNT] = {
        [TASK_WAITING] = {[TASK_NOTIFIED] = true, [TASK_DONE] = true},
        [TASK_NOTIFIED] = {[TASK_WAITING] = true, [TASK_RECEIVED] = true, [TASK_RUNNING] = true, [TASK_DONE] = true},
        [TASK_RECEIVED] = {[TASK_WAITING] = true, [TASK_NOTIFIED] = true, [TASK_RUNNING] = true, [TASK_DONE] = true},
        [TASK_RUNNING] = {[TASK_RECEIVED] = true, [TASK_DONE] = true},
    };
    assert(arrows[session->task->phase][to]);
    (void)arrows; /* without asserts */
    session->task->phase = to;
}

/*
 *   waiting --issued--> start --confirmed--> confirmed --4,5,8--> downloading --9--> upgrading
 *      ^  ^               |  ^                 |   ^ |                 |                |
 *      |  |   refused,    |  +----1 after 2----+   | |  a new attempt  |                |
 *      |  +-- never begun-+                        +-+-----------------+----------------+
 *      |                                             any of them --> successful, failed
 *      +---refused-- successful (at its target when the plan was issued)
 */
void session_move_step(struct session *session, size_t component, enum component_step to)
{
    static const bool arrows[COMPONENT_STEP_COUNT][COMPONENT_STEP_COUNT] = {
        [STEP_WAITING] = {[STEP_WAITING] = true, [STEP_START] = true, [STEP_SUCCESSFUL] = true},
        [STEP_START] = {[STEP_WAITING] = true, [STEP_CONFIRMED] = true, [STEP_SUCCESSFUL] = true},
        [STEP_CONFIRMED] = {[STEP_START] = true,
                            [STEP_CONFIRMED] = true,
                            [STEP_DOWNLOADING] = true,
                            [STEP_UPGRADING] = true,
                            [STEP_SUCCESSFUL] = true,
                            [STEP_FAILED] = true},
        [STEP_DOWNLOADING] = {[STEP_CONFIRMED] = true,
                              [STEP_DOWNLOADING] = true,
                              [STEP_UPGRADING] = true,
                              [STEP_SUCCESSFUL] = true,
                              [STEP_FAILED] = true},
        [STEP_UPGRADING] = {[STEP_CONFIRMED] = true, [STEP_SUCCESSFUL] = true, [STEP_FAILED] = true},
        [STEP_SUCCESSFUL] = {[STEP_WAITING] = true},
    };
    struct task_component *subject = &session->task->components[component];
    assert(component < session->task->component_count && arrows[subject->step][to]);
    (void)arrows; /* without asserts */
    subject->step = to;
}
