/*
 * Frames for those who watch a device live: told only while somebody asks for them (GET /events?kind=frame).
 */
#ifndef MQTT_WATCH_H
#define MQTT_WATCH_H

#include "app/devices.h"
#include "codec/frame.h"

/* `from_device`: it came; else it went out. */
void watch_frame(struct app *app, int64_t device_id, const struct frame *frame, bool from_device);

#endif
