#include "crypto/session_cipher.h"

#include <assert.h>

#include "crypto/aes.h"

static_assert((int)SESSION_KEY == (int)AES_BLOCK, "a session key is an AES-128 key");

enum status session_encrypt(const uint8_t key[SESSION_KEY], const uint8_t *clear, size_t length, struct buffer *out)
{
    uint8_t iv[AES_BLOCK];
    enum status status = aes_iv_of(key, SESSION_KEY, iv);
    if (status != OK) {
        return status;
    }
    uint8_t *room = buffer_reserve(out, length + AES_BLOCK);
    if (room == NULL) {
        return buffer_status(out);
    }
    size_t written = 0;
    status = aes_encrypt(key, iv, clear, length, room, &written);
    out->length += written;
    return status;
}

enum status session_decrypt(const uint8_t key[SESSION_KEY], const uint8_t *cipher, size_t length, struct buffer *out)
{
    uint8_t iv[AES_BLOCK];
    enum status status = aes_iv_of(key, SESSION_KEY, iv);
    if (status != OK) {
        return status;
    }
    uint8_t *room = buffer_reserve(out, length);
    if (room == NULL) {
        return buffer_status(out);
    }
    size_t written = 0;
    status = aes_decrypt(key, iv, cipher, length, room, &written);
    out->length += written;
    return status;
}
