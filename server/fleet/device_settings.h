/*
 * The options of `mockdc device` and the settings that they make.
 */
#ifndef FLEET_DEVICE_SETTINGS_H
#define FLEET_DEVICE_SETTINGS_H

#include "config/options.h"
#include "fleet/virtual_device.h"

extern const struct option device_option_table[];

/* E_FORMAT, E_LIMIT: *error names the option and what is allowed. */
MUST_USE enum status device_settings_read(const struct options *options, struct virtual_device_settings *settings,
                                          struct error *error);

#endif
