#include "app/faults.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "app/events.h"
#include "app/internal.h"
#include "app/journal.h"
#include "app/referee.h"
#include "app/timeline.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/text.h"
#include "store/device_rows.h"
#include "store/plan_rows.h"
#include "store/product_rows.h"
#include "store/task_rows.h"

struct armed {
    struct fault fault;
    TAILQ_ENTRY(armed) entries;
};
TAILQ_HEAD(armed_list, armed);

/* A fault that fired and has not been told yet. */
struct firing {
    struct fault fault; /* as it was then */
    struct fault_subject subject;
    int64_t wall_at;
    char detail[FAULT_TEXT];
    TAILQ_ENTRY(firing) entries;
};
TAILQ_HEAD(firing_list, firing);

struct faults {
    pthread_mutex_t lock;
    struct armed_list armed; /* in order of id */
    size_t count;
    int64_t last_id;
    atomic_int at_point[FAULT_POINT_COUNT];
    atomic_ullong version;
    uint64_t fired_at_point[FAULT_POINT_COUNT];
    struct firing_list firings;
    size_t firing_count;
    size_t untold; /* firings for which there was no room */
    void (*fired)(void *context);
    void *context;
};

enum status faults_create(void (*fired)(void *context), void *context, struct faults **out)
{
    struct faults *faults = calloc(1, sizeof *faults);
    if (faults == NULL) {
        return E_NOMEM;
    }
    if (pthread_mutex_init(&faults->lock, NULL) != 0) {
        free(faults);
        return E_NOMEM;
    }
    TAILQ_INIT(&faults->armed);
    TAILQ_INIT(&faults->firings);
    faults->fired = fired;
    faults->context = context;
    *out = faults;
    return OK;
}

void faults_destroy(struct faults *faults)
{
    if (faults == NULL) {
        return;
    }
    for (struct armed *armed = TAILQ_FIRST(&faults->armed); armed != NULL; armed = TAILQ_FIRST(&faults->armed)) {
        TAILQ_REMOVE(&faults->armed, armed, entries);
        free(armed);
    }
    for (struct firing *firing = TAILQ_FIRST(&faults->firings); firing != NULL;
         firing = TAILQ_FIRST(&faults->firings)) {
        TAILQ_REMOVE(&faults->firings, firing, entries);
        free(firing);
    }
    (void)pthread_mutex_destroy(&faults->lock);
    free(faults);
}

struct faults *app_faults(struct app *app)
{
    return app->faults;
}

/* --- any thread ----------------------------------------------------------------------------------------------- */

bool faults_armed(struct faults *faults, enum fault_point point)
{
    return atomic_load(&faults->at_point[point]) > 0;
}

uint64_t faults_version(struct faults *faults)
{
    return atomic_load(&faults->version);
}

size_t faults_look(struct faults *faults, enum fault_point point, const struct fault_subject *subject,
                   struct fault_hit hits[FAULT_HITS])
{
    if (!faults_armed(faults, point)) {
        return 0;
    }
    size_t count = 0;
    const struct armed *armed = NULL;
    (void)pthread_mutex_lock(&faults->lock);
    TAILQ_FOREACH(armed, &faults->armed, entries)
    {
        const struct fault *fault = &armed->fault;
        if (count < FAULT_HITS && fault->point == point && !fault_is_exhausted(fault) &&
            fault_matches(fault, subject)) {
            hits[count++] = (struct fault_hit){.id = fault->id, .action = fault->action};
        }
    }
    (void)pthread_mutex_unlock(&faults->lock);
    return count;
}

static struct armed *find(struct faults *faults, int64_t id)
{
    struct armed *armed = NULL;
    TAILQ_FOREACH(armed, &faults->armed, entries)
    {
        if (armed->fault.id == id) {
            return armed;
        }
    }
    return NULL;
}

/* Under the lock. */
static void note_firing(struct faults *faults, const struct fault *fault, const char *detail)
{
    struct firing *firing = faults->firing_count < LIMIT_FAULT_FIRINGS ? calloc(1, sizeof *firing) : NULL;
    if (firing == NULL) {
        faults->untold++;
        return;
    }
    firing->fault = *fault;
    firing->subject = fault->last_fired_on;
    firing->wall_at = fault->last_fired_at.at;
    text_copy_cut(firing->detail, sizeof firing->detail, detail == NULL ? "" : detail);
    TAILQ_INSERT_TAIL(&faults->firings, firing, entries);
    faults->firing_count++;
}

