/*
 * The character rules that several things share.
 *
 *   name    1-100 Unicode characters, no control characters      "Pump firmware März"
 *   secret  1-n printable ASCII characters without ';'  "Zk3!x"   (';' separates the fields of a password)
 */
#ifndef DOMAIN_CHARACTERS_H
#define DOMAIN_CHARACTERS_H

#include <stdbool.h>
#include <stddef.h>

/* Names of products, packages, plans and components (behaviour.md, 2 and 3). */
bool characters_are_name(const char *text);

/* Product and device secrets (protocol.md, Passwords): 1..`most` bytes. */
bool characters_are_secret(const char *text, size_t most);

/* Whether any byte is below 0x20 or is 0x7F. */
bool characters_have_control(const char *text);

#endif
