/*
 * What a device sends (protocol.md, 6 and 9.1), encode and decode side by side; one .c file per message.
 *
 *   0x0034 status       battery, voltage, signal, flash, RSRP, RSRQ, SNR
 *   0x0044 info         model, versions, cell, SIM, SDK
 *   0x0115 otaRequest   versions: "an upgrade for this?"
 *   0x0114 otaStatus    one step of an upgrade
 *   0x0122 location     text
 *
 * Decoders take the payload of a frame and fill a plain struct; a member that the device did not send, or sent with a
 * wrong type, is absent (known = false or an empty text). They fail only when the payload is not TTLV (status of
 * ttlv_parse()) or, for otaStatus, has no status (E_FORMAT). A text that is too long for its place is cut, never lost.
 * Encoders append the payload to `out`; they write what is known, in the order in which the SDK does.
 */
#ifndef CODEC_DEVICE_MESSAGES_H
#define CODEC_DEVICE_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/status.h"

struct wire_int {
    bool known;
    int32_t value;
};

struct wire_number {
    bool known;
    double value; /* rounded to 6 significant decimals behind the point when decoded */
};

/* 0x0034 */
struct status_message {
    struct wire_int battery;    /* percent */
    struct wire_number voltage; /* volt */
    struct wire_int signal;     /* RSSI, dBm */
    struct wire_int flash_free; /* bytes, unsigned 32 bit kept in the int's bits */
    struct wire_int rsrp;
    struct wire_int rsrq;
    struct wire_int snr;
};

MUST_USE enum status status_message_decode(const uint8_t *payload, size_t length, struct status_message *message);
MUST_USE enum status status_message_encode(const struct status_message *message, struct buffer *out);

/* 0x0044; texts are empty when absent */
struct info_message {
    char model[LIMIT_DEVICE_TEXT + 1];
    char module_version[LIMIT_DEVICE_TEXT + 1]; /* bare version plus an application's suffix (protocol.md, 6) */
    bool has_mcu_list;                          /* id 3 was there, even if empty */
    char mcu_list[LIMIT_MCU_LIST + 1];
    struct wire_int cell_id;
    char iccid[LIMIT_DEVICE_TEXT + 1];
    struct wire_int mcc;
    struct wire_int mnc;
    struct wire_int lac;
    char phone[LIMIT_DEVICE_TEXT + 1];
    char imsi[LIMIT_DEVICE_TEXT + 1];
    char sdk_version[LIMIT_DEVICE_TEXT + 1];
    char location_methods[LIMIT_DEVICE_TEXT + 1];
    char data_protocol[LIMIT_DEVICE_TEXT + 1];
    char communication_protocol[LIMIT_DEVICE_TEXT + 1];
};

MUST_USE enum status info_message_decode(const uint8_t *payload, size_t length, struct info_message *message);
MUST_USE enum status info_message_encode(const struct info_message *message, struct buffer *out);

/* 0x0115, and the versions within 0x0114 */
struct reported_versions {
    char module_version[LIMIT_DEVICE_TEXT + 1]; /* id 25, the bare version; empty when absent */
    bool has_mcu_list;                          /* id 26 was there */
    char mcu_list[LIMIT_MCU_LIST + 1];
};

MUST_USE enum status ota_request_decode(const uint8_t *payload, size_t length, struct reported_versions *versions);
MUST_USE enum status ota_request_encode(const struct reported_versions *versions, struct buffer *out);

/* 0x0114 */
enum ota_status {
    OTA_STATUS_PLAN_RECEIVED = 1,
    OTA_STATUS_CONFIRMED = 2,
    OTA_STATUS_REFUSED = 3,
    OTA_STATUS_DOWNLOAD_START = 4,
    OTA_STATUS_DOWNLOADING = 5,
    OTA_STATUS_DOWNLOAD_ERROR = 6,
    OTA_STATUS_DOWNLOADED = 8,
    OTA_STATUS_UPDATING = 9,
    OTA_STATUS_SUCCESS = 11,
    OTA_STATUS_UPDATE_ERROR = 12,
};

struct ota_status_message {
    int32_t status; /* an enum ota_status when the device is right */
    char name[LIMIT_DEVICE_TEXT + 1];
    struct wire_int component_type; /* 0 module, 1 MCU */
    char component_no[LIMIT_COMPONENT_NO + 1];
    bool has_digest;   /* decoded: id 19 was there, whatever it says */
    bool wants_sha256; /* id 19 = "sha256" */
    struct reported_versions versions;
};

/* "REVICEPLAN" ... as the SDK spells it; "" for a value that is none. Static memory. */
const char *ota_status_name(int32_t status);

MUST_USE enum status ota_status_decode(const uint8_t *payload, size_t length, struct ota_status_message *message);
MUST_USE enum status ota_status_encode(const struct ota_status_message *message, struct buffer *out);

/* 0x0122: the text, cut to `capacity`. E_NOT_FOUND when id 2 is missing. */
MUST_USE enum status location_decode(const uint8_t *payload, size_t length, char *text, size_t capacity);
MUST_USE enum status location_encode(const char *text, struct buffer *out);

/*
 * The MCU list "comp:version;comp:version": split at ';', then at the first ':' (protocol.md, 6). Calls `each` in
 * order; a part without ':' or with an empty component is passed over. Parts longer than LIMIT_COMPONENT_NO or
 * LIMIT_VERSION are cut, as the device keeps them.
 */
void mcu_list_each(const char *list, void (*each)(void *context, const char *component, const char *version),
                   void *context);

#endif
