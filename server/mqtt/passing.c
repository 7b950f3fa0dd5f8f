#include "mqtt/passing.h"

void passing_note(struct passing *passing, uint32_t digest, unsigned qos)
{
    size_t at = passing->count++ % PASSING_MESSAGES;
    passing->ring[at].digest = digest;
    passing->ring[at].qos = (uint8_t)qos;
}

int passing_qos(const struct passing *passing, uint32_t digest)
{
    size_t kept = passing->count < PASSING_MESSAGES ? passing->count : PASSING_MESSAGES;
    for (size_t i = 1; i <= kept; i++) {
        size_t at = (passing->count - i) % PASSING_MESSAGES;
        if (passing->ring[at].digest == digest) {
            return passing->ring[at].qos;
        }
    }
    return PASSING_UNKNOWN;
}
