/*
 * {"productKey": "p1a2b3", "productSecret": "...", "name": "Meter", "createdAt": "..."}
 */
#ifndef HTTP_PRODUCTS_JSON_H
#define HTTP_PRODUCTS_JSON_H

#include "domain/product.h"
#include "http/json_body.h"

json_t *product_json(const struct product *product);

/* Key and secret that the body does not name stay empty. */
void product_read(struct product *product, const json_t *json, struct verdict *verdict);

#endif
