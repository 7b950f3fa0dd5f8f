/*
 * Faults of the points ota.notify and ota.url, and the URL that http.firmware's `refuse` changes.
 *
 *   payload --set, omit, url--> payload' --drop | delay | badChecksum | truncate | duplicate--> downlink_send
 *
 * A delayed order waits on the loop's real time and is forgotten with its link.
 */
#ifndef MQTT_ORDER_FAULTS_H
#define MQTT_ORDER_FAULTS_H

#include "base/buffer.h"
#include "base/status.h"
#include "domain/orders.h"

struct link;
struct delayed_order;

/* Sends a notify, with the faults that fire on it. The payload may change. */
MUST_USE enum status order_send_notify(struct link *link, struct buffer *payload);

/* The same for a firmware information. */
MUST_USE enum status order_send_firmware(struct link *link, const struct firmware_order *order, struct buffer *payload);

/* The device is upgrading now (status 9): a notify that is to come again then is sent. */
void order_device_upgrading(struct link *link);

/* The link ends: what is delayed is not sent. */
void orders_forget(struct link *link);

#endif
