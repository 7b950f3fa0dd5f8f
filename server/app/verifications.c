#include "app/verifications.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/candidate.h"
#include "app/upgrade.h"
#include "app/verifications_due.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "store/device_rows.h"
#include "store/log_rows.h"
#include "store/package_rows.h"
#include "store/plan_rows.h"
#include "store/standing_rows.h"
#include "store/task_rows.h"
#include "store/verification_rows.h"

/* One start. */
struct start {
    struct package package;
    struct device device;
    struct plan plan; /* that carries it out: one component, one attempt, no gates */
    struct standing standing;
    struct verification verification;
    const char *refusal; /* with E_STATE */
};

static void check_wish(const struct start *start, const struct verification_wish *wish, struct violations *violations)
{
    if (strcmp(wish->product_key, start->package.product_key) != 0) {
        violation_add(violations, "is not the product of this package", "/productKey");
    }
    if (!component_no_is_valid(wish->component_no)) {
        violation_add(violations, "must be 1 to 32 bytes without ; : \" , and control characters", "/componentNo");
    } else if (start->package.component_type == COMPONENT_MCU && start->package.file_count > 1) {
        violation_add(violations, "the package has several files, which only a module can take", "/componentNo");
    }
}

static void make_plan(struct start *start, const struct verification_wish *wish, int64_t now)
{
    struct plan *plan = &start->plan;
    *plan = (struct plan){.status = PLAN_TERMINATED, /* nothing evaluates it; what runs goes on */
                          .mode = PLAN_SILENT,
                          .strategy = {.retries = 0, .min_signal = -140, .min_battery = 0, .timeout_minutes = 60},
                          .created_at = now,
                          .component_count = 1};
    struct plan_component *component = &plan->components[0];
    component->sequence = 1;
    component->type = start->package.component_type;
    component->package_id = start->package.id;
    text_copy_cut(plan->product_key, sizeof plan->product_key, start->package.product_key);
    text_copy_cut(plan->time_zone, sizeof plan->time_zone, "UTC");
    text_copy_cut(component->component_no, sizeof component->component_no, wish->component_no);
    text_copy_cut(component->name, sizeof component->name, wish->component_no);
}

/* Why the device cannot take it now; NULL: it can. */
static const char *find_refusal(const struct start *start, bool online, const char *version)
{
    if (start->package.revoked) {
        return "the package was revoked";
    }
    if (!online) {
        return "the device is offline";
    }
    if (start->standing.busy_plan_id.known) {
        return start->standing.busy_plan_id.value < 0 ? "the device is busy with another verification"
                                                      : "the device is in upgrade by a plan";
    }
    if (version == NULL) {
        return "the device has not reported a version of this component";
    }
    if (strcmp(version, start->package.target_version) != 0 && !package_applies_to(&start->package, version)) {
        return "the device's version is none of the source versions of this delta package";
    }
    return NULL;
}

/* Makes the rows and lets the session begin. Within a use. */
static enum status issue(struct app *app, struct start *start, const char *version, int64_t now)
{
    struct task task;
    bool skip = strcmp(version, start->package.target_version) == 0;
    struct session_event event = {.kind = SESSION_ISSUE, .device_online = true, .progress = -1};
    struct verification *verification = &start->verification;
    *verification = (struct verification){.package_id = start->package.id,
                                          .device_id = start->device.id,
                                          .created_at = now,
                                          .deadline = now + LIMIT_VERIFICATION_MS};
    text_copy_cut(verification->component_no, sizeof verification->component_no,
                  start->plan.components[0].component_no);
    enum status status = verification_insert(app->store, verification, &start->plan);
    if (status == OK) {
        status = task_blank(app->store, start->plan.id, start->device.id, &task);
    }
    if (status == OK) {
        upgrade_fill_versions(&task, &skip, &version);
        status = upgrade_step(app, &task, &start->plan, &event, now);
    }
    return status == OK ? verification_find(app->store, verification->id, verification) : status;
}

static enum status begin(struct app *app, int64_t package_id, const struct verification_wish *wish, struct start *start,
                         struct violations *violations)
{
    enum status status = package_find(app->store, package_id, &start->package);
    if (status != OK) {
        return status;
    }
    check_wish(start, wish, violations);
    status = device_find(app->store, start->package.product_key, wish->device_key, &start->device);
    if (status == E_NOT_FOUND) {
        violation_add(violations, "no such device in this product", "/deviceKey");
    } else if (status != OK) {
        return status;
    }
    if (violations->count > 0) {
        return E_RULE;
    }
    int64_t now = app_now(app, start->package.product_key);
    make_plan(start, wish, now);
    status = standing_find(app->store, &start->plan, start->device.id, &start->standing);
    if (status != OK) {
        return status;
    }
    const char *version = component_version(&start->standing, &start->plan, 0, start->package.target_version);
    start->refusal = find_refusal(start, app_is_online(app, start->device.id), version);
    return start->refusal != NULL ? E_STATE : issue(app, start, version, now);
}

