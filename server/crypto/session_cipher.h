/*
 * Session encryption (protocol.md, Session encryption): AES-128-CBC + PKCS#7 over a whole escaped frame;
 * iv = first 16 bytes of SHA-256(key), the same for every message.
 */
#ifndef CRYPTO_SESSION_CIPHER_H
#define CRYPTO_SESSION_CIPHER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"

enum { SESSION_KEY = 16 };

/* Appends the cipher text (a multiple of 16 bytes). E_CRYPTO or the buffer's status. */
MUST_USE enum status session_encrypt(const uint8_t key[SESSION_KEY], const uint8_t *clear, size_t length,
                                     struct buffer *out);

/* Appends the clear text. E_CRYPTO: the length is no multiple of 16 or zero, or the padding is wrong. */
MUST_USE enum status session_decrypt(const uint8_t key[SESSION_KEY], const uint8_t *cipher, size_t length,
                                     struct buffer *out);

#endif
