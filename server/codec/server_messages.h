/*
 * What the server sends (protocol.md, 4.4, 4.5 and 9.1), encode and decode side by side; one .c file per message.
 *
 *   0x0111 otaNotify       an upgrade plan: one task at top level, several in an array (id 28)
 *   0x0113 firmwareInfo    where the file is and what it must be
 *   0x00B4 configuration   device secret, session key, "authenticate again", another server
 *   0x00A3 error           a code, perhaps with the package it refers to
 *
 * Encoders append the payload of a frame; decoders accept what the device accepts (protocol.md, 9.1).
 */
#ifndef CODEC_SERVER_MESSAGES_H
#define CODEC_SERVER_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/status.h"
#include "codec/device_messages.h"

/* 0x0111 */
struct notify_task {
    char component_no[LIMIT_COMPONENT_NO + 1];
    char source_version[LIMIT_VERSION + 1]; /* empty: left out */
    char target_version[LIMIT_VERSION + 1];
    int32_t component_type; /* 0 module, 1 MCU */
    struct wire_int battery;
    struct wire_int space; /* bytes */
    struct wire_int signal;
};

struct notify_message {
    size_t count; /* 1..LIMIT_COMPONENTS */
    struct notify_task tasks[LIMIT_COMPONENTS];
};

/* One task: ids at top level; more: id 28 (protocol.md 13). E_RANGE: no task, or over LIMIT_COMPONENTS. */
MUST_USE enum status notify_encode(const struct notify_message *message, struct buffer *out);

/*
 * E_FORMAT: a required member of a task is missing, or a target version is too long; E_LIMIT: 21 tasks or more (the
 * device drops it all). A component number of over 32 characters is cut, as the device keeps it.
 */
MUST_USE enum status notify_decode(const uint8_t *payload, size_t length, struct notify_message *message);

/* 0x0113 */
struct firmware_file {
    char url[LIMIT_URL + 1];
    int64_t size; /* bytes */
    char md5[33];
};

struct firmware_message {
    char component_no[LIMIT_COMPONENT_NO + 1];
    char source_version[LIMIT_VERSION + 1]; /* empty: left out */
    char target_version[LIMIT_VERSION + 1];
    int32_t component_type;
    size_t file_count; /* 1: at top level with crc and sha256; 2..5: array id 20 (module only, protocol.md 13) */
    struct firmware_file files[LIMIT_PACKAGE_FILES];
    char crc[9];     /* eight hexadecimal digits */
    char sha256[65]; /* empty: left out */
};

MUST_USE enum status firmware_encode(const struct firmware_message *message, struct buffer *out);

/*
 * `wants_sha256`: the device runs in mode 1, id 16 is required. E_FORMAT: a required member is missing, of another type
 * or too long (the device answers 12). The crc is read with strtoul rules, cut to 32 bit, and given as eight lower-case
 * digits; the size is read as unsigned 32 bit.
 */
MUST_USE enum status firmware_decode(const uint8_t *payload, size_t length, bool wants_sha256,
                                     struct firmware_message *message);

/* The form with id 20, which only a module that downloads by itself reads (protocol.md, 13). E_FORMAT: as above. */
MUST_USE enum status firmware_decode_files(const uint8_t *payload, size_t length, struct firmware_message *message);

/*
 * 0x00B4; empty texts and unset flags are left out. When decoding: a session key of under 16 bytes is absent, and so is
 * a server of which one of the three members is missing, empty or too long; a secret is cut to its limit, as the device
 * does.
 */
struct configuration_message {
    char device_secret[LIMIT_DEVICE_SECRET + 1]; /* id 5 */
    bool has_session_key;                        /* id 6 */
    uint8_t session_key[16];
    bool authenticate_again;                           /* id 9 */
    char new_device_secret[LIMIT_DEVICE_SECRET + 1];   /* id 10 */
    char host[64];                                     /* id 1: 2 */
    char ip[64];                                       /* id 1: 3 */
    int32_t port;                                      /* id 1: 4; 0: no other server */
    char new_product_key[LIMIT_PRODUCT_KEY + 1];       /* id 7 */
    char new_product_secret[LIMIT_PRODUCT_SECRET + 1]; /* id 8 */
};

MUST_USE enum status configuration_encode(const struct configuration_message *message, struct buffer *out);
MUST_USE enum status configuration_decode(const uint8_t *payload, size_t length, struct configuration_message *message);

/* 0x00A3 */
struct error_message {
    int32_t code;
    struct wire_int package_id;
};

MUST_USE enum status error_message_encode(const struct error_message *message, struct buffer *out);
MUST_USE enum status error_message_decode(const uint8_t *payload, size_t length, struct error_message *message);

#endif
