#include "http/products_json.h"

#include "http/json_value.h"

json_t *product_json(const struct product *product)
{
    return json_pack("{s:s, s:s, s:s, s:o}", "productKey", product->key, "productSecret", product->secret, "name",
                     product->name, "createdAt", json_instant(product->created_at));
}

void product_read(struct product *product, const json_t *json, struct verdict *verdict)
{
    struct members members;
    members_open(&members, json, "", verdict);
    (void)members_text(&members, "name", MEMBER_REQUIRED, product->name, sizeof product->name);
    if (members_text(&members, "productKey", MEMBER_OPTIONAL, product->key, sizeof product->key) &&
        product->key[0] == '\0') {
        members_break(&members, "productKey", "must be 1 to 32 letters and digits");
    }
    if (members_text(&members, "productSecret", MEMBER_OPTIONAL, product->secret, sizeof product->secret) &&
        product->secret[0] == '\0') {
        members_break(&members, "productSecret", "must be 1 to 32 printable ASCII characters without ';'");
    }
    members_close(&members);
}
