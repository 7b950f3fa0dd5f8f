#include "http/junit.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/instant.h"
#include "base/xml_text.h"

enum { CASE_LOG_MOST = 4 * 1024 * 1024, HEAD_ROOM = 200, SECONDS_TEXT = 32, ISO_SECONDS = 19 };

enum outcome { OUTCOME_PASSED, OUTCOME_FAILED, OUTCOME_SKIPPED, OUTCOME_UNFINISHED };

static void format_seconds(int64_t time_ms, char text[SECONDS_TEXT])
{
    (void)snprintf(text, SECONDS_TEXT, "%" PRId64 ".%03d", time_ms / 1000, (int)(time_ms % 1000));
}

void junit_begin(struct junit *junit, const struct plan *plan, size_t limit)
{
    *junit = (struct junit){.plan = plan};
    buffer_init(&junit->text, limit);
    for (size_t i = 0; i < LIMIT_COMPONENTS; i++) {
        buffer_init(&junit->logs[i], CASE_LOG_MOST);
    }
    char began[INSTANT_TEXT];
    instant_format(plan->activated_at.known ? plan->activated_at.at : plan->created_at, began);
    began[ISO_SECONDS] = '\0'; /* JUnit's timestamps have neither fraction nor zone */
    buffer_append_text(&junit->text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite");
    xml_append_attribute(&junit->text, "name", plan->name);
    xml_append_attribute(&junit->text, "timestamp", began);
    junit->head = junit->text.length;
    char *room = (char *)buffer_reserve(&junit->text, HEAD_ROOM);
    if (room != NULL) {
        memset(room, ' ', HEAD_ROOM); /* blanks between attributes say nothing */
        junit->text.length += HEAD_ROOM;
    }
    buffer_append_text(&junit->text, ">\n");
}

static void append_line(struct buffer *buffer, const struct log_entry *entry)
{
    char at[INSTANT_TEXT];
    instant_format(entry->at, at);
    buffer_append_format(buffer, "%s %s %s", at, log_direction_name(entry->direction), log_kind_name(entry->kind));
    if (entry->code.known) {
        buffer_append_format(buffer, " (%" PRId64 ")", entry->code.value);
    }
    if (entry->attempt > 0) {
        buffer_append_format(buffer, " attempt %d", entry->attempt);
    }
    if (entry->detail[0] != '\0') {
        buffer_append_text(buffer, ": ");
        xml_append_text(buffer, entry->detail);
    }
    buffer_append_text(buffer, "\n");
}

void junit_case_log(struct junit *junit, const struct task *task, const struct log_entry *entry)
{
    for (size_t i = 0; i < task->component_count; i++) {
        if (entry->component_no[0] == '\0' || strcmp(entry->component_no, task->components[i].component_no) == 0) {
            append_line(&junit->logs[i], entry);
        }
    }
}

static bool has_failed_component(const struct task *task)
{
    for (size_t i = 0; i < task->component_count; i++) {
        if (task->components[i].step == STEP_FAILED) {
            return true;
        }
    }
    return false;
}

static enum outcome judge(const struct task *task, const struct task_component *component)
{
    if (task->status == DEVICE_UPGRADED || component->step == STEP_SUCCESSFUL) {
        return OUTCOME_PASSED;
    }
    if (component->step == STEP_FAILED) {
        return OUTCOME_FAILED;
    }
    switch (task->status) {
    case DEVICE_FAILED:
        return has_failed_component(task) ? OUTCOME_SKIPPED : OUTCOME_FAILED;
    case DEVICE_IN_UPGRADE:
        return OUTCOME_UNFINISHED;
    default:
        return OUTCOME_SKIPPED;
    }
}

static void append_outcome(struct junit *junit, const struct task *task, const struct task_component *component)
{
    struct buffer *text = &junit->text;
    const char *reason = task->reason == REASON_NONE ? "none" : reason_name(task->reason);
    char message[160];
    switch (judge(task, component)) {
    case OUTCOME_PASSED:
        return;
    case OUTCOME_FAILED:
        junit->failures++;
        (void)snprintf(message, sizeof message, "%s in step %s after %d attempts", reason,
                       component_step_name(component->step), component->attempts);
        buffer_append_text(text, "<failure");
        xml_append_attribute(text, "type", reason);
        break;
    case OUTCOME_SKIPPED:
        junit->skipped++;
        (void)snprintf(message, sizeof message, "%s%s", task->status == DEVICE_FAILED ? "not reached: " : "",
                       task->reason == REASON_NONE ? "not evaluated yet" : reason);
        buffer_append_text(text, "<skipped");
        break;
    case OUTCOME_UNFINISHED:
        junit->errors++;
        (void)snprintf(message, sizeof message, "still in step %s, %d percent", component_step_name(component->step),
                       component->progress);
        buffer_append_text(text, "<error type=\"unfinished\"");
        break;
    }
    xml_append_attribute(text, "message", message);
    buffer_append_text(text, "/>\n");
}

static int64_t duration(const struct task_component *component)
{
    bool known = component->started_at.known && component->ended_at.known;
    int64_t time_ms = known ? component->ended_at.at - component->started_at.at : 0;
    return time_ms > 0 ? time_ms : 0; /* a clock may have been set back meanwhile */
}

static void append_case(struct junit *junit, const char *device_key, const struct task *task, size_t i)
{
    const struct task_component *component = &task->components[i];
    struct buffer *text = &junit->text;
    char class_name[sizeof junit->plan->name + LIMIT_DEVICE_KEY + 2];
    char name[LIMIT_COMPONENT_NO + 2 * LIMIT_VERSION + 16];
    char seconds[SECONDS_TEXT];
    const char *source = component->source_version;
    (void)snprintf(class_name, sizeof class_name, "%s.%s", junit->plan->name, device_key);
    (void)snprintf(name, sizeof name, "%s %s -> %s", component->component_no, source[0] == '\0' ? "?" : source,
                   component->target_version);
    format_seconds(duration(component), seconds);
    junit->tests++;
    junit->time_ms += duration(component);
    buffer_append_text(text, "<testcase");
    xml_append_attribute(text, "classname", class_name);
    xml_append_attribute(text, "name", name);
    xml_append_attribute(text, "time", seconds);
    buffer_append_text(text, ">\n");
    append_outcome(junit, task, component);
    if (junit->logs[i].length > 0) {
        buffer_append_text(text, "<system-out>");
        buffer_append(text, junit->logs[i].data, junit->logs[i].length);
        buffer_append_text(text, "</system-out>\n");
    }
    buffer_append_text(text, "</testcase>\n");
    if (buffer_status(&junit->logs[i]) != OK) {
        text->status = buffer_status(&junit->logs[i]); /* half a log must not look like a whole one */
    }
    buffer_clear(&junit->logs[i]);
}

void junit_cases(struct junit *junit, const char *device_key, const struct task *task)
{
    for (size_t i = 0; i < task->component_count; i++) {
        append_case(junit, device_key, task, i);
    }
}

enum status junit_end(struct junit *junit)
{
    buffer_append_text(&junit->text, "</testsuite>\n</testsuites>\n");
    char seconds[SECONDS_TEXT];
    char head[HEAD_ROOM];
    format_seconds(junit->time_ms, seconds);
    int length = snprintf(head, sizeof head,
                          " tests=\"%" PRId64 "\" failures=\"%" PRId64 "\" errors=\"%" PRId64 "\" skipped=\"%" PRId64
                          "\" time=\"%s\"",
                          junit->tests, junit->failures, junit->errors, junit->skipped, seconds);
    if (buffer_status(&junit->text) == OK) {
        memcpy(junit->text.data + junit->head, head, (size_t)length);
    }
    return buffer_status(&junit->text);
}

void junit_finish(struct junit *junit)
{
    buffer_finish(&junit->text);
    for (size_t i = 0; i < LIMIT_COMPONENTS; i++) {
        buffer_finish(&junit->logs[i]);
    }
}
