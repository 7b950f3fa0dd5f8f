#include "app/consent.h"

#include <inttypes.h>
#include <stdio.h>

#include "app/candidate.h"
#include "app/events.h"
#include "app/upgrade.h"
#include "base/cleanup.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/text.h"
#include "store/device_rows.h"
#include "store/standing_rows.h"
#include "store/task_rows.h"

enum { MINUTE_MS = 60 * 1000, LEAST_WINDOW_MS = 60 * MINUTE_MS };

/* The first plan that waits for the device's user; `candidate` is one of `candidates`. */
struct question {
    struct device device;
    struct candidates candidates;
    struct candidate *candidate;
    struct standing standing;
    struct eligibility verdict;
    int64_t now;
};

static void cleanup_question(struct question *question)
{
    candidates_finish(&question->candidates);
}

/* E_NOT_FOUND: no such device. E_STATE: nothing waits. */
static enum status find_question(struct app *app, const char *product_key, const char *device_key,
                                 struct question *question)
{
    enum status status = device_find(app->store, product_key, device_key, &question->device);
    if (status != OK) {
        return status;
    }
    question->now = app_now(app, product_key);
    status = candidates_load(app, product_key, question->now, &question->candidates);
    for (size_t i = 0; i < question->candidates.count && status == OK; i++) {
        struct eligibility_input input;
        struct candidate *candidate = &question->candidates.items[i];
        if (candidate->plan.mode != PLAN_MANUAL) {
            continue;
        }
        status = standing_find(app->store, &candidate->plan, question->device.id, &question->standing);
        if (status == OK) {
            candidate_decide(app, candidate, &question->standing, &input, &question->verdict);
        }
        if (status == OK && question->verdict.waits) {
            question->candidate = candidate;
            return OK;
        }
    }
    return status == OK ? E_STATE : status;
}

enum status app_upgrade_waiting(struct app *app, const char *product_key, const char *device_key,
                                app_waiting_visitor *visit, void *context)
{
    CLEANUP(cleanup_question) struct question question = {0};
    enum status status = find_question(app, product_key, device_key, &question);
    if (status != OK) {
        return status;
    }
    struct waiting_plan waiting = {.plan = &question.candidate->plan, .standing = &question.standing};
    for (size_t i = 0; i < question.candidate->plan.component_count; i++) {
        waiting.source_version[i] = question.verdict.source[i];
        waiting.target_version[i] = question.candidate->packages[i].target_version;
        waiting.at_target[i] = question.verdict.skip[i];
    }
    visit(context, &waiting);
    return OK;
}

/* --- yes -------------------------------------------------------------------------------------------------------- */

struct confirmed_time {
    struct maybe_instant from;
    struct maybe_instant to;
};

static void read_local(const struct zone *zone, const char *text, const char *pointer, struct maybe_instant *at,
                       struct violations *violations)
{
    struct civil civil;
    if (text == NULL) {
        return;
    }
    if (civil_parse(text, &civil) != OK) {
        violation_add(violations, "must be a local date-time without offset, such as 2027-03-01T09:00", "%s", pointer);
        return;
    }
    *at = (struct maybe_instant){true, zone_instant(zone, &civil)};
}

static void check_inside(const struct plan *plan, struct maybe_instant at, const char *pointer,
                         struct violations *violations)
{
    if (at.known && ((plan->planned_start.set && at.at < plan->planned_start.at) ||
                     (plan->planned_end.set && at.at > plan->planned_end.at))) {
        violation_add(violations, "is outside the planned time of the plan", "%s", pointer);
    }
}

static void check_time(const struct question *question, const struct confirmed_time *time,
                       struct violations *violations)
{
    const struct plan *plan = &question->candidate->plan;
    int64_t begin = time->from.known && time->from.at > question->now ? time->from.at : question->now;
    check_inside(plan, time->from, "/from", violations);
    check_inside(plan, time->to, "/to", violations);
    if (time->to.known && time->to.at <= question->now) {
        violation_add(violations, "is over already", "/to");
    } else if (time->to.known && time->to.at - (time->from.known ? time->from.at : begin) < LEAST_WINDOW_MS) {
        violation_add(violations, "must be at least an hour after the start", "/to");
    } else if (plan->planned_end.set && !time->to.known && time->from.known &&
               plan->planned_end.at - begin < LEAST_WINDOW_MS) {
        violation_add(violations, "must be at least an hour before the planned end", "/from");
    }
}

