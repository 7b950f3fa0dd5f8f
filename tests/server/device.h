/*
 * A hand-written device for the whole-server tests, from protocol.md alone: it shares the codec and the password room
 * with the server, and nothing of fleet/.
 */
#ifndef TESTS_SERVER_DEVICE_H
#define TESTS_SERVER_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "codec/device_messages.h"
#include "codec/server_messages.h"
#include "support/raw_mqtt.h"
#include "support/server.h"

#define TEST_PK     "pk1"
#define TEST_PS     "secret1"
#define TEST_DK     "867123045678901"
#define TEST_CLIENT "qdpk1867123045678901"

struct test_device {
    struct raw_mqtt link;
    char client_id[64];
    char secret[LIMIT_DEVICE_SECRET + 1]; /* once received */
    bool has_key;
    uint8_t key[16];
    uint16_t mqtt_id;
    uint16_t package_id;
    uint8_t scratch[4096];
};

/* Connects as type 0 (secret "" in *device) or type 1 and subscribes; takes 0x00B4 where one comes. */
bool device_go_online(const struct server *server, struct test_device *device, const char *dk, bool session);
void device_go_offline(struct test_device *device);

/* Sends a message as the SDK does, with the acknowledgements of its QoS; false when they do not come within 2 s. */
bool device_send(struct test_device *device, uint16_t command, const struct buffer *payload);

/* 0x0034 and 0x0044 with MCU list and (perhaps suffixed) module version. */
bool device_report(struct test_device *device, const char *module_version, const char *mcu_list);

/* 0x0115 */
bool device_request(struct test_device *device, const char *module_version, const char *mcu_list);

/* 0x0114; versions are sent when not NULL */
bool device_status(struct test_device *device, int status, const char *component, int type, const char *module_version,
                   const char *mcu_list);

/* The next downlink with `command` within the time; others are passed over. */
bool device_expect(struct test_device *device, uint16_t command, int timeout_ms, struct frame *frame);
bool device_expect_notify(struct test_device *device, int timeout_ms, struct notify_message *notify);
bool device_expect_firmware(struct test_device *device, int timeout_ms, struct firmware_message *firmware);

#endif