bool faults_fire(struct faults *faults, int64_t id, const struct fault_subject *subject, const char *detail)
{
    bool fires = false;
    (void)pthread_mutex_lock(&faults->lock);
    struct armed *armed = find(faults, id);
    if (armed != NULL && fault_use(&armed->fault)) {
        fires = true;
        armed->fault.last_fired_at = (struct maybe_instant){.known = true, .at = instant_now()};
        armed->fault.last_fired_on = *subject;
        faults->fired_at_point[armed->fault.point]++;
        note_firing(faults, &armed->fault, detail);
    }
    (void)pthread_mutex_unlock(&faults->lock);
    if (fires && faults->fired != NULL) {
        faults->fired(faults->context);
    }
    return fires;
}

size_t faults_take(struct faults *faults, enum fault_point point, const struct fault_subject *subject,
                   struct fault_hit hits[FAULT_HITS])
{
    size_t count = faults_look(faults, point, subject, hits);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (faults_fire(faults, hits[i].id, subject, NULL)) {
            hits[kept++] = hits[i];
        }
    }
    return kept;
}

/* --- the loop's thread ---------------------------------------------------------------------------------------- */

static void tell_event(struct app *app, const struct fault *fault, enum event_what what,
                       const struct fault_subject *subject, int64_t wall_at)
{
    if (events_fault(app, fault, what, subject, wall_at) != OK) {
        log_warn("app", "fault=%lld its event was not told", (long long)fault->id);
    }
}

static struct fault_subject subject_of_match(const struct fault_match *match)
{
    struct fault_subject subject = {.plan_id = match->plan_id.known ? match->plan_id.value : 0,
                                    .attempt = match->attempt.known ? (int)match->attempt.value : 0};
    text_copy_cut(subject.product_key, sizeof subject.product_key, match->product_key);
    text_copy_cut(subject.device_key, sizeof subject.device_key, match->device_key);
    text_copy_cut(subject.component_no, sizeof subject.component_no, match->component_no);
    return subject;
}

enum status app_fault_arm(struct app *app, struct fault *fault)
{
    return app_fault_arm_used(app, fault, 0);
}

enum status app_fault_arm_used(struct app *app, struct fault *fault, int64_t seen)
{
    struct faults *faults = app->faults;
    struct armed *armed = calloc(1, sizeof *armed);
    if (armed == NULL) {
        return E_NOMEM;
    }
    (void)pthread_mutex_lock(&faults->lock);
    bool room = faults->count < LIMIT_FAULTS;
    if (room) {
        fault->id = ++faults->last_id;
        fault->created_at = app_wall(app);
        fault_begin(fault);
        for (int64_t i = 0; i < seen && i < LIMIT_FAULT_USES; i++) {
            (void)fault_use(fault);
        }
        armed->fault = *fault;
        TAILQ_INSERT_TAIL(&faults->armed, armed, entries);
        faults->count++;
        atomic_fetch_add(&faults->at_point[fault->point], 1);
        atomic_fetch_add(&faults->version, 1);
    }
    (void)pthread_mutex_unlock(&faults->lock);
    if (!room) {
        free(armed);
        return E_LIMIT;
    }
    struct fault_subject subject = subject_of_match(&fault->match);
    char text[FAULT_TEXT];
    fault_describe(fault, text);
    log_info("app", "armed %s", text);
    tell_event(app, fault, WHAT_ARMED, &subject, fault->created_at);
    if (app->ports.fault_armed != NULL) {
        app->ports.fault_armed(app->ports.context, fault->point);
    }
    return OK;
}

enum status app_fault_find(struct app *app, int64_t id, struct fault *fault)
{
    (void)pthread_mutex_lock(&app->faults->lock);
    const struct armed *armed = find(app->faults, id);
    if (armed != NULL) {
        *fault = armed->fault;
    }
    (void)pthread_mutex_unlock(&app->faults->lock);
    return armed != NULL ? OK : E_NOT_FOUND;
}

