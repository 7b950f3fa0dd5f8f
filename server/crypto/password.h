/*
 * The passwords of the MQTT CONNECT (protocol.md, Passwords).
 *
 *   type 0   0;<flag>;<pk>;<B>            B    = base64(AES-128-CBC(dk;random;sign)), key and iv from the product
 * secret sign = base64(SHA-256(dk;ps;random)) type 1   1;<flag>;<random>;<sign>     sign =
 * base64(SHA-256(ds;ps;random))
 */
#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"
#include "base/status.h"

enum { PASSWORD_RANDOM = 16, PASSWORD_SIGN = 44, PASSWORD_LIMIT = 512 };

struct password {
    int type;                                /* 0 or 1 */
    bool session;                            /* session flag: the device can encrypt */
    char product_key[LIMIT_PRODUCT_KEY + 1]; /* type 0 */
    char sealed[PASSWORD_LIMIT];             /* type 0: B */
    char random[64];                         /* type 1; type 0 after password_open() */
    char sign[PASSWORD_SIGN + 1];            /* type 1; type 0 after password_open() */
    char device_key[64];                     /* type 0 after password_open() */
};

/* Splits the text (`length` bytes, no zero needed). E_LIMIT: type 0 with a product key of over 32 characters. E_FORMAT:
 * not of one of the two forms. Opens nothing yet. */
MUST_USE enum status password_parse(const char *text, size_t length, struct password *password);

/* Type 0: decrypts `sealed` with the product secret into device_key, random, sign. E_CRYPTO or E_FORMAT (code 10424).
 */
MUST_USE enum status password_open(struct password *password, const char *product_secret);

/* Whether `random` is 16 characters of 0-9A-Za-z (code 10427). */
bool password_random_is_valid(const char *random);

/*
 * Checks the signature in constant time: `secret` is the device key for type 0 and the device secret for type 1.
 * E_DENIED: wrong.
 */
MUST_USE enum status password_verify(const struct password *password, const char *secret, const char *product_secret);

/* The device's side: writes the password text; `random` has 16 characters. E_LIMIT: does not fit. */
MUST_USE enum status password_make_type0(bool session, const char *product_key, const char *product_secret,
                                         const char *device_key, const char *random, char *text, size_t capacity);
MUST_USE enum status password_make_type1(bool session, const char *device_secret, const char *product_secret,
                                         const char *random, char *text, size_t capacity);

#endif
