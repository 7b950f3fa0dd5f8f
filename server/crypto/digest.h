/*
 * Digests of byte streams: MD5, SHA-256 and CRC-32 (IEEE 802.3, as zlib's) in one pass, as a package file needs them.
 */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct digests {
    char md5[33];    /* lower-case hex, as the device compares it */
    char sha256[65]; /* lower-case hex */
    char crc32[9];   /* eight lower-case hex digits (protocol.md 13) */
};

struct digest_stream;

/* E_NOMEM, E_CRYPTO. */
MUST_USE enum status digest_stream_create(struct digest_stream **stream);
void digest_stream_destroy(struct digest_stream *stream);
void cleanup_digest_stream(struct digest_stream **stream);

MUST_USE enum status digest_stream_add(struct digest_stream *stream, const void *bytes, size_t count);

/* Ends the stream; only destroy may follow. */
MUST_USE enum status digest_stream_end(struct digest_stream *stream, struct digests *digests);

/* All three of one block of memory. */
MUST_USE enum status digest_bytes(const void *bytes, size_t count, struct digests *digests);

MUST_USE enum status sha256_bytes(const void *bytes, size_t count, uint8_t digest[32]);

#endif
