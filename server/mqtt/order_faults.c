#include "mqtt/order_faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/faults.h"
#include "app/firmware_table.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "codec/frame.h"
#include "codec/ttlv_edit.h"
#include "mqtt/downlink.h"
#include "mqtt/link.h"

/* Nobody is there: TEST-NET-1 of RFC 5737. And a port that nobody listens on. */
#define UNREACHABLE_HOST "192.0.2.1"
enum { CLOSED_PORT = 1, TASKS_TOO_MANY = LIMIT_COMPONENTS + 1, ID_URL = 1, ID_TASKS = 28 };

struct delayed_order {
    struct link *link;
    struct loop_timer *timer;
    uint16_t command;
    unsigned made; /* DOWNLINK_* */
    size_t copies;
    struct buffer payload;
    LIST_ENTRY(delayed_order) entries;
};

/* What the faults of one order add up to. */
struct flaws {
    bool drop;
    unsigned made; /* DOWNLINK_* */
    size_t copies;
    int64_t delay_ms;
};

static uint16_t id_of(enum fault_field field)
{
    static const uint16_t ids[FAULT_FIELD_COUNT] = {
        [FAULT_FIELD_COMPONENT_NO] = 4,
        [FAULT_FIELD_SOURCE_VERSION] = 5,
        [FAULT_FIELD_TARGET_VERSION] = 6,
        [FAULT_FIELD_COMPONENT_TYPE] = 7,
        [FAULT_FIELD_BATTERY_LIMIT] = 8,
        [FAULT_FIELD_USE_SPACE] = 9,
        [FAULT_FIELD_MIN_SIGNAL_INTENSITY] = 10,
        [FAULT_FIELD_URL] = ID_URL,
        [FAULT_FIELD_SIZE] = 2,
        [FAULT_FIELD_MD5] = 3,
        [FAULT_FIELD_CRC] = 15,
        [FAULT_FIELD_SHA256] = 16,
    };
    return ids[field];
}

/* --- changed payloads ------------------------------------------------------------------------------------------- */

static void replace(struct buffer *payload, struct buffer *by)
{
    buffer_clear(payload);
    buffer_append(payload, by->data, by->length);
}

static enum status edit(struct buffer *payload, const struct ttlv_edit *change)
{
    CLEANUP(cleanup_ttlv) struct ttlv_document document;
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = LIMIT_FRAME_PAYLOAD};
    ttlv_init(&document);
    enum status status = ttlv_parse(&document, payload->data, payload->length);
    if (status == OK) {
        ttlv_put_edited(&out, &document, change);
        status = buffer_status(&out);
    }
    if (status == OK) {
        replace(payload, &out);
    }
    return status;
}

static enum status set_field(struct buffer *payload, const struct fault_action *action)
{
    struct ttlv_edit change = {.id = id_of(action->field), .text = action->value, .number = action->number};
    change.change = action->type == FAULT_OMIT             ? TTLV_OMITTED
                    : fault_field_is_number(action->field) ? TTLV_NUMBER_SET
                                                           : TTLV_TEXT_SET;
    return edit(payload, &change);
}

/* Another host, or another port, in the URL of the message. */
static enum status set_url(struct buffer *payload, bool other_host)
{
    CLEANUP(cleanup_ttlv) struct ttlv_document document;
    char url[LIMIT_URL + 1];
    char changed[LIMIT_URL + 64];
    ttlv_init(&document);
    enum status status = ttlv_parse(&document, payload->data, payload->length);
    if (status == OK) {
        status = ttlv_get_string(ttlv_top(&document), ID_URL, url, sizeof url);
    }
    const char *host = status == OK ? strstr(url, "://") : NULL;
    if (host == NULL) {
        return status == E_NOT_FOUND ? OK : status; /* several files: each has its own, this one is not changed */
    }
    host += 3;
    size_t host_length = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
    const char *port = host + host_length;
    const char *path = port + strcspn(port, "/");
    if (other_host) {
        (void)snprintf(changed, sizeof changed, "%.*s" UNREACHABLE_HOST "%s", (int)(host - url), url, port);
    } else {
        (void)snprintf(changed, sizeof changed, "%.*s:%d%s", (int)(port - url), url, CLOSED_PORT, path);
    }
    return edit(payload, &(struct ttlv_edit){.id = ID_URL, .change = TTLV_TEXT_SET, .text = changed});
}

