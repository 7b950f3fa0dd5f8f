/*
 * Use cases of connected devices: what the mqtt door hands in (behaviour.md, 4 and 5; protocol.md, 12).
 *
 *   find product/device -> admit -> online -> status, info, request, upgrade ... -> offline
 */
#ifndef APP_DEVICES_H
#define APP_DEVICES_H

#include "app/app.h"
#include "domain/device.h"
#include "domain/event.h"
#include "domain/product.h"
#include "domain/reports.h"

/* E_NOT_FOUND. The device's own row, without its being online. */
MUST_USE enum status app_device_find(struct app *app, const char *product_key, const char *device_key,
                                     struct device *device);

/*
 * A link was authenticated: makes the device when it is new, notes mode and time. `new_secret` is stored when the
 * device has none; device->secret is the one to use. E_NOT_FOUND: the product has gone meanwhile.
 */
MUST_USE enum status app_device_admit(struct app *app, const char *product_key, const char *device_key,
                                      enum auth_mode mode, bool session_encrypted, const char *new_secret,
                                      struct device *device);

/* Subscribed and ready for orders / link gone. A second online without an offline counts as a reconnect. */
void app_device_online(struct app *app, int64_t device_id);
void app_device_offline(struct app *app, int64_t device_id);

/* Messages. A status other than OK: nothing was stored, the message may be offered again. E_NOT_FOUND: deleted. */
MUST_USE enum status app_device_status(struct app *app, int64_t device_id, const struct status_report *report);
MUST_USE enum status app_device_info(struct app *app, int64_t device_id, const struct info_report *report);
MUST_USE enum status app_device_request(struct app *app, int64_t device_id, const struct version_report *report);
MUST_USE enum status app_device_upgrade(struct app *app, int64_t device_id, const struct upgrade_report *report);

/* Any other message of it (transparent data, location ...): notes that it was seen. */
MUST_USE enum status app_device_seen(struct app *app, int64_t device_id);

/* Whether frames shall be told, and one that came from the device or went to it. */
bool app_frames_wanted(struct app *app);
void app_device_frame(struct app *app, int64_t device_id, bool from_device, const struct event_of_frame *frame);

/* A frame of it was dropped because it was malformed: counted. */
MUST_USE enum status app_device_malformed(struct app *app, int64_t device_id);

#endif
