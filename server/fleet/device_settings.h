/*
 * The options of `mockdc device` and `mockdc fleet`, and the settings that they make.
 */
#ifndef FLEET_DEVICE_SETTINGS_H
#define FLEET_DEVICE_SETTINGS_H

#include "config/options.h"
#include "fleet/virtual_device.h"

enum { FLEET_MOST = 50000 };

extern const struct option device_option_table[];
extern const struct option fleet_option_table[];

/* `options` are of one of the two tables. E_FORMAT, E_LIMIT: *error names the option and what is allowed. */
MUST_USE enum status device_settings_read(const struct options *options, struct virtual_device_settings *settings,
                                          struct error *error);

/* With --script: E_FORMAT when a flag was given that a script makes meaningless. */
MUST_USE enum status device_settings_check_script(const struct options *options, struct error *error);

/* Takes the device's misbehaviour away: --flash, --on-notify, --power-cut, --restart-at, --disorder. */
void device_settings_heal(struct virtual_device_settings *settings);

#endif
