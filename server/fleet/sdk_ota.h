/*
 * The SDK's OTA state machine (protocol.md, 9.2 to 9.5), pure: step(machine, event, now) -> actions.
 *
 *                         notify           accept          firmware info
 *            +--> IDLE ----------> RECEIVED ----> ACCEPTED ----------+     firmware info straight from IDLE works too
 *            |      |   (again: 1)    | refuse       | 30 s          v
 *   settled  |      +-----------------|--------------|-------> DOWNLOAD_START <---------+ next piece (MCU)
 *            |                        | 3            | 12            | header           |
 *         CLOSING <-------------------+--------------+               v                  |
 *            ^  ^---- 6 (five), then 12 ---- failed, 5 s ------ DOWNLOADING (5 each 5 s)|
 *            |                                                       | complete: 8      |
 *            |  12: 60 s without a read <----------------------- DOWNLOADED ------------+
 *            |                                                       | module: md5 fits; MCU: application says so: 9
 *            +--- 11, 12 <------------------------------------- UPDATING   (MCU 20 min; module 5 s, flash, restart)
 *
 * CLOSING is the idle race: 3, 6, 11, 12 are published, the machine is idle a moment later (before the PUBREL is sent,
 * or after SDK_OTA_SETTLE_MS); what arrives between is lost. STUCK is state 8 of size 0, type 2, or of an answer that
 * came after its 5 s (10.4): only a restart helps.
 */
#ifndef FLEET_SDK_OTA_H
#define FLEET_SDK_OTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "codec/device_messages.h"
#include "codec/server_messages.h"

enum sdk_ota_state {
    SDK_OTA_IDLE,
    SDK_OTA_RECEIVED,
    SDK_OTA_ACCEPTED,
    SDK_OTA_DOWNLOAD_START,
    SDK_OTA_DOWNLOADING,
    SDK_OTA_DOWNLOADED,
    SDK_OTA_UPDATING,
    SDK_OTA_CLOSING,
    SDK_OTA_STUCK,
    SDK_OTA_STATE_COUNT
};

/* "idle", "received" ...; "?" for a value that is none. Static memory. */
const char *sdk_ota_state_name(enum sdk_ota_state state);

/* E_FORMAT: no such name; *state untouched. */
MUST_USE enum status sdk_ota_state_parse(const char *name, enum sdk_ota_state *state);

enum { SDK_TYPE_MODULE = 0, SDK_TYPE_MCU = 1 };

enum {
    SDK_OTA_FIRMWARE_MS = 30 * 1000,   /* state 2 without a firmware info */
    SDK_OTA_HEADER_MS = 5 * 1000,      /* state 4: start to complete HTTP header */
    SDK_OTA_PROGRESS_MS = 5 * 1000,    /* state 5: a report each */
    SDK_OTA_READ_MS = 60 * 1000,       /* state 8, MCU: without a read */
    SDK_OTA_MCU_MS = 20 * 60 * 1000,   /* state 9, MCU: without a version */
    SDK_OTA_FLASH_PAUSE_MS = 5 * 1000, /* state 9, module */
    SDK_OTA_SETTLE_MS = 50,            /* CLOSING without an answer of the server */
    SDK_OTA_ERRORS = 5,                /* 6 this many times, then 12 */
};

#define SDK_OTA_NEVER INT64_MAX

/* What a 0x0113 says about one file; the sizes as the device uses them, unsigned 32 bit. */
struct sdk_firmware {
    char component_no[LIMIT_COMPONENT_NO + 1];
    char target_version[LIMIT_VERSION + 1];
    int32_t type;
    char url[LIMIT_URL + 1];
    uint32_t size;
    char md5[33];
    uint32_t crc;
    char sha256[65]; /* empty: none */
};

struct sdk_ota {
    /* settings */
    uint32_t flash_free;
    bool wants_sha256; /* mode 1 */
    int64_t flash_pause_ms;
    /* the machine */
    enum sdk_ota_state state;
    int64_t deadline_ms; /* SDK_OTA_NEVER: none */
    int errors;          /* 6 since the last 11, 12 or restart */
    bool started;        /* 10701 was raised since the last 11 or 12 */
    bool has_firmware;   /* the URL is known; a late header has lost it */
    char component_no[LIMIT_COMPONENT_NO + 1];
    char target_version[LIMIT_VERSION + 1];
    int32_t type;
    struct sdk_firmware firmware;
    uint32_t piece_start;
    uint32_t piece_length; /* 0: the request has no Range */
};

