/*
 * The opaque cursor of a list: base64url (no padding) of the sort key of the last item seen.
 *
 *   "861234567890123"  <->  "ODYxMjM0NTY3ODkwMTIz"
 *
 * A text that no cursor_write() made is refused: foreign letters, bits left over, a key that is not of the list's kind.
 */
#ifndef HTTP_CURSOR_H
#define HTTP_CURSOR_H

#include <stddef.h>

#include "base/status.h"

enum cursor_kind {
    CURSOR_KEY, /* a product or device key: letters and digits */
    CURSOR_ID,  /* a positive integer in decimal */
};

enum { CURSOR_SORT_KEY = 32, CURSOR_TEXT = 44 }; /* longest key; longest cursor with its zero byte */

/* `key` has at most CURSOR_SORT_KEY bytes. */
void cursor_write(const char *key, char cursor[CURSOR_TEXT]);

/* E_FORMAT; *key untouched then. */
MUST_USE enum status cursor_read(const char *cursor, enum cursor_kind kind, char key[CURSOR_SORT_KEY + 1]);

#endif
