/*
 * Ids 25 and 26, the versions that both OTA messages of a device carry (protocol.md, 9.1). Inside codec only.
 */
#ifndef CODEC_VERSIONS_H
#define CODEC_VERSIONS_H

#include "codec/fields.h"

void versions_read(struct ttlv_level level, struct reported_versions *versions);
void versions_put(struct buffer *out, const struct reported_versions *versions);

#endif
