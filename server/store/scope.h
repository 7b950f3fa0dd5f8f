/*
 * Whose clock a thing follows, as a condition of SQL (clock_rows.h, clock_scope).
 *
 *   SCOPE("?1", "plan.product_id")   ?1 NULL: the product has no clock of its own; else: it is the product with key ?1
 */
#ifndef STORE_SCOPE_H
#define STORE_SCOPE_H

#define SCOPE(parameter, product_id)                                                                                   \
    "CASE WHEN " parameter " IS NULL THEN NOT EXISTS (SELECT 1 FROM clock WHERE clock.product_id = " product_id ")"    \
    " ELSE " product_id " = (SELECT product.id FROM product WHERE product.key = " parameter ") END"

#endif
