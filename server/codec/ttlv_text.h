/*
 * A TTLV document for a person's eyes, on one line:
 *
 *   1: 90, 2: 3.7, 5: "1.0", 6: 0x00ff, 4: {1: true, 2: -5}
 */
#ifndef CODEC_TTLV_TEXT_H
#define CODEC_TTLV_TEXT_H

#include "codec/ttlv.h"

/* Appends; bytes that are no printable ASCII stand as hex digits. Check buffer_status(): a full buffer cuts it off. */
void ttlv_write_text(const struct ttlv_document *document, struct buffer *text);

#endif
