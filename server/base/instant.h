/*
 * Instants: int64_t milliseconds since 1970-01-01T00:00:00Z, and their text as the REST API writes it (api.md,
 * Conventions): "2026-11-23T10:00:00.000Z".
 */
#ifndef BASE_INSTANT_H
#define BASE_INSTANT_H

#include <stdint.h>

#include "base/status.h"

enum { INSTANT_TEXT = 25 }; /* characters of the text and the zero byte */

/* Years 0000..9999; an instant outside is written as the nearer end. */
void instant_format(int64_t instant_ms, char text[INSTANT_TEXT]);

/* RFC 3339 with "Z" or an offset, fraction optional (cut to milliseconds). E_FORMAT or E_RANGE, *instant_ms untouched.
 */
MUST_USE enum status instant_parse(const char *text, int64_t *instant_ms);

/* The system's clock. */
int64_t instant_now(void);

/* A clock that never steps, for timeouts; its zero has no meaning. */
int64_t monotonic_ms(void);
int64_t monotonic_us(void);

#endif
