#include "app/referee.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/events.h"
#include "app/faults.h"
#include "app/internal.h"
#include "app/journal.h"
#include "base/log.h"
#include "base/text.h"
#include "session/referee.h"
#include "store/device_rows.h"
#include "store/task_rows.h"

enum { SCAN_MS = 250 }; /* timers are looked at no more often */

/* A device and its referee. */
struct watched {
    int64_t device_id;
    struct warnings *warnings; /* made for the first; NULL: none */
    struct referee referee;
    UT_hash_handle hh;
};

struct referees {
    struct watched *watched; /* uthash by device_id */
    int64_t due;             /* app_ports.monotonic: the earliest timer, or before; REFEREE_NEVER */
    uint64_t counts[PROTOCOL_RULE_COUNT];
    /* of the status whose session step runs */
    int64_t status_of; /* device id; 0: none runs */
    bool excused;      /* before it */
    struct fault_subject subject;
    struct breaches breaches;
    int64_t due_before;
};

enum status referees_create(struct referees **referees)
{
    *referees = calloc(1, sizeof **referees);
    if (*referees == NULL) {
        return E_NOMEM;
    }
    (*referees)->due = REFEREE_NEVER;
    return OK;
}

static void forget(struct referees *referees, struct watched *watched)
{
    HASH_DEL(referees->watched, watched);
    free(watched->warnings);
    free(watched);
}

void referees_destroy(struct referees *referees)
{
    struct watched *watched = NULL;
    struct watched *next = NULL;
    if (referees == NULL) {
        return;
    }
    HASH_ITER(hh, referees->watched, watched, next)
    {
        forget(referees, watched);
    }
    free(referees);
}

static struct watched *find(const struct app *app, int64_t device_id)
{
    struct watched *watched = NULL;
    HASH_FIND(hh, app->referees->watched, &device_id, sizeof device_id, watched);
    return watched;
}

/* NULL: no memory; then nobody judges it. */
static struct watched *obtain(struct app *app, int64_t device_id)
{
    struct watched *watched = find(app, device_id);
    if (watched != NULL) {
        return watched;
    }
    watched = calloc(1, sizeof *watched);
    if (watched != NULL) {
        watched->device_id = device_id;
        referee_init(&watched->referee);
        HASH_ADD(hh, app->referees->watched, device_id, sizeof watched->device_id, watched);
    }
    return watched;
}

/* --- telling -------------------------------------------------------------------------------------------------- */

static void count_warning(struct app *app, int64_t device_id, const char *product_key, enum protocol_rule rule)
{
    struct watched *watched = find(app, device_id);
    if (watched != NULL && watched->warnings == NULL) {
        watched->warnings = calloc(1, sizeof *watched->warnings);
    }
    if (watched != NULL && watched->warnings != NULL) {
        watched->warnings->of[rule].count++;
        watched->warnings->of[rule].last_at = app_now(app, product_key);
    }
}

static void journal_warning(struct app *app, const struct fault_subject *subject, enum protocol_rule rule,
                            const char *detail)
{
    struct journal_entry entry = {.kind = JOURNAL_WARNING,
                                  .plan_id = subject->plan_id,
                                  .from_device = true,
                                  .count = (int64_t)app->referees->counts[rule],
                                  .name = protocol_rule_name(rule),
                                  .text = detail};
    text_copy_cut(entry.product_key, sizeof entry.product_key, subject->product_key);
    text_copy_cut(entry.device_key, sizeof entry.device_key, subject->device_key);
    text_copy_cut(entry.component_no, sizeof entry.component_no, subject->component_no);
    app_journal(app, &entry);
    log_warn("referee", "device=%s/%s %s: %s", subject->product_key, subject->device_key, protocol_rule_name(rule),
             detail);
}

static void note(struct app *app, int64_t device_id, const struct fault_subject *subject, const struct breach *breach)
{
    app->referees->counts[breach->rule]++;
    if (!breach->told) {
        return;
    }
    count_warning(app, device_id, subject->product_key, breach->rule);
    journal_warning(app, subject, breach->rule, breach->detail);
    if (subject->plan_id == 0) {
        return;
    }
    struct log_entry entry = {.at = app_now(app, subject->product_key),
                              .attempt = subject->attempt,
                              .direction = LOG_FROM_DEVICE,
                              .kind = LOG_PROTOCOL_WARNING};
    text_copy_cut(entry.component_no, sizeof entry.component_no, subject->component_no);
    (void)snprintf(entry.detail, sizeof entry.detail, "%s: %s", protocol_rule_name(breach->rule), breach->detail);
    enum status status = app_use_begin(app);
    if (status == OK) {
        status = app_use_end(app, events_log(app, subject->plan_id, device_id, &entry));
    }
    if (status != OK && status != E_NOT_FOUND) {
        log_error("referee", "a warning was not stored: %s", status_text(status));
    }
}

