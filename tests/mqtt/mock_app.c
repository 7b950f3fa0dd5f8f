#include "mock_app.h"
#include "app/faults.h"
#include "app/firmware_table.h"
#include "app/journal.h"
#include "app/referee.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static void PRINTF_LIKE(2, 3) note(struct app *app, const char *format, ...)
{
    size_t used = strlen(app->calls);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(app->calls + used, sizeof app->calls - used, format, arguments);
    va_end(arguments);
}

static struct device *add_device(struct app *app, const char *product_key, const char *device_key)
{
    struct device *device = &app->devices[app->device_count++];
    device->id = (int64_t)app->device_count;
    device->enabled = true;
    text_copy_cut(device->product_key, sizeof device->product_key, product_key);
    text_copy_cut(device->device_key, sizeof device->device_key, device_key);
    return device;
}

void mock_app_init(struct app *app, const struct mock_device *devices, size_t count)
{
    memset(app, 0, sizeof *app);
    for (size_t i = 0; i < count; i++) {
        struct device *device = add_device(app, devices[i].product_key, devices[i].device_key);
        device->enabled = !devices[i].disabled;
        text_copy_cut(device->secret, sizeof device->secret, devices[i].secret);
    }
}

int mock_app_count(const struct app *app, const char *what)
{
    int count = 0;
    for (const char *at = strstr(app->calls, what); at != NULL; at = strstr(at + 1, what)) {
        count++;
    }
    return count;
}

enum status app_product_find(struct app *app, const char *key, struct product *product)
{
    static const struct product products[] = {
        {.key = "PK1", .secret = "ps1"}, {.key = "PK", .secret = "ps0"}, {.key = "PK12", .secret = "ps12"}};
    if (app->lookup_status != OK) {
        return app->lookup_status;
    }
    for (size_t i = 0; i < sizeof products / sizeof products[0]; i++) {
        if (strcmp(products[i].key, key) == 0) {
            *product = products[i];
            return OK;
        }
    }
    return E_NOT_FOUND;
}

static struct device *find(struct app *app, const char *product_key, const char *device_key)
{
    for (size_t i = 0; i < app->device_count; i++) {
        if (strcmp(app->devices[i].product_key, product_key) == 0 &&
            strcmp(app->devices[i].device_key, device_key) == 0) {
            return &app->devices[i];
        }
    }
    return NULL;
}

enum status app_device_find(struct app *app, const char *product_key, const char *device_key, struct device *device)
{
    const struct device *found = find(app, product_key, device_key);
    if (app->lookup_status != OK || found == NULL) {
        return app->lookup_status != OK ? app->lookup_status : E_NOT_FOUND;
    }
    *device = *found;
    return OK;
}

enum status app_device_admit(struct app *app, const char *product_key, const char *device_key, enum auth_mode mode,
                             bool session_encrypted, const char *new_secret, struct device *device)
{
    struct device *found = find(app, product_key, device_key);
    if (found == NULL) {
        found = add_device(app, product_key, device_key);
    }
    if (found->secret[0] == '\0') {
        text_copy_cut(found->secret, sizeof found->secret, new_secret);
    }
    note(app, "admit %s/%s %s%s;", product_key, device_key, auth_mode_name(mode), session_encrypted ? " sealed" : "");
    *device = *found;
    return OK;
}

void app_device_online(struct app *app, int64_t device_id)
{
    note(app, "online %d;", (int)device_id);
}

void app_device_offline(struct app *app, int64_t device_id)
{
    note(app, "offline %d;", (int)device_id);
}

enum status app_device_status(struct app *app, int64_t device_id, const struct status_report *report)
{
    note(app, "status %d battery=%d;", (int)device_id, report->battery.known ? (int)report->battery.value : -1);
    return app->use_status;
}

enum status app_device_info(struct app *app, int64_t device_id, const struct info_report *report)
{
    note(app, "info %d %s bare=%d;", (int)device_id, report->versions.module_version, report->versions.module_is_bare);
    return app->use_status;
}

enum status app_device_request(struct app *app, int64_t device_id, const struct version_report *report)
{
    note(app, "request %d %s", (int)device_id, report->module_version);
    for (size_t i = 0; i < report->mcu_count; i++) {
        note(app, " %s=%s", report->mcus[i].component_no, report->mcus[i].version);
    }
    note(app, ";");
    return app->use_status;
}

enum status app_device_upgrade(struct app *app, int64_t device_id, const struct upgrade_report *report)
{
    note(app, "upgrade %d %d %s;", (int)device_id, report->status, report->component_no);
    return app->use_status;
}

enum status app_device_seen(struct app *app, int64_t device_id)
{
    note(app, "seen %d;", (int)device_id);
    return app->use_status;
}

enum status app_device_malformed(struct app *app, int64_t device_id)
{
    note(app, "malformed %d;", (int)device_id);
    return OK;
}

enum status app_batch_begin(struct app *app)
{
    app->in_batch = true;
    return OK;
}

enum status app_batch_end(struct app *app)
{
    app->in_batch = false;
    app->commits++;
    return app->commit_status;
}

bool app_frames_wanted(struct app *app)
{
    (void)app;
    return false;
}

void app_device_frame(struct app *app, int64_t device_id, bool from_device, const struct event_of_frame *frame)
{
    (void)app;
    (void)device_id;
    (void)from_device;
    (void)frame;
}

/* What the referee would hear is its own tests' business. */
void app_referee_connected(struct app *app, int64_t device_id, const struct connect_conduct *connect)
{
    (void)app;
    (void)device_id;
    (void)connect;
}

void app_referee_farewell(struct app *app, int64_t device_id)
{
    (void)app;
    (void)device_id;
}

void app_referee_frame(struct app *app, int64_t device_id, const struct frame_conduct *frame)
{
    (void)app;
    (void)device_id;
    (void)frame;
}

void app_referee_malformed(struct app *app, int64_t device_id, const char *why)
{
    (void)app;
    (void)device_id;
    (void)why;
}

void app_referee_ordered(struct app *app, int64_t device_id, bool firmware, bool altered)
{
    (void)app;
    (void)device_id;
    (void)firmware;
    (void)altered;
}

/* No faults are armed here, and what the journal would keep is its own tests' business. */
struct faults *app_faults(struct app *app)
{
    (void)app;
    return NULL;
}

bool faults_armed(struct faults *faults, enum fault_point point)
{
    (void)faults;
    (void)point;
    return false;
}

size_t faults_look(struct faults *faults, enum fault_point point, const struct fault_subject *subject,
                   struct fault_hit hits[FAULT_HITS])
{
    (void)faults;
    (void)point;
    (void)subject;
    (void)hits;
    return 0;
}

bool faults_fire(struct faults *faults, int64_t id, const struct fault_subject *subject, const char *detail)
{
    (void)faults;
    (void)id;
    (void)subject;
    (void)detail;
    return false;
}

void app_fault_subject_of_task(struct app *app, int64_t device_id, struct fault_subject *subject)
{
    (void)app;
    *subject = (struct fault_subject){.device_id = device_id};
}

void app_fault_subject_complete(struct app *app, struct fault_subject *subject)
{
    (void)app;
    (void)subject;
}

int64_t app_journal_plan(struct app *app, int64_t device_id)
{
    (void)app;
    (void)device_id;
    return 0;
}

struct firmware_table *app_firmware_table(struct app *app)
{
    (void)app;
    return NULL;
}

void firmware_table_expire(struct firmware_table *table, const char *token)
{
    (void)table;
    (void)token;
}

void app_journal(struct app *app, struct journal_entry *entry)
{
    (void)app;
    (void)entry;
}
