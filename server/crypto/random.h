/*
 * Random bytes and identifiers from OpenSSL's generator, and comparison in constant time.
 */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/status.h"

MUST_USE enum status random_bytes(uint8_t *bytes, size_t count);

/* 22 characters of base64url = 128 random bits: a firmware token, a generated API token. */
MUST_USE enum status random_token(char token[LIMIT_TOKEN + 1]);

/* 32 lower-case hex digits: a device secret (protocol.md 13). */
MUST_USE enum status random_device_secret(char secret[LIMIT_DEVICE_SECRET + 1]);

/* Equal texts? Takes as long for a wrong text as for a right one of the same length. */
bool secret_equal(const char *a, const char *b);

#endif
