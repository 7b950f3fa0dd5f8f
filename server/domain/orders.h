/*
 * What the server tells a device, in domain words: app/ hands these to the mqtt door, which makes frames.
 */
#ifndef DOMAIN_ORDERS_H
#define DOMAIN_ORDERS_H

#include "domain/package.h"
#include "domain/plan.h"

/* 0x0111 */
struct notify_order {
    size_t count;
    struct {
        char component_no[LIMIT_COMPONENT_NO + 1];
        char source_version[LIMIT_VERSION + 1];
        char target_version[LIMIT_VERSION + 1];
        enum component_type type;
        int64_t space; /* bytes the image needs */
    } tasks[LIMIT_COMPONENTS];
    int min_battery;
    int min_signal;
};

/* 0x0113; the door adds scheme, host and port in front of /firmware/<token><extension> */
struct firmware_order {
    char component_no[LIMIT_COMPONENT_NO + 1];
    char source_version[LIMIT_VERSION + 1];
    char target_version[LIMIT_VERSION + 1];
    enum component_type type;
    bool with_sha256;
    size_t file_count;
    struct {
        char token[LIMIT_TOKEN + 1];
        char extension[16];
        int64_t size;
        char md5[33];
        char sha256[65];
        char crc32[9];
    } files[LIMIT_PACKAGE_FILES];
};

#endif
