#include "crypto/password.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "crypto/aes.h"
#include "crypto/digest.h"
#include "crypto/random.h"

enum {
    FLAG_LENGTH = 4,
    SIGN_INPUT = 256, /* secret;ps;random */
    OPENED = PASSWORD_LIMIT / 4 * 3 + 1,
};

/* ------------------------------------------------------------------ fields */

struct field {
    const char *text;
    size_t length;
};

/* Splits at ';' into exactly `count` fields, none of them empty. */
static bool split_fields(const char *text, size_t length, struct field *fields, size_t count)
{
    if (memchr(text, '\0', length) != NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const char *end = memchr(text, ';', length);
        bool is_last = i + 1 == count;
        if (is_last != (end == NULL)) {
            return false;
        }
        fields[i].text = text;
        fields[i].length = is_last ? length : (size_t)(end - text);
        if (fields[i].length == 0) {
            return false;
        }
        if (!is_last) {
            length -= fields[i].length + 1;
            text = end + 1;
        }
    }
    return true;
}

static bool field_is(const struct field *field, const char *text)
{
    return field->length == strlen(text) && memcmp(field->text, text, field->length) == 0;
}

static enum status copy_field(char *target, size_t capacity, const struct field *field)
{
    return text_copy_bytes(target, capacity, (const uint8_t *)field->text, field->length) == OK ? OK : E_FORMAT;
}

enum status password_parse(const char *text, size_t length, struct password *password)
{
    struct field fields[4];
    if (length == 0 || !split_fields(text, length, fields, 4)) {
        return E_FORMAT;
    }
    struct password parsed = {.type = field_is(&fields[0], "1") ? 1 : 0, .session = field_is(&fields[1], "0001")};
    if ((parsed.type == 0 && !field_is(&fields[0], "0")) || (!parsed.session && !field_is(&fields[1], "0000"))) {
        return E_FORMAT;
    }
    enum status status = OK;
    if (parsed.type == 0) {
        if (fields[2].length > LIMIT_PRODUCT_KEY) {
            return E_LIMIT;
        }
        status = copy_field(parsed.product_key, sizeof parsed.product_key, &fields[2]);
        if (status == OK) {
            status = copy_field(parsed.sealed, sizeof parsed.sealed, &fields[3]);
        }
    } else {
        status = copy_field(parsed.random, sizeof parsed.random, &fields[2]);
        if (status == OK) {
            status = copy_field(parsed.sign, sizeof parsed.sign, &fields[3]);
        }
    }
    if (status == OK) {
        *password = parsed;
    }
    return status;
}

/* ------------------------------------------------------------------ cipher and signature */

static enum status secret_key(const char *product_secret, uint8_t key[AES_BLOCK], uint8_t iv[AES_BLOCK])
{
    size_t length = strlen(product_secret);
    memset(key, 0, AES_BLOCK);
    memcpy(key, product_secret, length < AES_BLOCK ? length : AES_BLOCK);
    return aes_iv_of(product_secret, length, iv);
}

/* Strict: EVP_DecodeBlock would pass over blanks and line ends. `bytes` has room for 3/4 of the text. */
static enum status base64_decode(const char *text, uint8_t *bytes, size_t *length)
{
    size_t count = strlen(text);
    size_t data = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    size_t padding = count - data;
    if (count == 0 || count % 4 != 0 || padding > 2 || strspn(text + data, "=") != padding) {
        return E_FORMAT;
    }
    int decoded = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)count);
    if (decoded < 0) {
        return E_FORMAT;
    }
    *length = (size_t)decoded - padding;
    return OK;
}

static enum status make_sign(const char *secret, const char *product_secret, const char *random,
                             char sign[PASSWORD_SIGN + 1])
{
    char input[SIGN_INPUT];
    int length = snprintf(input, sizeof input, "%s;%s;%s", secret, product_secret, random);
    if (length < 0 || (size_t)length >= sizeof input) {
        return E_LIMIT;
    }
    uint8_t digest[32];
    enum status status = sha256_bytes(input, (size_t)length, digest);
    if (status == OK) {
        (void)EVP_EncodeBlock((unsigned char *)sign, digest, sizeof digest);
    }
    return status;
}

