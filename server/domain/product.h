/*
 * A product: a class of devices with key and secret (behaviour.md, 1).
 */
#ifndef DOMAIN_PRODUCT_H
#define DOMAIN_PRODUCT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "domain/violation.h"

struct product {
    char key[LIMIT_PRODUCT_KEY + 1];       /* [A-Za-z0-9]{1,32} */
    char secret[LIMIT_PRODUCT_SECRET + 1]; /* 1..32 printable ASCII characters without ';' */
    char name[LIMIT_NAME + 1];
    int64_t created_at;
};

bool product_key_is_valid(const char *key);
bool product_secret_is_valid(const char *secret);

/* Names every broken rule with the pointers /name, /productKey, /productSecret. */
void product_check(const struct product *product, struct violations *violations);

#endif
