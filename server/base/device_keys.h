/*
 * Device keys that count up: "867000000000001", "867000000000002" ...; the digits at the end of the first one count.
 */
#ifndef BASE_DEVICE_KEYS_H
#define BASE_DEVICE_KEYS_H

#include <stddef.h>

#include "base/limits.h"
#include "base/status.h"

/*
 * The key `steps` behind `first`, of the same length. E_LIMIT: `first` is too long or has too few digits at its end for
 * that; *key is untouched then.
 */
MUST_USE enum status device_key_count(const char *first, size_t steps, char key[LIMIT_DEVICE_KEY + 1]);

#endif
