/*
 * What the files of app/ share and nobody else sees.
 *
 *   use case:   app_use_begin() ... rows ... app_use_end(status)
 *                    |                            |  OK: release / commit, then the deferred effects, in order
 *                    BEGIN or SAVEPOINT           |  else: roll back, the effects of this use are forgotten
 *
 *   presence:   one entry per connected device, in memory; the store knows nothing of links
 */
#ifndef APP_INTERNAL_H
#define APP_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uthash.h>

#include "app/app.h"
#include "app/firmware_table.h"
#include "domain/device.h"
#include "domain/orders.h"
#include "domain/task.h"
#include "store/store.h"

enum { USE_DEPTH = 8 };

/* A connected device. */
struct presence {
    int64_t device_id;
    char product_key[LIMIT_PRODUCT_KEY + 1];
    char device_key[LIMIT_DEVICE_KEY + 1];
    uint64_t generation;        /* of its link: what was armed for an older link no longer counts */
    bool got_status;            /* 0x0034 came on this link */
    bool got_info;              /* 0x0044 came on this link */
    bool reported;              /* the evaluation caused by the connect has happened */
    bool notified;              /* a notify went out on this link: the device has not forgotten the plan */
    int64_t requested_at;       /* of the request below */
    char requested[LOG_DETAIL]; /* an OTA request that the next evaluation logs with the plans it decides; "": none */
    UT_hash_handle hh;
};

enum deferred_kind {
    DEFER_NOTIFY,
    DEFER_FIRMWARE,
    DEFER_DISCONNECT,
    DEFER_TOKEN_PUT,
    DEFER_TOKEN_EXPIRE,
    DEFER_TOKEN_WITHDRAW,
    DEFER_EVALUATE,
    DEFER_CHANGED,
    DEFER_PLAN_FAULT,
    DEFER_EVENT
};

/* An effect that waits for the commit. */
struct deferred {
    enum deferred_kind kind;
    int64_t device_id; /* DEFER_CHANGED: of the plan; DEFER_PLAN_FAULT: of the plan, or of the package to be revoked */
    void *payload;     /* owned: notify_order, firmware_order, firmware_entry or event; NULL for the other kinds */
    char token[LIMIT_TOKEN + 1]; /* DEFER_CHANGED: the device key */
    const char *why;             /* static text */
    enum fault_type fault;       /* DEFER_PLAN_FAULT */
    TAILQ_ENTRY(deferred) entries;
};
TAILQ_HEAD(deferred_list, deferred);

/* Something that falls due LIMIT_SETTLE_MS of real time after it was armed; one delay for all keeps the queue in order.
 */
enum pending_kind {
    PENDING_REPORTED,  /* since the connect: evaluate with what has been reported by now */
    PENDING_SETTLED,   /* since the connect or a success by version: cached statuses have come, the device is idle */
    PENDING_NEXT_PLAN, /* since a plan was finished while the device may not have been idle */
};
struct pending {
    enum pending_kind kind;
    int64_t device_id;
    uint64_t generation;
    int64_t due; /* app_ports.monotonic */
    TAILQ_ENTRY(pending) entries;
};
TAILQ_HEAD(pending_list, pending);

struct app {
    struct app_settings settings;
    struct app_ports ports;
    char files_dir[LIMIT_PATH];
    char tmp_dir[LIMIT_PATH];
    struct store *store;
    struct firmware_table *table;
    struct faults *faults;
    struct journal *journal;
    struct referees *referees;
    struct presence *present; /* uthash by device_id */
    uint64_t generations;
    struct deferred_list deferred;
    size_t depth;                          /* open uses */
    struct deferred *use_marks[USE_DEPTH]; /* last effect that was queued before the use began; NULL: none */
    bool flushing;
    struct pending_list pending;
    struct timeline *timeline;  /* the server's (app/timeline.h) */
    struct timeline *timelines; /* uthash by product key: of products with a clock of their own */
    struct loaded_zone *zones;  /* uthash by name */
    uint64_t advance_turns;     /* slices of advances so far */
    uint64_t presence_changes;  /* grows with every device that comes or goes */
    bool has_remains;           /* of removed products: rows and files that go bit by bit (app/remains.h) */
    LIST_HEAD(snapshot_faults_list, snapshot_faults) snapshot_faults; /* app/snapshots.c */
    struct file_names *remains;                                       /* owned: names below files/ */
    int64_t not_before; /* app_ports.monotonic: after a failure of the store the alarm waits until then */
};

