/*
 * The listeners, all links, and the acknowledgements that are overdue.
 *
 *   accept --(broker not up, more than may be)--> closed at once: the device tries again
 *      \--> link
 */
#ifndef MQTT_FRONT_H
#define MQTT_FRONT_H

#include "base/status.h"
#include "loop/stream.h"
#include "mqtt/door.h"

struct front;
struct link;

/* Binds both listeners of the settings. */
MUST_USE enum status front_create(struct mqtt_door *door, const struct mqtt_settings *settings, struct front **front,
                                  struct error *error);
void front_destroy(struct front *front); /* closes all links; NULL is allowed */

uint16_t front_port(const struct front *front);
uint16_t front_tls_port(const struct front *front);

/* For links: they enter and leave the list by themselves. E_LIMIT: their address has as many as it may have; E_NOMEM.
 */
MUST_USE enum status front_add(struct front *front, struct link *link);
void front_remove(struct front *front, struct link *link);

/* A link keeps an acknowledgement: it will be asked to look for overdue ones. */
void front_note_holding(struct front *front, struct link *link);

/* A fault of mqtt.link was armed: links that are open meet it now. */
void front_fault_armed(struct front *front);

/* The link is abandoned: it is closed by the loop, a few at a time. It leaves by front_remove(). */
void front_cut_soon(struct front *front, struct link *link);

/* The broker has gone. */
void front_close_links(struct front *front, const char *why);

#endif
