/* Transactions of use cases, and the effects that wait for their commit. */
#include <stdlib.h>
#include <string.h>

#include "app/evaluation.h"
#include "app/internal.h"
#include "app/plan_faults.h"
#include "base/log.h"
#include "base/text.h"

static void deferred_destroy(struct deferred *item)
{
    free(item->payload);
    free(item);
}

/* Forgets the effects that were queued behind `mark`. */
static void deferred_truncate(struct app *app, const struct deferred *mark)
{
    for (struct deferred *last = TAILQ_LAST(&app->deferred, deferred_list); last != NULL && last != mark;
         last = TAILQ_LAST(&app->deferred, deferred_list)) {
        TAILQ_REMOVE(&app->deferred, last, entries);
        deferred_destroy(last);
    }
}

static enum status send_notify(struct app *app, const struct deferred *item)
{
    enum status status = app->ports.notify(app->ports.context, item->device_id, item->payload);
    struct presence *presence = app_presence(app, item->device_id);
    if (status == OK && presence != NULL) {
        presence->notified = true;
    }
    return status;
}

static void deferred_apply(struct app *app, const struct deferred *item)
{
    enum status status = OK;
    switch (item->kind) {
    case DEFER_NOTIFY:
        status = send_notify(app, item);
        break;
    case DEFER_FIRMWARE:
        status = app->ports.firmware(app->ports.context, item->device_id, item->payload);
        break;
    case DEFER_DISCONNECT:
        app->ports.disconnect(app->ports.context, item->device_id, item->why);
        break;
    case DEFER_TOKEN_PUT:
        status = firmware_table_put(app->table, item->payload);
        break;
    case DEFER_TOKEN_EXPIRE:
        firmware_table_expire(app->table, item->token);
        break;
    case DEFER_TOKEN_WITHDRAW:
        firmware_table_withdraw(app->table, item->token);
        if (app->ports.links_revoked != NULL) {
            app->ports.links_revoked(app->ports.context);
        }
        break;
    case DEFER_EVALUATE:
        evaluation_device(app, item->device_id);
        break;
    case DEFER_CHANGED:
        app->ports.changed(app->ports.context, item->device_id, item->token);
        break;
    case DEFER_PLAN_FAULT:
        status = plan_faults_apply(app, item->device_id, item->fault);
        status = status == E_STATE ? OK : status; /* somebody was faster */
        break;
    case DEFER_EVENT:
        app->ports.event(app->ports.context, item->payload);
        break;
    }
    if (status == E_CLOSED) {
        char label[DEVICE_LABEL];
        log_debug("app", "device=%s is gone; its order waits for the reconnect",
                  app_device_label(app, item->device_id, label));
    } else if (status != OK) {
        char label[DEVICE_LABEL];
        log_error("app", "device=%s an order could not be sent: %s", app_device_label(app, item->device_id, label),
                  status_text(status));
    }
}

/* Sends what was queued; an effect may begin uses of its own, whose effects join the end of the queue. */
static void deferred_flush(struct app *app)
{
    if (app->flushing) {
        return;
    }
    app->flushing = true;
    for (struct deferred *item = TAILQ_FIRST(&app->deferred); item != NULL; item = TAILQ_FIRST(&app->deferred)) {
        TAILQ_REMOVE(&app->deferred, item, entries);
        deferred_apply(app, item);
        deferred_destroy(item);
    }
    app->flushing = false;
    app_arm_alarm(app);
}

enum status app_use_begin_bulk(struct app *app)
{
    if (app->depth != 0) {
        return E_INTERNAL;
    }
    enum status status = store_begin_bulk(app->store);
    if (status == OK) {
        app->use_marks[app->depth++] = TAILQ_LAST(&app->deferred, deferred_list);
    }
    return status;
}

enum status app_use_begin(struct app *app)
{
    if (app->depth == USE_DEPTH) {
        return E_INTERNAL;
    }
    enum status status = app->depth == 0 ? store_begin(app->store) : store_savepoint(app->store);
    if (status == OK) {
        app->use_marks[app->depth++] = TAILQ_LAST(&app->deferred, deferred_list);
    }
    return status;
}

