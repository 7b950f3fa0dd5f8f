#include "domain/product.h"

#include "base/text.h"
#include "domain/characters.h"

bool product_key_is_valid(const char *key)
{
    return text_is_word(key, 1, LIMIT_PRODUCT_KEY, "");
}

bool product_secret_is_valid(const char *secret)
{
    return characters_are_secret(secret, LIMIT_PRODUCT_SECRET);
}

void product_check(const struct product *product, struct violations *violations)
{
    if (!characters_are_name(product->name)) {
        violation_add(violations, "must be 1 to 100 characters", "/name");
    }
    if (!product_key_is_valid(product->key)) {
        violation_add(violations, "must be 1 to 32 letters and digits", "/productKey");
    }
    if (!product_secret_is_valid(product->secret)) {
        violation_add(violations, "must be 1 to 32 printable ASCII characters without ';'", "/productSecret");
    }
}
