/*
 * AES-128-CBC with PKCS#7, the one cipher of the device protocol; its iv is always the first half of a SHA-256.
 * Inside crypto only.
 */
#ifndef CRYPTO_AES_H
#define CRYPTO_AES_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { AES_BLOCK = 16 };

/* iv = the first 16 bytes of SHA-256(bytes). */
MUST_USE enum status aes_iv_of(const void *bytes, size_t count, uint8_t iv[AES_BLOCK]);

/* `cipher` has room for length + 16 bytes; *cipher_length is a multiple of 16. E_CRYPTO, E_NOMEM, E_LIMIT. */
MUST_USE enum status aes_encrypt(const uint8_t key[AES_BLOCK], const uint8_t iv[AES_BLOCK], const uint8_t *clear,
                                 size_t length, uint8_t *cipher, size_t *cipher_length);

/* `clear` has room for `length` bytes. E_CRYPTO: length 0 or no multiple of 16, or wrong padding. */
MUST_USE enum status aes_decrypt(const uint8_t key[AES_BLOCK], const uint8_t iv[AES_BLOCK], const uint8_t *cipher,
                                 size_t length, uint8_t *clear, size_t *clear_length);

#endif
