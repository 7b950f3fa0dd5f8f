#include "app/evaluation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/candidate.h"
#include "app/events.h"
#include "app/upgrade.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "store/standing_rows.h"
#include "store/task_rows.h"

int64_t evaluation_next_tick(int64_t now)
{
    return (now / EVALUATION_PERIOD_MS + 1) * EVALUATION_PERIOD_MS;
}

/* --- one device, one plan ------------------------------------------------------------------------------------- */

/* One decision with all that it was made of. */
struct decision {
    struct candidate *candidate;
    struct standing standing;
    struct eligibility_input input;
    struct eligibility verdict;
    int64_t at;
};

static enum status find_task(struct app *app, const struct decision *decision, struct task *task)
{
    if (decision->standing.task_id == 0) {
        candidate_blank_task(decision->candidate, decision->standing.device_id, task);
        return OK;
    }
    return task_find(app->store, decision->candidate->plan.id, decision->standing.device_id, task);
}

static enum status issue(struct app *app, const struct decision *decision)
{
    struct task task;
    struct candidate *candidate = decision->candidate;
    struct session_event event = {.kind = SESSION_ISSUE, .device_online = true, .progress = -1};
    enum status status = find_task(app, decision, &task);
    if (status != OK) {
        return status;
    }
    upgrade_fill_versions(&task, decision->verdict.skip, decision->verdict.source);
    status = upgrade_step_with(app, &task, &candidate->plan, candidate->refs, &event, decision->at);
    if (status == OK && task.status == DEVICE_IN_UPGRADE) {
        candidate->in_upgrade++;
        candidate->plan.status = PLAN_UPGRADING;
    }
    return status;
}

/* Not of the plan: such a device leaves no trace in it. */
static bool is_outside(enum reason reason)
{
    return reason == REASON_BLACKLIST || reason == REASON_WHITELIST;
}

/* Keeps the reason with the device and, when it is another than before, in its log (behaviour.md, 4). */
static enum status deny(struct app *app, const struct decision *decision)
{
    enum reason reason = decision->verdict.reason;
    const struct standing *standing = &decision->standing;
    if (is_outside(reason) || standing->status != DEVICE_NON_UPGRADED || standing->reason == reason) {
        return OK;
    }
    struct task task;
    enum status status = find_task(app, decision, &task);
    if (status != OK) {
        return status;
    }
    task.reason = reason;
    struct log_entry entry = {.at = decision->at, .direction = LOG_FROM_SERVER, .kind = LOG_SKIPPED};
    char expected[CHECK_TEXT];
    char actual[CHECK_TEXT];
    eligibility_explain(&decision->input, &decision->verdict, reason, expected, actual);
    (void)snprintf(entry.detail, sizeof entry.detail, "%s: expected %s, is %s", reason_name(reason), expected, actual);
    status = task_save(app->store, &task);
    if (status == OK) {
        status = events_log(app, task.plan_id, task.device_id, &entry);
    }
    return status == OK ? events_task(app, &task) : status;
}

/* The OTA request that leads to this evaluation opens the story in the log of each plan that it concerns. */
static enum status log_request(struct app *app, const struct decision *decision)
{
    const struct standing *standing = &decision->standing;
    const struct presence *presence = app_presence(app, standing->device_id);
    if (presence == NULL || presence->requested[0] == '\0' || is_outside(decision->verdict.reason) ||
        standing->status != DEVICE_NON_UPGRADED) {
        return OK;
    }
    struct log_entry entry = {.at = presence->requested_at, .direction = LOG_FROM_DEVICE, .kind = LOG_OTA_REQUEST};
    text_copy_cut(entry.detail, sizeof entry.detail, presence->requested);
    return events_log(app, decision->candidate->plan.id, standing->device_id, &entry);
}

