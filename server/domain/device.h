/*
 * A device as the store knows it: identity, secret, and the latest of everything it reported (behaviour.md, 1).
 * Whether it is online is not stored: app/ knows its links.
 */
#ifndef DOMAIN_DEVICE_H
#define DOMAIN_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

struct maybe_int {
    bool known;
    int64_t value;
};

struct maybe_number {
    bool known;
    double value;
};

struct maybe_instant {
    bool known;
    int64_t at;
};

enum auth_mode {
    AUTH_NONE,   /* registered, never connected */
    AUTH_TYPE_0, /* the last link authenticated with the product secret */
    AUTH_TYPE_1, /* the last link connected with the device secret */
    AUTH_MODE_COUNT
};

/* "none", "type0", "type1". */
const char *auth_mode_name(enum auth_mode mode);

struct mcu_version {
    char component_no[LIMIT_COMPONENT_NO + 1];
    char version[LIMIT_VERSION + 1];
};

struct device {
    int64_t id; /* of the store; never on the wire */
    char product_key[LIMIT_PRODUCT_KEY + 1];
    char device_key[LIMIT_DEVICE_KEY + 1];
    char secret[LIMIT_DEVICE_SECRET + 1]; /* empty: none yet */
    bool enabled;
    enum auth_mode auth_mode;
    bool session_encrypted; /* the last link had a session key */
    struct maybe_instant first_seen_at;
    struct maybe_instant last_seen_at;
    /* 0x0034 */
    struct maybe_int battery;
    struct maybe_number voltage;
    struct maybe_int signal;
    struct maybe_int rsrp;
    struct maybe_int rsrq;
    struct maybe_int snr;
    struct maybe_int flash_free;
    /* 0x0044, 0x0115, 0x0114; empty: never reported */
    char module_type[LIMIT_DEVICE_TEXT + 1];
    char module_version[LIMIT_DEVICE_TEXT + 1];      /* bare (id 25): decides */
    char module_version_info[LIMIT_DEVICE_TEXT + 1]; /* 0x0044 id 2: may carry an application's suffix */
    char iccid[LIMIT_DEVICE_TEXT + 1];
    char imsi[LIMIT_DEVICE_TEXT + 1];
    char sdk_version[LIMIT_DEVICE_TEXT + 1];
    char data_protocol[LIMIT_DEVICE_TEXT + 1];
    char communication_protocol[LIMIT_DEVICE_TEXT + 1];
    int64_t malformed_frames; /* frames dropped since it was first seen */
    size_t mcu_count;
    struct mcu_version mcus[LIMIT_MCUS];
};

/* 1-16 letters and digits (code 10431 otherwise). */
bool device_key_is_valid(const char *key);

/* 1-32 printable ASCII characters without ';'. */
bool device_secret_is_valid(const char *secret);

/* The version reported for an MCU component, or NULL. Borrowed. */
const char *device_mcu_version(const struct device *device, const char *component_no);

/* Whether both have reported the same: status, information and versions; when they were seen does not count. */
bool device_reported_same(const struct device *one, const struct device *other);

/* Adds or replaces; a list that is full forgets its oldest entry. */
void device_set_mcu_version(struct device *device, const char *component_no, const char *version);

#endif