/* Takes it out of the registry and tells. */
static void remove_armed(struct app *app, struct armed *armed)
{
    struct faults *faults = app->faults;
    (void)pthread_mutex_lock(&faults->lock);
    TAILQ_REMOVE(&faults->armed, armed, entries);
    faults->count--;
    atomic_fetch_sub(&faults->at_point[armed->fault.point], 1);
    atomic_fetch_add(&faults->version, 1);
    (void)pthread_mutex_unlock(&faults->lock);
    struct fault_subject subject = subject_of_match(&armed->fault.match);
    tell_event(app, &armed->fault, WHAT_REMOVED, &subject, app_wall(app));
    free(armed);
}

enum status app_fault_remove(struct app *app, int64_t id)
{
    app_faults_tell(app);                        /* what it did comes before its going */
    struct armed *armed = find(app->faults, id); /* only this thread adds and removes */
    if (armed == NULL) {
        return E_NOT_FOUND;
    }
    remove_armed(app, armed);
    return OK;
}

size_t app_faults_remove(struct app *app, const char *product_key)
{
    app_faults_tell(app);
    size_t count = 0;
    struct armed *next = NULL;
    for (struct armed *armed = TAILQ_FIRST(&app->faults->armed); armed != NULL; armed = next) {
        next = TAILQ_NEXT(armed, entries);
        if (product_key == NULL || product_key[0] == '\0' || strcmp(armed->fault.match.product_key, product_key) == 0) {
            remove_armed(app, armed);
            count++;
        }
    }
    return count;
}

static bool has_gone(struct app *app, const struct fault_match *match)
{
    struct product product;
    struct plan plan = {0};
    if (match->product_key[0] != '\0' && product_find(app->store, match->product_key, &product) == E_NOT_FOUND) {
        return true;
    }
    if (!match->plan_id.known) {
        return false;
    }
    enum status status = plan_find(app->store, match->plan_id.value, &plan);
    plan_finish(&plan);
    return status == E_NOT_FOUND;
}

size_t app_faults_remove_idle(struct app *app)
{
    app_faults_tell(app);
    size_t count = 0;
    struct armed *next = NULL;
    for (struct armed *armed = TAILQ_FIRST(&app->faults->armed); armed != NULL; armed = next) {
        next = TAILQ_NEXT(armed, entries);
        if (has_gone(app, &armed->fault.match)) {
            remove_armed(app, armed);
            count++;
        }
    }
    return count;
}

size_t app_faults_list(struct app *app, const char *product_key, int64_t after, size_t most, struct fault *found,
                       bool *more)
{
    size_t count = 0;
    const struct armed *armed = NULL;
    *more = false;
    (void)pthread_mutex_lock(&app->faults->lock);
    TAILQ_FOREACH(armed, &app->faults->armed, entries)
    {
        const struct fault *fault = &armed->fault;
        if (fault->id <= after || (product_key != NULL && strcmp(fault->match.product_key, product_key) != 0)) {
            continue;
        }
        if (count == most) {
            *more = true;
            break;
        }
        found[count++] = *fault;
    }
    (void)pthread_mutex_unlock(&app->faults->lock);
    return count;
}

uint64_t app_faults_fired(struct app *app, enum fault_point point)
{
    (void)pthread_mutex_lock(&app->faults->lock);
    uint64_t fired = app->faults->fired_at_point[point];
    (void)pthread_mutex_unlock(&app->faults->lock);
    return fired;
}

/* Into the upgrade log, where the device is in a plan. */
static void log_firing(struct app *app, const struct firing *firing, const char *text)
{
    const struct fault_subject *subject = &firing->subject;
    if (subject->plan_id == 0 || subject->device_id == 0) {
        return;
    }
    struct log_entry entry = {.at = app_now(app, subject->product_key),
                              .attempt = subject->attempt,
                              .direction = LOG_FROM_SERVER,
                              .kind = LOG_FAULT_APPLIED};
    text_copy_cut(entry.component_no, sizeof entry.component_no, subject->component_no);
    text_copy_cut(entry.detail, sizeof entry.detail, text);
    enum status status = app_use_begin(app);
    if (status == OK) {
        status = app_use_end(app, events_log(app, subject->plan_id, subject->device_id, &entry));
    }
    if (status != OK) {
        log_warn("app", "%s: not in the upgrade log: %s", text, status_text(status));
    }
}

