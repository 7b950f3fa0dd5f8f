#include "crypto/random.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/text.h"

enum { ID_BYTES = 16, ID_BASE64 = 24 };

enum status random_bytes(uint8_t *bytes, size_t count)
{
    if (count > INT_MAX) {
        return E_LIMIT;
    }
    return RAND_bytes(bytes, (int)count) == 1 ? OK : E_CRYPTO;
}

enum status random_token(char token[LIMIT_TOKEN + 1])
{
    uint8_t bytes[ID_BYTES];
    enum status status = random_bytes(bytes, sizeof bytes);
    if (status != OK) {
        return status;
    }
    unsigned char base64[ID_BASE64 + 1];
    (void)EVP_EncodeBlock(base64, bytes, sizeof bytes);
    for (size_t i = 0; i < LIMIT_TOKEN; i++) {
        char c = (char)base64[i];
        token[i] = c == '+' ? '-' : c == '/' ? '_' : c;
    }
    token[LIMIT_TOKEN] = '\0';
    return OK;
}

enum status random_device_secret(char secret[LIMIT_DEVICE_SECRET + 1])
{
    uint8_t bytes[LIMIT_DEVICE_SECRET / 2];
    enum status status = random_bytes(bytes, sizeof bytes);
    if (status == OK) {
        hex_encode(bytes, sizeof bytes, secret);
    }
    return status;
}

bool secret_equal(const char *a, const char *b)
{
    size_t length = strlen(a);
    return length == strlen(b) && CRYPTO_memcmp(a, b, length) == 0;
}
