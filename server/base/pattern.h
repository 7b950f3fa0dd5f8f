/*
 * Made-up bytes for files that nobody wants to store: every 8 bytes follow from seed and place alone, so that any piece
 * can be made by itself, and a file of a size and a seed is the same everywhere.
 *
 *   block n = splitmix64(seed + n), little endian      (Steele, Lea, Flood: Fast splittable pseudorandom generators)
 */
#ifndef BASE_PATTERN_H
#define BASE_PATTERN_H

#include <stddef.h>
#include <stdint.h>

/* `offset`: of the first byte in the file. */
void pattern_fill(uint64_t seed, int64_t offset, uint8_t *bytes, size_t count);

#endif
