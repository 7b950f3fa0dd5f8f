/* 0x0111 (protocol.md, 9.1). */
#include <string.h>

#include "base/cleanup.h"
#include "codec/fields.h"
#include "codec/server_messages.h"

enum {
    ID_COMPONENT_NO = 4,
    ID_SOURCE_VERSION = 5,
    ID_TARGET_VERSION = 6,
    ID_COMPONENT_TYPE = 7,
    ID_BATTERY = 8,
    ID_SPACE = 9,
    ID_SIGNAL = 10,
    ID_TASKS = 28,
};

static unsigned put_task(struct buffer *out, const struct notify_task *task)
{
    unsigned items = field_put_text(out, ID_COMPONENT_NO, task->component_no);
    items += field_put_text(out, ID_SOURCE_VERSION, task->source_version);
    items += field_put_text(out, ID_TARGET_VERSION, task->target_version);
    ttlv_put_int(out, ID_COMPONENT_TYPE, task->component_type);
    items++;
    items += field_put_int(out, ID_BATTERY, &task->battery);
    items += field_put_int(out, ID_SIGNAL, &task->signal);
    if (task->space.known) {
        ttlv_put_int(out, ID_SPACE, (uint32_t)task->space.value);
        items++;
    }
    return items;
}

enum status notify_encode(const struct notify_message *message, struct buffer *out)
{
    if (message->count == 0 || message->count > LIMIT_COMPONENTS) {
        return E_RANGE;
    }
    if (message->count == 1) {
        (void)put_task(out, &message->tasks[0]);
        return buffer_status(out);
    }
    size_t array = ttlv_open_struct(out, ID_TASKS);
    for (size_t i = 0; i < message->count; i++) {
        size_t task = ttlv_open_struct(out, 0);
        ttlv_close_struct(out, task, (uint16_t)put_task(out, &message->tasks[i]));
    }
    ttlv_close_struct(out, array, (uint16_t)message->count);
    return buffer_status(out);
}

static enum status read_task(struct ttlv_level level, struct notify_task *task)
{
    *task = (struct notify_task){0};
    (void)field_read_text(level, ID_COMPONENT_NO, task->component_no, sizeof task->component_no);
    (void)field_read_text(level, ID_SOURCE_VERSION, task->source_version, sizeof task->source_version);
    if (task->component_no[0] == '\0' ||
        field_read_required(level, ID_TARGET_VERSION, task->target_version, sizeof task->target_version) != OK ||
        !ttlv_get_int(level, ID_COMPONENT_TYPE, &task->component_type)) {
        return E_FORMAT;
    }
    field_read_int(level, ID_BATTERY, &task->battery);
    field_read_int(level, ID_SPACE, &task->space);
    field_read_int(level, ID_SIGNAL, &task->signal);
    return OK;
}

static enum status read_tasks(const struct ttlv_document *document, const struct ttlv_item *array,
                              struct notify_message *message)
{
    if (array->type != TTLV_STRUCT || array->children == 0) {
        return E_FORMAT;
    }
    if (array->children > LIMIT_COMPONENTS) {
        return E_LIMIT;
    }
    struct ttlv_level level = ttlv_children(document, array);
    message->count = 0;
    for (size_t i = level.first; i < level.end; i = document->items[i].next) {
        const struct ttlv_item *item = &document->items[i];
        if (item->type != TTLV_STRUCT ||
            read_task(ttlv_children(document, item), &message->tasks[message->count]) != OK) {
            return E_FORMAT;
        }
        message->count++;
    }
    return OK;
}

enum status notify_decode(const uint8_t *payload, size_t length, struct notify_message *message)
{
    CLEANUP(cleanup_ttlv) struct ttlv_document document = {0};
    enum status status = ttlv_parse(&document, payload, length);
    if (status != OK) {
        return status;
    }
    struct notify_message read = {0};
    const struct ttlv_item *array = ttlv_find(ttlv_top(&document), ID_TASKS);
    if (array != NULL) {
        status = read_tasks(&document, array, &read);
    } else {
        status = read_task(ttlv_top(&document), &read.tasks[0]);
        read.count = 1;
    }
    if (status == OK) {
        *message = read;
    }
    return status;
}
