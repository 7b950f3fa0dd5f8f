/*
 * What a device said, in domain words: the mqtt door makes these from frames and hands them to app/.
 */
#ifndef DOMAIN_REPORTS_H
#define DOMAIN_REPORTS_H

#include "base/limits.h"
#include "domain/device.h"

/* 0x0034: what is not known was not reported and stays as it was. */
struct status_report {
    struct maybe_int battery;
    struct maybe_number voltage;
    struct maybe_int signal;
    struct maybe_int flash_free;
    struct maybe_int rsrp;
    struct maybe_int rsrq;
    struct maybe_int snr;
};

/* The versions of 0x0115 and 0x0114 (bare) or of 0x0044 (module version perhaps with a suffix). */
struct version_report {
    char module_version[LIMIT_DEVICE_TEXT + 1]; /* empty: not reported */
    bool module_is_bare;
    size_t mcu_count; /* only what was reported */
    struct mcu_version mcus[LIMIT_MCUS];
};

/* 0x0044; empty texts: not reported. */
struct info_report {
    char module_type[LIMIT_DEVICE_TEXT + 1];
    char iccid[LIMIT_DEVICE_TEXT + 1];
    char imsi[LIMIT_DEVICE_TEXT + 1];
    char sdk_version[LIMIT_DEVICE_TEXT + 1];
    char data_protocol[LIMIT_DEVICE_TEXT + 1];
    char communication_protocol[LIMIT_DEVICE_TEXT + 1];
    struct version_report versions;
};

/* 0x0114 */
struct upgrade_report {
    int status; /* as on the wire; protocol.md, 9.1 */
    char status_name[LIMIT_DEVICE_TEXT + 1];
    bool right_name; /* the name is that of the status */
    char component_no[LIMIT_COMPONENT_NO + 1];
    struct maybe_int component_type;
    bool has_digest; /* id 19 was there, whatever it says */
    bool wants_sha256;
    struct version_report versions;
};

#endif
