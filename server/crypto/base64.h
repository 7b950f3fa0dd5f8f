/*
 * Base64 with padding (RFC 4648, 4), for file contents in documents.
 */
#ifndef CRYPTO_BASE64_H
#define CRYPTO_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Characters for `count` bytes, without a final zero byte. */
size_t base64_length(size_t count);

/* Writes base64_length(count) characters. */
void base64_encode(const uint8_t *bytes, size_t count, char *text);

/*
 * `length` characters, a multiple of 4, into `bytes` (3 for each 4), which may be `text` itself. '=' only in the last
 * two places. *count gets the number of bytes. E_FORMAT.
 */
MUST_USE enum status base64_decode(const char *text, size_t length, uint8_t *bytes, size_t *count);

#endif
