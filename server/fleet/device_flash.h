/*
 * What a virtual device keeps over a restart, and its file: one JSON object, written aside and renamed.
 *
 *   {"deviceSecret": "..", "moduleVersion": "M1", "mcuVersions": "STM32:1_0_0", "server": {..}, "setting": {"host":
 * "..", "port": 1883, "tls": false}, "productKey": "..", "productSecret": "..", "upgrade": {"state": "updating",
 * "type": 1, "component": "STM32", "target": "2_0_0"}}
 */
#ifndef FLEET_DEVICE_FLASH_H
#define FLEET_DEVICE_FLASH_H

#include "base/status.h"
#include "fleet/mcu_text.h"
#include "fleet/sdk_ota.h"
#include "fleet/virtual_device.h"

struct device_flash {
    char device_secret[LIMIT_DEVICE_SECRET + 1]; /* empty: none */
    char product_key[LIMIT_PRODUCT_KEY + 1];
    char product_secret[LIMIT_PRODUCT_SECRET + 1];
    struct device_server setting; /* what the user set when `server` was saved: another setting wins over it */
    struct device_server server;  /* the last one that worked, or the one set */
    char module_version[LIMIT_VERSION + 1];
    struct mcu_text mcus;
    struct sdk_ota_saved upgrade;
};

/* E_NOT_FOUND: no such file; E_CORRUPT: not of this form; E_IO. *flash is untouched then. */
MUST_USE enum status device_flash_load(const char *path, struct device_flash *flash, struct error *error);
MUST_USE enum status device_flash_store(const char *path, const struct device_flash *flash);

#endif
