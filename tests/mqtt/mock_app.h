/*
 * app/ as the mqtt door sees it, without store: products and devices in tables, every call written down.
 *
 *   calls: "online 1;batch;status 1 battery=50;commit;offline 1;"
 */
#ifndef TESTS_MQTT_MOCK_APP_H
#define TESTS_MQTT_MOCK_APP_H

#include <stdbool.h>
#include <stddef.h>

#include "app/catalog.h"
#include "app/devices.h"

struct mock_device {
    const char *product_key;
    const char *device_key;
    const char *secret;
    bool disabled;
};

enum { MOCK_DEVICES = 8, MOCK_CALLS = 1 << 16 };

struct app {
    size_t device_count;
    struct device devices[MOCK_DEVICES];
    enum status lookup_status; /* not OK: the store is sick */
    enum status use_status;    /* what the message use cases return */
    enum status commit_status;
    bool in_batch;
    int commits;
    char calls[MOCK_CALLS];
};

/* Products are "PK1" (secret "ps1"), "PK" ("ps0") and "PK12" ("ps12"). Device ids count from 1. */
void mock_app_init(struct app *app, const struct mock_device *devices, size_t count);

/* How often `what` stands in the calls. */
int mock_app_count(const struct app *app, const char *what);

#endif
