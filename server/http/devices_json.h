/*
 * A device as api.md shows it; its secret is never written.
 */
#ifndef HTTP_DEVICES_JSON_H
#define HTTP_DEVICES_JSON_H

#include <jansson.h>

#include "app/catalog.h"

json_t *device_json(const struct device_view *view);

#endif
