/*
 * The parts of one virtual device; inside fleet only.
 *
 *   virtual_device.c   life: power, the one timer, events out
 *   device_link.c      link, login, back-off, server messages, publishing, the cached status
 *   device_upgrade.c   the OTA machine's actions, downloads, the bench's faults
 *   application.c      what the application on the device does with the SDK's events
 *
 *   due[]: instants of the monotonic clock, DEVICE_NEVER when nothing waits; one loop timer is armed for the earliest
 */
#ifndef FLEET_DEVICE_INTERNAL_H
#define FLEET_DEVICE_INTERNAL_H

#include "codec/frame.h"
#include "codec/server_messages.h"
#include "crypto/digest.h"
#include "crypto/session_cipher.h"
#include "fleet/device_flash.h"
#include "fleet/sdk_download.h"
#include "fleet/sdk_link.h"
#include "fleet/sdk_ota.h"
#include "fleet/virtual_device.h"
#include "loop/stream.h"

#define DEVICE_NEVER INT64_MAX

enum device_due {
    DUE_CONNECT,  /* back-off is over */
    DUE_LOGIN,    /* the SDK's task after SUBACK or secret */
    DUE_REQUEST,  /* the application asks again */
    DUE_DECIDE,   /* the application answers the plan */
    DUE_READ,     /* the application reads a piece */
    DUE_FLASHED,  /* the MCU is flashed */
    DUE_CUT,      /* the power fails */
    DUE_POWER,    /* the power is back */
    DUE_PATIENCE, /* nothing new came after a failed attempt */
    DUE_COUNT
};

/* Tags of published messages: an ota status, or one of these. */
enum { TAG_STATUS = 100, TAG_INFO, TAG_REQUEST };

/* Lengths of the device's own waits, before --time-scale. */
enum { DEVICE_REBOOT_MS = 2000, DEVICE_MCU_FLASH_MS = 2000, DEVICE_SERVER_TRIES = 4, DEVICE_STALE = 2 };

/* A component of the plan under way, as the bench sees it; outlives restarts. */
struct device_offer {
    char component_no[LIMIT_COMPONENT_NO + 1];
    bool upgraded;
};

struct device_application {
    struct sdk_firmware expected; /* of the last 10701: later starts tell nothing new (protocol.md, 9.1) */
    struct digest_stream *digest;
    uint32_t next; /* byte of the file that is read next */
};

struct device_bench {
    size_t offer_count;
    struct device_offer offers[LIMIT_COMPONENTS];
    char reported_success[LIMIT_COMPONENT_NO + 1]; /* of the last 11 */
    bool unproved;                                 /* that 11 was lost: the versions of the next login prove it */
    unsigned upgrades;
    bool fault_done; /* restart or power cut happened */
    bool frozen;     /* the status of the fault is on its way; nothing else happens any more */
    bool has_held;   /* --disorder holds a status back */
    struct ota_status_message held;
    bool over;
};

struct virtual_device {
    struct loop *loop;
    struct ssl_ctx_st *mqtt_tls;
    struct ssl_ctx_st *http_tls;
    struct virtual_device_settings settings;
    device_event_handler *handler;
    void *context;
    struct loop_timer *timer;
    int64_t due[DUE_COUNT];
    struct device_flash flash;
    struct device_bench bench;
    /* RAM */
    bool powered;
    struct stream *stream;
    struct sdk_link link;
    struct sdk_retry retry;
    struct device_server server; /* of the present try */
    unsigned server_failures;    /* of a server that never worked yet */
    bool authenticates;          /* the link is of type 0 and has no secret yet */
    bool subscribed;
    bool raise_authenticated;
    bool logged_in; /* 3,10200 was raised on this link: statuses go out, before they are cached */
    bool has_session_key;
    uint8_t session_key[SESSION_KEY];
    uint16_t package_id;
    bool has_cached;
    struct ota_status_message cached;
    struct sdk_ota ota;
    struct sdk_download *download;
    struct sdk_download *stale[DEVICE_STALE];
    int file_fd; /* -1: none */
    struct device_application application;
};

/* virtual_device.c */
void device_raise(struct virtual_device *device, int event, int code, const char *text);
void device_note(struct virtual_device *device, const char *word, const char *format, ...) PRINTF_LIKE(3, 4);
void device_end(struct virtual_device *device, enum device_outcome outcome, const char *text);
void device_wait(struct virtual_device *device, enum device_due due, int64_t after_ms);
int64_t device_scaled(const struct virtual_device *device, int64_t wait_ms);
void device_rearm(struct virtual_device *device); /* at the end of everything that the loop calls */
void device_power_off(struct virtual_device *device, int64_t back_after_ms);
void device_store(struct virtual_device *device);

/* device_link.c */
void device_link_init(struct virtual_device *device);
void device_connect(struct virtual_device *device);
void device_disconnect(struct virtual_device *device);
void device_login(struct virtual_device *device);
void device_request(struct virtual_device *device);
void device_report_status(struct virtual_device *device, bool all);
/* Publishes an OTA status, or keeps it for the next login (only the last one). */
void device_report_ota(struct virtual_device *device, const struct ota_status_message *message);

/* device_upgrade.c */
void device_upgrade_step(struct virtual_device *device, const struct sdk_ota_event *event);
void device_upgrade_restore(struct virtual_device *device);
void device_upgrade_stop(struct virtual_device *device); /* downloads and file */
void device_take_notify(struct virtual_device *device, const struct frame *frame);
void device_take_firmware(struct virtual_device *device, const struct frame *frame);
void device_upgrade_sent(struct virtual_device *device, int status);
void device_upgrade_ended(struct virtual_device *device, int tag, bool acknowledged);
void device_upgrade_impatient(struct virtual_device *device);

/* device_server_message.c */
void device_take_frame(struct virtual_device *device, const struct frame *frame);
/* The link is given up for this cause: event, back-off or end. */
void device_link_failed(struct virtual_device *device, enum sdk_cause cause, int detail);

/* application.c */
void application_start(struct virtual_device *device);
void application_online(struct virtual_device *device);
void application_take(struct virtual_device *device, const struct sdk_ota_action *action);
void application_plan_received(struct virtual_device *device);
void application_decide(struct virtual_device *device);
void application_read(struct virtual_device *device);
void application_flashed(struct virtual_device *device);
void application_check_module(struct virtual_device *device);
void application_flash_module(struct virtual_device *device);
void application_stop(struct virtual_device *device);

#endif
