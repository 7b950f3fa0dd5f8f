#include "app/evaluation.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/upgrade.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "plan/eligibility.h"
#include "store/device_rows.h"
#include "store/log_rows.h"
#include "store/package_rows.h"
#include "store/plan_rows.h"
#include "store/task_rows.h"

/* A plan with what its decision needs, loaded once for many devices. */
struct candidate {
    struct plan plan;
    struct package packages[LIMIT_COMPONENTS];
    const struct package *refs[LIMIT_COMPONENTS];
    int64_t in_upgrade;
};

struct candidates {
    size_t count;
    struct candidate *items; /* in order of activation */
    enum status status;
};

int64_t evaluation_next_tick(int64_t now)
{
    return (now / EVALUATION_PERIOD_MS + 1) * EVALUATION_PERIOD_MS;
}

int64_t app_next_evaluation(const struct app *app)
{
    return app->next_tick;
}

/* --- candidates ----------------------------------------------------------------------------------------------- */

static void candidates_finish(struct candidates *candidates)
{
    for (size_t i = 0; i < candidates->count; i++) {
        struct candidate *candidate = &candidates->items[i];
        for (size_t k = 0; k < candidate->plan.component_count; k++) {
            package_finish(&candidate->packages[k]);
        }
        plan_finish(&candidate->plan);
    }
    free(candidates->items);
    *candidates = (struct candidates){0};
}

static enum status candidate_load(struct app *app, int64_t plan_id, struct candidate *candidate)
{
    enum status status = plan_find(app->store, plan_id, &candidate->plan);
    for (size_t i = 0; i < candidate->plan.component_count && status == OK; i++) {
        status = package_find(app->store, candidate->plan.components[i].package_id, &candidate->packages[i]);
        candidate->refs[i] = &candidate->packages[i];
    }
    return status == OK ? tasks_in_upgrade_count(app->store, plan_id, &candidate->in_upgrade) : status;
}

/* The plans of the product that can issue something, in order of activation. candidates_finish() frees. */
static enum status candidates_load(struct app *app, const char *product_key, struct candidates *candidates)
{
    *candidates = (struct candidates){0};
    int64_t *ids = NULL;
    size_t count = 0;
    enum status status = plan_active_ids(app->store, product_key, &ids, &count);
    if (status == OK && count > 0) {
        candidates->items = calloc(count, sizeof *candidates->items);
        status = candidates->items == NULL ? E_NOMEM : OK;
    }
    for (size_t i = 0; i < count && status == OK; i++) {
        candidates->count++;
        status = candidate_load(app, ids[i], &candidates->items[i]);
    }
    free(ids);
    return status;
}

/* --- one device, one plan ------------------------------------------------------------------------------------- */

static void task_fill_versions(struct task *task, const struct eligibility *verdict)
{
    for (size_t i = 0; i < task->component_count; i++) {
        struct task_component *component = &task->components[i];
        component->skipped = verdict->skip[i];
        text_copy_cut(component->source_version, sizeof component->source_version,
                      verdict->source[i] != NULL ? verdict->source[i] : "");
    }
}

