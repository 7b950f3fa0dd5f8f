/*
 * Time zones by IANA name ("Asia/Shanghai", "UTC"): the only room that sees GLib.
 */
#ifndef ZONE_ZONE_H
#define ZONE_ZONE_H

#include <stdbool.h>

/* Whether the system's zone data knows `name`. Offsets ("+08:00"), paths and "" are no names. */
bool zone_exists(const char *name);

#endif