/* Decides and acts for one plan. *issued: the device got it. *reason: why not. */
static enum status evaluate_plan(struct app *app, struct candidate *candidate, int64_t device_id, int64_t at,
                                 bool *issued, enum reason *reason)
{
    struct decision decision = {.candidate = candidate, .at = at};
    enum status status = standing_find(app->store, &candidate->plan, device_id, &decision.standing);
    if (status != OK || decision.standing.status == DEVICE_IN_UPGRADE) {
        return status; /* this is the plan it is busy with */
    }
    candidate_decide(app, candidate, &decision.standing, &decision.input, &decision.verdict);
    *reason = decision.verdict.reason;
    status = log_request(app, &decision);
    if (status != OK) {
        return status;
    }
    if (decision.verdict.at_target) {
        *reason = REASON_ALREADY_AT_TARGET;
        return issue(app, &decision); /* all skipped: final without a notify */
    }
    if (!decision.verdict.eligible) {
        return deny(app, &decision);
    }
    *issued = true;
    return issue(app, &decision);
}

/* --- one device, all plans ------------------------------------------------------------------------------------ */

/* In a use. *reason: of the first plan that denied, REASON_NONE when none did. */
static enum status evaluate_device(struct app *app, struct candidates *candidates, int64_t device_id, int64_t at,
                                   bool *issued, enum reason *reason)
{
    enum status status = OK;
    *issued = false;
    *reason = REASON_NONE;
    for (size_t i = 0; i < candidates->count && status == OK && !*issued; i++) {
        enum reason why = REASON_NONE;
        status = evaluate_plan(app, &candidates->items[i], device_id, at, issued, &why);
        *reason = *reason == REASON_NONE ? why : *reason;
    }
    struct presence *presence = app_presence(app, device_id);
    if (status == OK && presence != NULL && candidates->count > 0) {
        presence->requested[0] = '\0';
    }
    return status;
}

void evaluation_device(struct app *app, int64_t device_id)
{
    const struct presence *presence = app_presence(app, device_id);
    if (presence == NULL) {
        return;
    }
    CLEANUP(cleanup_candidates) struct candidates candidates = {0};
    bool issued = false;
    enum reason reason = REASON_NONE;
    enum status status = app_use_begin(app);
    if (status == OK) {
        int64_t now = app_now(app, presence->product_key);
        status = candidates_load(app, presence->product_key, now, &candidates);
        if (status == OK) {
            status = evaluate_device(app, &candidates, device_id, now, &issued, &reason);
        }
        status = app_use_end(app, status);
    }
    if (status != OK && status != E_NOT_FOUND) {
        char label[DEVICE_LABEL];
        log_error("app", "device=%s could not be evaluated: %s", app_device_label(app, device_id, label),
                  status_text(status));
    }
}

/* --- all devices ---------------------------------------------------------------------------------------------- */

/* Per transaction: the broker passes on what one brought while the next is decided, and memory stays small. */
enum { DEVICES_AT_ONCE = 250 };

struct round {
    struct app *app;
    const struct timeline *timeline; /* only products that follow this line; NULL: all */
    bool is_tick;
    bool asks_people; /* found: a plan in manual mode, whose confirmed times begin and end by themselves */
    struct evaluation result;
};

/* The connected devices of a product, as ids: presence may change while they are worked on. */
static enum status collect_present(const struct app *app, const char *product_key, int64_t **ids, size_t *count)
{
    unsigned all = HASH_COUNT(app->present);
    *count = 0;
    *ids = malloc((all + 1U) * sizeof **ids);
    if (*ids == NULL) {
        return E_NOMEM;
    }
    for (const struct presence *p = app->present; p != NULL; p = p->hh.next) {
        if (strcmp(product_key, p->product_key) == 0) {
            (*ids)[(*count)++] = p->device_id;
        }
    }
    return OK;
}

/* A notify that was not answered is repeated (behaviour.md, 5). */
static enum status notify_again(struct app *app, int64_t device_id)
{
    enum task_phase phase = TASK_WAITING;
    bool found = false;
    enum status status = task_running_phase(app->store, device_id, &phase);
    if (status != OK || phase != TASK_NOTIFIED) {
        return status == E_NOT_FOUND ? OK : status;
    }
    struct session_event event = {.kind = SESSION_TICK, .device_online = true, .progress = -1};
    return upgrade_event(app, device_id, &event, &found);
}

