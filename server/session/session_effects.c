#include "session/internal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

struct session_effect *session_add_effect(struct session *session, enum session_effect_kind kind, size_t component)
{
    assert(session->effects->count < SESSION_EFFECTS);
    struct session_effect *effect = &session->effects->items[session->effects->count++];
    *effect = (struct session_effect){.kind = kind, .component = component};
    return effect;
}

static struct log_entry *add_entry(struct session *session, enum log_direction direction, enum log_kind kind)
{
    struct log_entry *entry = &session_add_effect(session, EFFECT_LOG, 0)->entry;
    entry->direction = direction;
    entry->kind = kind;
    if (direction == LOG_FROM_DEVICE && session->event->kind == SESSION_STATUS) {
        entry->code = (struct maybe_int){.known = true, .value = session->event->upgrade->status};
    }
    return entry;
}

void session_log_plan(struct session *session, enum log_direction direction, enum log_kind kind, const char *format,
                      ...)
{
    struct log_entry *entry = add_entry(session, direction, kind);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(entry->detail, sizeof entry->detail, format, arguments);
    va_end(arguments);
}

void session_log_component(struct session *session, size_t component, enum log_direction direction, enum log_kind kind,
                           const char *format, ...)
{
    const struct task_component *subject = &session->task->components[component];
    struct log_entry *entry = add_entry(session, direction, kind);
    text_copy_cut(entry->component_no, sizeof entry->component_no, subject->component_no);
    entry->attempt = subject->attempts;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(entry->detail, sizeof entry->detail, format, arguments);
    va_end(arguments);
}

/* Under the component that the device named, as it named it: it need not be one of the plan. */
void session_warn(struct session *session, const char *format, ...)
{
    struct log_entry *entry = add_entry(session, LOG_FROM_DEVICE, LOG_PROTOCOL_WARNING);
    if (session->event->kind == SESSION_STATUS) {
        text_copy_cut(entry->component_no, sizeof entry->component_no, session->event->upgrade->component_no);
    }
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(entry->detail, sizeof entry->detail, format, arguments);
    va_end(arguments);
}