enum status app_use_end(struct app *app, enum status status)
{
    const struct deferred *mark = app->use_marks[--app->depth];
    bool outermost = app->depth == 0;
    if (status == OK) {
        status = outermost ? store_commit(app->store) : store_release(app->store);
        if (status == OK) {
            if (outermost) {
                deferred_flush(app);
            }
            return OK;
        }
        log_error("app", "the store did not keep a transaction: %s", store_last_error(app->store));
    }
    deferred_truncate(app, mark);
    if (!outermost) {
        store_rollback_to(app->store);
    } else if (store_in_transaction(app->store)) { /* a commit that failed has rolled back by itself */
        store_rollback(app->store);
    }
    return status;
}

/* Queues `wanted` with a copy of the `size` bytes at `payload` (NULL: none). */
static enum status deferred_add(struct app *app, struct deferred wanted, const void *payload, size_t size)
{
    struct deferred *item = malloc(sizeof *item);
    void *copy = payload != NULL ? malloc(size) : NULL;
    if (item == NULL || (payload != NULL && copy == NULL)) {
        free(item);
        free(copy);
        return E_NOMEM;
    }
    if (payload != NULL) {
        memcpy(copy, payload, size);
    }
    *item = wanted;
    item->payload = copy;
    TAILQ_INSERT_TAIL(&app->deferred, item, entries);
    return OK;
}

enum status app_defer_plan_fault(struct app *app, int64_t id, enum fault_type type)
{
    return deferred_add(app, (struct deferred){.kind = DEFER_PLAN_FAULT, .device_id = id, .fault = type}, NULL, 0);
}

enum status app_defer_notify(struct app *app, int64_t device_id, const struct notify_order *order)
{
    return deferred_add(app, (struct deferred){.kind = DEFER_NOTIFY, .device_id = device_id}, order, sizeof *order);
}

enum status app_defer_firmware(struct app *app, int64_t device_id, const struct firmware_order *order)
{
    return deferred_add(app, (struct deferred){.kind = DEFER_FIRMWARE, .device_id = device_id}, order, sizeof *order);
}

enum status app_defer_token_put(struct app *app, const struct firmware_entry *entry)
{
    return deferred_add(app, (struct deferred){.kind = DEFER_TOKEN_PUT}, entry, sizeof *entry);
}

static enum status defer_token(struct app *app, enum deferred_kind kind, const char *token)
{
    struct deferred item = {.kind = kind};
    enum status status = text_copy(item.token, sizeof item.token, token);
    return status == OK ? deferred_add(app, item, NULL, 0) : status;
}

enum status app_defer_token_expire(struct app *app, const char *token)
{
    return defer_token(app, DEFER_TOKEN_EXPIRE, token);
}

enum status app_defer_token_withdraw(struct app *app, const char *token)
{
    return defer_token(app, DEFER_TOKEN_WITHDRAW, token);
}

enum status app_defer_evaluate(struct app *app, int64_t device_id)
{
    return deferred_add(app, (struct deferred){.kind = DEFER_EVALUATE, .device_id = device_id}, NULL, 0);
}

enum status app_defer_changed(struct app *app, int64_t plan_id, const char *device_key)
{
    struct deferred item = {.kind = DEFER_CHANGED, .device_id = plan_id};
    enum status status = text_copy(item.token, sizeof item.token, device_key);
    return status == OK ? deferred_add(app, item, NULL, 0) : status;
}

enum status app_defer_disconnect(struct app *app, int64_t device_id, const char *why)
{
    return deferred_add(app, (struct deferred){.kind = DEFER_DISCONNECT, .device_id = device_id, .why = why}, NULL, 0);
}

enum status app_defer_event(struct app *app, const struct event *event)
{
    if (app->depth == 0 && !app->flushing) {
        app->ports.event(app->ports.context, event);
        return OK;
    }
    return deferred_add(app, (struct deferred){.kind = DEFER_EVENT}, event, event_size(event->part_count));
}
