/*
 * A frame's content in domain words, handed to the use case of its command.
 *
 *   0x0034 -> status_report -> app_device_status       0x0115 -> version_report -> app_device_request
 *   0x0044 -> info_report   -> app_device_info         0x0114 -> upgrade_report -> app_device_upgrade
 *   others                  -> app_device_seen
 */
#ifndef MQTT_REPORT_H
#define MQTT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"
#include "base/status.h"
#include "codec/frame.h"

/* *malformed: the content is not what the command has; nothing was handed in. Else the use case's status. */
MUST_USE enum status report_hand_in(struct app *app, int64_t device_id, const struct frame *frame, bool *malformed);

#endif
