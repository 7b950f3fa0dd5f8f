#include "crypto/aes.h"

#include <limits.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/digest.h"

static void cleanup_context(EVP_CIPHER_CTX **context)
{
    EVP_CIPHER_CTX_free(*context);
}

enum status aes_iv_of(const void *bytes, size_t count, uint8_t iv[AES_BLOCK])
{
    uint8_t digest[32];
    enum status status = sha256_bytes(bytes, count, digest);
    if (status == OK) {
        memcpy(iv, digest, AES_BLOCK);
    }
    return status;
}

enum status aes_encrypt(const uint8_t key[AES_BLOCK], const uint8_t iv[AES_BLOCK], const uint8_t *clear, size_t length,
                        uint8_t *cipher, size_t *cipher_length)
{
    if (length > INT_MAX - AES_BLOCK) {
        return E_LIMIT;
    }
    CLEANUP(cleanup_context) EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context == NULL) {
        return E_NOMEM;
    }
    int body = 0;
    int tail = 0;
    if (EVP_EncryptInit_ex(context, EVP_aes_128_cbc(), NULL, key, iv) != 1 ||
        EVP_EncryptUpdate(context, cipher, &body, clear, (int)length) != 1 ||
        EVP_EncryptFinal_ex(context, cipher + body, &tail) != 1) {
        return E_CRYPTO;
    }
    *cipher_length = (size_t)body + (size_t)tail;
    return OK;
}

enum status aes_decrypt(const uint8_t key[AES_BLOCK], const uint8_t iv[AES_BLOCK], const uint8_t *cipher, size_t length,
                        uint8_t *clear, size_t *clear_length)
{
    if (length == 0 || length % AES_BLOCK != 0 || length > INT_MAX) {
        return E_CRYPTO;
    }
    CLEANUP(cleanup_context) EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context == NULL) {
        return E_NOMEM;
    }
    int body = 0;
    int tail = 0;
    if (EVP_DecryptInit_ex(context, EVP_aes_128_cbc(), NULL, key, iv) != 1 ||
        EVP_DecryptUpdate(context, clear, &body, cipher, (int)length) != 1 ||
        EVP_DecryptFinal_ex(context, clear + body, &tail) != 1) {
        return E_CRYPTO;
    }
    *clear_length = (size_t)body + (size_t)tail;
    return OK;
}