enum sdk_ota_event_kind {
    SDK_OTA_NOTIFY,       /* notify; NULL: broken, but TTLV */
    SDK_OTA_FIRMWARE,     /* firmware; NULL: broken */
    SDK_OTA_APP_ACCEPT,   /* application: 1 */
    SDK_OTA_APP_REFUSE,   /* application: 0 */
    SDK_OTA_APP_NEXT,     /* application: 2, next piece */
    SDK_OTA_APP_UPDATING, /* application: 3 */
    SDK_OTA_APP_READ,     /* application reads the piece */
    SDK_OTA_APP_VERSION,  /* application sets component_no's version */
    SDK_OTA_HTTP_HEADER,  /* 200 or 206 and a complete header */
    SDK_OTA_HTTP_DONE,    /* body complete */
    SDK_OTA_HTTP_FAILED,
    SDK_OTA_MODULE_CHECKED, /* good: the md5 fits */
    SDK_OTA_FLASH_FAILED,
    SDK_OTA_SETTLED, /* the PUBREC of a closing status is here, the PUBREL not yet sent */
    SDK_OTA_TIMER,   /* `now` may have reached the deadline */
    SDK_OTA_EVENT_COUNT
};

struct sdk_ota_event {
    enum sdk_ota_event_kind kind;
    const struct notify_message *notify;
    const struct sdk_firmware *firmware;
    const char *component_no;
    const char *version;
    bool good;
};

enum sdk_ota_action_kind {
    SDK_OTA_REPORT,       /* publish 0x0114 with `code` */
    SDK_OTA_RAISE,        /* event 7,`code` to the application, with `text` */
    SDK_OTA_DOWNLOAD,     /* GET the piece of machine->firmware.url */
    SDK_OTA_CHECK_MODULE, /* compare the file's md5, answer with SDK_OTA_MODULE_CHECKED */
    SDK_OTA_FLASH,        /* flash the module: restart, or SDK_OTA_FLASH_FAILED */
};

enum { SDK_OTA_TEXT = 384, SDK_OTA_ACTIONS = LIMIT_COMPONENTS + 8 };

struct sdk_ota_action {
    enum sdk_ota_action_kind kind;
    int code;
    int32_t type;
    char component_no[LIMIT_COMPONENT_NO + 1];
    char text[SDK_OTA_TEXT];
};

struct sdk_ota_actions {
    size_t count;
    struct sdk_ota_action items[SDK_OTA_ACTIONS];
};

/* Idle, counters at zero; settings: free flash in bytes, mode 1, the pause before a module is flashed. */
void sdk_ota_init(struct sdk_ota *ota, uint32_t flash_free, bool wants_sha256, int64_t flash_pause_ms);

/*
 * One event. An event that the state does not take changes nothing and gives no action (the device ignores it). The
 * actions are to be carried out in order; `actions` is overwritten.
 */
void sdk_ota_step(struct sdk_ota *ota, const struct sdk_ota_event *event, int64_t now_ms,
                  struct sdk_ota_actions *actions);

/* What is in flash over a restart (protocol.md, 9.5). */
struct sdk_ota_saved {
    enum sdk_ota_state state; /* IDLE: nothing */
    int32_t type;
    char component_no[LIMIT_COMPONENT_NO + 1];
    char target_version[LIMIT_VERSION + 1];
};

void sdk_ota_save(const struct sdk_ota *ota, struct sdk_ota_saved *saved);

/*
 * After a restart, on a machine fresh from sdk_ota_init(): a module's end is decided by `module_version` at once; an
 * MCU's by the first version that the application sets (SDK_OTA_APP_VERSION).
 */
void sdk_ota_restore(struct sdk_ota *ota, const struct sdk_ota_saved *saved, const char *module_version, int64_t now_ms,
                     struct sdk_ota_actions *actions);

#endif