static void tell(struct app *app, int64_t device_id, const struct breaches *breaches)
{
    struct fault_subject subject = {0};
    if (breaches->count > 0) {
        app_fault_subject_of_task(app, device_id, &subject);
    }
    for (size_t i = 0; i < breaches->count; i++) {
        note(app, device_id, &subject, &breaches->items[i]);
    }
}

static int64_t step(struct app *app, struct watched *watched, const struct referee_event *event,
                    struct breaches *breaches)
{
    struct referees *referees = app->referees;
    int64_t before = referees->due;
    referee_step(&watched->referee, event, app->ports.monotonic(app->ports.context), breaches);
    int64_t due = referee_due(&watched->referee);
    referees->due = due < before ? due : before;
    return before;
}

static void judge(struct app *app, int64_t device_id, const struct referee_event *event)
{
    struct breaches breaches;
    struct watched *watched = obtain(app, device_id);
    if (watched == NULL) {
        return;
    }
    int64_t before = step(app, watched, event, &breaches);
    if (app->referees->due < before) {
        app_arm_alarm(app);
    }
    tell(app, device_id, &breaches);
}

/* --- what the doors saw --------------------------------------------------------------------------------------- */

void app_referee_connected(struct app *app, int64_t device_id, const struct connect_conduct *connect)
{
    bool is_new = find(app, device_id) == NULL;
    judge(app, device_id, &(struct referee_event){.kind = REFEREE_CONNECTED, .connect = connect});
    if (is_new && app_journal_plan(app, device_id) != 0) { /* of before the server began */
        referees_gave_up(app, device_id);
    }
}

void app_referee_farewell(struct app *app, int64_t device_id)
{
    judge(app, device_id, &(struct referee_event){.kind = REFEREE_FAREWELL});
}

void app_referee_frame(struct app *app, int64_t device_id, const struct frame_conduct *frame)
{
    judge(app, device_id, &(struct referee_event){.kind = REFEREE_FRAME, .frame = frame});
}

void app_referee_malformed(struct app *app, int64_t device_id, const char *why)
{
    judge(app, device_id, &(struct referee_event){.kind = REFEREE_MALFORMED, .why = why});
}

void app_referee_ordered(struct app *app, int64_t device_id, bool firmware, bool altered)
{
    judge(app, device_id,
          &(struct referee_event){.kind = firmware ? REFEREE_FIRMWARE : REFEREE_NOTIFY, .altered = altered});
}

bool referees_excuse(const struct app *app, int64_t device_id)
{
    const struct watched *watched = find(app, device_id);
    return app->referees->status_of == device_id ? app->referees->excused
                                                 : watched != NULL && referee_excuses(&watched->referee);
}

void referees_gave_up(struct app *app, int64_t device_id)
{
    judge(app, device_id, &(struct referee_event){.kind = REFEREE_GAVE_UP});
}

void app_referee_request(struct app *app, const struct request_conduct *request)
{
    struct task task;
    if (task_find_by_id(app->store, request->task_id, &task) == OK) {
        judge(app, task.device_id, &(struct referee_event){.kind = REFEREE_REQUEST, .request = request});
    }
}

void app_referee_served(struct app *app, int64_t task_id, bool complete)
{
    struct task task;
    if (task_find_by_id(app->store, task_id, &task) == OK) {
        judge(app, task.device_id, &(struct referee_event){.kind = REFEREE_SERVED, .complete = complete});
    }
}

void referees_online(struct app *app, int64_t device_id)
{
    judge(app, device_id, &(struct referee_event){.kind = REFEREE_SUBSCRIBED});
}

void referees_offline(struct app *app, int64_t device_id)
{
    struct device_brief device;
    struct watched *watched = find(app, device_id);
    if (watched == NULL) {
        return;
    }
    struct breaches breaches;
    (void)step(app, watched, &(struct referee_event){.kind = REFEREE_GONE}, &breaches);
    int last = watched->referee.last;
    bool idle = (last == 0 || last == 3 || last == 11 || last == 12) && watched->referee.open == 0;
    if ((idle && watched->warnings == NULL) || device_find_brief(app->store, device_id, &device) != OK) {
        forget(app->referees, watched);
    }
}

/* Whether the device is the product's, or no longer there at all. */
static bool goes_with(struct app *app, int64_t device_id, const char *product_key)
{
    struct device_brief device;
    const struct presence *presence = app_presence(app, device_id);
    if (product_key == NULL) {
        return true;
    }
    if (presence != NULL) {
        return strcmp(presence->product_key, product_key) == 0;
    }
    return device_find_brief(app->store, device_id, &device) != OK || strcmp(device.product_key, product_key) == 0;
}

