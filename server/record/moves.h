/*
 * Entries of the journal, of one device and in order, become the moves of a script (fleet/script.h).
 *
 *   connect, refuse       -> {"connect": ...}                 disconnect by the device  -> {"disconnect": ...}
 *   frame of the device   -> {"send": ...}                    disconnect by the server  -> {"closed": {}}
 *   frame of the server   -> {"await": ...}                   firmware, at its start    -> {"download": ...}
 *   the time between      -> {"wait": ms}                     firmware, at its end      -> {"downloaded": ...}
 *
 * Not taken over, because they come about by themselves when the moves are made: repeats of a PUBLISH, the secret and
 * the key of a session, the URL of a download. Pure: JSON in, JSON out.
 */
#ifndef RECORD_MOVES_H
#define RECORD_MOVES_H

#include <jansson.h>

#include "base/status.h"

/* What a recording cannot hold, a sentence each. */
enum { DOUBTS_MOST = 20, DOUBT_TEXT = 200 };
struct doubts {
    size_t count; /* those beyond DOUBTS_MOST are not kept; one that was said already is not said again */
    char items[DOUBTS_MOST][DOUBT_TEXT];
};
void doubt(struct doubts *doubts, const char *format, ...) PRINTF_LIKE(2, 3);

/*
 * *moves (yours) is an array; `longest_wait_ms` cuts waits. E_NOT_FOUND: there is no connect among the entries, or
 * nothing behind it; E_LIMIT: more than LIMIT_SCRIPT_MOVES; E_NOMEM.
 */
MUST_USE enum status moves_make(const json_t *entries, int64_t longest_wait_ms, json_t **moves, struct doubts *doubts);

#endif