static void tell(struct app *app, const struct firing *firing)
{
    const struct fault_subject *subject = &firing->subject;
    char text[2 * FAULT_TEXT + 4];
    fault_describe(&firing->fault, text);
    if (firing->detail[0] != '\0') {
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof text - used, " (%s)", firing->detail);
    }
    log_info("app", "device=%s/%s %s", subject->product_key, subject->device_key, text);
    struct journal_entry entry = {.kind = JOURNAL_FAULT,
                                  .wall_at = firing->wall_at,
                                  .plan_id = subject->plan_id,
                                  .count = firing->fault.id,
                                  .word = fault_point_name(firing->fault.point),
                                  .name = fault_type_name(firing->fault.action.type),
                                  .text = text};
    text_copy_cut(entry.product_key, sizeof entry.product_key, subject->product_key);
    text_copy_cut(entry.device_key, sizeof entry.device_key, subject->device_key);
    text_copy_cut(entry.component_no, sizeof entry.component_no, subject->component_no);
    app_journal(app, &entry);
    bool touches = firing->fault.point == FAULT_MQTT_LINK || firing->fault.point == FAULT_MQTT_CONNECT;
    if (touches && subject->device_id != 0) {
        referees_disturbed(app, subject->device_id);
    }
    log_firing(app, firing, text);
    tell_event(app, &firing->fault, WHAT_FIRED, subject, firing->wall_at);
}

void app_faults_tell(struct app *app)
{
    struct faults *faults = app->faults;
    struct firing_list firings = TAILQ_HEAD_INITIALIZER(firings);
    (void)pthread_mutex_lock(&faults->lock);
    TAILQ_CONCAT(&firings, &faults->firings, entries);
    size_t untold = faults->untold;
    faults->firing_count = 0;
    faults->untold = 0;
    (void)pthread_mutex_unlock(&faults->lock);
    for (struct firing *firing = TAILQ_FIRST(&firings); firing != NULL; firing = TAILQ_FIRST(&firings)) {
        TAILQ_REMOVE(&firings, firing, entries);
        tell(app, firing);
        free(firing);
    }
    if (untold > 0) {
        log_warn("app", "%zu firings of faults came faster than they could be told", untold);
    }
}

void app_fault_subject(struct app *app, int64_t device_id, struct fault_subject *subject)
{
    *subject = (struct fault_subject){.device_id = device_id};
    const struct presence *presence = app_presence(app, device_id);
    struct device_brief brief;
    if (presence != NULL) {
        text_copy_cut(subject->product_key, sizeof subject->product_key, presence->product_key);
        text_copy_cut(subject->device_key, sizeof subject->device_key, presence->device_key);
    } else if (device_find_brief(app->store, device_id, &brief) == OK) {
        text_copy_cut(subject->product_key, sizeof subject->product_key, brief.product_key);
        text_copy_cut(subject->device_key, sizeof subject->device_key, brief.device_key);
    }
}

void app_fault_subject_of_task(struct app *app, int64_t device_id, struct fault_subject *subject)
{
    app_fault_subject(app, device_id, subject);
    struct maybe_int plan_id = {0};
    struct task task;
    if (task_running_plan(app->store, device_id, &plan_id) == OK && plan_id.known &&
        task_find(app->store, plan_id.value, device_id, &task) == OK) {
        const struct task_component *component = &task.components[task.current];
        subject->plan_id = plan_id.value;
        subject->attempt = component->attempts;
        text_copy_cut(subject->component_no, sizeof subject->component_no, component->component_no);
    }
}

void app_fault_subject_complete(struct app *app, struct fault_subject *subject)
{
    struct fault_subject now = {0};
    struct device device;
    if (subject->device_id == 0 && subject->device_key[0] != '\0' &&
        device_find(app->store, subject->product_key, subject->device_key, &device) == OK) {
        subject->device_id = device.id;
    }
    if (subject->device_id != 0 && subject->plan_id == 0) {
        app_fault_subject_of_task(app, subject->device_id, &now);
        subject->plan_id = now.plan_id;
        subject->attempt = now.attempt;
        text_copy_cut(subject->component_no, sizeof subject->component_no, now.component_no);
    }
}