/* One task more than a device takes: a task with these items, again and again. */
static enum status multiply_tasks(struct buffer *payload)
{
    CLEANUP(cleanup_ttlv) struct ttlv_document document;
    CLEANUP(cleanup_buffer) struct buffer out = {.limit = LIMIT_FRAME_PAYLOAD};
    ttlv_init(&document);
    enum status status = ttlv_parse(&document, payload->data, payload->length);
    if (status != OK) {
        return status;
    }
    const struct ttlv_item *array = ttlv_find(ttlv_top(&document), ID_TASKS);
    size_t first = array == NULL ? 0 : (size_t)(array - document.items) + 2; /* behind array and first task */
    size_t end = array == NULL ? document.count : document.items[first - 1].next;
    struct ttlv_document task = {.items = document.items + first, .count = end - first};
    size_t array_mark = ttlv_open_struct(&out, ID_TASKS);
    for (int i = 0; i < TASKS_TOO_MANY; i++) {
        size_t mark = ttlv_open_struct(&out, 0);
        ttlv_put_document(&out, &task); /* flat items only */
        ttlv_close_struct(&out, mark, (uint16_t)task.count);
    }
    ttlv_close_struct(&out, array_mark, TASKS_TOO_MANY);
    status = buffer_status(&out);
    if (status == OK) {
        replace(payload, &out);
    }
    return status;
}

/* --- one order -------------------------------------------------------------------------------------------------- */

static enum status apply(const struct fault_action *action, struct buffer *payload, struct flaws *flaws)
{
    switch (action->type) {
    case FAULT_DROP:
        flaws->drop = true;
        return OK;
    case FAULT_DELAY:
        flaws->delay_ms += action->ms;
        return OK;
    case FAULT_DUPLICATE:
        flaws->copies++;
        return OK;
    case FAULT_SET:
    case FAULT_OMIT:
        flaws->made |= DOWNLINK_ALTERED;
        return set_field(payload, action);
    case FAULT_BAD_CHECKSUM:
        flaws->made |= DOWNLINK_BAD_CHECKSUM;
        return OK;
    case FAULT_TRUNCATE: /* in the middle of an item */
        flaws->made |= DOWNLINK_ALTERED;
        payload->length = payload->length > 3 ? payload->length - 3 : 1;
        return OK;
    case FAULT_TOO_MANY_TASKS:
        flaws->made |= DOWNLINK_ALTERED;
        return multiply_tasks(payload);
    case FAULT_UNREACHABLE_HOST:
        flaws->made |= DOWNLINK_ALTERED;
        return set_url(payload, true);
    case FAULT_REFUSE:
        flaws->made |= DOWNLINK_ALTERED;
        return set_url(payload, false);
    default:
        return OK;
    }
}

static enum status apply_all(struct link *link, enum fault_point point, uint64_t types, struct buffer *payload,
                             struct flaws *flaws)
{
    struct app *app = link->door->app;
    struct faults *faults = app_faults(app);
    if (!faults_armed(faults, point)) {
        return OK;
    }
    struct fault_subject subject;
    struct fault_hit hits[FAULT_HITS];
    app_fault_subject_of_task(app, link->peer->device_id, &subject);
    size_t count = faults_look(faults, point, &subject, hits);
    enum status status = OK;
    for (size_t i = 0; i < count && status == OK; i++) {
        if ((types & 1ULL << hits[i].action.type) != 0 && faults_fire(faults, hits[i].id, &subject, NULL)) {
            status = apply(&hits[i].action, payload, flaws);
        }
    }
    return status;
}

static enum status send_copies(struct link *link, uint16_t command, struct buffer *payload, const struct flaws *flaws)
{
    enum status status = OK;
    for (size_t i = 0; i < flaws->copies && status == OK; i++) {
        status = downlink_send(link, command, payload, flaws->made);
    }
    return status;
}

static void delayed_destroy(struct delayed_order *order)
{
    LIST_REMOVE(order, entries);
    loop_timer_destroy(order->timer);
    buffer_finish(&order->payload);
    free(order);
}

static void on_due(void *context)
{
    struct delayed_order *order = context;
    struct link *link = order->link;
    struct flaws flaws = {.made = order->made, .copies = order->copies};
    if (link->peer != NULL && link->subscribed && send_copies(link, order->command, &order->payload, &flaws) != OK) {
        log_warn("downlink", "device=%s a delayed %s cannot be sent", link->name, command_name(order->command));
    }
    delayed_destroy(order);
}

