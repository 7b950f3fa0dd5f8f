/*
 * The use cases: where effects meet store and clock. One thread (the loop's) calls everything here.
 *
 *   doors (mqtt/, http/) --- use case ---> app/ --- rows ---> store/
 *                                           |  after the commit
 *                                           +--- app_ports ---> doors: notify, firmware information, disconnect, alarm
 *
 * Commit before effect: each use case runs in one transaction; what it wants said to a device is queued and goes out
 * after the commit. app_batch_begin()/app_batch_end() join many use cases into one transaction (each still fails alone,
 * in its savepoint), for the messages that one read of the broker's socket brought.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/status.h"
#include "domain/event.h"
#include "domain/fault.h"
#include "domain/orders.h"

struct app;

/* What app/ needs of the outside; filled in by serve.c. All are called on the loop's thread. */
struct app_ports {
    void *context;
    int64_t (*now)(void *context);       /* wall clock, UTC milliseconds */
    int64_t (*monotonic)(void *context); /* real time that never steps, milliseconds */
    enum status (*token)(void *context, char token[LIMIT_TOKEN + 1]);
    /* To a device. E_CLOSED: it is not connected (then its reconnect brings the order again). */
    enum status (*notify)(void *context, int64_t device_id, const struct notify_order *order);
    enum status (*firmware)(void *context, int64_t device_id, const struct firmware_order *order);
    void (*disconnect)(void *context, int64_t device_id, const char *why); /* cuts its link, if any */
    void (*alarm)(void *context, int64_t delay_ms); /* call app_alarm() then; a later call replaces */
    /*
     * The status of a device in a plan, or of the plan itself, is another one than before: for those who wait for it.
     * `device_key` "": of the plan, and perhaps of any of its devices. `plan_id` negative: verification -plan_id; 0:
     * anything may have changed (a product has gone). After the commit; may be called often; must not call back into
     * app/ but for reading.
     */
    void (*changed)(void *context, int64_t plan_id, const char *device_key);
    /* Something has happened, for those who watch; borrowed. After the commit; may be called often; must not call back.
     */
    void (*event)(void *context, const struct event *event);
    /*
     * The devices of the product (NULL: of all) are no more: they get nothing from now on, and what comes from them is
     * dropped; their links are cut soon. NULL: there are no links.
     */
    void (*disconnect_all)(void *context, const char *product_key, const char *why);
    /* Firmware links were revoked (app/firmware_table.h): what is being sent of them is to end. NULL: nothing is. */
    void (*links_revoked)(void *context);
    /* Whether somebody listens to frames: only then they are made and told. */
    bool (*frames_wanted)(void *context);
    /* Any thread: a fault fired; call app_faults_tell() on the loop's thread soon. NULL: it is called by itself. */
    void (*faults_fired)(void *context);
    /* A fault of this point was armed: what is open already is looked at. NULL: nobody acts on that. */
    void (*fault_armed)(void *context, enum fault_point point);
    /*
     * The content of a clear frame (still escaped) as text, for readers of the journal. NULL: nobody can read frames.
     */
    enum status (*frame_text)(void *context, const uint8_t *frame, size_t length, struct buffer *text);
};

struct app_settings {
    const char *data_dir;  /* holds mockdc.db, files/, tmp/ */
    bool strict_gates;     /* behaviour.md 4: a value never reported fails battery and signal */
    int64_t slots;         /* devices of a plan that upgrade at once */
    int64_t max_devices;   /* registered ones; 0: LIMIT_DEVICES */
    int64_t journal_bytes; /* of the journal; 0: LIMIT_JOURNAL_BYTES */
};

/*
 * Opens (makes) the data folder and database, ends what a crash left half done (temporary uploads, files without a
 * row), puts the live firmware tokens into the table. *error says what a human must do. E_VERSION: a newer database.
 */
MUST_USE enum status app_create(const struct app_settings *settings, const struct app_ports *ports, struct app **app,
                                struct error *error);
void app_destroy(struct app *app);

/* What app_ports.alarm asked for: ticks at each hh:m0, timeouts of attempts, settled devices. Arms the next alarm. */
void app_alarm(struct app *app);

MUST_USE enum status app_batch_begin(struct app *app);

/* Commits and sends what was queued. When it fails nothing of the batch has happened, and nothing was sent. */
MUST_USE enum status app_batch_end(struct app *app);

/* What a reader of the store, of who is online and of how far downloads are would see: equal versions show the same. */
struct app_version {
    int64_t stored;
    uint64_t presence;
    uint64_t progress;
};
struct app_version app_version(const struct app *app);

/* One cheap read and write of the store, for /readyz: OK when it works. */
MUST_USE enum status app_store_is_well(struct app *app);

#endif