/* The system's clock: for what is no product's (firmware links, kept answers). */
int64_t app_wall(const struct app *app);

/* What the clock shows that the product follows, its own or the server's; while that is advanced, the instant at which
 * it stands. NULL: the server's. */
int64_t app_now(const struct app *app, const char *product_key);

/* The zone by name, kept for good. Borrowed; NULL: unknown (checked when the plan was saved), or no memory. */
const struct zone *app_zone(struct app *app, const char *name);

/* Opens a transaction (outermost) or a savepoint. */
MUST_USE enum status app_use_begin(struct app *app);

/* The same as store_begin_bulk(); the outermost use only. */
MUST_USE enum status app_use_begin_bulk(struct app *app);

/*
 * Ends what app_use_begin() opened: keeps the work when `status` is OK, undoes it and forgets its effects otherwise.
 * Returns `status`, or why the commit failed. The outermost use sends the effects.
 */
MUST_USE enum status app_use_end(struct app *app, enum status status);

/* "pk/dk" of a device, for the log; "#<id>" when it is not known. */
enum { DEVICE_LABEL = LIMIT_PRODUCT_KEY + LIMIT_DEVICE_KEY + 2 };
const char *app_device_label(struct app *app, int64_t device_id, char label[DEVICE_LABEL]);

/* E_LIMIT: as many devices are registered as may be (app_settings.max_devices). Within a use. */
MUST_USE enum status app_room_for_device(struct app *app);

struct presence *app_presence(struct app *app, int64_t device_id); /* NULL: offline */
bool app_is_online(struct app *app, int64_t device_id);

/* Effects after the commit. */
MUST_USE enum status app_defer_notify(struct app *app, int64_t device_id, const struct notify_order *order);
MUST_USE enum status app_defer_firmware(struct app *app, int64_t device_id, const struct firmware_order *order);
MUST_USE enum status app_defer_token_put(struct app *app, const struct firmware_entry *entry);
MUST_USE enum status app_defer_token_expire(struct app *app, const char *token);
MUST_USE enum status app_defer_token_withdraw(struct app *app, const char *token);
MUST_USE enum status app_defer_evaluate(struct app *app, int64_t device_id);
/* plan_faults.h; `id`: of the plan, or of the package to be revoked */
MUST_USE enum status app_defer_plan_fault(struct app *app, int64_t id, enum fault_type type);
/* app_ports.changed */
MUST_USE enum status app_defer_changed(struct app *app, int64_t plan_id, const char *device_key);
/* app_ports.event; `event` is copied. Outside of a use it is told at once. */
MUST_USE enum status app_defer_event(struct app *app, const struct event *event);
MUST_USE enum status app_defer_disconnect(struct app *app, int64_t device_id, const char *why); /* `why`: static text */

/* Removes files that no row names. Not within a use. */
MUST_USE enum status app_sweep_files(struct app *app, struct error *error);

/* Firmware links of the product (NULL: of all) that are stored go into the table, for downloads that go on. */
MUST_USE enum status app_load_tokens(struct app *app, const char *product_key);

/* Arms PENDING_* for a connected device; it comes after LIMIT_SETTLE_MS of real time. */
void app_arm_pending(struct app *app, const struct presence *presence, enum pending_kind kind);

/* Computes when app_alarm() must be called next and tells the port. */
void app_arm_alarm(struct app *app);

#endif
