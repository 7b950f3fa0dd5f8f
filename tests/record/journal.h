/*
 * Journals for tests, written as a line of words:
 *
 *   "C0 @100 >configuration <info @200 >otaNotify <1 <2 >firmwareInfo <4 G(bytes=0-4999,206,5000,complete,30) @250 <8"
 *
 *   @N              from here on at N ms since the begin          <info  a frame of the device, with an empty payload
 *   C0 C1 E0 E1     connect with type 0 or 1, E: encrypted        <N     its 0x0114 with this status
 *   R(reason)       refused                                       >word  a frame of the server
 *   X(reason)       disconnect                                    =N     the last 0x0114 again, a duplicate
 *   W(rule)         a warning                                     ?      a message that is no frame
 *   ~N     its 0x0114 with this status, of which a fault spoilt the last byte
 *   F(point,action,id,detail)  a fault                             !word  a frame of the server with verdict "altered"
 *   G(range,status,bytes,ended,ms)  a request that begins here; its entry comes `ms` later, as in a real journal
 */
#ifndef TESTS_RECORD_JOURNAL_H
#define TESTS_RECORD_JOURNAL_H

#include <jansson.h>

/* An array of entries, yours. In parentheses _ stands for a blank. */
json_t *journal_make(const char *words);

/* Moves in the same way: "connect:0 await:otaNotify send:1 download:bytes=0-4999 downloaded:206 wait:80 ..." */
void moves_text(const json_t *moves, char *text, size_t capacity);

#endif