void referees_forget(struct app *app, const char *product_key)
{
    struct watched *watched = NULL;
    struct watched *next = NULL;
    HASH_ITER(hh, app->referees->watched, watched, next)
    {
        if (goes_with(app, watched->device_id, product_key)) {
            forget(app->referees, watched);
        }
    }
}

void referees_disturbed(struct app *app, int64_t device_id)
{
    judge(app, device_id, &(struct referee_event){.kind = REFEREE_DISTURBED});
}

void referees_flash(struct app *app, int64_t device_id, int64_t flash_free)
{
    judge(app, device_id, &(struct referee_event){.kind = REFEREE_FLASH, .flash_free = flash_free});
}

/* --- statuses ------------------------------------------------------------------------------------------------- */

void referees_status_begins(struct app *app, int64_t device_id, const struct upgrade_report *report)
{
    struct referees *referees = app->referees;
    struct watched *watched = obtain(app, device_id);
    if (watched == NULL) {
        return;
    }
    referees->excused = referee_excuses(&watched->referee);
    referees->due_before =
        step(app, watched, &(struct referee_event){.kind = REFEREE_STATUS, .upgrade = report}, &referees->breaches);
    referees->status_of = device_id;
    app_fault_subject_of_task(app, device_id, &referees->subject); /* the last status ends the task */
}

void referees_status_ends(struct app *app)
{
    struct referees *referees = app->referees;
    int64_t device_id = referees->status_of;
    referees->status_of = 0;
    if (device_id == 0) {
        return;
    }
    for (size_t i = 0; i < referees->breaches.count; i++) {
        note(app, device_id, &referees->subject, &referees->breaches.items[i]);
    }
    if (referees->due < referees->due_before) {
        app_arm_alarm(app);
    }
}

void referees_name(struct app *app, int64_t device_id, int64_t plan_id, struct log_entry *entry)
{
    struct referees *referees = app->referees;
    enum protocol_rule rule = RULE_STATUS_PLAN;
    if (referees->status_of == device_id && referees->breaches.count > 0) {
        rule = referees->breaches.items[0].rule;
        referees->breaches.count--;
        memmove(&referees->breaches.items[0], &referees->breaches.items[1],
                referees->breaches.count * sizeof referees->breaches.items[0]);
    }
    referees->counts[rule]++;
    struct fault_subject subject = {0};
    app_fault_subject(app, device_id, &subject);
    count_warning(app, device_id, subject.product_key, rule);
    subject.plan_id = plan_id;
    text_copy_cut(subject.component_no, sizeof subject.component_no, entry->component_no);
    journal_warning(app, &subject, rule, entry->detail);
    char detail[LOG_DETAIL];
    text_copy_cut(detail, sizeof detail, entry->detail);
    (void)snprintf(entry->detail, sizeof entry->detail, "%s: %.*s", protocol_rule_name(rule),
                   (int)(sizeof entry->detail - 32), detail);
}

/* --- time ----------------------------------------------------------------------------------------------------- */

int64_t referees_delay(const struct app *app, int64_t most)
{
    if (app->referees->due == REFEREE_NEVER) {
        return most;
    }
    int64_t delay = app->referees->due - app->ports.monotonic(app->ports.context);
    return delay < most ? delay : most;
}

void referees_run(struct app *app)
{
    struct referees *referees = app->referees;
    int64_t now = app->ports.monotonic(app->ports.context);
    if (now < referees->due) {
        return;
    }
    referees->due = REFEREE_NEVER;
    struct watched *watched = NULL;
    struct watched *next = NULL;
    int64_t due = REFEREE_NEVER;
    HASH_ITER(hh, referees->watched, watched, next)
    {
        struct breaches breaches = {0};
        if (referee_due(&watched->referee) <= now) {
            (void)step(app, watched, &(struct referee_event){.kind = REFEREE_TIME}, &breaches);
            tell(app, watched->device_id, &breaches);
        }
        int64_t own = referee_due(&watched->referee);
        due = own < due ? own : due;
    }
    referees->due = due == REFEREE_NEVER || due > now + SCAN_MS ? due : now + SCAN_MS;
}

uint64_t app_referee_count(const struct app *app, enum protocol_rule rule)
{
    return app->referees->counts[rule];
}

const struct warnings *app_referee_warnings(const struct app *app, int64_t device_id)
{
    static const struct warnings none = {0};
    const struct watched *watched = find(app, device_id);
    return watched == NULL || watched->warnings == NULL ? &none : watched->warnings;
}
