#include "app/upgrade_links.h"

#include <stdio.h>
#include <string.h>

#include "app/faults.h"
#include "app/upgrade.h"
#include "base/text.h"
#include "store/token_rows.h"

enum status upgrade_firmware_entry(const struct app *app, const char *token, const struct package_file *file,
                                   struct firmware_entry *entry)
{
    *entry = (struct firmware_entry){.size = file->size};
    int length = snprintf(entry->path, sizeof entry->path, "%s/%s", app->files_dir, file->stored);
    if (length < 0 || (size_t)length >= sizeof entry->path) {
        return E_LIMIT;
    }
    const char *extension = package_file_extension(file->name);
    enum status status = text_copy(entry->token, sizeof entry->token, token);
    if (status == OK) {
        status = text_copy(entry->name, sizeof entry->name, file->name);
    }
    if (status == OK) {
        status = text_copy(entry->extension, sizeof entry->extension, extension != NULL ? extension : "");
    }
    return status == OK ? text_copy(entry->sha256, sizeof entry->sha256, file->sha256) : status;
}

static bool collect_token(void *context, const struct firmware_token *token, const struct package_file *file)
{
    struct attempt_links *found = context;
    if (found->count == LIMIT_PACKAGE_FILES ||
        text_copy(found->tokens[found->count], sizeof found->tokens[0], token->token) != OK) {
        return false;
    }
    found->count++;
    found->attempt = token->attempt;
    found->size += file->size;
    found->sent += firmware_table_sent(found->table, token->token);
    return true;
}

static enum status find_tokens(struct app *app, const struct task *task, size_t component, struct attempt_links *found)
{
    *found = (struct attempt_links){.table = app->table};
    return token_list(app->store, task->id, task->components[component].position, collect_token, found);
}

int upgrade_progress(struct app *app, const struct task *task, size_t component)
{
    struct attempt_links found;
    if (find_tokens(app, task, component, &found) != OK || found.size == 0) {
        return -1;
    }
    return (int)(found.sent * 100 / found.size);
}

void upgrade_fault_subject(struct app *app, const struct task *task, size_t component, struct fault_subject *subject)
{
    app_fault_subject(app, task->device_id, subject);
    subject->plan_id = task->plan_id;
    subject->attempt = task->components[component].attempts;
    text_copy_cut(subject->component_no, sizeof subject->component_no, task->components[component].component_no);
}

static enum status make_tokens(struct app *app, const struct task *task, size_t component,
                               const struct package *package, struct attempt_links *made)
{
    *made = (struct attempt_links){.count = package->file_count, .attempt = task->components[component].attempts};
    enum status status = OK;
    struct fault_subject subject;
    upgrade_fault_subject(app, task, component, &subject);
    for (size_t i = 0; i < package->file_count && status == OK; i++) {
        struct firmware_entry entry;
        struct firmware_token row = {.task_id = task->id,
                                     .position = task->components[component].position,
                                     .attempt = task->components[component].attempts,
                                     .file_index = package->files[i].index,
                                     .created_at = app_wall(app)};
        status = app->ports.token(app->ports.context, row.token);
        if (status == OK) {
            status = token_insert(app->store, &row);
        }
        if (status == OK) {
            text_copy_cut(made->tokens[i], sizeof made->tokens[i], row.token);
            status = upgrade_firmware_entry(app, row.token, &package->files[i], &entry);
        }
        if (status == OK) {
            entry.task_id = task->id;
            entry.subject = subject;
            status = app_defer_token_put(app, &entry);
        }
    }
    return status;
}

enum status upgrade_links_expire(struct app *app, const struct task *task, size_t index)
{
    struct attempt_links links;
    enum status status = find_tokens(app, task, index, &links);
    for (size_t i = 0; i < links.count && status == OK; i++) {
        status = app_defer_token_expire(app, links.tokens[i]);
    }
    return status == OK ? token_expire_of(app->store, task->id, task->components[index].position, app_wall(app))
                        : status;
}

enum status upgrade_links_obtain(struct app *app, const struct task *task, size_t index, const struct package *package,
                                 struct attempt_links *links)
{
    enum status status = find_tokens(app, task, index, links);
    if (status != OK || (links->count == package->file_count && links->attempt == task->components[index].attempts)) {
        return status;
    }
    status = links->count > 0 ? upgrade_links_expire(app, task, index) : OK;
    return status == OK ? make_tokens(app, task, index, package, links) : status;
}
