/*
 * What went over the wire, for a person: the last entries of the journal, or, of a server without one, of the upgrade
 * log.
 *
 *   14:38:30.196 device frame      otaStatus 2 SUBMITOTA STM32
 *   14:38:30.197 server urlIssued  attempt 1 of 2
 */
#ifndef QUALIFY_EXCERPT_H
#define QUALIFY_EXCERPT_H

#include "base/buffer.h"
#include "qualify/stand.h"

enum { EXCERPT_LINES = 24 };

/* Of the device since the present case began; of one that is not known, whoever knocked at the door. */
void excerpt_of_case(const struct stand *stand, struct buffer *text);

/* Frames that could not be read, whenever they came. */
void excerpt_of_malformed(const struct stand *stand, struct buffer *text);

/* Of an upgrade: since its log began. */
void excerpt_of_outcome(const struct stand *stand, const struct stand_outcome *outcome, struct buffer *text);

#endif
