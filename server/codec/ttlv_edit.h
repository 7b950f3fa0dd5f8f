/*
 * A message with one of its items changed, on purpose against all rules: what faults send (behaviour.md, 8).
 *
 *   4:"STM32" 6:"2_0_0" 7:1   --{6, "a version of more than 64 bytes ..."}-->   4:"STM32" 6:"a version ..." 7:1
 */
#ifndef CODEC_TTLV_EDIT_H
#define CODEC_TTLV_EDIT_H

#include "codec/ttlv.h"

enum ttlv_change { TTLV_OMITTED, TTLV_TEXT_SET, TTLV_NUMBER_SET };

struct ttlv_edit {
    uint16_t id;
    enum ttlv_change change;
    const char *text;
    int64_t number;
};

/*
 * Appends the document with every item that has the id, on all levels, changed; one that is to be set and is nowhere
 * comes last on the top level. Check buffer_status() at the end.
 */
void ttlv_put_edited(struct buffer *out, const struct ttlv_document *document, const struct ttlv_edit *edit);

#endif
