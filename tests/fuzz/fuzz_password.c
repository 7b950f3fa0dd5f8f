#include <string.h>

#include "crypto/password.h"
#include "fuzz.h"

static const char PRODUCT_SECRET[] = "d2c5Q1FsVWpwT1k3";

static void check_parsed(const uint8_t *data, size_t size)
{
    struct password password;
    if (password_parse((const char *)data, size, &password) != OK) {
        return;
    }
    char text[PASSWORD_LIMIT + 100];
    int length = snprintf(text, sizeof text, "%d;%s;%s;%s", password.type, password.session ? "0001" : "0000",
                          password.type == 0 ? password.product_key : password.random,
                          password.type == 0 ? password.sealed : password.sign);
    FUZZ_HOLDS(length >= 0 && (size_t)length == size && memcmp(text, data, size) == 0);
    if (password.type == 1 || password_open(&password, PRODUCT_SECRET) == OK) {
        (void)password_random_is_valid(password.random);
        (void)!password_verify(&password, "0123456789abcdef0123456789abcdef", PRODUCT_SECRET);
    }
}

/* Any device key and product secret without ';': what is made opens and verifies. */
static void check_made(const uint8_t *data, size_t size)
{
    char device_key[LIMIT_DEVICE_KEY + 1] = "8";
    char product_secret[LIMIT_PRODUCT_SECRET + 1] = "p";
    size_t half = size / 2;
    for (size_t i = 0; i < half && i < LIMIT_DEVICE_KEY; i++) {
        device_key[i] = data[i] == ';' || data[i] == 0 ? 'x' : (char)data[i];
    }
    for (size_t i = 0; half + i < size && i < LIMIT_PRODUCT_SECRET; i++) {
        product_secret[i] = data[half + i] == ';' || data[half + i] == 0 ? 'x' : (char)data[half + i];
    }
    char text[PASSWORD_LIMIT];
    struct password password;
    FUZZ_HOLDS(password_make_type0(size % 2 == 0, "pk", product_secret, device_key, "1LbXsN9KejOLXhU2", text,
                                   sizeof text) == OK);
    FUZZ_HOLDS(password_parse(text, strlen(text), &password) == OK);
    FUZZ_HOLDS(password_open(&password, product_secret) == OK);
    FUZZ_HOLDS(strcmp(password.device_key, device_key) == 0);
    FUZZ_HOLDS(password_verify(&password, device_key, product_secret) == OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_parsed(data, size);
    check_made(data, size);
    return 0;
}