static enum status round_device(struct round *round, struct candidates *candidates, int64_t device_id)
{
    bool issued = false;
    enum reason reason = REASON_NONE;
    enum status status = round->is_tick ? notify_again(round->app, device_id) : OK;
    if (status == OK) {
        status = evaluate_device(round->app, candidates, device_id, round->result.at, &issued, &reason);
    }
    if (status == OK) {
        round->result.devices_checked++;
        round->result.notified += issued ? 1 : 0;
        round->result.skipped[reason] += reason != REASON_NONE ? 1 : 0;
    }
    return status == E_NOT_FOUND ? OK : status; /* deleted meanwhile */
}

/* The devices of one product, in transactions of DEVICES_AT_ONCE. */
static enum status round_devices(struct round *round, const char *product_key, const int64_t *ids, size_t count)
{
    struct app *app = round->app;
    enum status status = OK;
    for (size_t start = 0; start < count && status == OK; start += DEVICES_AT_ONCE) {
        size_t end = start + DEVICES_AT_ONCE < count ? start + DEVICES_AT_ONCE : count;
        CLEANUP(cleanup_candidates) struct candidates candidates = {0};
        status = app_use_begin(app);
        if (status != OK) {
            return status;
        }
        status = candidates_load(app, product_key, round->result.at, &candidates);
        for (size_t i = 0; i < candidates.count; i++) {
            round->asks_people |= candidates.items[i].plan.mode == PLAN_MANUAL;
        }
        for (size_t i = start; i < end && status == OK; i++) {
            status = round_device(round, &candidates, ids[i]);
        }
        status = app_use_end(app, status);
    }
    return status;
}

static enum status round_product(struct round *round, const char *product_key)
{
    int64_t *ids = NULL;
    size_t count = 0;
    enum status status = collect_present(round->app, product_key, &ids, &count);
    if (status == OK) {
        round->result.at = app_now(round->app, product_key);
        status = round_devices(round, product_key, ids, count);
    }
    free(ids);
    return status;
}

struct product_keys {
    size_t count;
    char (*keys)[LIMIT_PRODUCT_KEY + 1];
};

static bool holds_key(const struct product_keys *found, const char *key)
{
    size_t i = 0;
    while (i < found->count && strcmp(found->keys[i], key) != 0) {
        i++;
    }
    return i < found->count;
}

/* Each product of the round that has a connected device once, in order of its first device. */
static enum status each_product(struct round *round)
{
    const struct app *app = round->app;
    struct product_keys found = {.keys = calloc(HASH_COUNT(app->present) + 1U, sizeof *found.keys)};
    if (found.keys == NULL) {
        return E_NOMEM;
    }
    for (const struct presence *p = app->present; p != NULL; p = p->hh.next) {
        bool is_meant = round->timeline == NULL || timeline_of(app, p->product_key) == round->timeline;
        if (is_meant && !holds_key(&found, p->product_key)) {
            text_copy_cut(found.keys[found.count++], sizeof found.keys[0], p->product_key);
        }
    }
    enum status status = OK;
    for (size_t i = 0; i < found.count && status == OK; i++) {
        status = round_product(round, found.keys[i]);
    }
    free(found.keys);
    return status;
}

enum status evaluation_tick(struct app *app, struct timeline *timeline, int64_t *checked, int64_t *notified)
{
    int64_t before = store_changes(app->store);
    if (timeline->is_quiet && timeline->quiet_changes == before && timeline->quiet_presence == app->presence_changes) {
        return OK;
    }
    struct round round = {.app = app, .timeline = timeline, .is_tick = true};
    enum status status = each_product(&round);
    timeline->quiet_changes = store_changes(app->store);
    timeline->quiet_presence = app->presence_changes;
    timeline->is_quiet = status == OK && timeline->quiet_changes == before && !round.asks_people;
    *checked = round.result.devices_checked;
    *notified = round.result.notified;
    return status;
}

enum status app_evaluate(struct app *app, const char *product_key, struct evaluation *evaluation)
{
    struct round round = {.app = app};
    enum status status = product_key != NULL ? round_product(&round, product_key) : each_product(&round);
    if (status == OK) {
        *evaluation = round.result;
        evaluation->at = app_now(app, product_key);
        status = events_clock(app, product_key, WHAT_EVALUATED, evaluation->devices_checked, evaluation->notified);
    }
    return status;
}