static enum status delay(struct link *link, uint16_t command, const struct buffer *payload, const struct flaws *flaws)
{
    struct delayed_order *order = calloc(1, sizeof *order);
    if (order == NULL) {
        return E_NOMEM;
    }
    order->link = link;
    order->command = command;
    order->made = flaws->made;
    order->copies = flaws->copies;
    buffer_init(&order->payload, LIMIT_FRAME_PAYLOAD);
    buffer_append(&order->payload, payload->data, payload->length);
    enum status status = buffer_status(&order->payload);
    if (status == OK) {
        status = loop_timer_create(link->door->loop, on_due, order, &order->timer);
    }
    if (status != OK) {
        buffer_finish(&order->payload);
        free(order);
        return status;
    }
    LIST_INSERT_HEAD(&link->delayed, order, entries);
    loop_timer_arm(order->timer, flaws->delay_ms);
    return OK;
}

static enum status send_flawed(struct link *link, uint16_t command, struct buffer *payload, const struct flaws *flaws)
{
    if (flaws->drop) {
        return OK;
    }
    return flaws->delay_ms > 0 ? delay(link, command, payload, flaws) : send_copies(link, command, payload, flaws);
}

enum status order_send_notify(struct link *link, struct buffer *payload)
{
    struct flaws flaws = {.copies = 1};
    buffer_finish(&link->notify);
    buffer_init(&link->notify, LIMIT_FRAME_PAYLOAD);
    buffer_append(&link->notify, payload->data, payload->length);
    enum status status = apply_all(link, FAULT_OTA_NOTIFY, ~(1ULL << FAULT_WHILE_UPGRADING), payload, &flaws);
    return status == OK ? send_flawed(link, COMMAND_OTA_NOTIFY, payload, &flaws) : status;
}

enum status order_send_firmware(struct link *link, const struct firmware_order *order, struct buffer *payload)
{
    struct flaws flaws = {.copies = 1};
    struct app *app = link->door->app;
    struct fault_subject subject;
    struct fault_hit hits[FAULT_HITS];
    struct faults *faults = app_faults(app);
    enum status status =
        apply_all(link, FAULT_OTA_URL, ~(1ULL << FAULT_EARLY | 1ULL << FAULT_EXPIRE_TOKEN), payload, &flaws);
    if (status == OK) {
        status = apply_all(link, FAULT_HTTP_FIRMWARE, 1ULL << FAULT_REFUSE, payload, &flaws);
    }
    if (status == OK && faults_armed(faults, FAULT_OTA_URL)) {
        app_fault_subject_of_task(app, link->peer->device_id, &subject);
        size_t count = faults_look(faults, FAULT_OTA_URL, &subject, hits);
        for (size_t i = 0; i < count; i++) {
            if (hits[i].action.type == FAULT_EXPIRE_TOKEN && faults_fire(faults, hits[i].id, &subject, NULL)) {
                for (size_t file = 0; file < order->file_count; file++) {
                    firmware_table_expire(app_firmware_table(app), order->files[file].token);
                }
            }
        }
    }
    return status == OK ? send_flawed(link, COMMAND_FIRMWARE_INFO, payload, &flaws) : status;
}

void order_device_upgrading(struct link *link)
{
    struct flaws flaws = {.copies = 0}; /* a fault that fires makes it one */
    struct app *app = link->door->app;
    struct faults *faults = app_faults(app);
    struct fault_subject subject;
    struct fault_hit hits[FAULT_HITS];
    if (!faults_armed(faults, FAULT_OTA_NOTIFY) || link->notify.length == 0) {
        return;
    }
    app_fault_subject_of_task(app, link->peer->device_id, &subject);
    size_t count = faults_look(faults, FAULT_OTA_NOTIFY, &subject, hits);
    for (size_t i = 0; i < count; i++) {
        if (hits[i].action.type == FAULT_WHILE_UPGRADING && faults_fire(faults, hits[i].id, &subject, NULL)) {
            flaws.copies++;
        }
    }
    if (send_copies(link, COMMAND_OTA_NOTIFY, &link->notify, &flaws) != OK) {
        log_warn("downlink", "device=%s the notify cannot be sent again", link->name);
    }
}

void orders_forget(struct link *link)
{
    while (!LIST_EMPTY(&link->delayed)) {
        delayed_destroy(LIST_FIRST(&link->delayed));
    }
    buffer_finish(&link->notify);
}