static enum status issue(struct app *app, struct candidate *candidate, struct task *task,
                         const struct eligibility *verdict, int64_t at)
{
    struct session_event event = {.kind = SESSION_ISSUE, .device_online = true, .progress = -1};
    task_fill_versions(task, verdict);
    enum status status = upgrade_step(app, task, &candidate->plan, &event, at);
    if (status == OK && task->status == DEVICE_IN_UPGRADE) {
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
static enum status deny(struct app *app, struct task *task, const struct eligibility *verdict, int64_t at)
{
    if (is_outside(verdict->reason) || task->status != DEVICE_NON_UPGRADED || task->reason == verdict->reason) {
        return OK;
    }
    task->reason = verdict->reason;
    struct log_entry entry = {.at = at, .direction = LOG_FROM_SERVER, .kind = LOG_SKIPPED};
    const struct eligibility_check *failed = &verdict->checks[verdict->count - 1];
    for (size_t i = 0; i < verdict->count; i++) {
        if (!verdict->checks[i].ok) {
            failed = &verdict->checks[i];
            break;
        }
    }
    (void)snprintf(entry.detail, sizeof entry.detail, "%s: expected %s, is %s", reason_name(verdict->reason),
                   failed->expected, failed->actual);
    enum status status = task_save(app->store, task);
    return status == OK ? log_append(app->store, task->plan_id, task->device_id, &entry) : status;
}

/* The OTA request that leads to this evaluation opens the story in the log of each plan that it concerns. */
static enum status log_request(struct app *app, const struct eligibility_input *input, const struct task *task,
                               enum reason reason)
{
    const struct presence *presence = app_presence(app, task->device_id);
    if (presence == NULL || presence->requested[0] == '\0' || is_outside(reason) ||
        (input->task != NULL && task->status != DEVICE_NON_UPGRADED)) {
        return OK;
    }
    struct log_entry entry = {.at = presence->requested_at, .direction = LOG_FROM_DEVICE, .kind = LOG_OTA_REQUEST};
    text_copy_cut(entry.detail, sizeof entry.detail, presence->requested);
    return log_append(app->store, task->plan_id, task->device_id, &entry);
}

/* Decides and acts for one plan. *issued: the device got it. *reason: why not. */
static enum status evaluate_plan(struct app *app, struct candidate *candidate, const struct device *device,
                                 int64_t busy_plan_id, int64_t at, bool *issued, enum reason *reason)
{
    struct task task;
    struct eligibility_input input = {.plan = &candidate->plan,
                                      .packages = candidate->refs,
                                      .device = device,
                                      .online = true,
                                      .busy_plan_id = busy_plan_id,
                                      .in_upgrade = candidate->in_upgrade,
                                      .slots = app->settings.slots,
                                      .strict_gates = app->settings.strict_gates};
    enum status status =
        plan_keys_contain(app->store, candidate->plan.id, LIST_BLACK, device->device_key, &input.blacklisted);
    input.whitelisted = candidate->plan.list_count[LIST_WHITE] == 0;
    if (status == OK && !input.whitelisted) {
        status = plan_keys_contain(app->store, candidate->plan.id, LIST_WHITE, device->device_key, &input.whitelisted);
    }
    if (status == OK) {
        status = task_find(app->store, candidate->plan.id, device->id, &task);
        input.task = status == OK ? &task : NULL;
        if (status == E_NOT_FOUND) {
            status = task_blank(app->store, candidate->plan.id, device->id, &task);
        }
    }
    if (status != OK) {
        return status;
    }
    struct eligibility verdict;
    eligibility_decide(&input, &verdict);
    *reason = verdict.reason;
    status = log_request(app, &input, &task, verdict.reason);
    if (status != OK) {
        return status;
    }
    if (verdict.at_target) {
        *reason = REASON_ALREADY_AT_TARGET;
        return issue(app, candidate, &task, &verdict, at); /* all skipped: final without a notify */
    }
    if (!verdict.eligible) {
        return deny(app, &task, &verdict, at);
    }
    *issued = true;
    return issue(app, candidate, &task, &verdict, at);
}

/* --- one device, all plans ------------------------------------------------------------------------------------ */

/* In a use. *reason: of the first plan that denied, REASON_NONE when none did. */
static enum status evaluate_device(struct app *app, struct candidates *candidates, int64_t device_id, int64_t at,
                                   bool *issued, enum reason *reason)
{
    struct device device;
    struct maybe_int running = {0};
    *issued = false;
    *reason = REASON_NONE;
    if (candidates->count == 0) {
        return OK;
    }
    enum status status = device_find_by_id(app->store, device_id, &device);
    if (status != OK) {
        return status;
    }
    status = task_running_plan(app->store, device_id, &running);
    int64_t busy = running.known ? running.value : 0;
    for (size_t i = 0; i < candidates->count && status == OK && !*issued; i++) {
        enum reason why = REASON_NONE;
        if (candidates->items[i].plan.id != busy) {
            status = evaluate_plan(app, &candidates->items[i], &device, busy, at, issued, &why);
        }
        *reason = *reason == REASON_NONE ? why : *reason;
    }
    struct presence *presence = app_presence(app, device_id);
    if (status == OK && presence != NULL) {
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
    struct candidates candidates = {0};
    bool issued = false;
    enum reason reason = REASON_NONE;
    enum status status = app_use_begin(app);
    if (status == OK) {
        status = candidates_load(app, presence->product_key, &candidates);
        if (status == OK) {
            status = evaluate_device(app, &candidates, device_id, app_now(app), &issued, &reason);
        }
        status = app_use_end(app, status);
    }
    candidates_finish(&candidates);
    if (status != OK && status != E_NOT_FOUND) {
        char label[DEVICE_LABEL];
        log_error("app", "device=%s could not be evaluated: %s", app_device_label(app, device_id, label),
                  status_text(status));
    }
}

/* --- all devices ---------------------------------------------------------------------------------------------- */

enum { DEVICES_AT_ONCE = 500 }; /* per transaction, so that a tick over many devices keeps its memory small */

struct round {
    const char *product_key; /* NULL: all */
    bool is_tick;
    int64_t at;
    struct evaluation *result; /* NULL: nobody asks */
};

/* The connected devices (of one product), as ids: presence may change while they are worked on. */
static enum status collect_present(struct app *app, const char *product_key, int64_t **ids, size_t *count)
{
    unsigned all = HASH_COUNT(app->present);
    *count = 0;
    *ids = malloc((all + 1U) * sizeof **ids);
    if (*ids == NULL) {
        return E_NOMEM;
    }
    for (const struct presence *p = app->present; p != NULL; p = p->hh.next) {
        if (product_key == NULL || strcmp(product_key, p->product_key) == 0) {
            (*ids)[(*count)++] = p->device_id;
        }
    }
    return OK;
}

static enum status round_device(struct app *app, const struct round *round, struct candidates *candidates,
                                int64_t device_id)
{
    bool found = false;
    bool issued = false;
    enum reason reason = REASON_NONE;
    enum status status = OK;
    if (round->is_tick) {
        struct session_event event = {.kind = SESSION_TICK, .device_online = true, .progress = -1};
        status = upgrade_event(app, device_id, &event, &found);
    }
    if (status == OK) {
        status = evaluate_device(app, candidates, device_id, round->at, &issued, &reason);
    }
    if (status == OK && round->result != NULL) {
        round->result->devices_checked++;
        round->result->notified += issued ? 1 : 0;
        round->result->skipped[reason] += reason != REASON_NONE ? 1 : 0;
    }
    return status == E_NOT_FOUND ? OK : status; /* deleted meanwhile */
}

/* The devices of one product that stand side by side in ids[0..count), in transactions of DEVICES_AT_ONCE. */
static enum status round_product(struct app *app, const struct round *round, const char *product_key,
                                 const int64_t *ids, size_t count)
{
    enum status status = OK;
    for (size_t start = 0; start < count && status == OK; start += DEVICES_AT_ONCE) {
        size_t end = start + DEVICES_AT_ONCE < count ? start + DEVICES_AT_ONCE : count;
        struct candidates candidates = {0};
        status = app_use_begin(app);
        if (status != OK) {
            return status;
        }
        status = candidates_load(app, product_key, &candidates);
        for (size_t i = start; i < end && status == OK; i++) {
            status = round_device(app, round, &candidates, ids[i]);
        }
        candidates_finish(&candidates);
        status = app_use_end(app, status);
    }
    return status;
}

struct product_round {
    struct app *app;
    const struct round *round;
    enum status status;
};

static void round_of_product(void *context, const char *product_key)
{
    struct product_round *all = context;
    int64_t *ids = NULL;
    size_t count = 0;
    if (all->status == OK) {
        all->status = collect_present(all->app, product_key, &ids, &count);
    }
    if (all->status == OK) {
        all->status = round_product(all->app, all->round, product_key, ids, count);
    }
    free(ids);
}

/* Each product that has a connected device once, in order of its first device. */
static enum status each_present_product(struct app *app, struct product_round *all)
{
    size_t count = 0;
    size_t capacity = HASH_COUNT(app->present) + 1U;
    char(*keys)[LIMIT_PRODUCT_KEY + 1] = calloc(capacity, sizeof *keys);
    if (keys == NULL) {
        return E_NOMEM;
    }
    for (const struct presence *p = app->present; p != NULL; p = p->hh.next) {
        size_t i = 0;
        while (i < count && strcmp(keys[i], p->product_key) != 0) {
            i++;
        }
        if (i == count) {
            text_copy_cut(keys[count++], sizeof keys[0], p->product_key);
        }
    }
    for (size_t i = 0; i < count; i++) {
        round_of_product(all, keys[i]);
    }
    free(keys);
    return all->status;
}

static enum status run_round(struct app *app, const struct round *round)
{
    struct product_round all = {.app = app, .round = round};
    if (round->product_key == NULL) {
        return each_present_product(app, &all);
    }
    round_of_product(&all, round->product_key);
    return all.status;
}

void evaluation_tick(struct app *app)
{
    struct round round = {.is_tick = true, .at = app_now(app)};
    enum status status = run_round(app, &round);
    if (status != OK) {
        log_error("app", "the 10-minute evaluation failed: %s", status_text(status));
    }
}

enum status app_evaluate(struct app *app, const char *product_key, struct evaluation *evaluation)
{
    struct evaluation result = {.at = app_now(app)};
    struct round round = {.product_key = product_key, .at = result.at, .result = &result};
    enum status status = run_round(app, &round);
    if (status == OK) {
        *evaluation = result;
    }
    return status;
}

/* --- the end of a plan ---------------------------------------------------------------------------------------- */

enum status evaluation_end_plan(struct app *app, int64_t plan_id, int64_t at)
{
    CLEANUP(cleanup_plan) struct plan plan = {0};
    bool is_final = false;
    enum status status = plan_find(app->store, plan_id, &plan);
    if (status != OK || plan.list_count[LIST_WHITE] == 0 || !plan_status_may_become(plan.status, PLAN_ENDED)) {
        return status;
    }
    status = plan_whitelist_is_final(app->store, plan_id, &is_final);
    if (status == OK && is_final) {
        log_info("app", "plan=%lld %s -> ended: every listed device is final", (long long)plan_id,
                 plan_status_name(plan.status));
        plan.status = PLAN_ENDED;
        plan.ended_at = (struct maybe_instant){true, at};
        status = plan_update_status(app->store, &plan);
    }
    return status;
}
