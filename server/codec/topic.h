/*
 * Topics of the device protocol (protocol.md, 2.2 to 2.4).
 *
 *   q/1/d/<client id>/<kind>          server to device; the device subscribes to q/1/d/<client id>/+
 *   q/2/d/<client id>/<kind>          device to server; kind = sys, bus or ota
 */
#ifndef CODEC_TOPIC_H
#define CODEC_TOPIC_H

#include <stdbool.h>

#define TOPIC_TO_DEVICE   "q/1/d/"
#define TOPIC_FROM_DEVICE "q/2/d/"

/*
 * Whether the device with `client_id` reads a message under `topic`: it contains q/1/d/, then the client id as first
 * level, then one or two more levels that are not empty (protocol.md, 2.4).
 */
bool device_topic_accepts(const char *topic, const char *client_id);

#endif
