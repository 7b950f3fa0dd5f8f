/*
 * A plan's devices as files: the JUnit report and the table in CSV. Both are made in slices, a page of devices in each
 * turn of the loop, so that a plan of 10,000 devices does not keep others waiting.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/plans.h"
#include "base/instant.h"
#include "http/api.h"
#include "http/csv.h"
#include "http/junit.h"
#include "http/plan_walk.h"

enum { DEVICES_A_TURN = 50, EXPORT_LIMIT = 512 * 1024 * 1024 };

/* --- report.xml ------------------------------------------------------------------------------------------------- */

struct report {
    struct app *app;
    struct plan_walk walk;
    struct junit junit;
    enum status status;
};

static void report_free(void *state)
{
    struct report *report = state;
    junit_finish(&report->junit);
    plan_walk_close(&report->walk);
    free(report);
}

struct case_log {
    struct junit *junit;
    const struct task *task;
    int64_t last; /* id of the entry seen last */
};

static void add_log(void *context, const struct log_entry *entry)
{
    struct case_log *log = context;
    log->last = entry->id;
    junit_case_log(log->junit, log->task, entry);
}

/* The log first, page by page, then the cases that it belongs to. */
static void add_cases(void *context, const struct plan_device *device)
{
    struct report *report = context;
    struct case_log log = {.junit = &report->junit, .task = device->task};
    char after[24] = "";
    bool more = true;
    while (more && report->status == OK) {
        struct page page = {.after = after[0] == '\0' ? NULL : after, .limit = LIMIT_PAGE};
        report->status =
            app_plan_device_log(report->app, report->walk.plan.id, device->device_key, &page, add_log, &log, &more);
        (void)snprintf(after, sizeof after, "%" PRId64, log.last);
    }
    junit_cases(&report->junit, device->device_key, device->task);
}

static struct report *report_begin(const struct api *api, struct request *request)
{
    struct report *report = calloc(1, sizeof *report);
    if (report == NULL) {
        return NULL;
    }
    report->app = api->app;
    request->state = report;
    request->state_free = report_free;
    report->status = plan_walk_open(&report->walk, api->app, request->input.id, DEVICE_STATUS_COUNT, NULL);
    junit_begin(&report->junit, &report->walk.plan, EXPORT_LIMIT);
    return report;
}

void plans_report(const struct api *api, struct request *request, struct answer *answer)
{
    struct report *report = request->state != NULL ? request->state : report_begin(api, request);
    if (report == NULL) {
        request_refuse(request, answer, E_NOMEM, NULL);
        return;
    }
    if (report->status == OK && report->walk.more) {
        enum status status = plan_walk_next(&report->walk, api->app, DEVICES_A_TURN, add_cases, report);
        report->status = report->status == OK ? status : report->status;
    }
    if (report->status == OK && report->walk.more) {
        request->turn = TURN_AGAIN;
        return;
    }
    if (report->status == OK) {
        report->status = junit_end(&report->junit);
    }
    if (report->status != OK) {
        request_refuse(request, answer, report->status, NULL);
        return;
    }
    answer_buffer_take(answer, 200, "application/xml; charset=utf-8", &report->junit.text);
    (void)snprintf(answer->file_name, sizeof answer->file_name, "plan-%" PRId64 ".xml", request->input.id);
}

/* --- devices as CSV --------------------------------------------------------------------------------------------- */

struct table {
    struct plan_walk walk;
    struct buffer text;
    struct csv csv;
    enum status status;
};

static void table_free(void *state)
{
    struct table *table = state;
    buffer_finish(&table->text);
    plan_walk_close(&table->walk);
    free(table);
}

static void add_instant(struct csv *csv, const struct maybe_instant *at)
{
    char text[INSTANT_TEXT] = "";
    if (at->known) {
        instant_format(at->at, text);
    }
    csv_add(csv, text);
}

static void add_rows(void *context, const struct plan_device *device)
{
    struct table *table = context;
    const struct task *task = device->task;
    for (size_t i = 0; i < task->component_count; i++) {
        const struct task_component *component = &task->components[i];
        csv_add(&table->csv, device->device_key);
        csv_add(&table->csv, device_status_name(task->status));
        csv_add(&table->csv, reason_name(task->reason));
        add_instant(&table->csv, &task->started_at);
        add_instant(&table->csv, &task->ended_at);
        csv_add(&table->csv, component->component_no);
        csv_add(&table->csv, i < table->walk.plan.component_count ? table->walk.plan.components[i].name : "");
        csv_add(&table->csv, component_type_name(component->type));
        csv_add(&table->csv, component->source_version);
        csv_add(&table->csv, component->target_version);
        csv_add(&table->csv, component_step_name(component->step));
        csv_add_int(&table->csv, component->progress);
        csv_add_int(&table->csv, component->attempts);
        csv_end(&table->csv);
    }
}

static struct table *table_begin(const struct api *api, struct request *request)
{
    static const char *const head[] = {"deviceKey",   "status",   "reason",        "startedAt",     "endedAt",
                                       "componentNo", "name",     "componentType", "sourceVersion", "targetVersion",
                                       "step",        "progress", "attempts"};
    const struct input *input = &request->input;
    struct table *table = calloc(1, sizeof *table);
    if (table == NULL) {
        return NULL;
    }
    request->state = table;
    request->state_free = table_free;
    buffer_init(&table->text, EXPORT_LIMIT);
    table->csv = (struct csv){.buffer = &table->text};
    table->status = plan_walk_open(&table->walk, api->app, input->id, input->device_status, input->page.query);
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++) {
        csv_add(&table->csv, head[i]);
    }
    csv_end(&table->csv);
    return table;
}

void plan_devices_table(const struct api *api, struct request *request, struct answer *answer)
{
    struct table *table = request->state != NULL ? request->state : table_begin(api, request);
    if (table == NULL) {
        request_refuse(request, answer, E_NOMEM, NULL);
        return;
    }
    if (table->status == OK && table->walk.more) {
        table->status = plan_walk_next(&table->walk, api->app, DEVICES_A_TURN, add_rows, table);
    }
    if (table->status == OK && table->walk.more) {
        request->turn = TURN_AGAIN;
        return;
    }
    table->status = table->status == OK ? buffer_status(&table->text) : table->status;
    if (table->status != OK) {
        request_refuse(request, answer, table->status, NULL);
        return;
    }
    answer_buffer_take(answer, 200, "text/csv; charset=utf-8", &table->text);
    (void)snprintf(answer->file_name, sizeof answer->file_name, "plan-%" PRId64 "-devices.csv", request->input.id);
}