enum status password_open(struct password *password, const char *product_secret)
{
    uint8_t sealed[OPENED];
    size_t sealed_length = 0;
    enum status status = base64_decode(password->sealed, sealed, &sealed_length);
    if (status != OK) {
        return status;
    }
    uint8_t key[AES_BLOCK];
    uint8_t iv[AES_BLOCK];
    status = secret_key(product_secret, key, iv);
    if (status != OK) {
        return status;
    }
    uint8_t opened[OPENED];
    size_t opened_length = 0;
    status = aes_decrypt(key, iv, sealed, sealed_length, opened, &opened_length);
    if (status != OK) {
        return status;
    }
    struct field fields[3];
    struct password result = *password;
    if (!split_fields((const char *)opened, opened_length, fields, 3) ||
        copy_field(result.device_key, sizeof result.device_key, &fields[0]) != OK ||
        copy_field(result.random, sizeof result.random, &fields[1]) != OK ||
        copy_field(result.sign, sizeof result.sign, &fields[2]) != OK) {
        return E_FORMAT;
    }
    *password = result;
    return OK;
}

bool password_random_is_valid(const char *random)
{
    return text_is_word(random, PASSWORD_RANDOM, PASSWORD_RANDOM, "");
}

enum status password_verify(const struct password *password, const char *secret, const char *product_secret)
{
    char sign[PASSWORD_SIGN + 1];
    enum status status = make_sign(secret, product_secret, password->random, sign);
    if (status != OK) {
        return status;
    }
    return secret_equal(sign, password->sign) ? OK : E_DENIED;
}

/* ------------------------------------------------------------------ the device's side */

static enum status write_password(char *text, size_t capacity, int type, bool session, const char *third,
                                  const char *fourth)
{
    char written[PASSWORD_LIMIT];
    int length = snprintf(written, sizeof written, "%d;%0*d;%s;%s", type, FLAG_LENGTH, session ? 1 : 0, third, fourth);
    if (length < 0 || (size_t)length >= sizeof written) {
        return E_LIMIT;
    }
    return text_copy(text, capacity, written);
}

enum status password_make_type0(bool session, const char *product_key, const char *product_secret,
                                const char *device_key, const char *random, char *text, size_t capacity)
{
    char sign[PASSWORD_SIGN + 1];
    enum status status = make_sign(device_key, product_secret, random, sign);
    if (status != OK) {
        return status;
    }
    char clear[SIGN_INPUT];
    int length = snprintf(clear, sizeof clear, "%s;%s;%s", device_key, random, sign);
    if (length < 0 || (size_t)length >= sizeof clear) {
        return E_LIMIT;
    }
    uint8_t key[AES_BLOCK];
    uint8_t iv[AES_BLOCK];
    status = secret_key(product_secret, key, iv);
    uint8_t cipher[SIGN_INPUT + AES_BLOCK];
    size_t cipher_length = 0;
    if (status == OK) {
        status = aes_encrypt(key, iv, (const uint8_t *)clear, (size_t)length, cipher, &cipher_length);
    }
    if (status != OK) {
        return status;
    }
    char sealed[PASSWORD_LIMIT];
    (void)EVP_EncodeBlock((unsigned char *)sealed, cipher, (int)cipher_length);
    return write_password(text, capacity, 0, session, product_key, sealed);
}

enum status password_make_type1(bool session, const char *device_secret, const char *product_secret, const char *random,
                                char *text, size_t capacity)
{
    char sign[PASSWORD_SIGN + 1];
    enum status status = make_sign(device_secret, product_secret, random, sign);
    if (status != OK) {
        return status;
    }
    return write_password(text, capacity, 1, session, random, sign);
}
