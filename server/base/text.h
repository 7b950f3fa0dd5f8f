/*
 * Small helpers for strings, hexadecimal text and UTF-8. All bounded; none allocates.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Copies with the final zero byte. E_LIMIT when it does not fit `capacity`; then *target is untouched. */
MUST_USE enum status text_copy(char *target, size_t capacity, const char *source);

/* The same for `length` bytes that need not end in zero; they are read up to a zero byte, as the device does. */
MUST_USE enum status text_copy_bytes(char *target, size_t capacity, const uint8_t *source, size_t length);

/* Copies what fits, cut between UTF-8 characters; for display only. */
void text_copy_cut(char *target, size_t capacity, const char *source);

bool text_starts_with(const char *text, const char *prefix);
bool text_ends_with(const char *text, const char *suffix);

/* Whether `text` has `least`..`most` bytes, all of them ASCII letters, digits or in `others`. */
bool text_is_word(const char *text, size_t least, size_t most, const char *others);

/* The number of Unicode characters, or -1 when `text` is not valid UTF-8. */
long text_utf8_length(const char *text);

/* Decimal digits with optional minus, whole text, within `least`..`most`. E_FORMAT or E_RANGE, *value untouched. */
MUST_USE enum status text_parse_int(const char *text, int64_t least, int64_t most, int64_t *value);

/* `hex` gets 2 * length lower-case digits and a zero byte. */
void hex_encode(const uint8_t *bytes, size_t length, char *hex);

/* Digits of either case; *length gets the number of bytes. E_FORMAT: odd count or no digit; E_LIMIT: over `capacity`.
 */
MUST_USE enum status hex_decode(const char *hex, uint8_t *bytes, size_t capacity, size_t *length);

#endif
