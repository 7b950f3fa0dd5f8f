/*
 * A cursor over received bytes. A read behind the end gives 0 and leaves E_TRUNCATED for good; so a decoder reads
 * freely and checks once.
 *
 *   bytes: [ x x x x | . . . . . ]
 *                    position    length        left = length - position
 *
 * Inside codec only.
 */
#ifndef CODEC_READER_H
#define CODEC_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct reader {
    const uint8_t *bytes; /* borrowed */
    size_t length;
    size_t position;
    enum status status;
};

void reader_init(struct reader *reader, const uint8_t *bytes, size_t length);

size_t reader_left(const struct reader *reader);

uint8_t reader_u8(struct reader *reader);
uint16_t reader_u16(struct reader *reader);

/* An integer of 1..8 bytes, big endian. */
uint64_t reader_uint(struct reader *reader, size_t count);

/* `count` bytes, borrowed; NULL when they are not there. */
const uint8_t *reader_bytes(struct reader *reader, size_t count);

/* The first failure, or E_FORMAT when bytes are left. */
MUST_USE enum status reader_done(const struct reader *reader);

#endif