enum status app_verification_start(struct app *app, int64_t package_id, const struct verification_wish *wish,
                                   struct verification *started, struct violations *violations,
                                   struct verification_refusal *refusal)
{
    struct start start = {0};
    enum status status = app_use_begin(app);
    if (status != OK) {
        return status;
    }
    status = app_use_end(app, begin(app, package_id, wish, &start, violations));
    if (status == OK) {
        *started = start.verification;
        log_info("app", "verification=%" PRId64 " package=%" PRId64 " device=%s/%s started", started->id, package_id,
                 start.package.product_key, wish->device_key);
    }
    refusal->why = start.refusal;
    package_finish(&start.package);
    return status;
}

/* --- to look at ------------------------------------------------------------------------------------------------- */

enum status app_verification_find(struct app *app, int64_t package_id, int64_t id, struct verification *verification)
{
    struct verification found;
    enum status status = verification_find(app->store, id, &found);
    if (status == OK && found.package_id != package_id) {
        return E_NOT_FOUND;
    }
    if (status == OK) {
        *verification = found;
    }
    return status;
}

struct visit {
    app_verification_visitor *each;
    void *context;
};

static bool pass_on(void *context, const struct verification *verification)
{
    const struct visit *visit = context;
    visit->each(visit->context, verification);
    return true;
}

enum status app_verifications_list(struct app *app, int64_t package_id, const struct page *page,
                                   app_verification_visitor *each, void *context, bool *more)
{
    CLEANUP(cleanup_package) struct package package = {0};
    struct visit visit = {.each = each, .context = context};
    enum status status = package_find(app->store, package_id, &package);
    return status == OK ? verification_list(app->store, package_id, page, pass_on, &visit, more) : status;
}

struct log_visit {
    app_log_visitor *each;
    void *context;
};

static bool pass_log_on(void *context, const struct log_entry *entry)
{
    const struct log_visit *visit = context;
    visit->each(visit->context, entry);
    return true;
}

enum status app_verification_log(struct app *app, const struct verification *verification, const struct page *page,
                                 app_log_visitor *each, void *context, bool *more)
{
    struct log_visit visit = {.each = each, .context = context};
    return log_list(app->store, -verification->id, verification->device_id, page, pass_log_on, &visit, more);
}

/* --- its end ---------------------------------------------------------------------------------------------------- */

/* Within a use. */
static enum status fail(struct app *app, struct task *task, const struct plan *plan, const struct session_abort *abort,
                        int64_t at)
{
    struct session_event event = {
        .kind = SESSION_ABORT, .device_online = app_is_online(app, task->device_id), .abort = *abort, .progress = -1};
    return upgrade_step(app, task, plan, &event, at);
}

enum status verification_refused(struct app *app, struct task *task, const struct plan *plan, int64_t at)
{
    static const struct session_abort refused = {.reason = REASON_REFUSED,
                                                 .kind = LOG_FAILED,
                                                 .direction = LOG_FROM_SERVER,
                                                 .why = "the device refused the verification"};
    return fail(app, task, plan, &refused, at);
}

static enum status run_out(struct app *app, int64_t id, int64_t now, struct verification *verification)
{
    static const struct session_abort late = {.reason = REASON_TIMEOUT,
                                              .kind = LOG_FAILED,
                                              .direction = LOG_FROM_SERVER,
                                              .why = "not finished within 60 minutes"};
    struct task task;
    CLEANUP(cleanup_plan) struct plan plan = {0};
    enum status status = verification_find(app->store, id, verification);
    if (status == OK) {
        status = plan_find(app->store, -id, &plan);
    }
    if (status == OK) {
        status = task_find(app->store, -id, verification->device_id, &task);
    }
    return status == OK ? fail(app, &task, &plan, &late, now) : status;
}

enum { RUN_OUT_AT_ONCE = 64 };

enum status verifications_run_due(struct app *app, const char *scope, int64_t now,
                                  void (*fired)(void *context, int64_t verification_id, const char *device_key),
                                  void *context)
{
    int64_t ids[RUN_OUT_AT_ONCE];
    size_t count = 0;
    do {
        count = 0;
        enum status status = app_use_begin(app);
        if (status == OK) {
            status = verifications_due(app->store, scope, now, ids, RUN_OUT_AT_ONCE, &count);
            for (size_t i = 0; i < count && status == OK; i++) {
                struct verification verification;
                status = run_out(app, ids[i], now, &verification);
                if (status == OK) {
                    fired(context, ids[i], verification.device_key);
                }
            }
            status = app_use_end(app, status);
        }
        if (status != OK) {
            log_error("app", "verifications could not be ended: %s", status_text(status));
            return status;
        }
    } while (count == RUN_OUT_AT_ONCE);
    return OK;
}
