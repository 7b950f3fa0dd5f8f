#include "base/pattern.h"

enum { BLOCK = 8 };

static uint64_t block(uint64_t seed, uint64_t n)
{
    uint64_t z = (seed + n + 1) * 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

void pattern_fill(uint64_t seed, int64_t offset, uint8_t *bytes, size_t count)
{
    uint64_t place = (uint64_t)offset;
    uint64_t value = block(seed, place / BLOCK);
    for (size_t i = 0; i < count; i++, place++) {
        if (i > 0 && place % BLOCK == 0) {
            value = block(seed, place / BLOCK);
        }
        bytes[i] = (uint8_t)(value >> (8 * (place % BLOCK)));
    }
}
