/*
 * Topics as the door builds and reads them.
 *
 *   q/1/d/<client id>/<kind>     to a device       q/2/d/<client id>/<kind>     from a device
 */
#ifndef MQTT_TOPICS_H
#define MQTT_TOPICS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"
#include "base/status.h"

enum { TOPIC_TEXT = LIMIT_MQTT_TOPIC + 1 };

/* Writes the topic under which a device reads. */
void topic_to_device(const char *client_id, const char *kind, char topic[TOPIC_TEXT]);

/* The client id of an uplink topic with exactly one level behind it. E_FORMAT: not such a topic. */
MUST_USE enum status topic_client_id(const char *topic, size_t length, char client_id[LIMIT_CLIENT_ID + 1]);

/* Whether a subscription filter is for the downlinks of `client_id`: it starts with q/1/d/<client id>/. */
bool topic_filter_is_own(const char *filter, size_t length, const char *client_id);

#endif
