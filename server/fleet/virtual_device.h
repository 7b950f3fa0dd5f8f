/*
 * One virtual device: the SDK and its application, on a loop that it shares with others. No globals, no threads.
 *
 *   settings ---> virtual_device ---MQTT---> server
 *                  |  ^                         \--- HTTP: firmware into an unlinked temporary file
 *                  v  |
 *           on_event: what the SDK tells its application, what the bench wants to see, the outcome
 *
 *   flash (outlives restarts; in memory, and in a file when one is named): secret, versions, upgrade in progress
 *   RAM   (gone at a restart): link, back-off, cached status, session key, package ids, counters
 */
#ifndef FLEET_VIRTUAL_DEVICE_H
#define FLEET_VIRTUAL_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/status.h"
#include "codec/device_messages.h"
#include "fleet/mcu_text.h"
#include "loop/loop.h"

struct ssl_ctx_st;
struct virtual_device;

enum device_flash_outcome { DEVICE_FLASH_OK, DEVICE_FLASH_FAIL, DEVICE_FLASH_WRONG_VERSION, DEVICE_FLASH_SILENT };
enum device_decision { DEVICE_ACCEPTS, DEVICE_REFUSES, DEVICE_IGNORES };
enum device_patience { DEVICE_UNTIL_UPGRADED, DEVICE_UNTIL_FAILED, DEVICE_FOR_EVER };
enum device_outcome { DEVICE_GOES_ON, DEVICE_UPGRADED, DEVICE_FAILED, DEVICE_SHUT_OUT };

/* The server as the SDK's setting writes it: [scheme://]host[:port], TLS with "s://", at most 63 characters. */
struct device_server {
    char host[64];
    uint16_t port;
    bool tls;
};

/* E_FORMAT: no host, bad port; E_LIMIT: too long. */
MUST_USE enum status device_server_parse(const char *text, struct device_server *server);

struct virtual_device_settings {
    struct device_server server;
    char product_key[LIMIT_PRODUCT_KEY + 1];
    char product_secret[LIMIT_PRODUCT_SECRET + 1];
    char device_key[LIMIT_DEVICE_KEY + 1];
    char device_secret[LIMIT_DEVICE_SECRET + 1]; /* empty: bootstraps */
    char model[LIMIT_DEVICE_TEXT + 1];
    char module_version[LIMIT_VERSION + 1];
    char module_suffix[LIMIT_VERSION + 1];
    struct mcu_text mcus;
    int32_t battery;
    double voltage;
    int32_t signal;
    struct wire_int rsrp;
    uint32_t flash_free;
    unsigned keep_alive_s;
    bool encrypt;
    bool sha256;
    bool requests;            /* asks for an upgrade when it comes online */
    int64_t request_every_ms; /* 0: only then */
    int64_t decide_after_ms;
    enum device_decision decision;
    enum device_flash_outcome flash;
    int restart_at;   /* status after whose acknowledgement it restarts, once; 0: none */
    int power_cut_at; /* status after whose sending its power fails, once; 0: none */
    int64_t power_off_ms;
    bool disorder;
    unsigned time_scale; /* divides the device's own waits: pauses before flashing, reboots, back-off */
    unsigned upgrades;
    enum device_patience patience;
    int64_t patience_ms; /* how long it waits for a new attempt before it calls itself failed */
    char state_file[LIMIT_PATH];
};

enum device_event_kind {
    DEVICE_EVENT_SDK,     /* event, code, text as the SDK gives them to the application */
    DEVICE_EVENT_NOTE,    /* word, text: what happens inside, for the bench */
    DEVICE_EVENT_OUTCOME, /* outcome, text */
};

struct device_event {
    enum device_event_kind kind;
    int event;
    int code;
    const char *word;
    const char *text; /* "" when there is none */
    enum device_outcome outcome;
};

typedef void device_event_handler(void *context, const struct device_event *event);

/*
 * Makes a device that is switched off. `loop` and the client contexts are borrowed. Reads the state file when it is
 * there. E_NOMEM; E_CORRUPT, E_IO: the state file (*error says which).
 */
MUST_USE enum status virtual_device_create(struct loop *loop, struct ssl_ctx_st *mqtt_tls, struct ssl_ctx_st *http_tls,
                                           const struct virtual_device_settings *settings,
                                           device_event_handler *handler, void *context, struct virtual_device **device,
                                           struct error *error);

/* Not within the event handler. NULL is allowed. */
void virtual_device_destroy(struct virtual_device *device);

/* Power on. */
void virtual_device_start(struct virtual_device *device);

#endif