/* The user's answer belongs to the task; it is made when there is none yet. */
static enum status find_task(struct app *app, const struct question *question, struct task *task)
{
    if (question->standing.task_id == 0) {
        candidate_blank_task(question->candidate, question->device.id, task);
        return OK;
    }
    return task_find(app->store, question->candidate->plan.id, question->device.id, task);
}

static enum status store_yes(struct app *app, const struct question *question, const struct confirmed_time *time)
{
    struct task task;
    enum status status = find_task(app, question, &task);
    if (status != OK) {
        return status;
    }
    task.user_confirmed = true;
    task.confirm_from = time->from;
    task.confirm_to = time->to;
    struct log_entry entry = {.at = question->now, .direction = LOG_FROM_SERVER, .kind = LOG_CONFIRMED};
    char from[INSTANT_TEXT] = "now";
    char to[INSTANT_TEXT] = "the end of the plan";
    if (time->from.known) {
        instant_format(time->from.at, from);
    }
    if (time->to.known) {
        instant_format(time->to.at, to);
    }
    (void)snprintf(entry.detail, sizeof entry.detail, "its user confirmed the upgrade, from %s to %s", from, to);
    status = task_save(app->store, &task);
    if (status == OK) {
        status = events_log(app, task.plan_id, task.device_id, &entry);
    }
    return status == OK ? events_task(app, &task) : status;
}

static enum status confirm(struct app *app, struct question *question, const char *product_key, const char *device_key,
                           const char *from, const char *to, struct violations *violations)
{
    struct confirmed_time time = {0};
    enum status status = find_question(app, product_key, device_key, question);
    if (status != OK) {
        return status;
    }
    read_local(question->candidate->zone, from, "/from", &time.from, violations);
    read_local(question->candidate->zone, to, "/to", &time.to, violations);
    if (violations->count == 0) {
        check_time(question, &time, violations);
    }
    if (violations->count > 0) {
        return E_RULE;
    }
    status = store_yes(app, question, &time);
    return status == OK && app_is_online(app, question->device.id) ? app_defer_evaluate(app, question->device.id)
                                                                   : status;
}

enum status app_upgrade_confirm(struct app *app, const char *product_key, const char *device_key, const char *from,
                                const char *to, struct violations *violations)
{
    CLEANUP(cleanup_question) struct question question = {0};
    enum status status = app_use_begin(app);
    if (status != OK) {
        return status;
    }
    status = app_use_end(app, confirm(app, &question, product_key, device_key, from, to, violations));
    if (status == OK) {
        log_info("app", "device=%s/%s plan=%" PRId64 " its user confirmed", product_key, device_key,
                 question.candidate->plan.id);
    }
    return status;
}

/* --- no --------------------------------------------------------------------------------------------------------- */

static enum status decline(struct app *app, struct question *question, const char *product_key, const char *device_key)
{
    struct task task;
    struct session_event event = {.kind = SESSION_ABORT,
                                  .abort = {.reason = REASON_DECLINED,
                                            .kind = LOG_FAILED,
                                            .direction = LOG_FROM_SERVER,
                                            .why = "its user declined the upgrade"},
                                  .progress = -1};
    enum status status = find_question(app, product_key, device_key, question);
    if (status == OK) {
        status = find_task(app, question, &task);
    }
    event.device_online = status == OK && app_is_online(app, question->device.id);
    return status == OK ? upgrade_step(app, &task, &question->candidate->plan, &event, question->now) : status;
}

enum status app_upgrade_decline(struct app *app, const char *product_key, const char *device_key)
{
    CLEANUP(cleanup_question) struct question question = {0};
    enum status status = app_use_begin(app);
    return status == OK ? app_use_end(app, decline(app, &question, product_key, device_key)) : status;
}
